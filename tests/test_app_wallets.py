# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import app_cases


@tagged('post_install', '-at_install')
class TestAppQqWallet(app_cases.OtherWalletCases):
    gateway, door, method_ref = 'qq_wallet', 'qq_wallet/app', 'payment_cn_wallets.payment_method_qq_wallet'


@tagged('post_install', '-at_install')
class TestAppJdPay(app_cases.OtherWalletCases):
    gateway, door, method_ref = 'jd_pay', 'jd_pay/app', 'payment_cn_wallets.payment_method_jd_pay'


@tagged('post_install', '-at_install')
class TestAppQuickPass(app_cases.OtherWalletCases):
    gateway, door = 'huishouyin', 'huishouyin/app'


@tagged('post_install', '-at_install')
class TestAppAlipay(app_cases.AppCases):

    gateway, method_ref = 'alipay', 'payment.payment_method_alipay'

    def test_paid_in_the_app(self):
        """Test that the wallet places the order string as it is."""
        order = self._order()
        payment = self._created(order)
        answer = self.sandbox._http.post(
            f'{self.sandbox.url}/alipay/gateway.do', data=payment['sdk']['order_string'].encode(),
            headers={'Content-Type': 'application/x-www-form-urlencoded'}, timeout=5,
        ).json()
        self.assertEqual(answer['alipay_trade_app_pay_response']['code'], '10000')
        self._paid_and_followed(self._tx(payment))
        self.assertEqual((self._asks(payment)['status'], order.state), ('paid', 'sale'))

    def test_paid_in_the_mini_program(self):
        """Test that the trade is the mini program's."""
        order = self._order()
        payment = self._created(order, 'mini', payer_id='2088000000000001')
        self.assertEqual(self._sdk_opens('alipay/mini', payment['sdk']), 302)
        self._paid_and_followed(self._tx(payment))
        self.assertEqual(order.state, 'sale')
