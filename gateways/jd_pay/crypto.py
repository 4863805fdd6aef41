# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's cryptography (V2.0): 3DES, and RSA without a digest name.

Source: JD's Java demo and its library `pay-gate-signature`, checked with messages that JD signed.

- **3DES**: DESede, ECB, no padding of its own. The plain text is led by its length (four bytes, big
  end first, in bytes of UTF-8) and filled with zeros to a multiple of eight. Written as lower-case
  hexadecimal.
- **Signature**: SHA-256 as 64 lower-case hexadecimal characters, and those characters themselves
  under PKCS#1 v1.5 type 1 padding ("private encryption"). It is *not* SHA256withRSA: there is no
  DigestInfo.
- **Keys** have 1024 bits in all of JD's samples; what else it takes is not known.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import re
import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # before 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

from .. import key_files
from ..base import CredentialProblem
from ..messages import Malformed

MIN_BITS = 1024  # a key of 2048 bits is better, and nobody says that JD takes it
MAX_TEXT = 16384  # bytes; the limit of JD's own library

_SPACE = re.compile(r'\s+')
_HEX = re.compile(r'(?:[0-9A-Fa-f]{16})+', re.ASCII)


# === KEYS === #


@functools.lru_cache(maxsize=32)
def des_key(text: str) -> bytes:
    """Return the 3DES key.

    :param text: Base64 of 24 bytes, as the merchant platform shows it
    :raise CredentialProblem: 'value' when it is anything else
    """
    try:
        key = base64.b64decode(_SPACE.sub('', text), validate=True)
    except (binascii.Error, ValueError):
        key = b''
    if len(key) != 24:
        raise CredentialProblem('value', "the DES key must be the Base64 of 24 bytes")
    return key


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


# === 3DES === #


def encrypt(text: str, key: bytes) -> str:
    """Return the lower-case hexadecimal 3DES cipher of a text.

    :param key: 24 bytes
    :raise ValueError: when the text is too long for JD's library
    """
    data = text.encode()
    if len(data) > MAX_TEXT:
        raise ValueError(f"longer than {MAX_TEXT} bytes")
    block = len(data).to_bytes(4, 'big') + data
    block += b'\0' * (-len(block) % 8)
    encryptor = Cipher(TripleDES(key), modes.ECB()).encryptor()  # noqa: S305  JD's choice
    return (encryptor.update(block) + encryptor.finalize()).hex()


def decrypt(cipher: str, key: bytes) -> str:
    """Return the text of a hexadecimal 3DES cipher.

    :param key: 24 bytes
    :raise Malformed: when it is no such cipher, or not of this key
    """
    if not _HEX.fullmatch(cipher):
        raise Malformed("not a cipher in hexadecimal")
    decryptor = Cipher(TripleDES(key), modes.ECB()).decryptor()  # noqa: S305  JD's choice
    block = decryptor.update(bytes.fromhex(cipher)) + decryptor.finalize()
    size = int.from_bytes(block[:4], 'big', signed=True)
    if not 0 <= size <= min(MAX_TEXT, len(block) - 4):
        raise Malformed("not encrypted with this DES key")
    try:
        return block[4 : 4 + size].decode()
    except UnicodeDecodeError:
        raise Malformed("not encrypted with this DES key") from None


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
    """Return the lower-case MD5 that app parameters and bill downloads have."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
