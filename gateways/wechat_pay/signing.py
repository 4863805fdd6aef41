# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay API v3: signatures, verification, decryption. Bytes in, bytes out; no state.

Source: official pages on signing requests (WECHATPAY2-SHA256-RSA2048), verifying answers and
notices, and AEAD_AES_256_GCM.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SCHEME = 'WECHATPAY2-SHA256-RSA2048'
_PADDING, _HASH = padding.PKCS1v15(), SHA256()  # without state: made once


def lines(*parts: str | bytes) -> bytes:
    """Join the lines of a message to sign, each ended by one LF, the last one too."""
    return b''.join((part.encode() if isinstance(part, str) else part) + b'\n' for part in parts)


def sign(private_key, message: bytes) -> str:
    """Return the base64 signature (RSASSA-PKCS1-v1_5 with SHA-256) of a message."""
    return base64.b64encode(private_key.sign(message, _PADDING, _HASH)).decode()


def verify(public_key, message: bytes, signature: str) -> bool:
    """Say whether a base64 signature is that of a message.

    The platform's signature probes (`WECHATPAY/SIGNTEST/…`) are not even base64: they fail here
    like any other wrong signature.
    """
    try:
        raw = base64.b64decode(signature.encode('ascii'), validate=True)
        public_key.verify(raw, message, _PADDING, _HASH)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def request_message(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what is signed of a request.

    :param target: absolute path with its query, as sent
    :param timestamp: Unix seconds
    :param body: as sent; empty for GET
    """
    head = f'{method.upper()}\n{target}\n{timestamp}\n{nonce}\n'
    return b'%b%b\n' % (head.encode(), body)


def authorization(mchid: str, serial: str, timestamp: str, nonce: str, signature: str) -> str:
    """Return the Authorization header."""
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{serial}"'
    )


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what the platform signs of an answer or a notice, over its raw body."""
    return b'%b\n%b\n%b\n' % (timestamp.encode(), nonce.encode(), body)


def decrypt(api_v3_key: str, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """Decrypt a resource (AEAD_AES_256_GCM).

    :param api_v3_key: its ASCII bytes are the key
    :param ciphertext: base64, the tag at its end
    :raise ValueError: when it was not encrypted with that key, or is no such thing at all
    """
    try:
        data = base64.b64decode(ciphertext.encode('ascii'), validate=True)
        return AESGCM(api_v3_key.encode()).decrypt(
            nonce.encode(), data, (associated_data or '').encode()
        )
    except InvalidTag:
        raise ValueError("not encrypted with this APIv3 key") from None
    except (binascii.Error, ValueError, AttributeError, OverflowError):
        raise ValueError("not an encrypted resource") from None
