# Part of payment_cn_wallets. License LGPL-3.
"""One run of tests: its databases, and a method for each suite."""

import contextlib
import json
import os
import threading

from .console import step
from .host import free_port
from .javascript import run_javascript
from .odoo import OdooHome
from .odoo_own import run_odoo_own
from .paths import ADDON, BUILD, LOGS, ROOT, SCRIPTS, SHOTS, link, plain_folder, remove, write
from .postgres import Postgres
from .results import AGAIN, TESTS_FAILED, Result
from .runner import run_suite
from .stack import TOOLCHAIN, remember
from .templates import KINDS, Templates

HOME = BUILD / "test"
REPORTS = LOGS / "reports"  # JUnit's XML, from which the slowest tests are read
PLAIN_WORKERS = 3
# Each has a stack and a Chromium of its own: a third one makes tests of a scanner's pace late on slow machines.
STACK_WORKERS = 2
ODOO_WORKERS = 2  # each with a registry and a copy of the database, which pytest-odoo makes


class TestRun:
    """Runs suites with one Python, one Odoo and one database cluster.

    :param options: further options for pytest
    :param every_case: run what an ordinary run thins out, too
    """

    __test__ = False  # for pytest, which would take it for tests

    def __init__(self, python, tree, options=(), every_case=False):
        self.python = python
        self.tree = tree
        self.options = options
        self.base = {**os.environ, "PYTHONPATH": str(SCRIPTS), "PATH": f"{python.parent}:{os.environ['PATH']}",
                     "PYTHONDONTWRITEBYTECODE": "1"}
        if every_case:
            self.base["EVERY_CASE"] = "1"
        self._names = {}  # of the template databases, by kind
        self._lock = threading.Lock()
        plain_folder()
        link(BUILD / "addons" / ADDON, ROOT)
        for name in ("browser", "install"):
            link(BUILD / "web" / name, ROOT / "tests" / name)

    # -- databases -------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def database_server(self):
        """Have a cluster for the template databases and their copies, which ``prepare`` starts."""
        self.postgres = Postgres(HOME, LOGS / "postgresql")
        self.templates = Templates(OdooHome(HOME, LOGS / "templates", self.tree, self.python, self.postgres))
        if not self.postgres.usable():
            self.postgres.destroy()  # there is none, or PostgreSQL was upgraded: there is nothing to lose here
            remove(HOME / "data")
        try:
            yield self
        finally:
            self.postgres.stop()

    def prepare(self, *kinds):
        """Make these template databases where they are missing, and note where everything is."""
        with self._lock:
            if not self.postgres.port:
                with step("Starting the database server"):
                    self.templates.start()
                remember(self.postgres.password, self.templates.odoo.master)
            for kind in KINDS:
                if kind in kinds:
                    self._names[kind] = self.templates.ensure(kind)
            write(TOOLCHAIN, json.dumps({
                "site": str(self.tree.site), "addons": [str(path) for path in self.tree.addons],
                "version": self.tree.version, "own": self.tree.own, "python": str(self.python),
                "port": self.postgres.port, **self._names,
            }) + "\n")

    def odoo_on_copy(self, suite, db, *kinds):
        """Return an Odoo with its own configuration, on a new copy of the first of these templates that is there."""
        home = OdooHome(HOME / db, LOGS / suite, self.tree, self.python, self.postgres)
        home.data = self.templates.odoo.data  # where the templates' attachments are, to link to them
        home.clone(next(self.templates.name(kind) for kind in kinds if self.templates.has(kind)), db)
        home.logs.mkdir(parents=True, exist_ok=True)
        home.configure(http_port=free_port(), dbfilter=f"^{db}$", max_cron_threads=0, screenshots=SHOTS,
                       **({"logfile": home.logs / "odoo.log"} if suite == "odoo" else {}))
        remember(home.master)
        return home

    # -- suites ----------------------------------------------------------------------------------------------

    def lint(self, out, _targets):
        ruff = run_suite(out, ["ruff", "check", "--no-cache", "."], cwd=ROOT, env=self.base)
        pylint = run_suite(out, ["pylint", "--rcfile", ROOT / ".pylintrc", "-j", "2", ADDON], cwd=BUILD / "addons",
                           env=self.base)
        failed = sum(1 for one in (ruff, pylint) if one.code)
        out.note(f"ruff and pylint-odoo: {2 - failed} passed, {failed} failed")
        return Result("lint", ruff.seconds + pylint.seconds, failed, {"passed": 2 - failed, "failed": failed})

    def _plain(self, out, targets, *more, options=True):
        """Run tests of plain Python, below a folder that does not look like an Odoo addon."""
        env = {**self.base, "PYTHONPATH": os.pathsep.join([str(BUILD / "plain"), str(SCRIPTS)])}
        return self._pytest(out, targets, BUILD / "plain", env, "-p", "no:odoo", *more, options=options)

    def gateways(self, out, targets):
        # These tests, and the sandbox's, mostly wait, for servers that keep silent on purpose.
        return self._plain(out, targets or ["gateways/tests"], "-n", PLAIN_WORKERS)

    def sandbox(self, out, targets):
        return self._plain(out, targets or ["sandbox/tests"], "-n", PLAIN_WORKERS)

    def scripts(self, out, targets):
        return self._plain(out, targets or ["scripts/tests"])

    def secrets(self, out, _targets):
        return self._plain(out, ["scripts/scan"], options=False)

    def odoo(self, out, targets):
        home = self.odoo_on_copy("odoo", "odoo_tests", "tests", "addon")
        env = {**home.environment(), "PATH": f"{self.base['PATH']}:{SCRIPTS / 'standins'}",
               "PYTHONPATH": os.pathsep.join([str(self.tree.site), str(SCRIPTS)]), "DEVSTACK_NO_SKIP": "browser",
               **({"EVERY_CASE": self.base["EVERY_CASE"]} if "EVERY_CASE" in self.base else {})}
        beside = []
        if not (targets or self.options):
            beside = ["-n", ODOO_WORKERS, "--dist", "loadfile", "-p", "devstack.worker_filestore"]
            env |= self.postgres.environment() | {"PATH": f"{self.postgres.bin}:{env['PATH']}"}
        return self._pytest(out, targets or [f"addons/{ADDON}/tests"], BUILD, env, *beside,
                            f"--ignore=addons/{ADDON}/tests/browser", f"--ignore=addons/{ADDON}/tests/install",
                            f"--odoo-config={home.conf}", "--odoo-database=odoo_tests", "--odoo-http",
                            "-p", "devstack.reversed_imports",
                            "-p", "devstack.noskip")

    def js(self, out, _targets):
        # The demo's template has the scripts built; else the browser would wait for Odoo to do it.
        return run_javascript(out, self.odoo_on_copy("js", "js_tests", "demo"))

    def odoo_own(self, out, _targets):
        homes = [self.odoo_on_copy("odoo-own", f"own_{kind}", kind) for kind in ("base", "addon")]
        return run_odoo_own(out, homes)

    def _on_a_stack(self, out, targets, *more, **options):
        env = {**self.base, "DEVSTACK_NO_SKIP": "all"}
        return self._pytest(out, targets, BUILD / "web", env, "-p", "no:odoo", "-p", "devstack.noskip", *more,
                            **options)

    def install(self, out, targets):
        return self._on_a_stack(out, targets or ["install"])

    def browser(self, out, targets):
        """Run the tests two at a time, and then those that measure time one by one.

        A person's or a scanner's pace is real time, which a machine that is busy with other things does not keep. So
        a few tests that failed are run once more with nothing beside them, and named at the end of the run.
        """
        if targets or self.options:
            return self._on_a_stack(out, targets or ["browser"])
        remove(self._cache(out))
        beside = self._on_a_stack(out, ["browser"], "-n", STACK_WORKERS, "--dist", "loadfile", "-m", "not alone")
        failed = self._failed(out)
        if beside.code == TESTS_FAILED and len(failed) <= AGAIN:
            out.note(f"Once more, alone: {len(failed)} tests that failed beside others")
            again = self._on_a_stack(out, failed, part="again")
            beside = beside.after_another_look(again, failed)
        return beside + self._on_a_stack(out, ["browser"], "-m", "alone", part="alone")

    @staticmethod
    def _cache(out):
        return BUILD / ".pytest_cache" / out.name

    def _failed(self, out):
        """Return the tests of a suite that pytest has seen fail and not pass since."""
        path = self._cache(out) / "v/cache/lastfailed"
        return sorted(json.loads(path.read_text())) if path.exists() else []

    def _pytest(self, out, targets, folder, env, *more, options=True, part="all"):
        """Run pytest.

        :param options: whether the options of the command line are for these tests, too
        :param part: of the suite, where it is run in more than one
        """
        command = [self.python, "-m", "pytest", "-c", ROOT / "pyproject.toml", f"--rootdir={folder}",
                   f"--confcutdir={folder}", "-o", f"cache_dir={self._cache(out)}",
                   f"--junitxml={REPORTS / f'{out.name}-{part}.xml'}", *more,
                   *(self.options if options else []), *targets]
        return run_suite(out, command, cwd=folder, env=env)
