# Part of payment_cn_wallets. License LGPL-3.
"""Template databases: which is made, which is copied from the cache, and which stays. No database is started."""

import types
from pathlib import Path

import pytest

from devstack import templates
from devstack.paths import write


class Cluster:
    """A PostgreSQL cluster whose databases are the lines of a file."""

    version = "15.1"

    def __init__(self, home):
        self.file = Path(home) / "cluster"

    def databases(self):
        return self.file.read_text().split()

    def change(self, names):
        write(self.file, "\n".join(names))

    def exists(self):
        return self.file.exists()

    def start(self):
        if not self.exists():
            self.change([])

    def stop(self):
        pass

    def copy_from(self, folder):
        self.change((Path(folder) / "cluster").read_text().split())

    def copy_to(self, folder):
        write(Path(folder) / "cluster", self.file.read_text())


class Odoo:
    """Its commands, noted."""

    tree = types.SimpleNamespace(key="odoo-19")

    def __init__(self, home):
        self.postgres = Cluster(home)
        self.data = Path(home) / "data"
        self.data.mkdir(parents=True)
        self.did = []

    def configure(self):
        pass

    def update(self, db, *_arguments, **_options):
        self.did.append(f"update {db}")
        self.postgres.change({*self.postgres.databases(), db})

    def shell(self, db, *scripts, **_options):
        self.did.append(f"{'+'.join(scripts)} {db}")

    def clone(self, source, db):
        self.did.append(f"clone {source}")
        self.postgres.change({*self.postgres.databases(), db})

    def rename(self, old, new):
        self.postgres.change({*self.postgres.databases()} - {old} | {new})

    def drop(self, db):
        self.postgres.change({*self.postgres.databases()} - {db})


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Make the templates of another clone of the repository."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def make(name):
        made = templates.Templates(Odoo(tmp_path / name))
        made.start()
        return made
    return make


def test_each_stands_on_the_one_before(clone):
    made = clone("a")
    base, tests = made.ensure("base"), made.ensure("tests")
    assert made.names == {base, made.name("addon"), tests}
    assert made.odoo.did[-4:] == [f"clone {base}", "update addon_part", f"clone {made.name('addon')}",
                                  "tests.py tests_part"]
    made.odoo.did.clear()
    assert made.ensure("tests") == tests
    assert made.odoo.did == []


def test_another_clone_begins_with_a_copy(clone):
    base = clone("a").ensure("base")
    other = clone("b")
    assert other.has("base")
    assert other.ensure("base") == base
    assert other.odoo.did == []


def test_what_another_run_made_meanwhile_is_copied(clone):
    waiting = clone("b")
    base = clone("a").ensure("base")
    assert not waiting.has("base")
    assert waiting.ensure("base") == base
    assert waiting.odoo.did == []


def test_a_cluster_with_more_in_it_is_not_replaced(clone):
    used = clone("b")
    used.odoo.postgres.change(["shop"])
    used.start()
    clone("a").ensure("base")
    base = used.ensure("base")
    assert used.odoo.did
    assert used.names == {"shop", base}


def test_older_ones_go(clone):
    made = clone("a")
    addon = made.ensure("addon")
    made.addon_key = "0" * 12
    made.ensure("addon")
    assert addon not in made.names


def test_half_made_ones_are_made_again(clone, monkeypatch):
    made = clone("a")
    monkeypatch.setattr(made.odoo, "shell", lambda *_arguments, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made.ensure("base")
    assert not made.has("base")
    monkeypatch.undo()
    assert made.ensure("base") in made.names
