# Part of payment_cn_wallets. License LGPL-3.

from . import attempt, counter, documents, money, pos, provider, records
