# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.common import CnCommon

FOLLOW_UP = 'odoo.addons.payment_cn_wallets.models.payment_transaction_follow_up'
SALE = 'odoo.addons.payment_cn_wallets.models.sale_order'


@tagged('post_install', '-at_install')
class TestFollowUp(CnCommon):

    def setUp(self):
        super().setUp()
        self.order = self._order()
        self.tx = self._paid(order=self.order)

    def _break(self, model, method):
        """Make a step of Odoo's own follow-up fail, as a broken template or engine does."""
        def fail(*_args, **_kwargs):
            raise ValueError("broken")
        return patch.object(type(self.env[model]), method, fail)

    @mute_logger(SALE)
    def test_mail_that_fails_does_not_undo_the_order(self):
        """Test that order, invoice and payment stand, and that the mail is tried again."""
        with self._break('sale.order', 'message_post_with_source'):
            self.tx._post_process()
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual(self.order.invoice_ids.amount_residual, 0)
        self.assertTrue(self.tx.is_post_processed)
        self.assertTrue(self.order.pending_email_template_id)
        self._run_cron('cron_follow_up')
        self.assertFalse(self.order.pending_email_template_id)

    @mute_logger(SALE)
    def test_mail_that_keeps_failing_is_shown(self):
        """Test that an administrator hears of mail that never leaves."""
        with self._break('sale.order', 'message_post_with_source'):
            self.tx._post_process()
            for _try in range(3):
                self.order._cn_mail_failed(ValueError("broken"))
        self.assertEqual(self.tx.cn_incident_ids.mapped('kind'), ['follow_up'])

    @mute_logger(FOLLOW_UP)
    def test_invoice_that_fails_leaves_order_and_payment(self):
        """Test that the order is confirmed and the rest is tried again until it works."""
        with self._break('sale.order', '_create_invoices'):
            for _try in range(3):
                self.tx._post_process()
            self.assertEqual((self.tx.state, self.order.state), ('done', 'sale'))
            self.assertFalse(self.tx.is_post_processed)
            self.assertEqual(self.tx.cn_follow_up_failures, 3)
            self.assertEqual(self.tx.cn_incident_ids.mapped('kind'), ['follow_up'])
        self.tx._post_process()
        self.assertTrue(self.tx.is_post_processed)
        self.assertEqual(self.order.invoice_ids.amount_residual, 0)
        self.assertEqual(self.tx.payment_id.reconciled_invoice_ids, self.order.invoice_ids)
        self.assertEqual(self.tx.cn_follow_up_failures, 0)
        self.assertEqual(self.tx.cn_incident_ids.state, 'done')

    def test_documents_leave_after_the_books(self):
        """Test that order and invoice are printed and sent by the cron, when the payment is booked."""
        self.env['ir.config_parameter'].set_param('sale.automatic_invoice', 'True')
        with self._break('sale.order', 'message_post_with_source'), \
                self._break('account.move.send', '_generate_and_send_invoices'):
            self.tx._post_process()
        self.assertTrue(self.tx.is_post_processed)
        self.assertEqual(self.tx.cn_follow_up_failures, 0)
        self.assertFalse(self.order.invoice_ids.is_move_sent)
        self._run_cron('cron_follow_up')
        self.assertTrue(self.order.invoice_ids.is_move_sent)
        self.assertFalse(self.order.pending_email_template_id)

    def test_repeating_changes_nothing(self):
        """Test that following up twice books once."""
        self.tx._post_process()
        payment, invoices = self.tx.payment_id, self.order.invoice_ids
        self.tx._post_process()
        self.assertEqual((self.tx.payment_id, self.order.invoice_ids), (payment, invoices))

    def test_waiting_attempt_sends_no_mail(self):
        """Test that a code on the screen is no news to the shopper."""
        order = self._order()
        tx = self._ordered(order=order)
        tx._post_process()
        self.assertEqual(order.state, 'draft')
        self.assertFalse(order.message_ids.filtered(lambda m: m.mail_ids))
