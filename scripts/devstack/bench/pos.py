# Part of payment_cn_wallets. License LGPL-3.
"""``scripts/bench pos``: starts ``bench_suites.pos`` in the test environment, with the demo's template at hand."""

import argparse
import contextlib
import os
import subprocess
from pathlib import Path

from ..host import ensure_packages
from ..odootree import find_odoo
from ..paths import ROOT, SCRIPTS, lock, plain_roof
from ..suites import HOME, Bench
from ..venv import TEST, ensure_venv
from .gateways import DOCUMENT

WHAT = "the till: from the scanner's last key, or the gateway's booking, to “paid” on the screen"


def options(parser):
    parser.add_argument("--rounds", type=_number, default=20, metavar="N", help="how often each row is measured (20)")
    parser.add_argument("--seconds", type=_number, default=20, metavar="N",
                        help="for how long frames are followed in each phase (20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured into a file, too")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.relative_to(ROOT)}")


def _number(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one")
    return number


def run(chosen):
    with contextlib.ExitStack() as held:
        held.enter_context(lock(HOME / "lock", "running tests in this checkout"))
        ensure_packages(browser=True)
        python = ensure_venv(TEST)
        Bench(python, find_odoo(False), []).start_database(held, {"demo"})
        command = [python, "-B", "-m", "bench_suites.pos", "--rounds", chosen.rounds, "--seconds", chosen.seconds]
        if chosen.json:
            command += ["--json", chosen.json.absolute()]
        if chosen.write:
            command += ["--document", DOCUMENT]
        # The cashier of the browser tests is the one who is measured.
        path = os.pathsep.join(str(folder) for folder in (plain_roof(), SCRIPTS, ROOT / "tests" / "browser"))
        env = {**os.environ, "PYTHONPATH": path}
        return subprocess.run([str(part) for part in command], env=env, stdin=subprocess.DEVNULL).returncode
