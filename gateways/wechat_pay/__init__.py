# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay (微信支付): see `gateway`."""

from .gateway import WechatPay

__all__ = ['WechatPay']
