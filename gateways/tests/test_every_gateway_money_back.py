# Part of payment_cn_wallets. License LGPL-3.
"""Every gateway and money that goes back without the shop's refund: by its console, by a reversal."""

import pytest
from every_gateway import AMOUNT, CODES, offering, until

from gateways.base import Operation, Outcome, UnsupportedOperation

# What a query tells of a payment that was refunded in the console. WeChat Pay's REFUND does not say
# how much, Alipay says nothing of a part, Huishouyin has no field for it at all.
TELL_THE_WHOLE = {
    'wechat_pay': (Outcome.PAID, True, None),
    'alipay': (Outcome.REFUSED, True, AMOUNT),
    'qq_wallet': (Outcome.PAID, True, AMOUNT),
    'jd_pay': (Outcome.PAID, True, AMOUNT),
    'huishouyin': (Outcome.PAID, False, None),
}
TELL_A_PART = {
    'wechat_pay': (Outcome.PAID, True, None),
    'alipay': (Outcome.PAID, False, None),
    'qq_wallet': (Outcome.PAID, True, 234),
    'jd_pay': (Outcome.PAID, True, 234),
    'huishouyin': (Outcome.PAID, False, None),
}


def told(result):
    return result.outcome, result.refunded, result.refunded_amount


def in_console(shop, order, amount):
    return shop.control(
        'POST', 'console-refunds', {'out_trade_no': order.out_trade_no, 'amount': amount}
    )


@pytest.mark.parametrize('code', CODES)
def test_all_goes_back_in_the_console(shops, code):
    """Test that a query does not call it simply paid, where the protocol can tell."""
    shop = shops[code]
    order = shop.paid()
    assert told(shop.gateway.query(order.out_trade_no)) == (Outcome.PAID, False, None)
    in_console(shop, order, AMOUNT)
    assert shop.books(order).held == 0
    result = shop.gateway.query(order.out_trade_no)
    assert told(result) == TELL_THE_WHOLE[code]
    assert result.amount == AMOUNT


@pytest.mark.parametrize('code', CODES)
def test_a_part_goes_back_in_the_console(shops, code):
    """Test that the parts are added up, where the protocol tells them."""
    shop = shops[code]
    order = shop.paid()
    for amount in (200, 34):
        in_console(shop, order, amount)
    assert shop.books(order).held == AMOUNT - 234
    result = shop.gateway.query(order.out_trade_no)
    assert told(result) == TELL_A_PART[code]
    assert result.amount == AMOUNT


@pytest.mark.parametrize('code', offering(Operation.QUERY_REVERSAL))
def test_a_paid_charge_that_was_reversed(shops, code):
    """Test that a reversal can be asked about, before and after, without making one."""
    shop = shops[code]
    charge = shop.a_charge()
    assert shop.gateway.charge(charge).outcome == Outcome.PAID
    before = shop.gateway.query_reversal(charge.out_trade_no)
    assert (*told(before), before.reversing) == (Outcome.PAID, False, None, False)
    assert shop.books(charge).held == AMOUNT
    until(lambda: shop.gateway.reverse(charge.out_trade_no), Outcome.REFUSED)
    after = shop.gateway.query_reversal(charge.out_trade_no)
    assert (after.outcome, after.closed, after.reversing) == (Outcome.REFUSED, True, False)
    assert len(shop.books(charge).refunds) == 1
    assert shop.books(charge).held == 0


@pytest.mark.parametrize('code', offering(Operation.QUERY_REVERSAL))
def test_a_reversal_whose_money_takes_time(shops, code):
    """Test that it is not called done before it is, and that JD Pay's own number tells it apart."""
    shop = shops[code]
    charge = shop.a_charge()
    shop.control.fault('reverse_stuck', charge.out_trade_no)
    assert shop.gateway.charge(charge).outcome == Outcome.PAID
    taken = shop.gateway.reverse(charge.out_trade_no)
    assert taken.outcome == Outcome.UNKNOWN
    [refund] = shop.control.order(charge.out_trade_no)['refunds']
    asked = {'reversal_number': taken.reversal_number}
    meanwhile = shop.gateway.query_reversal(charge.out_trade_no, **asked)
    if code == 'jd_pay':
        assert taken.reversal_number == refund['out_refund_no']
        assert (meanwhile.outcome, meanwhile.reversing) == (Outcome.UNKNOWN, True)
    else:
        assert (meanwhile.outcome, meanwhile.closed) == (Outcome.PAID, False)
        assert shop.gateway.reverse(charge.out_trade_no).outcome == Outcome.UNKNOWN
    shop.control('POST', 'refunds', {'out_refund_no': refund['out_refund_no']})
    until(lambda: shop.gateway.query_reversal(charge.out_trade_no, **asked), Outcome.REFUSED)
    assert shop.books(charge).refunds == [AMOUNT]


@pytest.mark.parametrize('code', offering(Operation.QUERY_REVERSAL))
def test_an_unpaid_charge_that_was_reversed(shops, code):
    """Test that nothing is said to have gone back."""
    shop = shops[code]
    charge = shop.a_charge(confirm=True)
    assert shop.gateway.charge(charge).outcome == Outcome.WAITING
    assert shop.gateway.query_reversal(charge.out_trade_no).outcome == Outcome.WAITING
    until(lambda: shop.gateway.reverse(charge.out_trade_no), Outcome.REFUSED)
    after = shop.gateway.query_reversal(charge.out_trade_no)
    assert (after.outcome, after.closed, after.refunded) == (Outcome.REFUSED, True, False)


@pytest.mark.parametrize('code', sorted(set(CODES) - set(offering(Operation.QUERY_REVERSAL))))
def test_no_reversal_no_question(shops, code):
    """Test that who can't reverse can't be asked about it."""
    assert not shops[code].has(Operation.REVERSE)
    with pytest.raises(UnsupportedOperation):
        shops[code].gateway.query_reversal('T1')
