# Part of payment_cn_wallets. License LGPL-3.
"""The one decision about money: what becomes of it, from what is known and nothing else.

Pure: no Odoo, no database, no clock. `decide` looks the facts up in `ROWS`, of which exactly one
fits every combination (tests see to it). Whatever door the news came through (answer to an order or
a charge, query, notice, reversal), it ends here, and `executor` does what the row says.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from enum import Enum


class News(Enum):
    """What a gateway said about an attempt."""

    WAITING = 'waiting'  # the payer has not paid, and may
    UNKNOWN = 'unknown'  # nothing that can be relied on
    REFUSED = 'refused'  # holds no money
    PAID = 'paid'  # the whole amount came in, and is there
    PART_LEFT = 'part left'  # it came in; a part was sent back that this database did not send
    ALL_LEFT = 'all left'  # it came in; all was sent back, not by this database
    SOME_LEFT = 'some left'  # it came in; some or all was sent back, the gateway does not say how much
    OTHER_AMOUNT = 'other amount'  # another amount than was asked for came in, or none is named


class Stage(Enum):
    """What this database has of the attempt."""

    OPEN = 'open'  # draft or pending
    OVER = 'over'  # cancelled or refused; until the gateway lets nobody pay it, it can be paid late
    HELD = 'held'  # in the books as the customer's credit: it did not suffice
    BOOKED = 'booked'  # in the books


class Undoing(Enum):
    """Whether the attempt is being reversed at the gateway."""

    NO = 'no'
    ASKED = 'asked'  # a reversal was sent that may send money back, its end is not known
    SENT_BACK = 'sent back'  # the gateway said that the reversal returned the money


class Want(Enum):
    """What the payables want of the money that is there."""

    ALL = 'all'  # it is due, and it serves them or was meant as a part
    PART = 'part'  # less is due than came
    MORE = 'more'  # it is due, and does not suffice for what it was meant to pay
    NOTHING = 'nothing'


class Action(Enum):
    """What is done."""

    WAIT = 'ask again'
    NOTE = 'note'  # numbers and coupons of what is booked already
    IGNORE = 'ignore'
    END = 'end'  # without money
    KEEP_ALL = 'keep all'
    KEEP_DUE = 'keep what is due and return the rest'
    HOLD = 'hold'
    RETURN_ALL = 'return all'
    ASK_REVERSAL = 'ask about the reversal'
    FOLLOW = 'follow'  # books and refundable amount follow what was sent back elsewhere
    REPORT = 'report'  # nothing is booked, an accountant looks


@dataclass(frozen=True)
class Facts:
    """All that a decision depends on.

    :param given_up: the payer or the shop went on without this attempt
    :param overdue: it has been held for as long as the provider says
    """

    news: News
    stage: Stage
    undoing: Undoing = Undoing.NO
    want: Want = Want.NOTHING
    given_up: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class Decision:
    """What becomes of the money.

    :param row: name of the row that fits
    :param action: what is done
    :param tell: kind of the incident that an accountant gets, or ''
    """

    row: str
    action: Action
    tell: str = ''


@dataclass(frozen=True)
class Row:
    """One line of the table: it fits facts whose values are all among those named here."""

    decision: Decision
    when: dict[str, frozenset] = field(default_factory=dict)

    def fits(self, facts: Facts) -> bool:
        """Tell whether the row speaks of these facts."""
        return all(getattr(facts, name) in values for name, values in self.when.items())


def _row(name, action, tell='', **when):
    return Row(Decision(name, action, tell), {
        fact: frozenset(value if isinstance(value, tuple) else (value,))
        for fact, value in when.items()
    })


_NOT_BOOKED = (Stage.OPEN, Stage.OVER)
_IN_BOOKS = (Stage.HELD, Stage.BOOKED)
_DOUBT = (News.WAITING, News.UNKNOWN)
_CAME = (News.PAID, News.PART_LEFT)
_LEFT = (News.ALL_LEFT, News.SOME_LEFT)
_UNDONE = (Undoing.ASKED, Undoing.SENT_BACK)
_HELD = {'news': News.PAID, 'stage': Stage.HELD}
_FREE = {'news': _CAME, 'stage': _NOT_BOOKED, 'undoing': Undoing.NO}

ROWS = (
    # No news of money.
    _row('in doubt', Action.WAIT, news=_DOUBT, stage=_NOT_BOOKED),
    _row('in doubt, booked', Action.IGNORE, news=_DOUBT, stage=_IN_BOOKS),
    _row('unpaid', Action.END, news=News.REFUSED, stage=Stage.OPEN),
    _row('unpaid still', Action.NOTE, news=News.REFUSED, stage=Stage.OVER),
    _row('unpaid, booked', Action.REPORT, 'contradiction', news=News.REFUSED, stage=_IN_BOOKS),
    # Another amount than ours.
    _row('amounts differ', Action.REPORT, 'amount', news=News.OTHER_AMOUNT, stage=_NOT_BOOKED),
    _row('amounts differ, booked', Action.IGNORE, news=News.OTHER_AMOUNT, stage=_IN_BOOKS),
    # Money came, and nobody is sending it back.
    _row('wanted', Action.KEEP_ALL, want=Want.ALL, given_up=False, **_FREE),
    _row('wanted, late', Action.KEEP_ALL, 'late', want=Want.ALL, given_up=True, **_FREE),
    _row('too much', Action.KEEP_DUE, 'double', want=Want.PART, **_FREE),
    _row('too little', Action.HOLD, 'held', want=Want.MORE, **_FREE),
    _row('unwanted', Action.RETURN_ALL, 'double', want=Want.NOTHING, **_FREE),
    _row('known', Action.NOTE, news=News.PAID, stage=Stage.BOOKED),
    # Held money is looked at again when its documents change, and when its time is over.
    _row('held, suffices', Action.KEEP_ALL, want=Want.ALL, **_HELD),
    _row('held, more than due', Action.KEEP_DUE, 'double', want=Want.PART, **_HELD),
    _row('held, unwanted', Action.RETURN_ALL, 'double', want=Want.NOTHING, **_HELD),
    _row('held, too little', Action.WAIT, want=Want.MORE, overdue=False, **_HELD),
    _row('held too long', Action.RETURN_ALL, 'double', want=Want.MORE, overdue=True, **_HELD),
    # Money came, and a reversal may have sent it back, or has.
    _row('reversal under way', Action.ASK_REVERSAL,
         news=_CAME, stage=_NOT_BOOKED, undoing=Undoing.ASKED),
    _row('reversed before', Action.IGNORE,
         news=_CAME, stage=_NOT_BOOKED, undoing=Undoing.SENT_BACK),
    _row('reversed', Action.END, news=_LEFT, stage=_NOT_BOOKED, undoing=_UNDONE),
    # Money left in the gateway's console.
    _row('left before it was booked', Action.REPORT, 'gone',
         news=_LEFT, stage=_NOT_BOOKED, undoing=Undoing.NO),
    _row('left', Action.FOLLOW, 'gone',
         news=(News.PART_LEFT, News.ALL_LEFT), stage=_IN_BOOKS),
    _row('left, amount not told', Action.REPORT, 'gone',
         news=News.SOME_LEFT, stage=_IN_BOOKS),
)

AXES = {
    'news': tuple(News), 'stage': tuple(Stage), 'undoing': tuple(Undoing), 'want': tuple(Want),
    'given_up': (False, True), 'overdue': (False, True),
}


def every_fact():
    """Return all combinations of facts.

    :rtype: Iterator[Facts]
    """
    for values in itertools.product(*AXES.values()):
        yield Facts(**dict(zip(AXES, values, strict=True)))


_BY_FACTS = {
    facts: tuple(row.decision for row in ROWS if row.fits(facts)) for facts in every_fact()
}


def decide(facts: Facts) -> Decision:
    """Return what becomes of the money.

    :param facts: what is known
    :raise LookupError: never, while the table is whole: a test looks at every combination
    """
    [decision] = _BY_FACTS[facts]
    return decision


def want_of(amount: int, due: int | None, serves: bool) -> Want:
    """Return what payables want of an amount.

    :param amount: what is there of the attempt, fen
    :param due: what they lack without it, fen; None where anything is welcome
    :param serves: whether they are served by it, or it was meant as a part of what they lack
    """
    if due is None:
        return Want.ALL
    if due <= 0 or amount <= 0:
        return Want.NOTHING
    if due < amount:
        return Want.PART
    return Want.ALL if serves else Want.MORE


def kept_of(action: Action, amount: int, due: int | None) -> int:
    """Return how much of an amount stays, fen.

    :param amount: what is there of the attempt, fen
    :param due: what the payables lack without it, fen
    """
    if action in (Action.KEEP_ALL, Action.HOLD):
        return amount
    return min(amount, due or 0) if action == Action.KEEP_DUE else 0
