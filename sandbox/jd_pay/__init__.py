# Part of payment_cn_wallets. License LGPL-3.
"""京东支付 JD Pay, the V2.0 XML gateway."""

from .server import JdPay

SERVER = JdPay
