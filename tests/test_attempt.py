# Part of payment_cn_wallets. License LGPL-3.

import re

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.gateways.base import Outcome
from odoo.addons.payment_cn_wallets.tests.common import CnCommon

CALLS = 'odoo.addons.payment_cn_wallets.models.attempt.gateway_calls'


@tagged('post_install', '-at_install')
class TestAttempt(CnCommon):

    def test_number_is_new_digits_and_short_enough(self):
        """Test that numbers differ and fit the narrowest gateway and a short bar code."""
        numbers = {self.env['payment.transaction']._cn_new_number() for _i in range(500)}
        self.assertEqual(len(numbers), 500)
        for number in numbers:
            self.assertTrue(re.fullmatch(r'\d{28}', number))

    def test_order_shows_a_code_and_leaves_the_cart_open(self):
        """Test that a placed order waits for its payer without blocking other methods."""
        order = self._order()
        tx = self._ordered(order=order)
        self.assertEqual(tx.state, 'draft')
        self.assertEqual(tx.cn_outcome, 'waiting')
        self.assertTrue(tx.cn_code_url.startswith(self.sandbox.url))
        self.assertTrue(tx.provider_reference)
        self.assertTrue(tx.cn_next_query_at)
        self.assertFalse(order.get_portal_last_transaction())
        self.assertEqual(self.sandbox.order(tx)['amount'], 8880)

    def test_attempt_against_the_sandbox_is_marked_test(self):
        """Test that a sandbox attempt can't be taken for a real one, even after going live."""
        tx = self._ordered()
        self.assertFalse(tx.is_live)
        self.provider.state = 'enabled'
        self.assertEqual(tx._cn_gateway().endpoint, f'{self.sandbox.url}/huishouyin')
        self._ask(tx)
        self.assertEqual(tx.cn_outcome, 'waiting')

    def test_first_question_waits(self):
        """Test that the gateway is not asked while the code has just been shown."""
        tx = self._attempt(order=self._order())
        tx._cn_checkout_start('127.0.0.1')
        self.assertGreater(tx._cn_ask_in(), 1)
        tx._cn_checkout_check(pressed=False, client_ip='127.0.0.1')
        asked = [call['operation'] for call in self.sandbox.order(tx)['calls']]
        self.assertEqual(asked, ['order'])

    def test_placing_twice_asks_once(self):
        """Test that reloading the page does not place a second order."""
        tx = self._ordered()
        tx._cn_place_order('127.0.0.1')
        calls = self.sandbox.get('ledger')['calls']
        self.assertEqual(len([c for c in calls if c['operation'] == 'order']), 1)

    def test_only_what_was_not_sent_is_refused(self):
        """Test that a mistake of ours after the gateway answered does not make its word a refusal."""
        tx = self._ordered(order=self._order())

        def unread(_request):
            gateway.query(tx.cn_out_trade_no)
            raise ValueError("unread")

        def unsent(_request):
            raise ValueError("unsent")

        order = tx._cn_order_request('127.0.0.1')
        for call, outcome in ((unread, 'unknown'), (unsent, 'refused')):
            gateway = tx._cn_gateway()
            with self.assertLogs(CALLS, 'ERROR'):
                result = tx._cn_begin_at_gateway(gateway, call, order, Outcome.REFUSED)
            self.assertEqual(result.outcome.value, outcome)

    def test_query_finds_the_payment(self):
        """Test that a payment without any notice is found by asking."""
        order = self._order()
        tx = self._paid(order=order)
        self.assertEqual(tx.cn_outcome, 'paid')
        self.assertTrue(tx.cn_paid_at)
        self.assertEqual(tx.cn_payer_amount, 88.8)
        tx._post_process()
        self.assertEqual(order.state, 'sale')
        invoice = order.invoice_ids
        self.assertEqual(invoice.state, 'posted')
        self.assertEqual(invoice.amount_residual, 0)
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(tx.payment_id.reconciled_invoice_ids, invoice)
        self.assertEqual(tx.payment_id.amount, 88.8)

    def test_coupon_lowers_what_the_payer_pays_not_what_the_shop_gets(self):
        """Test that a platform coupon does not look like a wrong amount."""
        tx = self._ordered()
        self.sandbox.pay(tx, coupon=100)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        self.assertEqual(tx.cn_payer_amount, 87.8)

    def test_lost_answer_to_an_order_stays_unknown(self):
        """Test that a reset after the order was booked is neither failed nor forgotten."""
        self.sandbox.fault('reset', operation='order', times=1)
        tx = self._ordered()
        self.assertEqual(tx.state, 'draft')
        self.assertEqual(tx.cn_outcome, 'unknown')
        self.assertTrue(tx.cn_next_query_at)
        self.assertEqual(tx._cn_snapshot()['phase'], 'preparing')

    def test_lost_answers_of_every_kind_are_unknown(self):
        """Test that nothing but a signed refusal ends an attempt."""
        for fault in ('http_5xx', 'garbage', 'truncated', 'empty', 'bad_signature', 'unsigned',
                      'foreign_answer', 'system_error', 'data_error', 'redirect'):
            with self.subTest(fault=fault):
                self.sandbox.reset()
                self.sandbox.fault(fault, operation='order', times=1)
                tx = self._ordered()
                self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'unknown'))

    def test_unanswered_query_changes_nothing(self):
        """Test that an attempt survives a gateway that can't be understood."""
        tx = self._ordered()
        self.sandbox.fault('garbage', operation='query')
        self._ask(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'unknown'))
        self.assertTrue(tx.cn_code_url)

    def test_gateway_out_of_reach_keeps_the_number(self):
        """Test that an order that never left is tried again under the same number."""
        url = self.provider.cn_sandbox_url
        self.provider.cn_sandbox_url = 'http://127.0.0.1:9/huishouyin'
        tx = self._ordered()
        number = tx.cn_out_trade_no
        self.assertFalse(tx.cn_ordered_at)
        self.assertEqual(tx._cn_snapshot()['phase'], 'unreachable')
        self.provider.cn_sandbox_url = url
        tx._cn_place_order('127.0.0.1')
        self.assertEqual((tx.cn_outcome, tx.cn_out_trade_no), ('waiting', number))

    def test_signed_refusal_ends_the_attempt(self):
        """Test that a wrong setting is shown as an error that can be read."""
        self.sandbox.fault('not_enabled', operation='order', times=1)
        tx = self._ordered()
        self.assertEqual(tx.state, 'error')
        self.assertEqual(tx._cn_snapshot()['phase'], 'refused')

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.gateway_calls')
    def test_wrong_amount_is_not_booked(self):
        """Test that an answer with another amount books nothing and tells the accountant."""
        tx = self._ordered()
        self.sandbox.pay(tx)
        self.sandbox.fault('wrong_amount', operation='query', times=1)
        self._ask(tx)
        self.assertNotEqual(tx.state, 'done')
        self.assertEqual(tx.cn_incident_ids.mapped('kind'), ['amount'])
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def test_payer_cancels_in_the_wallet(self):
        """Test that a cancelled payment ends the attempt but not the watch over it."""
        tx = self._ordered()
        self.sandbox.pay(tx, outcome='cancel')
        self._ask(tx)
        self.assertIn(tx.state, ('draft', 'cancel', 'error'))
        self.assertNotEqual(tx.cn_outcome, 'paid')
        self.assertTrue(tx.cn_next_query_at)

    def test_second_tab_shows_the_same_code(self):
        """Test that pressing pay again leads to the code that is on the screen already."""
        order = self._order()
        first = self._ordered(order=order)
        second = self._attempt(order=order)
        values = second._get_specific_rendering_values({})
        self.assertEqual(values['api_url'], first._cn_checkout_path())
        third = self._attempt(order=order)
        third._cn_place_order('127.0.0.1')
        self.assertEqual(third.cn_next_id, first)
        self.assertFalse(third.cn_ordered_at)

    def test_another_wallet_gets_its_own_code(self):
        """Test that a shopper may change the wallet."""
        order = self._order()
        self._ordered(order=order)
        alipay = self.env.ref('payment.payment_method_alipay')
        tx = self._ordered(order=order, method=alipay)
        self.assertEqual(tx.cn_outcome, 'waiting')
        self.assertFalse(tx.cn_next_id)

    def test_only_cny(self):
        """Test that another currency is refused before anything is asked."""
        tx = self._attempt()
        tx.currency_id = self.env.ref('base.USD')
        with self.assertRaises(ValidationError):
            tx._get_specific_rendering_values({})

    def test_scene_follows_the_device(self):
        """Test that a phone gets the wallet's page and a desk gets a code."""
        phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148'
        tx = self._attempt()
        self.assertEqual(tx._cn_pick_scene('Mozilla/5.0 (X11; Linux x86_64) Chrome/130'), 'qr')
        self.assertEqual(tx._cn_pick_scene(phone), 'h5')
        self.assertEqual(tx._cn_pick_scene(phone + ' MicroMessenger/8.0'), 'in_app')
        qq_wallet = self.env.ref('payment_cn_wallets.payment_method_qq_wallet')
        self.assertEqual(self._attempt(method=qq_wallet)._cn_pick_scene(phone), 'qr')
        jd_pay = self.env.ref('payment_cn_wallets.payment_method_jd_pay')
        self.assertEqual(self._attempt(method=jd_pay)._cn_pick_scene('desk'), 'h5')
