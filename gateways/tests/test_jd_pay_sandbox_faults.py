# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's gateway against the sandbox: every fault of the exchange."""

import pytest
from jd_pay_sandbox import a_charge, a_refund, an_order, paid_order
from sandbox_faults import AFTER, LOST, REFUSED, UNFINISHED, check_lost_charge
from sandbox_shop import until

from gateways.base import Outcome, ReasonKind


@pytest.mark.parametrize('when', ['before', 'after'])
@pytest.mark.parametrize('fault', [*AFTER, 'wrong_amount'])
def test_charge_with_a_lost_answer(jd, control, fault, when):
    """Test that a charge whose answer is lost is unknown, charged at most once, and found."""
    request = a_charge(control.code('jd_pay'))
    check_lost_charge(jd, control, request, fault, when)


@pytest.mark.parametrize('fault', [*AFTER, 'wrong_amount'])
def test_order_with_a_lost_answer(jd, control, fault):
    """Test that an order whose answer is lost is unknown, and found by a query."""
    order = an_order()
    control.fault(fault, operation='order', **LOST.get(fault, {}))
    assert jd.order(order).outcome == Outcome.UNKNOWN
    assert jd.query(order.out_trade_no).outcome == Outcome.WAITING


@pytest.mark.parametrize('fault', [*AFTER, 'wrong_amount'])
def test_refund_with_a_lost_answer(jd, control, fault):
    """Test that a refund whose answer is lost is unknown or found, and is done once."""
    control.set(refund_delay=0)
    order = paid_order(jd, control)
    request = a_refund(order)
    control.fault(fault, scope=order.out_trade_no, operation='refund', **LOST.get(fault, {}))
    result = jd.refund(request)
    if fault in UNFINISHED:  # asked back at once after a complaint
        assert result.outcome in (Outcome.WAITING, Outcome.PAID)
    else:
        assert result.outcome == Outcome.UNKNOWN
    until(
        lambda: jd.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no),
        Outcome.PAID,
    )
    assert len(control.order(order.out_trade_no)['refunds']) == 1


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['query', 'query_refund'])
def test_query_with_a_lost_answer(jd, control, operation, fault):
    """Test that a query whose answer is lost says nothing, and the next one works."""
    control.set(refund_delay=0)
    order = paid_order(jd, control)
    request = a_refund(order)
    jd.refund(request)
    # For ever, since a query whose connection broke is repeated, and another may follow it.
    control.fault(
        fault, scope=order.out_trade_no, operation=operation, times=None, **LOST.get(fault, {})
    )
    ask = {
        'query': lambda: jd.query(order.out_trade_no),
        'query_refund': lambda: jd.query_refund(
            request.out_refund_no, out_trade_no=order.out_trade_no
        ),
    }[operation]
    assert ask().outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    until(ask, Outcome.PAID)


@pytest.mark.parametrize('operation', ['query', 'query_refund'])
def test_stale_answers_only_wait(jd, control, operation):
    """Test that a lagging answer is `waiting`, never refused."""
    control.set(refund_delay=0)
    order = paid_order(jd, control)
    request = a_refund(order)
    jd.refund(request)
    control.fault('stale', scope=order.out_trade_no, operation=operation)
    if operation == 'query':
        assert jd.query(order.out_trade_no).outcome == Outcome.WAITING
    else:
        found = jd.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no)
        assert found.outcome == Outcome.WAITING


def test_query_survives_one_reset(jd, control):
    """Test that a broken connection under a query is mended at once."""
    order = paid_order(jd, control)
    control.fault('reset', scope=order.out_trade_no, operation='query')
    assert jd.query(order.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('fault', REFUSED)
def test_complaints(jd, control, fault):
    """Test that unsigned complaints end an order that nobody has a code of, and no charge."""
    control.fault(fault, operation='order')
    result = jd.order(an_order())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, REFUSED[fault])
    control.fault(fault, operation='charge')
    result = jd.charge(a_charge(control.code('jd_pay')))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, REFUSED[fault])


def test_a_number_used_with_other_content(jd, control):
    """Test that a used number ends nothing: the first order may be open."""
    order = an_order()
    jd.order(order)
    result = jd.order(an_order(out_trade_no=order.out_trade_no, amount=1))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


def test_nothing_was_sent(make_jd, merchants):
    """Test that a connection that was never made refuses orders and charges, not refunds."""
    from gateways.jd_pay import JdPay

    gateway = JdPay(merchants['jd_pay'], endpoint='http://127.0.0.1:1')
    order = an_order()
    assert gateway.order(order).outcome == Outcome.REFUSED
    assert gateway.charge(a_charge('181234567890123456')).outcome == Outcome.REFUSED
    assert gateway.refund(a_refund(order)).outcome == Outcome.UNKNOWN
    assert gateway.query(order.out_trade_no).outcome == Outcome.UNKNOWN
    assert gateway.reverse(order.out_trade_no).outcome == Outcome.UNKNOWN
    assert not gateway.probe().ok
