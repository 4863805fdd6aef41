# Part of payment_cn_wallets. License LGPL-3.
# ruff: noqa: B027  (most kinds have no use for most of the empty methods)
"""What every kind of thing that is paid answers, and what it answers unless it knows better."""

from abc import ABC, abstractmethod

from ...gateways import money

# Of what goes along to the gateway and comes back in its statement, bytes; the shortest field of this kind has 127.
ATTACH_LIMIT = 120


class Payable(ABC):
    """What an attempt pays. Plain objects around records: made when they are asked, kept nowhere.

    Money is fen. Only money that stays counts: what was returned, or is on its way back, wherever
    it was sent back, counts nowhere.

    :param payment.transaction attempt: one attempt, or a refund of one
    """

    # What the merchant's own systems are told of it.
    kind = 'other'
    # Whether part of an attempt's money may stay: a till's payment line takes all of it or nothing.
    takes_part = True
    # Whether the records of what is paid book the money (a till's session), or `account.payment` does.
    books_itself = False

    def __init__(self, attempt):
        self.attempt = attempt
        self.env = attempt.env

    # === WHAT IT WANTS === #

    def lock(self):
        """Make transactions that decide about the same thing follow one another."""

    @abstractmethod
    def due(self):
        """Return what is lacking, the attempt's own money left out.

        :return: fen; None where there is nothing to compare with, and anything is welcome
        :rtype: int|None
        """

    def serves(self, fen):
        """Tell whether that much of the attempt would serve it: confirm the order, say.

        :param int fen: what would stay of the attempt
        """
        return True

    def confirms(self):
        """Tell whether what came in and stays, the attempt's own money with it, confirms it."""
        return True

    def posts(self):
        """Tell whether Odoo may post what is still a draft for the money that came in and stays."""
        return True

    def meant(self):
        """Return what a new attempt is meant to pay: `all`, `deposit` or `part` of what is due."""
        due = self.due()
        return 'all' if due is None or self.attempt._cn_fen() >= due else 'part'

    def next_amount(self):
        """Return what another attempt in the place of this one would be for, fen; 0 for nothing."""
        due, fen = self.due(), self.attempt._cn_fen()
        if due is None:
            return fen
        return max(0, due if self.attempt.cn_meant == 'all' else min(due, fen))

    # === WHAT BECOMES OF IT === #

    def take(self):
        """The attempt's money stays, all or in part. It is in state `done` by now."""

    def let_go(self):
        """All of the attempt's money is about to be returned."""

    def returned(self):
        """All of the attempt's money is on its way back: the refund exists by now."""

    def refund_changed(self, refund):
        """A refund that pays this back, or one of its attempts, has news.

        :param payment.transaction refund: the refund
        """

    def changed(self):
        """Tell screens that wait for the attempt."""

    def left(self):
        """Do what follows money that was sent back past this database."""
        self.changed()

    def follow(self, post_process):
        """Do what follows a payment that stays: confirm, invoice, book.

        :param callable post_process: Odoo's own follow-up
        """
        self.attempt._cn_follow_up(post_process)

    # === BOOKS === #

    def is_booked_elsewhere(self):
        """Tell whether other records book this money, so that it needs no payment of its own."""
        return False

    def session_of_books(self):
        """Return the till's session in whose journal and accounts the money moves, or None.

        A gateway's account is even again only when money leaves it where it came in.
        """
        return

    def is_closed_by_till(self):
        """Tell whether a till's browser closes what is paid, so that nothing is left to the server."""
        return False

    def tells_late(self):
        """Tell whether an accountant hears from here of money that was given up, came and stays."""
        return True

    def has_chatter(self):
        """Tell whether there is a document by now that shows messages about the payment."""
        return True

    # === WHAT IT IS === #

    def documents(self):
        """Return the records that are paid: a list of non-empty recordsets."""
        return []

    def siblings(self):
        """Return the other attempts to pay the same."""
        return self.attempt.browse()

    def name(self):
        """Return what the payer knows it by."""
        names = [name for docs in self.documents() for name in docs.mapped('name') if name]
        return ', '.join(names[:3]) or self.attempt.reference

    def place(self):
        """Return the store, till and cashier for the gateway, as values of its request."""
        return {}

    def renewal_values(self):
        """Return what ties another attempt to the same, as values of fields."""
        return {}

    # === HELPERS === #

    @staticmethod
    def fen(amount):
        """Return an amount of Odoo's in fen, with its sign.

        :param float amount: yuan
        """
        return money.fen_from_float(abs(amount)) * (-1 if amount < 0 else 1)
