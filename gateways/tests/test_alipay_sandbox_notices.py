# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's gateway against the sandbox: notices as the shop gets them, and the day's bill."""

import time
from datetime import date

import pytest
from alipay_sandbox import a_refund, an_order, paid_order
from gateway_loopback import Loopback, answering

from gateways import times
from gateways.alipay import statement
from gateways.base import CallFailed, NoticeRejected, Outcome, ReasonKind

# === NOTICES === #


@pytest.fixture
def inbox():
    """A notice address that acknowledges."""
    server = Loopback(default=answering(b'success', headers={'Content-Type': 'text/plain'}))
    yield server
    server.stop()


def received(inbox, count=1):
    limit = time.monotonic() + 5
    while len(inbox.requests) < count and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(inbox.requests) >= count
    return inbox.requests


@pytest.mark.parametrize('merchant', ['alipay', 'alipay_certificate'])
def test_notices_of_payment_and_refunds(make_alipay, control, inbox, merchant):
    """Test that payment, part and rest each tell what they are."""
    shop = make_alipay(merchant)
    order = paid_order(shop, control, notify_url=f'{inbox.url}/notice', attach='till=1&x=中')
    payment = shop.parse_notice({}, received(inbox)[0].body)
    assert (payment.kind, payment.payment.outcome) == ('payment', Outcome.PAID)
    assert (payment.payment.amount, payment.payment.out_trade_no) == (1234, order.out_trade_no)
    assert payment.merchant == {name: shop.credentials[name] for name in shop.merchant_fields}
    assert payment.notice_id
    part, rest = a_refund(order, amount=234), a_refund(order, amount=1000)
    shop.refund(part)
    notice = shop.parse_notice({}, received(inbox, 2)[1].body)
    assert (notice.kind, notice.refund.out_refund_no) == ('refund', part.out_refund_no)
    shop.refund(rest)
    notice = shop.parse_notice({}, received(inbox, 3)[2].body)
    assert (notice.kind, notice.refund.out_refund_no) == ('refund', rest.out_refund_no)
    assert notice.payment.refunded


@pytest.mark.parametrize('forged', ['signature', 'unsigned', 'wrong_key', 'malformed'])
def test_forged_notice(alipay, control, inbox, forged):
    """Test that a notice that is not Alipay's is not believed."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    alipay.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    with pytest.raises(NoticeRejected):
        alipay.parse_notice({}, received(inbox)[0].body)


def test_notice_of_a_refund_in_the_console(alipay, control, inbox):
    """Test that a part that somebody gave back by hand is told: how much in all."""
    order = paid_order(alipay, control, notify_url=f'{inbox.url}/notice')
    for count, amount, total in ((2, 200, 200), (3, 34, 234)):
        control(
            'POST', 'console-refunds', {'out_trade_no': order.out_trade_no, 'amount': amount}
        )
        payment = alipay.parse_notice({}, received(inbox, count)[-1].body).payment
        assert (payment.outcome, payment.refunded) == (Outcome.PAID, True)
        assert (payment.amount, payment.refunded_amount) == (1234, total)


@pytest.mark.parametrize('forged', ['amount', 'order', 'merchant', 'merchant_own_key'])
def test_signed_notice_that_does_not_fit_shows_it(alipay, control, inbox, forged):
    """Test that what the addon must compare is there to be compared."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    alipay.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    notice = alipay.parse_notice({}, received(inbox)[0].body)
    ours = {name: alipay.credentials[name] for name in alipay.merchant_fields}
    assert (notice.payment.amount, notice.payment.out_trade_no, notice.merchant) != (
        order.amount, order.out_trade_no, ours
    )


# === STATEMENT === #


def test_statement(alipay, control):
    """Test that the day's bill can be fetched and read."""
    order = paid_order(alipay, control)
    refund = a_refund(order, amount=34)
    alipay.refund(refund)
    now = times.now()
    file = alipay.statement(date(now.year, now.month, now.day))
    text = statement.detail(file.content)
    assert order.out_trade_no in text
    assert refund.out_refund_no in text
    assert [name for name in file.raw['members'] if '业务明细' in name]
    assert not file.url
    with pytest.raises(CallFailed) as failed:
        alipay.statement(date(2020, 1, 1))
    assert failed.value.reason.kind == ReasonKind.NOT_FOUND
