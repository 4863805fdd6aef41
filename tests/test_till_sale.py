# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from uuid import uuid4

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import till_common

# In a test's own transaction, which forgets nothing when a real one would be committed.
QUERIES_OF_A_SCAN = 28
QUERIES_OF_A_SCAN_INSTEAD = 30


@tagged('post_install', '-at_install')
class TestTillSale(till_common.TillSaleCommon):
    """From the line to the order, and back to the wallet."""

    gateway = 'wechat_pay'

    # === SPEED === #

    def test_scan_asks_the_database_little(self):
        """Test that a scan is not slowed down by questions that it does not need answered.

        A queue waits for each of them: they take most of the time from the scan to "paid".
        """
        self._press('charge', self._line(), self._code())  # fills what Odoo keeps in memory
        self._assert_asks_little(self._line(reference='2600-001-0002'), QUERIES_OF_A_SCAN)

    def _assert_asks_little(self, line, most):
        """Charge a line, and assert that the database was asked so many questions at most."""
        code = self._code()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(most):
            status = self._press('charge', line, code)
            self.env.flush_all()
        self.assertEqual(status['phase'], 'paid')

    def test_scan_after_a_code_on_the_screen(self):
        """Test that the code that was shown costs no questions, and that attempts are numbered."""
        self._press('charge', self._line(), self._code())
        line = self._line(reference='2600-001-0003')
        self._press('show', line, self.method.code)
        self._assert_asks_little(line, QUERIES_OF_A_SCAN_INSTEAD)
        attempts = self.env['payment.transaction']._cn_till_attempts(line['uuid'])
        self.assertEqual(
            attempts.mapped('reference'), ['2600-001-0003-1', '2600-001-0003']
        )

    # === ORDERS === #

    def test_line_is_tied_to_its_transaction(self):
        """Test that the order in the database leads to the gateway's payment, and back."""
        order = self._sold()
        payment = order.payment_ids
        tx = payment.cn_transaction_id
        self.assertEqual((tx.state, tx.cn_pos_payment_ids), ('done', payment))
        self.assertEqual(payment.transaction_id, tx.provider_reference)
        self.assertEqual(payment.payment_ref_no, tx.cn_out_trade_no)
        self.assertEqual(payment.cn_receipt['number'], tx.cn_out_trade_no)
        self.assertEqual(payment.cn_receipt['payer_amount'], '88.80')
        self.assertFalse(self._incidents('unproven'))

    def test_line_of_an_order_that_was_kept(self):
        """Test that a line that came unpaid is tied when another till has it paid."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        order = self._sync([{**line, 'status': 'waiting'}], state='draft')
        self.assertFalse(order.payment_ids.cn_transaction_id)
        self.assertFalse(self._incidents('unproven'))
        self.sandbox.pay(self._tx(line))
        self.assertEqual(self._status(line)['phase'], 'paid')
        order.payment_ids.payment_status = 'done'
        self.assertEqual(order.payment_ids.cn_transaction_id, self._tx(line))
        self.assertFalse(self._incidents('unproven'))

    def test_lines_of_an_order_that_is_being_paid(self):
        """Test that the line whose money is there stays, whatever removes the lines of the order."""
        order = str(uuid4())
        paid, open_line = self._line('50.00', order=order), self._line('38.80', order=order)
        self._press('charge', paid, self._code())
        kept = self._sync([paid, {**open_line, 'status': 'waiting'}], state='draft')
        self.assertEqual(len(kept.payment_ids), 2)
        kept.payment_ids.unlink()
        self.assertEqual(kept.payment_ids.mapped('uuid'), [paid['uuid']])
        self.assertEqual(kept.payment_ids.cn_transaction_id, self._tx(paid))
        kept.unlink()
        self.assertFalse(kept.exists())

    def test_line_that_no_gateway_confirmed(self):
        """Test that a browser's word alone goes to an accountant."""
        self._sync([self._line()])
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_amount_that_the_browser_changed(self):
        """Test that a line of another amount than was charged goes to an accountant."""
        line = self._line('50.00')
        self._press('charge', line, self._code())
        order = self._sync([{**line, 'amount': '88.80'}])
        self.assertFalse(order.payment_ids.cn_transaction_id)
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_two_wallet_lines(self):
        """Test that an order is paid in two parts, each with a charge of its own."""
        order = str(uuid4())
        lines = [self._line('50.00', order=order), self._line('38.80', order=order)]
        for line in lines:
            self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        synced = self._sync(lines)
        self.assertEqual(len(synced.payment_ids.cn_transaction_id), 2)

    def test_dialog_that_asks_no_gateway(self):
        """Test that Odoo's own payment dialog can't write down what no wallet did."""
        order = self._sold()
        back = self.env['pos.order'].browse(order.refund()['res_id'])
        dialog = self.env['pos.make.payment'].with_context(active_id=back.id, lang='en_US').create({
            'payment_method_id': self.button.id,
        })
        with self.assertRaisesRegex(UserError, "Nothing would reach the wallet"):
            dialog.check()
        self.assertFalse(back.payment_ids)

    def test_nothing_is_said_of_the_payer(self):
        """Test that a receipt names no coupon where the gateway did not say who paid what."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        tx = self._tx(line)
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880, gateway_trade_no='X'))
        receipt = self._press('status', line)['receipt']
        self.assertEqual((receipt['payer_amount'], receipt['coupon']), ('88.80', ''))
        # It may say so later.
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880, payer_amount=8780))
        receipt = self._press('status', line)['receipt']
        self.assertEqual((receipt['payer_amount'], receipt['coupon']), ('87.80', '1.00'))

    def test_coupon_for_all_of_it(self):
        """Test that a coupon that pays everything is not taken for silence."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        self._tx(line)._cn_apply(PaymentResult(Outcome.PAID, amount=8880, payer_amount=0))
        receipt = self._press('status', line)['receipt']
        self.assertEqual((receipt['payer_amount'], receipt['coupon']), ('0.00', '88.80'))

    def test_button_is_changed_while_a_session_is_open(self):
        """Test that another gateway takes over when one is down, and that nothing else may change."""
        self.assertEqual(self.session.state, 'opened')
        self.button.write({
            'cn_announce': True, 'cn_scan_on_products': False,
            'cn_provider_ids': [Command.set(self.provider.ids)],
        })
        with self.assertRaises(UserError):
            self.button.use_payment_terminal = False

    # === FORCED === #

    def test_force_asks_the_gateway_first(self):
        """Test that what was paid needs nobody's word, though the gateway was asked just now."""
        line = self._line()
        self.sandbox.fault('reset', operation='charge', times=1)
        self._press('charge', line, self._code())
        till_common.throttle.acquire(
            self.env.cr.dbname, self._tx(line)._cn_throttle_key(), (0,)
        )
        self.assertEqual(self._press('force', line, "seen on the phone")['phase'], 'paid')
        self.assertFalse(self._incidents('unproven'))

    def test_force_needs_a_manager_and_a_reason(self):
        """Test that a cashier can't, and that a manager's reason reaches the accountant."""
        line = self._line()
        self.sandbox.fault('reset', operation='charge', times=1)
        self.sandbox.fault('http_5xx', operation='query')
        self._press('charge', line, self._code())
        with self.assertRaises(UserError):
            self._press('force', line, "seen on the phone")
        manager = self.button.with_user(self.env.user)
        with self.assertRaises(UserError):
            manager.cn_force(line, " ")
        status = manager.cn_force(line, "seen on the phone")
        self.assertEqual(status['phase'], 'forced')
        self.assertIn("seen on the phone", self._incidents('unproven').message)
        order = self._sync([line])
        self.assertEqual(order.payment_ids.cn_transaction_id, self._tx(line))
        # The line is booked: neither time nor the session's end may send its money back.
        tx = self._tx(line)
        self._let_pass(tx, seconds=600)
        till_common.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        tx._cn_watch()
        self._press('cancel', line)
        self._press('hand_over', line)
        self.session.action_pos_session_closing_control()
        self.assertEqual((tx.state, tx.cn_reversing, tx.cn_given_up), ('pending', False, False))
        self.assertFalse(order.payment_ids.cn_receipt)

        self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        self.assertEqual(order.payment_ids.transaction_id, tx.provider_reference)
        self.assertEqual(self._incidents('unproven').state, 'done')
        self.assertFalse(tx.child_transaction_ids)

    # === REFUNDS === #

    def test_whole_refund_once(self):
        """Test that pressed twice it is the same refund, to the wallet that paid."""
        order = self._sold()
        line = self._line('-88.80')
        for _press in range(2):
            self._press('refund', line, order.uuid)
        refund = order.payment_ids.cn_transaction_id.sudo().child_transaction_ids
        self.assertEqual(len(refund), 1)
        self._end(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._press('status', line)['phase'], 'paid')
        back = self._sync([line], total=-88.8, refunds=order)
        self.assertEqual(back.payment_ids.cn_transaction_id, refund)
        self.assertFalse(self._incidents('unproven'))
        with self.assertRaises(UserError):
            self._press('refund', self._line('-0.01'), order.uuid)

    def test_refund_without_answer_is_asked_about(self):
        """Test that the till learns when it may ask, and that asking brings the answer."""
        order = self._sold()
        line = self._line('-88.80')
        tx = order.payment_ids.cn_transaction_id.sudo()
        self._press('refund', line, order.uuid)
        refund = tx._cn_till_refunds(line['uuid'])
        self.sandbox.fault('http_5xx', operation='refund', times=1)
        refund.cn_next_query_at = False
        refund._cn_advance_refund()
        status = self._press('status', line)
        self.assertEqual(status['phase'], 'unknown')
        self.assertGreater(status['ask_in'], 1)
        refund.cn_next_query_at = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(self._press('status', line)['ask_in'], 0)
        status = self._press('status', line, True)
        self.assertIn(status['phase'], ('paid', 'unknown'))
        self.assertNotEqual(refund.cn_outcome, 'unknown', "It was asked.")
        self._end(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(tx), 8880)

    def test_refused_refund_is_tried_again_as_the_same(self):
        """Test that pressing again after a refusal takes this line's refund, and no other one."""
        order = self._sold()
        other, line = self._line('-20.00'), self._line('-20.00')
        tx = order.payment_ids.cn_transaction_id.sudo()
        self.sandbox.fault('refund_refused', operation='refund', times=2)
        for one in (other, line):
            self._press('refund', one, order.uuid)
            refund = tx._cn_till_refunds(one['uuid'])
            refund.cn_next_query_at = False
            refund._cn_advance_refund()
            self.assertEqual(self._press('status', one)['phase'], 'refused')
        self._press('refund', line, order.uuid)
        self._end(tx._cn_till_refunds(line['uuid']))
        self.assertEqual(tx._cn_till_refunds(line['uuid']).state, 'done')
        self.assertEqual(tx._cn_till_refunds(other['uuid']).state, 'error')
        self.assertEqual(len(tx.child_transaction_ids), 2)
        self.assertEqual(self._refunded(tx), 2000)

    def test_part_refund_of_two_payments(self):
        """Test that a refund takes from several payments what one does not have."""
        uuid = str(uuid4())
        lines = [self._line('50.00', order=uuid), self._line('38.80', order=uuid)]
        for line in lines:
            self._press('charge', line, self._code())
        order = self._sync(lines)
        self._press('refund', self._line('-60.00'), order.uuid)
        refunds = order.payment_ids.cn_transaction_id.sudo().child_transaction_ids
        self.assertEqual(sorted(refunds.mapped('amount')), [-38.8, -21.2])

    def test_refund_is_not_let_go_of(self):
        """Test that a line stays while nobody knows of its refund: nobody is to be paid back twice."""
        order = self._sold()
        line = self._line('-88.80')
        self.sandbox.fault('reset', operation='refund', times=2)
        self._press('refund', line, order.uuid)
        for action in ('cancel', 'hand_over'):
            self.assertEqual(self._press(action, line)['phase'], 'unknown')

    def test_lost_answer_to_a_refund(self):
        """Test that a doubtful refund is asked about and made once."""
        order = self._sold()
        line = self._line('-88.80')
        self.sandbox.fault('reset', operation='refund', times=2)
        self._press('refund', line, order.uuid)
        refund = order.payment_ids.cn_transaction_id.sudo().child_transaction_ids
        refund.cn_next_query_at = False
        refund._cn_advance_refund()
        self.assertEqual(self._press('status', line)['phase'], 'unknown')
        self._end(refund)
        self.assertEqual(self._press('status', line)['phase'], 'paid')
        self.assertEqual(self._refunded(refund.source_transaction_id), 8880)

    # === WHAT FOLLOWS A PAYMENT === #

    def test_crons_leave_open_attempts_alone(self):
        """Test that nothing is written to an attempt whose answer is on its way."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        tx = self._tx(line)
        tx._post_process()
        self.assertFalse(tx.is_post_processed)
        self.sandbox.pay(tx)
        self._status(line)
        self.assertEqual(tx.state, 'done')
        self.assertTrue(tx.is_post_processed)

    def test_payment_of_a_session_wakes_no_cron(self):
        """Test that nothing follows but the session, while what goes back is booked at once."""
        cron = self.env.ref('payment.cron_post_process_payment_tx')
        triggers = [('cron_id', '=', cron.id)]
        before = self.env['ir.cron.trigger'].search_count(triggers)
        line = self._line()
        self._press('charge', line, self._code())
        self.assertTrue(self._tx(line).is_post_processed)
        self.assertEqual(self.env['ir.cron.trigger'].search_count(triggers), before)
        late = self._line()
        self._press('charge', late, self._code(confirm=True))
        tx = self._tx(late)
        self._press('hand_over', late)
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual((tx.state, tx.cn_given_up), ('done', True))
        self.assertFalse(tx.is_post_processed)
        self.assertGreater(self.env['ir.cron.trigger'].search_count(triggers), before)
