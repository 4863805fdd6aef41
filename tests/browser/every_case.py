# Part of payment_cn_wallets. License LGPL-3.
"""Which cases of a test an ordinary run tries; ``scripts/test --every-case`` tries them all.

A browser proves that a person sees a thing and can press it. What a lower level proves of each gateway, wallet and pace
of scanners is not multiplied here, unless every case is wanted.
"""

import itertools
import os

EVERY_CASE = bool(os.environ.get("EVERY_CASE"))


def every_case(ordinary, everything):
    """Give back the cases of an ordinary run, or all there are."""
    return everything if EVERY_CASE else ordinary


def dealt(*choices):
    """Give back cases in which each choice of each list occurs; each with each other one when every case is wanted.

    ``dealt([FAST, SLOW], ["bar", "qr", "text"])`` is (FAST, bar), (SLOW, qr), (FAST, text), or all six.
    """
    most = max(len(choice) for choice in choices)
    ordinary = [tuple(choice[number % len(choice)] for choice in choices) for number in range(most)]
    return every_case(ordinary, list(dict.fromkeys(itertools.product(*choices))))
