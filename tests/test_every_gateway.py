# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import gateway_cases


@tagged('post_install', '-at_install')
class TestHuishouyin(gateway_cases.GatewayCases):
    gateway = 'huishouyin'


@tagged('post_install', '-at_install')
class TestWechatPay(gateway_cases.GatewayCases):
    gateway = 'wechat_pay'
    refund_notices = True


@tagged('post_install', '-at_install')
class TestAlipay(gateway_cases.GatewayCases):
    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'
    refund_notices = True


@tagged('post_install', '-at_install')
class TestQqWallet(gateway_cases.GatewayCases):
    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'


@tagged('post_install', '-at_install')
class TestJdPay(gateway_cases.GatewayCases):
    gateway = 'jd_pay'
    method_ref = 'payment_cn_wallets.payment_method_jd_pay'
