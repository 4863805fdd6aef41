# Part of payment_cn_wallets. License LGPL-3.
"""docs/architecture.md: what it names is there, and its tables are those of the code."""

import re
import types

import pytest
import test_architecture as rooms

import gateways
from devstack import architecture, console
from devstack.paths import ROOT

TEXT = architecture.DOCUMENT.read_text(encoding="utf-8")
# What is printed from the code needs no looking up; examples of names have a part in <brackets>.
WRITTEN = re.sub(r"<!-- (\w+): printed.*?<!-- end of \1 -->", "", TEXT, flags=re.DOTALL)
QUOTED = sorted({quoted for quoted in re.findall(r"`([^`\n]+)`", WRITTEN) if "<" not in quoted})
PATHS = [one for one in QUOTED if re.fullmatch(r"[\w.]+(/[\w.]+)*(/|\.(py|js|md|xml|sql))|scripts/\w+", one)
         or (ROOT / one).is_dir()]
NAMES = [one for one in QUOTED if one not in PATHS and re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", one)]
# Named without their folder, for each gateway has one.
IN_EACH_GATEWAY = {"capabilities.py", "statement.py"}
FOLDERS = ("controllers", "gateways", "models", "sandbox", "static/src", "tools", "wizards")


@pytest.fixture(scope="module")
def code():
    """Return the words that the addon's code has, and the names that its Python defines."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")
             if path.suffix in (".py", ".js") and "tests" not in path.relative_to(ROOT).parts]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*paths, ROOT / "const.py"])
    return types.SimpleNamespace(
        words=set(re.findall(r"\w+", text)),
        defined=set(re.findall(r"^ *def (\w+)\(", text, re.MULTILINE))
        | set(re.findall(r"^ *(\w+) = fields\.", text, re.MULTILINE)),
    )


def exists(path):
    if "/" in path or (ROOT / path).exists():
        return (ROOT / path).exists()
    if path in IN_EACH_GATEWAY:
        return all((ROOT / "gateways" / code / path).exists() for code in gateways.codes())
    # A file of the folder that is named in the same line.
    folders = [folder for line in WRITTEN.splitlines() if f"`{path}`" in line
               for folder in re.findall(r"`([\w/]+/)`", line)]
    return any((ROOT / folder / path).exists() for folder in folders)


def test_paths_exist():
    """Test that every file and folder that is named is there."""
    assert len(PATHS) > 40
    assert [path for path in PATHS if not exists(path)] == []


def test_names_exist(code):
    """Test that our own names are defined in the code, and that others occur in it."""
    assert len(NAMES) > 100
    assert {"_cn_apply", "cn_charge", "TillState", "payment.cn.notice"} <= set(NAMES)
    parts = {part for name in NAMES for part in name.split(".")}
    ours = {part for part in parts if part.startswith(("_cn_", "cn_", "_cron_cn_"))}
    assert sorted(ours - code.defined) == []
    assert sorted(parts - ours - code.words) == []


def test_links_lead_somewhere():
    """Test that other documents are where the links say."""
    links = set(re.findall(r"\]\(([^)#]+)", WRITTEN))
    assert "../README.md" in links
    assert [link for link in links if not (architecture.DOCUMENT.parent / link).exists()] == []


def test_rooms_are_those_that_are_kept():
    """Test that the document says of each room what test_architecture sees to."""
    for room, strangers in rooms.PYTHON_STRANGERS.items():
        assert f"| `{room}/` | {', '.join(f'`{one}`' for one in sorted(strangers))} |" in TEXT
    for room, known in rooms.ROOMS.items():
        assert f"| `{room}` | {', '.join(f'`{one}`' for one in sorted(known)) or 'nothing'} |" in TEXT


# === TABLES === #


def test_tables_are_up_to_date():
    """Test that the tables in the document are those of the code."""
    assert architecture.main(["--check"]) == 0


def test_tables_have_all_rows():
    """Test that a row is printed for each one of the code's."""
    states, decision = architecture.load("states"), architecture.load("decision")
    for rows, lines in ((states.STATES, architecture.states()), (decision.ROWS, architecture.decisions())):
        assert len(rows) > 8
        assert len(lines.splitlines()) == len(rows) + 2


class TestOldDocument:

    @pytest.fixture(autouse=True)
    def old(self, tmp_path, monkeypatch):
        monkeypatch.setattr(architecture, "ROOT", tmp_path)
        monkeypatch.setattr(architecture, "DOCUMENT", tmp_path / "architecture.md")
        monkeypatch.setattr(architecture, "TABLES", {"fruit": lambda: "| pear |"})
        architecture.DOCUMENT.write_text(
            "above\n<!-- fruit: printed by scripts/architecture -->\n| apple |\n<!-- end of fruit -->\nbelow\n"
        )

    def test_check_fails_and_writes_nothing(self):
        before = architecture.DOCUMENT.read_text()
        with pytest.raises(console.Problem):
            architecture.main(["--check"])
        assert architecture.DOCUMENT.read_text() == before

    def test_table_is_printed_anew(self):
        assert architecture.main([]) == 0
        assert architecture.DOCUMENT.read_text() == (
            "above\n<!-- fruit: printed by scripts/architecture -->\n| pear |\n<!-- end of fruit -->\nbelow\n"
        )
        assert architecture.main(["--check"]) == 0

    def test_document_without_its_marks(self):
        architecture.DOCUMENT.write_text("nothing\n")
        with pytest.raises(console.Problem):
            architecture.main([])
