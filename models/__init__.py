# Part of payment_cn_wallets. License LGPL-3.

from . import attempt, documents, money, pos, provider, records
