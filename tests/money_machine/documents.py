# Part of payment_cn_wallets. License LGPL-3.
"""What is paid. Plain sums say what is due, and people change things by Odoo's own methods.

All amounts are fen. Nothing of this addon's models is used here.
"""

from odoo import fields
from odoo.fields import Command

from .doors import booked, fen


class Document:
    """One thing that is paid: an order, an invoice, or nothing but an amount.

    `low` and `high` are the bounds of what the shop should keep for it when everything has come to
    an end. They are equal but where two answers are right. `held` is the part of it that is too
    little for the document to go on, and `loose` what was, and may still be.

    :param world: fixtures: `env`, `partner`, `product`
    """

    name = ''

    def __init__(self, world, amount, record=None):
        self.world = world
        self.env = world.env
        self.amount = amount
        self.record = record
        self.low = self.high = self.held = self.loose = 0
        self.lowered = 0  # by refunds of the shop

    # === WHAT SHOULD BE KEPT === #

    def learn(self, came, due, kept):
        """Note what has become known: what is due is kept, the rest goes back.

        :param list came: attempts and their fen; the order of several in one step does not matter
        :param int due: fen, before
        :param int kept: fen that the shop keeps as far as it knows, these among them
        """
        gain = min(sum(amount for _attempt, amount in came), due)
        if gain > 0:
            self.low += gain
            self.high += gain
            self.held = 0 if self.suffices(kept) else self.held + gain

    def tells_late(self):
        """Tell whether an accountant hears of money that had been given up and is kept."""
        return True

    def back(self, given):
        """Somebody gave money back on purpose.

        :return: by how much less has to be kept, fen
        """
        before = self.low
        self.low, self.high = max(0, self.low - given), max(0, self.high - given)
        self.held = max(0, min(self.held, self.high))
        return before - self.low

    def loosen(self, waiting, charged):
        """Money waits, and the document is not what it was: more than one answer is right."""
        waiting += self.held
        if waiting:
            self.low = max(0, self.low - waiting)
            self.high = max(self.high, min(self.high + waiting, charged))
            self.loose += self.held
            self.held = 0

    def days_pass(self, kept, coming):
        """Money that was too little goes back.

        It may stay for what people confirmed by hand, and when the rest is found to have come as well.

        :param int kept: fen that the shop keeps as far as it knows
        :param int coming: fen that were paid, of which the shop does not know yet
        """
        waiting, self.held = self.held, 0
        if waiting and not self.suffices(kept):
            self.low = max(0, self.low - waiting)
            if not (self.is_confirmed() or self.suffices(kept + coming)):
                self.high = max(0, self.high - waiting)

    # === WHAT IS DUE === #

    def moves(self):
        """Return the invoices that ask for this money."""
        return self.env['account.move']

    def total(self):
        """Return what the document asks for in all."""
        raise NotImplementedError

    def asked(self):
        """Return how much of it is enough for the document to go on."""
        return self.total()

    def others(self):
        """Return what it has otherwise: by bank, and what credit notes took off."""
        posted = self.moves().filtered(lambda move: move.state == 'posted')
        return sum(self._by_bank(move) + self._credited(move) for move in posted)

    def _by_bank(self, move):
        lines = move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        return sum(
            fen(partial.debit_amount_currency) for partial in lines.matched_credit_ids
            if (payment := partial.credit_move_id.move_id.origin_payment_id)
            and not payment.payment_transaction_id
        )

    def _credited(self, move):
        return sum(fen(note.amount_total) for note in self._notes(move))

    def _notes(self, move):
        return move.reversal_move_ids.filtered(
            lambda note: note.state == 'posted' and note.move_type == 'out_refund'
        )

    def due(self, kept):
        """Return what is due now, when so much is kept of the attempts."""
        return max(0, self.total() - self.others() - kept)

    def suffices(self, kept):
        """Tell whether what is kept is enough for the document to go on."""
        return kept + self.others() >= self.asked()

    # === WHAT IT LOOKS LIKE === #

    def booked(self, tx):
        """Return what the books keep of an attempt, fen."""
        return booked(tx)

    def is_confirmed(self):
        """Tell whether it went on: an order that is confirmed, an invoice that is posted."""
        return False

    def links(self):
        """Return what the payment form ties an attempt to."""
        return {}

    def states(self):
        """Return what to print of it."""
        return {}


class Link(Document):
    """A payment link of a partner, without a document."""

    name = 'link'

    def total(self):
        return self.amount


class Invoice(Document):
    """An invoice; or two of them that are paid together."""

    name = 'invoice'

    @staticmethod
    def make(world, amount, *, draft=False, number=1):
        """Return new records."""
        invoices = world.env['account.move'].create([{
            'move_type': 'out_invoice',
            'partner_id': world.partner.id,
            'company_id': world.company.id,
            'currency_id': world.cny.id,
            'invoice_date': fields.Date.today(),
            'invoice_line_ids': [Command.create({
                'product_id': world.product.id, 'price_unit': amount / 100,
                'tax_ids': [Command.clear()],
            })],
        } for _number in range(number)])
        if not draft:
            invoices.action_post()
        return invoices

    def moves(self):
        return self.record

    def total(self):
        wanted = self.record.filtered(lambda move: move.state != 'cancel')
        return sum(fen(move.amount_total) for move in wanted)

    def is_confirmed(self):
        return set(self.record.mapped('state')) <= {'posted', 'cancel'} and bool(self.total())

    def links(self):
        return {'invoices': self.record}

    def states(self):
        return {'invoices': [
            (move.state, fen(move.amount_total), fen(move.amount_residual), move.payment_state)
            for move in self.record
        ]}

    # === WHAT PEOPLE DO === #

    def change(self, price, discount=0):
        """Change what is asked for."""
        move = self.record[0]
        if move.state == 'posted':
            move.button_draft()
        move.invoice_line_ids.write({'price_unit': price / 100, 'discount': discount})

    def confirm(self):
        """Post what is not."""
        self.record.filtered(lambda move: move.state == 'draft').action_post()

    def cancel(self):
        """Cancel it; of two, the first one."""
        move = self.record[0]
        if move.state == 'posted':
            move.button_draft()
        move.button_cancel()

    def reopen(self):
        """Make it a draft again."""
        self.record[0].button_draft()


class Order(Document):
    """An order of the shop, or a quotation."""

    name = 'order'

    @staticmethod
    def make(world, amount, *, percent=100):
        """Return a new record.

        :param int percent: of the amount that confirms it; none where no payment is asked for
        """
        return world.env['sale.order'].create({
            'partner_id': world.partner.id,
            'company_id': world.company.id,
            'currency_id': world.cny.id,
            'require_payment': bool(percent),
            'prepayment_percent': (percent or 100) / 100,
            'order_line': [Command.create({
                'product_id': world.product.id, 'product_uom_qty': 1, 'price_unit': amount / 100,
                'tax_ids': [Command.clear()],
            })],
        })

    def moves(self):
        return self.record.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice')

    def total(self):
        return 0 if self.record.state == 'cancel' else fen(self.record.amount_total)

    def asked(self):
        if not self.record.require_payment or self.record.state == 'cancel':
            return self.total()
        return fen(self.record._get_prepayment_required_amount())

    def is_confirmed(self):
        return self.record.state == 'sale'

    def links(self):
        return {'order': self.record}

    def states(self):
        return {
            'order': self.record.state, 'total': fen(self.record.amount_total),
            'paid': fen(self.record.amount_paid), 'invoices': [
                (move.state, fen(move.amount_total), fen(move.amount_residual))
                for move in self.moves()
            ],
        }

    # === WHAT PEOPLE DO === #

    def change(self, price, discount=0):
        """Change the cart."""
        self.record.order_line.filtered(lambda line: not line.is_downpayment).write({
            'price_unit': price / 100, 'discount': discount,
        })

    def confirm(self):
        """Confirm it by hand."""
        self.record.action_confirm()

    def lock(self):
        """Lock it."""
        self.record.action_lock()

    def cancel(self):
        """Cancel it."""
        self.record._action_cancel()

    def reopen(self):
        """Make it a quotation again."""
        self.record.action_draft()

    def invoice(self):
        """Invoice what is ordered, by hand."""
        if self.record.state != 'sale':
            return
        self.record.order_line.product_id.invoice_policy = 'order'
        self.record._create_invoices().action_post()


def pay_by_bank(move, amount):
    """Register a payment of an invoice in the bank's journal."""
    bank = move.env['account.journal'].search([
        ('type', '=', 'bank'), ('company_id', '=', move.company_id.id),
        ('code', '!=', 'WLT'),
    ], order='id', limit=1)
    line = bank.inbound_payment_method_line_ids.filtered(
        lambda one: not one.payment_provider_id
    )[:1]
    move.env['account.payment.register'].with_context(
        active_model='account.move', active_ids=move.ids
    ).create({
        'amount': amount / 100, 'journal_id': bank.id, 'payment_method_line_id': line.id,
    })._create_payments()


def credit(move, amount):
    """Make a credit note of an invoice."""
    note = move._reverse_moves([{'invoice_date': fields.Date.today()}])
    note.invoice_line_ids.write({'price_unit': amount / 100, 'quantity': 1, 'discount': 0})
    note.action_post()
    lines = (move | note).line_ids.filtered(lambda line: (
        line.account_id.account_type == 'asset_receivable' and not line.reconciled
    ))
    if len(lines.move_id) == 2:
        lines.reconcile()


def part(amount, percent):
    """Return a share of an amount, at least a fen of it."""
    return max(1, amount * percent // 100) if amount > 0 else 0
