# Part of payment_cn_wallets. License LGPL-3.
"""Sale orders: carts of the web shop, quotations of the portal, orders that were confirmed."""

from .documents import Documents


class SaleOrders(Documents):
    """What orders are worth, less what came in and stays, by whichever way."""

    kind = 'order'
    field = 'sale_order_ids'
    _due = None

    def due(self):
        """Override: the orders that were not cancelled, less credit notes and all money that stays.

        Looked up once: the attempt's own money, which alone changes meanwhile, has no part in it.
        """
        if self._due is None:
            self._due = self._look_up_due()
        return self._due

    def _look_up_due(self):
        orders = self.records().filtered(lambda order: order.state != 'cancel')
        if not orders:
            return 0
        moves = orders.invoice_ids.filtered(lambda move: (
            move.state == 'posted' and move.move_type in ('out_invoice', 'out_refund')
        ))
        credited = sum(
            self.fen(move.amount_total) for move in moves if move.move_type == 'out_refund'
        )
        payments = orders.transaction_ids | orders.invoice_ids.transaction_ids
        worth = sum(self.fen(order.amount_total) for order in orders) - credited
        return (
            worth - self.kept_elsewhere(payments)
            - self.paid_otherwise(moves, payments | self.attempt)
        )

    def serves(self, fen):
        """Override: an order that waits to be confirmed wants its deposit, or all where it has none."""
        if self.attempt.cn_meant == 'part':
            return True
        open_orders = self._open_orders()
        return not open_orders or self._received() + fen >= self._needed(open_orders)

    def next_amount(self):
        """Override: a deposit is asked for anew, by what the order is worth now."""
        open_orders = self._open_orders()
        if self.attempt.cn_meant != 'deposit' or not open_orders:
            return super().next_amount()
        due = max(0, self.due())
        return min(due, self._needed(open_orders) - self._received()) or due

    def confirms(self):
        """Override: by the deposit that Odoo asked for, or else by the whole amount."""
        open_orders = self._open_orders()
        return not open_orders or (
            self._received() + self.attempt._cn_kept_fen() >= self._needed(open_orders)
        )

    def meant(self):
        """Override: a deposit is what confirms the order, a part is less than that."""
        meant, open_orders = super().meant(), self._open_orders()
        if meant == 'part' and open_orders and (
            self._received() + self.attempt._cn_fen() >= self._needed(open_orders)
        ):
            return 'deposit'
        return meant

    def _open_orders(self):
        return self.records().filtered(lambda order: order.state in ('draft', 'sent'))

    def _received(self):
        orders = self.records().filtered(lambda order: order.state != 'cancel')
        worth = sum(self.fen(order.amount_total) for order in orders)
        return worth - (self.due() or 0)

    def _needed(self, orders):
        """Return what confirms orders, fen. Odoo asks for nothing where no payment is required."""
        return sum(
            self.fen(order._get_prepayment_required_amount() if order.require_payment
                     else order.amount_total)
            for order in orders
        )
