# Part of payment_cn_wallets. License LGPL-3.

from . import api, attempt, counter, documents, money, pos, provider, records
