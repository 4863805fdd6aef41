# Part of payment_cn_wallets. License LGPL-3.

from . import api, attempt, documents, money, pos, provider, records
