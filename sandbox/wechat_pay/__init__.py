# Part of payment_cn_wallets. License LGPL-3.
"""微信支付 WeChat Pay, directly: API v3, and version 2 for payment codes."""

from .server import WechatPay

SERVER = WechatPay
