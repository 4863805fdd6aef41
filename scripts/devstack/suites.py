# Part of payment_cn_wallets. License LGPL-3.
"""The command ``scripts/test``: all tests, or those of some paths."""

import argparse
import contextlib
import functools
import os
import signal
import time
from pathlib import Path

from .children import end_all
from .console import START, Problem, note
from .host import base_is_cached, check_python, check_space, ensure_packages
from .lanes import Task, run_in_lanes
from .odootree import find_odoo
from .paths import ADDON, LOGS, ROOT, SECRETS_USED, SHOTS, lock, remove
from .results import closing_line, durations, over_budget, passed_alone, slowest, summary
from .runner import SuiteOutput
from .testrun import HOME, REPORTS, TestRun
from .venv import TEST, ensure_venv

LANES = 2

# name -> what it runs
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
# Run when they are named, and not with everything.
BY_NAME = {
    "odoo-own": "Odoo's own tests of the modules that the addon extends, without it and with it (an hour)",
}
# Where a lane is free, the first of these that may begin has it: what takes long, or others wait for, comes first.
SIDE_BY_SIDE = ("odoo", "install", "gateways", "sandbox", "scripts", "lint", "js")
# These use both cores, or read what the others wrote.
ONE_BY_ONE = ("browser", "secrets", "odoo-own")
AFTER = {"odoo": ("databases",), "install": ("databases",), "js": ("databases", "demo shop")}
NEEDS_DATABASE = {"odoo": ["addon"], "js": ["demo"], "install": ["base", "base_demo"], "browser": ["demo"],
                  "odoo-own": ["base", "addon"]}

HELP = "Run all tests, or those of the suites, files and folders named."
MORE = "suites:\n" + "\n".join(f"  {name:9} {what}" for name, what in {**SUITES, **BY_NAME}.items()) + """

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
    parser.add_argument("--every-case", action="store_true",
                        help="run all cases of tests that an ordinary run thins out, too (they see EVERY_CASE=1)")
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
    if what in BY_NAME:
        return what, None
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
    kinds = {kind for name, needed in NEEDS_DATABASE.items() if name in chosen.suites for kind in needed}
    if chosen.suites.get("odoo") == []:
        kinds.add("tests")  # what it saves is worth its making where there are many classes of tests
    with contextlib.ExitStack() as held:
        check_python()
        check_space()
        cold = not base_is_cached()
        if kinds:
            held.enter_context(lock(HOME / "lock", "running tests in this checkout"))
        if whole:
            _clean()
        remove(REPORTS)
        ensure_packages(browser=bool(kinds))
        tree = find_odoo(chosen.refresh_odoo) if kinds else None
        run = TestRun(ensure_venv(TEST), tree, chosen.pytest, chosen.every_case)
        if kinds:
            held.enter_context(run.database_server())
        found = run_suites(run, chosen.suites, kinds)
    seconds = time.monotonic() - START
    results = [found[name] for name in (*SUITES, *BY_NAME) if name in found]
    notes = [summary(results, seconds), slowest(durations(REPORTS)), passed_alone(results)]
    if whole and not chosen.every_case:
        notes.append(over_budget(seconds, cold))
    note("\n".join([*filter(None, notes), closing_line(results)]))
    return 1 if any(not result.good for result in results) else 0


def run_suites(run, suites, kinds):
    """Run suites, side by side where there are several; return their results by name.

    :param dict suites: name -> targets
    :param kinds: the template databases that they need
    """
    def suite(name, live):
        out = SuiteOutput(name, {**SUITES, **BY_NAME}[name], live)
        try:
            return getattr(run, name.replace("-", "_"))(out, suites[name])
        finally:
            out.close()

    beside = [name for name in SIDE_BY_SIDE if name in suites]
    first = [kind for kind in kinds if kind != "demo"]
    tasks = [Task("databases", functools.partial(run.prepare, *first))] if first else []
    tasks += [Task(name, functools.partial(suite, name, live=len(suites) == 1), AFTER.get(name, ())) for name in beside]
    if "demo" in kinds:
        tasks.insert(2, Task("demo shop", functools.partial(run.prepare, "demo"), ("databases",)))
    tell = note if len(suites) > 1 else lambda line: None  # a suite alone is seen at work
    results = run_in_lanes(tasks, LANES, end_all=end_all, tell=tell)
    return {name: result for name, result in results.items() if name in suites} | {
        name: suite(name, live=True) for name in ONE_BY_ONE if name in suites}


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _clean():
    """Forget the logs, pictures and secrets of the run before, so that the scan reads this run alone."""
    remove(SECRETS_USED)
    remove(SHOTS)
    for path in LOGS.iterdir() if LOGS.is_dir() else ():
        if path.name not in ("demo", "apt.log"):
            remove(path)
