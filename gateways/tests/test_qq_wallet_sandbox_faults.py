# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's gateway against the sandbox: every fault of the exchange."""

import time

import pytest
from gateway_loopback import answering
from qq_wallet_sandbox import a_refund, an_order, charge, paid
from sandbox_faults import (
    AFTER,
    LOST,
    REFUSED,
    check_forgetful_query,
    check_lost_charge,
    check_refused_query,
)
from sandbox_shop import until

from gateways import times
from gateways.base import CallFailed, Outcome, ReasonKind

SIGNED_REFUSALS = {
    'missing_parameter': ReasonKind.PARAMETER, 'invalid_parameter': ReasonKind.PARAMETER,
    'not_approved': ReasonKind.NOT_ENABLED, 'not_enabled': ReasonKind.NOT_ENABLED,
}  # fmt: skip


def lose(control, fault, operation, times_=1, **options):
    control.fault(fault, operation=operation, times=times_, **{**LOST.get(fault, {}), **options})


@pytest.mark.parametrize('when', ['before', 'after'])
@pytest.mark.parametrize('fault', AFTER)
def test_charge_with_a_lost_answer(qq, control, fault, when):
    """Test that a charge whose answer is lost is unknown, charged at most once, and found."""
    request = charge(control)
    check_lost_charge(qq, control, request, fault, when)


@pytest.mark.parametrize('fault', AFTER)
def test_order_with_a_lost_answer(qq, control, fault):
    """Test that an order whose answer is lost is found by a query, unless it was refused.

    An unlisted code is a refusal of an order: nobody holds a code to pay.
    """
    order = an_order()
    lose(control, fault, 'order')
    expected = Outcome.REFUSED if fault == 'data_error' else Outcome.UNKNOWN
    assert qq.order(order).outcome == expected
    assert qq.query(order.out_trade_no).outcome == Outcome.WAITING


@pytest.mark.parametrize('fault', AFTER)
def test_refund_with_a_lost_answer(qq, control, fault):
    """Test that a refund whose answer is lost is unknown, then found, and is done once."""
    control.set(refund_delay=0)
    order = paid(qq, control)
    request = a_refund(order)
    # Twice, for a refund whose connection broke is repeated by itself, under the same number.
    lose(control, fault, 'refund', 2, scope=order.out_trade_no)
    assert qq.refund(request).outcome == Outcome.UNKNOWN
    until(lambda: qq.query_refund(request.out_refund_no), Outcome.PAID)
    assert len(control.order(order.out_trade_no)['refunds']) == 1


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['close', 'reverse'])
def test_end_with_a_lost_answer(qq, control, operation, fault):
    """Test that a close or reverse whose answer is lost is unknown, and the next one tells."""
    if operation == 'close':
        request = an_order()
        qq.order(request)
    else:
        request = charge(control)
        qq.charge(request)
    number = request.out_trade_no
    lose(control, fault, operation, 2, scope=number)
    result = getattr(qq, operation)(number)
    assert (result.outcome, result.closed) == (Outcome.UNKNOWN, False)
    control('DELETE', 'faults')
    result = getattr(qq, operation)(number)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    assert len(control.order(number)['refunds']) == (operation == 'reverse')


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['query', 'query_refund'])
def test_query_with_a_lost_answer(qq, control, operation, fault):
    """Test that a query whose answer is lost says nothing, and the next one works."""
    control.set(refund_delay=0)
    order = paid(qq, control)
    request = a_refund(order)
    qq.refund(request)
    lose(control, fault, operation, 2, scope=order.out_trade_no)
    ask = {
        'query': lambda: qq.query(order.out_trade_no),
        'query_refund': lambda: qq.query_refund(request.out_refund_no),
    }[operation]
    assert ask().outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    until(ask, Outcome.PAID)


@pytest.mark.parametrize('fault', [fault for fault in LOST if fault != 'truncated'])
def test_statement_with_a_lost_answer(qq, control, fault):
    """Test that a statement whose answer is lost fails with a reason, and comes the next time.

    A file that was cut before it was sent shows in its totals only: it is not signed.
    """
    today = times.now().date()
    lose(control, fault, 'statement', 2, scope='global')
    if fault == 'oversized':  # 20 MB of blanks are no statement either
        control('DELETE', 'faults')
        lose(control, fault, 'statement', 2, scope='global', bytes=100_000)
    with pytest.raises(CallFailed) as caught:
        qq.statement(today)
    assert caught.value.reason.kind == ReasonKind.NO_ANSWER
    control('DELETE', 'faults')
    assert qq.statement(today).content


@pytest.mark.parametrize('fault', REFUSED)
@pytest.mark.parametrize('operation', ['order', 'charge'])
def test_refusal(qq, control, operation, fault):
    """Test that signed refusals end an attempt, unsigned ones end no charge."""
    request = an_order() if operation == 'order' else charge(control)
    control.fault(fault, operation=operation)
    result = getattr(qq, operation)(request)
    doubted = operation == 'charge' and fault not in SIGNED_REFUSALS
    assert result.outcome == (Outcome.UNKNOWN if doubted else Outcome.REFUSED)
    assert result.reason.kind == REFUSED[fault]


@pytest.mark.parametrize('fault', REFUSED)
def test_refused_query_ends_nothing(qq, control, fault):
    """Test that a payment does not become refused because of our settings."""
    order = paid(qq, control)
    check_refused_query(qq, control, order, fault, REFUSED[fault])


@pytest.mark.parametrize('fault', ['not_found', 'stale'])
def test_gateway_that_forgets_for_a_moment(qq, control, fault):
    """Test that a query that knows less than the last one refuses nothing."""
    order = paid(qq, control)
    check_forgetful_query(qq, control, order, fault)


def test_wrong_amount_in_an_answer(qq, control):
    """Test that an answer about another amount shows."""
    order = paid(qq, control)
    control.fault('wrong_amount', scope=order.out_trade_no, operation='query', difference=1)
    assert qq.query(order.out_trade_no).amount == 1235
    control.fault('wrong_amount', scope=order.out_trade_no, operation='refund', difference=1)
    assert qq.refund(a_refund(order)).outcome == Outcome.UNKNOWN


def test_slow_answer_within_the_limit(qq, control):
    """Test that slow is not lost."""
    control.fault('slow', operation='order', seconds=0.5)
    assert qq.order(an_order()).outcome == Outcome.WAITING


def test_expired_order(qq, control):
    """Test that an order past its time is waiting or closed, as the gateway puts it."""
    control.fault('expire', operation='order', seconds=0)
    order = an_order()
    qq.order(order)
    assert qq.query(order.out_trade_no).outcome == Outcome.WAITING
    control.set(expired_status='Failure')
    result = qq.query(order.out_trade_no)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)


def test_coupon_at_the_till(qq, control):
    """Test that a coupon lowers what the payer pays, not what is owed."""
    request = charge(control)
    control.fault('coupon', operation='charge', coupon=34)
    result = qq.charge(request)
    assert (result.amount, result.payer_amount) == (1234, 1200)


def test_number_used_with_other_content(qq, control):
    """Test that a number that was used ends nothing, whatever it was used for."""
    first = an_order()
    qq.order(first)
    result = qq.order(an_order(out_trade_no=first.out_trade_no, amount=1))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


@pytest.mark.parametrize(
    ('fault', 'options', 'copies'),
    [('duplicate', {'copies': 8}, 8), ('late', {'seconds': 0.5}, 1), ('drop', {}, 0)],
)
def test_notices_that_come_oddly(qq, control, server, fault, options, copies):
    """Test that each copy of a notice is the same notice, and that a query needs none."""
    server.default = answering(qq.notice_reply(True).body)
    order = an_order(notify_url=f'{server.url}/notice')
    qq.order(order)
    control.fault(fault, scope=order.out_trade_no, operation='notice', **options)
    control.pay(order.out_trade_no)
    assert qq.query(order.out_trade_no).outcome == Outcome.PAID
    limit = time.monotonic() + 5
    while len(server.requests) < copies and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(server.requests) >= copies
    for request in server.requests:
        assert qq.parse_notice(request.headers, request.body).payment.outcome == Outcome.PAID


def test_reordered_notices(qq, control, server):
    """Test that an earlier state that arrives later says that it is no payment."""
    server.default = answering(qq.notice_reply(True).body)
    order = an_order(notify_url=f'{server.url}/notice')
    qq.order(order)
    control.fault('reorder', scope=order.out_trade_no, operation='notice')
    control.pay(order.out_trade_no)
    limit = time.monotonic() + 5
    while len(server.requests) < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    outcomes = [qq.parse_notice({}, request.body).payment.outcome for request in server.requests]
    assert outcomes == [Outcome.PAID, Outcome.WAITING]
