# Part of payment_cn_wallets. License LGPL-3.
"""The machine: Python, system packages, disk space and ports."""

import contextlib
import os
import platform
import pwd
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from .console import Problem, note, run, space_hint, step
from .paths import BUILD, LOGS, cache

PYTHONS = ((3, 10), (3, 13))
ROOT_USER = os.geteuid() == 0

# name of the Debian and Ubuntu package -> (what for, how to see that it is not needed)
FONTS = {
    "fonts-liberation": "Arial for pages and PDFs",
    "fonts-dejavu-core": "plain letters",
    "fonts-noto-cjk": "Chinese letters",
}
LIGHT = "chromium-headless-shell"  # where there is such a package


def os_release():
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release()
    return {}


def check_python():
    low, high = PYTHONS
    if not low <= sys.version_info[:2] <= high:
        raise Problem(
            f"Python {platform.python_version()} is not supported: Odoo 19 wants 3.10 to 3.13.",
            "Install one of them (for example python3.12 with python3.12-venv) and run this again;",
            "or name it: PYTHON=/path/to/python3.12 " + " ".join(sys.argv))


def base_is_cached():
    """Whether a run before this one left a database with Odoo's modules in the cache."""
    return any((cache() / "base").glob("*/databases"))


def check_space():
    """Refuse early when the disk is too small for what a first run makes."""
    made = base_is_cached()
    for folder, megabytes in ((cache(), 300 if made else 3000), (BUILD, 700 if made else 1500)):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 2**20
        if free < megabytes:
            raise Problem(f"Too little room in {folder}: {free} MB are free, about {megabytes} MB are needed.",
                          *space_hint())


def free_port(wish=None, what="", option="--port"):
    """A free port on loopback: the wished one, or any."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wish or 0))
        except (OSError, OverflowError) as error:
            raise Problem(f"Port {wish}, wanted for {what}, is taken or not allowed ({error}).",
                          f"Stop what uses it, or choose another one with {option}.") from None
        return probe.getsockname()[1]


def postgres_bin():
    """The folder of PostgreSQL's server programs, 13 or newer, or None."""
    found = []
    for path in Path("/usr/lib/postgresql").glob("*/bin"):
        with contextlib.suppress(ValueError):
            if int(path.parent.name) >= 13 and (path / "initdb").exists() and (path / "postgres").exists():
                found.append((int(path.parent.name), path))
    if found:
        return max(found)[1]
    program = shutil.which("initdb")
    if program:
        path = Path(program).resolve().parent
        version = subprocess.run([path / "initdb", "--version"], capture_output=True, text=True).stdout
        number = re.search(r"(\d+)", version)
        if number and int(number[1]) >= 13 and (path / "postgres").exists():
            return path
    return None


def chromium():
    """The path of Chromium or Chrome, or None. A snap is left out: it cannot see the build folder."""
    for name in ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser"):
        path = shutil.which(name)
        if path and not Path(path).resolve().is_relative_to("/snap") and not _is_snap_stub(path):
            return path
    return None


def headless_chromium():
    """The path of Chromium without the parts that draw windows, or of the whole of it, or None.

    It is the same engine; a page of a new visitor costs far less of the processor's time, as no window is made for it.
    """
    return shutil.which(LIGHT) or chromium()


def _is_snap_stub(path):
    with open(path, "rb") as handle:
        return b"/snap/bin" in handle.read(2000)


def _installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True)
    return done.stdout == "installed"


def missing_packages(browser):
    """The system packages that are missing, with what each is for.

    :param browser: True when tests will drive a browser.
    """
    missing = {}
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        missing["python%d.%d-venv" % sys.version_info[:2]] = "Python's virtual environments"
    if not postgres_bin():
        missing["postgresql"] = "the database server (a cluster of our own is made)"
    missing.update({name: what for name, what in FONTS.items() if not _installed(name)})
    if not shutil.which("wkhtmltopdf"):
        if _candidate("wkhtmltopdf"):
            missing["wkhtmltopdf"] = "PDF invoices"
        elif not chromium():
            missing["chromium"] = "PDF invoices (this system has no wkhtmltopdf)"
    if browser:
        if not chromium():
            missing["chromium"] = "tests in a real browser"
        if not shutil.which(LIGHT) and _candidate(LIGHT):
            missing[LIGHT] = "the same, with less work for the machine"
        if not _installed("fonts-noto-color-emoji"):
            missing["fonts-noto-color-emoji"] = "pictures of pages"
        if not _installed("libatomic1"):
            missing["libatomic1"] = "Playwright, which drives the browser"
    return missing


def _candidate(package):
    """False when apt's lists are there and say that no such package can be installed."""
    known = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True).stdout
    anything = subprocess.run(["apt-cache", "policy", "postgresql"], capture_output=True, text=True).stdout
    if "Candidate:" not in anything or "Candidate: (none)" in anything:
        return True  # no lists yet: assume the best
    return "Candidate:" in known and "Candidate: (none)" not in known


def ensure_packages(browser=False):
    """Install the missing system packages where we may, else say which and how."""
    missing = missing_packages(browser)
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Problem("This is not Debian or Ubuntu: please install these yourself and run this again.",
                      *[f"{name}: {what}" for name, what in missing.items()])
    if ROOT_USER:
        prefix = []
    elif shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
        prefix = ["sudo", "-n"]
    else:
        missing.pop(LIGHT, None)  # makes tests quicker, and nothing else: not worth asking anybody for
        if not missing:
            return
        raise Problem("Some system packages are missing, and installing them takes root rights:",
                      *[f"  {name}: {what}" for name, what in missing.items()],
                      "Please run this, then run me again:",
                      "  sudo apt-get update && sudo apt-get install --no-install-recommends " + " ".join(missing))
    note("Missing system packages, which are installed now with apt-get" + (" through sudo:" if prefix else ":"))
    for name, what in missing.items():
        note(f"  {name}: {what}")
    log = LOGS / "apt.log"
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "Acquire::Retries=2",
           "-o", "Acquire::http::Timeout=20", "-o", "DPkg::Lock::Timeout=120"]
    with step("Reading the package lists") as at:
        run([*apt, "update"], log=log, on_step=at, progress=_last_line,
            sentence="apt-get update failed: is the package mirror reachable?")
    if not all(_candidate(name) for name in ("wkhtmltopdf", LIGHT) if name in missing):
        missing = missing_packages(browser)  # now that the lists are there
    with step(f"Installing {len(missing)} system packages") as at:
        _install(apt, prefix, list(missing), log, at)
    left = missing_packages(browser)
    if left:
        raise Problem("These system packages are still missing after apt-get: " + ", ".join(left),
                      f"The whole log: {log}")


def _install(apt, prefix, names, log, at):
    sentence = "apt-get could not install the missing packages."
    install = [*apt, "install", "--no-install-recommends"]
    drop_in = None
    if "postgresql" in names and not Path("/etc/postgresql").exists():
        # Debian's package makes and starts a cluster for the whole system. Ours is another one, so it is told
        # not to; the setting is taken away again at once.
        run([*install, "postgresql-common"], leave=True, log=log, on_step=at, progress=_last_line, sentence=sentence)
        drop_in = Path("/etc/postgresql-common/createcluster.d/payment-cn-wallets.conf")
        subprocess.run([*prefix, "mkdir", "-p", drop_in.parent], check=True)
        subprocess.run([*prefix, "tee", drop_in], input="create_main_cluster = false\n", text=True,
                       stdout=subprocess.DEVNULL, check=True)
    try:
        run([*install, *names], leave=True, log=log, on_step=at, progress=_last_line, sentence=sentence)
    finally:
        if drop_in:
            subprocess.run([*prefix, "rm", "-f", drop_in], check=False)


def _last_line(log):
    with open(log, "rb") as handle:
        handle.seek(max(0, log.stat().st_size - 400))
        lines = handle.read().decode(errors="replace").split("\n")
    return next((line.strip()[:60] for line in reversed(lines) if line.strip()), "")


def server_user():
    """The user that PostgreSQL's server runs as: it refuses root."""
    if not ROOT_USER:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Problem("PostgreSQL does not run as root, and this machine has no other user for it.")
