# Part of payment_cn_wallets. License LGPL-3.
"""The command ``scripts/bench``: measurements, a module of this folder each.

A suite is a module with

- ``WHAT``: what it measures, in a line;
- ``options(parser)``: adds its own options;
- ``run(chosen)``: sets itself up, measures, and gives the exit status.

Add it to ``SUITES``. What only needs the standard library stands here; what needs our code or other packages runs in
the test environment, from ``scripts/bench_suites``.
"""

import argparse
import signal

from ..host import check_python, check_space, ensure_packages
from . import gateways, pos

# name -> module, in the order of the help
SUITES = {"gateways": gateways, "pos": pos}

HELP = "Measure how fast it is, and say whether that is fast enough."
MORE = "suites:\n" + "\n".join(f"  {name:9} {suite.WHAT}" for name, suite in SUITES.items()) + """

examples:
  scripts/bench gateways
  scripts/bench gateways --rounds 200 --json build/bench.json
  scripts/bench pos --rounds 50

exit status: 0 when everything measured is within its limits, 1 when not

environment: as for scripts/demo, see there"""


def arguments(argv):
    parser = argparse.ArgumentParser("scripts/bench", description=HELP, epilog=MORE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    suites = parser.add_subparsers(dest="suite", metavar="SUITE", required=True)
    for name, suite in SUITES.items():
        suite.options(suites.add_parser(name, help=suite.WHAT, description=suite.WHAT))
    return parser.parse_args(argv)


def main(argv):
    chosen = arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    check_python()
    check_space()
    ensure_packages()
    return SUITES[chosen.suite].run(chosen)


def _interrupt(_number, _frame):
    raise KeyboardInterrupt
