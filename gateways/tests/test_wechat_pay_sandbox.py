# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's gateway against the sandbox: every call, every kind of merchant."""

import dataclasses
import hashlib
import re
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest
from gateway_loopback import Loopback, answering
from sandbox_shop import number, until
from wechat_pay_sandbox import a_charge, a_refund, an_order, paid_order

from gateways import money, times
from gateways.base import (
    CallFailed,
    ChargeRequest,
    NoticeRejected,
    Outcome,
    ReasonKind,
    RefundRequest,
    Scene,
    Wallet,
)
from gateways.wechat_pay import platform_keys, statement

MODES = ['wechat_pay', 'wechat_pay_certificate', 'wechat_pay_switching', 'wechat_pay_partner']
OPENID = 'oSandboxWeChatPayer000000001'


@pytest.fixture
def shop_door():
    """A shop's notice address."""
    server = Loopback(default=answering(b'', status=204))
    yield server
    server.stop()


def received(door, count, seconds=6):
    limit = time.monotonic() + seconds
    while len(door.requests) < count and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(door.requests) >= count
    return door.requests


# === PROBE === #


@pytest.mark.parametrize('merchant', [*MODES, 'wechat_pay_v2', 'wechat_pay_other'])
def test_probe(make_wechat, merchant):
    """Test that every seeded merchant's credentials work."""
    probe = make_wechat(merchant).probe()
    assert probe.ok, probe
    assert abs(probe.clock_skew) <= 2


def test_probe_of_wrong_credentials(make_wechat, sandbox):
    """Test that wrong credentials and a wrong clock are told."""
    other = sandbox('GET', 'merchants')['wechat_pay_other']
    for changes in ({'mchid': '1'}, {'private_key': other['private_key']},
                    {'certificate': other['certificate']}):
        assert make_wechat(**changes).probe().reason.kind == ReasonKind.BAD_KEY
    late = make_wechat(clock=lambda: times.now() - timedelta(hours=1)).probe()
    assert (late.ok, late.reason.kind) == (False, ReasonKind.CLOCK)
    wrong = make_wechat('wechat_pay_certificate', api_v3_key='x' * 32).probe()
    assert (wrong.ok, wrong.reason.kind) == (False, ReasonKind.BAD_ANSWER_SIGNATURE)


# === ORDERS === #


@pytest.mark.parametrize('merchant', MODES)
@pytest.mark.parametrize('scene', [Scene.QR, Scene.IN_APP, Scene.APP, Scene.H5])
def test_order_in_every_scene(make_wechat, control, merchant, scene):
    """Test each scene from order to payment, for each kind of merchant."""
    shop = make_wechat(merchant)
    order = an_order(scene=scene, payer_id=OPENID, expires_at=times.now() + timedelta(minutes=15))
    result = shop.order(order)
    assert result.outcome == Outcome.WAITING, result
    step = result.next_step
    assert {Scene.QR: step.code_url, Scene.H5: step.pay_url}.get(scene, step.sdk_params)
    assert shop.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no, coupon=34)
    paid = shop.query(order.out_trade_no)
    assert (paid.outcome, paid.amount, paid.payer_amount) == (Outcome.PAID, 1234, 1200)
    assert abs(datetime.now(timezone.utc) - paid.paid_at) < timedelta(seconds=30)
    closed = shop.close(order.out_trade_no)
    assert (closed.outcome, closed.amount) == (Outcome.PAID, 1234)


def test_same_order_again(wechat, control):
    """Test that the same order again is the same order, and another content is unknown."""
    order = an_order()
    first, second = wechat.order(order), wechat.order(order)
    assert first.next_step == second.next_step
    other = wechat.order(dataclasses.replace(order, amount=1))
    assert (other.outcome, other.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


def test_close(wechat):
    """Test close, twice, and that the order stays closed."""
    order = an_order()
    wechat.order(order)
    for _try in range(2):
        result = wechat.close(order.out_trade_no)
        assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    result = wechat.query(order.out_trade_no)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    assert wechat.order(order).outcome == Outcome.REFUSED
    missing = wechat.close(number('NO'))
    assert (missing.outcome, missing.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_openid(wechat, make_wechat):
    """Test that a browser comes back with a code that is worth an openid, once."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    for shop in (wechat, make_wechat('wechat_pay_partner')):
        url = shop.authorise_url('http://127.0.0.1:1/back?a=1', 'state1').partition('#')[0]
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.build_opener(Stay).open(url)
        back = caught.value.headers['Location']
        code = re.fullmatch(r'http://127.0.0.1:1/back\?a=1&code=(\w+)&state=state1', back)[1]
        assert shop.openid_of(code) == OPENID
        with pytest.raises(CallFailed) as caught:
            shop.openid_of(code)
        assert caught.value.reason.kind == ReasonKind.BAD_CODE


# === PAYMENT CODES === #


@pytest.mark.parametrize('merchant', [*MODES, 'wechat_pay_v2'])
def test_charge(make_wechat, early, merchant):
    """Test a charge that succeeds, and that it is undone by reverse, by either version."""
    shop, charge = make_wechat(merchant), a_charge(early)
    result = shop.charge(charge)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234), result
    assert shop.query(charge.out_trade_no).outcome == Outcome.PAID
    undone = shop.reverse(charge.out_trade_no)
    assert (undone.outcome, undone.closed) == (Outcome.REFUSED, True), undone
    assert shop.query(charge.out_trade_no).closed
    assert sum(row['amount'] for row in early.order(charge.out_trade_no)['refunds']) == 1234
    assert shop.reverse(charge.out_trade_no).closed


@pytest.mark.parametrize('merchant', ['wechat_pay', 'wechat_pay_v2'])
@pytest.mark.parametrize('ending', ['pay', 'cancel', 'reverse'])
def test_user_paying(make_wechat, early, merchant, ending):
    """Test a payer who must type the password, and each way in which that ends."""
    shop, charge = make_wechat(merchant), a_charge(early, confirm=True)
    assert shop.charge(charge).outcome == Outcome.WAITING
    assert shop.query(charge.out_trade_no).outcome == Outcome.WAITING
    if ending == 'reverse':
        result = shop.reverse(charge.out_trade_no)
        assert not early.order(charge.out_trade_no)['charges']
    else:
        early.pay(charge.out_trade_no, outcome=ending)
        result = shop.query(charge.out_trade_no)
    expected = Outcome.PAID if ending == 'pay' else Outcome.REFUSED
    assert (result.outcome, result.closed) == (expected, ending != 'pay')


@pytest.mark.parametrize('merchant', ['wechat_pay', 'wechat_pay_v2'])
@pytest.mark.parametrize(
    ('fault', 'kind'),
    [('bad_code', ReasonKind.BAD_CODE), ('no_balance', ReasonKind.DECLINED)],
)
def test_charge_refused(make_wechat, control, merchant, fault, kind):
    """Test a charge that certainly failed."""
    shop, charge = make_wechat(merchant), a_charge(control)
    control.fault(fault, charge.out_trade_no)
    result = shop.charge(charge)
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)
    assert shop.query(charge.out_trade_no).outcome == Outcome.REFUSED


def test_reverse_too_early(wechat, control):
    """Test that a reverse within the 15 seconds is unknown, not done."""
    charge = a_charge(control)
    wechat.charge(charge)
    result = wechat.reverse(charge.out_trade_no)
    assert (result.outcome, result.closed) == (Outcome.UNKNOWN, False)
    assert wechat.timings.earliest_reverse == 15


def test_codepay_not_in_the_contract(make_wechat, control):
    """Test what a merchant without payment codes in API v3 is told."""
    result = make_wechat('wechat_pay_v2', codepay_api='v3').charge(a_charge(control))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_ENABLED)


# === REFUNDS === #


@pytest.mark.parametrize('merchant', MODES)
def test_refund(make_wechat, early, merchant):
    """Test partial refunds, asked for twice, until nothing is left."""
    shop = make_wechat(merchant)
    order = paid_order(shop, early)
    refund = a_refund(order, amount=1000)
    assert shop.refund(refund).outcome == Outcome.WAITING
    assert shop.refund(refund).outcome in (Outcome.WAITING, Outcome.PAID)
    done = until(
        lambda: shop.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no), Outcome.PAID
    )
    assert (done.amount, done.out_refund_no) == (1000, refund.out_refund_no)
    assert shop.query(order.out_trade_no).refunded
    assert shop.refund(a_refund(order, amount=235)).outcome == Outcome.REFUSED
    assert shop.refund(a_refund(order, amount=234)).outcome == Outcome.WAITING
    assert shop.query_refund(number('R')).reason.kind == ReasonKind.NOT_FOUND


def test_refund_fails(wechat, early):
    """Test a refund that fails, one that is refused, and one of an unpaid order."""
    order = paid_order(wechat, early)
    refund = a_refund(order)
    early.fault('refund_fails', refund.out_refund_no)
    wechat.refund(refund)
    until(lambda: wechat.query_refund(refund.out_refund_no), Outcome.REFUSED)
    other = a_refund(order)
    early.fault('refund_refused', other.out_refund_no)
    assert wechat.refund(other).outcome == Outcome.REFUSED
    unpaid = an_order()
    wechat.order(unpaid)
    assert wechat.refund(a_refund(unpaid)).outcome == Outcome.REFUSED


# === NOTICES === #


@pytest.mark.parametrize('merchant', MODES)
def test_notices(make_wechat, early, shop_door, merchant):
    """Test the notices of a payment and of its refund."""
    shop = make_wechat(merchant)
    order = an_order(notify_url=f'{shop_door.url}/notice')
    shop.order(order)
    early.pay(order.out_trade_no, coupon=34)
    (seen,) = received(shop_door, 1)
    notice = shop.parse_notice(seen.headers, seen.body)
    assert (notice.payment.outcome, notice.payment.amount, notice.payment.payer_amount) == (
        Outcome.PAID, 1234, 1200
    )
    own = {name: shop.credentials.get(name, '') for name in shop.merchant_fields}
    assert {name: notice.merchant[name] for name in own} == own
    refund = RefundRequest(
        order.out_trade_no, number('R'), 1234, 1234, notify_url=f'{shop_door.url}/notice'
    )
    shop.refund(refund)
    seen = received(shop_door, 2)[1]
    notice = shop.parse_notice(seen.headers, seen.body)
    assert (notice.kind, notice.refund.outcome, notice.refund.amount) == (
        'refund', Outcome.PAID, 1234
    )
    assert notice.refund.out_refund_no == refund.out_refund_no
    assert {name: notice.merchant[name] for name in own} == own
    # The sandbox writes our acknowledgement down after it has read it.
    limit = time.monotonic() + 6
    while (states := [row['state'] for row in early.order(order.out_trade_no)['notices']]) != (
        ['delivered'] * 2
    ) and time.monotonic() < limit:
        time.sleep(0.05)
    assert states == ['delivered'] * 2


@pytest.mark.parametrize(
    ('forged', 'kind'),
    [
        ('signature', 'signature'), ('unsigned', 'signature'), ('wrong_key', 'signature'),
        ('merchant', 'signature'), ('malformed', 'malformed'),
    ],
)
def test_forged_notices(wechat, early, shop_door, forged, kind):
    """Test that a notice that is not the platform's is refused."""
    order = an_order(notify_url=f'{shop_door.url}/notice')
    wechat.order(order)
    early('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    (seen,) = received(shop_door, 1)
    with pytest.raises(NoticeRejected) as caught:
        wechat.parse_notice(seen.headers, seen.body)
    assert caught.value.kind == kind


@pytest.mark.parametrize('forged', ['amount', 'merchant_own_key', 'order'])
def test_genuine_notices_about_something_else(wechat, early, shop_door, forged):
    """Test that what the caller must compare can be told from a notice."""
    order = an_order(notify_url=f'{shop_door.url}/notice')
    wechat.order(order)
    early('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    (seen,) = received(shop_door, 1)
    notice = wechat.parse_notice(seen.headers, seen.body)
    said = (
        notice.payment.amount == 1234, notice.merchant['mchid'] == wechat.credentials['mchid'],
        notice.payment.out_trade_no == order.out_trade_no,
    )
    assert said.count(False) == 1


# === BILLS === #


def test_bills(make_wechat, early):
    """Test both bills of a day with payments, a refund and a reverse, and the faults of one."""
    shop, today = make_wechat('wechat_pay_switching'), times.now().date()
    with_comma = paid_order(shop, early, subject='茶, 龙井')
    refund = a_refund(with_comma, amount=200)
    shop.refund(refund)
    until(lambda: shop.query_refund(refund.out_refund_no), Outcome.PAID)
    charge = a_charge(early)
    shop.charge(charge)
    shop.reverse(charge.out_trade_no)
    file = shop.statement(today)
    assert hashlib.sha1(file.content).hexdigest() == file.raw['hash_value']
    bill = statement.parse(file.content)
    rows = [row for row in bill.rows if row['商户订单号'] == with_comma.out_trade_no]
    assert [row['交易状态'] for row in rows] == ['SUCCESS', 'REFUND']
    assert money.to_fen(rows[0]['订单金额']) == 1234
    assert money.to_fen(rows[1]['退款金额']) == 200
    assert rows[1]['商户退款单号'] == refund.out_refund_no
    assert rows[0]['商品名称'] == '茶\\  龙井'
    assert 'REVOKED' in [row['交易状态'] for row in bill.rows]
    total = sum(money.to_fen(row['订单金额']) for row in bill.rows)
    assert money.to_fen(bill.totals['订单总金额']) == total
    flow = statement.parse(shop.fund_flow(today).content)
    assert {row['收支类型'] for row in flow.rows} == {'收入', '支出'}
    for fault, difference in (('extra_row', 1), ('missing_row', -1), ('moved_columns', 0)):
        early.fault(fault, 'global')
        spoilt = statement.parse(shop.statement(today).content)
        assert len(spoilt.rows) == len(bill.rows) + difference
        assert set(spoilt.rows[0]) == set(bill.rows[0])


def test_a_day_without_trade(wechat):
    """Test that a day without trade is no failure, and a day to come is one."""
    assert wechat.statement(times.now().date() - timedelta(days=40)).content == b''
    with pytest.raises(CallFailed) as caught:
        wechat.statement(times.now().date() + timedelta(days=3))
    assert caught.value.reason.kind == ReasonKind.PARAMETER


# === CERTIFICATES === #


def test_certificates(make_wechat, monkeypatch):
    """Test that downloaded certificates can be stored and used, and that the rest have none."""
    monkeypatch.setattr(platform_keys, '_downloaded', {})
    shop = make_wechat('wechat_pay_certificate')
    (text,) = shop.download_certificates()
    monkeypatch.setattr(platform_keys, '_downloaded', {})
    stored = make_wechat('wechat_pay_certificate', platform_certificates=text)
    assert stored.order(an_order()).outcome == Outcome.WAITING
    assert 'platform_certificates' in stored.credential_expiries(stored.credentials)
    with pytest.raises(CallFailed) as caught:
        make_wechat().download_certificates()
    assert caught.value.reason.kind == ReasonKind.NOT_FOUND


def test_other_wallets_code(wechat, control):
    """Test that a code of another wallet is not even sent."""
    with pytest.raises(ValueError, match='payment code'):
        wechat.charge(ChargeRequest(
            number('POS'), 1, 'x', control.code('alipay'), wallet=Wallet.WECHAT_PAY
        ))
