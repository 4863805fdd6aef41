# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's gateway against the sandbox: every fault of the exchange."""

import pytest
from sandbox_shop import until
from wechat_pay_sandbox import a_charge, a_refund, an_order, paid_order

from gateways.base import Outcome, ReasonKind

LOST = ['timeout', 'reset', 'http_5xx', 'garbage', 'truncated', 'empty', 'oversized', 'redirect',
        'bad_signature', 'unsigned', 'system_error', 'data_error']
CALLS = ['order', 'charge', 'query', 'close', 'reverse', 'refund', 'query_refund']


@pytest.mark.parametrize('operation', CALLS)
@pytest.mark.parametrize('fault', LOST)
def test_lost_answers(wechat, early, fault, operation):
    """Test that an answer that was lost after the booking is unknown, and found again by asking."""
    if operation == 'order':
        order = an_order()
    elif operation in ('charge', 'reverse'):
        order = a_charge(early)
    else:
        order = paid_order(wechat, early) if operation != 'close' else an_order()
    refund = None
    if operation == 'close':
        wechat.order(order)
    if operation == 'reverse':
        wechat.charge(order)
    if 'refund' in operation:
        refund = a_refund(order)
    if operation == 'query_refund':
        wechat.refund(refund)
    calls = {
        'order': lambda: wechat.order(order), 'charge': lambda: wechat.charge(order),
        'query': lambda: wechat.query(order.out_trade_no),
        'close': lambda: wechat.close(order.out_trade_no),
        'reverse': lambda: wechat.reverse(order.out_trade_no),
        'refund': lambda: wechat.refund(refund),
        'query_refund': lambda: wechat.query_refund(refund.out_refund_no),
    }
    early.fault(fault, refund.out_refund_no if refund else order.out_trade_no, operation=operation,
                seconds=2, **({'times': 2} if fault == 'reset' else {}))
    result = calls[operation]()
    assert result.outcome == Outcome.UNKNOWN, result
    assert result.reason
    early('DELETE', 'faults')
    if operation == 'order':
        early.pay(order.out_trade_no)
    if operation in ('order', 'charge', 'query'):
        assert wechat.query(order.out_trade_no).outcome == Outcome.PAID
        assert len(early.order(order.out_trade_no)['charges']) == 1
    elif operation in ('close', 'reverse'):
        assert wechat.query(order.out_trade_no).closed
        assert calls[operation]().closed
    else:
        until(lambda: wechat.query_refund(refund.out_refund_no), Outcome.PAID)
        assert len(early.order(order.out_trade_no)['refunds']) == 1


@pytest.mark.parametrize('fault', ['reset', 'http_5xx', 'foreign_answer', 'wrong_amount', 'slow'])
def test_version_2_faults(make_wechat, early, fault):
    """Test that version 2 loses nothing either."""
    shop, charge = make_wechat('wechat_pay_v2'), a_charge(early)
    early.fault(fault, charge.out_trade_no, operation='charge', seconds=2)
    result = shop.charge(charge)
    if fault == 'wrong_amount':
        assert result.amount == 1235  # rightly signed: the caller compares
    else:
        assert result.outcome == Outcome.UNKNOWN
    assert shop.query(charge.out_trade_no).amount == 1234


@pytest.mark.parametrize(
    ('fault', 'kind'),
    [
        ('invalid_parameter', ReasonKind.PARAMETER), ('unknown_app', ReasonKind.UNKNOWN_APP),
        ('not_enabled', ReasonKind.NOT_ENABLED), ('wrong_key', ReasonKind.BAD_KEY),
        ('clock', ReasonKind.BAD_KEY),
    ],
)
def test_refusals(wechat, early, fault, kind):
    """Test refusals before anything was booked."""
    order, charge = an_order(), a_charge(early)
    early.fault(fault, order.out_trade_no)
    early.fault(fault, charge.out_trade_no)
    for result in (wechat.order(order), wechat.charge(charge)):
        assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)


@pytest.mark.parametrize(('fault', 'outcome'), [
    ('not_found', Outcome.UNKNOWN), ('foreign_answer', Outcome.UNKNOWN), ('stale', Outcome.WAITING),
])
def test_queries_that_mislead(wechat, early, fault, outcome):
    """Test that a wrong answer to a query never ends an attempt."""
    order = paid_order(wechat, early)
    early.fault(fault, order.out_trade_no, operation='query')
    assert wechat.query(order.out_trade_no).outcome == outcome
    assert wechat.query(order.out_trade_no).outcome == Outcome.PAID
