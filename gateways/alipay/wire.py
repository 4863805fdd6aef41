# Part of payment_cn_wallets. License LGPL-3.
"""Alipay on the wire: what is signed, and the JSON of an answer as it was written.

**Request**: all parameters but `sign`, blank ones left out, sorted by name, joined as
`name=value` with `&`, unencoded; SHA256withRSA (PKCS#1 v1.5); base64. `sign_type` takes part.

**Answer**: the very characters of the value of `<method>_response` (or `error_response`). They are
cut out with a JSON reader that tells where a value begins and ends: a search for the name can be
led astray by a string that contains it, and a parser that takes the last of two equal names would
believe another node than the one that was verified. Equal names are refused.

**Encryption** (optional): AES-CBC with a zero IV, PKCS#7; the node is then a string, and its
quotes are signed with it.

Source: opendocs.alipay.com, pages on signing, verification and content encryption.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..messages import Item, Malformed, read_members

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()  # without state: made once
MAX_ROOT = 20  # names in the root object of an answer


# === SIGNATURE === #


def sign_content(params: Mapping[str, str | None]) -> str:
    """Return the text of a request that is signed."""
    return '&'.join(
        f'{name}={params[name]}'
        for name in sorted(params)
        if name != 'sign' and params[name] is not None and params[name].strip()
    )


def sign(content: str, private_key) -> str:
    """Return the signature of a text, base64."""
    signature = private_key.sign(content.encode(), _PADDING, _HASH)
    return base64.b64encode(signature).decode()


def verify(content: bytes, signature: str, public_keys: Iterable) -> bool:
    """Say whether a signature is that of these bytes by one of these keys.

    :param signature: base64 with its padding; anything else is no signature
    """
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    for key in public_keys:
        try:
            key.verify(given, content, _PADDING, _HASH)
        except InvalidSignature:
            continue
        return True
    return False


def verify_answer(written: str, signature: str, public_keys: Iterable) -> bool:
    """Say whether the characters of a node are signed.

    Some servers sign the text before they write `/` as `\\/`; both PHP and .NET SDK allow for it.
    """
    public_keys = tuple(public_keys)
    if verify(written.encode('utf-8', 'surrogatepass'), signature, public_keys):
        return True
    plain = written.replace('\\/', '/')
    return plain != written and verify(
        plain.encode('utf-8', 'surrogatepass'), signature, public_keys
    )


# === JSON === #


def read_root(text: str) -> dict[str, Item]:
    """Read the root object of an answer.

    :raise Malformed: when it is no JSON object, a name occurs twice (on any level), or there are
        too many
    """
    return read_members(text, MAX_ROOT)


# === ENCRYPTION === #


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
