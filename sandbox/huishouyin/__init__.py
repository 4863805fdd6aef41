# Part of payment_cn_wallets. License LGPL-3.
"""汇收银 Huishouyin (HeeMoney): aggregated payment."""

from .server import Huishouyin

SERVER = Huishouyin
