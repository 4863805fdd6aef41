# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: every published sample of signatures, encryption and bills."""

import base64
import hashlib
import json
from datetime import datetime, timezone

import pytest
import wechat_pay_data as data
import wechat_pay_witness as witness
from cryptography.hazmat.primitives import serialization

from gateways import money
from gateways.base import NoticeRejected, Outcome, Scene
from gateways.wechat_pay import certificates, notice, platform_keys, signing, statement
from gateways.wechat_pay.next_step import invoke_params
from gateways.wechat_pay.parties import Parties
from gateways.wechat_pay.v2 import signing as v2_signing

TIME, NONCE = '1554208460', '593BEC0C930BF1AFEB40B4A08C8FB242'
V1 = ('1722850421', 'd824f2e086d3c1df967785d13fcd22ef',
      b'{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}', data.V1_SIGNATURE)


def digest(text):
    return hashlib.sha256(text).hexdigest()


# === REQUESTS === #


@pytest.mark.parametrize(
    ('method', 'target', 'body', 'sha', 'length', 'signature'),
    [
        ('POST', '/v3/pay/transactions/jsapi', data.B1.encode(),
         '87a9f84cd9b4bdb78ec4dbe4595c8c8bf04d3e79a6765b2100741d1a473d37af', 372,
         data.S1_SIGNATURE),
        ('GET', '/v3/refund/domestic/refunds/123123123123', b'',
         'c65a830c3a6f61f3312ff204f6e4fda6397078cb96775237273c1d0f8da02dcd', 90,
         data.S2_SIGNATURE),
        ('GET', '/v3/pay/transactions/out-trade-no/T2020%7C0001?mchid=1900007291', b'',
         '81385c15c39738e18fc16f7e96d7c0037950847d502e7f0357d96d4f2ed299bb', 113,
         data.S3_SIGNATURE),
    ],
)
def test_request_signature(method, target, body, sha, length, signature):
    """Test S1, S2 and S3: message and signature of a request."""
    message = signing.request_message(method, target, TIME, NONCE, body)
    assert (digest(message), len(message)) == (sha, length)
    assert signing.sign(witness.merchant_key(), message) == signature


def test_request_message_of_the_java_sdk():
    """Test S4: the message of a query."""
    message = signing.request_message(
        'GET', '/v3/pay/transactions/id/1217752501201407033233368018?mchid=1230000109',
        '1652750623', 'eBYqCOxa0QudMnPvVilkTzOg3gHh5Z3u', b'',
    )
    assert len(message) == 119
    assert digest(message) == '287dfdf96f9d72417f6109e56a3232be66e7de08346fce44cecef89d9ed8f6fa'


@pytest.mark.parametrize(
    ('scene', 'package', 'sha', 'length', 'signature'),
    [
        (Scene.IN_APP, 'prepay_id=wx201410272009395522657a690389285100',
         'bf5c0eab11b7710ea376aaa5038ad079fb8175af60d6cbf676fa3bcc4d218bcb', 110,
         data.C1_SIGNATURE),
        (Scene.APP, 'wx201410272009395522657a690389285100',
         '24bea8d9042023a0a50bdf8580f0e52570033d68244bd66ec63df7cc25a9073c', 100,
         data.C2_SIGNATURE),
    ],
)
def test_invoke_signature(monkeypatch, scene, package, sha, length, signature):
    """Test C1 and C2: what opens the cashier, with the prefix in a page and without in an app."""
    message = signing.lines('wx2421b1c4370ec43b', TIME, NONCE, package)
    assert (digest(message), len(message)) == (sha, length)
    gateway = witness.make(
        appid='wx2421b1c4370ec43b',
        clock=lambda: datetime.fromtimestamp(int(TIME), timezone.utc),
    )
    monkeypatch.setattr('secrets.token_hex', lambda _size: NONCE)
    params = invoke_params(scene, 'wx201410272009395522657a690389285100', gateway.client)
    assert params['sign' if scene == Scene.APP else 'paySign'] == signature
    if scene == Scene.APP:
        assert params['package'] == 'Sign=WXPay'
        assert params['partnerid'] == witness.MCHID
    else:
        assert (params['package'], params['signType']) == (package, 'RSA')


# === ANSWERS === #


@pytest.mark.parametrize(
    ('timestamp', 'nonce', 'body', 'key', 'signature'),
    [
        (*V1[:3], data.W_N, V1[3]),
        ('1624523846', 'EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz', data.N1.encode(), data.G_N,
         data.V2_SIGNATURE),
        ('1577836801', NONCE, data.N2.encode(), None, data.V3_SIGNATURE),
        ('1577836801', NONCE, b'', None, data.V4_SIGNATURE),
    ],
)
def test_answer_signature(timestamp, nonce, body, key, signature):
    """Test V1 to V4: genuine answers and notices, an empty one too."""
    public = witness.public_key(key) if key else witness.merchant_key().public_key()
    message = signing.answer_message(timestamp, nonce, body)
    assert signing.verify(public, message, signature)
    headers = {
        'wechatpay-timestamp': timestamp, 'wechatpay-nonce': nonce,
        'wechatpay-signature': signature, 'wechatpay-serial': 'S',
    }
    for seconds, good in ((0, True), (299, True), (-299, True), (300, False), (-300, False)):
        now = datetime.fromtimestamp(int(timestamp) + seconds, timezone.utc)
        if good:
            platform_keys.check_signature(headers, body, lambda _serial, _moment: public, now)
        else:
            with pytest.raises(platform_keys.NotGenuine) as caught:
                platform_keys.check_signature(headers, body, lambda _serial, _moment: public, now)
            assert caught.value.kind == 'expired'


@pytest.mark.parametrize('spoil', ['probe', 'body', 'last line', 'other key'])
def test_answer_signature_refused(spoil):
    """Test that V1 does not hold when anything about it is changed."""
    timestamp, nonce, body, signature = V1
    message, key = signing.answer_message(timestamp, nonce, body), witness.public_key(data.W_N)
    if spoil == 'probe':
        signature = 'WECHATPAY/SIGNTEST/' + signature
    elif spoil == 'body':
        message = message.replace(b'JyC91', b'JyC92')
    elif spoil == 'last line':
        message = message[:-1]
    else:
        key = witness.public_key(data.G_N)
    assert not signing.verify(key, message, signature)


# === ENCRYPTION === #


@pytest.mark.parametrize(
    ('key', 'nonce', 'aad', 'ciphertext', 'plain'),
    [
        (witness.API_V3_KEY, 'uluk4a9R25RW', 'associatedData',
         'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=', 'message'),
        ('testAPIv3Key0000', 'wCq51qZv4Yfg', 'Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8',
         'FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC', 'Hello World'),
        ('testMchAPIv3Key0', *(json.loads(data.N1)['resource'][name] for name in
                               ('nonce', 'associated_data', 'ciphertext')), data.A3_PLAIN),
        (witness.API_V3_KEY, *(json.loads(data.N2)['resource'][name] for name in
                               ('nonce', 'associated_data', 'ciphertext')), data.A4_PLAIN),
    ],
)
def test_decryption(key, nonce, aad, ciphertext, plain):
    """Test A1 to A4, and that nothing else can be had from them."""
    assert signing.decrypt(key, nonce, aad, ciphertext).decode() == plain
    other = key[:-1] + '~'
    for bad in (
        (other, nonce, aad, ciphertext), (key, 'bad-4a9R25RW', aad, ciphertext),
        (key, nonce, 'bad-associatedData', ciphertext), (key, nonce, '', ciphertext),
        (key, '', aad, ciphertext), (key, None, aad, ciphertext), (key, nonce, aad, 'é'),
        (key, nonce, aad, 'AAAA'), (key, nonce, aad, None), (key, nonce, aad, ciphertext[:-8]),
        ('short', nonce, aad, ciphertext),
    ):
        with pytest.raises(ValueError, match='encrypted'):
            signing.decrypt(*bad)


def test_downloaded_certificate():
    """Test A5: a platform certificate as `/v3/certificates` gives it."""
    text = signing.decrypt(witness.API_V3_KEY, '14b16c03dc1b', 'certificate', data.CT5)
    assert len(text) == 1475
    assert digest(text) == '8693813ac0735cb54b6e67f25086a5924c103712255b8857049b8e502d564eb4'
    found = certificates.info(text)
    assert found.serial == '5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC'
    assert found.subject == 'Tenpay.com sign'
    assert found.not_before == datetime(2023, 9, 19, 15, 15, 58, tzinfo=timezone.utc)
    assert found.not_after == datetime(2028, 9, 17, 15, 15, 58, tzinfo=timezone.utc)
    row = {
        'serial_no': found.serial, 'expire_time ': '2028-09-17T23:15:58+08:00',
        'encrypt_certificate': {
            'algorithm': 'AEAD_AES_256_GCM', 'nonce': '14b16c03dc1b',
            'associated_data': 'certificate', 'ciphertext': data.CT5,
        },
    }
    if datetime.now(timezone.utc) < found.not_after:
        (certificate,) = platform_keys.read_download({'data': [row]}, witness.API_V3_KEY)
        assert certificates.serial_of(certificate) == found.serial
    with pytest.raises(ValueError, match='serial'):
        platform_keys.read_download({'data': [{**row, 'serial_no': 'AB'}]}, witness.API_V3_KEY)


# === NOTICES === #


def read(body, timestamp, signature, public, **changes):
    headers = {
        'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': NONCE,
        'Wechatpay-Signature': signature, 'Wechatpay-Serial': 'S', **changes,
    }
    return notice.parse(
        headers, body, lambda serial, _moment: {'S': public}.get(serial),
        datetime.fromtimestamp(int(timestamp), timezone.utc), witness.API_V3_KEY,
        Parties(witness.APPID, witness.MCHID),
    )


def test_notice():
    """Test N2 with V3: a payment notice, from its bytes to its result."""
    public = witness.merchant_key().public_key()
    body = data.N2.encode()
    assert (len(body), digest(body)) == (
        751, '128182d9c24c067a374e9a648b3adf42ecf7148896b9c15b2f8b76a6cd7c4bd0'
    )
    found = read(body, '1577836801', data.V3_SIGNATURE, public)
    payment = found.payment
    assert (found.kind, found.notice_id) == ('payment', '00000000-0000-5000-8000-000000000001')
    assert (payment.outcome, payment.amount, payment.payer_amount) == (Outcome.PAID, 100, 90)
    assert payment.out_trade_no == 'T20200101-0001'
    assert payment.gateway_trade_no == '4200000000202001010000000001'
    assert payment.paid_at == datetime(2020, 1, 1, tzinfo=timezone.utc)
    assert found.merchant == {'appid': witness.APPID, 'mchid': witness.MCHID, 'sub_mchid': ''}
    with pytest.raises(NoticeRejected) as caught:
        read(body + b'\n', '1577836801', data.V3_SIGNATURE, public)
    assert caught.value.kind == 'signature'


# === VERSION 2 === #

V2 = [
    (
        {'appid': 'wxd930ea5d5a258f4f', 'mch_id': '10000100', 'device_info': '1000',
         'body': 'test', 'nonce_str': 'ibuaiVcKdpRxkhJA'},
        'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100'
        '&nonce_str=ibuaiVcKdpRxkhJA&key=192006250b4c09247ec02edce69f6a2d',
        '9A0A8659F005D6984697E2CA0A9CF3B7',
        '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    ),
    (
        {'return_code': 'SUCCESS', 'return_msg': 'OK', 'appid': 'wxd930ea5d5a258f4f',
         'mch_id': '10000100', 'device_info': '', 'nonce_str': 'ibuaiVcKdpRxkhJA',
         'result_code': 'FAIL', 'err_code': 'USERPAYING', 'err_code_des': '需要用户输入支付密码'},
        'appid=wxd930ea5d5a258f4f&err_code=USERPAYING&err_code_des=需要用户输入支付密码'
        '&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA&result_code=FAIL&return_code=SUCCESS'
        '&return_msg=OK&key=192006250b4c09247ec02edce69f6a2d',
        '8CA1E89952CDCC9BEA5B8663203C15C2',
        'DD3771403A3EA857221C664FD0F665D7A367EE92EB5BED4918CD11A376841822',
    ),
]


@pytest.mark.parametrize(('fields', 'text', 'md5', 'sha'), V2)
def test_version_2_signature(fields, text, md5, sha):
    """Test X1 and X2: both digests, and that they survive the way through XML."""
    assert v2_signing.text_to_sign(fields, witness.API_KEY) == text
    assert v2_signing.sign(fields, witness.API_KEY, 'MD5') == md5
    assert v2_signing.sign(fields, witness.API_KEY) == sha
    received = v2_signing.parse(v2_signing.build({**fields, 'sign': sha}))
    assert v2_signing.verify(received, witness.API_KEY)
    assert not v2_signing.verify({**received, 'new_field': '1'}, witness.API_KEY)
    assert not v2_signing.verify({**received, 'sign': ''}, witness.API_KEY)


# === BILLS === #

B1 = (
    '\ufeff交易时间,商户订单号,交易状态,订单金额\r\n'
    '`2020-01-01 08:00:00,`T20200101-0001,`SUCCESS,`1.00\r\n'
    '总交易单数,订单总金额\r\n`1.0,`1.00\r\n'
).encode()


def test_bill():
    """Test B-1: a bill, by the names of its columns."""
    assert len(B1) == 157
    assert hashlib.sha1(B1).hexdigest() == '8422578d6d86411ec3a167df756d0d81316bcda9'
    bill = statement.parse(B1)
    (row,) = bill.rows
    assert money.to_fen(row['订单金额']) == 100
    assert row['商户订单号'] == 'T20200101-0001'
    assert float(bill.totals['总交易单数']) == 1


def test_bill_with_odd_texts():
    """Test that a line separator in the name of an article does not split a row."""
    body = B1.replace(b'T20200101-0001', 'a\u2028b\\ c'.encode())
    assert statement.parse(body).rows[0]['商户订单号'] == 'a\u2028b\\ c'
    assert statement.parse(b'').rows == []
    for bad in (B1[:-20], B1.replace('总交易单数'.encode(), b'`'), b'\xff\xfe', b'<html></html>'):
        with pytest.raises(ValueError, match='bill'):
            statement.parse(bad)


# === FILES === #


@pytest.mark.parametrize('form', ['text', 'bytes', 'base64', 'der', 'der base64'])
def test_certificate_forms(form):
    """Test that a certificate is read however it was uploaded."""
    certificate = witness.certificate(witness.merchant_key())
    text = witness.pem(certificate)
    der = certificate.public_bytes(serialization.Encoding.DER)
    value = {
        'text': text, 'bytes': text.encode(), 'base64': base64.b64encode(text.encode()).decode(),
        'der': der, 'der base64': base64.encodebytes(der).decode(),
    }[form]
    assert certificates.info(value).serial == witness.SERIAL
