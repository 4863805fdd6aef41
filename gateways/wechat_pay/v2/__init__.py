# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's version 2 (XML): payment codes of older contracts, and notices of refunds."""
