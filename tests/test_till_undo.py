# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestTillDead(till_common.TillCommon):
    """Attempts that nobody can pay any more, on a gateway that can't take anything back."""

    gateway = 'huishouyin'

    def _charge(self, **values):
        line = self._line()
        self._press('charge', line, self._code('wechat_pay', **values))
        return line, self._tx(line)

    def _watch(self, tx):
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        tx._cn_watch()

    def _dies(self, tx):
        self._let_pass(tx, seconds=self.provider._cn_gateway().timings.dead_after + 60)
        self._watch(tx)

    def test_charge_that_never_arrived(self):
        """Test that it ends, when nobody can pay it and the gateway does not know it."""
        self.sandbox.fault('reset_before', operation='charge', times=1)
        line, tx = self._charge()
        self._press('cancel', line)
        self._watch(tx)
        self.assertEqual((tx.state, tx.cn_reversing), ('pending', True))
        self._dies(tx)
        self.assertEqual(tx.state, 'cancel')
        self.assertFalse(tx.cn_next_query_at)
        self.assertEqual(self._press('status', line)['phase'], 'idle')
        self.assertFalse(self.session._cn_open())
        # A notice that comes even then loses nothing.
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        self.assertEqual(tx.child_transaction_ids.amount, -88.8)

    def test_unknown_charge_stays_open(self):
        """Test that it does not end while the gateway does not tell."""
        _line, tx = self._charge(confirm=True)
        self.sandbox.fault('garbage', operation='query')
        self._dies(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('pending', 'unknown'))
        self.assertTrue(tx.cn_next_query_at)

    def test_what_was_taken_for_paid_stays_so(self):
        """Test that a line that a manager closed is not called unpaid."""
        self.sandbox.fault('reset_before', operation='charge', times=1)
        line, tx = self._charge()
        self.button.with_user(self.env.user).cn_force(line, "seen on the phone")
        self._dies(tx)
        self.assertEqual(tx.state, 'pending')

    def test_a_waiting_till_holds_no_worker(self):
        """Test that the server has answered before the till gives the answer up."""
        self.assertLess(const.STATUS_PATIENCE, 10)
        self.assertLess(const.CANCEL_PATIENCE, 20)
        line, tx = self._charge(confirm=True)
        self.sandbox.fault('slow', operation='query', seconds=3)
        self.patch(const, 'STATUS_PATIENCE', 0.2)
        self.assertEqual(self._status(line)['phase'], 'unknown')
        self.assertEqual(tx.state, 'pending')


@tagged('post_install', '-at_install')
class TestTillReversal(till_common.TillCommon):
    """Charges that the gateway undid after the payer had paid."""

    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'

    def _paid_unheard(self):
        self.sandbox.fault('reset', operation='charge', times=1)
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'unknown')
        return line, self._tx(line)

    def test_old_news_of_a_payment(self):
        """Test that a notice that comes after the reversal does not send the money back again."""
        line, tx = self._paid_unheard()
        self.assertEqual(self._press('cancel', line)['phase'], 'idle')
        self.assertEqual((tx.state, tx.cn_reversal_refunded), ('cancel', True))
        self.assertEqual(self._refunded(tx), 8880)
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        self.assertEqual(tx.state, 'cancel')
        self.assertFalse(tx.child_transaction_ids)

    def test_notice_comes_during_the_reversal(self):
        """Test that money that the reversal gave back is booked both ways, and given back once."""
        line, tx = self._paid_unheard()
        answer = self.provider._cn_gateway().reverse(tx.cn_out_trade_no)
        self.assertTrue(answer.refunded)
        tx.cn_reversing = True
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        back = tx.child_transaction_ids
        self.assertEqual((tx.state, back.state), ('done', 'pending'))
        tx._cn_apply_reversal(answer)
        self.assertEqual(back.state, 'done')
        (tx | back)._post_process()
        self.assertEqual((tx | back).payment_id.mapped('amount_signed'), [88.8, -88.8])
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(self._press('status', line)['phase'], 'returned')

    def test_nobody_had_paid(self):
        """Test that money for an attempt whose reversal gave nothing back is late money."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        tx = self._tx(line)
        self.assertEqual(self._press('cancel', line)['phase'], 'idle')
        self.assertFalse(tx.cn_reversal_refunded)
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        self.assertEqual(tx.child_transaction_ids.amount, -88.8)
