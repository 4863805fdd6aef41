# Part of payment_cn_wallets. License LGPL-3.
"""The platform's side of WeChat Pay's cryptography, from the official pages on signatures.

Messages to sign are lines that each end in LF. RSA is PKCS #1 v1.5 with SHA-256, encryption
AES-256-GCM with the APIv3 key, version 2 an MD5 or HMAC over sorted pairs.
"""

import base64
import datetime
import hashlib
import hmac
import re
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

_HEADER = re.compile(r'WECHATPAY2-SHA256-RSA2048 +(.+)')
_PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
AUTHORIZATION = {'mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'}


def read_authorization(value):
    """Return the five pairs of an Authorization header, or None."""
    match = _HEADER.fullmatch(value or '')
    if not match:
        return None
    pairs = [_PAIR.fullmatch(part.strip()) for part in match[1].split(',')]
    if not all(pairs) or len(pairs) != 5:
        return None
    found = {pair[1]: pair[2] for pair in pairs}
    return found if set(found) == AUTHORIZATION else None


def message(*parts):
    """Return lines of text or bytes as one message."""
    return b''.join((p if isinstance(p, bytes) else str(p).encode()) + b'\n' for p in parts)


def rsa_sign(key, text):
    """Return a signature in base64."""
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


def rsa_verify(key, text, signature):
    """Say whether a base64 signature fits."""
    try:
        key.verify(base64.b64decode(signature), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(api_v3_key, plain, associated):
    """Return an encrypted resource's members."""
    nonce = secrets.token_hex(6)
    box = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return {
        'algorithm': 'AEAD_AES_256_GCM', 'nonce': nonce, 'associated_data': associated,
        'ciphertext': base64.b64encode(box).decode(),
    }


# === KEYS === #


def new_key():
    """Return a new private key as PEM text."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def load_key(pem):
    """Return the private key of a PEM text."""
    return serialization.load_pem_private_key(pem.encode(), None)


def public_pem(key):
    """Return the public half of a private key as PEM text."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def new_certificate(key, name):
    """Return a self-signed certificate of five years as PEM text."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key())
        # 40 hex digits, as the real ones have
        .serial_number(int(secrets.choice('1234567') + secrets.token_hex(20)[1:], 16))
        .not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def serial(pem):
    """Return the serial of a certificate as 40 hex digits."""
    return f'{x509.load_pem_x509_certificate(pem.encode()).serial_number:040X}'


# === VERSION 2 === #


def pairs_signature(fields, key, kind):
    """Return version 2's signature of fields, upper-case hex."""
    text = ''
    for name in sorted(fields):
        if name != 'sign' and fields[name] not in ('', None):
            text += f'{name}={fields[name]}&'
    text = f'{text}key={key}'.encode()
    if kind == 'HMAC-SHA256':
        return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
