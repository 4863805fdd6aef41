# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's RSA signatures (V2.0), and the keys for them.

Source: JD's Java demo and its library `pay-gate-signature`, checked with messages that JD signed.

- **Signature**: SHA-256 as 64 lower-case hexadecimal characters, and those characters themselves
  under PKCS#1 v1.5 type 1 padding ("private encryption"). It is *not* SHA256withRSA: there is no
  DigestInfo.
- **Keys** have 1024 bits in all of JD's samples; what else it takes is not known.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import key_files

MIN_BITS = 1024  # a key of 2048 bits is better; whether JD takes it is not documented

_SPACE = re.compile(r'\s+')


# === KEYS === #


def private_key(text: str | bytes) -> rsa.RSAPrivateKey:
    """Return the merchant's private key.

    :raise CredentialProblem: when it is no RSA private key
    """
    return key_files.private_key(text, bits=MIN_BITS)


@functools.lru_cache(maxsize=32)
def public_key(text: str | bytes) -> rsa.RSAPublicKey:
    """Return JD's public key: one, or that of a certificate.

    :raise CredentialProblem: when it is no RSA public key
    """
    certificate = certificate_of(text)
    if certificate is not None:
        return key_files.rsa_key(certificate, MIN_BITS)
    return key_files.public_key(text, MIN_BITS)


@functools.lru_cache(maxsize=32)
def certificate_of(text: str | bytes) -> x509.Certificate | None:
    """Return the certificate when there is one and no private key beside it, else None.

    :raise CredentialProblem: when the file cannot be read
    """
    found = key_files.contents(text)
    if not found.members or found.private_keys:
        return None
    return key_files.leaf(key_files.certificates(text))


# === SIGNATURE === #


def digest(text: str) -> bytes:
    """Return what is signed of a text: 64 lower-case hexadecimal characters."""
    return hashlib.sha256(text.encode()).hexdigest().encode()


def sign(text: str, key: rsa.RSAPrivateKey) -> str:
    """Return the Base64 signature of a text, on one line."""
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    e = numbers.public_numbers.e
    size = (n.bit_length() + 7) // 8
    plain = digest(text)
    if size < len(plain) + 11:
        raise ValueError("the private key is too short")
    padded = b'\x00\x01' + b'\xff' * (size - len(plain) - 3) + b'\x00' + plain
    message = int.from_bytes(padded, 'big')
    # `cryptography` signs without DigestInfo only in versions later than ours, so the
    # exponentiation is done here. Blinded, because Python's takes a time that depends on its
    # operands; checked, because a fault under the Chinese remainder theorem would betray the key.
    blind = secrets.randbelow(n - 2) + 2
    blinded = message * pow(blind, e, n) % n
    mp = pow(blinded, numbers.dmp1, numbers.p)
    mq = pow(blinded, numbers.dmq1, numbers.q)
    whole = mq + numbers.q * ((mp - mq) * numbers.iqmp % numbers.p)
    signature = whole * pow(blind, -1, n) % n
    if pow(signature, e, n) != message:
        raise ValueError("the private key does not fit itself")
    return base64.b64encode(signature.to_bytes(size, 'big')).decode()


def verify(text: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    """Say whether a signature is that of a text.

    :param signature: Base64; JD's encoder breaks it into lines
    """
    try:
        raw = base64.b64decode(_SPACE.sub('', signature), validate=True)
        found = key.recover_data_from_signature(raw, padding.PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return False
    return hmac.compare_digest(found, digest(text))


def md5(text: str) -> str:
    """Return the lower-case MD5 that app parameters and statement downloads have."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
