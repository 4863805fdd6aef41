# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models
from odoo.tools import str2bool

from odoo.addons.payment.logging import get_payment_logger

from .. import const, gateways

# How often a follow-up is tried again at once when somebody else is at the same records.
COLLISIONS = 5

# Later than that an accountant has long sent it, or does not want it sent.
SEND_FOR = timedelta(days=2)

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


class PaymentTransaction(models.Model):
    """What follows a payment: order, invoice, mail. It may fail; the payment stays."""

    _inherit = 'payment.transaction'

    def _post_process(self):
        """Override of `payment` to keep the payment when what follows it fails.

        A failure is noted, tried again, and shown to an administrator when it goes on.
        """
        ours = self.filtered(lambda tx: tx.provider_code in gateways.codes())
        super(PaymentTransaction, self - ours)._post_process()
        for tx in ours:
            # Printing PDFs takes seconds: order and payment are in the books before it begins.
            shielded = tx.with_context(cn_put_off_mail=True, skip_sale_auto_invoice_send=True)
            tx._cn_follow_up(super(PaymentTransaction, shielded)._post_process)

    def _cn_follow_up(self, post_process):
        """Run Odoo's follow-up of one payment in a savepoint.

        Mail is left to the cron, which comes at once, and so can't undo the confirmation.

        :param callable post_process: Odoo's own follow-up
        :return: None
        """
        self.ensure_one()
        self.env.flush_all()
        # A shopper's status page and the cron often come at the same time. Whoever is second
        # leaves it to the first; should that one fail, the cron comes again.
        if not self.try_lock_for_update(allow_referencing=True):
            return
        self.invalidate_recordset()
        if self.is_post_processed:
            return
        try:
            with self.env.cr.savepoint():
                post_process()
                if self.state == 'done' and not self.payment_id and not self._cn_is_in_session():
                    # Odoo takes a child that is done for a partial capture and makes no payment
                    # of the source. Money that came and went back was received all the same.
                    self.with_company(self.company_id)._create_payment()
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise  # somebody else is at the same records: Odoo tries again
        except Exception as error:
            _logger.exception("What follows the payment %s failed", self.reference)
            self._cn_follow_up_failed(error)
            return
        if self.cn_follow_up_failures:
            self.write({'cn_follow_up_failures': 0, 'cn_follow_up_error': False})
            self.cn_incident_ids.filtered(
                lambda incident: incident.kind == 'follow_up' and incident.state == 'open'
            ).action_done()
        if self.operation == 'refund' and self.state == 'done':
            self._cn_match_refund()
        elif self._cn_unsent_invoices():
            self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger()

    def _cn_is_in_session(self):
        """Tell whether a till's session books this money, so that it needs no payment of its own."""
        return False

    def _cn_unsent_invoices(self):
        """Return the invoices that Odoo would have sent right after the payment.

        :rtype: account.move
        """
        automatic = self.env['ir.config_parameter'].sudo().get_param('sale.automatic_invoice')
        if self.state != 'done' or not self.sale_order_ids or not str2bool(automatic):
            return self.env['account.move']
        return self.invoice_ids.filtered(
            lambda move: move.state == 'posted' and not move.is_move_sent
        )

    def _cn_follow_up_failed(self, error):
        """Note a failed follow-up; confirm at least the order, which the payer is waiting for."""
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        self.write({
            'cn_follow_up_failures': self.cn_follow_up_failures + 1,
            'cn_follow_up_error': str(error)[:2000],
        })
        if self.state == 'done' and self.operation != 'refund':
            try:
                with self.env.cr.savepoint():
                    self.with_context(cn_put_off_mail=True)._check_amount_and_confirm_order()
                    self.env.flush_all()
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("The order of %s could not be confirmed", self.reference)
        if self.cn_follow_up_failures >= const.FOLLOW_UP_TRIES_BEFORE_INCIDENT:
            self._cn_incident('follow_up', _(
                "%(ref)s is paid, but what follows keeps failing: %(error)s",
                ref=self.reference, error=str(error)[:500],
            ))

    def _cn_match_refund(self):
        """Clear a full refund against its payment where the payment was left unallocated.

        Money that went straight back (paid twice, too late) then leaves nothing open in the books.
        """
        payments = self.payment_id | self.source_transaction_id.payment_id
        if len(payments) != 2:
            return
        lines = payments.move_id.line_ids.filtered(lambda line: (
            line.account_id.account_type in ('asset_receivable', 'liability_payable')
            and not line.reconciled
        ))
        if (
            len(lines) == 2
            and len(lines.account_id) == 1
            and self.currency_id.is_zero(sum(lines.mapped('amount_residual_currency')))
        ):
            lines.reconcile()

    def _cron_post_process(self):
        """Override of `payment` to try again at once what collided with a shopper's request.

        Odoo leaves that to the next run, ten minutes later: on the page "paid" has been shown, but
        there would be no order.
        """
        super()._cron_post_process()
        for _again in range(COLLISIONS):
            collided = self.search([
                ('id', 'in', self.ids) if self else ('is_post_processed', '=', False),
                ('provider_code', 'in', list(gateways.codes())),
                ('state', '=', 'done'),
                ('is_post_processed', '=', False),
                ('cn_follow_up_failures', '=', 0),
                ('last_state_change', '>=', fields.Datetime.now() - timedelta(days=4)),
            ])
            if not collided:
                break
            super(PaymentTransaction, collided)._cron_post_process()

    @api.model
    def _cron_cn_follow_up(self):
        """Send mail that was put off; go on where Odoo's cron has given up after four days."""
        self.env['sale.order']._cron_cn_send_put_off_mail()
        self._cron_cn_send_invoices()
        due = self.search([
            ('provider_code', 'in', list(gateways.codes())),
            ('state', '=', 'done'),
            ('is_post_processed', '=', False),
            ('last_state_change', '<', fields.Datetime.now() - timedelta(days=4)),
        ], limit=100)
        if due:
            due._cron_post_process()

    @api.model
    def _cron_cn_send_invoices(self):
        """Send invoices of paid orders, each on its own."""
        paid = self.search([
            ('provider_code', 'in', list(gateways.codes())),
            ('state', '=', 'done'),
            ('is_post_processed', '=', True),
            ('operation', '!=', 'refund'),
            ('sale_order_ids', '!=', False),
            ('invoice_ids', 'any', [('state', '=', 'posted'), ('is_move_sent', '=', False)]),
            ('last_state_change', '>=', fields.Datetime.now() - SEND_FOR),
        ], limit=100)
        for tx in paid:
            tx = tx[0]  # each iteration commits
            try:
                if tx._cn_unsent_invoices():
                    tx._send_invoice()
                    self.env.flush_all()
            except psycopg2.OperationalError:
                # The shopper's page writes to the same partner. Mail leaves after the commit only.
                self.env.cr.rollback()
                self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger()
            except Exception as error:
                _logger.exception("The invoice of %s could not be sent", tx.id)
                self.env.cr.rollback()
                tx._cn_follow_up_failed(error)
            if not self.env['ir.cron']._commit_progress(processed=1):
                break
