# Part of payment_cn_wallets. License LGPL-3.
"""The sandbox driven by Alipay's official SDK (alipay-sdk-python), unchanged.

The SDK knows only port 80 and the machine's own time zone. Both are provided for it: a connection
to port 80 of localhost is led to the sandbox, and the zone is Beijing's, as on the machines that it
was written for.
"""

import json
import os
import socket
import time
from urllib.parse import parse_qsl

import pytest
from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.domain.AlipayTradeCancelModel import AlipayTradeCancelModel
from alipay.aop.api.domain.AlipayTradeFastpayRefundQueryModel import (
    AlipayTradeFastpayRefundQueryModel,
)
from alipay.aop.api.domain.AlipayTradePagePayModel import AlipayTradePagePayModel
from alipay.aop.api.domain.AlipayTradePayModel import AlipayTradePayModel
from alipay.aop.api.domain.AlipayTradePrecreateModel import AlipayTradePrecreateModel
from alipay.aop.api.domain.AlipayTradeQueryModel import AlipayTradeQueryModel
from alipay.aop.api.domain.AlipayTradeRefundModel import AlipayTradeRefundModel
from alipay.aop.api.exception.Exception import ResponseException
from alipay.aop.api.request.AlipayTradeCancelRequest import AlipayTradeCancelRequest
from alipay.aop.api.request.AlipayTradeFastpayRefundQueryRequest import (
    AlipayTradeFastpayRefundQueryRequest,
)
from alipay.aop.api.request.AlipayTradePagePayRequest import AlipayTradePagePayRequest
from alipay.aop.api.request.AlipayTradePayRequest import AlipayTradePayRequest
from alipay.aop.api.request.AlipayTradePrecreateRequest import AlipayTradePrecreateRequest
from alipay.aop.api.request.AlipayTradeQueryRequest import AlipayTradeQueryRequest
from alipay.aop.api.request.AlipayTradeRefundRequest import AlipayTradeRefundRequest
from alipay.aop.api.response.AlipayTradeQueryResponse import AlipayTradeQueryResponse
from alipay.aop.api.util import SignatureUtils
from alipay.aop.api.util.SignatureUtils import get_sign_content, verify_with_rsa
from cryptography.hazmat.primitives import serialization


def pkcs1(text):
    """Return a private key in the form that Alipay's key tool makes for Python."""
    key = serialization.load_pem_private_key(text.encode(), None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def beijing(monkeypatch):
    """The machine's zone, as the SDK expects it."""
    before = os.environ.get('TZ')
    monkeypatch.setenv('TZ', 'Asia/Shanghai')
    time.tzset()
    yield
    if before is None:
        monkeypatch.delenv('TZ')
    else:
        monkeypatch.setenv('TZ', before)
    time.tzset()


@pytest.fixture
def merchant(control):
    """The sandbox's merchant of Alipay in public-key mode."""
    return control.get('merchants')['alipay']


@pytest.fixture
def sdk(sandbox, merchant, monkeypatch, beijing):
    """The official client."""
    connect = socket.create_connection

    def lead(address, *args, **options):
        target = ('127.0.0.1', sandbox.port) if address == ('localhost', 80) else address
        return connect(target, *args, **options)

    monkeypatch.setattr(socket, 'create_connection', lead)
    config = AlipayClientConfig()
    config.server_url = 'http://localhost/alipay/gateway.do'
    config.app_id = merchant['app_id']
    config.app_private_key = pkcs1(merchant['private_key'])
    config.alipay_public_key = merchant['alipay_public_key']
    return DefaultAlipayClient(config)


def call(sdk, request_class, model, notify_url='', **values):
    """Make a call with the SDK's own model, and return the verified fields."""
    for name, value in values.items():
        setattr(model, name, value)
    request = request_class(biz_model=model)
    if notify_url:
        request.notify_url = notify_url
    return json.loads(sdk.execute(request))


def precreate(sdk, number, listener):
    return call(
        sdk, AlipayTradePrecreateRequest, AlipayTradePrecreateModel(), listener.url + '?a=1&b=2',
        out_trade_no=number, total_amount='88.88', subject='龙井茶 A+B 100%',
    )


def query(sdk, number):
    return call(sdk, AlipayTradeQueryRequest, AlipayTradeQueryModel(), out_trade_no=number)


def test_order_query_refund_and_notice(sdk, control, listener, merchant):
    """Test a payment from the code to the refund, with the notice verified by the SDK."""
    listener.answers = [(200, b'success')] * 9
    answer = precreate(sdk, 'SDK_1', listener)
    assert (answer['code'], answer['out_trade_no']) == ('10000', 'SDK_1')
    assert answer['qr_code'].startswith('http')
    assert query(sdk, 'SDK_1')['sub_code'] == 'ACQ.TRADE_NOT_EXIST'
    control.post('pay', out_trade_no='SDK_1', coupon=100)

    parsed = AlipayTradeQueryResponse()
    parsed.parse_response_content(json.dumps(query(sdk, 'SDK_1')))
    assert parsed.is_success()
    assert (parsed.trade_status, parsed.total_amount) == ('TRADE_SUCCESS', '88.88')
    assert parsed.buyer_pay_amount == '87.88'

    [fields] = listener.wait(1)
    signature = fields.pop('sign')
    assert fields.pop('sign_type') == 'RSA2'
    text = get_sign_content(fields)
    assert verify_with_rsa(merchant['alipay_public_key'], text.encode(), signature)
    assert (fields['trade_status'], fields['total_amount']) == ('TRADE_SUCCESS', '88.88')

    for _try in range(2):
        refund = call(
            sdk, AlipayTradeRefundRequest, AlipayTradeRefundModel(), out_trade_no='SDK_1',
            refund_amount='10.00', out_request_no='R1', refund_reason='退货',
        )
        assert (refund['code'], refund['refund_fee']) == ('10000', '10.00')
    assert refund['fund_change'] == 'N'  # the second one moved nothing
    asked = call(
        sdk, AlipayTradeFastpayRefundQueryRequest, AlipayTradeFastpayRefundQueryModel(),
        out_trade_no='SDK_1', out_request_no='R1',
    )
    assert (asked['refund_status'], asked['refund_amount']) == ('REFUND_SUCCESS', '10.00')
    about_refund = listener.wait(2)[1]
    assert (about_refund['out_biz_no'], about_refund['refund_fee']) == ('R1', '10.00')


def test_payment_code_and_cancel(sdk, control, listener):
    """Test a charge that needs a password, and its cancel."""
    code = control.post('payment-codes', wallet='alipay', confirm=True)['code']
    answer = call(
        sdk, AlipayTradePayRequest, AlipayTradePayModel(), out_trade_no='SDK_2',
        total_amount='5.00', subject='tea', auth_code=code, scene='bar_code',
    )
    assert answer['code'] == '10003'
    assert query(sdk, 'SDK_2')['trade_status'] == 'WAIT_BUYER_PAY'
    answer = call(sdk, AlipayTradeCancelRequest, AlipayTradeCancelModel(), out_trade_no='SDK_2')
    assert (answer['action'], answer['retry_flag']) == ('close', 'N')
    assert query(sdk, 'SDK_2')['trade_status'] == 'TRADE_CLOSED'


def test_checkout_page(sdk, sandbox, listener):
    """Test that the address that the SDK makes for a browser leads to the phone page."""
    import requests

    model = AlipayTradePagePayModel()
    model.out_trade_no, model.total_amount, model.subject = 'SDK_3', '1.00', '茶'
    model.product_code = 'FAST_INSTANT_TRADE_PAY'
    request = AlipayTradePagePayRequest(biz_model=model)
    request.notify_url, request.return_url = listener.url, listener.url
    url = sdk.page_execute(request, 'GET').replace('http://localhost/', sandbox.url + '/')
    answer = requests.get(url, allow_redirects=False, timeout=5)
    assert '/q/' in answer.headers['Location']


@pytest.mark.parametrize('fault', ['bad_signature', 'unsigned'])
def test_sdk_refuses_a_bad_signature(sdk, control, listener, fault):
    """Test that what we call badly signed is so in the eyes of the SDK."""
    precreate(sdk, 'SDK_4', listener)
    control.post('faults', fault=fault, operation='query', times=1)
    with pytest.raises(ResponseException):
        query(sdk, 'SDK_4')


@pytest.mark.parametrize('forged', ['signature', 'wrong_key'])
def test_sdk_refuses_a_forged_notice(sdk, control, listener, merchant, forged):
    """Test that forgeries are forgeries in the eyes of the SDK."""
    listener.answers = [(200, b'success')] * 9
    precreate(sdk, 'SDK_5', listener)
    control.post('notices', out_trade_no='SDK_5', forged=forged)
    fields = dict(parse_qsl(listener.received[0][2].decode(), keep_blank_values=True))
    signature = fields.pop('sign')
    fields.pop('sign_type')
    with pytest.raises(SignatureUtils.rsa.VerificationError):
        verify_with_rsa(
            merchant['alipay_public_key'], get_sign_content(fields).encode(), signature
        )


def test_wrong_key(sdk, control, merchant):
    """Test that a request signed with another merchant's key is refused."""
    other = control.get('merchants')['alipay_other']
    sdk._DefaultAlipayClient__config.app_private_key = pkcs1(other['private_key'])
    assert query(sdk, 'SDK_6')['sub_code'] == 'isv.invalid-signature'
