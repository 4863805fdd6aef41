# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import fields, models

from .. import const
from ..tools import throttle


class PaymentTransaction(models.Model):
    """Money that moved at a till, and that no order has.

    When a session is closed, the order may still be in the browser of a till without connection,
    which sends it when the till is opened again. So the money is left where it is for some days.
    After that the sale is taken for one that did not happen: the money goes back. A refund is
    booked without an order. Of an order that was cancelled nothing needs to be waited for.
    """

    _inherit = 'payment.transaction'

    cn_unclaimed_at = fields.Datetime(
        string="In no order since", readonly=True, copy=False,
        help="The till's session was closed, and no order had this payment.",
    )

    def _cn_is_unclaimed(self):
        """Whether money of a till moved, or is moving, without an order that has it."""
        self.ensure_one()
        if not self.cn_till_line or self.cn_given_up or self.payment_id:
            return False
        if self.operation == 'refund':
            lines = self.env['pos.payment'].sudo().search([('uuid', '=', self.cn_till_line)])
            return self.state in ('draft', 'pending', 'done') and not lines._cn_of_orders()
        return self.state == 'done' and not self._cn_order_lines()

    def _cn_order_lines(self):
        """Return the lines of orders that have this money, for those, too, who may not see orders.

        :rtype: pos.payment
        """
        return self.sudo().cn_pos_payment_ids._cn_of_orders()

    def _cn_start_grace(self):
        """Wait for orders that may still come, and tell an accountant.

        :return: None
        """
        now = fields.Datetime.now()
        end = now + timedelta(days=const.UNCLAIMED_GRACE_DAYS)
        for tx in self.filtered(lambda one: not one.cn_unclaimed_at):
            tx = tx._cn_in_accountants_language()
            tx.cn_unclaimed_at = now
            if tx.state == 'done':
                tx.cn_next_query_at = end
            values = {
                'ref': tx.cn_till_reference or tx.reference,
                'session': tx.cn_till_session_id.name,
                'amount': tx.currency_id.format(abs(tx.amount)),
                'days': const.UNCLAIMED_GRACE_DAYS,
            }
            tx._cn_incident('unclaimed', tx.env._(
                "%(amount)s of %(ref)s was refunded at the till, but no order of %(session)s has"
                " it. If none comes within %(days)s days, it is booked without an order.",
                **values,
            ) if tx.operation == 'refund' else tx.env._(
                "%(ref)s (%(amount)s) was paid at the till, but no order of %(session)s has it. If"
                " none comes within %(days)s days, the money goes back. A till without connection"
                " may still have the order: connect it first.",
                **values,
            ))

    def _cn_claim(self):
        """Note that an order has this money after all.

        :return: None
        """
        for tx in self.filtered('cn_unclaimed_at'):
            tx.write({'cn_unclaimed_at': False, 'cn_next_query_at': False})
            tx.cn_incident_ids.filtered(
                lambda incident: incident.kind == 'unclaimed' and incident.state == 'open'
            ).action_done()

    def _cn_watch(self):
        """Override to end the time in which an order may come."""
        if not (self.cn_unclaimed_at and self.state == 'done'):
            super()._cn_watch()
            return
        self._cn_lock()
        self.cn_next_query_at = False
        if not self._cn_is_unclaimed():
            self._cn_claim()
        else:
            self._cn_settle_without_order()

    def _cn_settle_without_order(self):
        """Send back what came in for an order that there is not; book what went out."""
        if self.operation == 'refund' or self.cn_refund_reserved:
            # Somebody has given back what there was to give back: only the books are left.
            self._cn_book_without_order()
        else:
            self._cn_return_money()

    def _cn_let_go(self):
        """Have an attempt that is under way undone without anybody waiting for it."""
        if self.state in ('draft', 'pending') and not self.cn_forced_reason:
            self._cn_lock()
            self.write({
                'cn_given_up': True, 'cn_reversing': True,
                'cn_next_query_at': fields.Datetime.now(),
            })
            throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
            self.env.ref('payment_cn_wallets.cron_watch').sudo()._trigger()

    def _cn_book_without_order(self):
        """Have a payment or refund booked as those of the web are: no session does it."""
        self.write({'cn_given_up': True, 'is_post_processed': False})
        self._cn_trigger_follow_up()

    def _cn_return_money(self):
        """Override to book both ways what the session has left to its orders."""
        refund = super()._cn_return_money()
        if self.cn_till_line and self.state == 'done' and not self._cn_order_lines():
            self._cn_book_without_order()
        return refund

    def _cn_apply_refund(self, result):
        """Override for refunds that went through after the session was closed."""
        super()._cn_apply_refund(result)
        if self.cn_unclaimed_at and self.state == 'done':
            self.cn_next_query_at = self.cn_unclaimed_at + timedelta(
                days=const.UNCLAIMED_GRACE_DAYS
            )

    def _cn_till_lines(self):
        """Return what the closing of a till shows of these.

        :rtype: list[dict]
        """
        return [{
            'reference': tx.cn_till_reference or tx.reference, 'amount': tx.amount,
            'wallet': tx.payment_method_id.name, 'gateway': tx.provider_id.name,
        } for tx in self]
