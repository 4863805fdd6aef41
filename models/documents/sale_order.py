# Part of payment_cn_wallets. License LGPL-3.

import logging
from datetime import timedelta

from odoo import _, api, fields, models

from ... import gateways
from ...const import FOLLOW_UP_TRIES_BEFORE_INCIDENT
from ...tools import batches

_logger = logging.getLogger(__name__)

MAIL_RETRY = timedelta(minutes=1)


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    cn_payment_status = fields.Char(
        string="Wallet payment", compute='_compute_cn_payment_status', compute_sudo=True,
        help="For those who sell and see no payments.",
    )

    @api.depends('transaction_ids.state', 'transaction_ids.cn_verdict', 'transaction_ids.cn_refund_reserved')
    @api.depends_context('lang')
    def _compute_cn_payment_status(self):
        """Say what wallets brought for an order, and what became of it; of what came to nothing, the last."""
        words = dict(self.env['payment.transaction']._fields['cn_situation']._description_selection(self.env))
        for order in self:
            attempts = order.transaction_ids.filtered(
                lambda tx: tx.cn_is_attempt and tx.operation != 'refund'
            ).sorted('id')
            telling = attempts.filtered(
                lambda tx: tx.cn_situation not in ('abandoned', 'refused')
            ) or attempts[-1:]
            order.cn_payment_status = ', '.join(
                f"{tx.payment_method_id.name} {tx.currency_id.format(tx.amount)}: {words[tx.cn_situation]}"
                for tx in telling
            ) or False

    def _compute_amount_paid(self):
        """Override of `sale` to count only money that stays, of whichever provider.

        Who changes that forgets what was computed: see `payables.documents`. With `depends`, each
        write to a till's payment would look for documents that it does not have.
        """
        super()._compute_amount_paid()
        for order in self:
            order.amount_paid = sum(order._cn_share_of(tx) for tx in order.transaction_ids)

    def _cn_share_of(self, tx):
        """Return what of a payment of several orders is this one's: those that came first are filled first.

        :param payment.transaction tx: a payment of the order
        :rtype: float
        """
        self.ensure_one()
        left = tx._cn_kept()
        if len(tx.sale_order_ids) < 2:
            return left
        for order in tx.sale_order_ids.filtered(lambda one: one.state != 'cancel').sorted('id'):
            share = min(left, order.amount_total)
            if order == self:
                return share
            left -= share
        return 0.0

    def _cn_held_payment(self):
        """Return the payment that did not suffice for this order, to be shown with what is missing.

        :rtype: payment.transaction
        """
        self.ensure_one()
        return self.sudo().transaction_ids.filtered(lambda tx: tx.cn_verdict == 'held')[:1]

    def _cn_returns(self):
        """Return the refunds of wallet payments that a customer is told of.

        :rtype: payment.transaction
        """
        self.ensure_one()
        return self.sudo().transaction_ids.child_transaction_ids.filtered(
            lambda tx: tx.cn_out_refund_no and tx.state in ('draft', 'pending', 'done')
        )

    def _send_order_notification_mail(self, mail_template, **options):
        """Override of `sale` to leave mail that follows a payment to the cron.

        Odoo prints the order and sends it before the confirmation is committed: that takes seconds
        in which the shop does not know of the order, and any fault in it (no PDF engine, broken
        template) undoes the confirmation of an order that has been paid.
        """
        if not self.env.context.get('cn_put_off_mail') or not options.get(
            'allow_deferred_sending', True
        ):
            return super()._send_order_notification_mail(mail_template, **options)
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
        again = self.env.ref('payment_cn_wallets.cron_follow_up').sudo()
        batches.one_by_one(
            orders, lambda order: order._cn_send_put_off_mail(),
            lambda order, error: order._cn_mail_failed(error), lambda order: again._trigger(),
        )

    def _cn_send_put_off_mail(self):
        self.ensure_one()
        self._send_order_notification_mail(
            self.pending_email_template_id, allow_deferred_sending=False
        )
        self.pending_email_template_id = False
        self._cn_mail_sent()

    def _cn_mail_sent(self):
        """Take off the accountants' list that the mail could not be sent."""
        for tx in self.sudo().transaction_ids.filtered('cn_follow_up_failures'):
            if tx.is_post_processed:
                tx.write({'cn_follow_up_failures': 0, 'cn_follow_up_error': False})
                tx._cn_close_incidents(('follow_up',), tx._cn_in_accountants_language().env._(
                    "The mail of order %s has been sent.", self.name
                ))

    def _cn_mail_failed(self, error):
        """Count a failure on the payment that the mail is about."""
        self.ensure_one()
        _logger.warning("Mail of order %s still can't be sent: %s", self.name, error)
        tx = self.sudo().transaction_ids.filtered(
            lambda tx: tx.cn_is_attempt and tx.state == 'done'
        )[:1]
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
