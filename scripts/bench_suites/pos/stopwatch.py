# Part of payment_cn_wallets. License LGPL-3.
"""What was noted in the page, beside what the sandbox's ledger says. All in milliseconds of one clock."""

import dataclasses
import itertools
import os
from datetime import datetime
from pathlib import Path

SCRIPT = Path(__file__).with_name("stopwatch.js").read_text()


@dataclasses.dataclass(frozen=True)
class Scan:
    """One scan, in ms.

    :param gap: from key to key, the median
    :param till: from the last key to the till's request
    :param before: from there to the gateway's receiving the charge
    :param gateway: from there to its answer
    :param after: from there to the till's having the server's answer
    :param drawn: from there to "paid" on the screen
    :param receipt: from there to the receipt on the screen
    :param stolen: processor time that the host of this machine took away between the first key and the receipt
    :param retyped: how often its keys came too far apart before, see ``scenarios.type_as_one_scan``
    """

    gap: float
    till: float
    before: float
    gateway: float
    after: float
    drawn: float
    receipt: float
    stolen: float = 0
    retyped: int = 0

    @property
    def ours(self):
        """From the last key to "paid", without the gateway's own time."""
        return self.till + self.before + self.after + self.drawn


class Stopwatch:
    """``stopwatch.js`` in a page."""

    def __init__(self, page, sandbox):
        self.page, self.sandbox = page, sandbox
        self.stolen_before = 0.0
        page.add_init_script(SCRIPT)

    def clear(self):
        """Forget the keys and moments before."""
        self.page.evaluate("benchWatch.clear()")
        self.stolen_before = _stolen()

    def widest_gap(self):
        """The longest time from one key to the next, in ms."""
        keys = self.page.evaluate("benchWatch.keys")
        return max(later - one for one, later in itertools.pairwise(keys))

    def noted(self):
        """Keys, request and answer of the charge, moment of "paid" and of the receipt, in ms of the wall clock."""
        # A frame after it is in the document.
        self.page.wait_for_function("benchWatch.paid > 0 && benchWatch.receipt > 0")
        return self.page.evaluate("""() => {
            const { keys, paid, receipt } = benchWatch, clock = Date.now() - performance.now();
            const call = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/cn_charge"));
            return {
                keys: keys.map((one) => one + clock), paid: paid + clock, receipt: receipt + clock,
                asked: call && call.startTime + clock, answered: call && call.responseEnd + clock,
            };
        }""")

    def scan(self, number):
        """What a scan took that was paid under a merchant order number."""
        noted = self.noted()
        stolen = _stolen() - self.stolen_before
        [call] = [one for one in self.sandbox.order(number)["calls"] if one["operation"] == "charge"]
        asked, seconds = _milliseconds(call["called_at"]), call["seconds"] * 1000
        keys = noted["keys"]
        gaps = sorted(later - one for one, later in itertools.pairwise(keys))
        return Scan(gap=gaps[len(gaps) // 2], till=noted["asked"] - keys[-1], before=asked - noted["asked"],
                    gateway=seconds, after=noted["answered"] - asked - seconds,
                    drawn=noted["paid"] - noted["answered"], receipt=noted["receipt"] - noted["paid"],
                    stolen=stolen)

    def since_paid(self, number):
        """From the gateway's booking of a payment to "paid" on the screen, in ms."""
        return self.noted()["paid"] - _milliseconds(self.sandbox.order(number)["paid_at"])

    def follow(self, seconds):
        """Follow the frames for a while; the longest gap between two, and the longest task, in ms.

        :return: frames, longest frame, longest task
        """
        self.page.evaluate("benchWatch.follow()")
        self.page.wait_for_timeout(seconds * 1000)
        found = self.page.evaluate("benchWatch.stop()")
        return len(found["frames"]), max(found["frames"]), max(found["tasks"], default=0.0)


def _stolen():
    """Processor time that other guests of the host have had in place of this machine, in ms; 0 where nobody tells."""
    try:
        first = Path("/proc/stat").read_text().split("\n", 1)[0]
    except OSError:
        return 0.0
    # proc(5): cpu user nice system idle iowait irq softirq steal
    return int(first.split()[8]) * 1000 / os.sysconf("SC_CLK_TCK")


def _milliseconds(moment):
    """One of the ledger's times (ISO text) in ms."""
    return datetime.fromisoformat(moment).timestamp() * 1000
