# Part of payment_cn_wallets. License LGPL-3.
"""Events that shop and till have in common: payers, gateways, crons, time, settings."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, precondition, rule

from . import checks, doors
from .base import DAYS, MoneyMachine
from .documents import part

codes = Bundle('codes')
PARTS = st.sampled_from((100, 50, 30))
# Gateway and wallet, see `world.WAYS`.
WAYS = st.integers(0, 5)
TIMES = {
    'a minute': {'minutes': 1}, 'a quarter': {'minutes': 16}, 'hours': {'hours': 3}, 'days': DAYS,
}
# Kinds of trouble: what the sandbox is told, or when the process fails.
TROUBLE = {
    'order lost': ('reset', 'order'),
    'question lost': ('http_5xx', 'query'),
    'garbage': ('garbage', 'query'),
    'refund lost': ('system_error', 'refund'),
    'question about refund lost': ('reset', 'query_refund'),
    'closing lost': ('reset', 'close'),
    'reversal lost': ('reset', 'reverse'),
    'reversal takes time': ('reverse_stuck', 'reverse'),
    'stale answer': ('stale', 'query'),
    'not found': ('not_found', 'query'),
    'another amount': ('wrong_amount', 'query'),
    'old news': None,
    'denial': None,
    'death at commit': ('commit', 1),
    'death at call': ('call', 1),
    'death at next call': ('call', 2),
    'death at third call': ('call', 3),
    'books break': ('booking', 1),
    'switch': None,
    'other merchant': None,
}


class Events(MoneyMachine):
    """What happens whatever is paid."""

    def _new(self, tx):
        attempt = self.handle(tx) if tx else None
        return multiple(attempt) if attempt else multiple()

    # === THE PAYER === #

    @rule(attempt=codes, wait=st.booleans())
    def pay(self, attempt, wait):
        """Scan a code and pay, whatever has become of the document; perhaps wait at the page."""
        if not doors.is_dead(attempt.tx):
            self.network.pay(attempt.number)
        if wait:
            self.ask(attempt)
            self.follow_up()

    @rule()
    def pay_all(self):
        """All codes that were ever shown are paid at once, and the pages ask."""
        paid = [
            attempt for attempt in self.attempts
            if not doors.is_dead(attempt.tx) and self.network.pay(attempt.number)
        ]
        for attempt in paid:
            self.ask(attempt)
        self.follow_up()

    # === THE GATEWAY === #

    @rule(attempt=codes)
    def question(self, attempt):
        """Have the page ask."""
        self.ask(attempt)

    @precondition(lambda self: self.network.inbox.caught)
    @rule(which=st.integers(0, 7))
    def notice(self, which):
        """A notice arrives: in its turn, late, once more, or after a younger one."""
        caught = self.network.inbox.caught
        path, headers, body = caught[which % len(caught)]
        provider = self.env['payment.provider'].browse(int(path.rpartition('/')[2]))
        stored = self.happens(doors.notice, provider, headers, body)
        if stored and (reason := doors.failure(stored)):
            raise checks.fail(self, f"A notice can't be processed: {reason}")

    @rule(attempt=codes, kind=st.sampled_from(sorted(TROUBLE)), way=WAYS)
    def trouble(self, attempt, kind, way):
        """Something goes wrong, now or with the next call that it fits."""
        if kind == 'old news':  # a notice says what was true before
            self.network.tell(attempt.number, 'waiting')
        elif kind == 'denial':  # a notice says what is not true
            if attempt.learned:
                self.network.tell(attempt.number, 'failed')
        elif kind.startswith('death') or kind == 'books break':
            # The process dies after a commit or a call of a gateway, or Odoo can't post a payment.
            self.flight.doom = TROUBLE[kind]
        elif kind == 'switch':
            provider = self.world.ways[way][0]
            self.act(provider.write, {
                'state': 'test' if provider.state == 'disabled' else 'disabled',
            })
        elif kind == 'other merchant':
            self.act(self.world.change_merchant, self.world.ways[way][0])
        else:
            self.network.fail_next(*TROUBLE[kind])

    def _newest_notice(self):
        """The notice that was sent last arrives."""
        if caught := self.network.inbox.caught:
            self.notice(len(caught) - 1)

    @rule(attempt=codes, kind=st.sampled_from(('denial', 'another amount')))
    def contradict(self, attempt, kind):
        """A gateway says what does not fit, and is heard at once. Chance alone rarely brings that about."""
        if kind == 'denial' and attempt.learned:
            self.network.tell(attempt.number, 'failed')
            self._newest_notice()
        elif kind == 'another amount' and not attempt.learned:
            self.trouble(attempt, kind, 0)
            self.pay(attempt, True)

    # === WHAT HAPPENS BY ITSELF === #

    @rule()
    def run_crons(self):
        """The crons have their turn."""
        self.crons()

    @rule(delta=st.sampled_from(sorted(TIMES)))
    def time_passes(self, delta):
        """Time passes. After days, money that was too little goes back."""
        if delta == 'days':
            self._days_pass()
        else:
            self.pass_time(**TIMES[delta])

    def _days_pass(self):
        self.pass_time(**DAYS)
        for doc in self.docs:
            coming = sum(
                self.network.kept(attempt.number) for attempt in self.of(doc) if not attempt.learned
            )
            doc.days_pass(self.known(doc), coming)
        self.crons()
        self.end_refunds()

    # === MONEY BACK === #

    @rule(attempt=codes, told=st.booleans(), percent=PARTS)
    def console(self, attempt, told, percent):
        """Refund in the gateway's console what is left of a payment, or a part of it."""
        gateway, ours = attempt.tx.provider_code, doors.refunds(attempt.tx)
        if gateway == 'huishouyin' or (gateway == 'wechat_pay' and ours):
            return  # they can't tell it from what the shop refunded, or can't tell it at all
        if gateway not in ('jd_pay', 'qq_wallet'):
            percent = 100  # of a part they tell without saying how much, or not when asked
        left = self.network.charged(attempt.number) - self.network.going(attempt.number)
        if left <= 0:
            return
        fen, known = part(left, percent), self.known_of(attempt)
        self.network.refund_in_console(
            attempt.number, fen, doors.notice_url(attempt.tx) if told else ''
        )
        attempt.doc.back(min(fen, known))
        # A refund of ours that is on its way may find that nothing is left for it.
        attempt.doc.high += sum(
            -doors.fen(refund.amount) for refund in doors.open_refunds(ours)
            if not self.network.has_refund(doors.refund_number(refund))
        )

    @precondition(lambda self: self.network.refunds())
    @rule(outcome=st.sampled_from(('success', 'success', 'failure')))
    def refund_ends(self, outcome):
        """A gateway ends a refund that it has been making, and the shop asks."""
        row = next(
            (one for one in self.network.refunds() if one['state'] == 'processing'), None
        )
        if not row:
            return
        self.network.end_refund(row, outcome)
        if outcome == 'failure':
            refund = self.transactions().filtered(
                lambda tx: doors.refund_number(tx) == row['out_refund_no']
            )
            attempt = self.handle(refund.source_transaction_id)
            attempt.doc.high += row['amount']
            if refund in attempt.by_shop:  # what went back by itself may be sent again
                again = min(row['amount'], attempt.doc.lowered)
                attempt.doc.lowered -= again
                attempt.doc.low += again
        for refund in doors.open_refunds(self.transactions()):
            self.happens(doors.advance, refund)
        self.follow_up()
