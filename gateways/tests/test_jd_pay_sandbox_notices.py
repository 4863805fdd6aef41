# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's gateway against the sandbox: notices as the shop gets them, and the day's bill."""

import csv
import io
import time
from datetime import timedelta

import pytest
from gateway_loopback import Loopback, answering
from jd_pay_sandbox import a_refund, an_order, paid_order
from sandbox_shop import until

from gateways import times
from gateways.base import CallFailed, NoticeRejected, Outcome

# === NOTICES === #


@pytest.fixture
def listener():
    loopback = Loopback(default=answering(b'success', headers={'Content-Type': 'text/plain'}))
    yield loopback
    loopback.stop()


def test_notice(jd, control, listener):
    """Test that a notice is understood and acknowledged."""
    order = paid_order(jd, control, notify_url=f'{listener.url}/n', attach='note')
    until_one = until(lambda: _Seen(listener), Outcome.PAID)
    exchange = until_one.requests[0]
    notice = jd.parse_notice(exchange.headers, exchange.body)
    assert (notice.kind, notice.payment.outcome) == ('payment', Outcome.PAID)
    assert (notice.payment.out_trade_no, notice.payment.amount) == (order.out_trade_no, 1234)
    assert notice.merchant == {'merchant': jd.credentials['merchant']}
    assert 'cardNo' not in str(notice.raw)
    assert jd.notice_reply(True).body == b'success'
    assert jd.notice_reply(False).status == 400
    # The sandbox writes our acknowledgement down after it has read it.
    limit = time.monotonic() + 6
    while (states := {row['state'] for row in control.order(order.out_trade_no)['notices']}) and (
        'delivered' not in states and time.monotonic() < limit
    ):
        time.sleep(0.05)
    assert 'delivered' in states


class _Seen:
    def __init__(self, listener):
        self.requests = list(listener.requests)
        self.outcome = Outcome.PAID if self.requests else Outcome.WAITING


@pytest.mark.parametrize(
    ('forged', 'kind'),
    [
        ('signature', 'signature'),
        ('unsigned', 'signature'),
        ('wrong_key', 'signature'),
        ('merchant', 'malformed'),  # another DES key
        ('malformed', 'malformed'),
    ],
)
def test_forged_notice(jd, control, listener, forged, kind):
    """Test that a forgery is refused."""
    order = an_order(notify_url=f'{listener.url}/n')
    jd.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    exchange = listener.requests[0]
    with pytest.raises(NoticeRejected) as caught:
        jd.parse_notice(exchange.headers, exchange.body)
    assert caught.value.kind == kind


def test_well_signed_forgeries_can_be_told_by_their_contents(jd, control, listener):
    """Test that amount, merchant and number are there to be compared."""
    order = an_order(notify_url=f'{listener.url}/n')
    jd.order(order)
    for forged in ('amount', 'merchant_own_key', 'order'):
        control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    read = [jd.parse_notice(x.headers, x.body) for x in listener.requests]
    assert read[0].payment.amount == 1235
    assert read[1].merchant['merchant'] != jd.credentials['merchant']
    assert read[2].payment.out_trade_no != order.out_trade_no


# === STATEMENT === #


def test_statement(jd, control):
    """Test that a day's file has the day's payments and refunds."""
    control.set(refund_delay=0)
    order = paid_order(jd, control)
    request = a_refund(order, amount=234)
    jd.refund(request)
    until(lambda: jd.query_refund(request.out_refund_no), Outcome.PAID)
    today = times.now().date()
    file = jd.statement(today)
    rows = list(csv.DictReader(io.StringIO(file.content.decode(file.raw['encoding']))))
    mine = [row for row in rows if row['商户订单号'] == order.out_trade_no]
    assert [(row['交易金额'], row['退款金额']) for row in mine] == [
        ('12.34', '0.00'), ('0.00', '2.34')
    ]  # fmt: skip
    assert mine[1]['退款单号'] == request.out_refund_no


def test_statement_that_cannot_be_had(jd, make_jd, control):
    """Test that anything but a zip is an error."""
    today = times.now().date()
    for gateway in (make_jd(md5_key='wrong'), make_jd(owner='1'), make_jd(owner='')):
        with pytest.raises(CallFailed):
            gateway.statement(today)
    with pytest.raises(CallFailed):
        jd.statement(today + timedelta(days=2))
    for fault in ('garbage', 'truncated', 'http_5xx', 'system_error'):
        control.fault(fault, scope='global', operation='statement')
        with pytest.raises(CallFailed):
            jd.statement(today)
