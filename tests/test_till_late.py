# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestTillLate(till_common.TillSaleCommon):
    """Money that comes when nobody looks any more: for lines that are gone, after the closing."""

    gateway = 'wechat_pay'

    def _close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')

    def _refused(self, **values):
        """Return a line and its attempt, which was refused and can still turn out paid."""
        line = self._line(**values)
        self._press('charge', line, self._code(confirm=True))
        tx = self._tx(line)
        tx._cn_apply(PaymentResult(Outcome.REFUSED))
        self.assertEqual((tx.state, tx.cn_given_up), ('error', False))
        self.assertEqual(tx.cn_next_query_at, tx.cn_dead_at)
        return line, tx

    def _comes_late(self, tx):
        """Let the gateway say that it was paid, as it does when it is asked at the end."""
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def _sell_otherwise(self, line):
        """Send the order of a line in which it is not: it was removed, and other money taken."""
        other = self._line(order=line['order'])
        self.assertEqual(self._press('charge', other, self._code())['phase'], 'paid')
        return self._sync([other])

    # === AFTER THE CLOSING === #

    def test_refused_line_is_paid_after_closing(self):
        """Test that money that comes when its session is closed waits for its order, then goes back."""
        _line, tx = self._refused()
        self._close()
        self.assertFalse(self._incidents('unclaimed'))
        self._comes_late(tx)
        self.assertFalse(tx.child_transaction_ids)
        self.assertTrue(tx.cn_unclaimed_at)
        self.assertEqual(self._incidents('unclaimed').state, 'open')
        self.assertFalse(self._incidents('late'), "Nothing was booked.")
        tx._cn_watch()
        self._end(tx.child_transaction_ids)
        tx._post_process()
        tx.child_transaction_ids._post_process()
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(
            (tx | tx.child_transaction_ids).payment_id.mapped('amount_signed'), [88.8, -88.8]
        )

    def test_money_that_the_closing_did_not_see(self):
        """Test that the cron finds what came, or began, while the session was being closed."""
        _line, paid = self._refused()
        open_line = self._line()
        self._press('charge', open_line, self._code(confirm=True))
        begun = self._tx(open_line)
        self._close()
        # As the database has it when the closing did not see them.
        begun.write({'cn_given_up': False, 'cn_reversing': False})
        self._incidents('unknown').sudo().unlink()
        paid.write({'state': 'done', 'cn_outcome': 'paid', 'cn_next_query_at': False})
        till_common.throttle.forget(self.env.cr.dbname, begun._cn_throttle_key())
        self._run_cron('cron_watch')
        self.assertTrue(paid.cn_unclaimed_at)
        self.assertEqual(self._incidents('unclaimed').transaction_id, paid)
        self.assertTrue(begun.cn_given_up and begun.cn_reversing)
        self.assertEqual(self._incidents('unknown').transaction_id, begun)
        # They are looked at once.
        self._run_cron('cron_watch')
        self.assertEqual((self._incidents('unclaimed') | self._incidents('unknown')).mapped('count'), [1, 1])

    def test_what_the_session_has_is_left_alone(self):
        """Test that the cron finds nothing in a session whose orders have their money."""
        order = self._sold()
        line = self._line('-30.00')
        self._press('refund', line, order.uuid)
        self._end(self.env['payment.transaction'].sudo()._cn_till_refunds(line['uuid']))
        self._sync([line], total=-30, refunds=order)
        self.assertFalse(self.env['payment.transaction']._cn_forgotten())
        self._close()
        self.assertFalse(self.env['payment.transaction']._cn_forgotten())

    # === LINES THAT ARE GONE === #

    def test_order_was_paid_otherwise(self):
        """Test that late money goes back at once when its order is finished without it."""
        line, tx = self._refused()
        self._sell_otherwise(line)
        self._comes_late(tx)
        self.assertTrue(tx.cn_given_up)
        self._end(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(self._press('status', line)['phase'], 'returned')

    def test_order_is_paid_otherwise_later(self):
        """Test that money that came before the order goes back when the order has come without it."""
        line, tx = self._refused()
        self._comes_late(tx)
        self.assertFalse(tx.child_transaction_ids, "The order may still have it.")
        self._run_cron('cron_watch')
        self.assertFalse(tx.child_transaction_ids)
        self._sell_otherwise(line)
        self._run_cron('cron_watch')
        self._end(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 8880)

    def test_order_was_paid_otherwise_before_closing(self):
        """Test that the closing waits for no order that came without the money."""
        line, tx = self._refused()
        self._comes_late(tx)
        self._sell_otherwise(line)
        self._close()
        self.assertEqual(tx.child_transaction_ids.amount, -88.8)
        self.assertFalse(self._incidents('unclaimed'))

    def test_refused_line_was_removed(self):
        """Test that late money of a line of which the till says that it is gone goes back at once."""
        line, tx = self._refused()
        self._press('hand_over', line, True)
        self._comes_late(tx)
        self.assertEqual(tx.child_transaction_ids.amount, -88.8)

    def test_order_was_closed_without_the_gateways_word(self):
        """Test that late money belongs to the line that was taken for paid, and does not go back."""
        line, tx = self._refused()
        order = self._sync([line])
        self.assertEqual(len(self._incidents('unproven')), 1)
        self._close()
        self._comes_late(tx)
        self.assertEqual(order.payment_ids.cn_transaction_id, tx)
        self.assertFalse(tx.cn_unclaimed_at)
        self.assertEqual(self._incidents('late').transaction_id, tx)

    # === THE END OF THE WAIT === #

    def _unclaimed(self):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        self._close()
        return self._tx(line)

    def test_somebody_gave_a_part_back(self):
        """Test that what an accountant has left of it goes back, and no more than was paid."""
        tx = self._unclaimed()
        tx._refund(30)
        self._end(tx.child_transaction_ids)
        tx._cn_watch()
        self.assertEqual(sorted(tx.child_transaction_ids.mapped('amount')), [-58.8, -30])
        self._end(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 8880)
        tx._post_process()
        tx.child_transaction_ids._post_process()
        self.assertEqual(sum((tx | tx.child_transaction_ids).payment_id.mapped('amount_signed')), 0)

    def test_the_end_is_told_in_the_accountants_language(self):
        """Test that the incident is for its reader, whoever asks."""
        self.env['res.lang']._activate_lang('zh_CN')
        self.provider.cn_responsible_id = new_test_user(
            self.env, 'cn_late_reader', groups='account.group_account_manager', lang='zh_CN',
            company_id=self.company.id,
        )
        self._unclaimed().with_context(lang='en_US')._cn_watch()
        self.assertIn("正在原路退回", self._incidents('double').message)

    def test_pending_refund_is_asked_about_when_its_order_comes(self):
        """Test that an order that claims a refund does not end the questions about it."""
        order = self._sold()
        line = self._line('-30.00')
        self._press('refund', line, order.uuid)
        refund = self.env['payment.transaction'].sudo()._cn_till_refunds(line['uuid'])
        self._lose_refund_order(line)
        self._close()
        self.assertEqual(refund.state, 'pending')
        self.assertTrue(refund.cn_unclaimed_at)
        self.till.open_ui()
        self.session = self.till.current_session_id
        self.session.set_opening_control(0, "")
        self._sync([{**line, 'session': self.session.id}], total=-30, refunds=order)
        self.assertFalse(refund.cn_unclaimed_at)
        self.assertTrue(refund.cn_next_query_at)
        self._end(refund)
        self.assertEqual(refund.state, 'done')
        self.assertFalse(refund.cn_next_query_at)
