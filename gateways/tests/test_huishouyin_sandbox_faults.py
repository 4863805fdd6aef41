# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's gateway against the sandbox: every fault of the exchange."""

import contextlib
import time
from datetime import timedelta

import pytest
from gateway_loopback import answering
from huishouyin_sandbox import a_charge, a_refund, an_order, paid_order
from sandbox_faults import (
    AFTER,
    LOST,
    REFUSED,
    charged,
    check_forgetful_query,
    check_lost_charge,
    check_refused_query,
)
from sandbox_shop import until

from gateways import times
from gateways.base import CallFailed, Outcome, ReasonKind, ShopCodeRequest, Wallet

# This gateway looks at the clock, too.
REFUSED = {**REFUSED, 'clock': ReasonKind.CLOCK}

# === FAULTS OF THE EXCHANGE === #


@pytest.mark.parametrize('when', ['before', 'after'])
@pytest.mark.parametrize('fault', AFTER)
def test_charge_with_a_lost_answer(shop, control, fault, when):
    """Test that a charge whose answer is lost is unknown, charged at most once, and found."""
    request = a_charge(control.code('wechat_pay'), wallet=Wallet.WECHAT_PAY)
    check_lost_charge(shop, control, request, fault, when)


@pytest.mark.parametrize('fault', AFTER)
def test_order_with_a_lost_answer(shop, control, fault):
    """Test that an order whose answer is lost is unknown, and found by a query."""
    order = an_order()
    control.fault(fault, operation='order', **LOST.get(fault, {}))
    assert shop.order(order).outcome == Outcome.UNKNOWN
    assert shop.query(order.out_trade_no).outcome == Outcome.WAITING


@pytest.mark.parametrize('fault', AFTER)
def test_refund_with_a_lost_answer(shop, control, fault):
    """Test that a refund whose answer is lost is unknown, then found, and is done once."""
    control.set(refund_delay=0)
    order = paid_order(shop, control)
    request = a_refund(order)
    control.fault(fault, scope=order.out_trade_no, operation='refund', **LOST.get(fault, {}))
    assert shop.refund(request).outcome == Outcome.UNKNOWN
    until(lambda: shop.query_refund(request.out_refund_no), Outcome.PAID)
    assert len(control.order(order.out_trade_no)['refunds']) == 1


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['query', 'query_refund'])
def test_query_with_a_lost_answer(shop, control, operation, fault):
    """Test that a query whose answer is lost says nothing, and the next one works."""
    control.set(refund_delay=0)
    order = paid_order(shop, control)
    request = a_refund(order)
    shop.refund(request)
    # Twice, for a query whose connection broke is repeated by itself.
    control.fault(
        fault, scope=order.out_trade_no, operation=operation, times=2, **LOST.get(fault, {})
    )
    ask = {
        'query': lambda: shop.query(order.out_trade_no),
        'query_refund': lambda: shop.query_refund(
            request.out_refund_no, out_trade_no=order.out_trade_no
        ),
    }[operation]
    assert ask().outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    until(ask, Outcome.PAID)


def test_query_survives_one_reset(shop, control):
    """Test that a broken connection under a query is mended at once."""
    order = paid_order(shop, control)
    control.fault('reset', scope=order.out_trade_no, operation='query')
    assert shop.query(order.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('fault', REFUSED)
@pytest.mark.parametrize('operation', ['order', 'charge'])
def test_refusal(shop, control, operation, fault):
    """Test that signed refusals end an attempt, unsigned ones end no charge."""
    control.fault(fault, operation=operation)
    if operation == 'order':
        result = shop.order(an_order())
    else:
        result = shop.charge(a_charge(control.code('wechat_pay')))
    unsigned = fault in ('unknown_app', 'wrong_key')
    if unsigned and operation == 'charge':
        assert result.outcome == Outcome.UNKNOWN
    else:
        assert result.outcome == Outcome.REFUSED
    assert result.reason.kind == REFUSED[fault]


@pytest.mark.parametrize('fault', REFUSED)
def test_refused_query_ends_nothing(shop, control, fault):
    """Test that a payment does not become refused because our clock is wrong."""
    order = paid_order(shop, control)
    check_refused_query(shop, control, order, fault, REFUSED[fault])


@pytest.mark.parametrize('fault', ['not_found', 'stale'])
def test_gateway_that_forgets_for_a_moment(shop, control, fault):
    """Test that a query that knows less than the last one refuses nothing."""
    order = paid_order(shop, control)
    check_forgetful_query(shop, control, order, fault)


def test_wrong_amount_in_an_answer(shop, control):
    """Test that an answer about another amount shows."""
    order = an_order()
    control.fault('wrong_amount', operation='order', difference=1)
    assert shop.order(order).outcome == Outcome.UNKNOWN
    control.pay(order.out_trade_no)
    control.fault('wrong_amount', scope=order.out_trade_no, operation='query', difference=1)
    assert shop.query(order.out_trade_no).amount == 1235


def test_slow_answer_within_the_limit(shop, control):
    """Test that slow is not lost."""
    control.fault('slow', operation='order', seconds=0.5)
    assert shop.order(an_order()).outcome == Outcome.WAITING


def test_expired_order(shop, control):
    """Test that an order past its time is waiting or refused, as the gateway puts it."""
    control.fault('expire', operation='order', seconds=0)
    order = an_order()
    shop.order(order)
    assert shop.query(order.out_trade_no).outcome == Outcome.WAITING
    control.set(expired_status='Failure')
    result = shop.query(order.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.EXPIRED)


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['shop_code', 'settlements', 'statement'])
def test_service_with_a_lost_answer(shop, control, operation, fault):
    """Test that a service whose answer is lost fails with a reason, and works the next time."""
    now = times.now()
    call = {
        'shop_code': lambda: shop.create_shop_code(ShopCodeRequest('Counter', store_id='S1')),
        'settlements': lambda: shop.settlements(now - timedelta(days=1), now),
        'statement': lambda: shop.statement(now.date()),
    }[operation]
    # Twice, for a call whose connection broke is repeated by itself where that is harmless.
    for _time in range(2):
        control.fault(fault, scope='global', operation=operation, **LOST.get(fault, {}))
    if fault == 'foreign_answer':
        # These answers are about no order: there is nothing to compare but the signature.
        with contextlib.suppress(CallFailed):
            call()
        return
    with pytest.raises(CallFailed) as caught:
        call()
    assert caught.value.reason.kind in (
        ReasonKind.NO_ANSWER,
        ReasonKind.BAD_ANSWER_SIGNATURE,
        ReasonKind.SYSTEM,
    )
    control('DELETE', 'faults')
    call()


def test_user_paying_until_the_phone_confirms(shop, control):
    """Test that a charge that needs a password is waiting for as long as the payer takes."""
    control.fault('user_paying', operation='charge', seconds=0.5)
    request = a_charge(control.code('alipay'), wallet=Wallet.ALIPAY)
    assert shop.charge(request).outcome == Outcome.WAITING
    until(lambda: shop.query(request.out_trade_no), Outcome.PAID)
    assert charged(control, request) == 1


def test_coupon_at_the_till(shop, control):
    """Test that a coupon under a payment code lowers what the payer pays, not what is owed."""
    control.fault('coupon', operation='charge', coupon=34)
    request = a_charge(control.code('wechat_pay'))
    assert shop.charge(request).amount == 1234
    result = shop.query(request.out_trade_no)
    assert (result.amount, result.payer_amount) == (1234, 1200)


@pytest.mark.parametrize(
    ('fault', 'options', 'copies'),
    [('duplicate', {'copies': 8}, 8), ('late', {'seconds': 0.5}, 1), ('drop', {}, 0)],
)
def test_notices_that_come_oddly(shop, control, server, fault, options, copies):
    """Test that each copy of a notice is the same notice, and that a query needs none."""
    server.default = answering(b'success', headers={'Content-Type': 'text/plain'})
    order = an_order(notify_url=f'{server.url}/notice')
    shop.order(order)
    control.fault(fault, scope=order.out_trade_no, operation='notice', **options)
    control.pay(order.out_trade_no)
    assert shop.query(order.out_trade_no).outcome == Outcome.PAID
    limit = time.monotonic() + 5
    while len(server.requests) < copies and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(server.requests) >= copies
    for request in server.requests:
        assert shop.parse_notice(request.headers, request.body).payment.outcome == Outcome.PAID
