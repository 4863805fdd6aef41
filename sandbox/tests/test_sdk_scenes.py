# Part of payment_cn_wallets. License LGPL-3.
"""Both foreign clients, unchanged, through the scenes and calls that their first tests leave out."""

import csv
import io
import time
import zipfile
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from alipay.aop.api.domain.AlipayDataDataserviceBillDownloadurlQueryModel import (
    AlipayDataDataserviceBillDownloadurlQueryModel,
)
from alipay.aop.api.domain.AlipayTradeAppPayModel import AlipayTradeAppPayModel
from alipay.aop.api.domain.AlipayTradeCloseModel import AlipayTradeCloseModel
from alipay.aop.api.domain.AlipayTradeCreateModel import AlipayTradeCreateModel
from alipay.aop.api.domain.AlipayTradePayModel import AlipayTradePayModel
from alipay.aop.api.domain.AlipayTradeRefundModel import AlipayTradeRefundModel
from alipay.aop.api.domain.AlipayTradeWapPayModel import AlipayTradeWapPayModel
from alipay.aop.api.request.AlipayDataDataserviceBillDownloadurlQueryRequest import (
    AlipayDataDataserviceBillDownloadurlQueryRequest,
)
from alipay.aop.api.request.AlipayTradeAppPayRequest import AlipayTradeAppPayRequest
from alipay.aop.api.request.AlipayTradeCloseRequest import AlipayTradeCloseRequest
from alipay.aop.api.request.AlipayTradeCreateRequest import AlipayTradeCreateRequest
from alipay.aop.api.request.AlipayTradePayRequest import AlipayTradePayRequest
from alipay.aop.api.request.AlipayTradeRefundRequest import AlipayTradeRefundRequest
from alipay.aop.api.request.AlipayTradeWapPayRequest import AlipayTradeWapPayRequest
from alipay.aop.api.util.SignatureUtils import get_sign_content, verify_with_rsa
from wechatpayv3 import WeChatPayType

from sandbox.tests.test_alipay_sdk import beijing, call, precreate, query, sdk  # noqa: F401
from sandbox.tests.test_wechat_pay_sdk import MODES, Shop

# === WECHAT PAY === #


@pytest.fixture(params=MODES)
def shop(request, sandbox, control, listener, monkeypatch):
    """A shop that uses wechatpayv3, with each kind of merchant."""
    return Shop(sandbox, control.get('merchants')[request.param], listener, monkeypatch)


@pytest.mark.parametrize(
    ('kind', 'field', 'trade_type'),
    [(WeChatPayType.JSAPI, 'prepay_id', 'JSAPI'), (WeChatPayType.APP, 'prepay_id', 'APP'),
     (WeChatPayType.H5, 'h5_url', 'MWEB')],
)  # fmt: skip
def test_wechat_pay_scenes(shop, control, listener, kind, field, trade_type):
    """Test the scenes beside Native, each paid with a coupon and told by a notice that it verifies."""
    openid = {'sp_openid': 'oPayer'} if shop.sub else {'openid': 'oPayer'}
    number, answer = shop.order(
        pay_type=kind, payer=openid if kind == WeChatPayType.JSAPI else None,
        scene_info={'payer_client_ip': '203.0.113.7', 'h5_info': {'type': 'Wap'}}
        if kind == WeChatPayType.H5 else None,
    )
    assert answer[field]
    control.post('pay', out_trade_no=number, coupon=34)
    paid = shop.call('query', out_trade_no=number)
    assert (paid['trade_state'], paid['trade_type']) == ('SUCCESS', trade_type)
    listener.wait(1)
    _at, headers, body = listener.received[0]
    told = shop.sdk.callback(headers, body)['resource']
    assert (told['out_trade_no'], told['amount']['payer_total']) == (number, 1200)


@pytest.mark.parametrize('shop', ['wechat_pay'], indirect=True)
def test_wechat_pay_faults(shop, control, listener):
    """Test that the SDK sees the faults as what they are."""
    number, _answer = shop.order()
    control.post('faults', fault='system_error', scope=number, operation='query', times=1)
    assert shop.call('query', out_trade_no=number, expect=500)['code'] == 'SYSTEM_ERROR'
    control.post('faults', fault='http_5xx', scope=number, operation='query', times=1, status=502)
    status, _text = shop.sdk.query(out_trade_no=number)
    assert status == 502
    control.post('faults', fault='reset', scope=number, operation='query', times=1)
    with pytest.raises(requests.ConnectionError):
        shop.sdk.query(out_trade_no=number)
    control.post('pay', out_trade_no=number)
    refund = {'refund': 1234, 'total': 1234, 'currency': 'CNY'}
    control.post('faults', fault='refund_stuck', scope=number, times=1)
    for _again in range(2):
        answer = shop.call('refund', f'R{number}', refund, out_trade_no=number)
        assert answer['status'] == 'PROCESSING'
    assert len(control.get(f'orders/{number}')['refunds']) == 1
    control.post('refunds', out_refund_no=f'R{number}')
    assert shop.call('query_refund', f'R{number}')['status'] == 'SUCCESS'


# === ALIPAY === #


@pytest.fixture
def merchant(control):
    """The sandbox's merchant of Alipay in public-key mode."""
    return control.get('merchants')['alipay']


def verified(merchant, body):
    """Return the fields of a notice that the SDK verified."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = fields.pop('sign')
    assert fields.pop('sign_type') == 'RSA2'
    assert verify_with_rsa(
        merchant['alipay_public_key'], get_sign_content(fields).encode(), signature
    )
    return fields


def business(model, **values):
    for name, value in values.items():
        setattr(model, name, value)
    return model


def test_alipay_close(sdk, control, listener):  # noqa: F811
    """Test close: of what was not scanned, what was, and what was paid."""
    def close(number):
        return call(sdk, AlipayTradeCloseRequest, AlipayTradeCloseModel(), out_trade_no=number)

    precreate(sdk, 'C_1', listener)
    assert close('C_1')['sub_code'] == 'ACQ.TRADE_NOT_EXIST'
    control.post('pay', out_trade_no='C_1', outcome='cancel')
    assert close('C_1')['code'] == '10000'
    assert query(sdk, 'C_1')['trade_status'] == 'TRADE_CLOSED'
    precreate(sdk, 'C_2', listener)
    control.post('pay', out_trade_no='C_2')
    assert close('C_2')['sub_code'] == 'ACQ.REASON_TRADE_STATUS_INVALID'


def test_alipay_page_in_the_wallet(sdk, control, listener):  # noqa: F811
    """Test create, whose trade is there at once."""
    answer = call(
        sdk, AlipayTradeCreateRequest, AlipayTradeCreateModel(), listener.url,
        out_trade_no='J_1', total_amount='1.00', subject='茶', buyer_id='2088000000000001',
    )
    assert answer['code'] == '10000'
    assert query(sdk, 'J_1')['trade_status'] == 'WAIT_BUYER_PAY'
    control.post('pay', out_trade_no='J_1')
    paid = query(sdk, 'J_1')
    assert (paid['trade_status'], paid['trade_no']) == ('TRADE_SUCCESS', answer['trade_no'])


def test_alipay_app_and_phone_browser(sdk, sandbox, control, listener):  # noqa: F811
    """Test the order string of the app, and the checkout page of a phone."""
    values = {'total_amount': '1.00', 'subject': '茶 A+B'}
    request = AlipayTradeAppPayRequest(
        biz_model=business(AlipayTradeAppPayModel(), out_trade_no='A_1', **values)
    )
    request.notify_url = listener.url
    answer = requests.post(
        f'{sandbox.url}/alipay/gateway.do', data=sdk.sdk_execute(request).encode(), timeout=5,
        headers={'Content-Type': 'application/x-www-form-urlencoded'},
    )
    assert answer.json()['alipay_trade_app_pay_response']['code'] == '10000'
    request = AlipayTradeWapPayRequest(
        biz_model=business(AlipayTradeWapPayModel(), out_trade_no='W_1', quit_url='x', **values)
    )
    request.notify_url = listener.url
    address = urlsplit(sdk.page_execute(request, 'GET'))
    page = requests.get(f'{sandbox.url}{address.path}?{address.query}', allow_redirects=False, timeout=5)
    assert '/q/' in page.headers['Location']
    for number in ('A_1', 'W_1'):
        control.post('pay', out_trade_no=number)
        assert query(sdk, number)['trade_status'] == 'TRADE_SUCCESS'


def test_alipay_notices_of_refunds(sdk, control, listener, merchant):  # noqa: F811
    """Test that the SDK verifies the notices of a part and of the rest."""
    listener.answers = [(200, b'success')] * 9
    precreate(sdk, 'R_1', listener)
    control.post('pay', out_trade_no='R_1')
    for at, (amount, status) in enumerate((('10.00', 'TRADE_SUCCESS'), ('78.88', 'TRADE_CLOSED'))):
        call(
            sdk, AlipayTradeRefundRequest, AlipayTradeRefundModel(), out_trade_no='R_1',
            refund_amount=amount, out_request_no=f'R{at}',
        )
        listener.wait(at + 2)
        fields = verified(merchant, listener.received[at + 1][2])
        assert (fields['out_biz_no'], fields['trade_status']) == (f'R{at}', status)
    assert fields['refund_fee'] == '88.88'


def test_alipay_payment_code_with_a_coupon(sdk, control, listener, merchant):  # noqa: F811
    """Test a charge that is paid at once, with a coupon, and its verified notice."""
    listener.answers = [(200, b'success')] * 9
    code = control.post('payment-codes', wallet='alipay')['code']
    control.post('faults', fault='coupon', scope='P_1', coupon=100, times=1)
    answer = call(
        sdk, AlipayTradePayRequest, AlipayTradePayModel(), listener.url, out_trade_no='P_1',
        total_amount='5.00', subject='tea', auth_code=code, scene='bar_code',
    )
    assert (answer['code'], answer['total_amount'], answer['buyer_pay_amount']) == (
        '10000', '5.00', '4.00'
    )
    listener.wait(1)
    fields = verified(merchant, listener.received[0][2])
    assert (fields['total_amount'], fields['buyer_pay_amount']) == ('5.00', '4.00')
    control.post('faults', fault='data_error', scope='P_1', operation='query', times=1)
    assert query(sdk, 'P_1')['code'] == '20000'


def test_alipay_bill(sdk, control, listener):  # noqa: F811
    """Test that the bill whose address the SDK got has the day's payment."""
    precreate(sdk, 'B_1', listener)
    control.post('pay', out_trade_no='B_1')
    day = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))
    answer = call(
        sdk, AlipayDataDataserviceBillDownloadurlQueryRequest,
        AlipayDataDataserviceBillDownloadurlQueryModel(), bill_type='trade', bill_date=day,
    )
    content = requests.get(answer['bill_download_url'], timeout=5).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(archive.namelist()[0]).decode('gb18030')
    [row] = [row for row in csv.reader(text.splitlines()) if any('B_1' in cell for cell in row)]
    assert '88.88' in [cell.strip() for cell in row]
