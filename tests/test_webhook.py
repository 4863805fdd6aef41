# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import money_cases, till_common
from odoo.addons.payment_cn_wallets.tests.webhook_cases import WebhookCases

PERSONAL = ("李雷", 'lilei', 'example.com', 'payer', 'openid')


@tagged('post_install', '-at_install')
class TestWebhookMoney(WebhookCases, money_cases.MoneyCases):
    """What own systems are told, and when."""

    def setUp(self):
        super().setUp()
        self._listen()

    def test_money_that_stays(self):
        """Test that a payment is told of once, with all that a receiver needs and nothing of the payer."""
        order = self._order()
        tx = self._code_of_order(order)
        self._comes(tx)
        [event] = self._sent()
        self.assertEqual(event['type'], 'payment.kept')
        self.assertRegex(event['timestamp'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$')
        data = event['data']
        self.assertEqual(data, {
            'amount': 8880, 'paid_amount': 8880, 'kept_amount': 8880, 'currency': 'CNY',
            'out_trade_no': tx.cn_out_trade_no, 'gateway_trade_no': tx.provider_reference,
            'reference': tx.reference, 'wallet': 'wechat_pay', 'gateway': 'huishouyin', 'scene': 'qr',
            'kind': 'order', 'documents': [order.name], 'store_id': None, 'terminal_id': None,
            'paid_at': f'{tx.cn_paid_at.isoformat()}Z', 'test': True,
        })
        path, headers, body = self.receiver.caught[0]
        self.assertEqual(path, '/events?shop=1')
        self.assertEqual(headers['content-type'], 'application/json')
        self.assertFalse([word for word in PERSONAL if word in body.decode()])
        message = self._messages()
        self.assertEqual((message.state, message.last_status, message.tries), ('done', 204, 1))
        self.assertEqual(headers['webhook-id'], message.message_id)
        self._learn(tx)
        self.assertEqual(len(self._sent()), 1, "told once")

    def test_money_that_was_too_much(self):
        """Test that what stays is told at once, and what goes back when it has gone back."""
        order = self._order()
        tx = self._code_of_order(order)
        self._change(order, 50)
        self._comes(tx)
        [kept] = self._sent()
        self.assertEqual((kept['data']['amount'], kept['data']['kept_amount']), (5000, 5000))
        self.assertEqual(kept['data']['paid_amount'], 8880)
        self._goes_on()
        [back] = self._sent(after=1)
        self.assertEqual(back['type'], 'payment.returned')
        refund = tx.child_transaction_ids
        self.assertEqual({name: back['data'][name] for name in (
            'amount', 'kept_amount', 'out_refund_no', 'gateway_refund_no', 'reason', 'out_trade_no',
        )}, {
            'amount': 3880, 'kept_amount': 5000, 'out_refund_no': refund.cn_out_refund_no,
            'gateway_refund_no': refund.provider_reference, 'reason': 'unwanted',
            'out_trade_no': tx.cn_out_trade_no,
        })

    def test_money_that_nobody_wanted(self):
        """Test that what goes back as a whole was never told of as kept."""
        order = self._order()
        tx = self._code_of_order(order)
        order._action_cancel()
        self._paid_and_followed(tx)
        [back] = self._sent()
        self.assertEqual((back['type'], back['data']['amount'], back['data']['kept_amount']), (
            'payment.returned', 8880, 0,
        ))

    def test_money_that_is_held(self):
        """Test that money that does not suffice is told of when it is decided about, not before."""
        order = self._order()
        tx = self._code_of_order(order)
        self._change(order, 100)
        self._comes(tx)
        self.assertEqual(tx.cn_verdict, 'held')
        self.assertFalse(self._sent())
        self._change(order, 88.8)
        tx._cn_reconsider()
        [kept] = self._sent()
        self.assertEqual((kept['type'], kept['data']['amount']), ('payment.kept', 8880))

    def test_refunds_by_hand_and_in_the_console(self):
        """Test that money that goes back is told of whoever sends it."""
        self.hook.sends_kept = False
        tx = self._code_of_invoice(self._invoice())
        self._paid_and_followed(tx)
        tx._refund(20)
        self._goes_on()
        [back] = self._sent()
        self.assertEqual((back['data']['reason'], back['data']['amount'], back['data']['kept_amount']), (
            'refund', 2000, 6880,
        ))
        self.assertEqual(back['data']['kind'], 'invoice')
        tx._cn_follow_left(1000)
        [_first, console] = self._sent()
        self.assertEqual((console['data']['reason'], console['data']['kept_amount']), ('console', 5880))

    def test_money_does_not_depend_on_messages(self):
        """Test that a message that can't be written keeps no payment from being taken in."""
        tx = self._code_of_order(self._order())
        with patch.object(
            type(self._messages()), '_cn_facts', side_effect=RuntimeError("never seen before")
        ), mute_logger('odoo.addons.payment_cn_wallets.models.records.webhook_message'):
            self._comes(tx)
        self.assertEqual((tx.state, tx.cn_verdict), ('done', 'kept'))
        self.assertFalse(self._messages())

    def test_rolled_back_is_not_told(self):
        """Test that there is no message without its decision."""
        tx = self._code_of_order(self._order())
        self.sandbox.pay(tx)
        with self.assertRaisesRegex(RuntimeError, "crash"), self.env.cr.savepoint():
            self._learn(tx)
            self.assertTrue(self._messages())
            raise RuntimeError("crash")
        self.assertFalse(self._messages())

    def test_other_companies_hear_nothing(self):
        """Test that a system hears of its own company's money only, and only what it asked for."""
        self.hook.company_id = self.env['res.company'].create({'name': "Another"})
        self._comes(self._code_of_order(self._order()))
        self.assertFalse(self._messages())
        self.hook.write({'company_id': self.company.id, 'sends_kept': False})
        self._comes(self._code_of_order(self._order(50)))
        self.assertFalse(self._messages())


@tagged('post_install', '-at_install')
class TestWebhookTill(WebhookCases, till_common.TillSaleCommon):

    gateway = 'wechat_pay'

    def test_till_and_its_numbers_are_named(self):
        """Test that a loudspeaker can tell at which counter the money came in."""
        self._listen()
        self.session.config_id.write({'cn_store_number': 'S1', 'cn_terminal_number': 'T7'})
        self._press('charge', self._line(), self._code())
        [event] = self._sent()
        data = event['data']
        self.assertEqual((data['kind'], data['scene'], data['store_id'], data['terminal_id']), (
            'till', 'code', 'S1', 'T7',
        ))
        self.assertEqual(len(data['documents']), 1)

    def test_looked_at_again_is_not_told_again(self):
        """Test that money of a line that is decided about once more is told of once."""
        self._listen()
        line = self._line()
        self._press('charge', line, self._code())
        self.env['payment.transaction']._cn_till_attempts(line['uuid'])._cn_reconsider()
        self.assertEqual(self._messages().mapped('kind'), ['payment.kept'])
