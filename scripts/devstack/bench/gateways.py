# Part of payment_cn_wallets. License LGPL-3.
"""``scripts/bench gateways``: starts ``bench_suites.gateways`` in the test environment."""

from ..venv import TEST, ensure_venv
from .measuring import add_options, measure

WHAT = "signing and verifying, beside other SDKs and bare cryptography"


def options(parser):
    add_options(parser, 60, "how often each row is measured; the median counts")


def run(chosen):
    return measure(ensure_venv(TEST), "bench_suites.gateways", chosen)
