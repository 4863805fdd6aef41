# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestTillSale(till_common.TillCommon):
    """From the line to the session's books."""

    gateway = 'wechat_pay'

    def _sync(self, lines, total=88.8, refunds=None, state='paid'):
        """Send an order as the till's browser does when it is validated."""
        order = lines[0]['order']
        self.env['pos.order'].sync_from_ui([{
            'uuid': order, 'name': order[:8], 'session_id': self.session.id,
            'company_id': self.company.id, 'user_id': self.env.uid, 'partner_id': False,
            'date_order': fields.Datetime.to_string(fields.Datetime.now()), 'state': state,
            'amount_total': total, 'amount_paid': total, 'amount_tax': 0, 'amount_return': 0,
            'pricelist_id': False, 'fiscal_position_id': False, 'to_invoice': False,
            'lines': [Command.create({
                'product_id': self.product.id, 'qty': 1 if total > 0 else -1,
                'price_unit': abs(total), 'price_subtotal': total, 'price_subtotal_incl': total,
                'discount': 0, 'tax_ids': [], 'uuid': str(uuid4()),
                **({'refunded_orderline_id': refunds.lines[0].id} if refunds else {}),
            })],
            'payment_ids': [Command.create({
                'uuid': line['uuid'], 'amount': float(line['amount']),
                'payment_method_id': self.button.id, 'payment_status': line.get('status', 'done'),
                'payment_date': fields.Datetime.to_string(fields.Datetime.now()),
            }) for line in lines],
        }])
        return self.env['pos.order'].search([('uuid', '=', order)])

    def _sold(self):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        return self._sync([line])

    def _incidents(self, kind):
        return self.env['payment.cn.incident'].search([
            ('provider_id', '=', self.provider.id), ('kind', '=', kind),
        ])

    def _end(self, refunds):
        for refund in refunds:
            for _question in range(3):
                if refund.state == 'pending':
                    refund.cn_next_query_at = False
                    refund._cn_advance_refund()
            for known in self.sandbox.order(refund.source_transaction_id)['refunds']:
                self.sandbox.post('refunds', out_refund_no=known['out_refund_no'])
            if refund.state == 'pending':
                refund.cn_next_query_at = False
                refund._cn_advance_refund()

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
        self.assertFalse(tx.child_transaction_ids)

    # === REFUNDS === #

    def test_whole_refund_once(self):
        """Test that pressed twice it is the same refund, to the wallet that paid."""
        order = self._sold()
        line = self._line('-88.80')
        for _press in range(2):
            self._press('refund', line, order.uuid)
        refund = order.payment_ids.cn_transaction_id.child_transaction_ids
        self.assertEqual(len(refund), 1)
        self._end(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._press('status', line)['phase'], 'paid')
        back = self._sync([line], total=-88.8, refunds=order)
        self.assertEqual(back.payment_ids.cn_transaction_id, refund)
        self.assertFalse(self._incidents('unproven'))
        with self.assertRaises(UserError):
            self._press('refund', self._line('-0.01'), order.uuid)

    def test_refused_refund_is_tried_again_as_the_same(self):
        """Test that pressing again after a refusal takes this line's refund, and no other one."""
        order = self._sold()
        other, line = self._line('-20.00'), self._line('-20.00')
        tx = order.payment_ids.cn_transaction_id
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
        refunds = order.payment_ids.cn_transaction_id.child_transaction_ids
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
        refund = order.payment_ids.cn_transaction_id.child_transaction_ids
        refund.cn_next_query_at = False
        refund._cn_advance_refund()
        self.assertEqual(self._press('status', line)['phase'], 'unknown')
        self._end(refund)
        self.assertEqual(self._press('status', line)['phase'], 'paid')
        self.assertEqual(self._refunded(refund.source_transaction_id), 8880)

    # === CLOSING === #

    def test_session_books_once(self):
        """Test that the session's payment is the sum of its transactions, with no second payment."""
        orders = self._sold() + self._sold()
        line = self._line('-30.00')
        self._press('refund', line, orders[0].uuid)
        self._end(orders.payment_ids.cn_transaction_id.child_transaction_ids)
        self._sync([line], total=-30, refunds=orders[0])
        transactions = self.session.cn_transaction_ids
        self.assertEqual(len(transactions), 3)
        [total] = self.session.get_closing_control_data()['cn_wallets']['totals']
        self.assertEqual((total['number'], total['amount']), (2, 177.6))
        self.assertEqual((total['refunds'], total['refunded']), (1, 30))
        transactions._post_process()
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')
        payments = self.env['account.payment'].search([('journal_id', '=', self.button.journal_id.id)])
        self.assertEqual(payments.mapped('amount'), [147.6])
        self.assertEqual(sum(transactions.mapped('amount')), 147.6)
        self.assertFalse(transactions.payment_id)

    def test_open_payments_are_settled_at_closing(self):
        """Test that a session that closes asks, and lists what nobody can tell."""
        lost, dark = self._line(), self._line()
        self.sandbox.fault('reset', operation='charge', times=2)
        self._press('charge', lost, self._code())
        self._press('charge', dark, self._code())
        for line in (lost, dark):
            till_common.throttle.forget(self.env.cr.dbname, self._tx(line)._cn_throttle_key())
        self.sandbox.fault('http_5xx', operation='query', scope=self._tx(dark).cn_out_trade_no)
        self._open = self.session.get_closing_control_data()['cn_wallets']['open']
        self.assertEqual(len(self._open), 2)
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')
        # Paid, but in no order: it goes back. Unknown: listed, and undone further.
        self.assertEqual(self._tx(lost).state, 'done')
        self.assertTrue(self._tx(lost).child_transaction_ids)
        self.assertEqual(len(self._incidents('unproven')), 1)
        self.assertEqual(self._tx(dark).state, 'pending')
        self.assertTrue(self._tx(dark).cn_reversing)
        self.assertEqual(self._incidents('unknown').transaction_id, self._tx(dark))
