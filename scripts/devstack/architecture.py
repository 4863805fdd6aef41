# Part of payment_cn_wallets. License LGPL-3.
"""The command ``scripts/architecture``: the tables of ``docs/architecture.md``, printed from the code.

The document has a pair of comments for each table, and what is between them is written anew. The
tables are read from the modules that the addon itself uses; those are pure, so no Odoo is needed.
"""

import argparse
import importlib.util
import re
import sys

from .console import Problem, note
from .paths import ROOT, write

DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- {}: printed by scripts/architecture -->", "<!-- end of {} -->"

HELP = "Print the tables of allowed states and of decisions into docs/architecture.md."
MORE = """exit status: 0 when the document is up to date (with --check) or was written, 1 when it is not"""


def arguments(argv):
    parser = argparse.ArgumentParser("scripts/architecture", description=HELP, epilog=MORE)
    parser.add_argument("--check", action="store_true", help="write nothing, only say whether it is up to date")
    return parser.parse_args(argv)


def main(argv):
    chosen = arguments(argv)
    old = DOCUMENT.read_text(encoding="utf-8")
    new = printed(old)
    name = DOCUMENT.relative_to(ROOT)
    if new == old:
        note(f"{name} is up to date.")
    elif chosen.check:
        raise Problem(f"{name} does not have the tables that the code has.", "Run scripts/architecture, and commit it.")
    else:
        write(DOCUMENT, new)
        note(f"{name} was written anew.")
    return 0


def printed(text):
    """Return the document with the tables as the code has them now."""
    for name, make in TABLES.items():
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise Problem(f"{DOCUMENT.relative_to(ROOT)} needs one “{begin}” and one “{end}”.")
        block = f"{begin}\n{make()}\n{end}"
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, block=block: block, text, flags=re.DOTALL)
    return text


def load(name):
    """Return a module of ``models/money``, imported by its path: its package would import Odoo."""
    spec = importlib.util.spec_from_file_location(f"architecture_{name}", ROOT / "models" / "money" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their annotations up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


# === TABLES === #


def table(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def states():
    """Return which states of an attempt are allowed, a row each."""
    module = load("states")
    return table(
        ["`state`", *(f"`{field}`" for field in module.FIELDS.values()), "what it says of the money"],
        [[f"`{row.state}`", *(_allowed(module, name, getattr(row, name)) for name in module.FIELDS), row.meaning]
         for row in module.STATES],
    )


def _allowed(module, name, values):
    if values is module.ANY:
        return ""
    if name in module.FLAGS:
        return " or ".join("set" if value else "not set" for value in values)
    return ", ".join(f"`{value}`" if value else "nothing" for value in values)


def decisions():
    """Return what is decided, a row of the decision's own table each."""
    module = load("decision")
    return table(
        ["row", *(name.replace("_", " ") for name in module.AXES), "what is done", "incident"],
        [[row.decision.row,
          *(_values(values, row.when.get(name)) for name, values in module.AXES.items()),
          f"**{row.decision.action.value}**", f"`{row.decision.tell}`" if row.decision.tell else ""]
         for row in module.ROWS],
    )


def _values(every, named):
    """Return the values that a row names, in the order of the axis; nothing when it names none."""
    return ", ".join(_word(value) for value in every if named is not None and value in named)


def _word(value):
    return ("no", "yes")[value] if isinstance(value, bool) else value.value


TABLES = {"states": states, "decisions": decisions}
