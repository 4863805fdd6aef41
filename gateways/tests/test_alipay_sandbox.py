# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's gateway against the sandbox: every call, every scene, and notices."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from alipay_sandbox import a_charge, a_refund, an_order, number, paid_order
from sandbox_shop import until

from gateways import times
from gateways.alipay import Alipay, codes
from gateways.base import CallFailed, Outcome, ReasonKind, Scene

# === PROBE === #


@pytest.mark.parametrize('merchant', ['alipay', 'alipay_certificate'])
def test_probe_of_good_credentials(make_alipay, merchant):
    """Test that the seeded merchants' credentials work, in either mode."""
    probe = make_alipay(merchant).probe()
    assert probe.ok, probe
    assert abs(probe.clock_skew or 0) <= 2


@pytest.mark.parametrize(
    ('changes', 'kind'),
    [
        ({'app_id': '2021009999999999'}, ReasonKind.UNKNOWN_APP),
        ({'private_key': 'alipay_other'}, ReasonKind.BAD_KEY),
        ({'alipay_public_key': 'own'}, ReasonKind.BAD_ANSWER_SIGNATURE),
    ],
)
def test_probe_tells_apart(make_alipay, merchants, changes, kind):
    """Test that each wrong credential is told."""
    if changes.get('private_key'):
        changes = {'private_key': merchants['alipay_other']['private_key']}
    if changes.get('alipay_public_key'):
        # the classic mistake: the application's own public key
        changes = {'alipay_public_key': public_half(merchants['alipay']['private_key'])}
        assert Alipay.credential_problems(
            {**merchants['alipay'], **changes}, times.now()
        )['alipay_public_key'].kind == 'own_key'
    probe = make_alipay(**changes).probe()
    assert (probe.ok, probe.reason.kind) == (False, kind)


def public_half(text):
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(text.encode(), None).public_key()
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def test_probe_of_an_application_that_is_not_online(make_alipay):
    """Test that a state of the application is told."""
    assert make_alipay('alipay_not_online').probe().reason.kind == ReasonKind.NOT_ENABLED


def test_probe_of_a_wrong_clock(make_alipay):
    """Test that a clock an hour off is told."""
    probe = make_alipay(clock=lambda: times.now() - timedelta(hours=1)).probe()
    assert (probe.ok, probe.reason.kind) == (False, ReasonKind.CLOCK)
    assert -3610 < probe.clock_skew < -3590


# === CERTIFICATES === #


def test_new_certificate_is_fetched_and_believed(make_alipay, control):
    """Test that answers signed with a certificate that is not stored yet are believed."""
    shop = make_alipay('alipay_certificate')
    control.set(alipay_certificate='new')
    order = paid_order(shop, control)
    assert shop.query(order.out_trade_no).outcome == Outcome.PAID


def test_certificate_under_another_root_is_not_believed(make_alipay, merchants, control):
    """Test that a fetched certificate must stand under the stored root."""
    from alipay_witness import pem

    control.set(alipay_certificate='new')
    shop = make_alipay(
        'alipay_certificate', alipay_cert=pem('alipay_test_platform_cert.pem')
    )
    probe = shop.probe()
    assert (probe.ok, probe.reason.kind) == (False, ReasonKind.BAD_ANSWER_SIGNATURE)


def test_public_key_stays_good_during_a_switch(make_alipay, merchants):
    """Test that public key and certificates may stand side by side."""
    both = {'alipay_public_key': merchants['alipay']['alipay_public_key']}
    assert make_alipay('alipay_certificate', **both).probe().ok


# === ORDERS === #


@pytest.mark.parametrize('merchant', ['alipay', 'alipay_certificate'])
def test_qr(make_alipay, control, merchant):
    """Test a code from the order to the payment."""
    shop = make_alipay(merchant)
    order = an_order()
    result = shop.order(order)
    assert result.outcome == Outcome.WAITING
    assert result.next_step.code_url.startswith('http')
    unscanned = shop.query(order.out_trade_no)
    assert (unscanned.outcome, unscanned.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)
    control.pay(order.out_trade_no, outcome='wrong_password')
    assert shop.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no, coupon=34)
    paid = shop.query(order.out_trade_no)
    assert (paid.outcome, paid.amount, paid.payer_amount) == (Outcome.PAID, 1234, 1200)
    assert abs((paid.paid_at - times.now()).total_seconds()) < 5
    assert shop.query(order.out_trade_no, gateway_trade_no=paid.gateway_trade_no) == paid


def test_in_app(alipay, control):
    """Test a page inside the wallet: who pays is asked, then the trade is made for that payer."""
    url = alipay.authorize_url('http://127.0.0.1:1/back', 'state-0123456789')
    back = requests.get(url, allow_redirects=False, timeout=5).headers['Location']
    query = parse_qs(urlsplit(back).query)
    assert query['state'] == ['state-0123456789']
    who = alipay.payer(query['auth_code'][0])
    assert who.payer_id.startswith('2088')
    with pytest.raises(CallFailed) as failed:
        alipay.payer(query['auth_code'][0])
    assert failed.value.reason.kind == ReasonKind.BAD_CODE
    order = an_order(scene=Scene.IN_APP, payer_id=who.payer_id, attach='a=1&b=2')
    result = alipay.order(order)
    assert result.next_step.sdk_params == {'tradeNO': result.gateway_trade_no}
    assert alipay.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize('extra', [{}, {'channel': codes.PAGE}])
def test_browser(alipay, control, extra):
    """Test the checkout of phones and computers: the browser itself places the order."""
    order = an_order(scene=Scene.H5, return_url='http://127.0.0.1:1/back', extra=extra)
    step = alipay.order(order).next_step
    assert alipay.query(order.out_trade_no).reason.kind == ReasonKind.NOT_FOUND
    answer = requests.get(step.pay_url, allow_redirects=False, timeout=5)
    assert (answer.status_code, '/q/' in answer.headers['Location']) == (302, True)
    assert alipay.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID
    tampered = requests.get(step.pay_url.replace('12.34', '0.01'), timeout=5)
    assert 'isv.invalid-signature' in tampered.content.decode('gbk')


def test_app(alipay, control):
    """Test the order string that the shop's app hands to the wallet."""
    order = an_order(scene=Scene.APP)
    text = alipay.order(order).next_step.sdk_params['order_string']
    answer = requests.post(
        f'{alipay.endpoint}/gateway.do', data=text.encode(), timeout=5,
        headers={'Content-Type': 'application/x-www-form-urlencoded'},
    )
    assert answer.json()['alipay_trade_app_pay_response']['code'] == '10000'
    control.pay(order.out_trade_no)
    assert alipay.query(order.out_trade_no).outcome == Outcome.PAID


def test_same_number_with_another_amount(alipay):
    """Test that a number that exists with other data is no refusal: it may be paid."""
    order = an_order()
    alipay.order(order)
    again = alipay.order(an_order(out_trade_no=order.out_trade_no, amount=999))
    assert (again.outcome, again.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


# === CHARGES === #


def test_charge(alipay, control):
    """Test a payment code that is charged at once."""
    result = alipay.charge(a_charge(control.code('alipay')))
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)


def test_charge_with_password(alipay, control):
    """Test that a charge that needs a password waits for the payer."""
    request = a_charge(control.code('alipay', confirm=True))
    assert alipay.charge(request).outcome == Outcome.WAITING
    assert alipay.query(request.out_trade_no).outcome == Outcome.WAITING
    control.pay(request.out_trade_no)
    assert alipay.query(request.out_trade_no).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('fault', 'kind'),
    [('bad_code', ReasonKind.BAD_CODE), ('no_balance', ReasonKind.DECLINED)],
)
def test_charge_that_is_refused(alipay, control, fault, kind):
    """Test that a signed refusal ends the attempt."""
    control.fault(fault, operation='charge')
    result = alipay.charge(a_charge(control.code('alipay')))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)


def test_code_of_another_wallet(alipay, control):
    """Test that it is not even sent."""
    with pytest.raises(ValueError, match='payment code'):
        alipay.charge(a_charge(control.code('wechat_pay')))


# === ENDING === #


def test_close(alipay, control):
    """Test that close ends a scanned order, tells of a paid one, and knows no unscanned one."""
    unscanned = an_order()
    alipay.order(unscanned)
    result = alipay.close(unscanned.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)
    control.pay(unscanned.out_trade_no, outcome='cancel')
    result = alipay.close(unscanned.out_trade_no)
    assert (result.outcome, result.closed, result.refunded) == (Outcome.REFUSED, True, False)
    again = alipay.close(unscanned.out_trade_no)
    assert (again.outcome, again.closed) == (Outcome.REFUSED, True)
    paid = paid_order(alipay, control)
    assert alipay.close(paid.out_trade_no).outcome == Outcome.PAID


def test_reverse(alipay, control):
    """Test that reverse closes what is unpaid and gives back what is paid, and tells which."""
    waiting = a_charge(control.code('alipay', confirm=True))
    alipay.charge(waiting)
    result = alipay.reverse(waiting.out_trade_no)
    assert (result.outcome, result.closed, result.refunded) == (Outcome.REFUSED, True, False)
    paid = a_charge(control.code('alipay'))
    alipay.charge(paid)
    result = alipay.reverse(paid.out_trade_no)
    assert (result.outcome, result.closed, result.refunded) == (Outcome.REFUSED, True, True)
    assert sum(r['amount'] for r in control.order(paid.out_trade_no)['refunds']) == 1234
    assert alipay.reverse(paid.out_trade_no).refunded
    assert sum(r['amount'] for r in control.order(paid.out_trade_no)['refunds']) == 1234
    after = alipay.query(paid.out_trade_no)
    assert (after.outcome, after.closed, after.refunded) == (Outcome.REFUSED, True, True)


def test_reverse_of_what_never_arrived(alipay):
    """Test that nothing is promised for a trade that nobody knows."""
    result = alipay.reverse(number('NONE'))
    assert (result.outcome, result.closed) == (Outcome.REFUSED, False)
    assert result.reason.kind == ReasonKind.NOT_FOUND


def test_reverse_of_a_partly_refunded_payment(alipay, control):
    """Test that it is told as paid, to be refunded."""
    order = paid_order(alipay, control)
    alipay.refund(a_refund(order, amount=34))
    assert alipay.reverse(order.out_trade_no).outcome == Outcome.PAID


# === REFUNDS === #


def test_refunds(alipay, control):
    """Test two parts and their repetitions: each part once, with its own amount."""
    order = paid_order(alipay, control)
    first = a_refund(order, amount=234, reason='退货 return')
    for _try in range(2):
        result = alipay.refund(first)
        assert (result.outcome, result.amount) == (Outcome.PAID, 234)
    second = a_refund(order, amount=1000)
    assert alipay.refund(second).amount == 1000
    for request in (first, second):
        asked = alipay.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no)
        assert (asked.outcome, asked.amount) == (Outcome.PAID, request.amount)
        assert asked.finished_at
    assert sum(r['amount'] for r in control.order(order.out_trade_no)['refunds']) == 1234
    closed = alipay.query(order.out_trade_no)
    assert (closed.closed, closed.refunded, closed.amount) == (True, True, 1234)


def test_refund_of_too_much(alipay, control):
    """Test that it is refused, and that the refund query knows of none."""
    order = paid_order(alipay, control)
    alipay.refund(a_refund(order, amount=1000))
    result = alipay.refund(a_refund(order, amount=500))
    assert result.outcome == Outcome.REFUSED


def test_refund_number_with_another_amount(alipay, control):
    """Test that what the number did before is told."""
    order = paid_order(alipay, control)
    first = a_refund(order, amount=100)
    alipay.refund(first)
    result = alipay.refund(a_refund(order, amount=200, out_refund_no=first.out_refund_no))
    assert (result.outcome, result.amount) == (Outcome.PAID, 100)


def test_refund_that_nobody_knows(alipay, control):
    """Test the success that says nothing."""
    order = paid_order(alipay, control)
    result = alipay.query_refund('R_NONE', out_trade_no=order.out_trade_no)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_refund_that_hangs(alipay, control):
    """Test that a refund without `fund_change` is unknown until the query says it is done."""
    order = paid_order(alipay, control)
    request = a_refund(order)
    control.fault('refund_stuck', scope=order.out_trade_no)
    assert alipay.refund(request).outcome == Outcome.UNKNOWN
    control('POST', 'refunds', {'out_refund_no': request.out_refund_no})
    until(
        lambda: alipay.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no),
        Outcome.PAID,
    )
    assert alipay.refund(request).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('fault', 'kind'),
    [('refund_fails', ReasonKind.MERCHANT_BALANCE), ('refund_refused', ReasonKind.DECLINED)],
)
def test_refund_that_fails(alipay, control, fault, kind):
    """Test that a refusal is one when the refund query confirms it, and whose money is lacking."""
    order = paid_order(alipay, control)
    control.fault(fault, scope=order.out_trade_no)
    result = alipay.refund(a_refund(order))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)
