# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's interface, driven by an independent client."""

import json
import time

import pytest

from sandbox.huishouyin.fields import CHANNELS
from sandbox.tests.shop import Client, beijing, digest, until


def failure(answer):
    """Return the error code of a refusal."""
    assert answer['return_code'] == 'SUCCESS'
    assert answer['result_code'] == 'FAIL'
    return answer['error_code']


# === ORDER, QUERY === #


def test_order_and_query(client, control):
    """Test that an order is booked unpaid, paid on the phone, and found by both numbers."""
    answer = client.order('A1', attach='附言')
    assert (answer['return_code'], answer['result_code']) == ('SUCCESS', 'SUCCESS')
    assert answer['code_url'].startswith(client.url + '/q/')
    assert len(answer['code_url']) <= 128
    assert len(answer['hy_bill_no']) <= 28
    before = client.query('A1')
    assert (before['trade_status'], before['real_fee'], before['time_end']) == ('Undeal', 0, '')
    control.post('pay', out_trade_no='A1', coupon=200)
    after = client.call('payquery', {'hy_bill_no': answer['hy_bill_no'], 'out_trade_no': 'nobody'})
    assert after['trade_status'] == 'Success'
    # the shop is owed the whole; the payer paid real_fee - coupon_amt
    assert (after['total_fee'], after['real_fee'], after['coupon_amt']) == (1200, 1200, 200)
    assert after['attach'] == '附言'
    assert after['out_trade_no'] == 'A1'


@pytest.mark.parametrize('form', ['documented', 'dashes', 'compact', 'fullwidth'])
def test_time_forms(client, control, form):
    """Test that the time of payment is written in each of the published forms."""
    control.post('settings', time_format=form)
    number = client.order()['out_trade_no']
    control.post('pay', out_trade_no=number, paid_at=1700000000)
    expected = {
        'documented': '2023-11-15 061320', 'dashes': '2023-11-15 06:13:20',
        'compact': '20231115061320', 'fullwidth': '2023-11-15 06：13：20',
    }[form]
    assert client.query(number)['time_end'] == expected


def test_amounts_as_strings(client, control):
    """Test that amounts may be strings in requests and, on demand, are in answers."""
    assert client.order(fee='1200')['total_fee'] == 1200
    control.post('settings', amount_type='string')
    assert client.order(fee=1200)['total_fee'] == '1200'


@pytest.mark.parametrize('fee', [0, -1, 1.0, '1.0', '', None, True, '１', ' 1', 10**10, [], 'x'])
def test_bad_amounts(client, fee):
    """Test that only a positive whole number of fen is an amount."""
    assert failure(client.order(fee=fee)) in ('E0001', 'E0002')


@pytest.mark.parametrize(('channel', 'field'), [
    ('WX_NATIVE', 'code_url'), ('ALI_QRCODE', 'code_url'), ('QQ_QRCODE', 'code_url'),
    ('BANK_QRCODE', 'code_url'), ('WX_H5', 'hy_pay_url'), ('ALI_WAP', 'hy_pay_url'),
    ('JD_WAP', 'hy_pay_url'), ('WX_JSAPI', 'hy_js_auth_pay_url'),
    ('ALI_JSAPI', 'hy_js_auth_pay_url'), ('Quick_Pass_APP', 'hy_extend_params'),
])
def test_channels(client, channel, field):
    """Test that each channel answers with the field that its scene needs, and only with that."""
    answer = client.order(channel=channel)
    fields = ('code_url', 'hy_pay_url', 'hy_js_auth_pay_url', 'hy_extend_params')
    assert [name for name in fields if answer[name]] == [field]


def test_mini_program_needs_a_js_code(client):
    """Test that a mini program's order needs the code or the payer's id."""
    assert failure(client.order(channel='WX_APPLET')) == 'E0001'
    answer = client.order(channel='WX_APPLET', wx_js_code='abc')
    assert json.loads(answer['hy_mini_pay_params'])['package']
    option = json.dumps({'open_id': 'o1', 'app_id': 'wx1'})
    assert client.order(channel='WX_APPLET', pay_option=option)['result_code'] == 'SUCCESS'


@pytest.mark.parametrize('channel', ['100', 'QQ_MICROPAY', 'QQ_WAP', 'JD_QRCODE', 'wx_native',
                                     'WX_MICROPAY', 'ALI_SWIPE'])
def test_channels_that_are_none(client, channel):
    """Test that unknown channels, and those of payment codes, are refused."""
    assert failure(client.order(channel=channel)) == 'E0002'


def test_instalments(client):
    """Test that Huabei needs its options, and that withholding is not enabled."""
    channel = 'ALI_QRCODE_HUABEI_INSTALLMENT'
    assert channel in CHANNELS
    assert failure(client.order(channel=channel)) == 'E0002'
    option = json.dumps({'hb_fq_num': '6', 'hb_fq_seller_percent': '100'})
    assert client.order(channel=channel, pay_option=option)['code_url']
    assert failure(client.order(channel='WX_WITHHOLD')) == 'E0005'


def test_order_number_is_unique(client, control):
    """Test that the same request gives the same code, and another one under its number nothing."""
    first = client.order('B1')
    assert client.order('B1')['code_url'] == first['code_url']
    assert client.order('B1', fee='1200')['hy_bill_no'] == first['hy_bill_no']
    assert failure(client.order('B1', fee=1201)) == 'E0002'
    assert failure(client.order('B1', channel='ALI_QRCODE')) == 'E0002'
    other = Client(client.url, control.get('merchants')['huishouyin_other'], client.notify_url)
    assert other.order('B1')['code_url'] != first['code_url']
    control.post('pay', code_url=first['code_url'])
    assert failure(client.order('B1')) == 'E0008'
    assert len(control.get('ledger')['orders']) == 2


def test_merchants_do_not_see_each_other(client, control):
    """Test that neither number finds another merchant's order."""
    answer = client.order('C1')
    other = Client(client.url, control.get('merchants')['huishouyin_other'], client.notify_url)
    assert failure(other.query('C1')) == 'E0002'
    assert failure(other.call('payquery', {'hy_bill_no': answer['hy_bill_no']})) == 'E0002'
    assert failure(client.query('nobody')) == 'E0002'
    assert failure(client.call('payquery', {})) == 'E0001'


# === PUBLIC FIELDS === #


@pytest.mark.parametrize('empty', [False, True])
def test_both_signature_forms(client, empty):
    """Test that empty fields may take part in the signature, or not."""
    answer = client.call('payquery', {'out_trade_no': 'x'}, isv_app_id='', empty=empty)
    assert failure(answer) == 'E0002'
    assert '不存在' in answer['error_msg']


def test_answers_signed_in_the_other_form(client, control):
    """Test that answers can be signed with their empty fields."""
    control.post('settings', sign_form='keep_empty')
    body = client.envelope('ApplyPay', {
        'out_trade_no': 'D1', 'subject': 'x', 'total_fee': 1, 'channel_type': 'WX_NATIVE',
        'client_ip': '127.0.0.1', 'notify_url': client.notify_url,
    })
    values = client.send('ApplyPay', body).json()
    assert values['sign'] == digest(values, client.merchant['key'], empty=True)
    assert values['sign'] != digest(values, client.merchant['key'])


@pytest.mark.parametrize(('public', 'code'), [
    ({'app_id': 'hypNOBODY'}, 'E0003'),
    ({'app_id': None}, 'E0001'),
    ({'sign': ''}, 'E0001'),
    ({'sign': 'F' * 32}, 'E0006'),
    ({'key': 'F' * 24}, 'E0006'),
    ({'isv_app_id': 'x', 'isv_mch_uid': 'y'}, 'E0003'),
])
def test_unauthenticated(client, control, public, code):
    """Test that who can't be identified is refused at the protocol's level, unsigned."""
    body = client.envelope('payquery', {'out_trade_no': 'x'}, **public)
    values = client.send('payquery', body).json()
    assert (values['return_code'], values['error_code']) == ('FAIL', code)
    assert 'sign' not in values
    control.post('settings', refusals='business')
    values = client.send('payquery', body).json()
    assert (values['return_code'], values['result_code']) == ('SUCCESS', 'FAIL')
    if code == 'E0006':
        assert values['sign'] == digest(values, client.merchant['key'])


@pytest.mark.parametrize(('name', 'code'), [
    ('huishouyin_not_approved', 'E0004'), ('huishouyin_not_enabled', 'E0005'),
])
def test_seeded_states(client, control, name, code):
    """Test the applications that exist but can't be used."""
    shop = Client(client.url, control.get('merchants')[name], client.notify_url)
    assert failure(shop.order()) == code


def test_store_required(client, control):
    """Test the merchant whose channels demand a store."""
    merchant = control.get('merchants')['huishouyin_store_required']
    shop = Client(client.url, merchant, client.notify_url)
    answer = shop.order()
    assert failure(answer) == 'E0001'
    assert '门店不能为空' in answer['error_msg']
    assert shop.order(store_uid='1')['result_code'] == 'SUCCESS'


@pytest.mark.parametrize(('public', 'code'), [
    ({'method': 'heemoney.pay.applypay'}, 'E0002'),
    ({'method': None}, 'E0001'),
    ({'version': '2.0'}, 'E0002'),
    ({'charset': 'LATIN1'}, 'E0002'),
    ({'sign_type': 'RSA'}, 'E0002'),
    ({'mch_uid': '9990000000002'}, 'E0002'),
    ({'timestamp': '2026-01-01 00:00:00'}, 'E0002'),
    ({'timestamp': '20261399000000'}, 'E0002'),
    ({'biz_content': 'no json'}, 'E0002'),
    ({'biz_content': '[]'}, 'E0002'),
    ({'biz_content': ''}, 'E0001'),
    ({'api_from_type': 'Out_Api'}, 'not found'),
])
def test_public_fields(client, public, code):
    """Test that each public field is checked, after the signature."""
    answer = client.send('payquery', client.envelope('payquery', {'out_trade_no': 'x'}, **public))
    values = answer.json()
    if code == 'not found':
        assert '不存在' in values['error_msg']
    else:
        assert failure(values) == code


@pytest.mark.parametrize('off', [-700, 700])
def test_clock(client, off):
    """Test that a clock that is wrong is recognised as such."""
    answer = client.call('payquery', {'out_trade_no': 'x'}, timestamp=beijing(time.time() + off))
    assert failure(answer) == 'E0002'
    assert 'timestamp' in answer['error_msg']
    assert ('+' if off > 0 else '-') in answer['error_msg']
    near = client.call('payquery', {'out_trade_no': 'x'}, timestamp=beijing(time.time() - 500))
    assert '不存在' in near['error_msg']


@pytest.mark.parametrize(('field', 'value', 'code'), [
    ('out_trade_no', 'x' * 65, 'E0002'), ('out_trade_no', 'a b', 'E0002'),
    ('out_trade_no', '单', 'E0002'), ('out_trade_no', 5, 'E0002'), ('out_trade_no', '', 'E0001'),
    ('subject', 'x' * 257, 'E0002'), ('subject', None, 'E0001'), ('subject', '\ud800', 'E0002'),
    ('client_ip', '::1', 'E0002'), ('client_ip', '300.1.1.1', 'E0002'),
    ('notify_url', 'http://shop.example/notice', 'E0002'), ('notify_url', 'ftp://localhost/', 'E0002'),
    ('notify_url', 'http://127.0.0.1:1@evil.example/', 'E0002'),
    ('notify_url', 'http://localhost/' + 'x' * 250, 'E0002'), ('return_url', 'shop', 'E0002'),
    ('attach', 'x' * 128, 'E0002'), ('pay_option', 'x', 'E0002'), ('meta_option', '[]', 'E0002'),
    ('device_code', 'x' * 19, 'E0002'), ('desk_no', 'x' * 33, 'E0002'),
])
def test_business_fields(client, field, value, code):
    """Test that lengths, types and loopback notice addresses are checked."""
    business = {
        'out_trade_no': 'E1', 'subject': 'x', 'total_fee': 1, 'channel_type': 'WX_NATIVE',
        'client_ip': '127.0.0.1', 'notify_url': client.notify_url, field: value,
    }
    text = json.dumps(business)
    answer = client.call('ApplyPay', biz_content=text)
    assert failure(answer) == code
    assert field in answer['error_msg']


@pytest.mark.parametrize('body', [
    b'', b'{', b'[]', b'null', b'"x"', b'{"app_id":', b'\xff\xfe', b'[' * 100000, b'{"app_id": [1]}',
    b'{"app_id": {"a": 1}, "sign": 1, "biz_content": {}}', b'{"a": 1e999}', b'1' * 5000,
])
def test_bodies_that_are_none(client, body):
    """Test that no body whatever makes the server stumble."""
    answer = client.http.post(
        client.url + '/huishouyin/v1/payquery', data=body, timeout=5,
        headers={'Content-Type': 'application/json'},
    )
    assert answer.status_code == 200
    assert answer.json()['return_code'] == 'FAIL'


def test_transport(client):
    """Test method, content type and unknown interfaces."""
    url = client.url + '/huishouyin/v1/'
    assert client.http.get(url + 'payquery', timeout=5).status_code == 405
    assert client.http.post(url + 'cancel', timeout=5).status_code == 404
    answer = client.http.post(url + 'payquery', data={'a': 1}, timeout=5)
    assert 'Content-Type' in answer.json()['return_msg']


def test_gbk(client):
    """Test that a body in GBK is read when it says so."""
    body = client.envelope('ApplyPay', {
        'out_trade_no': 'G1', 'subject': '龙井', 'total_fee': 1, 'channel_type': 'WX_NATIVE',
        'client_ip': '127.0.0.1', 'notify_url': client.notify_url,
    }, charset='GBK')
    answer = client.http.post(
        client.url + '/huishouyin/v1/ApplyPay', timeout=5,
        data=json.dumps(body, ensure_ascii=False).encode('gbk'),
        headers={'Content-Type': 'application/json; charset=GBK'},
    )
    assert answer.json()['subject'] == '龙井'


def test_partner(client, control, listener):
    """Test a service provider's ids: either key signs, and both ids come back."""
    partner = control.get('merchants')['huishouyin_partner']
    ids = {name: partner[name] for name in ('isv_app_id', 'isv_mch_uid')}
    for key in (partner['key'], client.merchant['key']):
        number = client.number()
        answer = client.call('ApplyPay', {
            'out_trade_no': number, 'subject': 'x', 'total_fee': 1, 'channel_type': 'WX_NATIVE',
            'client_ip': '127.0.0.1', 'notify_url': client.notify_url,
        }, key=key, **ids)
        assert answer['isv_app_id'] == ids['isv_app_id']
        listener.received.clear()
        control.post('pay', out_trade_no=number)
        notice = listener.wait(1)[0]
        assert notice['sign'] == digest(notice, key)
        assert notice['isv_mch_uid'] == ids['isv_mch_uid']


# === REFUND === #


def test_refunds(client, control):
    """Test partial refunds: asynchronous, limited by the payment, repeated by number."""
    client.order('R1', fee=1000)
    assert failure(client.refund('R1', 'R1-1', 100)) == 'E0002'
    control.post('pay', out_trade_no='R1', coupon=300)
    control.post('settings', refund_delay=0.3)
    first = client.refund('R1', 'R1-1', 400)
    assert (first['refund_fee'], first['real_refund_fee'], first['total_fee']) == (400, 400, 1000)
    assert client.refund_status('R1-1') == 'Undeal'
    assert client.refund('R1', 'R1-1', 400)['hy_refund_no'] == first['hy_refund_no']
    assert failure(client.refund('R1', 'R1-1', 401)) == 'E0002'
    assert failure(client.refund('R1', 'R1-2', 601)) == 'E0002'
    assert client.refund('R1', 'R1-2', 600)['result_code'] == 'SUCCESS'
    assert failure(client.refund('R1', 'R1-3', 1)) == 'E0002'
    until(lambda: client.refund_status('R1-1') == 'Success')
    by_number = client.call('refundquery', {'hy_refund_no': first['hy_refund_no']})
    assert by_number['out_refund_no'] == 'R1-1'
    assert by_number['refund_status'] == 'Success'
    assert failure(client.call('refundquery', {'out_refund_no': 'none'})) == 'E0002'
    assert failure(client.call('refundquery', {})) == 'E0001'
    assert sum(row['amount'] for row in control.get('ledger')['refunds']) == 1000


def test_refund_names_the_wrong_total(client, control):
    """Test that a total that is not the order's is refused."""
    client.order('R2', fee=1000)
    control.post('pay', out_trade_no='R2')
    answer = client.call('refund', {
        'out_trade_no': 'R2', 'out_refund_no': 'R2-1', 'refund_fee': 1, 'total_fee': 999,
    })
    assert failure(answer) == 'E0002'


# === PAYMENT CODES === #


@pytest.mark.parametrize(('wallet', 'channel'), [
    ('wechat_pay', 'WX_MICROPAY'), ('alipay', 'ALI_SWIPE'), ('unionpay', 'BANK_SWIPE'),
])
def test_charge(client, control, listener, wallet, channel):
    """Test that the channel is recognised, the code works once, and no notice is sent."""
    code = control.post('payment-codes', wallet=wallet)['code']
    answer = client.charge(code, 'P1')
    assert (answer['trade_status'], answer['channel_type']) == ('Success', channel)
    assert client.charge(code, 'P1')['hy_bill_no'] == answer['hy_bill_no']
    again = client.charge(code, 'P2')
    assert again['trade_status'] == 'Failure'
    assert '付款码' in again['channel_return_msg']
    assert failure(client.charge(code, 'P1', fee=501)) == 'E0002'
    ledger = control.get('ledger')
    assert len(ledger['charges']) == 1
    assert not ledger['notices']
    assert not listener.received


def test_charge_refusals(client, control):
    """Test codes of other wallets, unknown codes, expired codes."""
    for wallet in ('qq_wallet', 'jd_pay'):
        code = control.post('payment-codes', wallet=wallet)['code']
        assert failure(client.charge(code)) == 'E0002'
    code = control.post('payment-codes', wallet='alipay')['code']
    assert failure(client.charge(code, channel_type='WX_MICROPAY')) == 'E0002'
    assert failure(client.charge(code, channel_type='ALI_QRCODE')) == 'E0002'
    assert failure(client.charge('x' * 18)) == 'E0002'
    assert client.charge('130000000000000000')['trade_status'] == 'Failure'
    control.post('settings', code_lifetime=0)
    code = control.post('payment-codes', wallet='alipay')['code']
    assert client.charge(code)['trade_status'] == 'Failure'


def test_counter_code(client, control, listener):
    """Test a printed counter code: the payer types the amount, the shop is notified."""
    answer = client.call('MerchQRCode', {
        'qr_url_name': '前台', 'qr_url_type': '2', 'store_uid': '1',
        'notify_url': client.notify_url + '?counter=1',
    }, app_id=None)
    assert len(answer['qr_url']) <= 50
    assert len(answer['qrurl_uid']) == 18
    page = client.http.post(
        answer['qr_url'], data={'amount': '12.3', 'wallet': 'alipay'}, timeout=5,
    )
    control.post('pay', code_url=page.url)
    notice = listener.wait(1)[0]
    assert (notice['total_fee'], notice['channel_type']) == ('1230', 'ALI_JSAPI')
    assert notice['sign'] == digest(notice, client.merchant['key'])
    fixed = client.call('MerchQRCode', {
        'qr_url_name': '前台', 'qr_url_type': '2', 'store_uid': '1', 'pay_amt': '8.80',
    })
    assert fixed['pay_amt'] == '8.80'
    assert failure(client.call('MerchQRCode', {
        'qr_url_name': '前台', 'qr_url_type': '2', 'store_uid': '1', 'pay_amt': '8.801',
    })) == 'E0002'
