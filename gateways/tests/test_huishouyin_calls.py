# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's calls against a server that answers as told."""

import json
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from gateway_loopback import answering, close, reset, short, silent
from huishouyin_witness import (
    APP,
    CREDENTIALS,
    KEY,
    MERCHANT,
    business,
    echo,
    failed,
    signature,
    signed,
    unsigned,
)  # fmt: skip

import gateways
from gateways.base import (
    CallFailed,
    ChargeRequest,
    OrderRequest,
    Outcome,
    ReasonKind,
    RefundRequest,
    Scene,
    ShopCodeRequest,
    UnsupportedOperation,
    Wallet,
)  # fmt: skip
from gateways.transport import NotSent, Transport

MOMENT = datetime(2024, 1, 1, 16, 30, 5, tzinfo=timezone.utc)
LOST = [reset, close, short, silent, answering(b'<html>'), answering(b''), answering(b'[]'),
        answering(status=500), answering(status=502), answering(status=404), answering(status=403),
        answering(b'{"return_code": "SUCCESS"', status=200), answering(b'\xff\xfe'),
        answering(status=302, headers={'Location': '/'})]  # fmt: skip
PAID = {
    'trade_status': 'Success', 'total_fee': 100, 'real_fee': 100, 'hy_bill_no': 'HY1',
    'channel_trade_no': '4200', 'channel_type': 'WX_NATIVE', 'time_end': '2019-07-31 15：41：38',
}  # fmt: skip
REFUND = {'refund_fee': 40, 'real_refund_fee': 40, 'total_fee': 100, 'hy_refund_no': 'HR1'}


@pytest.fixture
def gateway(server):
    return make(server)


def make(server, **changes):
    transport = Transport(connect_timeout=1, read_timeout=0.4, total_timeout=2)
    return gateways.get('huishouyin')(
        {**CREDENTIALS, **changes}, endpoint=server.url, transport=transport, clock=lambda: MOMENT
    )


def an_order(**changes):
    values = {
        'out_trade_no': 'SO1-1', 'amount': 100, 'subject': '测试', 'wallet': Wallet.WECHAT_PAY,
        'scene': Scene.QR, 'notify_url': 'https://shop.example/notice',
    }  # fmt: skip
    return OrderRequest(**{**values, **changes})


def a_charge(**changes):
    values = {
        'out_trade_no': 'POS1-1', 'amount': 100, 'subject': 'Tea', 'auth_code': '134567890123456789',
        'wallet': Wallet.WECHAT_PAY,
    }  # fmt: skip
    return ChargeRequest(**{**values, **changes})


def a_refund(**changes):
    values = {'out_trade_no': 'SO1-1', 'out_refund_no': 'R1', 'amount': 40, 'total': 100}
    return RefundRequest(**{**values, **changes})


# The calls about one payment or refund, for what must hold for each.
CALLS = {
    'order': lambda gateway: gateway.order(an_order()),
    'charge': lambda gateway: gateway.charge(a_charge()),
    'query': lambda gateway: gateway.query('SO1-1'),
    'refund': lambda gateway: gateway.refund(a_refund()),
    'query_refund': lambda gateway: gateway.query_refund('R1'),
}
GOOD = {
    'order': {'code_url': 'weixin://wxpay/bizpayurl?pr=x', 'total_fee': 100},
    'charge': PAID, 'query': PAID, 'refund': REFUND,
    'query_refund': {**REFUND, 'refund_status': 'Success'},
}  # fmt: skip
every_call = pytest.mark.parametrize('name', CALLS)
moving = pytest.mark.parametrize('name', ['charge', 'refund'])


# === WHAT IS SENT === #


def test_request_is_signed_and_complete(server, gateway):
    """Test that the public fields are there, the signature fits, and the time is Beijing's."""
    server.script = [echo(**GOOD['order'])]
    gateway.order(an_order())
    [request] = server.requests
    assert request.target == '/v1/ApplyPay'
    assert request.headers['content-type'] == 'application/json; charset=utf-8'
    sent = json.loads(request.body)
    assert sent == {
        'method': 'heemoney.pay.applypay', 'version': '1.0', 'app_id': APP, 'mch_uid': MERCHANT,
        'charset': 'UTF-8', 'timestamp': '20240102003005', 'sign_type': 'MD5',
        'biz_content': sent['biz_content'], 'sign': signature(sent),
    }  # fmt: skip
    assert business(request) == {
        'out_trade_no': 'SO1-1', 'subject': '测试', 'total_fee': '100', 'client_ip': '127.0.0.1',
        'channel_type': 'WX_NATIVE', 'notify_url': 'https://shop.example/notice',
    }  # fmt: skip


def test_partner_numbers_are_sent(server):
    """Test that a service provider's numbers take part."""
    server.script = [echo(**GOOD['order'])]
    make(server, isv_app_id='IA', isv_mch_uid='IM').order(an_order())
    sent = json.loads(server.requests[0].body)
    assert (sent['isv_app_id'], sent['isv_mch_uid']) == ('IA', 'IM')
    assert sent['sign'] == signature(sent)


@pytest.mark.parametrize(
    ('call', 'path', 'method'),
    [
        ('order', 'ApplyPay', 'heemoney.pay.applypay'),
        ('charge', 'DirectPay', 'heemoney.pay.dirctpay'),
        ('query', 'payquery', 'heemoney.pay.query'),
        ('refund', 'refund', 'heemoney.pay.refund'),
        ('query_refund', 'refundquery', 'heemoney.pay.refund.query'),
    ],
)
def test_paths_and_methods(server, gateway, call, path, method):
    """Test that each call has the path and method of the documents."""
    server.default = echo(**GOOD[call])
    CALLS[call](gateway)
    assert server.requests[0].target == f'/v1/{path}'
    assert json.loads(server.requests[0].body)['method'] == method


def test_production_addresses():
    """Test that without an endpoint the two real hosts are called, over https."""
    asked = []

    class Spy:
        def post(self, url, *args, **options):
            asked.append(url)
            raise NotSent

    gateway = gateways.get('huishouyin')(CREDENTIALS, transport=Spy())
    gateway.query('X1')
    with pytest.raises(CallFailed):
        gateway.statement(date(2024, 1, 1))
    assert asked == [
        'https://pay.heemoney.com/v1/payquery', 'https://api.heemoney.com/v1/MerchBillReport',
    ]  # fmt: skip


def test_endpoint_must_be_safe():
    """Test that the sandbox's address can't be plain http to another machine."""
    with pytest.raises(ValueError, match='https'):
        gateways.get('huishouyin')(CREDENTIALS, endpoint='http://pay.example.com/x')


@pytest.mark.parametrize(
    ('wallet', 'scene', 'extra', 'channel'),
    [
        (Wallet.WECHAT_PAY, Scene.QR, {}, 'WX_NATIVE'),
        (Wallet.WECHAT_PAY, Scene.IN_APP, {}, 'WX_JSAPI'),
        (Wallet.WECHAT_PAY, Scene.H5, {}, 'WX_H5'),
        (Wallet.WECHAT_PAY, Scene.IN_APP, {'channel': 'WX_APPLET', 'wx_js_code': 'c'}, 'WX_APPLET'),
        (Wallet.ALIPAY, Scene.QR, {}, 'ALI_QRCODE'),
        (Wallet.ALIPAY, Scene.IN_APP, {}, 'ALI_JSAPI'),
        (Wallet.ALIPAY, Scene.H5, {}, 'ALI_WAP'),
        (Wallet.ALIPAY, Scene.QR, {'huabei_instalments': '3'}, 'ALI_QRCODE_HUABEI_INSTALLMENT'),
        (Wallet.QQ_WALLET, Scene.QR, {}, 'QQ_QRCODE'),
        (Wallet.UNIONPAY, Scene.QR, {}, 'BANK_QRCODE'),
        (Wallet.UNIONPAY, Scene.H5, {}, 'BANK_WAP'),
        (Wallet.UNIONPAY, Scene.APP, {}, 'Quick_Pass_APP'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'Quick_Pass_H5'}, 'Quick_Pass_H5'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_CYBER'}, 'BANK_CYBER'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_QUICK_PAY_FD'}, 'BANK_QUICK_PAY_FD'),
        (Wallet.JD_PAY, Scene.H5, {}, 'JD_WAP'),
    ],
)
def test_channels(server, gateway, wallet, scene, extra, channel):
    """Test that wallet and scene lead to the channel of the documents."""
    server.script = [echo(code_url='x', hy_pay_url='https://p.example/1')]
    result = gateway.order(an_order(wallet=wallet, scene=scene, extra=extra))
    assert business(server.requests[0])['channel_type'] == channel
    assert result.outcome == Outcome.WAITING


@pytest.mark.parametrize(
    ('wallet', 'scene', 'extra'),
    [
        (Wallet.JD_PAY, Scene.QR, {}),
        (Wallet.QQ_WALLET, Scene.H5, {}),
        (Wallet.WECHAT_PAY, Scene.CODE, {}),
        (Wallet.WECHAT_PAY, Scene.SHOP_CODE, {}),
        (Wallet.WECHAT_PAY, Scene.QR, {'channel': 'ALI_QRCODE'}),
        (Wallet.WECHAT_PAY, Scene.QR, {'huabei_instalments': '3'}),
        (Wallet.ALIPAY, Scene.QR, {'channel': 'NEW_ONE'}),
    ],
)
def test_channels_that_are_not_there(server, gateway, wallet, scene, extra):
    """Test that a combination without a channel is a clear error, before anything is sent."""
    with pytest.raises(UnsupportedOperation):
        gateway.order(an_order(wallet=wallet, scene=scene, extra=extra))
    assert not server.requests


def test_huabei_options(server, gateway):
    """Test that instalments go out as the documents want them, as JSON in a string."""
    server.script = [echo(**GOOD['order'])]
    extra = {'huabei_instalments': '6', 'huabei_seller_percent': '100'}
    gateway.order(an_order(wallet=Wallet.ALIPAY, extra=extra))
    option = business(server.requests[0])['pay_option']
    assert json.loads(option) == {'hb_fq_num': '6', 'hb_fq_seller_percent': '100'}


def test_mini_program_options(server, gateway):
    """Test that a mini program's payer goes out, and its parameters come back."""
    params = json.dumps({'timeStamp': '1', 'package': 'prepay_id=x', 'paySign': 'P'})
    server.script = [echo(hy_mini_pay_params=params)]
    extra = {'channel': 'WX_APPLET', 'open_id': 'o1', 'wx_app_id': 'wx1'}
    result = gateway.order(an_order(scene=Scene.IN_APP, extra=extra))
    assert json.loads(business(server.requests[0])['pay_option']) == {
        'open_id': 'o1', 'app_id': 'wx1',
    }  # fmt: skip
    assert result.next_step.sdk_params['package'] == 'prepay_id=x'
    assert '"P"' not in json.dumps(dict(result.raw))


def test_quick_pass_parameters(server, gateway):
    """Test that the app gets its tn."""
    server.script = [echo(hy_extend_params='{"tn":"533142681549904444118"}')]
    result = gateway.order(an_order(wallet=Wallet.UNIONPAY, scene=Scene.APP))
    assert result.next_step.sdk_params == {'tn': '533142681549904444118'}


@pytest.mark.parametrize(
    'changes',
    [
        {'amount': 0}, {'amount': -1}, {'amount': 1.0}, {'out_trade_no': ''},
        {'out_trade_no': 'x' * 65}, {'out_trade_no': 'a b'}, {'attach': '测' * 43},
        {'notify_url': ''}, {'notify_url': 'https://x/' + 'y' * 250}, {'store_id': 'x' * 19},
        {'cashier_id': 'x' * 19}, {'terminal_id': 'x' * 19}, {'desk_no': 'x' * 33},
        {'extra': {'surprise': '1'}}, {'extra': {'meta_option': 'no json'}},
        {'extra': {'meta_option': '[]'}}, {'extra': {'pay_option': '"x"'}},
        {'wallet': Wallet.ALIPAY, 'extra': {'huabei_instalments': '5'}},
        {'scene': Scene.IN_APP, 'extra': {'channel': 'WX_APPLET'}},
        {'scene': Scene.H5, 'extra': {'channel': 'WX_WITHHOLD'}},
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_are_errors(server, gateway, changes):
    """Test that what the protocol cannot carry is refused before it is sent."""
    with pytest.raises(ValueError):  # noqa: PT011
        gateway.order(an_order(**changes))
    assert not server.requests


def test_subject_is_cut_and_cleaned(server, gateway):
    """Test that a long title is cut between characters, and an empty one replaced."""
    server.default = echo(**GOOD['order'])
    gateway.order(an_order(subject='测\n' * 200))
    subject = business(server.requests[0])['subject']
    assert len(subject.encode()) <= 256
    assert subject.startswith('测 测')
    gateway.order(an_order(subject='\x00'))
    assert business(server.requests[1])['subject'] == 'SO1-1'


@pytest.mark.parametrize(
    ('address', 'sent'),
    [
        ('203.0.113.7', '203.0.113.7'), ('::ffff:203.0.113.7', '203.0.113.7'),
        ('2001:db8::1', '127.0.0.1'), ('nonsense', '127.0.0.1'), ('', '127.0.0.1'),
    ],
)  # fmt: skip
def test_client_address_fits(server, gateway, address, sent):
    """Test that only IPv4 goes into a field of 16 characters."""
    server.script = [echo(**GOOD['order'])]
    gateway.order(an_order(client_ip=address))
    assert business(server.requests[0])['client_ip'] == sent


# === WHAT COMES BACK === #


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
        ({'total_fee': 100, 'real_fee': 100}, 100, 100),
        ({'total_fee': 100, 'real_fee': 100, 'coupon_amt': 30}, 100, 70),
        ({'total_fee': '100', 'real_fee': '100', 'coupon_amt': '0'}, 100, 100),
        ({'total_fee': 100, 'real_fee': 70, 'coupon_amt': 30}, 100, 70),
        ({'total_fee': 100, 'real_fee': 70}, 100, 70),
        ({'total_fee': 100, 'real_fee': 70, 'coupon_amt': 10}, 70, 70),
        ({'total_fee': 100, 'real_fee': ''}, 100, 100),
    ],
)
def test_amounts_of_a_query(server, gateway, fields, amount, payer):
    """Test that the shop's amount includes coupons, and an unexplained gap shows."""
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


# === WHAT MAY BE BELIEVED === #


@every_call
@pytest.mark.parametrize('number', range(len(LOST)))
def test_lost_answer_is_unknown(server, gateway, name, number):
    """Test that no answer, or one that can't be read, is never a refusal."""
    server.default = LOST[number]
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.NO_ANSWER
    if name in ('order', 'charge', 'refund'):
        assert len(server.requests) == 1


@pytest.mark.parametrize('name', ['query', 'query_refund'])
def test_queries_are_repeated_once(server, gateway, name):
    """Test that a query whose connection broke is asked again at once."""
    server.script = [reset, echo(**GOOD[name])]
    assert CALLS[name](gateway).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('name', 'outcome'),
    [
        ('order', Outcome.REFUSED), ('charge', Outcome.REFUSED), ('query', Outcome.UNKNOWN),
        ('refund', Outcome.UNKNOWN), ('query_refund', Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_nothing_was_sent(server, gateway, name, outcome):
    """Test that an order or charge that never left holds no money; the rest says nothing."""
    server.stop()
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (outcome, ReasonKind.NOT_SENT)


@every_call
def test_bad_signature_is_unknown(server, gateway, name):
    """Test that a good answer with somebody else's signature counts for nothing."""
    numbers = {'out_trade_no': 'POS1-1' if name == 'charge' else 'SO1-1', 'out_refund_no': 'R1'}
    server.default = answering(signed(key='other', **numbers, **GOOD[name]))
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE
    assert not getattr(result, 'gateway_trade_no', '')


@every_call
def test_success_without_a_signature_is_unknown(server, gateway, name):
    """Test that a success nobody signed counts for nothing."""
    numbers = {'out_trade_no': 'POS1-1' if name == 'charge' else 'SO1-1', 'out_refund_no': 'R1'}
    answer = signed(**numbers, **GOOD[name])
    del answer['sign']
    server.default = answering(answer)
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE


@pytest.mark.parametrize(
    ('name', 'field'),
    [
        *((name, field) for name in CALLS for field in ('app_id', 'mch_uid')),
        *((name, 'out_trade_no') for name in CALLS if name != 'query_refund'),
        ('refund', 'out_refund_no'),
        ('query_refund', 'out_refund_no'),
    ],
)
def test_answer_to_another_question_is_unknown(server, gateway, name, field):
    """Test that a signed answer for another merchant, order or refund is not taken."""
    server.default = echo(**{**GOOD[name], field: 'OTHER'})
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert (result.reason.kind, result.reason.code) == (
        ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch',
    )  # fmt: skip


@every_call
def test_answer_without_its_number_is_unknown(server, gateway, name):
    """Test that an answer that does not say what it is about is not taken."""
    server.default = answering(signed(**GOOD[name]))
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize('name', ['order', 'refund'])
def test_answer_for_another_amount_is_unknown(server, gateway, name):
    """Test that the gateway must have understood the amount."""
    server.default = echo(**{**GOOD[name], 'total_fee': 101, 'refund_fee': 41})
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


ERRORS = [
    ('E0001', ReasonKind.PARAMETER), ('E0002', ReasonKind.PARAMETER),
    ('E0003', ReasonKind.UNKNOWN_APP), ('E0004', ReasonKind.NOT_ENABLED),
    ('E0005', ReasonKind.NOT_ENABLED), ('E0006', ReasonKind.BAD_KEY),
]  # fmt: skip


@pytest.mark.parametrize(('code', 'kind'), ERRORS)
@pytest.mark.parametrize('name', ['order', 'charge'])
def test_signed_refusal_is_certain(server, gateway, name, code, kind):
    """Test that the gateway's own signed refusal ends an attempt."""
    server.script = [answering(failed(code, '无效的参数'))]
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.REFUSED
    assert (result.reason.kind, result.reason.code) == (kind, code)


@every_call
@pytest.mark.parametrize('code', ['E0007', 'E0008'])
def test_system_error_is_unknown(server, gateway, name, code):
    """Test that the gateway's own failure says nothing about the money."""
    server.default = answering(failed(code, '系统错误'))
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.SYSTEM)


@moving
@pytest.mark.parametrize('code', ['E9999', '', 'E0000', '0'])
def test_code_not_listed_is_unknown(server, gateway, name, code):
    """Test that a refusal with a code of no document does not end a money-moving call."""
    server.default = answering(failed(code, '通道异常'))
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


@moving
@pytest.mark.parametrize('code', ['', *(code for code, _kind in ERRORS)])
def test_unsigned_refusal_is_not_believed_where_money_moves(server, gateway, name, code):
    """Test that whatever stands in front of the gateway cannot turn unknown into refused."""
    server.default = answering(unsigned('签名错误', error_code=code))
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind != ReasonKind.NO_ANSWER


def test_unsigned_refusal_of_an_order_is_believed(server, gateway):
    """Test that a shopper need not wait when no code was handed out."""
    server.script = [answering(unsigned('notify_url参数为空'))]
    assert gateway.order(an_order()).outcome == Outcome.REFUSED


@pytest.mark.parametrize(
    'answer',
    [
        failed('E0002', '商户单号重复'), unsigned('商户订单号已存在'),
        unsigned('系统错误', error_code='E0007'), failed('E0008', '订单已支付'),
    ],
)  # fmt: skip
def test_order_that_may_exist_is_unknown(server, gateway, answer):
    """Test that a number that was used may belong to an earlier call of ours."""
    server.script = [answering(answer)]
    assert gateway.order(an_order()).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(('code', 'kind'), ERRORS)
@pytest.mark.parametrize('name', ['query', 'query_refund'])
def test_refused_query_says_nothing_about_the_money(server, gateway, name, code, kind):
    """Test that a query with, say, a wrong key does not end the attempt."""
    server.script = [answering(failed(code, 'x'))]
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, kind)


@pytest.mark.parametrize(
    'answer',
    [
        failed('E0002', '订单不存在 (no such order)'), failed('E0008', '该商户订单不存在'),
        failed('E0002', '无效的参数：单据不存在'), unsigned('订单不存在'), failed('', '未找到该订单'),
        failed('E0002', 'order not found'),
    ],
)  # fmt: skip
def test_order_not_known_is_not_found_and_unknown(server, gateway, answer):
    """Test that an order that the gateway does not know may still arrive."""
    server.script = [answering(answer)]
    result = gateway.query('SO1-1')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_refund_not_known_is_not_found(server, gateway):
    """Test that a refund that the gateway does not know may still arrive."""
    server.script = [answering(failed('E0002', '退款单不存在'))]
    result = gateway.query_refund('R1')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_refused_refund_is_checked(server, gateway):
    """Test that a refusal counts once the gateway says that it has no such refund."""
    server.script = [
        answering(failed('E0002', '退款金额超出可退金额')), answering(failed('E0002', '退款单不存在')),
    ]  # fmt: skip
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.PARAMETER)


def test_refused_retry_of_a_refund_finds_the_first(server, gateway):
    """Test that "nothing left to refund" on a retry shows the refund that worked."""
    server.script = [
        answering(failed('E0002', '退款金额超出可退金额')), echo(**REFUND, refund_status='Success'),
    ]  # fmt: skip
    result = gateway.refund(a_refund())
    assert (result.outcome, result.amount) == (Outcome.PAID, 40)


def test_refusal_of_a_refund_that_cannot_be_checked_is_unknown(server, gateway):
    """Test that without that second answer a refusal is not certain."""
    server.script = [answering(failed('E0002', '无效的参数'))]
    server.default = answering(status=502)
    assert gateway.refund(a_refund()).outcome == Outcome.UNKNOWN


def test_refund_refused_for_our_settings_is_unknown(server, gateway):
    """Test that a disabled application does not make an earlier try of the refund undone."""
    server.default = answering(failed('E0005', '应用未开启'))
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_ENABLED)


def test_refund_number_used_before_is_unknown(server, gateway):
    """Test that a duplicate is for the query to explain."""
    server.default = answering(failed('E0002', '退款单号重复'))
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


def test_record_holds_no_secret(server, gateway):
    """Test that what is kept of an answer is masked."""
    server.script = [echo(**GOOD['order'], pay_option='{"open_id":"o2h5O5V3XZJ5ghOYokUuxfeJ"}')]
    result = gateway.order(an_order())
    kept = repr(result)
    assert result.raw['sign'] == '***'
    assert 'o2h5O5V3' not in kept
    assert KEY not in kept


# === PROBE === #


def test_probe_asks_for_an_order_that_cannot_exist(server, gateway):
    """Test that "no such order", signed, means that the credentials work."""
    server.default = answering(failed('E0002', '订单不存在'))
    assert gateway.probe().ok
    assert gateway.probe().ok
    asked = [business(request)['out_trade_no'] for request in server.requests]
    assert len(set(asked)) == 2
    assert all(request.target == '/v1/payquery' for request in server.requests)


@pytest.mark.parametrize(
    ('answer', 'kind'),
    [
        (unsigned('签名错误', error_code='E0006'), ReasonKind.BAD_KEY),
        (unsigned('签名错误'), ReasonKind.BAD_KEY),
        (failed('E0006', '签名错误', key='the right one'), ReasonKind.BAD_KEY),
        (failed('E0006', '签名错误'), ReasonKind.BAD_KEY),
        (failed('E0002', '订单不存在', key='other'), ReasonKind.BAD_ANSWER_SIGNATURE),
        (unsigned('应用ID不存在', error_code='E0003'), ReasonKind.UNKNOWN_APP),
        (unsigned('应用ID不存在'), ReasonKind.UNKNOWN_APP),
        (failed('E0003', ''), ReasonKind.UNKNOWN_APP),
        (failed('E0004', '应用审核未成功'), ReasonKind.NOT_ENABLED),
        (unsigned('应用未开启', error_code='E0005'), ReasonKind.NOT_ENABLED),
        (failed('E0002', '无效的参数：timestamp 与服务器时间相差过大'), ReasonKind.CLOCK),
        (failed('E0002', 'mch_uid does not belong to app_id'), ReasonKind.PARAMETER),
        (failed('E0007', ''), ReasonKind.SYSTEM),
    ],
)
def test_probe_tells_apart(server, gateway, answer, kind):
    """Test that an administrator learns which credential is wrong."""
    server.default = answering(answer)
    probe = gateway.probe()
    assert not probe.ok
    assert probe.reason.kind == kind


def test_probe_sees_a_wrong_clock(server, gateway):
    """Test that a vague complaint beside a wrong clock is about the clock."""
    date_header = format_datetime(MOMENT - timedelta(hours=1))
    server.default = answering(failed('E0002', '无效的参数'), headers={'Date': date_header})
    probe = gateway.probe()
    assert probe.clock_skew == 3600
    assert probe.reason.kind == ReasonKind.CLOCK


def test_probe_of_a_dead_network(server, gateway):
    """Test that no connection and no answer are told apart."""
    server.default = answering(status=503)
    assert gateway.probe().reason.kind == ReasonKind.NO_ANSWER
    server.stop()
    assert make(server).probe().reason.kind == ReasonKind.NOT_SENT


# === MERCHANT SERVICES === #


def test_shop_code(server, gateway):
    """Test that a printed code is made, with its fixed amount in yuan."""
    server.script = [echo(qrurl_uid='Q1', qr_url='https://qr.example/S/1', store_uid='S1')]
    code = gateway.create_shop_code(ShopCodeRequest('Counter', store_id='S1', amount=1205))
    assert (code.shop_code_id, code.url, code.amount) == ('Q1', 'https://qr.example/S/1', 1205)
    assert server.requests[0].target == '/v1/MerchQRCode'
    assert business(server.requests[0]) == {
        'qr_url_name': 'Counter', 'qr_url_type': '2', 'store_uid': 'S1', 'pay_amt': '12.05',
    }  # fmt: skip


def test_settlements_of_all_pages(server, gateway):
    """Test that pay-outs are read from every page, in yuan or in fen, as text or as a list."""
    row = {
        'RecordID': '1', 'CashAmt': '100.50', 'RealAmt': '100.00', 'FeeAmt': '0.50',
        'BillStatus': '1', 'CreateTime': '2020-07-14 14：45：34', 'BankName': 'Bank',
    }  # fmt: skip
    other = {**row, 'RecordID': 2, 'CashAmt': 300, 'RealAmt': 299, 'FeeAmt': 1, 'BillStatus': '0'}
    server.script = [
        echo(list=json.dumps([row]), totalpage='2'), echo(list=json.dumps([other]), totalpage='2'),
    ]  # fmt: skip
    first, second = gateway.settlements(MOMENT - timedelta(days=1), MOMENT)
    assert (first.asked, first.arrived, first.fee) == (10050, 10000, 50)
    assert (second.asked, second.arrived, second.fee) == (300, 299, 1)
    assert (first.outcome, second.outcome) == (Outcome.PAID, Outcome.WAITING)
    assert first.created_at == datetime(2020, 7, 14, 6, 45, 34, tzinfo=timezone.utc)
    assert [business(request)['page_num'] for request in server.requests] == ['1', '2']
    assert business(server.requests[0])['begin_time'] == '20240101003005'


def test_settlements_as_a_nested_list(server, gateway):
    """Test that a list that is not wrapped in a string is signed as its own characters."""
    text = '[{"RecordID":"1","CashAmt":"1.00","RealAmt":"1.00","FeeAmt":"0.00"}]'
    fields = {'return_code': 'SUCCESS', 'list': text, 'totalpage': '1'}
    body = json.dumps({**fields, 'sign': signature(fields)})
    server.script = [answering(body.replace(json.dumps(text), text).encode())]
    [settlement] = gateway.settlements(MOMENT, MOMENT)
    assert settlement.asked == 100
    assert settlement.outcome == Outcome.UNKNOWN


def test_statement_address(server, gateway):
    """Test that the address of a day's file is given."""
    server.script = [echo(url='https://files.example/1.csv')]
    statement = gateway.statement(date(2024, 1, 31))
    assert statement.url == 'https://files.example/1.csv'
    assert business(server.requests[0]) == {'date': '20240131'}


@pytest.mark.parametrize(
    'call',
    [
        lambda gateway: gateway.statement(date(2024, 1, 1)),
        lambda gateway: gateway.settlements(MOMENT, MOMENT),
        lambda gateway: gateway.create_shop_code(ShopCodeRequest('Counter')),
    ],
    ids=['statement', 'settlements', 'shop_code'],
)
@pytest.mark.parametrize(
    ('action', 'kind'),
    [
        (answering(failed('E0005', '应用未开启')), ReasonKind.NOT_ENABLED),
        (answering(signed(key='other', url='x')), ReasonKind.BAD_ANSWER_SIGNATURE),
        (answering(signed(list='{"not": "a list"}')), ReasonKind.NO_ANSWER),
        (answering(status=500), ReasonKind.NO_ANSWER),
    ],
)
def test_service_that_failed_says_why(server, gateway, call, action, kind):
    """Test that calls that move no money fail with a reason."""
    server.default = action
    with pytest.raises(CallFailed) as caught:
        call(gateway)
    assert caught.value.reason.kind == kind
