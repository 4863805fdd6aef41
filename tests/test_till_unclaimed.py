# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import till_closing_common


@tagged('post_install', '-at_install')
class TestTillUnclaimed(till_closing_common.TillClosingCommon):
    """Money that moved at a till, of which no order has heard when its session is closed."""

    def _paid_in_no_order(self):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        tx = self._tx(line)
        tx._post_process()
        self.assertEqual(
            len(self.session.get_closing_control_data()['cn_wallets']['unclaimed']), 1
        )
        self._close()
        self.assertFalse(tx.child_transaction_ids)
        self.assertEqual(self._incidents('unclaimed').state, 'open')
        return line, tx

    def test_order_arrives_after_closing(self):
        """Test that the order of a till that was offline gets its money, and the list gets shorter."""
        line, tx = self._paid_in_no_order()
        self._open()
        order = self._sync([line])
        self.assertEqual(order.payment_ids.cn_transaction_id, tx)
        self.assertEqual(self._incidents('unclaimed').state, 'done')
        self.assertFalse(tx.cn_unclaimed_at)
        self.assertFalse(tx.cn_next_query_at)
        self._close()
        self.assertEqual(tx.payment_id.pos_session_id, self.session)
        self.assertEqual(len(self._booked()), 1)

    def test_no_order_arrives(self):
        """Test that the money goes back after a time, and that the books know both ways."""
        line, tx = self._paid_in_no_order()
        self._grace_ends(tx)
        refund = tx.child_transaction_ids
        self._end(refund)
        refund._post_process()
        self.assertEqual((refund.state, self._refunded(tx)), ('done', 8880))
        self.assertEqual(tx.payment_id.amount_signed, 88.8)
        self.assertEqual(refund.payment_id.amount_signed, -88.8)
        # Should the order come now, it is not taken for paid.
        self._open()
        order = self._sync([line])
        self.assertFalse(order.payment_ids.cn_transaction_id)
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_somebody_gave_it_back(self):
        """Test that what an accountant refunded in the meantime is not refunded again."""
        _line, tx = self._paid_in_no_order()
        tx._refund(88.8)
        self._end(tx.child_transaction_ids)
        self._grace_ends(tx)
        self.assertEqual(len(tx.child_transaction_ids), 1)
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(tx.payment_id.amount_signed, 88.8)

    def test_refund_in_no_order(self):
        """Test that money that went out without an order is listed, and booked after a time, once."""
        order = self._sold()
        line = self._line('-30.00')
        self._press('refund', line, order.uuid)
        refund = order.payment_ids.cn_transaction_id.sudo().child_transaction_ids
        self._end(refund)
        self._lose_refund_order(line)
        self._close()
        self.assertEqual(self._incidents('unclaimed').transaction_id, refund)
        self._grace_ends(refund)
        self.assertEqual(refund.payment_id.amount_signed, -30)
        # The order comes all the same: it is what was booked.
        self._open()
        late = self._sync([line], total=-30, refunds=order)
        self.assertEqual(late.payment_ids.cn_transaction_id, refund)
        self.assertFalse(self._incidents('unproven'))
        self.assertEqual(self._incidents('unclaimed').state, 'done')
        self._close()
        self.assertEqual(self._booked().mapped('amount_signed'), [88.8, -30])
        receivable = (self.session.move_id | refund.payment_id.move_id).line_ids.filtered(
            lambda item: item.account_id == self.session._get_receivable_account(self.button)
        )
        self.assertEqual(len(receivable), 2)
        self.assertTrue(all(receivable.mapped('reconciled')))

    def test_order_with_money_is_cancelled(self):
        """Test that what wallets paid for an order that is cancelled goes back, once, and is booked."""
        uuid = str(uuid4())
        paid, waiting = self._line('50.00', order=uuid), self._line('38.80', order=uuid)
        self._press('charge', paid, self._code())
        self._press('charge', waiting, self._code(confirm=True))
        order = self._sync([paid, {**waiting, 'status': 'waiting'}], state='draft')
        tx, late = self._tx(paid), self._tx(waiting)
        self.assertEqual(order.payment_ids.cn_transaction_id, tx)
        order.action_pos_order_cancel()
        self.assertEqual(order.state, 'cancel')
        self.assertTrue(late.cn_given_up)
        self.assertEqual(self._incidents('double').transaction_id, tx)
        self._end(tx.child_transaction_ids)
        tx._post_process()
        tx.child_transaction_ids._post_process()
        self.assertEqual(self._refunded(tx), 5000)
        self._close()
        self.assertEqual((tx | tx.child_transaction_ids).payment_id.mapped('amount_signed'), [50, -50])
        self.assertFalse(self._booked() - (tx | tx.child_transaction_ids).payment_id)
        self.assertEqual(len(tx.child_transaction_ids), 1)

    def test_refund_order_is_cancelled(self):
        """Test that money that went out with an order that was cancelled then is booked without it."""
        order = self._sold()
        line = self._line('-30.00')
        self._press('refund', line, order.uuid)
        refund = order.payment_ids.cn_transaction_id.sudo().child_transaction_ids
        self._end(refund)
        back = self._sync([line], total=-30, refunds=order, state='draft')
        self.assertEqual(back.payment_ids.cn_transaction_id, refund)
        back.action_pos_order_cancel()
        refund._post_process()
        self.assertEqual(refund.payment_id.amount_signed, -30)
        self._close()
        self.assertEqual(
            self._booked(), (refund | order.payment_ids.cn_transaction_id).payment_id.sorted('id')
        )
        self.assertEqual(refund.payment_id.amount_signed, -30)  # still the one

    def test_line_that_is_gone(self):
        """Test that money for a line that the cashier removed goes back at once."""
        line = self._line()
        self._press('charge', line, self._code())
        self.assertEqual(self._press('hand_over', line)['phase'], 'paid')
        self.assertEqual(self._press('hand_over', line, True)['phase'], 'returned')
        tx = self._tx(line)
        tx._post_process()
        self._end(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(tx.payment_id.amount_signed, 88.8)
