# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's gateway against the sandbox: every call, every scene, notices."""

import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest
from jd_pay_sandbox import a_charge, a_refund, an_order, number, paid_order
from sandbox_shop import until

from gateways import times
from gateways.base import Operation, Outcome, ReasonKind, Scene, UnsupportedOperation, Wallet

# === PROBE === #


def test_probe_of_good_credentials(jd):
    """Test that the seeded merchant's credentials work."""
    probe = jd.probe()
    assert probe.ok, probe
    assert abs(probe.clock_skew or 0) <= 2


def test_probe_tells_apart(make_jd, merchants):
    """Test that each wrong credential is told."""
    other = merchants['jd_pay_other']
    for changes, kind in (
        ({'private_key': other['private_key']}, ReasonKind.BAD_KEY),
        ({'des_key': other['des_key']}, ReasonKind.BAD_KEY),
        ({'merchant': '110000000009'}, ReasonKind.UNKNOWN_APP),
        ({'private_key': 'nothing'}, ReasonKind.BAD_KEY),
    ):
        probe = make_jd(**changes).probe()
        assert (probe.ok, probe.reason.kind) == (False, kind), changes


# === ORDERS === #


def test_order_by_qr(jd, control):
    """Test a code from order to payment."""
    order = an_order(attach='{"a":"1"}', terminal_id='POS 1')
    result = jd.order(order)
    assert result.outcome == Outcome.WAITING, result
    assert result.next_step.code_url.startswith('http')
    assert result.gateway_trade_no
    assert jd.query(order.out_trade_no).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    paid = jd.query(order.out_trade_no, gateway_trade_no=result.gateway_trade_no)
    assert (paid.outcome, paid.amount, paid.payer_amount) == (Outcome.PAID, 1234, 1234)
    assert (paid.wallet, paid.gateway_trade_no) == (Wallet.JD_PAY, result.gateway_trade_no)
    assert abs(datetime.now(timezone.utc) - paid.paid_at) < timedelta(seconds=30)
    assert 'cardNo' not in str(paid.raw)
    assert '茶' not in str(paid.raw)


def test_order_for_the_app(jd, make_jd, control):
    """Test the parameters for the SDK, and that they need the app's credentials."""
    order = an_order(scene=Scene.APP)
    params = jd.order(order).next_step.sdk_params
    assert set(params) == {'orderId', 'merchant', 'appId', 'signData', 'extraInfo'}
    control.pay(order.out_trade_no)
    assert jd.query(order.out_trade_no).outcome == Outcome.PAID
    result = make_jd(app_id='').order(an_order(scene=Scene.APP))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_ENABLED)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def post_form(step):
    """Do what the payer's browser does with a form; return status, place and body."""
    data = urllib.parse.urlencode(step.form).encode()
    try:
        with urllib.request.build_opener(_Stay).open(step.pay_url, data, 10) as answer:
            return answer.status, '', answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get('Location', ''), ''


@pytest.mark.parametrize(('extra', 'host'), [({}, 'h5pay'), ({'channel': 'PC'}, 'wepay')])
def test_order_at_the_cashier(jd, control, extra, host):
    """Test the form that the payer's browser posts, for phones and desktops."""
    order = an_order(scene=Scene.H5, extra=extra)
    result = jd.order(order)
    assert (result.outcome, result.gateway_trade_no) == (Outcome.WAITING, '')
    assert f'/{host}/jdpay/saveOrder' in result.next_step.pay_url
    found = jd.query(order.out_trade_no)
    assert (found.outcome, found.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)
    status, place, _body = post_form(result.next_step)
    assert status == 302
    control('POST', 'pay', {'code_url': place})
    assert jd.query(order.out_trade_no).outcome == Outcome.PAID
    tampered = {**result.next_step.form, 'amount': result.next_step.form['orderType']}
    status, place, body = post_form(type(result.next_step)(
        pay_url=result.next_step.pay_url, form=tampered
    ))  # fmt: skip
    assert (status, 'SBX0006' in body) == (200, True)


def test_the_life_of_an_order_is_sent(jd, control):
    """Test that JD's seven days are not what an order gets."""
    order = an_order(expires_at=times.now() + timedelta(seconds=300))
    jd.order(order)
    shown = control.order(order.out_trade_no)
    life = datetime.fromisoformat(shown['expires_at']) - datetime.fromisoformat(shown['created_at'])
    assert 295 <= life.total_seconds() <= 301


def test_an_expired_order(jd, control):
    """Test that an order past its time is closed."""
    order = an_order()
    control.fault('expire', operation='order', seconds=0)
    jd.order(order)
    result = jd.query(order.out_trade_no)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)
    assert result.reason.kind == ReasonKind.EXPIRED


def test_a_coupon_lowers_what_the_payer_pays(jd, control):
    """Test that the shop is owed the whole amount."""
    order = an_order()
    jd.order(order)
    control.pay(order.out_trade_no, coupon=100)
    paid = jd.query(order.out_trade_no)
    assert (paid.amount, paid.payer_amount) == (1234, 1134)


def test_every_fault_of_the_caller_is_told(jd, make_jd):
    """Test values that the protocol cannot carry, and what is not offered."""
    for changes in (
        {'out_trade_no': 'x' * 31}, {'out_trade_no': ''}, {'notify_url': ''}, {'amount': 0},
        {'extra': {'nonsense': '1'}}, {'attach': 'x' * 201},
        {'scene': Scene.H5, 'return_url': ''}, {'extra': {'spec_id': '1'}},
        {'extra': {'spec_id': '1', 'spec_name': 'x', 'spec_card_no': '1'}},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r'\w'):
            jd.order(an_order(**changes))
    for changes in (
        {'scene': Scene.CODE}, {'scene': Scene.IN_APP}, {'wallet': Wallet.ALIPAY},
        {'extra': {'channel': 'PC'}},
    ):  # fmt: skip
        with pytest.raises(UnsupportedOperation):
            jd.order(an_order(**changes))
    assert not jd.supports(Operation.CLOSE)
    assert jd.supports(Operation.REVERSE)


# === CHARGES === #


def test_charge(jd, control):
    """Test a payment code that is paid at once."""
    request = a_charge(control.code('jd_pay'), wallet=Wallet.JD_PAY)
    result = jd.charge(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234), result


@pytest.mark.parametrize(
    ('fault', 'outcome'),
    [
        ('payer_cancels', Outcome.REFUSED),
        ('wrong_password', Outcome.PAID),
        ('user_paying', Outcome.PAID),
    ],
)
def test_charge_that_the_payer_must_confirm(jd, control, fault, outcome):
    """Test that a charge waits until the payer has decided."""
    request = a_charge(control.code('jd_pay'))
    control.fault(fault, operation='charge', seconds=0.3)
    assert jd.charge(request).outcome == Outcome.WAITING
    until(lambda: jd.query(request.out_trade_no), outcome)


@pytest.mark.parametrize('fault', ['bad_code', 'no_balance'])
def test_charge_that_is_declined(jd, control, fault):
    """Test a signed failure."""
    control.fault(fault, operation='charge')
    result = jd.charge(a_charge(control.code('jd_pay')))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.DECLINED)


def test_charge_of_another_wallets_code(jd, control):
    """Test that an unsigned complaint ends nothing."""
    result = jd.charge(a_charge(control.code('wechat_pay')))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.BAD_CODE)


# === REVERSE === #


def test_reverse_of_an_unpaid_charge(jd, control):
    """Test that a charge that waits for the payer can't be paid any more."""
    request = a_charge(control.code('jd_pay', confirm=True))
    assert jd.charge(request).outcome == Outcome.WAITING
    for _again in range(2):
        result = jd.reverse(request.out_trade_no)
        assert (result.outcome, result.closed, result.refunded) == (Outcome.REFUSED, True, False)
    found = jd.query(request.out_trade_no)
    assert (found.outcome, found.closed) == (Outcome.REFUSED, True)


def test_reverse_of_a_paid_charge(jd, control):
    """Test that the money goes back, once, and that it is unknown until it is."""
    control.set(refund_delay=0.5)
    request = a_charge(control.code('jd_pay'))
    jd.charge(request)
    first = jd.reverse(request.out_trade_no)
    assert (first.outcome, first.reason.code) == (Outcome.UNKNOWN, 'revoking')
    done = until(lambda: jd.reverse(request.out_trade_no), Outcome.REFUSED)
    assert (done.closed, done.refunded) == (True, True)
    assert len(control.order(request.out_trade_no)['refunds']) == 1


def test_reversal_that_takes_time(jd, control):
    """Test that a payer who confirms while the till gives up is known to get the money back."""
    control.set(refund_delay=0.6)
    request = a_charge(control.code('jd_pay', confirm=True))
    assert jd.charge(request).outcome == Outcome.WAITING
    control.pay(request.out_trade_no)
    taken = jd.reverse(request.out_trade_no)
    assert (taken.outcome, taken.reversing) == (Outcome.UNKNOWN, True)
    assert taken.reversal_number == control.order(request.out_trade_no)['refunds'][0]['out_refund_no']
    asked = {'reversal_number': taken.reversal_number}
    meanwhile = jd.query_reversal(request.out_trade_no, **asked)
    assert (meanwhile.outcome, meanwhile.reversing) == (Outcome.UNKNOWN, True)
    # The order itself is still called paid, and what goes back of it is told as well.
    found = jd.query(request.out_trade_no)
    assert (found.outcome, found.refunded, found.refunded_amount) == (Outcome.PAID, True, 1234)
    done = until(lambda: jd.query_reversal(request.out_trade_no, **asked), Outcome.REFUSED)
    assert (done.closed, done.refunded, done.refunded_amount) == (True, True, 1234)
    assert (done.reversing, done.reversal_number) == (False, taken.reversal_number)
    assert len(control.order(request.out_trade_no)['refunds']) == 1


def test_reversal_that_fails(jd, control):
    """Test that the shop keeps the money, and hears it."""
    control.set(refund_delay=0)
    request = a_charge(control.code('jd_pay'))
    jd.charge(request)
    control.fault('refund_fails', scope=request.out_trade_no)
    jd.reverse(request.out_trade_no)
    found = until(lambda: jd.query_reversal(request.out_trade_no), Outcome.PAID)
    assert (found.reversing, found.refunded, found.amount) == (False, False, 1234)


@pytest.mark.parametrize('fault', ['reset', 'http_5xx', 'garbage', 'bad_signature'])
def test_reversal_that_nobody_can_tell(jd, control, fault):
    """Test that a lost answer about a revoke is no news, whatever the order's own state says."""
    control.set(refund_delay=0)
    request = a_charge(control.code('jd_pay'))
    jd.charge(request)
    jd.reverse(request.out_trade_no)
    control.fault(fault, scope='global', operation='query_refund', times=None)
    found = jd.query_reversal(request.out_trade_no)
    assert (found.outcome, found.reversing) == (Outcome.UNKNOWN, False)


@pytest.mark.parametrize('fault', ['reset', 'http_5xx', 'garbage', 'bad_signature', 'system_error'])
def test_reverse_with_a_lost_answer(jd, control, fault):
    """Test that a revoke whose answer is lost is found under its own number."""
    control.set(refund_delay=0)
    request = a_charge(control.code('jd_pay'))
    jd.charge(request)
    control.fault(fault, scope=request.out_trade_no, operation='reverse')
    until(lambda: jd.reverse(request.out_trade_no), Outcome.REFUSED)
    assert len(control.order(request.out_trade_no)['refunds']) == 1


def test_reverse_of_what_jd_does_not_know(jd):
    """Test that nobody's word is taken for it."""
    result = jd.reverse(number('N'))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


# === REFUNDS === #


def test_partial_refunds(jd, control):
    """Test two refunds of one order, each repeated, and one too many."""
    control.set(refund_delay=0.1)
    order = paid_order(jd, control)
    for amount in (1000, 234):
        request = a_refund(order, amount=amount, reason='退货 & more')
        for _again in range(2):
            assert jd.refund(request).outcome in (Outcome.WAITING, Outcome.PAID)
        result = until(
            lambda number=request.out_refund_no: jd.query_refund(
                number, out_trade_no=order.out_trade_no
            ),
            Outcome.PAID,
        )
        assert result.amount == amount
        assert result.finished_at
    assert len(control.order(order.out_trade_no)['refunds']) == 2
    result = jd.refund(a_refund(order, amount=1))
    # Complained about without a signature, and JD's signed list is without it.
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.DECLINED)


def test_refund_that_fails(jd, control):
    """Test that 2 is a failure here, and not a success."""
    control.set(refund_delay=0)
    order = paid_order(jd, control)
    request = a_refund(order)
    control.fault('refund_fails', scope=order.out_trade_no)
    jd.refund(request)
    result = until(
        lambda: jd.query_refund(request.out_refund_no, out_trade_no=order.out_trade_no),
        Outcome.REFUSED,
    )
    assert result.reason.kind == ReasonKind.DECLINED


def test_refund_that_nobody_knows(jd, control):
    """Test that it is told apart, and stays unknown."""
    order = paid_order(jd, control)
    for paid_number in ('', order.out_trade_no):
        result = jd.query_refund(number('R'), out_trade_no=paid_number)
        assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)
