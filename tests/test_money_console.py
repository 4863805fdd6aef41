# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import console_cases, money_cases
from odoo.addons.payment_cn_wallets.tests.catcher import Catcher


@tagged('post_install', '-at_install')
class TestMoneyConsoleWechatPay(console_cases.ConsoleCases):
    gateway = 'wechat_pay'
    knows_amount = False  # API v3 tells of refunds by the shop's numbers only


@tagged('post_install', '-at_install')
class TestMoneyConsoleQqWallet(console_cases.ConsoleCases):
    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'
    knows_amount = False


@tagged('post_install', '-at_install')
class TestMoneyConsoleAlipay(console_cases.ConsoleCases):
    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'
    tells_of_part = False

    def test_notice_of_a_refund_at_the_console(self):
        """Test that Alipay's own notices of parts and of the whole are believed and booked."""
        catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(catcher.stop)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', catcher.url)
        self.provider.invalidate_recordset(['cn_notice_url'])
        order = self._order(100)
        tx = self._ordered(order=order)
        self.sandbox.pay(tx)
        catcher.wait(1)
        self._give_back(tx, amount=4000)
        self._give_back(tx)
        for headers, body in catcher.wait(3):
            self.url_open(f'/payment/cn/notice/{self.provider.id}', data=body, headers={
                'Content-Type': headers['Content-Type'],
            })
        self.env.invalidate_all()
        self._goes_on()
        self.assertEqual(self._refunded(tx), 10000)
        self.assertEqual(tx.cn_refundable_amount, 0)
        self.assertTrue(self._open_incidents(tx))
        self.assertEqual(order.amount_paid, 0)
        if tx.state == 'done':
            self._books_agree(tx)


@tagged('post_install', '-at_install')
class TestMoneyConsoleWechatNotice(money_cases.MoneyCases):
    """WeChat Pay's console tells the address that was entered there."""

    gateway = 'wechat_pay'

    def test_notice_of_a_refund_at_the_console(self):
        """Test that a refund under a number that nobody here knows is booked with its payment."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(catcher.stop)
        self.sandbox.post(
            'console-refunds', out_trade_no=tx.cn_out_trade_no, amount=4000,
            notify_url=f'{catcher.url}/notice',
        )
        headers, body = catcher.wait(1)[0]
        self.url_open(f'/payment/cn/notice/{self.provider.id}', data=body, headers={
            name: value for name, value in headers.items()
            if name.lower().startswith('wechatpay') or name == 'Content-Type'
        })
        self.env.invalidate_all()
        self._goes_on()
        self.assertEqual(tx.cn_refundable_amount, 60)
        self._books_agree(tx)
        self.assertEqual(order.amount_paid, 60)
        self.assertTrue(self._told(tx))
