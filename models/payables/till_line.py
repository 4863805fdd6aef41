# Part of payment_cn_wallets. License LGPL-3.
"""A payment line of a till's order. Line and order may still be in the browser only."""

from ...gateways.text import cut
from .base import ATTACH_LIMIT, Payable


class TillLine(Payable):
    """The line takes the whole amount of one attempt, or nothing; the till's session books it."""

    kind = 'till'
    takes_part = False
    books_itself = True

    # === WHAT IT WANTS === #

    def due(self):
        """Override: a line that was cancelled, handed over, or paid in another way wants no money.

        Nor does one that the till removed, and whose order was finished without it. A code that
        another one took the place of on the screen is as good as that: a customer may have scanned
        it a moment before.
        """
        tx = self.attempt
        if tx.cn_reversing or (tx.cn_given_up and not tx.cn_replaced):
            return 0
        # Of a line's attempts one is live at most, which the database sees to.
        live = tx._cn_live() or tx._cn_till_live(tx.cn_till_line)
        if live not in (tx, tx.browse()) and not self._may_take_place_of(live):
            return 0
        return 0 if tx._cn_is_sold_without() else tx._cn_fen()

    def _may_take_place_of(self, live):
        """Tell whether the line's present attempt is a code that nobody has paid.

        It must be for at least as much: the line becomes what was paid, and the rest stays due.
        """
        return (
            self.attempt.cn_given_up and live.cn_scene == 'qr' and live.state == 'draft'
            and not live.cn_forced_reason and live._cn_fen() >= self.attempt._cn_fen()
        )

    # === WHAT BECOMES OF IT === #

    def take(self):
        """Override: tie the money to its line, or begin to wait for an order that has it."""
        tx = self.attempt
        if tx.cn_given_up:
            self._take_place()
        if tx.cn_forced_reason:
            tx._cn_prove_forced()
        tx._cn_find_order()

    def _take_place(self):
        """Be the line's attempt again; the code that is on the screen now is taken back."""
        tx = self.attempt
        live = tx._cn_till_live(tx.cn_till_line) - tx
        if live:
            live._cn_give_up(replaced=True)
            self.env.flush_all()  # a line has one live attempt, which the database sees to
        tx.write({'cn_given_up': False, 'cn_replaced': False})

    def let_go(self):
        """Override: the line may be paid in another way."""
        self.attempt.cn_given_up = True

    def returned(self):
        """Override: book both ways what the session has left to its orders."""
        tx = self.attempt
        if tx.state == 'done' and not tx._cn_order_lines():
            tx._cn_book_without_order()

    def refund_changed(self, refund):
        """Override: take back what is booked of a refund that is refused; wait for orders of others."""
        if refund.state == 'error' and refund.payment_id:
            refund._cn_unbook_refund()
        self.changed()
        refund._cn_wait_for_order()

    def changed(self):
        """Override: the tills of the session ask."""
        self.attempt._cn_till_wake()

    def left(self):
        """Override: no order is waited for when there is nothing left for it; books show both ways."""
        super().left()
        tx = self.attempt
        if tx.cn_unclaimed_at and tx.cn_refundable_amount <= 0:
            tx._cn_end_grace()

    def follow(self, post_process):
        """Override: what the session books is left to it.

        What is still open is not touched: the till's request, with the gateway's answer in hand,
        would run into that.
        """
        tx = self.attempt
        if not self.is_booked_elsewhere():
            super().follow(post_process)
        elif tx.state in ('done', 'cancel', 'error'):
            tx.is_post_processed = True

    # === BOOKS === #

    def is_booked_elsewhere(self):
        """Override: the order's session does, but for what was let go of or missed it."""
        return not self.attempt.cn_given_up and not self.attempt._cn_missed_session()

    def session_of_books(self):
        """Override: that of the order, or of the till where no order has it."""
        tx, lines = self.attempt, self.attempt._cn_lines_of_orders()
        method = lines.payment_method_id[:1] or tx.cn_till_method_id
        return method.journal_id and (lines.session_id[:1] or tx.cn_till_session_id)

    def is_closed_by_till(self):
        """Override."""
        return self.is_booked_elsewhere()

    def tells_late(self):
        """Override: the closing, or the wait that begins now, tells of what no order has."""
        return bool(self.attempt._cn_lines_of_orders())

    def has_chatter(self):
        """Override: before the closing, nothing has."""
        return bool(self.attempt.payment_id or self.attempt.source_transaction_id)

    # === WHAT IT IS === #

    def siblings(self):
        """Override: the line's other attempts."""
        return self.attempt._cn_till_attempts(self.attempt.cn_till_line) - self.attempt

    def name(self):
        """Override: the till's order, which need not be in the database."""
        return self.attempt.cn_till_reference or self.attempt.reference

    def place(self):
        """Override: Huishouyin and Alipay have a field for each of them, the others for some.

        So all three go into what every gateway sends back and prints in its statement, too.
        """
        tx = self.attempt
        config = tx.cn_till_session_id.config_id
        store = config.cn_store_number or ''
        terminal = config.cn_terminal_number or f'POS{config.id}'
        # WeChat Pay takes no characters of more than three bytes.
        cashier = ''.join(char for char in tx.cn_till_cashier or '' if char <= '\uffff')
        return {
            'store_id': store,
            'terminal_id': terminal,
            'cashier_id': cashier,
            'attach': cut('/'.join(filter(None, (store, terminal, cashier))), ATTACH_LIMIT),
        }
