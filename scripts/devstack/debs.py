# Part of payment_cn_wallets. License LGPL-3.
"""Odoo 19 Community out of the Debian package ``odoo-19``, extracted into the cache and never installed.

The package is in Debian sid only. Its dependencies want sid's Python, so it is extracted, and a virtual
environment of this machine's own Python stands beside it. The mirror's address comes from this machine's
apt configuration; apt itself checks the signatures. The system's own apt state is not touched.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from .console import Problem, note, run, step
from .host import os_release
from .paths import cache, digest, lock, making, prune, remove, used, write

RECIPE = 2  # raise this when the extraction below changes
FROM_SID = ("odoo-19", "fonts-montserrat")
# The package's links point into these. Not from sid: its newer fonts have other file names.
FROM_STABLE = ("fonts-font-awesome", "fonts-inconsolata", "fonts-roboto-unhinted", "fonts-ocr-b",
               "libjs-jquery", "libjs-jquery-form", "libjs-underscore")
STABLE = ("bookworm", "trixie")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SITE = Path("usr/lib/python3/dist-packages")
INSTEAD = "Or take a source tree of Odoo 19 that you have: ODOO_HOME=/path/to/odoo"


def odoo_from_debs(refresh=False):
    """Return the folder that has the ``odoo`` package in it, made from packages the first time.

    :param refresh: ask the mirror whether there is a newer package.
    """
    home = cache() / "odoo"
    current = home / "current.json"
    with lock(home / ".lock", "getting Odoo"):
        if not refresh:
            try:
                known = json.loads(current.read_text())
                tree = home / known["folder"]
                if known["recipe"] == RECIPE and (tree / SITE / "odoo/release.py").exists():
                    return used(tree) / SITE
            except (OSError, ValueError, KeyError):
                pass
        tree = _make(home)
        write(current, json.dumps({"recipe": RECIPE, "folder": tree.name}) + "\n")
        prune(home, keep=tree)
        return used(tree) / SITE


def _make(home):
    state = home / ".apt"
    try:
        return _make_with(home, state)
    finally:
        remove(state)


def _make_with(home, state):
    apt = _private_apt(state, *debian_mirror())
    log = home / "apt.log"
    remove(log)
    with step("Reading the package lists of the Debian mirror") as at:
        code = run([*apt, "-o", "APT::Update::Error-Mode=any", "update"], log=log, on_step=at, check=False,
                   progress=lambda path: _megabytes(state / "lists"))
    if code:
        raise _update_problem(log)
    names = [f"{name}/sid" for name in FROM_SID]
    names += [f"{name}/{_suite_of(apt, name)}" for name in FROM_STABLE]
    listing = subprocess.run([*apt, "download", "--print-uris", *names], capture_output=True, text=True, cwd=home)
    found = re.findall(r"^'[^']+' (\S+) (\d+) (\S+)", listing.stdout, re.M)
    if listing.returncode or len(found) != len(names):
        raise Problem("The Debian mirror does not have every package that Odoo 19 is made from.",
                      *listing.stderr.splitlines()[-4:], INSTEAD)
    version = next(name.split("_")[1] for name, _size, _hash in found if name.startswith("odoo-19_"))
    tree = home / f"{version}-{digest(RECIPE, sorted(found))}"
    if (tree / SITE / "odoo/release.py").exists():
        return tree
    total = sum(int(size) for _name, size, _hash in found)
    with making(tree) as work:
        debs = work / "debs"
        debs.mkdir()
        with step(f"Downloading Odoo {version} ({total // 10**6} MB)") as at:
            run([*apt, "download", *names], log=log, cwd=debs, on_step=at,
                progress=lambda path: f"{100 * _bytes(debs) // total} %",
                sentence="Odoo could not be downloaded from the Debian mirror.")
        with step("Extracting Odoo"):
            for deb in sorted(debs.glob("*.deb")):
                run(["dpkg-deb", "-x", deb, work], log=log, sentence=f"{deb.name} could not be extracted.")
            remove(debs)
            _tidy(work / SITE)
        # The folder is not at its last place yet, so compiled files must not remember this one.
        with step("Compiling Odoo's Python files") as at:
            compile_all(work / SITE, log, at, stripped=work, shown=tree)
    return tree


def _update_problem(log):
    """Say what is wrong with the mirror, in words."""
    text = log.read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.startswith(("E:", "W:", "Err:"))][-4:] or text.splitlines()[-4:]
    if "is expired" in text:
        return Problem("The Debian mirror's copy of sid is out of date, and apt refuses it.", *lines,
                       "If this mirror is meant to stand still (a snapshot), tell apt so: put the line",
                       '  Acquire::Check-Valid-Until "false";', "into a file of /etc/apt/apt.conf.d. " + INSTEAD)
    if "NO_PUBKEY" in text or "not signed" in text:
        return Problem("The Debian mirror's signature cannot be checked: this machine lacks the key.", *lines,
                       "The package debian-archive-keyring has Debian's keys. " + INSTEAD)
    return Problem("The Debian mirror could not be reached, or has no suite sid.", *lines, INSTEAD)


def compile_all(folder, log, at, stripped=None, shown=None):
    """Compile ahead: PYTHONDONTWRITEBYTECODE may be set, and every start would compile all of Odoo."""
    import sys  # noqa: PLC0415
    where = ["-s", stripped, "-p", shown] if stripped else []
    run([sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash",
         *where, folder], log=log, check=False, on_step=at,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"})


def debian_mirror():
    """The Debian mirror of this machine: its address and the options of its source line."""
    named = os.environ.get("ODOO_DEB_MIRROR")
    keyring = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    if named:
        if not keyring:
            raise Problem("ODOO_DEB_MIRROR is set, but this machine does not have Debian's keys.",
                          "Install the package debian-archive-keyring and run this again.")
        return named.rstrip("/"), keyring
    release = os_release()
    if release.get("ID") != "debian":
        raise Problem(
            f"Odoo 19 comes from a Debian package, and the mirrors of {release.get('NAME', 'this system')} do not "
            "have it.",
            "Take a source tree of Odoo 19 that you have: ODOO_HOME=/path/to/odoo",
            "or name a Debian mirror: ODOO_DEB_MIRROR=<its address, ending in /debian>")
    if not shutil.which("apt-get"):
        raise Problem("There is no apt-get on this machine.", INSTEAD)
    for address, suite, signed in _sources():
        if suite.split("/")[0] in (release.get("VERSION_CODENAME"), "stable", "testing", "sid", "unstable"):
            return address.rstrip("/"), f"[signed-by={signed}] " if signed else keyring
    raise Problem("This machine's apt configuration names no Debian mirror.",
                  "Name one: ODOO_DEB_MIRROR=<its address, ending in /debian>", INSTEAD)


def _sources():
    """Every (address, suite, signed-by) of the machine's binary package sources, as apt itself reads them."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(SIGNED_BY)",
                           "Identifier: Packages"], capture_output=True, text=True)
    seen = []
    for line in done.stdout.splitlines():
        address, suite, signed = (line.split("|") + ["", ""])[:3]
        if address and (address, suite, signed) not in seen:
            seen.append((address, suite, signed if signed.startswith("/") else ""))
    return seen or _sources_by_hand()


def _sources_by_hand():
    found = []
    folder = Path("/etc/apt/sources.list.d")
    for path in sorted(folder.glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(errors="replace")):
            field = dict(re.findall(r"^([\w-]+):\s*(.+)$", stanza, re.M))
            if "deb" in field.get("Types", "").split() and field.get("Enabled", "yes") != "no":
                signed = field.get("Signed-By", "")
                found += [(address, suite, signed if signed.startswith("/") else "")
                          for address in field.get("URIs", "").split() for suite in field.get("Suites", "").split()]
    for path in [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))]:
        if path.exists():
            for options, address, suite in re.findall(r"^deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)",
                                                      path.read_text(errors="replace"), re.M):
                signed = re.search(r"signed-by=(/\S+?)[\]\s]", options)
                found.append((address, suite, signed[1] if signed else ""))
    return found


def _private_apt(state, mirror, options):
    """Return an apt-get that knows only Debian's suites of ``mirror``, with its state under ``state``."""
    remove(state)
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        (state / folder).mkdir(parents=True)
    suites = [f"deb {options}{mirror} {suite} main\n" for suite in ("sid", *STABLE)]
    (state / "etc/sources.list").write_text("".join(suites))
    # Only what is needed: no translations, no Contents files.
    return ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={state}/etc/sources.list",
            "-o", "Dir::Etc::sourceparts=/dev/null", "-o", "Dir::Etc::preferencesparts=/dev/null",
            "-o", "Dir::Etc::preferences=/dev/null", "-o", f"Dir::State::Lists={state}/lists",
            "-o", f"Dir::Cache={state}/cache", "-o", "APT::Sandbox::User=" + _user(),
            "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20",
            "-o", "Acquire::https::Timeout=20", "-o", "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
            "-o", "APT::Get::List-Cleanup=false"]


def _user():
    import getpass  # noqa: PLC0415
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "root"


def _suite_of(apt, name):
    """The older suite to take a package from: the first that has it."""
    listing = subprocess.run(["apt-cache", *apt[2:], "madison", name], capture_output=True, text=True).stdout
    return next((suite for suite in STABLE if f" {suite}/" in listing), STABLE[0])


def _tidy(site):
    """Take out what would get in the way, put in what a manifest names and Debian leaves out."""
    for stray in ("addons", "doc", "setup", *[path.name for path in site.glob("odoo-*.egg-info")]):
        remove(site / stray)  # would be importable as 'addons', 'doc', 'setup'
    blur = site / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not blur.exists():  # not free, so not in Debian; without it every back-office page logs an error
        blur.parent.mkdir(parents=True, exist_ok=True)
        blur.write_text("// Not in the Debian package: no background blur in video calls.\n")
    dangling = [path for path in site.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling:
        note(f"  {len(dangling)} files of Odoo's package point at packages that look different now, for example "
             f"{dangling[0].relative_to(site)}: some pictures or letters may be missing.")


def _bytes(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def _megabytes(folder):
    return f"{_bytes(folder) // 10**6} MB"
