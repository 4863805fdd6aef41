# Part of payment_cn_wallets. License LGPL-3.

import logging
from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models

from .. import gateways
from ..const import FOLLOW_UP_TRIES_BEFORE_INCIDENT

_logger = logging.getLogger(__name__)

MAIL_RETRY = timedelta(minutes=1)


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _send_order_notification_mail(self, mail_template, allow_deferred_sending=True):
        """Override of `sale` to leave mail that follows a payment to the cron.

        Odoo prints the order and sends it before the confirmation is committed: that takes seconds
        in which the shop does not know of the order, and any fault in it (no PDF engine, broken
        template) undoes the confirmation of an order that has been paid.
        """
        if not self.env.context.get('cn_put_off_mail') or not allow_deferred_sending:
            return super()._send_order_notification_mail(
                mail_template, allow_deferred_sending=allow_deferred_sending
            )
        if mail_template:
            self.pending_email_template_id = mail_template
            self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger()
        return None

    @api.model
    def _cron_cn_send_put_off_mail(self):
        """Send the mail that was put off after a payment by one of our gateways.

        Each order is on its own: one that keeps failing does not hold up the others, and is shown
        to an administrator.
        """
        orders = self.search([
            ('pending_email_template_id', '!=', False),
            ('transaction_ids.provider_code', 'in', list(gateways.codes())),
        ], limit=100)
        for order in orders:
            order = order[0]  # each iteration commits
            try:
                order._send_order_notification_mail(
                    order.pending_email_template_id, allow_deferred_sending=False
                )
                order.pending_email_template_id = False
                self.env['ir.cron']._commit_progress(processed=1)
            except psycopg2.OperationalError:
                self.env.cr.rollback()
                self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger()
            except Exception as error:
                self.env.cr.rollback()
                order._cn_mail_failed(error)
                self.env['ir.cron']._commit_progress(processed=1)

    def _cn_mail_failed(self, error):
        """Count a failure on the payment that the mail is about."""
        self.ensure_one()
        _logger.warning("Mail of order %s still can't be sent: %s", self.name, error)
        tx = self.transaction_ids.filtered(lambda tx: tx.cn_is_attempt and tx.state == 'done')[:1]
        if not tx:
            return
        tx.write({
            'cn_follow_up_failures': tx.cn_follow_up_failures + 1,
            'cn_follow_up_error': str(error)[:2000],
        })
        if tx.cn_follow_up_failures < FOLLOW_UP_TRIES_BEFORE_INCIDENT:
            self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger(
                fields.Datetime.now() + MAIL_RETRY
            )
        else:
            tx._cn_incident('follow_up', _(
                "%(ref)s is paid and order %(order)s confirmed, but its mail can't be sent:"
                " %(error)s",
                ref=tx.reference, order=self.name, error=str(error)[:500],
            ))
