# Part of payment_cn_wallets. License LGPL-3.
"""``scripts/bench pos``: starts ``bench_suites.pos`` in the test environment, with the demo's template at hand."""

import contextlib

from ..host import ensure_packages
from ..odootree import find_odoo
from ..paths import ROOT, lock
from ..testrun import HOME, TestRun
from ..venv import TEST, ensure_venv
from .measuring import add_options, measure, natural

WHAT = "the till: from the scanner's last key, or the gateway's booking, to “paid” on the screen"


def options(parser):
    add_options(parser, 20, "how often each row is measured")
    parser.add_argument("--seconds", type=natural, default=20, metavar="N",
                        help="for how long frames are followed in each phase (20)")


def run(chosen):
    with contextlib.ExitStack() as held:
        held.enter_context(lock(HOME / "lock", "running tests in this checkout"))
        ensure_packages(browser=True)
        python = ensure_venv(TEST)
        held.enter_context(TestRun(python, find_odoo(False)).database_server()).prepare("demo")
        # The cashier of the browser tests is the one who is measured.
        return measure(python, "bench_suites.pos", chosen, "--seconds", chosen.seconds,
                       folders=[ROOT / "tests" / "browser"])
