# Part of payment_cn_wallets. License LGPL-3.

from . import (
    account_move,
    account_payment,
    sale_order,
)
