# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay (京东支付): see `gateway`."""

from .gateway import JdPay

__all__ = ['JdPay']
