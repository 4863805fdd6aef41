# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, RefundResult
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestTillRefunds(till_common.TillSaleCommon):
    """Refunds that a gateway refuses: what the cashier gives back in another way, and the books."""

    gateway = 'wechat_pay'

    def setUp(self):
        super().setUp()
        self.refunds = self.env['payment.transaction']._cn_till_refunds

    def _close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')

    def _ask_all(self, refunds):
        """Have the gateway asked about each refund, once."""
        for refund in refunds.sudo():
            refund.cn_next_query_at = False
            refund._cn_advance_refund()

    def _works_again(self):
        self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)

    # === REFUNDS OF TWO PAYMENTS === #

    def _split(self, fault, **values):
        """Give back an order that was paid in two parts; something goes wrong with the first one."""
        uuid = str(uuid4())
        lines = [self._line('60.00', order=uuid), self._line('40.00', order=uuid)]
        for line in lines:
            self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        order = self._sync(lines, total=100)
        back = self._line('-100.00')
        self._press('refund', back, order.uuid)
        wrong = self._tx(lines[1])
        self.sandbox.fault(fault, operation='refund', scope=wrong.cn_out_trade_no, **values)
        self._ask_all(self.refunds(back['uuid']))
        return order, back, self._tx(lines[0]), wrong

    def test_one_gateway_refuses_its_part(self):
        """Test that the till is told what was taken, and that the rest goes back once, as another line."""
        order, line, taken, refused = self._split('refund_refused')
        status = self._press('status', line)
        self.assertEqual((status['phase'], status['amount']), ('partly', '-60.00'))
        self.assertIn('40.00', status['message'])
        self.assertEqual(status['receipt']['number'], taken.child_transaction_ids.cn_out_refund_no)
        # Pressed again at another till, it stays what it is.
        self._works_again()
        self._press('refund', line, order.uuid)
        self._ask_all(self.refunds(line['uuid']).filtered(lambda tx: tx.state == 'pending'))
        self.assertEqual(self._press('status', line)['phase'], 'partly')
        rest = self._line('-40.00', order=line['order'])
        self._press('refund', rest, order.uuid)
        self._end(self.refunds(line['uuid']).filtered(lambda tx: tx.state != 'error'))
        self._end(self.refunds(rest['uuid']))
        self.assertEqual(self._press('status', rest)['phase'], 'paid')
        back = self._sync([{**line, 'amount': '-60.00'}, rest], total=-100, refunds=order)
        self.assertEqual((self._refunded(taken), self._refunded(refused)), (6000, 4000))
        self.assertFalse(self._incidents('unproven'))
        self.assertEqual(back.payment_ids.mapped('cn_transaction_id.state'), ['done', 'done'])
        self._close()
        booked = self.env['account.payment'].search([('pos_session_id', '=', self.session.id)])
        self.assertEqual(sorted(booked.mapped('amount_signed')), [-60, -40, 40, 60])

    def test_receipt_of_two_refunds(self):
        """Test that the till hears of each refund with its amount, to print them all."""
        _order, line, sixty, forty = self._split('slow', seconds=0)
        self._end(self.refunds(line['uuid']))
        status = self._press('status', line)
        self.assertEqual((status['phase'], status['amount']), ('paid', '-100.00'))
        self.assertEqual({part['number']: part['amount'] for part in status['receipt']['parts']}, {
            forty.child_transaction_ids.cn_out_refund_no: '-40.00',
            sixty.child_transaction_ids.cn_out_refund_no: '-60.00',
        })

    def test_rest_is_given_back_in_cash(self):
        """Test that a part that goes through after its refusal is booked by itself, beside the line."""
        order, line, taken, refused = self._split('refund_refused')
        late = refused.child_transaction_ids
        back = self._sync([{**line, 'amount': '-60.00'}], total=-60, refunds=order)
        self.assertEqual(back.payment_ids.cn_transaction_id, taken.child_transaction_ids)
        self.assertFalse(self._incidents('unproven'))
        self._works_again()
        late._cn_try_again()
        self._end(late | taken.child_transaction_ids)
        late._post_process()
        self.assertEqual((late.state, late.payment_id.amount_signed), ('done', -40))
        self._close()
        booked = self.env['account.payment'].search([('pos_session_id', '=', self.session.id)])
        self.assertEqual(sorted(booked.mapped('amount_signed')), [-60, -40, 40, 60])

    def test_one_part_is_unknown(self):
        """Test that nobody is told to pay back anything while a part may still go through."""
        _order, line, _taken, wrong = self._split('reset', times=2)
        status = self._press('status', line)
        self.assertEqual(status['phase'], 'unknown')
        self.sandbox.fault('refund_refused', operation='refund', scope=wrong.cn_out_trade_no)
        for refund in self.refunds(line['uuid']) - wrong.child_transaction_ids:
            refund.write({'state': 'error', 'cn_outcome': 'refused'})
        self.assertEqual(self._press('status', line)['phase'], 'unknown', "One refused, one unknown.")

    def test_draft_order_whose_refund_became_smaller(self):
        """Test that a line that was kept while nobody knew is tied to what was taken in the end."""
        order, line, taken, refused = self._split('reset_before', times=2)
        back = self._sync([{**line, 'status': 'waiting'}], total=-100, refunds=order, state='draft')
        self.sandbox.fault('refund_refused', operation='refund', scope=refused.cn_out_trade_no)
        self._ask_all(refused.child_transaction_ids)
        self.assertEqual(self._press('status', line)['phase'], 'partly')
        back.payment_ids.write({'amount': -60, 'payment_status': 'done'})
        self.assertEqual(back.payment_ids.cn_transaction_id, taken.child_transaction_ids)
        self.assertEqual(back.payment_ids._cn_parts(), [(taken.child_transaction_ids, -60)])

    # === THE BOOKS, IN EVERY ORDER OF EVENTS === #

    def _given_back(self):
        """Give back an order; return the refund, as the gateway took it, and what was paid."""
        self.sandbox.post('settings', refund_delay=600)
        order = self._sold()
        line = self._line('-88.80')
        self._press('refund', line, order.uuid)
        refund = self.refunds(line['uuid'])
        self._ask_all(refund)
        self.assertEqual((refund.state, refund.cn_outcome), ('pending', 'waiting'))
        return order, line, refund

    def _refuse(self, refund):
        """Let the gateway end the refund without success: it says so to whoever asks."""
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no, outcome='failure')
        self._ask_all(refund)
        self.assertEqual(refund.state, 'error')

    def _balances(self):
        """Return what is open on the gateway's account and on the till's receivable account."""
        payment = self.env['account.payment'].search(
            [('journal_id', '=', self.button.journal_id.id)], order='id', limit=1
        )
        receivable = self.session._get_receivable_account(self.button)
        items = self.env['account.move.line'].search([('parent_state', '=', 'posted')])
        return [
            self.cny.round(sum(items.filtered(lambda item, at=at: item.account_id == at).mapped(name)))
            for at, name in (
                (payment.outstanding_account_id, 'balance'), (receivable, 'amount_residual'),
            )
        ]

    def _try_again(self, source):
        """Send it once more, as an accountant does; return the refund that goes through."""
        again = source._refund(88.8)
        self._end(again)
        self.assertEqual(again.state, 'done')
        again._post_process()
        return again

    def test_refused_before_closing(self):
        """Test that the customer is owed the money until it is sent again."""
        order, line, refund = self._given_back()
        self._sync([line], total=-88.8, refunds=order)
        self._refuse(refund)
        self._close()
        self.assertFalse(refund.payment_id)
        self.assertEqual(self._balances(), [88.8, -88.8])
        again = self._try_again(refund.source_transaction_id)
        tied = self.env['pos.payment'].search([('uuid', '=', line['uuid'])]).cn_transaction_id
        self.assertEqual(tied, again)
        self.assertNotEqual(again, refund, "the number of a refund that failed is spent")
        self.assertEqual(again.payment_id.amount_signed, -88.8)
        self.assertEqual(self._balances(), [0, 0])
        self.assertEqual(self._refunded(refund.source_transaction_id), 8880)

    def test_refused_before_its_order_came(self):
        """Test the same for an order that says that the refund was made."""
        order, line, refund = self._given_back()
        self._refuse(refund)
        self._sync([line], total=-88.8, refunds=order)
        self.assertEqual(len(self._incidents('unproven')), 1)
        self._close()
        self.assertEqual(self._balances(), [88.8, -88.8])
        self._try_again(refund.source_transaction_id)
        self.assertEqual(self._balances(), [0, 0])

    def test_refused_after_closing(self):
        """Test that the entry of a refund that is refused later is taken back, and made again."""
        order, line, refund = self._given_back()
        self._sync([line], total=-88.8, refunds=order)
        self._close()
        first = refund.payment_id
        self.assertEqual(first.amount_signed, -88.8)
        self.assertEqual(self._balances(), [0, 0])
        self._refuse(refund)
        self.assertFalse(refund.payment_id)
        self.assertEqual(first.state, 'rejected')
        self.assertEqual(self._balances(), [88.8, -88.8])
        again = self._try_again(refund.source_transaction_id)
        self.assertNotEqual(again.payment_id, first)
        self.assertEqual(self._balances(), [0, 0])

    def test_refused_and_made_all_the_same(self):
        """Test that a gateway that changes its mind leaves nothing open."""
        order, line, refund = self._given_back()
        self._sync([line], total=-88.8, refunds=order)
        self._close()
        self._refuse(refund)
        refund._cn_apply_refund(RefundResult(Outcome.PAID, amount=8880))
        refund._post_process()
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._balances(), [0, 0])

    def test_taken_before_and_done_after_closing(self):
        """Test that a refund that needs days is booked by its session, once."""
        order, line, refund = self._given_back()
        self._sync([line], total=-88.8, refunds=order)
        self._close()
        self._end(refund)
        refund._post_process()
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._balances(), [0, 0])
