# Part of payment_cn_wallets. License LGPL-3.
"""Nothing of this addon is defined twice on one model, so that no order of imports decides anything."""

import ast
from collections import defaultdict

import pytest

from devstack.paths import ROOT

FOLDERS = ("models", "wizards")


def classes():
    """Every class of the addon that is a part of a model: (model, class, file)."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and (model := model_of(node)):
                    yield model, node, path.relative_to(ROOT)


def model_of(node):
    """The model that a class extends or defines, or None."""
    named = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, value = statement.targets[0].id, statement.value
            if name in ("_name", "_inherit"):
                named[name] = ast.literal_eval(value)
    inherit = named.get("_inherit")
    return named.get("_name") or (inherit if isinstance(inherit, str) else inherit and inherit[0])


def names_of(node):
    """The methods and fields that a class defines, but for what names it and values added to a selection."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name
        elif isinstance(statement, ast.Assign) and "selection_add" not in ast.unparse(statement.value):
            yield from (target.id for target in statement.targets
                        if isinstance(target, ast.Name) and target.id not in ("_name", "_inherit", "_description"))


def test_every_name_is_defined_once():
    """Test that no method or field of a model has two definitions, overrides of Odoo's among them."""
    where = defaultdict(list)
    for model, node, path in classes():
        for name in names_of(node):
            where[model, name].append(str(path))
    assert len(where) > 300
    assert {key: paths for key, paths in where.items() if len(paths) > 1} == {}


def test_models_call_no_other_part_by_super():
    """Test that what is called by super() is Odoo's: our own names begin with _cn_, cn_ or action_cn_."""
    for model, node, path in classes():
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name.lstrip("_").startswith(("cn_", "action_cn")):
                calls = [one for one in ast.walk(statement) if isinstance(one, ast.Call)
                         and isinstance(one.func, ast.Attribute) and one.func.attr == statement.name
                         and isinstance(one.func.value, ast.Call)
                         and getattr(one.func.value.func, "id", "") == "super"]
                assert not calls, f"{path}: {model}.{statement.name}"


@pytest.mark.parametrize("folder", ["provider", "attempt", "money", "pos", "records", "documents", "counter", "api"])
def test_folders_import_what_they_have(folder):
    """Test that no file of models is forgotten by its folder's __init__.py."""
    home = ROOT / "models" / folder
    files = {path.stem for path in home.glob("*.py")} - {"__init__"}
    plain = {path.stem for path in home.glob("*.py") if "models." not in path.read_text()
             and path.stem != "__init__"}
    [imported] = [node for node in ast.parse((home / "__init__.py").read_text()).body
                  if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module is None]
    assert {name.name for name in imported.names} >= files - plain
