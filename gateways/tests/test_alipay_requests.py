# Part of payment_cn_wallets. License LGPL-3.
"""What Alipay's gateway sends."""

import json
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from alipay_sandbox import a_charge, an_order
from alipay_witness import VECTORS, certificate_credentials, credentials, make, rsa_sign
from gateway_loopback import answering
from hypothesis import given, strategies as st

from gateways import key_files, money
from gateways.alipay import ALIPAY_SANDBOX, Alipay, codes, encryption, requests, signing
from gateways.base import Operation, Outcome, Scene, UnsupportedOperation, Wallet
from gateways.text import title

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
    content = signing.sign_content({**query, **body})
    assert signing.verify(content.encode(), signature, [public])
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
    written = json.dumps(encryption.encrypt(plain, encryption.aes_key(key)))
    server.script = [answering(
        f'{{"alipay_trade_query_response":{written},"sign":"{rsa_sign(written)}"}}'.encode()
    )]
    assert gateway.query('A1').outcome == Outcome.WAITING
    query, body = sent(server)
    assert query['encrypt_type'] == 'AES'
    assert json.loads(encryption.decrypt(body['biz_content'], encryption.aes_key(key))) == {'out_trade_no': 'A1'}


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
    subject = title(text, 'S/1', 256, requests.allowed)
    assert not set(subject) & set('/=&')
    assert len(subject.encode()) <= 256


@given(st.integers(min_value=1, max_value=10**10))
def test_amounts(amount):
    """Test that an amount goes to the gateway and back unchanged."""
    biz = requests.charge(a_charge(CODE, out_trade_no='A1', amount=amount), '', '')
    whole, dot, cents = biz['total_amount'].partition('.')
    assert (dot, len(cents), int(whole) * 100 + int(cents)) == ('.', 2, amount)
    assert money.to_fen(biz['total_amount']) == amount
