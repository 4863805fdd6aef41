# Part of payment_cn_wallets. License LGPL-3.
"""The sandbox's faults of the exchange, and what must hold for every gateway when one strikes."""

from gateways.base import Outcome, ReasonKind

# fault -> options: there is no answer, or none that can be read
LOST = {
    'timeout': {'seconds': 2},
    'reset': {},
    'http_5xx': {},
    'garbage': {},
    'truncated': {},
    'empty': {},
    'oversized': {},
    'redirect': {},
}
DOUBTED = ('bad_signature', 'unsigned', 'foreign_answer')
UNFINISHED = ('system_error', 'data_error')
# All of these strike after the gateway did what it was asked, unless told otherwise.
AFTER = [*LOST, *DOUBTED, *UNFINISHED]
# fault -> what is said about it
REFUSED = {
    'missing_parameter': ReasonKind.PARAMETER,
    'invalid_parameter': ReasonKind.PARAMETER,
    'unknown_app': ReasonKind.UNKNOWN_APP,
    'not_approved': ReasonKind.NOT_ENABLED,
    'not_enabled': ReasonKind.NOT_ENABLED,
    'wrong_key': ReasonKind.BAD_KEY,
}


def charged(control, request):
    """Return how often the payer was charged."""
    return len(control.order(request.out_trade_no)['charges'])


def check_lost_charge(gateway, control, request, fault, when):
    """A charge whose answer is lost is unknown, charged at most once, and found.

    :param when: 'before' or 'after' the gateway charged the payer
    """
    control.fault(fault, when=when, operation='charge', **LOST.get(fault, {}))
    result = gateway.charge(request)
    assert result.outcome == Outcome.UNKNOWN, result
    assert result.reason
    found = gateway.query(request.out_trade_no)
    if when == 'after':
        assert found.outcome == Outcome.PAID
        assert charged(control, request) == 1
    else:
        assert (found.outcome, found.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def check_forgetful_query(gateway, control, order, fault):
    """A query that knows less than the last one refuses nothing.

    :param order: one that was paid
    """
    control.fault(fault, scope=order.out_trade_no, operation='query')
    assert gateway.query(order.out_trade_no).outcome in (Outcome.UNKNOWN, Outcome.WAITING)
    assert gateway.query(order.out_trade_no).outcome == Outcome.PAID


def check_refused_query(gateway, control, order, fault, kind):
    """A payment does not become refused because of our settings or our clock.

    :param order: one that was paid
    """
    control.fault(fault, scope=order.out_trade_no, operation='query')
    result = gateway.query(order.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, kind)
