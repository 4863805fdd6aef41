# Part of payment_cn_wallets. License LGPL-3.
"""Every vector of JD Pay's protocol page."""

import base64
import hashlib
import json
import re
from datetime import date
from urllib.parse import parse_qsl

import jd_pay_vectors as v
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, strategies as st

from gateways import times
from gateways.jd_pay import JdPay, encryption, envelope, signing, statement
from gateways.parsing import Malformed

DES = encryption.des_key(v.DES_KEY)
PRIVATE = signing.private_key(v.TEST_PRIVATE)
PUBLIC = signing.public_key(v.TEST_PUBLIC)
JD = signing.public_key(v.JD_PUBLIC)
OURS = envelope.Keys('22294531', DES, PRIVATE, PUBLIC)  # the test key plays JD as well
THEIRS = envelope.Keys('22294531', DES, PRIVATE, JD)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def wrap(inner):
    return base64.b64encode(encryption.encrypt(inner, DES).encode()).decode()


def test_des_key():
    """Test that the key is 24 bytes in Base64 and nothing else."""
    assert DES.hex() == 'b5ae04fdab292c0de580518a98d0cd45853dd91919e30dad'


@pytest.mark.parametrize(
    ('text', 'cipher'),
    [
        ('CNY', 'ac7132c57f10d3ce'),
        ('1', 'e5a6c3761ab9ddaf'),
        ('0', 'e00c693e6c5b8a60'),
        ('测试商品', '25fc4ff3e72f364fc1d80691e88fd7df'),
        ('12345678', 'b9a9953b73f9f8eb3612d06b873f74e9'),
        ('20170718101010', 'd9668085c69c2ecb73421627b78590400135be4ad908a2a7'),
        ('abcd', '89aaf9aa886e1aee'),
        ('a\nb', 'fb58fc71469ff376'),
    ],
)
def test_c1_to_c6(text, cipher):
    """Test that 3DES writes and reads what JD's library does."""
    assert encryption.encrypt(text, DES) == cipher
    assert encryption.decrypt(cipher, DES) == text


@pytest.mark.parametrize('cipher', ['216d686c8900e730', '', 'zz', 'ac7132c57f10d3c', 'ac7132c57f'])
def test_c7_and_other_ciphers_that_are_none(cipher):
    """Test that a length that does not fit, and what is no cipher, is refused."""
    with pytest.raises(Malformed):
        encryption.decrypt(cipher, DES)


@given(st.text(st.characters(exclude_categories=['Cs']), max_size=300))
def test_des_round_trip(text):
    """Test that every text comes back."""
    assert encryption.decrypt(encryption.encrypt(text, DES), DES) == text


def test_m1():
    """Test the app's signature."""
    text = f'merchant=22294531&orderId=12345678&key={v.MD5_KEY}'
    assert signing.md5(text) == '807a189bdd3362c7e2cb78901a008a2c'


def test_m2():
    """Test the request of a bill."""
    fields = dict(parse_qsl(statement.form(date(2024, 1, 2), '110148035005', '11014803', v.MD5_KEY).decode()))
    assert fields['data'] == (
        'eyJuYW1lIjoiMjAyNDAxMDJvcmRlcmNyZWF0ZV8xMTAxNDgwMzUwMDUuemlwIiwicGF0aCI6IjAwMDEvMDAwMSJ9'
    )
    assert json.loads(base64.b64decode(fields['data']))['path'] == '0001/0001'
    assert (fields['md5'], fields['owner']) == ('1806d67dd421a20692cdffca0f1383a3', '11014803')


@pytest.mark.parametrize(
    ('form', 'text', 'digest', 'sign'),
    [
        (
            {
                'amount': 'e5a6c3761ab9ddaf', 'currency': 'ac7132c57f10d3ce', 'note': '',
                'status': 'e00c693e6c5b8a60',
                'tradeNum': '38442bada8fcc81581d733ff756dc840272bf690d6b0c0e4',
                'tradeTime': 'c33390d9b3d6d6699706ea1467616603a2a1506bbaaf0f59',
            },
            'amount=1&currency=CNY&status=0&tradeNum=dev-1531882041-111&tradeTime=20180718104826',
            'c4c3ce09e9ab00a432040625dbe25aab143e20de6276970ac3e7eb7b5448ecdc',
            v.F1_SIGN,
        ),
        (
            {
                'amount': 'e5a6c3761ab9ddaf', 'currency': 'ac7132c57f10d3ce',
                'note': '0f0071f565cf49ef82aeee8910e9f2f4', 'status': 'e00c693e6c5b8a60',
                'tradeNum': '38442bada8fcc815cc6386f24131481a4205f9d165019e8f',
                'tradeTime': 'c33390d9b3d6d669fa4bbfc60f925498fe8ac39c72e43a1f',
            },
            'amount=1&currency=CNY&note=test product&status=0&tradeNum=dev-1531992606-125'
            '&tradeTime=20180719173221',
            'da88d9e1cd7c2081caad5b7e0aead36b3aa5d7c01db0a5587773f3bbe5894cde',
            v.F2_SIGN,
        ),
    ],
    ids=['F1', 'F2'],
)  # fmt: skip
def test_f1_and_f2(form, text, digest, sign):
    """Test that forms that JD signed are read, also with the line breaks of its encoder."""
    broken = '\r\n'.join(re.findall('.{1,76}', sign))
    plain = envelope.unseal_form({**form, 'sign': broken}, THEIRS)
    assert envelope.form_text(plain) == text
    assert sha(text) == digest
    for name in ('amount', 'tradeNum'):
        with pytest.raises(envelope.BadSignature):
            envelope.unseal_form({**form, name: 'e00c693e6c5b8a60', 'sign': sign}, THEIRS)


def test_f3():
    """Test the form of an order: signed in plain, sent encrypted but for three fields."""
    fields = dict(pair.split('=', 1) for pair in v.F3_TEXT.split('&'))
    assert sha(v.F3_TEXT) == '0a99b27931c9e95aee44f5159c1ec180105cf64c81ff1d15e6f48f2fed34be31'
    posted = envelope.seal_form(
        {n: t for n, t in fields.items() if n not in ('version', 'merchant')}, OURS
    )
    assert posted['sign'] == v.F3_SIGN
    assert (posted['version'], posted['merchant']) == ('V2.0', '22294531')
    assert posted['tradeName'] == '25fc4ff3e72f364fc1d80691e88fd7df'


def test_x1():
    """Test a refund answer that JD signed."""
    inner = f'{v.X1_HEAD}<sign>{v.X1_SIGN}</sign>{v.X1_TAIL}'
    signed = v.X1_HEAD + v.X1_TAIL
    assert sha(signed) == '399694d732bcf5cceaa1b0dd657593718f35f00b858133407d8543ec82517943'
    encrypted = wrap(inner)
    assert len(encrypted) == 1432
    assert sha(encrypted) == 'b41a7408c368423856e0f906671097ed8ed682337c6d1595395ea5c19c59f08b'
    document = envelope.unseal(encrypted, THEIRS)
    assert document.fields['status'] == '1'
    assert document.fields['oTradeNum'] == '1494236491939'
    assert (document.code, document.message) == ('000000', '成功')


def test_x2():
    """Test a whole answer that JD signed."""
    assert encryption.decrypt(base64.b64decode(v.X2_ENCRYPT).decode(), DES) == v.X2_TEXT
    signed = re.sub('<sign>.*</sign>', '', v.X2_TEXT)
    assert sha(signed) == 'ff39e3c5bcd4ef0c736fad64d2b88fe644537d3b9866c127fe5fff4b08466c04'
    assert envelope.unseal(v.X2_ENCRYPT, THEIRS).code == '000000'
    with pytest.raises(envelope.BadSignature):
        envelope.unseal(v.X2_ENCRYPT, OURS)


def test_x3():
    """Test a request, to the last byte."""
    fields = dict(re.findall(r'<(\w+)>([^<]*)</', v.X3_TEXT))
    del fields['version'], fields['merchant']
    assert envelope.inner('22294531', fields) == v.X3_TEXT
    assert sha(v.X3_TEXT) == '77c4c2a7ad3cc9904b14c881a0f52dd98fa77d2a14a7a3d28aa9eb4c070473ef'
    assert signing.sign(v.X3_TEXT, PRIVATE) == v.X3_SIGN
    body = envelope.seal(fields, OURS).decode()
    encrypted = re.search('<encrypt>(.*)</encrypt>', body)[1]
    assert body == (
        '<?xml version="1.0" encoding="UTF-8"?><jdpay><version>V2.0</version><merchant>22294531'
        f'</merchant><encrypt>{encrypted}</encrypt></jdpay>'
    )
    assert len(encrypted) == 1516
    assert sha(encrypted) == '2129450f5f6dd4778b068f36c05015949ca859c90d09bf64d7fe5298ac5efdba'
    assert len(encryption.decrypt(base64.b64decode(encrypted).decode(), DES).encode()) == 560


def test_x4():
    """Test a notice with the signature in its middle and a blank in its declaration."""
    signed = v.X4_HEAD + v.X4_TAIL
    assert sha(signed) == '5f858f089b04b69a4056e40a0f3c37af532358cdc3bea610812e47febc379f15'
    inner = f'{v.X4_HEAD}<sign>{v.X4_SIGN}</sign>{v.X4_TAIL}'
    assert len(inner.encode()) == 578
    encrypted = wrap(inner)
    assert sha(encrypted) == '7eb2c3752835078a487ae97259a059a1c553708fb4f10d134066bd83f30222a3'
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><jdpay><version>V2.0</version><merchant>22294531'
        f'</merchant><result><code>000000</code></result><encrypt>{encrypted}</encrypt></jdpay>'
    )
    gateway = JdPay({
        'merchant': '22294531', 'des_key': v.DES_KEY, 'private_key': v.TEST_PRIVATE,
        'jd_public_key': v.TEST_PUBLIC,
    })  # fmt: skip
    notice = gateway.parse_notice({}, body.encode())
    assert (notice.kind, notice.payment.out_trade_no) == ('payment', 'T20240102030405')
    assert (notice.payment.outcome.value, notice.payment.amount) == ('paid', 1690)
    assert notice.payment.payer_amount == 1690
    assert notice.payment.paid_at.isoformat() == '2024-01-02T03:05:01+08:00'
    assert notice.merchant == {'merchant': '22294531'}


@given(st.text(st.characters(exclude_categories=['Cs']), max_size=200))
def test_signatures_round_trip(text):
    """Test that what is signed is verified, and nothing else."""
    signature = signing.sign(text, PRIVATE)
    assert signing.verify(text, signature, PUBLIC)
    assert not signing.verify(text + ' ', signature, PUBLIC)


def test_a_signature_with_a_digest_name_is_none():
    """Test that SHA256withRSA is not taken for JD's signature."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    raw = PRIVATE.sign(b'text', padding.PKCS1v15(), hashes.SHA256())
    assert not signing.verify('text', base64.b64encode(raw).decode(), PUBLIC)
    assert not signing.verify('text', 'not Base64', PUBLIC)
    assert not signing.verify('text', '', PUBLIC)


@pytest.mark.parametrize('format_', ['PKCS8', 'TraditionalOpenSSL'])
@pytest.mark.parametrize('encoding', ['PEM', 'DER'])
def test_every_form_of_a_private_key(encoding, format_):
    """Test PEM and Base64, PKCS#8 and PKCS#1."""
    raw = PRIVATE.private_bytes(
        serialization.Encoding[encoding],
        serialization.PrivateFormat[format_],
        serialization.NoEncryption(),
    )
    text = raw.decode() if encoding == 'PEM' else base64.b64encode(raw).decode()
    assert signing.private_key(text).private_numbers() == PRIVATE.private_numbers()


def test_every_form_of_a_public_key():
    """Test PEM, Base64, broken lines, and a certificate."""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    pem = PUBLIC.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'JD')])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, PUBLIC, 1, now, now + timedelta(days=1))
        .sign(PRIVATE, hashes.SHA256())
    )  # fmt: skip
    texts = [
        v.TEST_PUBLIC,
        '\n'.join(re.findall('.{1,64}', v.TEST_PUBLIC)),
        pem.decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode(),
    ]
    for text in texts:
        assert signing.public_key(text).public_numbers() == PUBLIC.public_numbers()


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('des_key', 'short'),
        ('des_key', base64.b64encode(b'x' * 16).decode()),
        ('private_key', v.TEST_PUBLIC),
        ('private_key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
        ('jd_public_key', v.TEST_PRIVATE),
        ('jd_public_key', 'nothing'),
        ('merchant', '12a'),
    ],
)
def test_a_key_that_is_none_is_told_without_quoting_it(name, value):
    """Test that a wrong key is refused, and that the words do not hold it."""
    problem = JdPay.credential_problems({name: value}, times.now())[name]
    assert str(problem)
    assert value[:20] not in str(problem)
    assert problem.__cause__ is None


def test_good_credentials_are_taken():
    """Test the other way round."""
    good = {'des_key': v.DES_KEY, 'private_key': v.TEST_PRIVATE, 'jd_public_key': v.JD_PUBLIC}
    assert JdPay.credential_problems({**good, 'merchant': '22294531'}, times.now()) == {}
