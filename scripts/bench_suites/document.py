# Part of payment_cn_wallets. License LGPL-3.
"""What all suites say of their circumstances, and how they put their block into docs/benchmarks.md."""

import datetime
import json
import platform
from pathlib import Path


def today():
    """The date (UTC) on which it is measured."""
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def cpu():
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def marks(suite):
    """The lines between which a suite's block stands."""
    return tuple(f"<!-- scripts/bench {suite} --write: {word} -->" for word in ("begin", "end"))


def write_json(path, values):
    """Write what was measured into a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n")


def write_block(path, suite, text):
    """Put a text between the two marks of a suite in a document.

    :raise ValueError: when it has not got them
    """
    begin_mark, end_mark = marks(suite)
    whole = path.read_text()
    head, begin, rest = whole.partition(begin_mark)
    _old, end, tail = rest.partition(end_mark)
    if not begin or not end:
        raise ValueError(f"{path} lacks the marks between which the table belongs")
    path.write_text(f"{head}{begin}\n{text}\n{end}{tail}")
