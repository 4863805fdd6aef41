# Part of payment_cn_wallets. License LGPL-3.
"""What the shop's apps and mini programs may do: keys, callers, repeated requests, payments."""

from . import app_call, app_key, payment
