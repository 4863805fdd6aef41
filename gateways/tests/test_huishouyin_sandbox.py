# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's gateway against the sandbox: every call, and notices."""

import time
from datetime import date, datetime, timedelta, timezone

import pytest
from gateway_loopback import Loopback, answering
from huishouyin_sandbox import a_charge, a_refund, an_order, paid_order
from sandbox_shop import number, until

from gateways import times
from gateways.base import (
    NoticeRejected,
    Outcome,
    ReasonKind,
    Scene,
    ShopCodeRequest,
    Wallet,
)

# === PROBE === #


def test_probe_of_good_credentials(shop):
    """Test that the seeded merchant's credentials work."""
    probe = shop.probe()
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
def test_probe_tells_apart(make_shop, control, merchant, changes, kind, level):
    """Test that each wrong credential is told, at either level of refusal."""
    control.set(refusals=level)
    probe = make_shop(merchant, **changes).probe()
    assert not probe.ok
    if level == 'business' and kind == ReasonKind.UNKNOWN_APP:
        # Without a key there is nothing to sign with, so a claim of success on the first level
        # comes unsigned and cannot be believed.
        assert probe.reason.kind in (kind, ReasonKind.BAD_ANSWER_SIGNATURE)
    else:
        assert probe.reason.kind == kind


def test_probe_of_a_wrong_clock(make_shop):
    """Test that a clock an hour off is told."""
    probe = make_shop(clock=lambda: times.now() - timedelta(hours=1)).probe()
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
def test_order_in_every_channel(shop, control, wallet, scene, extra, field):
    """Test that each channel gives what the payer needs, and is paid."""
    order = an_order(wallet=wallet, scene=scene, extra=extra)
    result = shop.order(order)
    assert result.outcome == Outcome.WAITING, result
    assert getattr(result.next_step, field)
    assert shop.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    paid = shop.query(order.out_trade_no, gateway_trade_no=result.gateway_trade_no)
    assert (paid.outcome, paid.amount, paid.payer_amount) == (Outcome.PAID, 1234, 1234)
    assert paid.wallet == wallet
    known = control.order(order.out_trade_no)
    assert paid.wallet_trade_no == known['wallet_trade_no'] != ''
    assert paid.bill_bar_code == known['bar_code'] != ''
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
def test_every_dialect_of_the_gateway(shop, control, settings):
    """Test that what the documents leave open is understood either way."""
    control.set(**settings)
    order = paid_order(shop, control)
    result = shop.query(order.out_trade_no)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)
    assert abs(datetime.now(timezone.utc) - result.paid_at) < timedelta(seconds=30)


def test_every_optional_field_is_taken(shop, control):
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
    assert shop.order(order).outcome == Outcome.WAITING
    assert shop.query(order.out_trade_no).raw['attach'] == '{"a":"1"}'


def test_partner_numbers(make_shop, merchants):
    """Test that a merchant behind a service provider can order, and the numbers are compared."""
    partner = {name: merchants['huishouyin_partner'][name] for name in ('isv_app_id', 'isv_mch_uid')}
    shop = make_shop(**partner)
    assert shop.probe().ok
    assert shop.order(an_order()).outcome == Outcome.WAITING
    with_partner_key = make_shop(**partner, key=merchants['huishouyin_partner']['key'])
    assert with_partner_key.order(an_order()).outcome == Outcome.WAITING


def test_store_that_some_channels_want(make_shop):
    """Test that the gateway's wish for a store is refused in its own words."""
    shop = make_shop('huishouyin_store_required')
    result = shop.order(an_order())
    assert result.outcome == Outcome.REFUSED
    assert '门店' in result.reason.message
    assert shop.order(an_order(store_id='S1')).outcome == Outcome.WAITING


def test_coupon_lowers_what_the_payer_pays(shop, control):
    """Test that the shop is owed the whole amount."""
    order = an_order()
    shop.order(order)
    control.pay(order.out_trade_no, coupon=234)
    result = shop.query(order.out_trade_no)
    assert (result.amount, result.payer_amount) == (1234, 1000)


def test_order_that_nobody_placed(shop):
    """Test that an order that the gateway does not know is not refused."""
    result = shop.query(number())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_number_of_another_order(shop):
    """Test that a number that was used for something else is not refused: an order is there."""
    order = an_order()
    shop.order(order)
    again = shop.order(an_order(out_trade_no=order.out_trade_no, amount=1))
    assert (again.outcome, again.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


# === CHARGES === #


@pytest.mark.parametrize('wallet', ['wechat_pay', 'alipay', 'unionpay'])
@pytest.mark.parametrize('named', [True, False])
def test_charge_of_every_wallet(shop, control, wallet, named):
    """Test that codes are charged, named by us or recognised by the shop."""
    request = a_charge(control.code(wallet), wallet=Wallet(wallet) if named else None)
    result = shop.charge(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)
    assert result.wallet == Wallet(wallet)
    assert len(control.order(request.out_trade_no)['charges']) == 1


def test_payer_types_a_password(shop, control):
    """Test that a charge waits for the payer, then is paid."""
    request = a_charge(control.code('wechat_pay', confirm=True), wallet=Wallet.WECHAT_PAY)
    assert shop.charge(request).outcome == Outcome.WAITING
    control.pay(request.out_trade_no)
    assert shop.query(request.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('fault', 'options', 'kind'),
    [
        ('payer_cancels', {'seconds': 0.2}, ReasonKind.CANCELLED),
        ('no_balance', {}, ReasonKind.DECLINED),
        ('bad_code', {}, ReasonKind.BAD_CODE),
    ],
)
def test_charge_that_fails(shop, control, fault, options, kind):
    """Test that the till learns why, and that nobody was charged."""
    control.fault(fault, **options)
    request = a_charge(control.code('wechat_pay'))
    shop.charge(request)
    result = until(lambda: shop.query(request.out_trade_no), Outcome.REFUSED)
    assert result.reason.kind == kind
    assert not control.order(request.out_trade_no)['charges']


def test_wrong_password_then_right_one(shop, control):
    """Test that a mistyped password is not the end."""
    control.fault('wrong_password', seconds=0.3)
    request = a_charge(control.code('wechat_pay'))
    assert shop.charge(request).outcome == Outcome.WAITING
    until(lambda: shop.query(request.out_trade_no), Outcome.PAID)


# === REFUNDS === #


def test_refund_in_parts(shop, control):
    """Test that parts are refunded, each once, and never more than was paid."""
    order = paid_order(shop, control)
    first, rest = a_refund(order, amount=1000), a_refund(order, amount=234)
    assert shop.query_refund(first.out_refund_no).reason.kind == ReasonKind.NOT_FOUND
    for request in (first, first, rest):
        assert shop.refund(request).outcome == Outcome.WAITING
    done = until(lambda: shop.query_refund(first.out_refund_no), Outcome.PAID)
    assert done.amount == 1000
    until(lambda: shop.query_refund(rest.out_refund_no), Outcome.PAID)
    more = shop.refund(a_refund(order, amount=1))
    assert more.outcome == Outcome.REFUSED
    assert sum(row['amount'] for row in control.order(order.out_trade_no)['refunds']) == 1234


@pytest.mark.parametrize(
    ('fault', 'outcome'), [('refund_fails', Outcome.REFUSED), ('refund_stuck', Outcome.WAITING)]
)
def test_refund_that_does_not_arrive(shop, control, fault, outcome):
    """Test that a refund that fails later is refused, and one that hangs is waiting."""
    control.set(refund_delay=0)
    order = paid_order(shop, control)
    control.fault(fault, scope=order.out_trade_no)
    request = a_refund(order)
    assert shop.refund(request).outcome == Outcome.WAITING
    until(lambda: shop.query_refund(request.out_refund_no), outcome)


def test_refused_refund(shop, control):
    """Test that a channel's refusal is a refusal, for there is no such refund."""
    order = paid_order(shop, control)
    control.fault('refund_refused', scope=order.out_trade_no)
    request = a_refund(order)
    assert shop.refund(request).outcome == Outcome.REFUSED
    assert not control.order(order.out_trade_no)['refunds']


def test_refund_of_an_unpaid_order(shop):
    """Test that nothing can be refunded before it was paid."""
    order = an_order()
    shop.order(order)
    assert shop.refund(a_refund(order)).outcome == Outcome.REFUSED


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
@pytest.mark.parametrize(('real_vol', 'payer'), [('merchant', None), ('payer', 1000)])
def test_notice(shop, control, inbox, encoding, form, real_vol, payer):
    """Test that the notice of a payment is verified and read in every dialect.

    Where `real_vol` has the shop's amount, it does not tell what the payer paid.
    """
    control.set(notice_encoding=encoding, sign_form=form, real_vol=real_vol)
    order = an_order(notify_url=f'{inbox.url}/notice')
    shop.order(order)
    control.pay(order.out_trade_no, coupon=234)
    [request, *_more] = received(inbox)
    notice = shop.parse_notice(request.headers, request.body)
    assert notice.payment.outcome == Outcome.PAID
    assert notice.payment.out_trade_no == order.out_trade_no
    assert (notice.payment.amount, notice.payment.payer_amount) == (1234, payer)
    assert notice.merchant['app_id'] == shop.credentials['app_id']


@pytest.mark.parametrize('forged', ['signature', 'unsigned', 'wrong_key', 'merchant', 'malformed'])
def test_forged_notice_is_rejected(shop, control, inbox, forged):
    """Test that a notice that is not the gateway's is not believed."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    shop.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)[0]
    with pytest.raises(NoticeRejected):
        shop.parse_notice(request.headers, request.body)


@pytest.mark.parametrize('forged', ['amount', 'order', 'merchant_own_key'])
def test_signed_notice_that_does_not_fit_shows_it(shop, control, inbox, forged):
    """Test that what the addon must compare is there to be compared."""
    order = an_order(notify_url=f'{inbox.url}/notice')
    shop.order(order)
    control('POST', 'notices', {'out_trade_no': order.out_trade_no, 'forged': forged})
    request = received(inbox)[0]
    notice = shop.parse_notice(request.headers, request.body)
    assert (
        notice.payment.amount,
        notice.payment.out_trade_no,
        {name: notice.merchant[name] for name in shop.merchant_fields},
    ) != (
        order.amount,
        order.out_trade_no,
        {name: shop.credentials[name] for name in shop.merchant_fields},
    )


# === MERCHANT SERVICES === #


def test_shop_code(shop):
    """Test that a printed code can be had."""
    code = shop.create_shop_code(
        ShopCodeRequest('Counter 1', store_id='S1', amount=1205, desk_no='1', note='x', style='1')
    )
    assert code.url.startswith('http')
    assert code.shop_code_id


def test_settlements_and_statement(shop, control):
    """Test that pay-outs and the day's file can be had, and add up."""
    paid_order(shop, control)
    now = times.now()
    [today] = shop.settlements(now.replace(hour=0), now.replace(hour=23, minute=59, second=59))
    assert today.asked == today.arrived + today.fee > 0
    statement = shop.statement(date(now.year, now.month, now.day))
    file = shop.transport.get(statement.url, max_bytes=10_000_000)
    assert '汇元单号'.encode() in file.body
