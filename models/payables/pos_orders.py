# Part of payment_cn_wallets. License LGPL-3.
"""A till's orders that the server itself closes.

At a kiosk (`pos_self_order`) and on the page of an online payment (`pos_online_payment`) there is no
cashier, and the browser may be gone when the money comes. Neither module needs to be installed.
"""

from abc import abstractmethod

from .base import Payable
from .till_line import TillLine


class _StoredOrder(Payable):
    """An order in the database: all of an attempt's amount, or nothing."""

    takes_part = False

    @abstractmethod
    def order(self):
        """Return the till's order; empty when it was removed."""

    def lock_order(self):
        """Make transactions that decide about the same order follow one another."""
        if order := self.order():
            self.attempt._cn_touch(order)

    def order_wants(self):
        """Tell whether the order lacks the whole amount."""
        order, tx = self.order(), self.attempt
        return order.state == 'draft' and self.fen(tx._cn_order_due(order)) >= tx._cn_fen()


class KioskOrder(_StoredOrder, TillLine):
    """The order of a kiosk: its line is made by the server when the money is there."""

    kind = 'kiosk'

    def order(self):
        """Override: by the order's uuid, at this kiosk."""
        tx = self.attempt
        return self.env['pos.order'].sudo().search([
            ('uuid', '=', tx.cn_till_order),
            ('config_id', '=', tx.cn_till_session_id.config_id.id),
        ], limit=1)

    def lock(self):
        """Override: money of an attempt that was given up goes back whatever the order says."""
        tx = self.attempt
        if not tx.cn_reversing and (not tx.cn_given_up or tx.cn_replaced):
            self.lock_order()

    def due(self):
        """Override: lines that nobody proved came in when the code was on the screen."""
        due, order = super().due(), self.order()
        return due if due and order and not order._cn_foreign_lines() and self.order_wants() else 0

    def follow(self, post_process):
        """Override: close the order."""
        tx = self.attempt
        if tx.state == 'done' and tx.operation != 'refund' and not tx.cn_given_up:
            tx._cn_follow_up(tx._cn_close_order)
        else:
            super().follow(post_process)

    def is_closed_by_till(self):
        """Override: a kiosk leaves its orders to the server."""
        return False


class OnlineOrder(_StoredOrder):
    """The order of an online payment, as `pos_online_payment` ties it to its transaction."""

    kind = 'till_online'

    def order(self):
        """Override."""
        return self.attempt.pos_order_id.sudo()

    def lock(self):
        """Override."""
        self.lock_order()

    def due(self):
        """Override."""
        return self.attempt._cn_fen() if self.order_wants() else 0

    def let_go(self):
        """Override: `pos_online_payment` must not book for its order what goes back."""
        self.attempt.pos_order_id = False

    def renewal_values(self):
        """Override: the same order."""
        return {'pos_order_id': self.attempt.pos_order_id.id}
