# Part of payment_cn_wallets. License LGPL-3.
"""What the machines have in common: steps, what is learned by them, and the end of a sequence."""

import dataclasses
import sys

from hypothesis.stateful import RuleBasedStateMachine, invariant

from odoo.exceptions import UserError

from . import checks, doors
from .flight import Flight

# Until then the gateways' codes are dead, and everything has been asked about.
LONG = {'hours': 3}
DAYS = {'days': 4}
# Who asks these gateways about a payment is told how much of it was refunded in their console.
# Alipay tells that all of it was. WeChat Pay says that there was a refund, and how much when it
# tells of the refund by a notice. Huishouyin's protocol has no word for it.
TELLS_AMOUNT = ('jd_pay', 'qq_wallet', 'alipay')


@dataclasses.dataclass(eq=False)
class Attempt:
    """An attempt, and what the machine saw of it."""

    tx: object
    name: str
    doc: object
    learned: bool = False
    late: bool = False
    elsewhere: int = 0  # fen that went back past the shop, of which it was told and has no refund
    undone: str = ''  # `yes`: a cashier let go of it; `may be`: a time limit did, or a renewal
    by_shop: list = dataclasses.field(default_factory=list)

    def __repr__(self):
        return self.name

    @property
    def number(self):
        """What the gateway knows it by."""
        return doors.number(self.tx)


class MoneyMachine(RuleBasedStateMachine):
    """A sequence of events, each of which ends in a check."""

    world = None  # set by the test that runs the machine

    def __init__(self):
        super().__init__()
        self.env = self.world.env
        self.network = self.world.network
        self.flight = Flight(self.env)
        self.savepoint = self.env.cr.savepoint()
        self.network.reset()
        self.first = self.env['payment.transaction'].search([], order='id desc', limit=1).id or 0
        self.attempts = []
        self.docs = []
        self.by_hand = False
        self._outer = sys.exc_info()[1]
        self._watch = self.flight.watched()
        self._watch.__enter__()

    def teardown(self):
        """End the sequence: everything comes to its end, is checked, and is forgotten."""
        try:
            if self.docs and sys.exc_info()[1] is self._outer:  # no step has failed
                self.settle()
                checks.settled(self)
        finally:
            self._watch.__exit__(None, None, None)
            self.savepoint.close(rollback=True)
            self.env.cr.precommit.clear()
            self.env.cr.postcommit.clear()
            self.world.strange.clear()

    # === STEPS === #

    def transactions(self):
        """Return all attempts and refunds of this sequence."""
        # Nothing needs to be flushed for that: records are inserted at once.
        self.env.cr.execute(
            "SELECT id FROM payment_transaction WHERE id > %s ORDER BY id", [self.first]
        )
        return self.env['payment.transaction'].browse(
            id_ for id_, in self.env.cr.fetchall()
        )

    def act(self, work, *arguments, **options):
        """Do something as a request does, and see what came of it.

        :return: what the work returned, or None when it was refused
        """
        due = {doc: doc.due(self.known(doc)) for doc in self.docs}
        waiting = [doc for doc in self.docs if not doc.is_confirmed()]
        given_up = {attempt: doors.is_given_up(attempt.tx) for attempt in self.attempts}
        result = self.flight.run(work, *arguments, **options)
        if not self.flight.died:
            for refund in doors.unsent(self.transactions()):
                self.flight.run(doors.advance, refund)
        self._adopt()
        self._learn(due, given_up)
        if not self.by_hand:
            for doc in waiting:
                checks.nothing_goes_on_without_money(self, doc)
        return result

    def happens(self, work, *arguments):
        """Have something happen by itself: nobody is there to be told that it can't."""
        result = self.act(work, *arguments)
        if isinstance(self.flight.refused, UserError):
            raise checks.fail(self, f"{work.__name__} of {arguments}: {self.flight.refused}")
        return result

    def _adopt(self):
        known = {attempt.tx.id for attempt in self.attempts}
        for tx in self.transactions():
            if tx.id not in known and tx.operation != 'refund':
                self.attempts.append(
                    Attempt(tx, f'attempt_{len(self.attempts)}', self.document_of(tx))
                )

    def document_of(self, tx):
        """Return what an attempt pays."""
        raise NotImplementedError

    def handle(self, tx):
        """Return the machine's own record of an attempt."""
        return next((attempt for attempt in self.attempts if attempt.tx == tx), None)

    def of(self, doc):
        """Return the attempts to pay a document."""
        return [attempt for attempt in self.attempts if attempt.doc is doc]

    # === WHAT THE SHOP KNOWS === #

    def known(self, doc):
        """Return what the shop keeps for a document as far as it can know, fen."""
        return sum(self.known_of(attempt) for attempt in self.of(doc))

    def known_of(self, attempt):
        """Return the same of one attempt."""
        if not attempt.learned:
            return 0
        charged = self.network.charged(attempt.number)
        return max(0, charged - attempt.elsewhere - doors.going_back(attempt.tx))

    def past(self, attempt):
        """Return what went back past the shop, by the console or by a reversal; fen."""
        return self.network.past(
            attempt.number, [number for number, *_more in doors.refund_rows(attempt.tx)]
        )

    def hidden(self, attempt):
        """Return what went back in a console, of which the gateway does not say how much; fen."""
        if attempt.tx.provider_code in TELLS_AMOUNT:
            return 0
        numbers = [number for number, *_more in doors.refund_rows(attempt.tx)]
        return self.network.by_console(attempt.number, numbers)

    def _untied(self, attempt):
        past = self.past(attempt) - self.hidden(attempt)
        return max(0, past - doors.followed(attempt.tx))

    def _learn(self, due, given_up):
        """Note what has become known. The order of several answers in one step does not matter."""
        new = {}
        for attempt in self.attempts:
            if attempt.learned or not doors.is_paid(attempt.tx):
                continue
            attempt.learned = True
            attempt.late = given_up.get(attempt, False)
            attempt.elsewhere = self._untied(attempt)
            came = self.network.charged(attempt.number) - self.past(attempt)
            new.setdefault(attempt.doc, []).append((attempt, came))
        for doc, came in new.items():
            doc.learn(came, due.get(doc, 0), self.known(doc))

    def changed(self, doc):
        """The document is not what it was: other answers are right, too, about money that waits.

        It is decided about when it is learned of, or when that is followed up.
        """
        unfollowed = doors.unfollowed(self.transactions())
        doc.loosen(
            sum(self.known_of(attempt) for attempt in self.of(doc) if attempt.tx in unfollowed),
            sum(self.network.charged(attempt.number) for attempt in self.of(doc)),
        )

    # === WHAT HAPPENS BY ITSELF === #

    def crons(self):
        """Run what the server runs by itself, each piece in a transaction of its own."""
        for tx in doors.due(self.transactions()):
            self.happens(doors.watch, tx)
        self.follow_up()

    def follow_up(self):
        """Have payments and refunds followed up."""
        for tx in doors.unfollowed(self.transactions()):
            self.happens(doors.follow_up, tx)

    def pass_time(self, **delta):
        """Let time pass."""
        doors.let_pass(self.transactions(), **delta)

    def end_refunds(self):
        """Have the gateways end what they are giving back, and the shop ask."""
        for _round in range(2):
            for refund in doors.open_refunds(self.transactions()):
                self.happens(doors.advance, refund)
            for refund in self.network.refunds():
                if refund['state'] == 'processing':
                    self.network.end_refund(refund)

    def ask(self, attempt):
        """Have the gateway asked about an attempt, paid or not."""
        if self.happens(doors.ask, attempt.tx) and attempt.learned:
            attempt.elsewhere = self._untied(attempt)

    def settle(self):
        """Everything comes to its end: all answers arrive, all crons have had their turn."""
        self.flight.doom = None
        self.network.heal()
        self.world.restore()
        self.crons()
        self.end_refunds()
        self.pass_time(**LONG)
        self.crons()
        for attempt in self.attempts:
            if doors.is_placed(attempt.tx):
                self.ask(attempt)
        self.follow_up()
        self.end_refunds()
        self.follow_up()

    # === CHECKS === #

    @invariant()
    def holds(self):
        """What must be true at any moment."""
        checks.always(self)
