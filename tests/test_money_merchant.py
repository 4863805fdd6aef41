# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import merchant_cases


@tagged('post_install', '-at_install')
class TestMoneyMerchantHuishouyin(merchant_cases.MerchantCases):
    gateway = 'huishouyin'


@tagged('post_install', '-at_install')
class TestMoneyMerchantWechatPay(merchant_cases.MerchantCases):
    gateway = 'wechat_pay'


@tagged('post_install', '-at_install')
class TestMoneyMerchantAlipay(merchant_cases.MerchantCases):
    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'


@tagged('post_install', '-at_install')
class TestMoneyMerchantQqWallet(merchant_cases.MerchantCases):
    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'


@tagged('post_install', '-at_install')
class TestMoneyMerchantJdPay(merchant_cases.MerchantCases):
    gateway = 'jd_pay'
    method_ref = 'payment_cn_wallets.payment_method_jd_pay'
