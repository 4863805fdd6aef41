# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import till_cases


@tagged('post_install', '-at_install')
class TestTillHuishouyin(till_cases.TillCases):
    gateway = 'huishouyin'
    can_reverse = False


@tagged('post_install', '-at_install')
class TestTillWechatPay(till_cases.TillCases):
    gateway = 'wechat_pay'


@tagged('post_install', '-at_install')
class TestTillAlipay(till_cases.TillCases):
    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'


@tagged('post_install', '-at_install')
class TestTillQqWallet(till_cases.TillCases):
    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'


@tagged('post_install', '-at_install')
class TestTillJdPay(till_cases.TillCases):
    gateway = 'jd_pay'
    method_ref = 'payment_cn_wallets.payment_method_jd_pay'
