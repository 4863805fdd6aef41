# Part of payment_cn_wallets. License LGPL-3.
"""Keys, certificates and a platform for tests of WeChat Pay's gateway."""

import base64
import functools
import json
from datetime import datetime, timedelta, timezone

import wechat_pay_data as data
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from gateways.transport import Transport
from gateways.wechat_pay import WechatPay

API_V3_KEY = 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb'
API_KEY = '192006250b4c09247ec02edce69f6a2d'
MCHID = '1900007291'
APPID = 'wxd678efh567hg6787'
SERIAL = '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB'
PUBLIC_KEY_ID = 'PUB_KEY_ID_0119000072912026010100000001'


@functools.cache
def merchant_key():
    """The documentation's test merchant's key, rebuilt from its primes."""
    p, q, e = int(data.M_P, 16), int(data.M_Q, 16), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(e, p * q),
    ).private_key()


def public_key(modulus):
    return rsa.RSAPublicNumbers(65537, int(modulus, 16)).public_key()


@functools.cache
def platform_key(number=0):
    return rsa.generate_private_key(65537, 2048)


def certificate(key, name=MCHID, serial=SERIAL, days=365, age=10):
    """Return a self-signed certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(timezone.utc) - timedelta(days=age)
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(int(serial, 16))
        .not_valid_before(begin).not_valid_after(begin + timedelta(days=age + days))
        .sign(key, hashes.SHA256())
    )


def pem(thing):
    """Return a key or certificate as PEM text."""
    encoding = serialization.Encoding.PEM
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(encoding).decode()
    if isinstance(thing, rsa.RSAPrivateKey):
        return thing.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    return thing.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@functools.cache
def _files():
    return {
        'private_key': pem(merchant_key()),
        'certificate': pem(certificate(merchant_key())),
        'public_key': pem(platform_key().public_key()),
    }


def credentials(**changes):
    return {
        'appid': APPID, 'mchid': MCHID, 'api_v3_key': API_V3_KEY, 'public_key_id': PUBLIC_KEY_ID,
        **_files(), **changes,
    }


def make(endpoint='http://127.0.0.1:9', clock=None, **changes):
    """Return a gateway in public-key mode."""
    transport = Transport(connect_timeout=1, read_timeout=1, total_timeout=3)
    return WechatPay(credentials(**changes), endpoint=endpoint, transport=transport, clock=clock)


def signed(body, key=None, serial=PUBLIC_KEY_ID, timestamp=None, **changes):
    """Return the headers that the platform puts on an answer or notice."""
    timestamp = str(timestamp or int(datetime.now(timezone.utc).timestamp()))
    message = f'{timestamp}\nnonce0123456789\n'.encode() + body + b'\n'
    raw = (key or platform_key()).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': 'nonce0123456789',
        'Wechatpay-Signature': base64.b64encode(raw).decode(), 'Wechatpay-Serial': serial,
        **changes,
    }


def encrypted(plain, kind='transaction', key=API_V3_KEY):
    """Return the `resource` of a notice."""
    text = plain if isinstance(plain, bytes) else json.dumps(plain, ensure_ascii=False).encode()
    box = AESGCM(key.encode()).encrypt(b'123456789012', text, kind.encode())
    return {
        'original_type': kind, 'algorithm': 'AEAD_AES_256_GCM', 'nonce': '123456789012',
        'associated_data': kind, 'ciphertext': base64.b64encode(box).decode(),
    }


def notice(plain, kind='transaction', event='TRANSACTION.SUCCESS', **changes):
    """Return the body of a notice."""
    return json.dumps({
        'id': 'n1', 'create_time': '2026-01-01T00:00:00+08:00', 'event_type': event,
        'resource_type': 'encrypt-resource', 'resource': encrypted(plain, kind), **changes,
    }).encode()


def paid(**changes):
    """Return an order as the gateway tells it."""
    return {
        'appid': APPID, 'mchid': MCHID, 'out_trade_no': 'T20200101-0001', 'trade_state': 'SUCCESS',
        'transaction_id': '4200000000202001010000000001', 'trade_type': 'NATIVE',
        'success_time': '2020-01-01T08:00:00+08:00', 'payer': {'openid': 'oUpF8uMuAJO_M2pxb1Q9zN'},
        'amount': {'total': 100, 'payer_total': 90, 'currency': 'CNY'}, **changes,
    }


class Answers:
    """Answers of a platform on the loopback server: actions for its script."""

    def __init__(self, server):
        self.server = server

    def ok(self, content, status=200, key=None, serial=PUBLIC_KEY_ID, **changes):
        body = b'' if status == 204 else json.dumps(content).encode()
        headers = signed(body, key, serial, **changes)
        return lambda exchange: exchange.answer(
            body, status=status, headers={k: v for k, v in headers.items() if v is not None}
        )

    def error(self, status, code, **more):
        body = json.dumps({'code': code, 'message': '说明', **more}).encode()
        return lambda exchange: exchange.answer(body, status=status)
