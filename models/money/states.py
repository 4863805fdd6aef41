# Part of payment_cn_wallets. License LGPL-3.
"""Which states an attempt can be in: a table, checked whenever one of its fields is written.

`scripts/architecture` prints it into `docs/architecture.md`. Pure, as `decision` is.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY = None
NONE = False


@dataclass(frozen=True)
class Allowed:
    """What else may be true of an attempt in one state.

    :param state: Odoo's state
    :param meaning: what the state says of the money
    :param outcome: what the gateway may have said last; NONE where it has said nothing
    :param verdict: what may have become of the money
    :param given_up: the payer or the shop went on without it
    :param reversing: it is being undone, or was
    :param forced: a manager took it for paid without the gateway's word
    :param unclaimed: its till's session is closed and no order has it
    """

    state: str
    meaning: str
    outcome: tuple
    verdict: tuple = (NONE,)
    given_up: tuple | None = ANY
    reversing: tuple | None = ANY
    forced: tuple | None = ANY
    unclaimed: tuple | None = (False,)


# The fields of `payment.transaction` behind the columns. `operation` decides whether the table applies.
FIELDS = {
    'outcome': 'cn_outcome', 'verdict': 'cn_verdict', 'given_up': 'cn_given_up',
    'reversing': 'cn_reversing', 'forced': 'cn_forced_reason', 'unclaimed': 'cn_unclaimed_at',
}
FLAGS = ('given_up', 'reversing', 'forced', 'unclaimed')

_UNPAID = (NONE, 'waiting', 'unknown', 'refused')

STATES = (
    Allowed('draft', "nothing is known to be paid", _UNPAID),
    Allowed('pending', "a charge may be on its way", _UNPAID),
    Allowed('pending', "it was paid, and the reversal that was sent may return the money",
            ('paid',), reversing=(True,)),
    Allowed('draft', "it was paid, and the reversal that was sent may return the money",
            ('paid',), reversing=(True,)),
    Allowed('cancel', "it was paid, and the reversal that was sent may return the money",
            ('paid',), reversing=(True,)),
    Allowed('error', "it was paid, and the reversal that was sent may return the money",
            ('paid',), reversing=(True,)),
    # What was booked before the verdict was written down has none.
    Allowed('done', "the money came in, and stays whole or in part", ('paid', NONE),
            verdict=(NONE, 'kept', 'part'), unclaimed=ANY),
    Allowed('done', "the money came in and does not suffice: it is the customer's credit",
            ('paid', NONE), verdict=('held',), reversing=(False,), forced=(False,)),
    Allowed('done', "the money came in, and all of it goes back", ('paid', NONE),
            verdict=('returned',), unclaimed=ANY),
    Allowed('cancel', "it holds no money: closed, reversed, or not paid in time", _UNPAID),
    Allowed('error', "it holds no money: refused", _UNPAID),
)


def is_allowed(values: dict) -> bool:
    """Tell whether an attempt may be so.

    :param values: `state`, and the columns of `FIELDS`
    """
    return any(
        row.state == values['state'] and all(
            getattr(row, name) is ANY or _plain(name, values[name]) in getattr(row, name)
            for name in FIELDS
        ) for row in STATES
    )


def _plain(name, value):
    return bool(value) if name in FLAGS else value or NONE
