# Part of payment_cn_wallets. License LGPL-3.
"""Where things are kept, and the locks that keep two runs apart."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from .console import Problem, note

ADDON = "payment_cn_wallets"
SCRIPTS = Path(__file__).resolve().parents[1]
ROOT = SCRIPTS.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
SHOTS = BUILD / "shots"
SECRETS_USED = BUILD / "secrets-used.txt"

# What no database knows of: a change in one of these makes no new template.
_NOT_IN_DATABASE = ("build", "docs", "sandbox", "scripts", "tests")


def sources():
    """The files and folders that an installed addon is made from."""
    return sorted(path.name for path in ROOT.iterdir()
                  if not path.name.startswith((".", "_")) and path.name not in _NOT_IN_DATABASE
                  and (path.is_dir() or path.suffix == ".py")) + ["__init__.py", "__manifest__.py"]


def cache():
    """The user's cache folder for this project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / ADDON


def digest(*parts):
    """A short name for what something was made from."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_files(names, root=ROOT):
    """A short name for the content of these files and folders (tests and compiled files left out)."""
    total = hashlib.sha256()
    for name in names:
        top = root / name
        for path in sorted([top] if top.is_file() else top.rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and path.suffix != ".pyc" and not {"tests", "__pycache__"} & set(parts):
                total.update(f"{'/'.join(parts)}\0{path.stat().st_size}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()[:12]


@contextlib.contextmanager
def lock(path, waiting=None, wait=True):
    """Hold an exclusive lock on ``path``. With ``wait=False`` raise BlockingIOError when another has it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            note(f"• Waiting for another run that is {waiting or 'at the same work'}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextlib.contextmanager
def making(target):
    """Give a temporary folder beside ``target`` that takes its name when all went well, and goes away if not.

    What an interrupted run left behind is removed on the way: the caller holds the lock of ``target``.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.*.part"):
        with contextlib.suppress(OSError):  # a child of the killed run may still be at it: next time, then
            remove(left)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    work.chmod(0o755)
    try:
        yield work
        remove(target)
        work.rename(target)
    finally:
        if work.exists():
            remove(work)


def remove(path):
    """Remove a file or a folder with all in it, if it is there."""
    path = Path(path)
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        for turn in range(10):
            try:
                return shutil.rmtree(path)
            except OSError as error:  # the last words of a process that is being ended
                if error.errno not in (errno.ENOTEMPTY, errno.ENOENT) or turn == 9:
                    raise
                time.sleep(0.3)
    return None


def write(path, text, mode=0o644):
    """Write a file so that nobody ever sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "w") as handle:
        handle.write(text)
    part.rename(path)


def link(path, target):
    """Make ``path`` a relative symbolic link to ``target``."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    words = os.path.relpath(target, path.parent)
    if path.is_symlink() and os.readlink(path) == words:
        return path
    if path.exists() and not path.is_symlink():
        raise Problem(f"{path} is in the way: it should be a link to {target}.", "Move it away and run this again.")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.symlink_to(words)
    part.rename(path)
    return path


def plain_folder():
    """A folder with links to what must not be seen as the Odoo addon that the repository is.

    Below the repository's own folder, pytest and others would import its ``__init__.py``, and with it Odoo.
    """
    folder = BUILD / "plain"
    for name in ("gateways", "sandbox", "scripts"):
        link(folder / name, ROOT / name)
    return folder


def prune(folder, keep, days=30):
    """Drop what has not been used for a month from a folder of the cache. ``keep`` stays."""
    for path in Path(folder).iterdir() if Path(folder).is_dir() else ():
        with contextlib.suppress(OSError):
            if path.is_dir() and path != keep and path.stat().st_mtime < time.time() - days * 86400:
                remove(path)


def used(path):
    """Mark a folder of the cache as used now, so that ``prune`` leaves it alone."""
    with contextlib.suppress(OSError):
        os.utime(path)
    return path
