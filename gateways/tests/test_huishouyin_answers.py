# Part of payment_cn_wallets. License LGPL-3.
"""What Huishouyin's client makes of good answers."""

from datetime import datetime, timezone

import pytest
from huishouyin_witness import CALLS, GOOD, PAID, REFUND, a_charge, a_refund, an_order, business, echo

from gateways.base import Outcome, ReasonKind, Scene, Wallet


def test_order_waits_with_its_code(server, gateway):
    """Test that an order gives the content of the QR and the gateway's number."""
    server.script = [echo(hy_bill_no='HY1', channel_type='WX_NATIVE', **GOOD['order'])]
    result = gateway.order(an_order())
    assert result.outcome == Outcome.WAITING
    assert result.next_step.code_url == 'weixin://wxpay/bizpayurl?pr=x'
    assert (result.out_trade_no, result.gateway_trade_no) == ('SO1-1', 'HY1')
    assert result.amount == 100
    assert not result.closed


def test_page_is_for_the_wallets_browser(server, gateway):
    """Test that in-app and H5 orders give the page to open."""
    pages = {'hy_js_auth_pay_url': 'https://p/js', 'hy_pay_url': 'https://p/h5'}
    server.default = echo(**pages)
    assert gateway.order(an_order(scene=Scene.IN_APP)).next_step.pay_url == 'https://p/js'
    assert gateway.order(an_order(scene=Scene.H5)).next_step.pay_url == 'https://p/h5'


@pytest.mark.parametrize('page', ['javascript:alert(1)', 'data:text/html,x', 'https:///x', 'x', ''])
def test_page_that_a_browser_must_not_open(server, gateway, page):
    """Test that an address of another kind is no page; the order is then unknown."""
    server.script = [echo(hy_pay_url=page)]
    assert gateway.order(an_order(scene=Scene.H5)).outcome == Outcome.UNKNOWN


def test_answer_without_a_code_is_unknown(server, gateway):
    """Test that an order that gives nothing to pay with is not waiting."""
    server.script = [echo(code_url='')]
    result = gateway.order(an_order())
    assert result.outcome == Outcome.UNKNOWN
    assert result.next_step is None


def test_charge_of_a_code(server, gateway):
    """Test that a payment code is charged, and shows up in no record."""
    server.script = [echo(**{**PAID, 'channel_type': 'WX_MICROPAY'})]
    result = gateway.charge(a_charge(auth_code=' 134567890123456789\r'))
    sent = business(server.requests[0])
    assert sent['auth_bar_code'] == '134567890123456789'
    assert sent['channel_type'] == 'WX_MICROPAY'
    assert 'notify_url' not in sent
    assert result.outcome == Outcome.PAID
    assert result.paid_at == datetime(2019, 7, 31, 7, 41, 38, tzinfo=timezone.utc)
    assert '134567890123456789' not in repr(result) + repr(a_charge())


def test_charge_lets_the_gateway_recognise_the_wallet(server, gateway):
    """Test that the channel is left out when the wallet is not known."""
    server.script = [echo(**{**PAID, 'channel_type': 'ALI_SWIPE'})]
    result = gateway.charge(a_charge(wallet=None))
    assert 'channel_type' not in business(server.requests[0])
    assert result.wallet == Wallet.ALIPAY


@pytest.mark.parametrize('code', ['', 'abc', '12', '1345678901234567８9'])
def test_charge_of_what_is_no_code(server, gateway, code):
    """Test that nothing is sent for what is no payment code."""
    with pytest.raises(ValueError, match='payment code'):
        gateway.charge(a_charge(auth_code=code))
    assert not server.requests


STATUS = [
    ('Success', Outcome.PAID), ('Failure', Outcome.REFUSED), ('Undeal', Outcome.WAITING),
    ('Unknow', Outcome.UNKNOWN), ('success', Outcome.UNKNOWN), ('1', Outcome.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(('status', 'outcome'), STATUS)
@pytest.mark.parametrize('name', ['charge', 'query', 'query_refund'])
def test_status_words(server, gateway, name, status, outcome):
    """Test that only the documented words mean something."""
    word = 'refund_status' if name == 'query_refund' else 'trade_status'
    server.script = [echo(**{**GOOD[name], word: status})]
    assert CALLS[name](gateway).outcome == outcome


@pytest.mark.parametrize(
    ('message', 'kind'),
    [
        ('付款码无效，请重新扫码', ReasonKind.BAD_CODE), ('余额不足', ReasonKind.DECLINED),
        ('用户取消支付', ReasonKind.CANCELLED), ('订单已过期', ReasonKind.EXPIRED),
        ('', ReasonKind.DECLINED), ('???', ReasonKind.DECLINED),
    ],
)  # fmt: skip
def test_failed_charge_says_why(server, gateway, message, kind):
    """Test that the till can tell the payer what to do."""
    server.script = [echo(**{**PAID, 'trade_status': 'Failure', 'channel_return_msg': message})]
    result = gateway.charge(a_charge())
    assert result.outcome == Outcome.REFUSED
    assert (result.reason.kind, result.reason.message) == (kind, message)


@pytest.mark.parametrize(
    ('fields', 'amount', 'payer'),
    [
        ({'total_fee': 100, 'real_fee': 100}, 100, None),
        ({'total_fee': 100, 'real_fee': 100, 'coupon_amt': 30}, 100, 70),
        ({'total_fee': '100', 'real_fee': '100', 'coupon_amt': '0'}, 100, 100),
        ({'total_fee': 100, 'real_fee': 70, 'coupon_amt': 30}, 100, 70),
        ({'total_fee': 100, 'real_fee': 70}, 100, 70),
        ({'total_fee': 100, 'real_fee': 70, 'coupon_amt': 10}, 70, 70),
        ({'total_fee': 100, 'real_fee': ''}, 100, None),
        ({'total_fee': 100, 'real_fee': '', 'coupon_amt': 0}, 100, 100),
    ],
)
def test_amounts_of_a_query(server, gateway, fields, amount, payer):
    """Test that the shop's amount includes coupons, an unexplained gap shows, and silence is none."""
    answer = {k: v for k, v in PAID.items() if k not in ('total_fee', 'real_fee')}
    server.script = [echo(**answer, **fields)]
    result = gateway.query('SO1-1')
    assert (result.amount, result.payer_amount) == (amount, payer)


def test_paid_without_an_amount_is_unknown(server, gateway):
    """Test that a payment of nobody knows how much is not booked."""
    server.script = [echo(trade_status='Success', total_fee='', real_fee='')]
    assert gateway.query('SO1-1').outcome == Outcome.UNKNOWN


def test_query_by_the_gateways_number(server, gateway):
    """Test that the faster number is sent along."""
    server.script = [echo(**PAID)]
    gateway.query('SO1-1', gateway_trade_no='HY1')
    assert business(server.requests[0]) == {'hy_bill_no': 'HY1', 'out_trade_no': 'SO1-1'}


def test_refund_is_under_way(server, gateway):
    """Test that an accepted refund waits for its query."""
    server.script = [echo(**REFUND)]
    result = gateway.refund(a_refund())
    assert result.outcome == Outcome.WAITING
    assert (result.out_refund_no, result.gateway_refund_no, result.amount) == ('R1', 'HR1', 40)
    assert business(server.requests[0]) == {
        'out_trade_no': 'SO1-1', 'out_refund_no': 'R1', 'total_fee': '100', 'refund_fee': '40',
    }  # fmt: skip


@pytest.mark.parametrize(('amount', 'total'), [(0, 100), (-1, 100), (101, 100), (1.0, 100)])
def test_senseless_refund_is_an_error(server, gateway, amount, total):
    """Test that more than was paid is never asked for."""
    with pytest.raises(ValueError):  # noqa: PT011
        gateway.refund(a_refund(amount=amount, total=total))
    assert not server.requests
