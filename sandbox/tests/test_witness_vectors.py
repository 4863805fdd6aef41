# Part of payment_cn_wallets. License LGPL-3.
"""The sandbox's own cryptography against what the gateways' documents and SDKs published.

A witness that errs would agree with a client that errs alike. The samples are plain data, in the
files where the clients' tests have them; no code of the clients is used.
"""

import base64
import hashlib
import json
import re
import runpy
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.alipay import signing as alipay
from sandbox.jd_pay import crypto as jd
from sandbox.qq_wallet import message as qq_message, signing as qq
from sandbox.tests.conftest import ROOT
from sandbox.wechat_pay import crypto as wechat

SAMPLES = ROOT / 'gateways' / 'tests'
WECHAT = SimpleNamespace(**runpy.run_path(str(SAMPLES / 'wechat_pay_data.py')))
JD = SimpleNamespace(**runpy.run_path(str(SAMPLES / 'jd_pay_vectors.py')))
ALIPAY = json.loads((SAMPLES / 'data' / 'alipay_vectors.json').read_text(encoding='utf-8'))


def pem(name):
    return (SAMPLES / 'data' / name).read_text(encoding='ascii')


# === WECHAT PAY === #

NONCE = '593BEC0C930BF1AFEB40B4A08C8FB242'
V3_KEY = 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb'
V2_KEY = '192006250b4c09247ec02edce69f6a2d'


def merchant_key():
    p, q, e = int(WECHAT.M_P, 16), int(WECHAT.M_Q, 16), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q)
    ).private_key()


def public_key(modulus):
    return rsa.RSAPublicNumbers(65537, int(modulus, 16)).public_key()


@pytest.mark.parametrize(
    ('method', 'target', 'body', 'signature'),
    [
        ('POST', '/v3/pay/transactions/jsapi', WECHAT.B1, WECHAT.S1_SIGNATURE),
        ('GET', '/v3/refund/domestic/refunds/123123123123', '', WECHAT.S2_SIGNATURE),
        ('GET', '/v3/pay/transactions/out-trade-no/T2020%7C0001?mchid=1900007291', '',
         WECHAT.S3_SIGNATURE),
    ],
)
def test_wechat_pay_requests(method, target, body, signature):
    """Test S1 to S3: whose signature of a request is accepted."""
    text = wechat.message(method, target, '1554208460', NONCE, body.encode())
    public = merchant_key().public_key()
    assert wechat.rsa_verify(public, text, signature)
    assert not wechat.rsa_verify(public, text[:-1], signature)
    assert wechat.rsa_sign(merchant_key(), text) == signature
    line = (
        f'WECHATPAY2-SHA256-RSA2048 mchid="1900007291",nonce_str="{NONCE}",signature="{signature}"'
        ',timestamp="1554208460",serial_no="408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"'
    )
    assert wechat.read_authorization(line)['signature'] == signature


@pytest.mark.parametrize(
    ('timestamp', 'nonce', 'body', 'key', 'signature'),
    [
        ('1722850421', 'd824f2e086d3c1df967785d13fcd22ef',
         '{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}', WECHAT.W_N, WECHAT.V1_SIGNATURE),
        ('1624523846', 'EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz', WECHAT.N1, WECHAT.G_N,
         WECHAT.V2_SIGNATURE),
        ('1577836801', NONCE, WECHAT.N2, '', WECHAT.V3_SIGNATURE),
        ('1577836801', NONCE, '', '', WECHAT.V4_SIGNATURE),
    ],
)
def test_wechat_pay_answers(timestamp, nonce, body, key, signature):
    """Test V1 to V4: that answers and notices are signed over the text that the platform signs."""
    public = public_key(key) if key else merchant_key().public_key()
    text = wechat.message(timestamp, nonce, body.encode())
    assert wechat.rsa_verify(public, text, signature)
    assert not wechat.rsa_verify(public, text, 'WECHATPAY/SIGNTEST/' + signature)
    assert not wechat.rsa_verify(public, wechat.message(timestamp, nonce, b'x'), signature)


@pytest.mark.parametrize(
    ('key', 'nonce', 'aad', 'plain', 'ciphertext'),
    [
        (V3_KEY, 'uluk4a9R25RW', 'associatedData', 'message', 'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI='),
        ('testAPIv3Key0000', 'wCq51qZv4Yfg', 'Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8', 'Hello World',
         'FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC'),
        ('testMchAPIv3Key0', 'Kj7QIyUiYx1q', 'payscore', WECHAT.A3_PLAIN,
         json.loads(WECHAT.N1)['resource']['ciphertext']),
        (V3_KEY, 'Td1nonce0001', 'transaction', WECHAT.A4_PLAIN,
         json.loads(WECHAT.N2)['resource']['ciphertext']),
    ],
)
def test_wechat_pay_encryption(monkeypatch, key, nonce, aad, plain, ciphertext):
    """Test A1 to A4: that a resource is sealed to the byte as the platform does."""
    monkeypatch.setattr('secrets.token_hex', lambda _size: nonce)
    sealed = wechat.seal(key, plain.encode(), aad)
    assert sealed == {
        'algorithm': 'AEAD_AES_256_GCM', 'nonce': nonce, 'associated_data': aad,
        'ciphertext': ciphertext,
    }
    opened = AESGCM(key.encode()).decrypt(nonce.encode(), base64.b64decode(ciphertext), aad.encode())
    assert opened.decode() == plain


@pytest.mark.parametrize(
    ('fields', 'md5', 'sha'),
    [
        ({'appid': 'wxd930ea5d5a258f4f', 'mch_id': '10000100', 'device_info': '1000',
          'body': 'test', 'nonce_str': 'ibuaiVcKdpRxkhJA', 'sign': 'not taken'},
         '9A0A8659F005D6984697E2CA0A9CF3B7',
         '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'),
        ({'return_code': 'SUCCESS', 'return_msg': 'OK', 'appid': 'wxd930ea5d5a258f4f',
          'mch_id': '10000100', 'device_info': '', 'nonce_str': 'ibuaiVcKdpRxkhJA',
          'result_code': 'FAIL', 'err_code': 'USERPAYING', 'err_code_des': '需要用户输入支付密码'},
         '8CA1E89952CDCC9BEA5B8663203C15C2',
         'DD3771403A3EA857221C664FD0F665D7A367EE92EB5BED4918CD11A376841822'),
    ],
)
def test_wechat_pay_version_2(fields, md5, sha):
    """Test X1 and X2: both digests."""
    assert wechat.pairs_signature(fields, V2_KEY, 'MD5') == md5
    assert wechat.pairs_signature(fields, V2_KEY, 'HMAC-SHA256') == sha


# === ALIPAY === #


@pytest.mark.parametrize('case', ALIPAY['request_sign'], ids=lambda case: case['name'][:40])
def test_alipay_requests(case):
    """Test the official SDK's requests: text, signature, and that they are accepted."""
    params = {name: value for name, value in case['params'].items() if value is not None}
    text = alipay.request_text(params)
    assert text == case['sign_content']
    assert alipay.verify(text, case['sign'], pem('alipay_test_merchant_public.pem'))
    assert alipay.sign(text, pem('alipay_test_merchant_private_pkcs8.pem')) == case['sign']
    assert not alipay.verify(text + ' ', case['sign'], pem('alipay_test_merchant_public.pem'))


def test_alipay_answers_and_notices():
    """Test that what the platform signed is so in the eyes of the sandbox."""
    public = pem('alipay_test_platform_public.pem')
    answers = [case for case in ALIPAY['response_verify']['cases'] if case['expect'] is True]
    assert len(answers) > 4
    for case in answers:
        signature = json.loads(case['raw'])['sign']
        texts = (case['sign_content'], case['sign_content'].replace('\\/', '/'))
        assert any(alipay.verify(text, signature, public) for text in texts), case['name']
    told = [case for case in ALIPAY['notify_verify']['cases'] if case['accept']]
    same = [case for case in told if alipay.notice_text(case['fields']) == case['sign_content']]
    assert len(same) > 3
    for case in same:
        if case['charset'] == 'utf-8':
            assert alipay.verify(case['sign_content'], case['fields']['sign'], public), case['name']
    for case in ALIPAY['real']:
        node = re.search(r'_response":(\{.*\}),"sign"', case['raw'])[1]
        signature = json.loads(case['raw'])['sign']
        texts = (node, node.replace('\\/', '/'))
        assert any(alipay.verify(text, signature, case['public_key_pem']) for text in texts)


def test_alipay_certificates():
    """Test the numbers of certificates, and that of the real root bundle's members."""
    for case in ALIPAY['cert_sn']:
        if 'file' in case:
            assert alipay.serial(pem(case['file'])) == case['sn']
    blocks = re.findall('-----BEGIN.*?END CERTIFICATE-----', pem('alipay_root_cert.pem'), re.DOTALL)
    counted = [m for m in zip(ALIPAY['root_cert_sn']['members'], blocks, strict=True) if m[0]['counts']]
    assert '_'.join(alipay.serial(block) for _member, block in counted) == ALIPAY['root_cert_sn']['sn']


# === QQ WALLET === #

QQ = {
    'appid=d930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100'
    '&nonce_str=ibuaiVcKdpRxkhJA': 'C16640534B737634F08566717AD030EB',
    'body=测试商品&fee_type=CNY&mch_id=1900000109&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb'
    '&notify_url=https://example.com/qq/notify&out_trade_no=T20240102030405'
    '&spbill_create_ip=203.0.113.7&time_expire=20240102033405&total_fee=888&trade_type=NATIVE':
        '84FE06C83591F3B3C5A64F994692CD14',
    'auth_code=910000000000000001&body=coffee&device_info=POS1&fee_type=CNY&mch_id=1900000109'
    '&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb&out_trade_no=M20240102030405'
    '&spbill_create_ip=203.0.113.7&total_fee=1&trade_type=MICROPAY': 'DB889A5262693A96D7A7098971E0B1D8',
    'appid=1007033799&bank_type=BALANCE&cash_fee=800&coupon_fee=88&fee_type=CNY'
    '&mch_id=1900000109&nonce_str=6c1f3d4b5a697887&openid=0123456789ABCDEF'
    '&out_trade_no=T20240102030405&time_end=20240102030501&total_fee=888&trade_state=SUCCESS'
    '&trade_type=NATIVE&transaction_id=1353933301461607211903715555':
        '16ED7FF489A7974F4E376ABE04DA6EA0',
    'mch_id=1900000109&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb&op_user_id=1900000109'
    '&op_user_passwd=e10adc3949ba59abbe56e057f20f883e&out_refund_no=R20240102030405'
    '&out_trade_no=T20240102030405&refund_fee=100': '1DBB417B4F18ACE9158E6D8E0405A3C1',
}  # fmt: skip


@pytest.mark.parametrize(('text', 'sign'), QQ.items())
def test_qq_wallet(text, sign):
    """Test V1, V2, V4, V5 and V6, empty fields and the way through XML included."""
    fields = {**dict(pair.split('=', 1) for pair in text.split('&')), 'attach': ''}
    assert qq.text_to_sign(fields, V2_KEY) == f'{text}&key={V2_KEY}'
    assert qq.sign(fields, V2_KEY) == sign
    read = qq_message.read(qq_message.text({**fields, 'sign': sign.lower()}).encode())
    assert qq.verify(read, V2_KEY)
    assert not qq.verify({**read, 'more': '1'}, V2_KEY)


# === JD PAY === #

DES = base64.b64decode(JD.DES_KEY)
TEST = serialization.load_der_private_key(base64.b64decode(JD.TEST_PRIVATE), None)
JDS = serialization.load_der_public_key(base64.b64decode(JD.JD_PUBLIC))


@pytest.mark.parametrize(
    ('text', 'cipher'),
    [('CNY', 'ac7132c57f10d3ce'), ('1', 'e5a6c3761ab9ddaf'), ('0', 'e00c693e6c5b8a60'),
     ('测试商品', '25fc4ff3e72f364fc1d80691e88fd7df'), ('12345678', 'b9a9953b73f9f8eb3612d06b873f74e9'),
     ('20170718101010', 'd9668085c69c2ecb73421627b78590400135be4ad908a2a7'),
     ('abcd', '89aaf9aa886e1aee'), ('a\nb', 'fb58fc71469ff376')],
)  # fmt: skip
def test_jd_pay_blocks(text, cipher):
    """Test C1 to C6 both ways."""
    assert jd.des(text, DES) == cipher
    assert jd.undes(cipher, DES) == text


def test_jd_pay_messages():
    """Test C7, the forms that JD signed, and X1 to X4."""
    with pytest.raises(jd.Unreadable):
        jd.undes('216d686c8900e730', DES)
    assert jd.sign(JD.F3_TEXT, TEST) == JD.F3_SIGN
    assert jd.verify(JD.X1_HEAD + JD.X1_TAIL, JD.X1_SIGN, JDS)
    assert not jd.verify(JD.X1_HEAD + JD.X1_TAIL, JD.X1_SIGN, TEST.public_key())
    inner = jd.undes(base64.b64decode(JD.X2_ENCRYPT).decode(), DES)
    assert inner == JD.X2_TEXT
    before, sign, after = re.fullmatch('(.*)<sign>(.*)</sign>(.*)', inner).groups()
    assert jd.verify(before + after, sign, JDS)
    assert jd.read(inner)['merchant'] == '22294531'
    assert jd.sign(JD.X3_TEXT, TEST) == JD.X3_SIGN
    assert jd.sign(JD.X4_HEAD + JD.X4_TAIL, TEST) == JD.X4_SIGN
    whole = f'{JD.X4_HEAD}<sign>{JD.X4_SIGN}</sign>{JD.X4_TAIL}'
    written = base64.b64encode(jd.des(whole, DES).encode())
    assert hashlib.sha256(written).hexdigest() == (
        '7eb2c3752835078a487ae97259a059a1c553708fb4f10d134066bd83f30222a3'
    )


def test_jd_pay_requests_and_forms():
    """Test X3 as a request that is opened, and F3 as a form, each refused when it was changed."""
    merchant = SimpleNamespace(number='22294531', des=DES, public=TEST.public_key())
    whole = JD.X3_TEXT.replace('</jdpay>', f'<sign>{JD.X3_SIGN}</sign></jdpay>')

    def request(text):
        cipher = base64.b64encode(jd.des(text, DES).encode()).decode()
        return jd.wrap('22294531', '', '', cipher)

    found, fields = jd.open_request(request(whole), {'22294531': merchant}.get)
    assert (found, fields['tradeName'], fields['tradeType']) == (merchant, '测试商品', 'QR')
    with pytest.raises(jd.Unreadable):
        jd.open_request(request(whole.replace('<amount>1<', '<amount>2<')), {'22294531': merchant}.get)
    plain = dict(pair.split('=', 1) for pair in JD.F3_TEXT.split('&'))
    form = {
        name: value if name in ('version', 'merchant') else jd.des(value, DES)
        for name, value in plain.items()
    }
    assert jd.open_form({**form, 'sign': JD.F3_SIGN}, merchant) == plain
    with pytest.raises(jd.Unreadable):
        jd.open_form({**form, 'amount': jd.des('2', DES), 'sign': JD.F3_SIGN}, merchant)
