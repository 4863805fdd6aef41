# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's gateway against the sandbox: every call, every fault.

The sandbox was written from the protocol's documents by other hands, signs with its own code, and
keeps a ledger: what the gateway says is compared with what really happened.
"""

import itertools
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from gateway_loopback import Loopback, answering

import gateways
from gateways import times
from gateways.base import (
    ChargeRequest,
    NoticeRejected,
    OrderRequest,
    Outcome,
    ReasonKind,
    RefundRequest,
    Scene,
    ShopCodeRequest,
    Wallet,
)
from gateways.transport import Transport

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)
_run = f'{time.time_ns() // 1000:x}'


def number(prefix='T'):
    """Return an order number that was never used."""
    return f'{prefix}{_run}-{next(_numbers)}'


class Control:
    """The sandbox's control interface."""

    def __init__(self, url):
        self.url = url

    def __call__(self, method, path, values=None):
        request = urllib.request.Request(
            f'{self.url}/control/{path}',
            method=method,
            data=None if values is None else json.dumps(values).encode(),
            headers={'Content-Type': 'application/json'},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def fault(self, name, scope='next', times=1, **options):
        return self('POST', 'faults', {'fault': name, 'scope': scope, 'times': times, **options})

    def pay(self, out_trade_no, **values):
        return self('POST', 'pay', {'out_trade_no': out_trade_no, **values})

    def order(self, out_trade_no):
        return self('GET', f'orders/{out_trade_no}')

    def code(self, wallet, **values):
        return self('POST', 'payment-codes', {'wallet': wallet, **values})['code']

    def set(self, **values):
        return self('POST', 'settings', values)


@pytest.fixture(scope='module')
def sandbox(tmp_path_factory):
    """A sandbox of its own, as a process."""
    data = tmp_path_factory.mktemp('sandbox')
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    log = (data / 'log').open('wb')
    process = subprocess.Popen(
        [sys.executable, '-m', 'sandbox', '--port', str(port), '--data', str(data / 'ledger')],
        cwd=ROOT,
        stdout=log,
        stderr=log,
    )
    control = Control(f'http://127.0.0.1:{port}')
    try:
        for _try in range(100):
            try:
                control('GET', 'health')
                break
            except OSError:
                assert process.poll() is None, (data / 'log').read_text()
                time.sleep(0.1)
        yield control
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@pytest.fixture
def control(sandbox):
    """The control interface, with everything as it was when the test is over."""
    before = sandbox('GET', 'settings')
    yield sandbox
    sandbox('DELETE', 'faults')
    sandbox('POST', 'settings', before)


@pytest.fixture(scope='module')
def merchants(sandbox):
    return sandbox('GET', 'merchants')


@pytest.fixture(scope='module')
def make(sandbox, merchants):
    """Return a function that makes a gateway for one of the sandbox's merchants."""
    transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)

    def build(merchant='huishouyin', clock=None, **changes):
        return gateways.get('huishouyin')(
            {**merchants[merchant], **changes},
            endpoint=f'{sandbox.url}/huishouyin',
            transport=transport,
            clock=clock,
        )

    yield build
    transport.close()


@pytest.fixture(scope='module')
def gateway(make):
    return make()


def an_order(**changes):
    values = {
        'out_trade_no': number('SO'),
        'amount': 1234,
        'subject': '龙井茶 Tea & more',
        'wallet': Wallet.WECHAT_PAY,
        'scene': Scene.QR,
        'notify_url': 'http://127.0.0.1:1/notice',
    }
    return OrderRequest(**{**values, **changes})


def a_charge(code, **changes):
    values = {'out_trade_no': number('POS'), 'amount': 1234, 'subject': 'Tea', 'auth_code': code}
    return ChargeRequest(**{**values, **changes})


def a_refund(order, **changes):
    values = {
        'out_trade_no': order.out_trade_no,
        'out_refund_no': number('R'),
        'amount': order.amount,
        'total': order.amount,
    }
    return RefundRequest(**{**values, **changes})


def paid_order(gateway, control, **changes):
    """Return an order that the payer paid."""
    order = an_order(**changes)
    assert gateway.order(order).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    return order


def until(call, outcome, seconds=8):
    """Ask until the outcome is there, as the addon does."""
    limit = time.monotonic() + seconds
    while (result := call()).outcome != outcome and time.monotonic() < limit:
        time.sleep(0.1)
    assert result.outcome == outcome, result
    return result


# === PROBE === #


def test_probe_of_good_credentials(gateway):
    """Test that the seeded merchant's credentials work."""
    probe = gateway.probe()
    assert probe.ok, probe
    assert abs(probe.clock_skew or 0) <= 2


@pytest.mark.parametrize('level', ['protocol', 'business'])
@pytest.mark.parametrize(
    ('merchant', 'changes', 'kind'),
    [
        ('huishouyin', {'key': 'wrong'}, ReasonKind.BAD_KEY),
        ('huishouyin', {'app_id': 'nobody'}, ReasonKind.UNKNOWN_APP),
        ('huishouyin', {'mch_uid': '1'}, ReasonKind.PARAMETER),
        ('huishouyin_not_approved', {}, ReasonKind.NOT_ENABLED),
        ('huishouyin_not_enabled', {}, ReasonKind.NOT_ENABLED),
    ],
)
def test_probe_tells_apart(make, control, merchant, changes, kind, level):
    """Test that each wrong credential is told, at either level of refusal."""
    control.set(refusals=level)
    probe = make(merchant, **changes).probe()
    assert not probe.ok
    if level == 'business' and kind == ReasonKind.UNKNOWN_APP:
        # Without a key there is nothing to sign with, so a claim of success on the first level
        # comes unsigned and cannot be believed.
        assert probe.reason.kind in (kind, ReasonKind.BAD_ANSWER_SIGNATURE)
    else:
        assert probe.reason.kind == kind


def test_probe_of_a_wrong_clock(make):
    """Test that a clock an hour off is told."""
    probe = make(clock=lambda: times.now() - timedelta(hours=1)).probe()
    assert (probe.ok, probe.reason.kind) == (False, ReasonKind.CLOCK)
    assert -3610 < probe.clock_skew < -3590


# === ORDERS === #


@pytest.mark.parametrize(
    ('wallet', 'scene', 'extra', 'field'),
    [
        (Wallet.WECHAT_PAY, Scene.QR, {}, 'code_url'),
        (Wallet.WECHAT_PAY, Scene.IN_APP, {}, 'pay_url'),
        (Wallet.WECHAT_PAY, Scene.H5, {}, 'pay_url'),
        (
            Wallet.WECHAT_PAY,
            Scene.IN_APP,
            {'channel': 'WX_APPLET', 'wx_js_code': 'code'},
            'sdk_params',
        ),
        (
            Wallet.WECHAT_PAY,
            Scene.IN_APP,
            {'channel': 'WX_APPLET', 'open_id': 'o1', 'wx_app_id': 'wx1'},
            'sdk_params',
        ),
        (Wallet.ALIPAY, Scene.QR, {}, 'code_url'),
        (Wallet.ALIPAY, Scene.IN_APP, {}, 'pay_url'),
        (Wallet.ALIPAY, Scene.H5, {}, 'pay_url'),
        (Wallet.ALIPAY, Scene.QR, {'huabei_instalments': '12'}, 'code_url'),
        (Wallet.QQ_WALLET, Scene.QR, {}, 'code_url'),
        (Wallet.UNIONPAY, Scene.QR, {}, 'code_url'),
        (Wallet.UNIONPAY, Scene.H5, {}, 'pay_url'),
        (Wallet.UNIONPAY, Scene.APP, {}, 'sdk_params'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'Quick_Pass_H5'}, 'pay_url'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_QUICK_PAY_FD'}, 'pay_url'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_QUICK_PAY_BFD'}, 'pay_url'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_CYBER'}, 'pay_url'),
        (Wallet.JD_PAY, Scene.H5, {}, 'pay_url'),
    ],
)
def test_order_in_every_channel(gateway, control, wallet, scene, extra, field):
    """Test that each channel gives what the payer needs, and is paid."""
    order = an_order(wallet=wallet, scene=scene, extra=extra)
    result = gateway.order(order)
    assert result.outcome == Outcome.WAITING, result
    assert getattr(result.next_step, field)
    assert gateway.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    paid = gateway.query(order.out_trade_no, gateway_trade_no=result.gateway_trade_no)
    assert (paid.outcome, paid.amount, paid.payer_amount) == (Outcome.PAID, 1234, 1234)
    assert paid.wallet == wallet
    assert paid.wallet_trade_no
    assert abs(datetime.now(timezone.utc) - paid.paid_at) < timedelta(seconds=30)


@pytest.mark.parametrize(
    'settings',
    [
        {'sign_form': 'keep_empty'},
        {'amount_type': 'string'},
        {'time_format': 'dashes'},
        {'time_format': 'compact'},
        {'time_format': 'fullwidth'},
        {'refusals': 'business'},
    ],
    ids=str,
)
def test_every_dialect_of_the_gateway(gateway, control, settings):
    """Test that what the documents leave open is understood either way."""
    control.set(**settings)
    order = paid_order(gateway, control)
    result = gateway.query(order.out_trade_no)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)
    assert abs(datetime.now(timezone.utc) - result.paid_at) < timedelta(seconds=30)


def test_every_optional_field_is_taken(gateway, control):
    """Test that till, table, cashier, store and the merchant's own data arrive."""
    order = an_order(
        return_url='http://127.0.0.1:1/back',
        attach='{"a":"1"}',
        store_id='S1',
        terminal_id='POS 1',
        cashier_id='C1',
        desk_no='T1',
        client_ip='203.0.113.7',
        extra={'meta_option': '{"m":"1"}'},
    )
    assert gateway.order(order).outcome == Outcome.WAITING
    assert gateway.query(order.out_trade_no).raw['attach'] == '{"a":"1"}'


def test_partner_numbers(make, merchants):
    """Test that a merchant behind a service provider can order, and the numbers are compared."""
    partner = {name: merchants['huishouyin_partner'][name] for name in ('isv_app_id', 'isv_mch_uid')}
    gateway = make(**partner)
    assert gateway.probe().ok
    assert gateway.order(an_order()).outcome == Outcome.WAITING
    with_partner_key = make(**partner, key=merchants['huishouyin_partner']['key'])
    assert with_partner_key.order(an_order()).outcome == Outcome.WAITING


def test_store_that_some_channels_want(make):
    """Test that the gateway's wish for a store is refused in its own words."""
    gateway = make('huishouyin_store_required')
    result = gateway.order(an_order())
    assert result.outcome == Outcome.REFUSED
    assert '门店' in result.reason.message
    assert gateway.order(an_order(store_id='S1')).outcome == Outcome.WAITING


def test_coupon_lowers_what_the_payer_pays(gateway, control):
    """Test that the shop is owed the whole amount."""
    order = an_order()
    gateway.order(order)
    control.pay(order.out_trade_no, coupon=234)
    result = gateway.query(order.out_trade_no)
    assert (result.amount, result.payer_amount) == (1234, 1000)


def test_order_that_nobody_placed(gateway):
    """Test that an order that the gateway does not know is not refused."""
    result = gateway.query(number())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_number_of_another_order(gateway):
    """Test that a number that was used for something else is not refused: an order is there."""
    order = an_order()
    gateway.order(order)
    again = gateway.order(an_order(out_trade_no=order.out_trade_no, amount=1))
    assert (again.outcome, again.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


# === CHARGES === #


@pytest.mark.parametrize('wallet', ['wechat_pay', 'alipay', 'unionpay'])
@pytest.mark.parametrize('named', [True, False])
def test_charge_of_every_wallet(gateway, control, wallet, named):
    """Test that codes are charged, named by us or recognised by the gateway."""
    request = a_charge(control.code(wallet), wallet=Wallet(wallet) if named else None)
    result = gateway.charge(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)
    assert result.wallet == Wallet(wallet)
    assert len(control.order(request.out_trade_no)['charges']) == 1


def test_payer_types_a_password(gateway, control):
    """Test that a charge waits for the payer, then is paid."""
    request = a_charge(control.code('wechat_pay', confirm=True), wallet=Wallet.WECHAT_PAY)
    assert gateway.charge(request).outcome == Outcome.WAITING
    control.pay(request.out_trade_no)
    assert gateway.query(request.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('fault', 'options', 'kind'),
    [
        ('payer_cancels', {'seconds': 0.2}, ReasonKind.CANCELLED),
        ('no_balance', {}, ReasonKind.DECLINED),
        ('bad_code', {}, ReasonKind.BAD_CODE),
    ],
)
def test_charge_that_fails(gateway, control, fault, options, kind):
    """Test that the till learns why, and that nobody was charged."""
    control.fault(fault, **options)
    request = a_charge(control.code('wechat_pay'))
    gateway.charge(request)
    result = until(lambda: gateway.query(request.out_trade_no), Outcome.REFUSED)
    assert result.reason.kind == kind
    assert not control.order(request.out_trade_no)['charges']


def test_wrong_password_then_right_one(gateway, control):
    """Test that a mistyped password is not the end."""
    control.fault('wrong_password', seconds=0.3)
    request = a_charge(control.code('wechat_pay'))
    assert gateway.charge(request).outcome == Outcome.WAITING
    until(lambda: gateway.query(request.out_trade_no), Outcome.PAID)


# === REFUNDS === #


def test_refund_in_parts(gateway, control):
    """Test that parts are refunded, each once, and never more than was paid."""
    order = paid_order(gateway, control)
    first, rest = a_refund(order, amount=1000), a_refund(order, amount=234)
    assert gateway.query_refund(first.out_refund_no).reason.kind == ReasonKind.NOT_FOUND
    for request in (first, first, rest):
        assert gateway.refund(request).outcome == Outcome.WAITING
    done = until(lambda: gateway.query_refund(first.out_refund_no), Outcome.PAID)
    assert done.amount == 1000
    until(lambda: gateway.query_refund(rest.out_refund_no), Outcome.PAID)
    more = gateway.refund(a_refund(order, amount=1))
    assert more.outcome == Outcome.REFUSED
    assert sum(row['amount'] for row in control.order(order.out_trade_no)['refunds']) == 1234


@pytest.mark.parametrize(
    ('fault', 'outcome'), [('refund_fails', Outcome.REFUSED), ('refund_stuck', Outcome.WAITING)]
)
def test_refund_that_does_not_arrive(gateway, control, fault, outcome):
    """Test that a refund that fails later is refused, and one that hangs is waiting."""
    control.set(refund_delay=0)
    order = paid_order(gateway, control)
    control.fault(fault, scope=order.out_trade_no)
    request = a_refund(order)
    assert gateway.refund(request).outcome == Outcome.WAITING
    until(lambda: gateway.query_refund(request.out_refund_no), outcome)


def test_refused_refund(gateway, control):
    """Test that a channel's refusal is a refusal, for there is no such refund."""
    order = paid_order(gateway, control)
    control.fault('refund_refused', scope=order.out_trade_no)
    request = a_refund(order)
    assert gateway.refund(request).outcome == Outcome.REFUSED
    assert not control.order(order.out_trade_no)['refunds']


def test_refund_of_an_unpaid_order(gateway):
    """Test that nothing can be refunded before it was paid."""
    order = an_order()
    gateway.order(order)
    assert gateway.refund(a_refund(order)).outcome == Outcome.REFUSED


# === FAULTS OF THE EXCHANGE === #

LOST = {
    'timeout': {'seconds': 2},
    'reset': {},
    'http_5xx': {},
    'garbage': {},
    'truncated': {},
    'empty': {},
    'oversized': {},
    'redirect': {},
}
DOUBTED = ('bad_signature', 'unsigned', 'foreign_answer')
UNFINISHED = ('system_error', 'data_error')
REFUSED = {
    'missing_parameter': ReasonKind.PARAMETER,
    'invalid_parameter': ReasonKind.PARAMETER,
    'unknown_app': ReasonKind.UNKNOWN_APP,
    'not_approved': ReasonKind.NOT_ENABLED,
    'not_enabled': ReasonKind.NOT_ENABLED,
    'wrong_key': ReasonKind.BAD_KEY,
    'clock': ReasonKind.CLOCK,
}
AFTER = [*LOST, *DOUBTED, *UNFINISHED]


def charged(control, request):
    return len(control.order(request.out_trade_no)['charges'])


@pytest.mark.parametrize('when', ['before', 'after'])
@pytest.mark.parametrize('fault', AFTER)
def test_charge_with_a_lost_answer(gateway, control, fault, when):
    """Test that a charge whose answer is lost is unknown, charged at most once, and found."""
    request = a_charge(control.code('wechat_pay'), wallet=Wallet.WECHAT_PAY)
    control.fault(fault, when=when, operation='charge', **LOST.get(fault, {}))
    result = gateway.charge(request)
    assert result.outcome == Outcome.UNKNOWN, result
    assert result.reason
    found = gateway.query(request.out_trade_no)
    if when == 'after':
        assert found.outcome == Outcome.PAID
        assert charged(control, request) == 1
    else:
        assert (found.outcome, found.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


@pytest.mark.parametrize('fault', AFTER)
def test_order_with_a_lost_answer(gateway, control, fault):
    """Test that an order whose answer is lost is unknown, and found by a query."""
    order = an_order()
    control.fault(fault, operation='order', **LOST.get(fault, {}))
    assert gateway.order(order).outcome == Outcome.UNKNOWN
    assert gateway.query(order.out_trade_no).outcome == Outcome.WAITING


@pytest.mark.parametrize('fault', AFTER)
def test_refund_with_a_lost_answer(gateway, control, fault):
    """Test that a refund whose answer is lost is unknown, then found, and is done once."""
    control.set(refund_delay=0)
    order = paid_order(gateway, control)
    request = a_refund(order)
    control.fault(fault, scope=order.out_trade_no, operation='refund', **LOST.get(fault, {}))
    assert gateway.refund(request).outcome == Outcome.UNKNOWN
    until(lambda: gateway.query_refund(request.out_refund_no), Outcome.PAID)
    assert len(control.order(order.out_trade_no)['refunds']) == 1


@pytest.mark.parametrize('fault', AFTER)
@pytest.mark.parametrize('operation', ['query', 'query_refund'])
def test_query_with_a_lost_answer(gateway, control, operation, fault):
    """Test that a query whose answer is lost says nothing, and the next one works."""
    control.set(refund_delay=0)
    order = paid_order(gateway, control)
    request = a_refund(order)
    gateway.refund(request)
    # Twice, for a query whose connection broke is repeated by itself.
    control.fault(
        fault, scope=order.out_trade_no, operation=operation, times=2, **LOST.get(fault, {})
    )
    ask = {
        'query': lambda: gateway.query(order.out_trade_no),
        'query_refund': lambda: gateway.query_refund(
            request.out_refund_no, out_trade_no=order.out_trade_no
        ),
    }[operation]
    assert ask().outcome == Outcome.UNKNOWN
    control('DELETE', 'faults')
    until(ask, Outcome.PAID)


def test_query_survives_one_reset(gateway, control):
    """Test that a broken connection under a query is mended at once."""
    order = paid_order(gateway, control)
    control.fault('reset', scope=order.out_trade_no, operation='query')
    assert gateway.query(order.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('fault', REFUSED)
@pytest.mark.parametrize('operation', ['order', 'charge'])
def test_refusal(gateway, control, operation, fault):
    """Test that signed refusals end an attempt, unsigned ones end no charge."""
    control.fault(fault, operation=operation)
    if operation == 'order':
        result = gateway.order(an_order())
    else:
        result = gateway.charge(a_charge(control.code('wechat_pay')))
    unsigned = fault in ('unknown_app', 'wrong_key')
    if unsigned and operation == 'charge':
        assert result.outcome == Outcome.UNKNOWN
    else:
        assert result.outcome == Outcome.REFUSED
    assert result.reason.kind == REFUSED[fault]


@pytest.mark.parametrize('fault', REFUSED)
def test_refused_query_ends_nothing(gateway, control, fault):
    """Test that a payment does not become refused because our clock is wrong."""
    order = paid_order(gateway, control)
    control.fault(fault, scope=order.out_trade_no, operation='query')
    result = gateway.query(order.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, REFUSED[fault])


@pytest.mark.parametrize('fault', ['not_found', 'stale'])
def test_gateway_that_forgets_for_a_moment(gateway, control, fault):
    """Test that a query that knows less than the last one refuses nothing."""
    order = paid_order(gateway, control)
    control.fault(fault, scope=order.out_trade_no, operation='query')
    assert gateway.query(order.out_trade_no).outcome in (Outcome.UNKNOWN, Outcome.WAITING)
    assert gateway.query(order.out_trade_no).outcome == Outcome.PAID


def test_wrong_amount_in_an_answer(gateway, control):
    """Test that an answer about another amount shows."""
    order = an_order()
    control.fault('wrong_amount', operation='order', difference=1)
    assert gateway.order(order).outcome == Outcome.UNKNOWN
    control.pay(order.out_trade_no)
    control.fault('wrong_amount', scope=order.out_trade_no, operation='query', difference=1)
    assert gateway.query(order.out_trade_no).amount == 1235


def test_slow_answer_within_the_limit(gateway, control):
    """Test that slow is not lost."""
    control.fault('slow', operation='order', seconds=0.5)
    assert gateway.order(an_order()).outcome == Outcome.WAITING


def test_expired_order(gateway, control):
    """Test that an order past its time is waiting or refused, as the gateway puts it."""
    control.fault('expire', operation='order', seconds=0)
    order = an_order()
    gateway.order(order)
    assert gateway.query(order.out_trade_no).outcome == Outcome.WAITING
    control.set(expired_status='Failure')
    result = gateway.query(order.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.EXPIRED)


# === NOTICES === #


@pytest.fixture
def inbox():
    """A shop that takes notices."""
    loopback = Loopback(default=answering(b'success', headers={'Content-Type': 'text/plain'}))
    yield loopback
    loopback.stop()


def received(inbox, count=1):
    limit = time.monotonic() + 8
    while len(inbox.requests) < count and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(inbox.requests) >= count
    return inbox.requests


@pytest.mark.parametrize('encoding', ['form', 'json'])
@pytest.mark.parametrize('form', ['drop_empty', 'keep_empty'])
@pytest.mark.parametrize(('real_vol', 'payer'), [('merchant', 1234), ('payer', 1000)])
def test_notice(gateway, control, inbox, encoding, form, real_vol, payer):
    """Test that the notice of a payment is verified and read in every dialect."""
    control.set(notice_encoding=encoding, sign_form=form, real_vol=real_vol)
    order = an_order(notify_url=f'{inbox.url}/notice')
    gateway.order(order)
    control.pay(order.out_trade_no, coupon=234)
    [request, *_more] = received(inbox)
    notice = gateway.parse_notice(request.headers, request.body)
    assert notice.payment.outcome == Outcome.PAID
    assert notice.payment.out_trade_no == order.out_trade_no
    assert (notice.payment.amount, notice.payment.payer_amount) == (1234, payer)
    assert notice.merchant['app_id'] == gateway.credentials['app_id']


@pytest.mark.parametrize('forged', ['signature', 'unsigned', 'wrong_key', 'merchant', 'malformed'])
def test_forged_notice_is_rejected(gateway, control, inbox, forged):
    """Test that a notice that is not the gateway's is not believed."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    gateway.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)[0]
    with pytest.raises(NoticeRejected):
        gateway.parse_notice(request.headers, request.body)


@pytest.mark.parametrize('forged', ['amount', 'order', 'merchant_own_key'])
def test_signed_notice_that_does_not_fit_shows_it(gateway, control, inbox, forged):
    """Test that what the addon must compare is there to be compared."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    gateway.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)[0]
    notice = gateway.parse_notice(request.headers, request.body)
    assert (
        notice.payment.amount,
        notice.payment.out_trade_no,
        {name: notice.merchant[name] for name in gateway.merchant_fields},
    ) != (
        order.amount,
        order.out_trade_no,
        {name: gateway.credentials[name] for name in gateway.merchant_fields},
    )


# === MERCHANT SERVICES === #


def test_shop_code(gateway):
    """Test that a printed code can be had."""
    code = gateway.create_shop_code(
        ShopCodeRequest('Counter 1', store_id='S1', amount=1205, desk_no='1', note='x', style='1')
    )
    assert code.url.startswith('http')
    assert code.shop_code_id


def test_settlements_and_statement(gateway, control):
    """Test that pay-outs and the day's file can be had, and add up."""
    paid_order(gateway, control)
    now = times.now()
    [today] = gateway.settlements(now.replace(hour=0), now.replace(hour=23, minute=59, second=59))
    assert today.asked == today.arrived + today.fee > 0
    statement = gateway.statement(date(now.year, now.month, now.day))
    file = gateway.transport.get(statement.url, max_bytes=10_000_000)
    assert '汇元单号'.encode() in file.body
