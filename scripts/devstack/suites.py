# Part of payment_cn_wallets. License LGPL-3.
"""The command ``scripts/test``: all tests, or those of some paths."""

import argparse
import contextlib
import json
import os
import signal
import time
from pathlib import Path

from .host import check_python, check_space, ensure_packages, free_port
from .odoo import OdooHome
from .odootree import find_odoo
from .paths import ADDON, BUILD, LOGS, ROOT, SCRIPTS, SECRETS_USED, SHOTS, link, lock, plain_roof, remove, write
from .postgres import Postgres
from .runner import Result, closing_line, run_suite, summary
from .say import START, Problem, note, step
from .stack import TOOLCHAIN, remember
from .templates import KINDS, Templates
from .venv import TEST, ensure_venv

HOME = BUILD / "test"
PLAIN_WORKERS = 3
# Each has a stack and a Chromium of its own.
STACK_WORKERS = 2

# name -> what it runs, in this order
SUITES = {
    "lint": "ruff, and pylint with pylint-odoo",
    "scripts": "pytest: scripts/tests",
    "gateways": "pytest: gateways/tests",
    "sandbox": "pytest: sandbox/tests",
    "odoo": "pytest with pytest-odoo: tests",
    "js": "Odoo's runner of JavaScript unit tests (where the addon has some)",
    "install": "pytest: the addon comes and goes, tests/install",
    "browser": "pytest with Chromium against a running stack: tests/browser",
    "secrets": "pytest: no secret of this run is in any log of it",
}
NEEDS_DATABASE = {"odoo": ["addon"], "js": ["addon"], "install": ["base", "base_demo"], "browser": ["demo"]}

HELP = "Run all tests, or those of the suites, files and folders named."
MORE = "suites:\n" + "\n".join(f"  {name:9} {what}" for name, what in SUITES.items()) + """

examples:
  scripts/test
  scripts/test lint gateways
  scripts/test tests/test_notice.py
  scripts/test tests/browser -- -k checkout -x       (what follows -- goes to pytest)

environment: as for scripts/demo, see there"""


def arguments(argv):
    rest = []
    if "--" in argv:
        cut = argv.index("--")
        argv, rest = argv[:cut], argv[cut + 1:]
    parser = argparse.ArgumentParser("scripts/test", description=HELP, epilog=MORE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="SUITE|PATH", help="what to run (everything)")
    parser.add_argument("--refresh-odoo", action="store_true", help="look for a newer package of Odoo 19")
    chosen = parser.parse_args(argv)
    chosen.pytest = rest
    chosen.suites = {}
    for what in chosen.what or SUITES:
        name, target = _suite_of(what)
        chosen.suites.setdefault(name, [])
        if target:
            chosen.suites[name].append(target)
    return chosen


def _suite_of(what):
    """Return the suite of a suite's name or of a path, and the path inside the suite's folder."""
    if what in SUITES and not (what in ("gateways", "sandbox", "scripts") and Path(what).is_absolute()):
        return what, None
    name, colons, test = what.partition("::")
    path = Path(name)
    path = (path if path.is_absolute() else Path.cwd() / path)
    path = Path(os.path.abspath(path))
    if not path.exists() and (ROOT / name).exists():
        path = ROOT / name
    if not path.exists() or not path.is_relative_to(ROOT):
        raise Problem(f"There is no suite and no file {what} in this checkout.",
                      "Suites: " + ", ".join(SUITES))
    parts = path.relative_to(ROOT).parts
    tail = "/".join(parts) + colons + test
    if parts[:2] in (("tests", "browser"), ("tests", "install")):
        return parts[1], tail.removeprefix("tests/")
    if parts[:1] == ("tests",):
        return "odoo", f"addons/{ADDON}/{tail}"
    if parts[:1] in (("gateways",), ("sandbox",), ("scripts",)):
        return parts[0], tail
    raise Problem(f"No suite runs {what}.", "Suites: " + ", ".join(SUITES))


def main(argv):
    chosen = arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    whole = set(chosen.suites) == set(SUITES)
    with contextlib.ExitStack() as held:
        kinds = {kind for name, needed in NEEDS_DATABASE.items() if name in chosen.suites for kind in needed}
        check_python()
        check_space()
        if kinds:
            held.enter_context(lock(HOME / "lock", "running tests in this checkout"))
        if whole:
            _clean()
        ensure_packages(browser=bool(kinds))
        tree = find_odoo(chosen.refresh_odoo) if kinds else None
        bench = Bench(ensure_venv(TEST), tree, chosen.pytest)
        if kinds:
            bench.start_database(held, kinds)
        results = []
        for name, what in SUITES.items():
            if name in chosen.suites:
                note(f"\n━━ {name}: {what} " + "━" * max(3, 70 - len(name) - len(what)))
                results.append(getattr(bench, name)(chosen.suites[name]))
    note(summary(results, time.monotonic() - START))
    note(closing_line(results))
    return 1 if any(not result.good for result in results) else 0


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _clean():
    """Forget the logs, pictures and secrets of the run before, so that the scan reads this run alone."""
    remove(SECRETS_USED)
    remove(SHOTS)
    for path in LOGS.iterdir() if LOGS.is_dir() else ():
        if path.name not in ("demo", "apt.log"):
            remove(path)


class Bench:
    """Everything is there: run the suites."""

    def __init__(self, python, tree, options):
        self.python = python
        self.tree = tree
        self.options = options
        self.base = {**os.environ, "PYTHONPATH": str(SCRIPTS), "PATH": f"{python.parent}:{os.environ['PATH']}",
                     "PYTHONDONTWRITEBYTECODE": "1"}
        plain_roof()
        link(BUILD / "addons" / ADDON, ROOT)
        for name in ("browser", "install"):
            link(BUILD / "web" / name, ROOT / "tests" / name)

    def start_database(self, held, kinds):
        logs = LOGS / "templates"
        postgres = Postgres(HOME, LOGS / "postgresql")
        self.odoo_home = OdooHome(HOME, logs, self.tree, self.python, postgres)
        templates = Templates(self.odoo_home)
        if not postgres.usable():
            postgres.destroy()  # there is none, or PostgreSQL was upgraded: there is nothing to lose here
            remove(HOME / "data")
        held.callback(postgres.stop)
        with step("Starting the database server"):
            templates.start()
        names = {kind: templates.ensure(kind) for kind in KINDS if kind in kinds}
        self.addon = names.get("addon")
        remember(postgres.password, self.odoo_home.master)
        write(TOOLCHAIN, json.dumps({
            "site": str(self.tree.site), "addons": [str(path) for path in self.tree.addons],
            "version": self.tree.version, "own": self.tree.own, "python": str(self.python), "port": postgres.port,
            **names,
        }) + "\n")

    # -- suites ----------------------------------------------------------------------------------------------

    def lint(self, _targets):
        ruff = run_suite("lint", ["ruff", "check", "--no-cache", "."], cwd=ROOT, env=self.base)
        pylint = run_suite("lint", ["pylint", "--rcfile", ROOT / ".pylintrc", "-j", "2", ADDON], cwd=BUILD / "addons",
                           env=self.base, more=True)
        failed = sum(1 for one in (ruff, pylint) if one.code)
        note(f"ruff and pylint-odoo: {2 - failed} passed, {failed} failed")
        return Result("lint", ruff.seconds + pylint.seconds, failed, {"passed": 2 - failed, "failed": failed})

    def _plain(self, name, targets):
        if not (ROOT / name / "tests").is_dir():
            note(f"There are no tests in {name}/tests yet.")
            return Result(name, 0, 0, {})
        env = {**self.base, "PYTHONPATH": os.pathsep.join([str(BUILD / "plain"), str(SCRIPTS)])}
        if name == "scripts":
            targets = targets or ["scripts/tests"]
        # These tests mostly wait, for servers that keep silent on purpose.
        workers = ("-n", PLAIN_WORKERS) if name != "scripts" else ()
        return self._pytest(name, targets or [f"{name}/tests"], BUILD / "plain", env, "-p", "no:odoo", *workers)

    def gateways(self, targets):
        return self._plain("gateways", targets)

    def sandbox(self, targets):
        return self._plain("sandbox", targets)

    def scripts(self, targets):
        return self._plain("scripts", targets)

    def odoo(self, targets):
        home = self.odoo_home
        db = "odoo_tests"
        home.clone(self.addon, db)
        home.configure(http_port=free_port(), dbfilter=f"^{db}$", max_cron_threads=0,
                       logfile=LOGS / "odoo" / "odoo.log", screenshots=SHOTS)
        (LOGS / "odoo").mkdir(parents=True, exist_ok=True)
        env = {**home.environment(), "PATH": f"{self.base['PATH']}:{SCRIPTS / 'standins'}",
               "PYTHONPATH": os.pathsep.join([str(self.tree.site), str(SCRIPTS)]), "DEVSTACK_NO_SKIP": "browser"}
        return self._pytest("odoo", targets or [f"addons/{ADDON}/tests"], BUILD, env,
                            f"--ignore=addons/{ADDON}/tests/browser", f"--ignore=addons/{ADDON}/tests/install",
                            f"--odoo-config={home.conf}",
                            f"--odoo-database={db}", "--odoo-http", "-p", "devstack.noskip")

    def _on_a_stack(self, name, targets, *more, **options):
        if not (ROOT / "tests" / name).is_dir():
            note(f"There are no tests in tests/{name} yet.")
            return Result(name, 0, 0, {})
        env = {**self.base, "DEVSTACK_NO_SKIP": "all"}
        return self._pytest(name, targets or [name], BUILD / "web", env, "-p", "no:odoo", "-p", "devstack.noskip",
                            *more, **options)

    def install(self, targets):
        return self._on_a_stack("install", targets)

    def browser(self, targets):
        """Run the tests two at a time, as they mostly wait, and then those that measure time one by one."""
        if targets or self.options:
            return self._on_a_stack("browser", targets)
        beside = self._on_a_stack("browser", [], "-n", STACK_WORKERS, "--dist", "load", "-m", "not alone")
        return beside + self._on_a_stack("browser", [], "-m", "alone", add=True)

    def js(self, _targets):
        from .javascript import run_javascript  # noqa: PLC0415
        return run_javascript(self)

    def secrets(self, _targets):
        env = {**self.base, "PYTHONPATH": os.pathsep.join([str(BUILD / "plain"), str(SCRIPTS)])}
        return self._pytest("secrets", ["scripts/scan"], BUILD / "plain", env, "-p", "no:odoo",
                            options=False)

    def _pytest(self, name, targets, folder, env, *more, options=True, add=False):
        command = [self.python, "-m", "pytest", "-c", ROOT / "pyproject.toml", f"--rootdir={folder}",
                   f"--confcutdir={folder}",
                   "-o", f"cache_dir={BUILD}/.pytest_cache/{name}", *more, *(self.options if options else []),
                   *targets]
        return run_suite(name, command, cwd=folder, env=env, more=add)
