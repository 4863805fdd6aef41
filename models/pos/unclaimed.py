# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.payment.logging import get_payment_logger

from ... import const
from ...tools import batches, throttle
from .payment_line import CLOSED

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# Of what nobody looked after, so much is found in one run of the cron.
BATCH = 200


def _of_orders(lines):
    """Return the payment lines whose order was not cancelled."""
    return lines.filtered(lambda line: line.pos_order_id.state != 'cancel')


class PaymentTransaction(models.Model):
    """Money that moved at a till, and that no order has.

    When a session is closed, the order may still be in the browser of a till without connection,
    which sends it when the till is opened again. So the money is left where it is for some days.
    After that the sale is taken for one that did not happen: the money goes back. A refund is
    booked without an order. Of an order that was cancelled, or finished with other money, nothing
    needs to be waited for.

    The closing finds what is there when it looks. What comes later (an attempt that had been
    refused turns out paid) begins to wait when it comes; what came at the same moment, so that
    neither saw the other, is found by the cron.
    """

    _inherit = 'payment.transaction'

    cn_unclaimed_at = fields.Datetime(
        string="In no order since", readonly=True, copy=False,
        help="The till's session was closed, and no order had this payment.",
    )

    # Small: what is booked, which is nearly everything, is not in it.
    _cn_till_unbooked_idx = models.Index(
        '(cn_till_session_id) WHERE cn_till_line IS NOT NULL AND payment_id IS NULL'
    )

    def _cn_is_unclaimed(self):
        """Whether money of a till moved, or is moving, without an order that has it."""
        self.ensure_one()
        if not self.cn_till_line or self.cn_given_up or self.payment_id:
            return False
        if self.operation == 'refund':
            return self.state in ('draft', 'pending', 'done') and not self._cn_lines_of_orders()
        return self.state == 'done' and not self._cn_order_lines()

    def _cn_order_lines(self):
        """Return the lines of orders that have this money, for those, too, who may not see orders.

        :rtype: pos.payment
        """
        return _of_orders(self.sudo().cn_pos_payment_ids)

    def _cn_lines_of_orders(self):
        """Return the lines of orders that go by the name of this attempt or refund, tied or not.

        :rtype: pos.payment
        """
        lines = self.env['pos.payment'].sudo()
        if not self.cn_till_line:
            return lines
        return _of_orders(lines.search([('uuid', '=', self.cn_till_line)]))

    @api.model
    def _cn_ended_order(self, line, order, session):
        """Return the till's order if it was cancelled, or paid without a payment line of it.

        Another till may have finished it, or the page of an online payment.

        :param str line: uuid of the payment line
        :param str order: uuid of the order
        :param pos.session session: of the till
        :rtype: pos.order
        """
        found = self.env['pos.order'].sudo().search(
            [('uuid', '=', order), ('state', '!=', 'draft')], order='id desc',
        ).filtered(lambda one: one.company_id == session.config_id.company_id)[:1]
        has_line = line in found.payment_ids.mapped('uuid')
        return found.browse() if has_line and found.state != 'cancel' else found

    def _cn_missed_session(self):
        """Tell whether a refund's session was closed without booking it: it was refused then."""
        if self.operation != 'refund' or not self.cn_till_line or self.payment_id:
            return False
        sessions = self._cn_lines_of_orders().session_id
        return bool(sessions) and all(session.state == 'closed' for session in sessions)

    def _cn_is_sold_without(self):
        """Tell whether the till's order was finished, or cancelled, without this payment."""
        self.ensure_one()
        if not self.cn_till_order or self.operation == 'refund':
            return False
        ended = self._cn_ended_order(
            self.cn_till_line, self.cn_till_order, self.cn_till_session_id
        )
        return bool(ended) and not self._cn_lines_of_orders()

    def _cn_start_grace(self):
        """Wait for orders that may still come, and tell an accountant.

        :return: None
        """
        now = fields.Datetime.now()
        end = now + timedelta(days=const.UNCLAIMED_GRACE_DAYS)
        for tx in self.filtered(lambda one: not one.cn_unclaimed_at):
            tx = tx._cn_in_accountants_language()
            if tx._cn_is_sold_without():
                tx._cn_settle_without_order()  # there is nothing to wait for
                continue
            tx.cn_unclaimed_at = now
            if tx.state == 'done':
                tx.cn_next_query_at = end
            values = {
                'ref': tx.cn_till_reference or tx.reference,
                'session': tx.cn_till_session_id.name,
                'amount': tx.currency_id.format(abs(tx.amount)),
                'days': const.UNCLAIMED_GRACE_DAYS,
                'reason': tx._cn_why_listed(),
            }
            tx._cn_incident('unclaimed', tx.env._(
                "%(ref)s (%(amount)s) of %(session)s: %(reason)s If none comes within %(days)s"
                " days, it is booked without an order.",
                **values,
            ) if tx.operation == 'refund' else tx.env._(
                "%(ref)s (%(amount)s) of %(session)s: %(reason)s If none comes within %(days)s"
                " days, the money goes back. A till without connection may still have the order:"
                " connect it first.",
                **values,
            ))

    def _cn_claim(self):
        """Note that an order has this money.

        Whoever is about to send it back looks at this row, not at the order's lines: the update
        makes the second of the two fail and start again, and then it sees what the first one did.

        :return: None
        """
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE payment_transaction SET write_date = write_date WHERE id IN %s",
            tuple(sorted(self.ids)),
        ), log_exceptions=False)
        for tx in self.filtered('cn_unclaimed_at'):
            tx.cn_unclaimed_at = False
            if tx.state == 'done':  # else it is a refund that the gateway has yet to be asked about
                tx.cn_next_query_at = False
            tx = tx._cn_in_accountants_language()
            tx._cn_close_incidents(('unclaimed',), tx.env._(
                "The order of %s has arrived.", tx.cn_till_reference or tx.reference
            ))

    # === MONEY THAT COMES LATE === #

    def _cn_find_order(self):
        """Tie this money to the line that an order has of it already, or begin to wait for one."""
        lines = self._cn_lines_of_orders()
        if lines and not self._cn_order_lines():
            # Of one that was closed without the gateway's word.
            lines.filtered(
                lambda line: line.payment_status == 'done' or line.pos_order_id.state in CLOSED
            )._cn_link()
        self.cn_till_session_id.fetch(['state'])
        if self.cn_till_session_id.state == 'closed' and self._cn_is_unclaimed():
            self._cn_start_grace()

    @api.model
    def _cn_look_after_forgotten(self):
        """Look for what the closing of a session can't have seen."""
        batches.one_by_one(
            self._cn_forgotten(), lambda tx: tx._cn_in_accountants_language()._cn_remember(),
            lambda tx, error: _logger.error("Could not look after %s", tx.id, exc_info=error),
        )

    @api.model
    def _cn_forgotten(self):
        """Return what no order has and nobody waits for, though its till or its order is closed."""
        unbooked = [
            ('cn_till_line', '!=', False), ('payment_id', '=', False), ('cn_given_up', '=', False),
            ('cn_pos_payment_ids', '=', False),
        ]
        closed = self.search([
            *unbooked, ('cn_till_session_id.state', '=', 'closed'), ('cn_unclaimed_at', '=', False),
            '|', ('state', '=', 'done'), '&', ('state', 'in', ('draft', 'pending')),
            '|', ('operation', '=', 'refund'),
            '&', ('cn_ordered_at', '!=', False), ('cn_forced_reason', '=', False),
        ], order='id', limit=BATCH)
        paid = self.search([
            *unbooked, ('cn_till_session_id.state', '!=', 'closed'), ('state', '=', 'done'),
            ('operation', '!=', 'refund'),
        ], order='id', limit=BATCH)
        return closed | paid.filtered(lambda tx: tx._cn_is_sold_without())

    def _cn_remember(self):
        """Do what the closing does with what it finds."""
        self._cn_lock()
        if self._cn_is_unclaimed():
            self._cn_start_grace()
        elif self.operation != 'refund' and self.state in ('draft', 'pending'):
            self.cn_till_session_id._cn_report_open(self)

    # === THE END OF THE WAIT === #

    def _cn_end_grace(self):
        """End the time in which an order may come."""
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        self._cn_lock()
        self.cn_next_query_at = False
        if not self._cn_is_unclaimed():
            self._cn_claim()
        else:
            self._cn_settle_without_order()

    def _cn_settle_without_order(self):
        """Send back what came in for an order that there is not; book what went out."""
        if self.operation != 'refund' and self.cn_refundable_amount > 0:
            self._cn_drop_line()
        else:
            # Somebody has given back what there was to give back: only the books are left.
            self._cn_book_without_order()
            self._cn_close_incidents(('unclaimed',), self.env._(
                "%s was booked without an order.", self.cn_till_reference or self.reference
            ))

    def _cn_drop_line(self):
        """Send back what came in for a payment line that is not any more."""
        self.write({'cn_given_up': True, 'cn_replaced': False})
        # Who is told now that the money goes back need not wait for an order any more.
        self._cn_close_incidents(('unclaimed',), self.env._(
            "No order came for %s: the money is being sent back.",
            self.cn_till_reference or self.reference,
        ))
        self._cn_reconsider()

    def _cn_let_go(self):
        """Have an attempt that is under way undone without anybody waiting for it."""
        if not self:
            return
        self._cn_lock()
        if self.state in ('draft', 'pending') and not self.cn_forced_reason:
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

    def _cn_wait_for_order(self):
        """Begin to wait anew: a refund went through after the session was closed."""
        if self.cn_unclaimed_at and self.state == 'done':
            self.cn_next_query_at = self.cn_unclaimed_at + timedelta(
                days=const.UNCLAIMED_GRACE_DAYS
            )

    # === AT THE CLOSING === #

    def _cn_ask_at_closing(self):
        """Ask about what is open, once and now, and take a code back that nobody has paid."""
        self.ensure_one()
        if self.cn_scene == 'qr' and self.state == 'draft':
            self._cn_give_up()
            self._cn_close() or self._cn_query((0,))
        elif self.cn_reversing:
            self._cn_advance_undoing()
        else:
            self._cn_query((0,))

    def _cn_till_lines(self):
        """Return what the closing of a till shows of these.

        :rtype: list[dict]
        """
        return [{
            'reference': tx.cn_till_reference or tx.reference, 'amount': tx.amount,
            'wallet': tx.payment_method_id.name, 'gateway': tx.provider_id.name,
            'reason': tx._cn_why_listed(),
        } for tx in self]

    def _cn_why_listed(self):
        """Return the sentence that says why the closing lists this attempt or refund."""
        self.ensure_one()
        if self.operation == 'refund':
            if self._cn_is_accepted():
                return self.env._("It was refunded, but no order has the refund.")
            return self.env._(
                "The gateway has not told whether it was refunded, and no order has the refund."
            )
        if self.state == 'done':
            if self.cn_till_session_id.state == 'closed':
                return self.env._("It was paid after the closing, and no order has it.")
            return self.env._("It was paid, but no order has it.")
        if self.cn_reversing or self.cn_given_up:
            return self.env._("It is being undone, and the gateway has not confirmed that.")
        if self.cn_scene == 'qr':
            return self.env._("Its code was shown, and may still be paid.")
        if self.cn_outcome == 'waiting':
            return self.env._("The customer has not entered the password.")
        return self.env._("The gateway has not told whether it was paid.")
