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
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json.decoder import scanstring

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()  # without state: made once
MAX_ROOT = 20  # names in the root object of an answer


class Malformed(ValueError):
    """A message that is not what the protocol describes."""


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


@dataclass(frozen=True)
class Item:
    """A value of the root object: read, and the characters that it was read from."""

    value: object
    written: str


def _no_duplicates(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("a name occurs twice")
    return result


def _no_constant(_name):
    raise Malformed("not JSON")


# Numbers stay the digits that were sent: an amount must not become a float on its way.
_decoder = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constant,
    parse_int=str,
    parse_float=str,
)
_SPACE = re.compile(r'[ \t\r\n]*', re.ASCII)


def read_root(text: str) -> dict[str, Item]:
    """Read the root object of an answer.

    :raise Malformed: when it is no JSON object, a name occurs twice (on any level), or there are
        too many
    """
    try:
        return _read_root(text)
    except (json.JSONDecodeError, RecursionError, IndexError) as error:
        raise Malformed("not a JSON object") from error


def _read_root(text):
    def skip(position):
        return _SPACE.match(text, position).end()

    def expect(position, char):
        if text[position : position + 1] != char:
            raise Malformed("not a JSON object")
        return skip(position + 1)

    result = {}
    at = expect(skip(0), '{')
    if text[at : at + 1] == '}':
        end = skip(at + 1)
    else:
        while True:
            if text[at : at + 1] != '"':
                raise Malformed("not a JSON object")
            name, at = scanstring(text, at + 1, True)
            if name in result:
                raise Malformed("a name occurs twice")
            if len(result) == MAX_ROOT:
                raise Malformed("too many names")
            at = expect(skip(at), ':')
            value, end = _decoder.raw_decode(text, at)
            result[name] = Item(value, text[at:end])
            at = skip(end)
            if text[at : at + 1] != ',':
                end = expect(at, '}')
                break
            at = expect(at, ',')
    if end != len(text):
        raise Malformed("something follows the JSON object")
    return result


def read_object(text: str) -> dict[str, object]:
    """Read a JSON object, numbers as text.

    :raise Malformed: when it is none
    """
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not a JSON object") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


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
