# Part of payment_cn_wallets. License LGPL-3.
"""Every gateway's notices and statements, with everything that can be wrong with them."""

import csv
import time

import pytest
from every_gateway import AMOUNT, CODES, HURRY, Shop
from gateway_loopback import Loopback, answering

from gateways import times
from gateways.base import NoticeRejected, Outcome

every_gateway = pytest.mark.parametrize('code', CODES)
# What a stranger can send, and what a merchant of the same gateway can have sent to us.
FORGERIES = ('signature', 'unsigned', 'wrong_key', 'merchant', 'malformed')
MISFITS = ('amount', 'merchant_own_key', 'order')


@pytest.fixture(scope='module')
def settings(sandbox):
    """Settings that make nobody wait."""
    before = sandbox('GET', 'settings')
    sandbox.set(**HURRY)
    yield
    sandbox('DELETE', 'faults')
    sandbox('POST', 'settings', before)


@pytest.fixture
def shop(request, sandbox, merchants, settings):
    """A shop of the gateway that the test is about, with a door for notices."""
    code = request.getfixturevalue('code')
    door = Loopback()
    made = Shop(code, sandbox, merchants[code], notify_url=f'{door.url}/notice')
    reply = made.gateway.notice_reply(True)
    door.default = answering(
        reply.body, status=reply.status, headers={'Content-Type': reply.content_type}
    )
    made.door = door
    yield made
    made.close()
    door.stop()


def received(shop, count, seconds=6):
    """Return the notices that came: read, or None where they are not believed."""
    limit = time.monotonic() + seconds
    while len(shop.door.requests) < count and time.monotonic() < limit:
        time.sleep(0.02)
    assert len(shop.door.requests) == count
    return [read(shop, exchange) for exchange in shop.door.requests]


def read(shop, exchange):
    try:
        return shop.gateway.parse_notice(exchange.headers, exchange.body)
    except NoticeRejected:
        return None


def pays(shop, notice, order):
    """Whether a notice, compared as the addon compares it, pays an order."""
    if notice is None or notice.kind != 'payment' or notice.payment.outcome != Outcome.PAID:
        return False
    ours = {name: shop.gateway.credentials.get(name, '') for name in shop.gateway.merchant_fields}
    return (
        (notice.payment.out_trade_no, notice.payment.amount, notice.currency)
        == (order.out_trade_no, AMOUNT, 'CNY')
        and {name: notice.merchant.get(name, '') for name in ours} == ours
    )


@pytest.mark.parametrize('copies', [1, 5])
@every_gateway
def test_notices_and_their_copies(shop, code, copies):
    """Test that every copy pays the order, with a coupon too, and that it was charged once."""
    order = shop.an_order()
    shop.gateway.order(order)
    if copies > 1:
        shop.control.fault('duplicate', order.out_trade_no, copies=copies)
    shop.control.pay(order.out_trade_no, coupon=34)
    notices = received(shop, copies)
    assert all(pays(shop, notice, order) for notice in notices)
    if code != 'huishouyin':  # its documents leave open whether the notice's amount has the coupon
        assert {notice.payment.payer_amount for notice in notices} == {AMOUNT - 34}
    assert shop.books(order).charges == [AMOUNT]


@every_gateway
def test_notices_that_are_late_lost_or_overtaken(shop, code):
    """Test that a query needs no notice, and that an older state arriving later is no payment."""
    orders = {fault: shop.an_order() for fault in ('late', 'drop', 'reorder')}
    for fault, order in orders.items():
        shop.gateway.order(order)
        more = {'seconds': 0.3} if fault == 'late' else {}
        shop.control.fault(fault, order.out_trade_no, **more)
        shop.control.pay(order.out_trade_no)
        assert shop.gateway.query(order.out_trade_no).outcome == Outcome.PAID
    notices = received(shop, 3)
    told = {
        fault: [n.payment.outcome for n in notices if n.payment.out_trade_no == order.out_trade_no]
        for fault, order in orders.items()
    }
    assert (told['late'], told['drop']) == ([Outcome.PAID], [])
    assert told['reorder'] == [Outcome.PAID, Outcome.WAITING]


@pytest.mark.parametrize('forged', [*FORGERIES, *MISFITS])
@every_gateway
def test_forged_notices_pay_nothing(shop, code, forged):
    """Test that no forgery pays an order, before or after the genuine notice."""
    order = shop.an_order()
    shop.gateway.order(order)
    forge = {'out_trade_no': order.out_trade_no, 'forged': forged}
    shop.control('POST', 'notices', forge)
    shop.control.pay(order.out_trade_no)
    (first, genuine) = received(shop, 2)
    assert not pays(shop, first, order)
    # Alipay signs for all its merchants with one key: another merchant's notice is genuine there.
    if forged in FORGERIES and (code, forged) != ('alipay', 'merchant'):
        assert first is None
    assert pays(shop, genuine, order)
    assert shop.books(order).charges == [AMOUNT]


# === STATEMENTS === #


def rows(shop, day):
    """Return the rows of a day's statement, by the names of its columns."""
    file = shop.gateway.statement(day)
    content = file.content or shop.gateway.transport.get(file.url, max_bytes=10**7).body
    if shop.code == 'alipay':
        from gateways.alipay import statement

        text = statement.detail(content)
    else:
        try:
            text = content.decode('utf-8-sig')
        except UnicodeDecodeError:
            text = content.decode('gb18030')
    lines = list(csv.reader(text.splitlines()))
    at = next(n for n, line in enumerate(lines) if any('订单号' in cell for cell in line))
    titles = [cell.strip() for cell in lines[at]]
    found = [dict(zip(titles, map(_plain, line), strict=True)) for line in lines[at + 1:]
             if len(line) == len(titles)]
    return titles, found


def _plain(cell):
    return cell.strip().removeprefix('`')


@pytest.fixture
def other(request, sandbox, merchants, settings):
    """A second merchant of the gateway: nothing of the other tests is in its statement."""
    code = request.getfixturevalue('code')
    made = Shop(code, sandbox, merchants[f'{code}_other'])
    yield made
    made.close()


@every_gateway
def test_statement_that_differs(other, code):
    """Test that every difference between statement and ledger arrives at whoever compares them."""
    today = times.now().date()
    orders = [other.paid(), other.paid()]
    titles, good = rows(other, today)
    told = ' '.join(value for row in good for value in row.values())
    assert all(order.out_trade_no in told for order in orders)

    def spoilt(fault, **options):
        other.control.fault(fault, 'global', operation='statement', **options)
        return rows(other, today)

    _titles, more = spoilt('extra_row')
    assert len(more) == len(good) + 1
    _titles, fewer = spoilt('missing_row')
    assert len(fewer) == len(good) - 1
    for fault, difference in (('differing_amount', 5), ('differing_fee', 3)):
        _titles, changed = spoilt(fault, difference=difference)
        assert len(changed) == len(good)
        assert sum(row not in good for row in changed) == 1, fault
    moved, same = spoilt('moved_columns')
    assert moved != titles
    assert sorted(moved) == sorted(titles)
    assert same == good
    assert rows(other, today)[1] == good
