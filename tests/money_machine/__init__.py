# Part of payment_cn_wallets. License LGPL-3.
"""Sequences of events about money, drawn at random and checked after every step.

- `shop` and `till`: the machines, their events
- `documents`: what is paid, and what should become of money for it, in a few plain sums
- `checks`: what must be true
- `network`: the sandbox's side: its ledger, its notices, faults
- `orders`: what a till's browser sends
- `flight`: requests as the server runs them, and processes that die in one
- `doors`: everything that is called of this addon's own models, in one place
"""
