# Part of payment_cn_wallets. License LGPL-3.

from . import executor, guard, returns, telling
