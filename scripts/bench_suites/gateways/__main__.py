# Part of payment_cn_wallets. License LGPL-3.
"""``python -m bench_suites.gateways``, which ``scripts/bench gateways`` calls."""

import argparse
import sys
import time
from pathlib import Path

from . import alipay, huishouyin, jd_pay, qq_wallet, report, wechat_pay
from .comparison import measure


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--document", type=Path)
    chosen = parser.parse_args(argv)
    rows = [row for one in (wechat_pay, alipay, qq_wallet, jd_pay, huishouyin) for row in one.rows()]
    started = time.monotonic()
    found = measure(rows, chosen.rounds, _progress(chosen.rounds) if sys.stdout.isatty() else lambda done: None)
    rows, around = report.records(found), report.circumstances(chosen.rounds)
    print(*report.table(rows), sep="\n")
    print(f"\nMedians of {chosen.rounds} rounds in {time.monotonic() - started:.0f} s, implementations side by side. "
          f"{around['cpu']}, Python {around['python']}, cryptography {around['libraries']['cryptography']}.")
    print(report.verdict(rows))
    if chosen.json:
        report.write_json(chosen.json, rows, around)
    if chosen.document:
        report.write_document(chosen.document, rows, around)
    return 1 if report.slower(rows) else 0


def _progress(rounds):
    def tell(done):
        print(f"\r\033[K• Round {done} of {rounds}" if done < rounds else "\r\033[K", end="", flush=True)

    return tell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
