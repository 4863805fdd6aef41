# Part of payment_cn_wallets. License LGPL-3.
"""Alipay (支付宝): see `gateway`."""

from .gateway import ALIPAY_SANDBOX, Alipay

__all__ = ['ALIPAY_SANDBOX', 'Alipay']
