# Part of payment_cn_wallets. License LGPL-3.
"""The machine of the till: payment lines, cashiers and customers who are quick or slow."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, precondition, rule

from . import checks, doors, orders
from .documents import Document, part
from .events import PARTS, WAYS, Events, codes

AMOUNTS = st.sampled_from((8880, 999, 1))
lines = Bundle('lines')


class Line(Document):
    """A payment line, which need not be in the database."""

    name = 'line'

    def __init__(self, world, amount, order=None):
        super().__init__(world, amount)
        more = {'order': order} if order else {}
        self.values = world.case._line(f'{amount / 100:.2f}', **more)
        self.state = 'open'  # gone, sold
        self.closed = False

    def __repr__(self):
        return f"line of {self.amount}"

    @property
    def uuid(self):
        """What ties attempts to it."""
        return self.values['uuid']

    def total(self):
        return 0 if self.state == 'gone' else self.amount

    def learn(self, came, due, _kept):
        for attempt, amount in came:
            if attempt.undone == 'yes' or not due:
                continue
            if amount == due and not attempt.undone and not self.closed:
                self.low += amount
            self.high += min(amount, due)
            due -= min(amount, due)

    def tells_late(self):
        return self.closed and self.state == 'open'  # else a cashier sees it, and the closing lists it

    def days_pass(self, _kept, _coming):
        if self.closed and self.state != 'sold':
            self.low = self.high = 0

    def loosen(self, waiting, charged):
        self.low = 0

    def booked(self, tx):
        if self.closed and (self.state != 'open' or not self.high):
            return doors.booked(tx)  # else an order may still come for it
        return doors.tied(tx) + doors.booked(tx) if self.state == 'sold' else None

    def states(self):
        return {'line': self.state, 'closed': self.closed}

    def end(self):
        """Nothing of it is wanted any more."""
        self.state = 'gone'
        self.low = self.high = 0


class TillMachine(Events):
    """Lines of a till: shown, scanned, replaced, parked, handed over, sold, refunded."""

    @classmethod
    def prepare(cls, world):
        """The till is there: nothing more is needed."""

    @initialize(target=lines, amount=AMOUNTS)
    def begin(self, amount):
        """The first customer comes."""
        self.closed = False
        self.refunding = []  # refund orders that are not stored yet
        return self._line(amount)

    def _line(self, amount, order=None):
        line = Line(self.world, amount, order)
        self.docs.append(line)
        return line

    def document_of(self, tx):
        return next(doc for doc in self.docs if doc.uuid == doors.line_of(tx))

    def _press(self, action, line, *arguments):
        """Press something; what the till shows must be true."""
        said = self.act(
            doors.press, self.world.case.button, self.world.case.cashier, action, line.values,
            *arguments,
        )
        if said and said['phase'] == 'paid' and self.known(line) < line.amount:
            raise checks.fail(self, f"The till shows {line} as paid, with {self.known(line)} fen.")
        return said

    def _let_go(self, line, undone):
        for attempt in self.of(line):
            if not attempt.learned and attempt.undone != 'yes':
                attempt.undone = undone

    def _newest(self, line, before):
        new = [attempt for attempt in self.of(line) if attempt not in before]
        return multiple(*new)

    # === THE CASHIER === #

    @rule(target=lines, amount=AMOUNTS)
    def next_customer(self, amount):
        """Go on with another order."""
        return self._line(amount)

    @rule(target=codes, line=lines, way=WAYS, confirm=st.booleans())
    def scan(self, line, way, confirm):
        """Scan the customer's code."""
        if line.state == 'gone':  # it is on nobody's screen
            return multiple()
        before = list(self.attempts)
        code = self.world.payment_code(way, confirm)
        self._press('charge', line, code)
        self._overtake(line, before)
        return self._newest(line, before)

    @rule(target=codes, line=lines, way=WAYS, renew=st.booleans())
    def show(self, line, way, renew):
        """Show a code, perhaps of another wallet than before, or a new one of the same."""
        if line.state == 'gone':
            return multiple()
        before = list(self.attempts)
        self._press('show', line, self.world.ways[way][1].code, renew)
        return self._newest(line, before)

    def _overtake(self, line, before):
        """A scan takes the place of a code on the screen: the line has one of both."""
        if any(attempt not in before for attempt in self.of(line)):
            for attempt in self.of(line):
                if attempt in before and not attempt.learned and not attempt.undone:
                    attempt.undone = 'may be'

    @rule(line=lines)
    def status(self, line):
        """The till asks how a line stands."""
        for attempt in self.of(line):
            if doors.is_scanned(attempt.tx) and doors.is_expired(attempt.tx):
                self._let_go(line, 'may be')
        self._press('status', line, True)

    @rule(line=lines)
    def cancel(self, line):
        """Press *cancel*."""
        self._let_go(line, 'may be')
        self._press('cancel', line)

    @rule(line=lines, way=WAYS, told=st.booleans())
    def cancel_while_confirming(self, line, way, told):
        """The customer types the password while the cashier cancels, and the reversal takes its time."""
        if line.state != 'open' or self.known(line) or self.closed:
            return
        before = list(self.attempts)
        self._press('charge', line, self.world.payment_code(way, True))
        self._overtake(line, before)
        for attempt in [one for one in self.of(line) if one not in before]:
            self.network.fail_next('reverse_stuck', 'reverse')
            self.pass_time(minutes=6)  # some gateways reverse nothing before
            self.network.pay(attempt.number)
            self.cancel(line)
            if told:
                self._newest_notice()
            self.ask(attempt)
            self.end_refunds()
            self.ask(attempt)

    @rule(line=lines, gone=st.booleans())
    def hand_over(self, line, gone):
        """Let go of what is doubtful, perhaps with the line."""
        if line.state == 'sold' or self.closed:
            return
        if gone and line.record and self.known(line):
            return  # money that a stored order has stays with it: the till removes no paid line
        self._let_go(line, 'yes' if gone else 'may be')
        if gone:
            line.end()
        self._press('hand_over', line, gone)

    @rule(line=lines, percent=st.sampled_from((50, 200)))
    def amount_changes(self, line, percent):
        """A product is added, or taken away, while a code is shown."""
        if line.state != 'open' or self.known(line):
            return
        line.amount = part(line.amount, percent)
        line.values = {**line.values, 'amount': f'{line.amount / 100:.2f}'}

    # === ORDERS === #

    def _send(self, line, **values):
        return self.act(orders.send, self.world, line.values, line.amount, **values)

    @rule(line=lines)
    def park(self, line):
        """Keep the order for later: *next order*."""
        if line.state == 'open' and not self.closed:
            line.record = self._send(line, state='draft', status='waiting')

    @rule(line=lines)
    def sell(self, line):
        """Validate the order, if the till shows that it is paid."""
        if line.state != 'open' or self.closed:
            return
        said = self._press('status', line)
        if said and said['phase'] == 'paid' and (order := self._send(line)):
            line.state, line.record = 'sold', order

    @rule(target=lines, line=lines, way=WAYS)
    def sell_otherwise(self, line, way):
        """Remove the line, and finish the order with another one."""
        if line.state != 'open' or self.closed:
            return multiple()
        self._let_go(line, 'yes')
        line.end()
        self._press('hand_over', line, True)
        other = self._line(line.amount, line.values['order'])
        said = self._press('charge', other, self.world.payment_code(way, False))
        if said and said['phase'] == 'paid' and (order := self._send(
            other, removed=line.uuid
        )):
            other.state, other.record = 'sold', order
        return other

    @rule(line=lines)
    def cancel_order(self, line):
        """Cancel an order that was parked."""
        if line.state != 'open' or not line.record or line.record.state != 'draft':
            return
        self._let_go(line, 'yes')
        line.end()
        self.act(line.record.action_pos_order_cancel)

    @rule(line=lines, percent=PARTS)
    def refund(self, line, percent):
        """Give back a part of what was sold."""
        if line.state != 'sold' or self.closed:
            return
        fen = part(self.known(line), percent)
        if not fen:
            return
        before = self.known(line)
        back = self.world.case._line(f'-{fen / 100:.2f}')
        self.act(
            doors.press, self.world.case.button, self.world.case.cashier, 'refund', back,
            line.record.uuid,
        )
        for attempt in self.of(line):
            attempt.by_shop.extend(
                one for one in doors.refunds(attempt.tx) if one not in attempt.by_shop
            )
        line.lowered += line.back(before - self.known(line))
        self.refunding.append((line, back, fen))
        self._finish_refunds()

    def _finish_refunds(self):
        """Validate the refund orders whose refunds gateways have taken by now: the till asks on."""
        for line, back, fen in [] if self.closed else list(self.refunding):
            said = self.act(
                doors.press, self.world.case.button, self.world.case.cashier, 'status', back, True,
            )
            if said and said['phase'] == 'paid':
                self.act(orders.send, self.world, back, -fen, refunded=line.record)
            if said and said['phase'] != 'unknown':
                self.refunding.remove((line, back, fen))

    def settle(self):
        """Override: refunds that no order had when the session was closed are booked after days."""
        super().settle()
        self._finish_refunds()
        if self.refunding:
            self._days_pass()
            self.follow_up()

    @precondition(lambda self: not self.closed)
    @rule()
    def close(self):
        """Close the session."""
        session = self.world.case.session
        for line in self.docs:
            # It goes back, or waits some days for its order. And an order that is not finished keeps
            # the session open.
            self._let_go(line, 'may be')
        self.act(session.action_pos_session_closing_control)
        if session.state == 'closed':
            self.closed = True
            for line in self.docs:
                line.closed = True
                if line.state == 'open':
                    line.low = 0
