# Part of payment_cn_wallets. License LGPL-3.
