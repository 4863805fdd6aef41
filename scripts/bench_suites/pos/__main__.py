# Part of payment_cn_wallets. License LGPL-3.
"""``python -m bench_suites.pos``, which ``scripts/bench pos`` calls."""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path

from devstack.paths import SHOTS

from ..document import write_block, write_json
from . import report, scenarios, shop


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--document", type=Path)
    chosen = parser.parse_args(argv)
    load, started = os.getloadavg()[0], time.monotonic()
    with shop.opened() as bench:
        around = {**report.circumstances(chosen.rounds, chosen.seconds, bench.chromium_version), "load": load}
        with _told_when_it_fails(bench):
            frames = scenarios.waiting(bench, chosen.seconds, _tell)
            codes = scenarios.codes(bench, chosen.rounds, _tell)
            scans, around["again"] = scenarios.scans(bench, chosen.rounds, _tell)
    _tell("")
    found = report.records(scans, codes, frames)
    print(*report.lines(found), sep="\n")
    print(f"Milliseconds; {chosen.rounds} rounds in {time.monotonic() - started:.0f} s. {around['cpu']}, "
          f"{around['cores']} cores, load before {load:.2f}, Chromium {around['chromium']}. "
          f"{report.made_again(around, found)}")
    print(*report.verdict(found), sep="\n")
    if chosen.json:
        write_json(chosen.json, {**around, **found})
    if chosen.document:
        write_block(chosen.document, "pos", report.markdown(found, around))
    return 1 if report.failing(found) else 0


@contextlib.contextmanager
def _told_when_it_fails(bench):
    """What it was at, and what the till looked like."""
    try:
        yield
    except Exception:
        SHOTS.mkdir(parents=True, exist_ok=True)
        bench.page.screenshot(path=SHOTS / "bench-pos.png")
        print(f"\nIt was at: {_told[-1]}. The till then: {SHOTS / 'bench-pos.png'}", file=sys.stderr)
        raise


_told = [""]


def _tell(what):
    _told[-1] = what
    if sys.stdout.isatty():
        print(f"\r\033[K• {what}" if what else "\r\033[K", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
