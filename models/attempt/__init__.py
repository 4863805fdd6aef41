# Part of payment_cn_wallets. License LGPL-3.

from . import (
    attempt,
    booking,
    checkout,
    follow_up,
    gateway_calls,
    listing,
    refund,
    scene,
    wallet_numbers,
    watch,
)
