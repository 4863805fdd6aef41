# Part of payment_cn_wallets. License LGPL-3.
"""Template databases, each made from the one before and named after what it was made from.

``base``   a Chinese company with Odoo's modules that this addon depends on, both languages, asset bundles;
           also kept as a snapshot in the cache, so that another clone of the repository begins with it
``base_demo``  the same modules with Odoo's demo data: the addon is installed into it and taken out again
``addon``  base with this addon installed: single files of Odoo's tests run in clones of it
``tests``  addon with the company of Odoo's tests, which each class of tests would make for itself otherwise
``demo``   addon with products, a shop that is ready to sell, and the pages' scripts and styles: the demo, the
           browser tests and JavaScript's run in clones
"""

import ast
import re
import shutil
from pathlib import Path

from .console import Problem, step
from .odoo import SHELL
from .paths import ADDON, ROOT, cache, digest, digest_files, lock, making, prune, remove, sources, used

COUNTRY_MODULES = ("l10n_cn",)
COMPANY = ROOT / "tests" / "prepared.py"  # makes the company of Odoo's tests
KINDS = ("base", "base_demo", "addon", "tests", "demo")  # in the order in which they are made


def dependencies():
    """Odoo's modules that the addon's manifest names, and the country's."""
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    return sorted({*manifest["depends"], *COUNTRY_MODULES})


class Templates:
    """Makes the templates that are missing in one cluster."""

    def __init__(self, odoo):
        self.odoo = odoo
        self.postgres = odoo.postgres
        here = SHELL.parent
        self.base_key = digest(odoo.tree.key, dependencies(), self.postgres.version.split(".")[0],
                               digest_files(["shell/company.py", "shell/assets.py"], here))
        self.base_demo_key = digest(self.base_key, "with demo data")
        self.addon_key = digest(self.base_key, digest_files(sources()))
        self.tests_key = digest(self.addon_key, digest_files(["shell/tests.py"], here),
                                digest_files([COMPANY.name], COMPANY.parent))
        self.demo_key = digest(self.addon_key, digest_files(["shell/demo.py", "shell/pictures.py"], here))

    # -- what there is ---------------------------------------------------------------------------------------

    def start(self):
        """Start the cluster; a new one begins with the snapshot of the cache, if there is one."""
        if not self.postgres.exists():
            with self._snapshot_lock():
                if self._kept():
                    self._copy_snapshot()
        self.postgres.start()
        self.odoo.configure()
        self.names = set(self.postgres.databases())

    def name(self, kind):
        """The name that the template of this kind has, or will have."""
        return f"{kind}_{getattr(self, kind + '_key')}"

    def has(self, kind):
        """Whether it is there."""
        return self.name(kind) in self.names

    def ensure(self, kind):
        """Return the name of the template of this kind, making it and what it stands on where missing."""
        name = self.name(kind)
        if name in self.names:
            return name
        if kind not in ("base", "base_demo"):
            return self._make(kind, name)
        with self._snapshot_lock():
            if name in self._kept() and not self._others():  # another run has made it meanwhile
                self._copy_snapshot()
                self.postgres.start()
                self.odoo.configure()
                self.names = set(self.postgres.databases())
            if name not in self.names:
                self._make(kind, name)
                self._keep_snapshot()
        return name

    def _make(self, kind, name):
        part = f"{kind}_part"
        self.odoo.drop(part)
        getattr(self, f"_make_{kind}")(part)
        self.odoo.rename(part, name)
        for other in self.names:  # what older sources were made into
            if re.fullmatch(f"{kind}_[0-9a-f]{{12}}", other):
                self.odoo.drop(other)
        self.names = set(self.postgres.databases())
        return name

    def drop_all_but(self, *keep):
        """Give room back: drop templates that nothing needs any more."""
        for name in self.names - set(keep):
            if name.startswith(("base_", "addon_", "tests_", "demo_")):
                self.odoo.drop(name)
        self.names = set(self.postgres.databases())

    # -- making them -----------------------------------------------------------------------------------------

    def _make_base(self, db):
        modules = dependencies()
        with step("Making a database: languages and company (step 1 of 3)") as at:
            self.odoo.update(db, "-i", "base", "--load-language=zh_CN", log="base.log", at=at,
                             sentence="Odoo could not make a database.")
            self.odoo.shell(db, "company.py", log="base.log", at=at, sentence="The company could not be set up.")
        with step("Installing Odoo's shop, point of sale and accounting (step 2 of 3)") as at:
            self.odoo.update(db, "-i", ",".join(modules), log="base.log", at=at,
                             sentence="Odoo's modules could not be installed.")
        with step("Building the pages' scripts and styles (step 3 of 3)") as at:
            self.odoo.shell(db, "assets.py", log="base.log", at=at,
                            sentence="Odoo's scripts and styles could not be built.")

    def _make_base_demo(self, db):
        with step("Installing the same once more with Odoo's demo data") as at:
            sentence = "Odoo's modules could not be installed with demo data."
            self.odoo.update(db, "-i", "base", "--load-language=zh_CN", "--with-demo", log="base-demo.log", at=at,
                             sentence=sentence)
            self.odoo.shell(db, "company.py", log="base-demo.log", at=at, sentence=sentence)
            self.odoo.update(db, "-i", ",".join(dependencies()), "--with-demo", log="base-demo.log", at=at,
                             sentence=sentence)

    def _make_addon(self, db):
        base = self.ensure("base")
        with step(f"Installing {ADDON}") as at:
            self.odoo.clone(base, db)
            self.odoo.update(db, "-i", ADDON, log="addon.log", at=at,
                             sentence=f"{ADDON} could not be installed.")

    def _make_tests(self, db):
        addon = self.ensure("addon")
        with step("Making the company of Odoo's tests") as at:
            self.odoo.clone(addon, db)
            self.odoo.shell(db, "tests.py", log="tests.log", at=at, file=str(COMPANY),
                            sentence="The company of Odoo's tests could not be made.")

    def _make_demo(self, db):
        addon = self.ensure("addon")
        with step("Building the pages' scripts and styles, and filling the shop") as at:
            self.odoo.clone(addon, db)
            self.odoo.shell(db, "assets.py", "demo.py", log="demo-data.log", at=at, folder=str(SHELL),
                            sentence="The demo shop could not be filled.")

    # -- the snapshot in the cache ---------------------------------------------------------------------------

    def _snapshot(self):
        return cache() / "base" / self.base_key

    def _snapshot_lock(self):
        """Held by who makes these databases: runs in other clones wait for the copy instead of making their own."""
        return lock(cache() / "base" / f".{self.base_key}.lock", "making Odoo's database, or copying it")

    def _kept(self):
        """The databases in the snapshot."""
        kept = self._snapshot() / "databases"
        return set(kept.read_text().split()) if kept.exists() else set()

    def _others(self):
        """Whether the cluster has databases that are in no snapshot."""
        return any(not name.startswith("base_") for name in self.names)

    def _copy_snapshot(self):
        """Begin anew with the snapshot: the cluster is stopped after that."""
        snapshot = used(self._snapshot())
        with step("Copying the prepared database from the cache"):
            self.postgres.copy_from(snapshot)
            remove(self.odoo.data)
            shutil.copytree(snapshot / "data", self.odoo.data)

    def _keep_snapshot(self):
        """Copy the cluster into the cache while it has nothing but the base in it; the lock is held."""
        snapshot = self._snapshot()
        if self._others() or self.names <= self._kept():
            return
        try:
            with step("Keeping a copy of it in the cache for next time"):
                self.postgres.stop()
                with making(snapshot) as work:
                    self.postgres.copy_to(work)
                    shutil.copytree(self.odoo.data, Path(work) / "data")
                    (work / "databases").write_text("\n".join(sorted(self.names)) + "\n")
                    work.chmod(0o700)
                prune(snapshot.parent, keep=snapshot)
        except (OSError, Problem):
            remove(snapshot)  # a convenience only: the next clone makes its own
        finally:
            self.postgres.start()
            self.odoo.configure()
