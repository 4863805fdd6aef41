# Part of payment_cn_wallets. License LGPL-3.
"""The machine of the webshop: one document, its codes, and everything that people do about them."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, precondition, rule

from . import doors
from .documents import Invoice, Link, Order, credit, part, pay_by_bank
from .events import PARTS, WAYS, Events, codes

AMOUNTS = (10000, 1998, 1)
# What there may be: its kind, and how it is made.
KINDS = {
    'order': (Order, {}),
    'deposit': (Order, {'percent': 30}),
    'quotation': (Order, {'percent': 0}),
    'invoice': (Invoice, {}),
    'draft invoice': (Invoice, {'draft': True}),
    'two invoices': (Invoice, {'number': 2}),
    'link': (Link, None),
}
# How a document becomes something else: price in percent of the first one, discount in percent.
CHANGES = {'up': (200, 0), 'down': (60, 0), 'nothing': (0, 0), 'discount': (100, 10), 'back': (100, 0)}


class ShopMachine(Events):
    """One document: it changes, is paid, and is given back."""

    @classmethod
    def prepare(cls, world):
        """Make the documents, once for all sequences: each one forgets what became of them."""
        cls.prepared = {
            (kind, amount): document.make(world, amount, **options)
            for kind, (document, options) in KINDS.items() if options is not None
            for amount in AMOUNTS
        }
        world.env.flush_all()

    @initialize(
        target=codes, kind=st.sampled_from(sorted(KINDS)), amount=st.sampled_from(AMOUNTS), way=WAYS,
    )
    def begin(self, kind, amount, way):
        """Somebody orders something, or is sent an invoice or a link, and has a code."""
        self.price, self.kind = amount, kind
        self.doc = KINDS[kind][0](self.world, amount, self.prepared.get((kind, amount)))
        self.docs.append(self.doc)
        return self._choose(way, 'due')

    def document_of(self, tx):
        return self.doc

    # === THE PAYER === #

    def _choose(self, way, how):
        provider, method = self.world.ways[way]
        due = self.doc.due(self.known(self.doc))
        fen = min(due, self.doc.asked()) if how == 'deposit' else due
        if not fen or provider.state == 'disabled':
            return multiple()
        if self.doc.name == 'link' and self.attempts:
            return multiple()  # who opens a link without a document again pays once more: that is no mistake
        return self._new(self.act(
            doors.choose, provider, method, self.world.partner, fen, **self.doc.links()
        ))

    @rule(target=codes, way=WAYS, how=st.sampled_from(('due', 'deposit')))
    def choose(self, way, how):
        """Choose a wallet on the payment page, for what is due or for the deposit."""
        return self._choose(way, how)

    @rule(target=codes, attempt=codes)
    def renew(self, attempt):
        """Press *new code*."""
        known = list(self.attempts)
        tx = self.act(doors.renew, attempt.tx)
        return self._new(tx) if tx and self.handle(tx) not in known else multiple()

    @rule(attempt=codes)
    def leave(self, attempt):
        """Go back to choose another method."""
        self.act(doors.leave, attempt.tx)

    # === THE SHOP === #

    @precondition(lambda self: self.doc.name != 'link')
    @rule(change=st.sampled_from(sorted(CHANGES)))
    def change(self, change):
        """Change what is asked for."""
        if self.kind == 'two invoices' and self.known(self.doc):
            return  # what was paid for the other one is not a sum of both any more
        percent, discount = CHANGES[change]
        self.act(self.doc.change, self.price * percent // 100, discount)
        self.changed(self.doc)

    @precondition(lambda self: self.doc.name != 'link')
    @rule(what=st.sampled_from(('cancel', 'reopen', 'confirm', 'invoice', 'lock')))
    def manage(self, what):
        """Cancel it, make it a draft again, confirm it or post it by hand; invoice or lock an order."""
        if hasattr(self.doc, what):
            self.by_hand = what in ('confirm', 'cancel')  # the invoice that is left was posted before
            self.act(getattr(self.doc, what))
            self.by_hand = False
            self.changed(self.doc)

    @precondition(lambda self: self.doc.name != 'link')
    @rule(attempt=codes, then=st.sampled_from(('days', 'cancel', 'nothing')))
    def outgrow(self, attempt, then):
        """The document grows under a code, which is paid: too little. Then days pass, or nothing is wanted."""
        self.change('up')
        self.pay(attempt, True)
        if then == 'days':
            self._days_pass()
        elif then == 'cancel':
            self.manage('cancel')
        else:
            self.change('nothing')
        self.crons()

    def _open_move(self):
        return self.doc.moves().filtered(
            lambda move: move.state == 'posted' and move.amount_residual > 0
        )[:1]

    @precondition(lambda self: self.doc.name != 'link')
    @rule(how=st.sampled_from(('bank', 'credit note')), percent=PARTS)
    def settle_otherwise(self, how, percent):
        """Money arrives by bank, or a credit note is made."""
        if how == 'bank' and (move := self._open_move()):
            self.act(pay_by_bank, move, part(doors.fen(move.amount_residual), percent))
        elif how != 'bank' and self.kind != 'two invoices' and (
            # Of two invoices, a credit note of a paid one takes nothing off the other one.
            move := self.doc.moves().filtered(lambda one: one.state == 'posted')
        ):
            self.act(credit, move[:1], part(doors.fen(move[:1].amount_total), percent))
        self.changed(self.doc)

    # === MONEY BACK === #

    @rule(attempt=codes, percent=PARTS)
    def refund(self, attempt, percent):
        """Refund a payment in the shop, whole or in part."""
        before = doors.going_back(attempt.tx)
        fen = part(doors.refundable(attempt.tx), percent)
        if not fen:
            return
        refund = self.act(lambda: attempt.tx._refund(fen / 100))
        attempt.by_shop.extend(
            one for one in [refund] if one and one not in attempt.by_shop
        )
        attempt.doc.lowered += attempt.doc.back(doors.going_back(attempt.tx) - before)
