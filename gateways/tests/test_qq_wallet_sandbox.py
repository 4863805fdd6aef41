# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's gateway against the sandbox: every call and scene, and notices."""

import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import date, timedelta

import pytest
from gateway_loopback import Loopback, answering
from qq_wallet_sandbox import a_refund, an_order, charge, paid
from sandbox_shop import until

from gateways import times
from gateways.base import NoticeRejected, Outcome, ReasonKind, Scene


@pytest.mark.parametrize('sign_type', ['', 'MD5', 'HMAC-SHA256'])
def test_probe_of_good_credentials(make_qq, sign_type):
    """Test that the seeded merchant's credentials work, with either signature."""
    probe = make_qq(sign_type=sign_type).probe()
    assert probe.ok, probe
    assert abs(probe.clock_skew or 0) <= 2


@pytest.mark.parametrize(
    ('changes', 'kind'),
    [
        ({'api_key': 'wrong'}, ReasonKind.BAD_KEY), ({'mch_id': '1'}, ReasonKind.UNKNOWN_APP),
        ({'app_id': '1'}, ReasonKind.UNKNOWN_APP), ({'sub_mch_id': '1'}, ReasonKind.NOT_ENABLED),
    ],
)  # fmt: skip
def test_probe_tells_apart(make_qq, changes, kind):
    """Test that each wrong credential is told."""
    probe = make_qq(**changes).probe()
    assert (probe.ok, probe.reason.kind) == (False, kind)


# === SCENES === #


def test_code_to_scan(qq, control):
    """Test an order from the code to the money."""
    order = an_order(expires_at=times.now() + timedelta(minutes=15), attach='a & <b>')
    result = qq.order(order)
    assert result.outcome == Outcome.WAITING
    assert qq.query(order.out_trade_no).outcome == Outcome.WAITING
    control('POST', 'pay', {'code_url': result.next_step.code_url, 'coupon': 234})
    found = qq.query(order.out_trade_no)
    assert (found.outcome, found.amount, found.payer_amount) == (Outcome.PAID, 1234, 1000)
    again = qq.query(order.out_trade_no, gateway_trade_no=found.gateway_trade_no)
    assert (again.outcome, again.amount) == (Outcome.PAID, 1234)
    assert found.raw['attach'] == order.attach


def open_door(control, path, params):
    """Do what the wallet does with the parameters: return the status of its answer."""
    query = urllib.parse.urlencode(params)
    try:
        return urllib.request.urlopen(f'{control.url}/qq_wallet/{path}?{query}', timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(('scene', 'door'), [(Scene.APP, 'app'), (Scene.IN_APP, 'jsapi')])
def test_inside_the_wallet(qq, make_qq, control, scene, door):
    """Test that the wallet's SDK and browser accept the parameters, and no others."""
    order = an_order(scene=scene)
    params = dict(qq.order(order).next_step.sdk_params)
    assert open_door(control, door, params) == 200
    for name in ('sig', 'nonce', 'bargainorId') if scene == Scene.APP else ('appInfo',):
        assert open_door(control, door, {**params, name: 'x'}) == 403
    wrong = make_qq(app_key='wrong').order(an_order(scene=scene)).next_step.sdk_params
    assert open_door(control, door, wrong) == (403 if scene == Scene.APP else 200)
    control.pay(order.out_trade_no)
    assert qq.query(order.out_trade_no).outcome == Outcome.PAID


def test_payment_code(qq, control):
    """Test a charge that needs no password, and that its number charges once."""
    request = charge(control)
    result = qq.charge(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)
    assert qq.charge(request).outcome == Outcome.PAID
    assert len(control.order(request.out_trade_no)['charges']) == 1


def test_payment_code_with_a_password(qq, control):
    """Test USERPAYING, until the payer confirms on the phone."""
    request = charge(control)
    control.fault('user_paying', operation='charge')
    assert qq.charge(request).outcome == Outcome.WAITING
    assert qq.query(request.out_trade_no).outcome == Outcome.WAITING
    control.pay(request.out_trade_no, outcome='wrong_password')
    assert qq.query(request.out_trade_no).outcome == Outcome.WAITING
    control.pay(request.out_trade_no)
    assert qq.query(request.out_trade_no).outcome == Outcome.PAID


def test_payer_cancels(qq, control):
    """Test that a cancelled charge holds no money."""
    request = charge(control)
    control.fault('payer_cancels', operation='charge', seconds=0.1)
    assert qq.charge(request).outcome == Outcome.WAITING
    result = until(lambda: qq.query(request.out_trade_no), Outcome.REFUSED)
    assert result.reason.code == 'PAYERROR'
    assert not control.order(request.out_trade_no)['charges']


@pytest.mark.parametrize(
    ('fault', 'kind'),
    [('bad_code', ReasonKind.BAD_CODE), ('no_balance', ReasonKind.DECLINED)],
)
def test_refused_payment_code(qq, control, fault, kind):
    """Test that the wallet's refusal is one."""
    request = charge(control)
    control.fault(fault, operation='charge')
    result = qq.charge(request)
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)


def test_code_of_another_wallet(qq, control):
    """Test that a code of WeChat Pay is not charged here."""
    request = charge(control, auth_code=control.code('wechat_pay'))
    assert qq.charge(request).reason.kind == ReasonKind.BAD_CODE


# === CLOSE AND REVERSE === #


def test_close(qq, control):
    """Test that a closed order cannot be paid, and closing twice is closing once."""
    order = an_order()
    qq.order(order)
    for _time in range(2):
        result = qq.close(order.out_trade_no)
        assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    with pytest.raises(urllib.error.HTTPError):
        control.pay(order.out_trade_no)
    found = qq.query(order.out_trade_no)
    assert (found.outcome, found.closed) == (Outcome.REFUSED, True)
    assert qq.order(order).outcome == Outcome.REFUSED


def test_close_of_a_paid_order(qq, control):
    """Test that the money is told instead."""
    order = paid(qq, control)
    result = qq.close(order.out_trade_no)
    assert (result.outcome, result.amount, result.closed) == (Outcome.PAID, 1234, False)


def test_close_and_reverse_too_early(qq, control):
    """Test that within five minutes the answer is that nobody knows."""
    control.set(qq_wait=300)
    order, request = an_order(), charge(control)
    qq.order(order)
    qq.charge(request)
    for result in (qq.close(order.out_trade_no), qq.reverse(request.out_trade_no)):
        assert (result.outcome, result.closed) == (Outcome.UNKNOWN, False)
    assert qq.query(request.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('fault', ['', 'user_paying'])
def test_reverse(qq, control, fault):
    """Test that a reversed charge holds no money, whether it was paid or not."""
    request = charge(control)
    if fault:
        control.fault(fault, operation='charge')
    qq.charge(request)
    for _time in range(2):
        result = qq.reverse(request.out_trade_no)
        assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    found = qq.query(request.out_trade_no)
    assert (found.outcome, found.closed) == (Outcome.REFUSED, True)
    booked = control.order(request.out_trade_no)
    assert len(booked['charges']) == (0 if fault else 1)
    assert sum(row['amount'] for row in booked['refunds']) == (0 if fault else 1234)
    assert qq.charge(request).outcome == Outcome.REFUSED


@pytest.mark.parametrize('call', ['close', 'reverse'])
def test_close_of_nothing(qq, call):
    """Test that an order that the gateway does not know may still arrive."""
    result = getattr(qq, call)('NOBODY')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_wrong_operator(qq, make_qq, control):
    """Test that a wrong operator gives nothing back."""
    request = charge(control)
    qq.charge(request)
    wrong = make_qq(op_user_passwd='wrong')
    assert wrong.reverse(request.out_trade_no).outcome == Outcome.UNKNOWN
    result = wrong.refund(a_refund(request))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_ENABLED)
    assert qq.query(request.out_trade_no).refunded is False


# === REFUNDS === #


def test_refund_in_parts(qq, control):
    """Test that parts are refunded, each once, and never more than was paid."""
    order = paid(qq, control)
    number = qq.query(order.out_trade_no).gateway_trade_no
    first, rest = a_refund(order, amount=1000), a_refund(order, amount=234, gateway_trade_no=number)
    assert qq.query_refund(first.out_refund_no).reason.kind == ReasonKind.NOT_FOUND
    for request in (first, first, rest):
        assert qq.refund(request).outcome == Outcome.WAITING
    done = until(lambda: qq.query_refund(first.out_refund_no), Outcome.PAID)
    assert done.amount == 1000
    again = qq.query_refund(
        first.out_refund_no, out_trade_no=order.out_trade_no,
        gateway_refund_no=done.gateway_refund_no,
    )  # fmt: skip
    assert (again.outcome, again.amount) == (Outcome.PAID, 1000)
    until(lambda: qq.query_refund(rest.out_refund_no), Outcome.PAID)
    assert qq.refund(a_refund(order, amount=1)).outcome == Outcome.REFUSED
    assert qq.query(order.out_trade_no).refunded
    assert sum(row['amount'] for row in control.order(order.out_trade_no)['refunds']) == 1234


@pytest.mark.parametrize(
    ('fault', 'outcome'), [('refund_fails', Outcome.REFUSED), ('refund_stuck', Outcome.WAITING)]
)
def test_refund_that_does_not_arrive(qq, control, fault, outcome):
    """Test that a refund that fails later is refused, and one that hangs is waiting."""
    control.set(refund_delay=0)
    order = paid(qq, control)
    control.fault(fault, scope=order.out_trade_no)
    request = a_refund(order)
    assert qq.refund(request).outcome == Outcome.WAITING
    until(lambda: qq.query_refund(request.out_refund_no), outcome)


def test_refused_refund(qq, control):
    """Test that a refusal is one, for there is no such refund."""
    order = paid(qq, control)
    control.fault('refund_refused', scope=order.out_trade_no)
    assert qq.refund(a_refund(order)).outcome == Outcome.REFUSED
    assert not control.order(order.out_trade_no)['refunds']


# === NOTICES === #


@pytest.fixture
def inbox(qq):
    """A shop that takes notices."""
    reply = qq.notice_reply(True)
    loopback = Loopback(
        default=answering(reply.body, headers={'Content-Type': reply.content_type})
    )
    yield loopback
    loopback.stop()


def received(inbox):
    limit = time.monotonic() + 8
    while not inbox.requests and time.monotonic() < limit:
        time.sleep(0.05)
    return inbox.requests[0]


def fits(qq, notice, order):
    return (
        notice.payment.amount == order.amount
        and notice.payment.out_trade_no == order.out_trade_no
        and all(notice.merchant[name] == qq.credentials.get(name, '') for name in qq.merchant_fields)
    )


@pytest.mark.parametrize('scene', [Scene.QR, Scene.CODE])
def test_notice(qq, control, inbox, scene):
    """Test that the notice of a payment is verified, read, and acknowledged as it must be."""
    url = f'{inbox.url}/notice'
    if scene == Scene.QR:
        order = an_order(notify_url=url, subject=']]> & <茶>', attach='x ]]> <y> & "z"')
        qq.order(order)
        control.pay(order.out_trade_no, coupon=234)
    else:
        order = charge(control, notify_url=url)
        qq.charge(order)
    request = received(inbox)
    notice = qq.parse_notice(request.headers, request.body)
    assert notice.payment.outcome == Outcome.PAID
    assert fits(qq, notice, order)
    assert notice.raw['attach'] == order.attach
    states = lambda: {row['state'] for row in control.order(order.out_trade_no)['notices']}  # noqa: E731
    limit = time.monotonic() + 5
    while states() != {'delivered'} and time.monotonic() < limit:
        time.sleep(0.05)
    assert states() == {'delivered'}


@pytest.mark.parametrize(
    'forged', ['signature', 'unsigned', 'wrong_key', 'merchant', 'malformed']
)
def test_forged_notice_is_rejected(qq, control, inbox, forged):
    """Test that a notice that is not the gateway's is not believed."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    qq.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)
    with pytest.raises(NoticeRejected):
        qq.parse_notice(request.headers, request.body)


@pytest.mark.parametrize('forged', ['amount', 'order', 'merchant_own_key'])
def test_signed_notice_that_does_not_fit_shows_it(qq, control, inbox, forged):
    """Test that what the addon must compare is there to be compared."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    qq.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)
    assert not fits(qq, qq.parse_notice(request.headers, request.body), order)


# === STATEMENT === #


def test_statement(qq, control):
    """Test that the day's file can be had, with what was paid on it."""
    order = paid(qq, control)
    now = times.now()
    statement = qq.statement(date(now.year, now.month, now.day))
    lines = statement.content.decode().splitlines()
    assert len(lines[0].split(',')) == 30
    [row] = [line for line in lines if order.out_trade_no in line]
    values = dict(zip(lines[0].split(','), row.removeprefix('`').split(',`'), strict=True))
    assert (values['商户订单号'], values['订单金额']) == (order.out_trade_no, '12.34')
