# Part of payment_cn_wallets. License LGPL-3.
"""Which rooms of the addon may know which: read from the imports, so that none grows in by accident."""

import ast
import re

import pytest

from devstack.paths import ROOT

# Python: folder -> what it must not import. Tests of a room may use whatever they need.
PYTHON_STRANGERS = {
    "gateways": {"odoo", "models", "controllers", "wizards", "tools", "sandbox"},
    "sandbox": {"odoo", "models", "controllers", "wizards", "tools", "gateways"},
    "models": {"controllers", "sandbox", "scripts", "tests"},
    "controllers": {"sandbox", "scripts", "tests"},
}

# JavaScript: room -> the rooms that it may know.
SOURCES = "static/src"
ROOMS = {
    "pos/payment_line": set(),
    "pos/scanning": {"pos/payment_line"},
    "pos/screens": {"pos/payment_line", "pos/scanning"},
    "pos/odoo_fixes": set(),
    "customer_display": set(),
    "kiosk": {"pos/payment_line", "pos/scanning", "pos/screens"},
    "checkout": set(),
    "shop_code": set(),
}
# The files of a room that other rooms of the till may import. Kiosks share those in their bundle.
DOORS = {
    "pos/payment_line": {"counter_payments", "deferred_work", "unsettled_line", "wallet_line"},
    "pos/scanning": {"scan_handler"},
}
KIOSK_BUNDLE = "pos_self_order.assets"
# Of Odoo's till: not in the kiosk's bundle.
TILL_ONLY = ("@point_of_sale/app/services", "@point_of_sale/app/screens/payment_screen", "@point_of_sale/app/hooks")

JS_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")


def python_imports(path):
    """Return the imported modules, relative ones as written from the root of the addon."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[:len(package) - node.level + 1]) if node.level else []
            names = [*base, *(node.module or "").split(".")] if node.module else base
            yield from ([*names, alias.name] for alias in node.names)


def modules(folder):
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "tests" not in path.parts]


def room_of(path):
    parts = path.relative_to(ROOT / SOURCES).parts[:-1]
    return "/".join(parts[:2]) if parts[0] == "pos" else parts[0]


def scripts():
    return sorted((ROOT / SOURCES).rglob("*.js"))


def js_imports(path):
    """Return the files of this addon that a file imports."""
    for name in JS_IMPORT.findall(path.read_text()):
        if name.startswith("."):
            yield (path.parent / f"{name}.js").resolve()
        elif name.startswith("@payment_cn_wallets/"):
            yield ROOT / SOURCES / f"{name.partition('/')[2]}.js"


def arrows():
    """Return each import of one room's file by another room's: (file, imported file)."""
    return [(path, other) for path in scripts() for other in js_imports(path) if room_of(path) != room_of(other)]


@pytest.mark.parametrize("folder", PYTHON_STRANGERS)
def test_python_rooms(folder):
    """Test that no module imports what its room must not know."""
    files = modules(folder)
    assert len(files) > 3
    for path in files:
        for names in python_imports(path):
            addon = names[2:] if names[:2] == ["odoo", "addons"] and names[2:3] == [ROOT.name] else names
            stranger = PYTHON_STRANGERS[folder] & {addon[0]} if addon else set()
            assert not stranger, f"{path.relative_to(ROOT)} imports {'.'.join(names)}"


def test_every_script_has_its_room():
    """Test that no file lies beside the rooms, and that the table names no room that is gone."""
    assert {room_of(path) for path in scripts()} == set(ROOMS)


def test_javascript_rooms():
    """Test that a room knows no other room than the table says, and that all it imports is there."""
    for path in scripts():
        for other in js_imports(path):
            assert other.exists(), f"{path.relative_to(ROOT)} imports {other.relative_to(ROOT)}"
    wrong = [f"{path.relative_to(ROOT)} imports {other.relative_to(ROOT)}" for path, other in arrows()
             if room_of(other) not in ROOMS[room_of(path)]]
    assert not wrong


def test_rooms_are_entered_by_their_doors():
    """Test that a room of the till imports only what another one offers."""
    wrong = [f"{path.relative_to(ROOT)} imports {other.relative_to(ROOT)}" for path, other in arrows()
             if room_of(path) != "kiosk" and other.stem not in DOORS[room_of(other)]]
    assert not wrong


def test_imports_have_no_circle():
    """Test that no file imports itself by way of others."""
    imported = {path: list(js_imports(path)) for path in scripts()}

    def visit(path, trail):
        assert path not in trail, " → ".join(one.stem for one in [*trail, path])
        for other in imported[path]:
            visit(other, [*trail, path])

    for path in imported:
        visit(path, [])


def test_kiosk_bundle_is_complete():
    """Test that what a kiosk loads imports only what it loads as well, and nothing of the till's own."""
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    prefix = "payment_cn_wallets/"
    loaded = set()
    for entry in manifest["assets"][KIOSK_BUNDLE]:
        found = list(ROOT.glob(entry.removeprefix(prefix)))
        assert found, entry
        loaded.update(path for path in found if path.suffix == ".js")
    assert len(loaded) > 10
    for path in loaded:
        missing = set(js_imports(path)) - loaded
        assert not missing, f"{path.relative_to(ROOT)} imports {sorted(missing)}"
        foreign = [name for name in JS_IMPORT.findall(path.read_text()) if name.startswith(TILL_ONLY)]
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"
