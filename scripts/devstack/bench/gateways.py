# Part of payment_cn_wallets. License LGPL-3.
"""``scripts/bench gateways``: starts ``bench_suites.gateways`` in the test environment."""

import argparse
import os
import subprocess
from pathlib import Path

from ..paths import ROOT, SCRIPTS, plain_roof
from ..venv import TEST, ensure_venv

WHAT = "signing and verifying, beside other SDKs and bare cryptography"
DOCUMENT = ROOT / "docs/benchmarks.md"


def options(parser):
    parser.add_argument("--rounds", type=_rounds, default=60, metavar="N",
                        help="how often each row is measured; the median counts (60)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured into a file, too")
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.relative_to(ROOT)}")


def _rounds(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number


def run(chosen):
    python = ensure_venv(TEST)
    command = [python, "-B", "-m", "bench_suites.gateways", "--rounds", chosen.rounds]
    if chosen.json:
        command += ["--json", chosen.json.absolute()]
    if chosen.write:
        command += ["--document", DOCUMENT]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(plain_roof()), str(SCRIPTS)])}
    return subprocess.run([str(part) for part in command], env=env, stdin=subprocess.DEVNULL).returncode
