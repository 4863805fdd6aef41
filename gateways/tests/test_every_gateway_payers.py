# Part of payment_cn_wallets. License LGPL-3.
"""Every gateway and what payers, coupons and refunds do: the outcome and the ledger."""

import urllib.error

import pytest
from every_gateway import AMOUNT, CODES, channels, ids, offering, until

from gateways.base import Operation, Outcome, ReasonKind

every_gateway = pytest.mark.parametrize('code', CODES)
every_scene = pytest.mark.parametrize('channel', channels(charge=False), ids=ids)
every_charge = pytest.mark.parametrize('channel', channels(charge=True), ids=ids)


def cannot_be_paid(shop, order):
    """Whether the payer's phone is told that it is too late."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        shop.control.pay(order.out_trade_no)
    return caught.value.code == 409 and shop.books(order).charges == []


# === PAYERS === #


@every_charge
def test_payer_must_type_the_password(shops, channel):
    """Test that the till waits, through a wrong password too, until the money is there once."""
    shop = shops[channel[0]]
    charge = shop.a_charge(channel[1])
    shop.control.fault('user_paying', charge.out_trade_no)
    result = shop.gateway.charge(charge)
    assert (result.outcome, result.closed) == (Outcome.WAITING, False)
    for outcome in ('wrong_password', 'pay'):
        assert shop.gateway.query(charge.out_trade_no).outcome == Outcome.WAITING
        assert shop.books(charge).charges == []
        shop.control.pay(charge.out_trade_no, outcome=outcome)
    found = shop.gateway.query(charge.out_trade_no)
    assert (found.outcome, found.amount) == (Outcome.PAID, AMOUNT)
    assert shop.books(charge).charges == [AMOUNT]


@pytest.mark.parametrize(
    ('fault', 'outcome'), [('payer_cancels', Outcome.REFUSED), ('wrong_password', Outcome.PAID)]
)
@every_gateway
def test_payer_cancels_or_mistypes(shops, code, fault, outcome):
    """Test that a cancelled charge holds nothing, and one that was mistyped first is paid once."""
    shop = shops[code]
    charge = shop.a_charge()
    shop.control.fault(fault, charge.out_trade_no, seconds=0.05)
    assert shop.gateway.charge(charge).outcome == Outcome.WAITING
    until(lambda: shop.gateway.query(charge.out_trade_no), outcome)
    if outcome == Outcome.REFUSED:
        assert cannot_be_paid(shop, charge)
    else:
        assert shop.books(charge).charges == [AMOUNT]


@pytest.mark.parametrize('code', offering(Operation.REVERSE))
def test_payer_never_decides(shops, code):
    """Test that the till's reverse ends it, and that the phone comes too late."""
    shop = shops[code]
    charge = shop.a_charge(confirm=True)
    assert shop.gateway.charge(charge).outcome == Outcome.WAITING
    result = shop.gateway.reverse(charge.out_trade_no)
    assert (result.outcome, result.closed, result.refunded) == (Outcome.REFUSED, True, False)
    assert cannot_be_paid(shop, charge)
    found = shop.gateway.query(charge.out_trade_no)
    assert (found.outcome, found.closed) == (Outcome.REFUSED, True)


@pytest.mark.parametrize('fault', ['no_balance', 'bad_code'])
@every_charge
def test_charge_that_the_wallet_declines(shops, channel, fault):
    """Test that a signed no is one, and that the number holds nothing for good."""
    shop = shops[channel[0]]
    charge = shop.a_charge(channel[1])
    shop.control.fault(fault, charge.out_trade_no)
    result = shop.gateway.charge(charge)
    assert result.outcome == Outcome.REFUSED, result
    assert result.reason.kind in (ReasonKind.DECLINED, ReasonKind.BAD_CODE)
    assert cannot_be_paid(shop, charge)
    assert shop.gateway.query(charge.out_trade_no).outcome != Outcome.PAID


@every_charge
def test_the_same_charge_twice(shops, channel):
    """Test that a number charges once, whoever sends it again."""
    shop = shops[channel[0]]
    charge = shop.a_charge(channel[1])
    assert shop.gateway.charge(charge).outcome == Outcome.PAID
    again = shop.gateway.charge(charge)
    assert again.outcome in (Outcome.PAID, Outcome.UNKNOWN), again
    assert shop.gateway.query(charge.out_trade_no).outcome == Outcome.PAID
    assert shop.books(charge).charges == [AMOUNT]


@every_scene
def test_payer_cancels_the_page_and_pays_after_all(shops, channel):
    """Test that a page that was left ends nothing."""
    code, wallet, scene = channel
    shop = shops[code]
    order = shop.an_order(wallet, scene)
    assert shop.gateway.order(order).outcome == Outcome.WAITING
    shop.control.pay(order.out_trade_no, outcome='cancel')
    assert shop.gateway.query(order.out_trade_no).outcome == Outcome.WAITING
    shop.control.pay(order.out_trade_no)
    assert shop.gateway.query(order.out_trade_no).outcome == Outcome.PAID
    assert shop.books(order).charges == [AMOUNT]


@every_gateway
def test_order_past_its_time(shops, code):
    """Test that it can't be paid, and is never reported as paid."""
    shop = shops[code]
    order = shop.an_order()
    shop.control.fault('expire', order.out_trade_no, seconds=0)
    shop.gateway.order(order)
    assert shop.gateway.query(order.out_trade_no).outcome != Outcome.PAID
    assert cannot_be_paid(shop, order)


# === COUPONS === #


@every_scene
def test_coupon_in_every_scene(shops, channel):
    """Test that the shop is owed the whole, whatever the payer paid of it."""
    code, wallet, scene = channel
    shop = shops[code]
    order = shop.an_order(wallet, scene)
    shop.control.fault('coupon', order.out_trade_no, coupon=34)
    shop.gateway.order(order)
    shop.control.pay(order.out_trade_no)
    found = shop.gateway.query(order.out_trade_no)
    assert (found.outcome, found.amount, found.payer_amount) == (Outcome.PAID, AMOUNT, AMOUNT - 34)


@every_charge
def test_coupon_under_a_payment_code(shops, channel):
    """Test the same at the till, in the answer to the charge and to the query."""
    shop = shops[channel[0]]
    charge = shop.a_charge(channel[1])
    shop.control.fault('coupon', charge.out_trade_no, coupon=34)
    result = shop.gateway.charge(charge)
    assert (result.outcome, result.amount) == (Outcome.PAID, AMOUNT)
    found = shop.gateway.query(charge.out_trade_no)
    assert (found.amount, found.payer_amount) == (AMOUNT, AMOUNT - 34)
    assert shop.books(charge).charges == [AMOUNT]


# === REFUNDS === #


@every_gateway
def test_refund_that_stays_in_processing(shops, code):
    """Test that it is not taken for done, nor done again, until it is done."""
    shop = shops[code]
    order = shop.paid()
    refund = shop.a_refund(order, 1000)
    shop.control.fault('refund_stuck', order.out_trade_no)

    def ask():
        return shop.gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no)

    for _again in range(2):
        assert shop.gateway.refund(refund).outcome in (Outcome.WAITING, Outcome.UNKNOWN)
        assert ask().outcome in (Outcome.WAITING, Outcome.UNKNOWN)
    assert shop.books(order).refunds == [1000]
    shop.control('POST', 'refunds', {'out_refund_no': refund.out_refund_no})
    done = ask()
    assert (done.outcome, done.amount) == (Outcome.PAID, 1000)
    assert shop.books(order).refunds == [1000]


@every_gateway
def test_refund_that_ends_in_failure(shops, code):
    """Test that the payer got nothing, and that the money can go back under another number."""
    shop = shops[code]
    order = shop.paid()
    refund, other = shop.a_refund(order), shop.a_refund(order)
    shop.control.fault('refund_fails', order.out_trade_no)
    shop.gateway.refund(refund)

    def ask(request):
        return shop.gateway.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no)

    if code == 'alipay':  # its refunds have no state: one that failed is one that is not there
        assert ask(refund).reason.kind == ReasonKind.NOT_FOUND
    else:
        until(lambda: ask(refund), Outcome.REFUSED)
    assert shop.books(order).refunds == []
    shop.gateway.refund(other)
    until(lambda: ask(other), Outcome.PAID)
    assert shop.books(order).refunds == [AMOUNT]


@every_gateway
def test_refund_that_is_refused(shops, code):
    """Test that a refusal is one, and leaves the money where it is."""
    shop = shops[code]
    order = shop.paid()
    shop.control.fault('refund_refused', order.out_trade_no)
    result = shop.gateway.refund(shop.a_refund(order))
    assert result.outcome == Outcome.REFUSED
    assert result.reason
    books = shop.books(order)
    assert (books.held, books.refunds) == (AMOUNT, [])


@every_gateway
def test_refunds_never_exceed_the_payment(shops, code):
    """Test parts until nothing is left, and one more."""
    shop = shops[code]
    order = shop.paid()
    for part in (1000, 234):
        refund = shop.a_refund(order, part)
        shop.gateway.refund(refund)
        until(
            lambda number=refund.out_refund_no: shop.gateway.query_refund(
                number, out_trade_no=order.out_trade_no
            ),
            Outcome.PAID,
        )
    result = shop.gateway.refund(shop.a_refund(order, 1))
    assert result.outcome in (Outcome.REFUSED, Outcome.UNKNOWN), result
    books = shop.books(order)
    assert (books.refunds, books.held) == ([1000, 234], 0)
