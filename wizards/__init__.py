# Part of payment_cn_wallets. License LGPL-3.

from . import cn_claim, cn_refund, pos_make_payment
