# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's gateway against the sandbox, with everything that can go wrong between them.

For each call: the outcome, and what the ledger says really happened.
"""

import time

import pytest
from alipay_sandbox import a_charge, a_refund, an_order, paid_order
from gateway_loopback import answering
from sandbox_faults import charged
from sandbox_shop import until

from gateways.base import Outcome, ReasonKind

# after these nobody can tell, whatever was booked
BLIND = ['reset', 'http_5xx', 'garbage', 'truncated', 'empty', 'oversized', 'redirect',
         'bad_signature', 'unsigned', 'foreign_answer', 'system_error', 'data_error']
NO_ANSWER = ['reset', 'http_5xx', 'garbage', 'truncated', 'empty', 'redirect']


@pytest.mark.parametrize('fault', BLIND)
def test_charge_with_a_lost_answer(alipay, control, fault):
    """Test that a charge whose answer can't be believed is unknown, and that the query ends it."""
    request = a_charge(control.code('alipay'))
    control.fault(fault, operation='charge')
    assert alipay.charge(request).outcome == Outcome.UNKNOWN
    assert alipay.query(request.out_trade_no).outcome == Outcome.PAID
    assert charged(control, request) == 1


def test_charge_that_times_out(alipay, control):
    """Test that reverse gives the money back after an answer that did not come in time."""
    request = a_charge(control.code('alipay'))
    control.fault('timeout', operation='charge', seconds=3)
    result = alipay.charge(request)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NO_ANSWER)
    assert alipay.reverse(request.out_trade_no).refunded


@pytest.mark.parametrize('fault', ['reset_before', 'http_5xx_before', 'data_error_before'])
def test_charge_that_was_not_booked(alipay, control, fault):
    """Test that it is unknown all the same, and that nothing is found afterwards."""
    request = a_charge(control.code('alipay'))
    control.fault(fault, operation='charge')
    assert alipay.charge(request).outcome == Outcome.UNKNOWN
    assert alipay.query(request.out_trade_no).reason.kind == ReasonKind.NOT_FOUND


@pytest.mark.parametrize(
    ('fault', 'outcome', 'kind'),
    [
        ('missing_parameter', Outcome.REFUSED, ReasonKind.PARAMETER),
        ('invalid_parameter', Outcome.REFUSED, ReasonKind.PARAMETER),
        ('not_approved', Outcome.REFUSED, ReasonKind.NOT_ENABLED),
        ('not_enabled', Outcome.REFUSED, ReasonKind.NOT_ENABLED),
        ('wrong_key', Outcome.REFUSED, ReasonKind.BAD_KEY),
        ('clock', Outcome.REFUSED, ReasonKind.CLOCK),
        # unsigned: decides nothing about money
        ('unknown_app', Outcome.UNKNOWN, ReasonKind.UNKNOWN_APP),
    ],
)
def test_charge_that_is_turned_away(alipay, control, fault, outcome, kind):
    """Test that a signed refusal at the door is one, and an unsigned one is not."""
    control.fault(fault, operation='charge')
    result = alipay.charge(a_charge(control.code('alipay')))
    assert (result.outcome, result.reason.kind) == (outcome, kind)


def test_charge_for_another_amount(alipay, control):
    """Test that the amount that the gateway says is handed on, to be compared."""
    request = a_charge(control.code('alipay'))
    control.fault('wrong_amount', operation='charge', difference=-5)
    assert alipay.charge(request).amount == 1229


@pytest.mark.parametrize('fault', ['payer_cancels', 'user_paying', 'wrong_password'])
def test_payer(alipay, control, fault):
    """Test what the payer does while the till asks."""
    request = a_charge(control.code('alipay'))
    control.fault(fault, operation='charge', seconds=0.4)
    assert alipay.charge(request).outcome == Outcome.WAITING
    expected = Outcome.REFUSED if fault == 'payer_cancels' else Outcome.PAID
    result = until(lambda: alipay.query(request.out_trade_no), expected)
    assert result.closed == (fault == 'payer_cancels')


@pytest.mark.parametrize('fault', BLIND)
def test_order_with_a_lost_answer(alipay, control, fault):
    """Test that an order whose answer can't be believed is unknown."""
    order = an_order()
    control.fault(fault, operation='order')
    result = alipay.order(order)
    if fault == 'foreign_answer':
        assert result.reason.code == 'mismatch'
    assert result.outcome == Outcome.UNKNOWN


def test_order_turned_away_unsigned(alipay, control):
    """Test that an unsigned refusal of a code is believed: nobody holds anything to pay with."""
    control.fault('unknown_app', operation='order')
    result = alipay.order(an_order())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.UNKNOWN_APP)


@pytest.mark.parametrize('fault', [*BLIND, 'not_found', 'unknown_app', 'wrong_key', 'clock'])
def test_query_that_fails(alipay, control, fault):
    """Test that a query that failed says nothing about the payment."""
    order = paid_order(alipay, control)
    # a connection that breaks is tried once more: both tries fail
    control.fault(fault, scope=order.out_trade_no, operation='query', times=2)
    assert alipay.query(order.out_trade_no).outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID


def test_stale_query(alipay, control):
    """Test that an old state is waiting, and the next question brings the new one."""
    order = paid_order(alipay, control)
    control.fault('stale', scope=order.out_trade_no, operation='query')
    assert alipay.query(order.out_trade_no).outcome == Outcome.WAITING
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('fault', [*BLIND, 'unknown_app'])
def test_refund_with_a_lost_answer(alipay, control, fault):
    """Test that no refund is lost or doubled: unknown or done, and once in the ledger."""
    order = paid_order(alipay, control)
    request = a_refund(order)
    control.fault(fault, scope=order.out_trade_no, operation='refund')
    first = alipay.refund(request)
    assert first.outcome in (Outcome.UNKNOWN, Outcome.PAID)
    until(lambda: alipay.refund(request), Outcome.PAID)
    asked = alipay.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no)
    assert (asked.outcome, asked.amount) == (Outcome.PAID, 1234)
    assert [r['amount'] for r in control.order(order.out_trade_no)['refunds']] == [1234]


@pytest.mark.parametrize('fault', NO_ANSWER)
@pytest.mark.parametrize('call', ['close', 'reverse'])
def test_ending_with_a_lost_answer(alipay, control, fault, call):
    """Test that close and reverse may be repeated until they are clear."""
    request = a_charge(control.code('alipay', confirm=True))
    alipay.charge(request)
    control.fault(fault, scope=request.out_trade_no, times=2,
                  operation=call)
    assert getattr(alipay, call)(request.out_trade_no).outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    result = getattr(alipay, call)(request.out_trade_no)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    assert charged(control, request) == 0


def test_gateway_that_is_not_there(make_alipay):
    """Test that what never left this machine is refused at once."""
    shop = make_alipay()
    shop.client.endpoint = 'http://127.0.0.1:9'
    result = shop.charge(a_charge('280000000000000000'))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_SENT)
    assert shop.query('X1').outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    ('fault', 'options', 'copies'),
    [('duplicate', {'copies': 8}, 8), ('late', {'seconds': 0.3}, 1), ('drop', {}, 0),
     ('reorder', {}, 2)],
)
def test_notices_that_come_oddly(alipay, control, server, fault, options, copies):
    """Test that copies are the same notice, and that a query needs none."""
    server.default = answering(b'success', headers={'Content-Type': 'text/plain'})
    order = an_order(notify_url=f'{server.url}/notice')
    alipay.order(order)
    control.fault(fault, scope=order.out_trade_no, operation='notice', **options)
    control.pay(order.out_trade_no)
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID
    limit = time.monotonic() + 5
    while len(server.requests) < copies and time.monotonic() < limit:
        time.sleep(0.05)
    found = [alipay.parse_notice({}, request.body) for request in server.requests]
    outcomes = [notice.payment.outcome for notice in found]
    assert len(outcomes) >= copies
    if fault == 'reorder':
        assert outcomes == [Outcome.PAID, Outcome.WAITING]
    else:
        assert set(outcomes) <= {Outcome.PAID}
        assert len({notice.notice_id for notice in found}) <= 1
