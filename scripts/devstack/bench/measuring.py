# Part of payment_cn_wallets. License LGPL-3.
"""What the suites of ``scripts/bench`` share: their common options, and how they are started."""

import argparse
import os
import subprocess
from pathlib import Path

from ..paths import ROOT, SCRIPTS, plain_folder

DOCUMENT = ROOT / "docs/benchmarks.md"


def natural(text):
    """Read a number for ``argparse``: at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one")
    return number


def add_options(parser, rounds, what):
    """Add the options that every suite has.

    :param int rounds: how many there are unless somebody says another number
    :param str what: what `--rounds` means
    """
    parser.add_argument("--rounds", type=natural, default=rounds, metavar="N", help=f"{what} ({rounds})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured into a file, too")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.relative_to(ROOT)}")


def measure(python, module, chosen, *more, folders=()):
    """Run a module of ``scripts/bench_suites`` in the test environment, and return its exit status.

    :param more: further options
    :param folders: what it imports from besides the addon and ``scripts``
    """
    command = [python, "-B", "-m", module, "--rounds", chosen.rounds, *more]
    if chosen.json:
        command += ["--json", chosen.json.absolute()]
    if chosen.write:
        command += ["--document", DOCUMENT]
    path = os.pathsep.join(str(folder) for folder in (plain_folder(), SCRIPTS, *folders))
    env = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([str(part) for part in command], env=env, stdin=subprocess.DEVNULL).returncode
