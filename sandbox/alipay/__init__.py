# Part of payment_cn_wallets. License LGPL-3.
"""支付宝 Alipay: the classic gateway, `gateway.do`."""

from .server import Alipay

SERVER = Alipay
