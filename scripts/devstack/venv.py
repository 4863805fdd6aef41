# Part of payment_cn_wallets. License LGPL-3.
"""Virtual environments in the cache, keyed by their requirements and the Python they are made with."""

import os
import platform
import re
import sys
from pathlib import Path

from .console import run, step
from .paths import SCRIPTS, cache, digest, lock, prune, remove, used

DEMO = ("requirements.txt",)
TEST = ("requirements.txt", "requirements-test.txt")


def ensure_venv(requirements):
    """Return the ``python`` of an environment with these requirement files of ``scripts/`` installed."""
    texts = [(SCRIPTS / name).read_text() for name in requirements]
    wanted = [re.sub(r"\s*#.*", "", line).strip() for text in texts for line in text.splitlines()]
    wanted = [line for line in wanted if line]
    base = Path(sys.base_prefix).resolve()
    version = platform.python_version()
    kind = Path(requirements[-1]).stem.removeprefix("requirements").strip("-") or "odoo"
    key = digest(wanted, version, str(base), platform.machine(), platform.libc_ver())
    home = cache() / "venv"
    folder = home / f"{kind}-py{version}-{key}"
    ready = folder / "ready"
    python = folder / "bin/python"
    with lock(home / f".{folder.name}.lock", "installing Python packages"):
        if ready.exists() and python.exists():
            used(folder)
            return python
        # An environment knows its own path, so it is made in place; it counts only once "ready" is in it.
        remove(folder)
        try:
            _install(folder, python, requirements, len(wanted))
            ready.touch()
        except BaseException:
            remove(folder)
            raise
        prune(home, keep=folder)
    return python


def _install(folder, python, requirements, count):
    log = folder.parent / f"{folder.name}.log"
    remove(log)
    env = {name: value for name, value in os.environ.items()
           if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET",
                           "PIP_PREFIX", "PIP_USER", "VIRTUAL_ENV")}
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    with step(f"Making a virtual environment with {platform.python_version()}"):
        run([sys.executable, "-m", "venv", folder], log=log, env=env,
            sentence="Python's virtual environment could not be made.")
    files = [part for name in requirements for part in ("-r", SCRIPTS / name)]
    with step(f"Installing {count} Python packages and what they need") as at:
        run([python, "-m", "pip", "install", "--no-input", "--progress-bar=off", "--prefer-binary", *files],
            log=log, env=env, on_step=at,
            progress=lambda path: f"{len(re.findall(r'^Collecting ', path.read_text(errors='replace'), re.M))} found",
            sentence="pip could not install what Odoo needs. Is the package index of this machine's pip "
                     "configuration reachable, and is there room on the disk?")
