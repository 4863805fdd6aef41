# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.common import CnCommon

FOLLOW_UP = 'odoo.addons.payment_cn_wallets.models.attempt.follow_up'
SALE = 'odoo.addons.payment_cn_wallets.models.documents.sale_order'


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

    def test_order_is_confirmed_before_the_books(self):
        """Test that the confirmation is in the database before anything is invoiced or booked."""
        committed = []

        def note(tx):
            committed.append((tx.sale_order_ids.state, len(tx.invoice_ids), bool(tx.payment_id)))

        with patch.object(type(self.tx), '_cn_commit', note):
            self.tx._post_process()
        self.assertEqual(committed, [('sale', 0, False)])
        self.assertTrue(self.tx.is_post_processed)
        self.assertEqual(self.order.invoice_ids.amount_residual, 0)

    @mute_logger(FOLLOW_UP)
    def test_confirmation_is_one_mail(self):
        """Test that a shopper whose order was confirmed hears of it once, though the books were tried twice."""
        confirmation = self.env.ref('sale.mail_template_sale_confirmation')
        with self._break('sale.order', '_create_invoices'):
            self.tx._post_process()
        self.assertEqual(self.order.pending_email_template_id, confirmation)
        self._run_cron('cron_follow_up')
        self.assertFalse(self.order.pending_email_template_id)
        self.tx._post_process()
        self.assertTrue(self.tx.is_post_processed)
        self.assertFalse(self.order.pending_email_template_id)

    def test_who_waits_comes_first_then_the_oldest(self):
        """Test that a busy cron takes who looks at a screen first, and leaves nobody waiting for ever."""
        now, seen = fields.Datetime.now(), []
        waits = self.tx
        old, older, back = (self._paid() for _number in range(3))
        for tx, minutes in ((waits, 1), (old, 20), (older, 30), (back, 2)):
            tx.last_state_change = now - timedelta(minutes=minutes)
        back.cn_verdict = 'returned'
        self.patch(
            self.env.registry['payment.transaction'], '_post_process', lambda tx: seen.extend(tx.ids)
        )
        with patch.object(self.env.cr, 'commit'):
            (old | waits | back | older)._cron_post_process()
        self.assertEqual(seen[:4], [waits.id, older.id, old.id, back.id])

    def test_mails_of_incidents_leave_at_once(self):
        """Test that whoever gets a task hears of it now, not when Odoo's queue is looked at."""
        cron = self.env.ref('mail.ir_cron_mail_scheduler_action')
        triggers = self.env['ir.cron.trigger'].sudo()
        triggers.search([('cron_id', '=', cron.id)]).unlink()
        incident = self.tx._cn_incident('amount', "x")
        self.assertTrue(triggers.search_count([('cron_id', '=', cron.id)]))
        triggers.search([('cron_id', '=', cron.id)]).unlink()
        incident._cn_settle("It is gone.")
        self.assertTrue(triggers.search_count([('cron_id', '=', cron.id)]))

    def test_only_what_was_given_is_passed_on(self):
        """Test that Odoo's own method gets the arguments of its caller, and no others."""
        name = 'odoo.addons.sale.models.sale_order.SaleOrder._send_order_notification_mail'
        template = self.env.ref('sale.mail_template_sale_payment_executed')
        with patch(name) as send:
            self.order._send_payment_succeeded_for_order_mail()
        send.assert_called_once_with(template)

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
