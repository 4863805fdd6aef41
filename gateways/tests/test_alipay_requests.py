# Part of payment_cn_wallets. License LGPL-3.
"""What Alipay's gateway sends, and what it makes of answers that a server scripts."""

import json
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from alipay_sandbox import a_charge, a_refund, an_order
from alipay_witness import (
    VECTORS,
    certificate_credentials,
    credentials,
    failure,
    make,
    node,
    rsa_sign,
    success,
)
from gateway_loopback import answering
from hypothesis import given, strategies as st

from gateways import key_files, money, times
from gateways.alipay import ALIPAY_SANDBOX, Alipay, bill, codes, fields, wire
from gateways.base import (
    CallFailed,
    Operation,
    Outcome,
    ReasonKind,
    Scene,
    UnsupportedOperation,
    Wallet,
)

NOON = datetime(2026, 2, 3, 4, 0, tzinfo=timezone.utc)  # 12:00 in Beijing
PAY, QUERY = 'alipay.trade.pay', 'alipay.trade.query'
PRECREATE = 'alipay.trade.precreate'
CODE = '280000000000000000'


def sent(server, at=-1):
    """Return (query, body) of a request as dictionaries."""
    exchange = server.requests[at]
    query = dict(parse_qsl(urlsplit(exchange.target).query, keep_blank_values=True))
    return query, dict(parse_qsl(exchange.body.decode(), keep_blank_values=True))


# === WHAT IS SENT === #


def test_where_parameters_go(server):
    """Test that public parameters stand in the address, signed with the rest, blanks left out."""
    gateway = make(server, clock=lambda: NOON)
    order = an_order(expires_at=NOON + timedelta(minutes=15), attach='x=1', store_id='S1')
    gateway.order(order)
    query, body = sent(server)
    assert list(body) == ['biz_content']
    assert urlsplit(server.requests[0].target).path == '/gateway.do'
    assert query['timestamp'] == '2026-02-03 12:00:00'
    assert query['notify_url'] == order.notify_url
    assert 'app_auth_token' not in query
    public = key_files.public_key(public_half(credentials()['private_key']))
    signature = query.pop('sign')
    content = wire.sign_content({**query, **body})
    assert wire.verify(content.encode(), signature, [public])
    biz = json.loads(body['biz_content'])
    assert biz['subject'] == '龙井茶 Tea more 1 2'
    assert (biz['total_amount'], biz['product_code']) == ('12.34', 'FACE_TO_FACE_PAYMENT')
    assert (biz['time_expire'], biz['qr_code_timeout_express']) == ('2026-02-03 12:15:00', '15m')
    assert biz['passback_params'] == 'x=1'
    assert 'business_params' not in biz  # a private address says nothing


def public_half(private):
    from cryptography.hazmat.primitives import serialization

    return key_files.private_key(private).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def test_certificate_mode_names_its_certificates(server):
    """Test the two parameters of certificate mode, which are signed like all others."""
    gateway = Alipay(certificate_credentials(), endpoint=server.url)
    gateway.query('A1')
    query, _body = sent(server)
    assert query['app_cert_sn'] == VECTORS['cert_sn'][0]['sn']
    assert query['alipay_root_cert_sn'] == VECTORS['root_cert_sn']['sn']


def test_content_encryption(server):
    """Test that the content is encrypted before it is signed, and the answer decrypted."""
    key = VECTORS['aes']['key']
    gateway = make(server, aes_key=key)
    plain = '{"code":"10000","out_trade_no":"A1","trade_status":"WAIT_BUYER_PAY"}'
    written = json.dumps(wire.encrypt(plain, wire.aes_key(key)))
    server.script = [answering(
        f'{{"alipay_trade_query_response":{written},"sign":"{rsa_sign(written)}"}}'.encode()
    )]
    assert gateway.query('A1').outcome == Outcome.WAITING
    query, body = sent(server)
    assert query['encrypt_type'] == 'AES'
    assert json.loads(wire.decrypt(body['biz_content'], wire.aes_key(key))) == {'out_trade_no': 'A1'}


@pytest.mark.parametrize(
    ('endpoint', 'url', 'page'),
    [
        ('', 'https://openapi.alipay.com/gateway.do?', 'https://openauth.alipay.com/'),
        (ALIPAY_SANDBOX, f'{ALIPAY_SANDBOX}/gateway.do?',
         'https://openauth-sandbox.dl.alipaydev.com/'),
        ('http://127.0.0.1:9/alipay/gateway.do', 'http://127.0.0.1:9/alipay/gateway.do?',
         'http://127.0.0.1:9/alipay/oauth2/'),
    ],
)
def test_addresses(endpoint, url, page):
    """Test production, Alipay's sandbox and ours."""
    gateway = Alipay(credentials(), endpoint=endpoint)
    assert gateway.order(an_order(scene=Scene.H5)).next_step.pay_url.startswith(url)
    assert gateway.authorize_url('https://shop.example/x', '0123456789').startswith(page)


def test_order_string_is_that_of_the_sdk():
    """Test the app's order string against the vector, parameter for parameter."""
    vector = next(case for case in VECTORS['request_sign'] if 'order_string' in case)
    gateway = Alipay(credentials(), clock=lambda: NOON)
    text = gateway.order(an_order(scene=Scene.APP)).next_step.sdk_params['order_string']
    assert set(parse_qs(text)) == set(parse_qs(vector['order_string']))


def test_options_of_an_order(server):
    """Test what `extra` and credentials add."""
    gateway = make(server, provider_id='2088111111111111', qr_product='QR_CODE_OFFLINE')
    gateway.order(an_order(
        client_ip='8.8.8.8', cashier_id='C1', terminal_id='T1',
        extra={'hb_fq_num': '12', 'goods_detail': '[{"goods_id": "1"}]', 'body': 'b'},
    ))
    biz = json.loads(sent(server)[1]['biz_content'])
    assert biz['product_code'] == 'QR_CODE_OFFLINE'
    assert biz['extend_params'] == {
        'sys_service_provider_id': '2088111111111111', 'hb_fq_num': '12',
        'hb_fq_seller_percent': '0',
    }
    assert biz['business_params'] == {'mc_create_trade_ip': '8.8.8.8'}
    assert biz['goods_detail'] == [{'goods_id': '1'}]
    assert (biz['operator_id'], biz['terminal_id'], biz['body']) == ('C1', 'T1', 'b')


@pytest.mark.parametrize(
    ('payer_id', 'field'),
    [('2088000000000001', 'buyer_id'), ('074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5', 'buyer_open_id')],
)
def test_payer(server, payer_id, field):
    """Test that user id and open id go where they belong."""
    make(server).order(an_order(scene=Scene.IN_APP, payer_id=payer_id))
    assert json.loads(sent(server)[1]['biz_content'])[field] == payer_id


@pytest.mark.parametrize(
    'changes',
    [
        {'out_trade_no': 'A-1'}, {'out_trade_no': ''}, {'out_trade_no': 'x' * 65}, {'amount': 0},
        {'amount': -1}, {'amount': 1.5}, {'notify_url': ''}, {'notify_url': 'http://x/' + 'y' * 256},
        {'extra': {'nonsense': '1'}}, {'extra': {'goods_detail': '{}'}}, {'scene': Scene.IN_APP},
        {'attach': 'x' * 513},
    ],
)
def test_orders_that_cannot_be_carried(server, changes):
    """Test that they are refused before anything is sent."""
    with pytest.raises(ValueError):  # noqa: PT011
        make(server).order(an_order(**changes))
    assert not server.requests


def test_support():
    """Test what is offered."""
    assert Alipay.supports(Operation.REVERSE, Wallet.ALIPAY, Scene.CODE)
    assert not Alipay.supports(Operation.SHOP_CODE)
    gateway = Alipay(credentials())
    for changes in (
        {'wallet': Wallet.WECHAT_PAY}, {'scene': Scene.CODE}, {'scene': Scene.SHOP_CODE},
        {'extra': {'channel': codes.PAGE}},  # a page is no code
    ):
        with pytest.raises(UnsupportedOperation):
            gateway.order(an_order(**changes))


@given(st.text(max_size=400))
def test_subject(text):
    """Test that any title becomes one that Alipay takes."""
    subject = fields.subject(text)
    assert not set(subject) & set('/=&')
    assert len(subject.encode()) <= 256


@given(st.integers(min_value=1, max_value=10**10))
def test_amounts(amount):
    """Test that an amount goes to the gateway and back unchanged."""
    biz = fields.charge(a_charge(CODE, out_trade_no='A1', amount=amount), '', '')
    whole, dot, cents = biz['total_amount'].partition('.')
    assert (dot, len(cents), int(whole) * 100 + int(cents)) == ('.', 2, amount)
    assert money.to_fen(biz['total_amount']) == amount


# === ANSWERS === #

GOOD = {'out_trade_no': 'A1', 'trade_no': '2' * 28, 'total_amount': '12.34'}


def charge_with(server, body, **options):
    server.script = [answering(body, **options)]
    return make(server).charge(a_charge(CODE, out_trade_no='A1'))


@pytest.mark.parametrize(
    'body',
    [
        b'', b'{}', b'[]', b'null', b'<html>', b'\xff\xfe', b'{"alipay_trade_pay_response":1}',
        b'{"alipay_trade_pay_response":{"code":"10000"}', b'{"alipay_trade_pay_response":{}}',
        b'{"alipay_trade_pay_response":"abc","sign":"x"}', b'[' * 5000,
        b'{"alipay_trade_pay_response":' + b'{"a":' * 3000,
        success(QUERY, **GOOD),  # an answer to another method
        success(PAY, **GOOD) + b' x',
        success(PAY, **GOOD)[:-1] + b',"error_response":{"code":"40004"}}',
        success(PAY, **{**GOOD, 'out_trade_no': 'B1'}),  # another order's
        success(PAY, out_trade_no='A1', trade_no='2' * 28),  # no amount
        success(PAY, **{**GOOD, 'total_amount': '12.345'}),
        success(PAY, **{**GOOD, 'total_amount': 12.34}).replace(b'12.34', b'NaN'),
        success(PAY, trade_no='2' * 28, total_amount='12.34'),  # no number
        node(PAY, code='10000 '), node(PAY, code='99999', sub_code='ACQ.NEVER_HEARD_OF'),
        failure(PAY, 'ACQ.NEVER_HEARD_OF'), failure(PAY, 'ACQ.SYSTEM_ERROR'),
        failure(PAY, 'aop.unknow-error', code='20000'), failure(PAY, 'ACQ.TRADE_HAS_SUCCESS'),
        failure(PAY, 'ACQ.CONTEXT_INCONSISTENT'), failure(PAY, 'ACQ.PAYMENT_FAIL'),
        failure(PAY, ''), failure(PAY, 'ACQ.TRADE_STATUS_ERROR'),
    ],
)
def test_answers_that_tell_nothing(server, body):
    """Test that a charge with such an answer is unknown, never refused and never paid."""
    result = charge_with(server, body)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason
    assert len(server.requests) == 1


@given(st.binary(max_size=200))
def test_any_bytes(body):
    """Test that no answer makes the reading of it fail in another way."""
    from gateways.alipay import answers
    from gateways.transport import Answer

    said = answers.judge(Answer(200, {}, body), PAY, lambda _serial: [])
    assert said.reason
    assert not said.fields


@pytest.mark.parametrize(
    ('sub_code', 'code', 'kind'),
    [
        ('ACQ.PAYMENT_AUTH_CODE_INVALID', '40004', ReasonKind.BAD_CODE),
        ('ACQ.BUYER_BALANCE_NOT_ENOUGH', '40004', ReasonKind.DECLINED),
        ('ACQ.TRADE_HAS_CLOSE', '40004', ReasonKind.EXPIRED),
        ('ACQ.MERCHANT_STATUS_NOT_NORMAL', '40004', ReasonKind.NOT_ENABLED),
        ('ACQ.INVALID_PARAMETER', '40004', ReasonKind.PARAMETER),
        ('isv.invalid-signature', '40002', ReasonKind.BAD_KEY),
        ('isv.missing-signature-key', '40001', ReasonKind.BAD_KEY),
        ('isv.invalid-timestamp', '40002', ReasonKind.CLOCK),
        ('isv.insufficient-isv-permissions', '40006', ReasonKind.NOT_ENABLED),
        ('aop.invalid-auth-token', '20001', ReasonKind.NOT_ENABLED),
        ('isv.app-call-limited', '40005', ReasonKind.SYSTEM),
    ],
)
def test_refusals(server, sub_code, code, kind):
    """Test that a signed refusal is one, with its meaning."""
    result = charge_with(server, failure(PAY, sub_code, code))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)
    assert result.reason.code == sub_code


def test_what_is_kept_of_an_answer(server):
    """Test that personal numbers are masked in what is stored."""
    body = success(PAY, **GOOD, buyer_user_id='2088000000000777', buyer_logon_id='138****1234')
    raw = charge_with(server, body).raw
    assert raw['buyer_user_id'] == '***0777'
    assert 'sign' not in raw


def test_late_close_of_a_precreate(server):
    """Test a refused close whose query fails: nothing is known."""
    server.script = [
        answering(failure('alipay.trade.close', 'ACQ.REASON_TRADE_STATUS_INVALID')),
        answering(failure(QUERY, 'ACQ.SYSTEM_ERROR')),
    ]
    assert make(server).close('A1').outcome == Outcome.UNKNOWN


def test_cancel_that_asks_for_a_repetition(server):
    """Test `retry_flag`."""
    server.script = [answering(success(
        'alipay.trade.cancel', out_trade_no='A1', retry_flag='Y', action='close'
    ))]
    assert make(server).reverse('A1').outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    'body',
    [
        node('alipay.trade.cancel'), success('alipay.trade.cancel', action='close'),
        node('alipay.trade.cancel', code='10003', out_trade_no='A1', action='close'),
        success('alipay.trade.cancel', out_trade_no='B1', action='close'),
        failure('alipay.trade.cancel', 'ACQ.SYSTEM_ERROR'),
        failure('alipay.trade.cancel', 'aop.ACQ.SYSTEM_ERROR', code='20000'),
    ],
)
def test_cancels_that_tell_nothing(server, body):
    """Test that a cancel counts only when it says so for this order."""
    server.default = answering(body)
    assert make(server).reverse('A1').outcome == Outcome.UNKNOWN


def test_unsigned_word_that_there_is_no_trade(server):
    """Test that it is not taken for one: attempts are ended by it."""
    body = b'{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}'
    server.script = [answering(body)]
    result = make(server).query('A1')
    assert (result.outcome, result.reason.kind) == (
        Outcome.UNKNOWN, ReasonKind.BAD_ANSWER_SIGNATURE
    )


@pytest.mark.parametrize(
    'fields_', [
        {}, {'refund_amount': '1.00', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R1', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R2', 'refund_amount': '1.00', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R1', 'refund_amount': '1.00', 'refund_status': 'NEVER_HEARD_OF'},
        {'out_request_no': 'R1', 'refund_amount': '1.00'},
    ],
)
def test_refund_queries_that_tell_nothing(server, fields_):
    """Test that money went back only where all of it is said."""
    server.script = [answering(success('alipay.trade.fastpay.refund.query', **fields_))]
    assert make(server).query_refund('R1', out_trade_no='A1').outcome == Outcome.UNKNOWN


def test_refund_amount_is_not_the_sum(server):
    """Test that `refund_fee`, the sum of all refunds, is not taken for this one's amount."""
    request = a_refund(an_order(out_trade_no='A1'), amount=234)
    server.script = [answering(success(
        'alipay.trade.refund', out_trade_no='A1', fund_change='Y', refund_fee='12.34'
    ))]
    result = make(server).refund(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 234)


def test_refused_refund_whose_query_fails(server):
    """Test that an earlier call with the number is not forgotten."""
    server.script = [
        answering(failure('alipay.trade.refund', 'ACQ.SELLER_BALANCE_NOT_ENOUGH')),
        answering(b'nothing'),
    ]
    result = make(server).refund(a_refund(an_order(out_trade_no='A1')))
    assert result.outcome == Outcome.UNKNOWN


def test_refund_query_wants_the_order():
    """Test that a refund's number alone is not enough here."""
    with pytest.raises(ValueError, match='out_trade_no'):
        Alipay(credentials()).query_refund('R1')


# === BILL === #


@pytest.mark.parametrize(
    'url',
    [
        'http://evil.example/x', 'http://alipay.com.evil.example/x', 'ftp://x.alipay.com/',
        'http://user@dwbillcenter.alipay.com/x', 'http://127.0.0.1/x', '/x',
        'http://dwbillcenter.alipay.com:8080/x', 'http://evilalipay.com/x',
    ],
)
def test_bill_from_elsewhere(url):
    """Test that a bill is fetched from Alipay only."""
    with pytest.raises(ValueError, match='Alipay'):
        bill.address(url, local=False)


def test_bill_is_fetched_encrypted():
    """Test that the plain address of version 1.0 is fetched with https."""
    url = 'http://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&token=a%2Bb'
    assert bill.address(url, local=False) == 'https' + url.removeprefix('http')


@pytest.mark.parametrize('content', [b'', b'PK', b'<html>', b'PK\x05\x06' + bytes(10)])
def test_bill_that_is_none(server, content):
    """Test that what is no ZIP is no bill."""
    method = 'alipay.data.dataservice.bill.downloadurl.query'
    server.script = [
        answering(success(method, bill_download_url=f'{server.url}/bill')), answering(content),
    ]
    with pytest.raises(CallFailed) as failed:
        make(server).statement(times.now().date())
    assert failed.value.reason.kind == ReasonKind.NO_ANSWER


def test_bill_that_is_too_large(monkeypatch):
    """Test that an archive is not unpacked beyond a limit, whatever it announces."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.csv', bytes(3_000_000))
    monkeypatch.setattr(bill, 'MAX_CONTENT', 1_000_000)
    with pytest.raises(ValueError, match='too large'):
        bill.members(out.getvalue())
