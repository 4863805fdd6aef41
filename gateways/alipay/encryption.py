# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's content encryption (optional): AES-CBC with a zero IV, PKCS#7.

The node of an answer is then a string, and its quotes are signed with it.

Source: opendocs.alipay.com, page on content encryption.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..parsing import Malformed


def aes_key(text: str) -> bytes:
    """Return the key for content encryption from the console's base64.

    :raise ValueError: when it is not 16, 24 or 32 bytes
    """
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the AES key is not base64") from None
    if len(key) not in (16, 24, 32):
        raise ValueError("the AES key must have 128 bits")
    return key


def _cipher(key: bytes):
    # The zero IV is the protocol's. What hides the content from others is TLS.
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))


def encrypt(text: str, key: bytes) -> str:
    """Return the base64 of an encrypted text."""
    content = text.encode()
    fill = 16 - len(content) % 16
    encryptor = _cipher(key).encryptor()
    return base64.b64encode(encryptor.update(content + bytes([fill]) * fill)).decode()


def decrypt(text: str, key: bytes) -> str:
    """Return the text of an encrypted node. To be called after its signature was verified.

    :raise Malformed: when it can't be decrypted with this key
    """
    try:
        content = base64.b64decode(text, validate=True)
        decryptor = _cipher(key).decryptor()
        plain = decryptor.update(content) + decryptor.finalize()
        fill = plain[-1]
        if not 1 <= fill <= 16 or plain[-fill:] != bytes([fill]) * fill:
            raise ValueError("padding")
        return plain[:-fill].decode()
    except (binascii.Error, ValueError, IndexError):
        raise Malformed("the answer can't be decrypted") from None
