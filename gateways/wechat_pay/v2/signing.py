# Part of payment_cn_wallets. License LGPL-3.
"""The signature of version 2, and the flat XML that is signed.

Pages (version 2): 签名算法, 接口规则; see `xml_messages` for how it is read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from ... import xml_messages

SIGN_TYPE = 'HMAC-SHA256'  # what we ask for
MAX_BODY = 64 * 1024  # bytes; real answers are below 8 KiB
_MAX_FIELDS = 100


def build(fields: Mapping[str, str]) -> bytes:
    """Return `<xml><name>value</name>…</xml>`.

    :raise ValueError: for a name that is none, or a character that XML does not carry
    """
    return xml_messages.write_flat(fields)


def parse(body: bytes, tag: str = 'xml') -> dict[str, str]:
    """Read flat XML: one element with elements that hold text. White space around it goes.

    :param tag: the name of the element: `xml`, or `root` in what a refund's notice encrypts
    :raise Malformed: for anything else: a DTD, entities, nesting, a name that occurs twice
    """
    fields = xml_messages.read_flat(body, MAX_BODY, _MAX_FIELDS, tag)
    return {name: value.strip() for name, value in fields.items()}


def text_to_sign(fields: Mapping[str, str], key: str) -> str:
    """Return the text whose digest is the signature: sorted, without empty values and `sign`."""
    pairs = [f'{name}={fields[name]}' for name in sorted(fields) if fields[name] and name != 'sign']
    return '&'.join([*pairs, f'key={key}'])


def sign(fields: Mapping[str, str], key: str, sign_type: str = SIGN_TYPE) -> str:
    """Return the signature, upper-case hex.

    :param sign_type: 'HMAC-SHA256' or 'MD5'
    """
    text = text_to_sign(fields, key).encode()
    if sign_type == 'MD5':
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    if sign_type != 'HMAC-SHA256':
        raise ValueError("sign_type must be HMAC-SHA256 or MD5")
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def verify(fields: Mapping[str, str], key: str, sign_type: str = SIGN_TYPE) -> bool:
    """Say whether `fields['sign']` signs the rest. The type is the one we asked with."""
    return hmac.compare_digest(
        sign(fields, key, sign_type).encode(), fields.get('sign', '').encode()
    )
