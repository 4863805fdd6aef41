# Part of payment_cn_wallets. License LGPL-3.
"""Every gateway, scene and call against every fault of the sandbox: the outcome and the ledger.

Whatever strikes a call, three things hold. What the gateway reports is never contradicted by the
ledger: paid means charged, refused means that no money is held. Once the fault is gone, asking
brings out the truth. And the payer was charged once at most, and got back what was given back once.
"""

import pytest
from every_gateway import (
    AMOUNT,
    CODES,
    DOOR,
    LOST,
    NO_CLOCK,
    channels,
    ids,
    offering,
    struck,
    undo,
    until,
)

from gateways.base import Operation, Outcome, ReasonKind

UNKNOWN, WAITING, PAID, REFUSED = (
    Outcome.UNKNOWN, Outcome.WAITING, Outcome.PAID, Outcome.REFUSED
)
# Struck by their own tests: here, below, and in the other files `test_every_gateway_*.py`.
OTHERS = {
    'slow', 'wrong_amount', 'not_found', 'stale', 'user_paying', 'payer_cancels',
    'wrong_password', 'no_balance', 'bad_code', 'expire', 'coupon', 'refund_stuck', 'refund_fails',
    'refund_refused', 'reverse_stuck', 'drop', 'duplicate', 'late', 'reorder', 'forge', 'extra_row', 'missing_row',
    'differing_amount', 'differing_fee', 'moved_columns',
}  # fmt: skip


def test_no_fault_is_left_out(sandbox):
    """Test that the sandbox has no fault that none of these tests strikes with."""
    assert set(sandbox('GET', 'faults')['catalogue']) == {*LOST, *DOOR, *OTHERS}


# === ORDERS AND CHARGES === #


every_order = pytest.mark.parametrize(
    ('channel', 'fault'), struck(channels(charge=False), LOST, whole=True), ids=ids
)
every_charge = pytest.mark.parametrize(
    ('channel', 'fault'),
    struck(channels(charge=True), LOST, whole=True, always=('timeout', 'http_5xx')), ids=ids,
)


@every_order
def test_order_with_a_lost_answer(shops, channel, fault):
    """Test that an order that was placed, though we were not told, is found and paid once."""
    code, wallet, scene = channel
    shop = shops[code]
    order = shop.an_order(wallet, scene)
    result = shop.spoil(fault, 'order').order(order)
    shop.mend()
    expected = {UNKNOWN}
    if (code, fault) == ('wechat_pay', 'foreign_answer'):
        expected = {WAITING}  # no number in this answer: nothing to compare
    elif (code, fault) == ('qq_wallet', 'data_error'):
        expected = {REFUSED}  # signed, with a code of no document: nobody holds a code to pay
    assert result.outcome in expected, result
    assert (result.reason is None) == (result.outcome == WAITING)
    assert shop.books(order).charges == []
    shop.control.pay(order.out_trade_no)
    found = shop.gateway.query(order.out_trade_no)
    assert (found.outcome, found.amount) == (PAID, AMOUNT)
    assert shop.gateway.order(order).outcome != WAITING, "a number that was paid is not for sale"
    assert shop.books(order).charges == [AMOUNT]


@pytest.mark.parametrize('when', ['before', 'after'])
@every_charge
def test_charge_with_a_lost_answer(shops, channel, fault, when):
    """Test that it is unknown, that asking ends it, and that undoing it leaves nothing held."""
    code, wallet, _scene = channel
    shop = shops[code]
    charge = shop.a_charge(wallet)
    result = shop.spoil(fault, 'charge', when=when).charge(charge)
    shop.mend()
    assert (result.outcome, result.closed) == (UNKNOWN, False), result
    assert result.reason
    books = shop.books(charge)
    assert (books.known, books.charges) == ((True, [AMOUNT]) if when == 'after' else (False, []))
    found = shop.gateway.query(charge.out_trade_no)
    if when == 'before':
        assert (found.outcome, found.reason.kind) == (UNKNOWN, ReasonKind.NOT_FOUND)
        return
    assert (found.outcome, found.amount) == (PAID, AMOUNT)
    undo(shop, charge)
    books = shop.books(charge)
    assert (books.charges, books.refunds, books.held) == ([AMOUNT], [AMOUNT], 0)


@pytest.mark.parametrize('operation', ['order', 'charge'])
@pytest.mark.parametrize(('code', 'fault'), struck(CODES, DOOR, whole=True))
def test_turned_away_at_the_door(shops, code, fault, operation):
    """Test that nothing is booked, and that only what is certain is called refused."""
    shop = shops[code]
    request = shop.an_order() if operation == 'order' else shop.a_charge()
    result = getattr(shop.spoil(fault, operation, when='before'), operation)(request)
    shop.mend()
    books = shop.books(request)
    if fault == 'clock' and code in NO_CLOCK:
        assert result.outcome == (WAITING if operation == 'order' else PAID)
        return
    assert result.outcome in (REFUSED, UNKNOWN), result
    assert result.reason.kind not in (ReasonKind.OTHER, ReasonKind.NO_ANSWER)
    assert (books.known, books.held) == (False, 0)
    if operation == 'order':
        assert result.outcome == REFUSED, "nobody holds a code: the shopper need not wait"


# === QUESTIONS === #


@pytest.mark.parametrize('operation', ['query', 'query_refund'])
@pytest.mark.parametrize(('code', 'fault'), struck(CODES, ['not_found', *LOST, *DOOR]))
def test_question_without_an_answer(shops, code, operation, fault):
    """Test that a question that failed says nothing about the money, and the next one does."""
    shop = shops[code]
    order = shop.paid()
    refund = shop.a_refund(order)
    if operation == 'query_refund':
        shop.gateway.refund(refund)

    def ask(gateway):
        if operation == 'query':
            return gateway.query(order.out_trade_no)
        return gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no)

    result = ask(shop.spoil(fault, operation))
    shop.mend()
    if not (fault == 'clock' and code in NO_CLOCK):
        assert result.outcome == UNKNOWN, result
        assert result.reason
    found = until(lambda: ask(shop.gateway), PAID)
    assert found.amount == AMOUNT
    assert shop.books(order).charges == [AMOUNT]


@pytest.mark.parametrize('code', CODES)
def test_stale_and_wrong_answers_to_a_query(shops, code):
    """Test that an old state only waits, and that another amount is there to be compared."""
    shop = shops[code]
    order = shop.paid()
    assert shop.spoil('stale', 'query').query(order.out_trade_no).outcome == WAITING
    shop.mend()
    gateway = shop.spoil('wrong_amount', 'query', difference=1)
    assert gateway.query(order.out_trade_no).amount in (AMOUNT + 1, None)
    shop.mend()
    refund = shop.a_refund(order)
    shop.gateway.refund(refund)
    result = shop.spoil('stale', 'query_refund').query_refund(
        refund.out_refund_no, out_trade_no=order.out_trade_no
    )
    assert result.outcome in (WAITING, UNKNOWN)
    shop.mend()
    until(
        lambda: shop.gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no),
        PAID,
    )


@pytest.mark.parametrize('operation', ['order', 'charge', 'query'])
@pytest.mark.parametrize('code', CODES)
def test_slow_is_not_lost(shops, code, operation):
    """Test that an answer that comes late, but in time, counts."""
    shop = shops[code]
    gateway = shop.spoil('slow', operation, seconds=0.1)
    if operation == 'charge':
        assert gateway.charge(shop.a_charge()).outcome == PAID
    elif operation == 'order':
        assert gateway.order(shop.an_order()).outcome == WAITING
    else:
        assert gateway.query(shop.paid().out_trade_no).outcome == PAID


# === ENDING === #


@pytest.mark.parametrize(('code', 'fault'), struck(offering(Operation.CLOSE), LOST))
def test_close_with_a_lost_answer(shops, code, fault):
    """Test that an order is closed once, and holds nothing, however often that is asked."""
    shop = shops[code]
    order = shop.an_order()
    shop.gateway.order(order)
    shop.control.pay(order.out_trade_no, outcome='cancel')  # scanned, so that there is a trade
    result = shop.spoil(fault, 'close').close(order.out_trade_no)
    shop.mend()
    if (code, fault) != ('wechat_pay', 'foreign_answer'):  # a 204, with nothing in it to compare
        assert (result.outcome, result.closed) == (UNKNOWN, False), result
    for _again in range(2):
        result = shop.gateway.close(order.out_trade_no)
        assert (result.outcome, result.closed) == (REFUSED, True)
    assert shop.books(order).charges == []
    assert shop.gateway.query(order.out_trade_no).closed


@pytest.mark.parametrize('payer', ['paid', 'typing'])
@pytest.mark.parametrize(('code', 'fault'), struck(offering(Operation.REVERSE), LOST))
def test_reverse_with_a_lost_answer(shops, code, payer, fault):
    """Test that the money goes back once, and an unpaid charge can't be paid any more."""
    shop = shops[code]
    charge = shop.a_charge(confirm=payer == 'typing')
    assert shop.gateway.charge(charge).outcome == (PAID if payer == 'paid' else WAITING)
    result = shop.spoil(fault, 'reverse').reverse(charge.out_trade_no)
    shop.mend()
    if result.outcome != UNKNOWN:  # found out by asking at once
        assert (result.outcome, result.closed) == (REFUSED, True)
        assert shop.books(charge).held == 0
    for _again in range(2):
        until(lambda: shop.gateway.reverse(charge.out_trade_no), REFUSED)
    books = shop.books(charge)
    assert (books.charges, books.refunds) == (([AMOUNT],) * 2 if payer == 'paid' else ([], []))


# === REFUNDS === #


@pytest.mark.parametrize(
    ('code', 'fault'), struck(CODES, [*LOST, 'wrong_amount'], whole=True)
)
def test_refund_with_a_lost_answer(shops, code, fault):
    """Test that a refund is done once, though it was asked for again under the same number."""
    shop = shops[code]
    order = shop.paid()
    refund = shop.a_refund(order, 234)
    result = shop.spoil(fault, 'refund').refund(refund)
    shop.mend()
    assert result.outcome in (UNKNOWN, WAITING, PAID), result
    shop.gateway.refund(refund)
    found = until(
        lambda: shop.gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no),
        PAID,
    )
    assert found.amount == 234
    books = shop.books(order)
    assert (books.charges, books.refunds) == ([AMOUNT], [234])


@pytest.mark.parametrize(('code', 'fault'), struck(CODES, DOOR))
def test_refund_turned_away_at_the_door(shops, code, fault):
    """Test that nothing goes back, and that the number works once the cause is gone."""
    shop = shops[code]
    order = shop.paid()
    refund = shop.a_refund(order)
    result = shop.spoil(fault, 'refund', when='before').refund(refund)
    shop.mend()
    if not (fault == 'clock' and code in NO_CLOCK):
        assert result.outcome in (REFUSED, UNKNOWN), result
        assert shop.books(order).refunds == []
    shop.gateway.refund(refund)
    until(
        lambda: shop.gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no),
        PAID,
    )
    assert shop.books(order).refunds == [AMOUNT]
