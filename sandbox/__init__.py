# Part of payment_cn_wallets. License LGPL-3.
"""The wallet network in a box.

HTTP servers that behave like the gateways, one ledger, and a phone page on which a person approves
payments. Runs without Odoo: `python -m sandbox` from the repository root.

It is an independent witness of the product: it imports neither `models/` nor `gateways/`, and what
it signs and verifies is written from the protocol documents. Otherwise one mistake would agree
with itself.

Money is an integer number of fen everywhere, times are Unix seconds (float, UTC).
"""

__version__ = '1.0'
