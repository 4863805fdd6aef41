# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch
from uuid import uuid4

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.payment_cn_wallets.models.pos import kiosk as pos_kiosk
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestKioskOrder(till_common.TillCommon, HttpCase):
    """Orders that the server closes. What a kiosk's browser does is tested with `pos_self_order`."""

    gateway = 'wechat_pay'

    def setUp(self):
        super().setUp()
        self.order = self.env['pos.order'].create({
            'uuid': str(uuid4()), 'session_id': self.session.id, 'company_id': self.company.id,
            'amount_total': 88.8, 'amount_paid': 0, 'amount_tax': 0, 'amount_return': 0,
            'lines': [Command.create({
                'product_id': self.product.id, 'qty': 1, 'price_unit': 88.8,
                'price_subtotal': 88.8, 'price_subtotal_incl': 88.8,
            })],
        })

    def _show(self):
        line = self.order._cn_kiosk_line(self.button)
        self.assertEqual(line['amount'], '88.80')
        button = self.button.with_user(self.cashier).with_context(cn_kiosk=True)
        self.assertEqual(button.cn_show(line, self.method.code)['phase'], 'qr')
        return self._tx(line)

    def _pay(self, tx):
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def test_server_closes_the_order(self):
        """Test that an order whose browser is gone is paid, with one line, and booked by its session only."""
        tx = self._show()
        self._pay(tx)
        self.assertEqual(self.order.state, 'draft')
        for _again in range(2):
            tx._post_process()
            self.assertEqual((self.order.state, self.order.amount_paid), ('paid', 88.8))
            self.assertEqual(self.order.payment_ids.cn_transaction_id, tx)
            self.assertEqual(len(self.order.payment_ids), 1)
        self.assertTrue(tx.is_post_processed)
        self.assertFalse(tx.payment_id)

    def test_failure_keeps_the_payment(self):
        """Test that an order that can't be closed now is closed later; the money stays."""
        tx = self._show()
        self._pay(tx)
        with (
            patch.object(self.env.registry['pos.order'], '_process_saved_order', side_effect=ValueError),
            self.assertLogs('odoo.addons.payment_cn_wallets.models.attempt.follow_up', 'ERROR'),
        ):
            tx._post_process()
        self.assertEqual((tx.state, tx.cn_follow_up_failures, self.order.state), ('done', 1, 'draft'))
        self.assertFalse(self.order.payment_ids)
        self.assertFalse(tx.is_post_processed)
        tx._post_process()
        self.assertEqual((self.order.state, tx.cn_follow_up_failures), ('paid', 0))
        self.assertFalse(tx.payment_id)

    def test_removed_order_wants_nothing(self):
        """Test that money for an order that is gone is sent back, whether it went before the money or after."""
        tx = self._show()
        self.order.unlink()
        self._pay(tx)
        self.assertTrue(tx.child_transaction_ids)
        self.assertTrue(tx.cn_given_up)

    def test_order_is_removed_after_the_money_came(self):
        """Test that what can't be booked any more is sent back."""
        tx = self._show()
        self._pay(tx)
        self.assertFalse(tx.child_transaction_ids)
        self.order.unlink()
        tx._post_process()
        self.assertEqual(tx.child_transaction_ids.operation, 'refund')
        tx._post_process()
        self.assertTrue(tx.payment_id)  # received and given back, beside the session

    def test_paid_at_the_counter_meanwhile(self):
        """Test that an order takes money once."""
        tx = self._show()
        self.order.add_payment({
            'pos_order_id': self.order.id, 'amount': 80, 'payment_method_id': self.button.id,
        })
        self._pay(tx)
        self.assertTrue(tx.child_transaction_ids)
        self.assertEqual(self.order.amount_paid, 80)

    def test_order_grew_by_what_nobody_paid(self):
        """Test that a line that came in when the code was on the screen does not help to close the order."""
        for early in (True, False):
            order = self.order = self.order.copy({'uuid': str(uuid4()), 'amount_total': 88.8})
            tx = self._show()
            if not early:
                self._pay(tx)
            order.amount_total = 100
            order.add_payment({
                'pos_order_id': order.id, 'amount': 11.2, 'payment_method_id': self.button.id,
            })
            if early:
                self._pay(tx)
            tx._post_process()
            self.assertTrue(tx.child_transaction_ids)
            self.assertEqual((order.state, order.amount_paid), ('draft', 11.2))

    def _at_kiosk(self, action, *arguments):
        button = self.button.with_user(self.cashier).with_context(lang='en_US')
        return button._cn_at_kiosk(self.order, action, *arguments)

    def test_order_was_cancelled(self):
        """Test that a kiosk can leave an order that the staff cancelled, whose code is given up."""
        tx = self._show()
        self.order.action_pos_order_cancel()
        self.assertTrue(tx.cn_given_up)
        self.assertEqual(self._at_kiosk('status', False)['phase'], 'idle')
        for action in ('cancel', 'hand_over'):
            self.assertEqual(self._at_kiosk(action)['phase'], 'idle')
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self._at_kiosk('show', self.method.code)
        self._pay(tx)
        self.assertTrue(tx.child_transaction_ids)
        self.assertEqual(self._at_kiosk('status', True)['phase'], 'returned')

    def test_one_line_for_each_order(self):
        """Test that an order's payment line is always the same, and differs from order to order."""
        line = self.order._cn_kiosk_line(self.button)
        self.assertEqual(line['uuid'], self.order._cn_kiosk_line(self.button)['uuid'])
        self.assertNotEqual(line['uuid'], self.order.copy({'uuid': str(uuid4())})._cn_kiosk_line(
            self.button)['uuid'])
        first = self._show()
        self.assertEqual(self._show(), first)
        self.assertTrue(first.cn_kiosk)

    def test_rate(self):
        """Test that a kiosk that asks for far more codes than customers do is stopped."""
        self._show()
        uuid = self.order._cn_kiosk_line(self.button)['uuid']
        self.order._cn_check_kiosk_order(uuid)
        order = self.order.with_context(lang='en_US')
        with (
            patch.object(pos_kiosk, 'MOST_ATTEMPTS', 1),
            self.assertRaisesRegex(UserError, "too often"),
        ):
            order._cn_check_kiosk_order(uuid)

    def test_tills_are_no_kiosks(self):
        """Test that a till's token opens nothing at the doors of kiosks."""
        for action in ('show', 'charge', 'status', 'cancel', 'hand_over'):
            with self.subTest(action=action):
                answer = self.url_open(f'/pos-self-order/cn/{action}', json={
                    'jsonrpc': '2.0', 'method': 'call', 'params': {
                        'access_token': self.till.access_token, 'order_id': self.order.id,
                        'order_token': 'x', 'method_id': self.button.id,
                    },
                }).json()
                self.assertEqual(
                    answer['error']['data']['name'], 'werkzeug.exceptions.Unauthorized'
                )
        self.assertFalse(self.env['payment.transaction'].search([('cn_kiosk', '=', True)]))
