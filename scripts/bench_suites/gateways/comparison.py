# Part of payment_cn_wallets. License LGPL-3.
"""Implementations compared side by side: the same moment of the same machine for all of them.

In every round every row is measured once, its implementations one right after the other, and each round begins with
another one of them. A sample is the best of some batches of calls, since other work on the machine only ever slows one
down. Ratios are made within a round and then their median is taken, so that an outlier counts once.
"""

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable
from itertools import repeat

BATCH = 0.004  # seconds that a batch of calls should last, so that neither the clock nor the first call shows
BATCHES = 3  # of which the best is the sample
WARM_UP = 3  # calls before the number of calls in a batch is chosen


@dataclasses.dataclass
class Row:
    """One operation.

    :param gateway: heading under which it stands
    :param operation: what is done
    :param ours: our way, a function that gives a true value when it did it
    :param bare: nothing but the cryptography in it
    :param sdk: another SDK's way, where there is one
    :param sdk_name: whose that is
    """

    gateway: str
    operation: str
    ours: Callable
    bare: Callable
    sdk: Callable | None = None
    sdk_name: str = ""
    before: Callable | None = None  # called before each round, not timed: renews what grows old

    def implementations(self):
        named = {"ours": self.ours, "sdk": self.sdk, "bare": self.bare}
        return {name: call for name, call in named.items() if call}


@dataclasses.dataclass
class Measured:
    """What came out of a row: seconds a call, by implementation, a value a round."""

    row: Row
    seconds: dict[str, list[float]]

    def microseconds(self, name):
        """Median of a implementation in µs, or None where there is none."""
        return statistics.median(self.seconds[name]) * 1e6 if name in self.seconds else None

    def ratio(self, other):
        """Median over the rounds of ours : other, or None."""
        if other not in self.seconds:
            return None
        return statistics.median(a / b for a, b in zip(self.seconds["ours"], self.seconds[other], strict=True))


def measure(rows, rounds, tell=lambda done: None):
    """Measure rows.

    :param rounds: how often
    :param tell: called with the number of finished rounds
    :return: a ``Measured`` for each
    :raise AssertionError: when a implementation does not do what it should
    """
    counts = [_prepared(row) for row in rows]
    found = [Measured(row, {name: [] for name in row.implementations()}) for row in rows]
    gc.collect()
    gc.freeze()  # what is there by now need not be looked at again between samples
    gc.disable()
    try:
        for number in range(rounds):
            for row, count, measured in zip(rows, counts, found, strict=True):
                if row.before:
                    row.before()
                names = list(count)
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    measured.seconds[name].append(_sample(row.implementations()[name], count[name]))
            gc.collect()
            tell(number + 1)
    finally:
        gc.enable()
        gc.unfreeze()
    return found


def _prepared(row):
    """Warm the implementations up and return how many calls of each make a batch."""
    if row.before:
        row.before()
    counts = {}
    for name, call in row.implementations().items():
        for _turn in range(WARM_UP):
            assert call(), f"{row.gateway}, {row.operation}: {name} does not do it"
        took = _sample(call, 1)
        counts[name] = max(1, round(BATCH / took))
    return counts


def _sample(call, count):
    """Seconds a call. One more goes before, which finds the processor's caches full of the neighbour's work."""
    call()
    best = float("inf")
    for _batch in range(BATCHES if count > 1 else 1):  # one slow call is a batch by itself
        started = time.perf_counter()
        for _turn in repeat(None, count):
            call()
        best = min(best, time.perf_counter() - started)
    return best / count
