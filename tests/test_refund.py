# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.common import CnCommon


@tagged('post_install', '-at_install')
class TestRefund(CnCommon):

    def setUp(self):
        super().setUp()
        self.order = self._order()
        self.tx = self._paid(order=self.order)
        self.tx._post_process()

    def _advance(self, refund):
        refund.cn_next_query_at = False
        refund._cn_advance_refund()

    def test_refund_is_pending_until_the_gateway_confirms(self):
        """Test that the books follow the confirmation, not the request."""
        refund = self.tx._refund(30)
        self.assertEqual((refund.state, refund.amount), ('pending', -30))
        self.sandbox.fault('refund_stuck', operation='refund', times=1)
        self._advance(refund)
        self.assertEqual(refund.state, 'pending')
        self.assertFalse(refund.payment_id)
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        self._advance(refund)
        self.assertEqual(refund.state, 'done')
        refund._post_process()
        self.assertEqual(refund.payment_id.payment_type, 'outbound')
        self.assertEqual(refund.payment_id.amount, 30)
        self.assertEqual(self._refunded(self.tx), 3000)

    def test_parts_never_exceed_the_whole(self):
        """Test that parts under way count, from the transaction and from the payment."""
        self.tx._refund(50)
        self.assertEqual(self.tx.cn_refundable_amount, 38.8)
        self.assertEqual(self.tx.payment_id.amount_available_for_refund, 38.8)
        with self.assertRaises(UserError):
            self.tx._refund(38.81)
        self.tx._refund(38.8)
        with self.assertRaises(UserError):
            self.tx._refund(0.01)
        self.assertEqual(self.tx.cn_refund_reserved, 88.8)

    def test_database_refuses_too_much(self):
        """Test that even a mistake in the code can't reserve more than was paid."""
        with mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation), \
                self.env.cr.savepoint():
            self.tx.cn_refund_reserved = 88.81
            self.env.flush_all()

    def test_lost_answer_is_asked_about_and_not_repeated(self):
        """Test that a refund whose answer was lost happens once."""
        self.sandbox.fault('reset', operation='refund', times=1)
        refund = self.tx._refund(88.8)
        self._advance(refund)
        self.assertEqual((refund.state, refund.cn_outcome), ('pending', 'unknown'))
        for _try in range(3):
            self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
            self._advance(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(self.tx), 8880)
        calls = self.sandbox.get('ledger')['calls']
        self.assertEqual(len([c for c in calls if c['operation'] == 'refund']), 1)

    def test_request_that_never_arrived_is_sent_again_under_its_number(self):
        """Test that the gateway's 'no such refund' leads to the same refund, once."""
        self.sandbox.fault('reset_before', operation='refund', times=1)
        refund = self.tx._refund(88.8)
        self._advance(refund)
        self.assertEqual(refund.state, 'pending')
        self._advance(refund)
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        self._advance(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(self.tx), 8880)

    def test_refused_refund_frees_its_amount(self):
        """Test that a failed refund can be tried again, and is shown."""
        self.sandbox.fault('refund_fails', operation='refund', times=1)
        refund = self.tx._refund(88.8)
        self._advance(refund)
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no, outcome='failure')
        self._advance(refund)
        self.assertEqual(refund.state, 'error')
        self.assertEqual(self.tx.cn_refundable_amount, 88.8)
        self.assertEqual(refund.cn_incident_ids.mapped('kind'), ['refund'])

    def test_wizards_refund(self):
        """Test that both dialogs lead to the same refund."""
        wizard = self.env['payment.cn.refund'].create({'transaction_id': self.tx.id})
        self.assertEqual(wizard.amount, 88.8)
        wizard.amount = 10
        wizard.action_refund()
        self.env['payment.refund.wizard'].with_context(active_id=self.tx.payment_id.id).create(
            {'amount_to_refund': 20}
        ).action_refund()
        self.assertEqual(sorted(self.tx.child_transaction_ids.mapped('amount')), [-20, -10])
        with self.assertRaises(ValidationError):
            self.env['payment.cn.refund'].create({'transaction_id': self.tx.id, 'amount': 100})

    def test_refund_that_never_ends_is_shown_once(self):
        """Test that a refund without an end goes on the accountant's list, and is asked on."""
        self.sandbox.fault('refund_stuck', operation='refund', times=1)
        refund = self.tx._refund(88.8)
        for _try in range(10):
            self._advance(refund)
        self.assertEqual(refund.state, 'pending')
        self.assertEqual(refund.cn_incident_ids.mapped('kind'), ['refund'])
        self.assertTrue(refund.cn_next_query_at)

    def test_unpaid_attempt_cannot_be_refunded(self):
        """Test that only received money goes back."""
        tx = self._ordered()
        with self.assertRaises(UserError):
            tx._refund(1)

    def test_refund_window(self):
        """Test that a refund that the gateway would not take is refused at once."""
        self.tx.cn_paid_at -= timedelta(days=400)
        with self.assertRaises(UserError):
            self.tx._refund(1)

    def test_cron_finishes_what_a_dead_process_left(self):
        """Test that a refund committed but never sent is sent by the cron."""
        refund = self.tx._refund(88.8)
        self.assertFalse(refund.cn_ordered_at)
        for _try in range(3):
            refund.cn_next_query_at = fields.Datetime.now()
            refund._cn_watch()
            if refund.state == 'pending':
                self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(self.tx), 8880)
