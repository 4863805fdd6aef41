# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's signatures, and the flat XML that is signed.

**Message** (wiki 1/1122, 38/1203): root `<xml>`, one child for each field, no attributes, nothing
nested, UTF-8; see `xml_messages` for how it is read.

**Signature** (wiki 206/1213): the fields but `sign` that are not empty, sorted by name, joined as
`name=value` with `&`, then `&key=<API key>`; MD5; hexadecimal, upper case. The values are those of
the message without its XML escapes. All fields that were received take part, known or not.

HMAC-SHA256 over the same text, keyed with the API key, is offered by one third-party library only;
whether the gateway takes it is not confirmed. It is behind a switch.

**APP** (wiki 38/1196): `sig` for the wallet's SDK is another one, with another key: Base64 of the
raw HMAC-SHA1, keyed with the APP KEY and `&`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from .. import xml_messages

MD5 = 'MD5'
HMAC_SHA256 = 'HMAC-SHA256'
SIGN_TYPES = (MD5, HMAC_SHA256)

MAX_BODY = 1024 * 1024  # bytes
MAX_FIELDS = 1000  # a refund query has nine fields for each refund
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


# === SIGNATURE === #


def joined(fields: Mapping[str, str], key: str) -> str:
    """Return the text that is signed.

    :param fields: all fields; `sign` and empty values take no part
    :param key: the API key
    """
    pairs = [
        f'{name}={fields[name]}' for name in sorted(fields) if name != 'sign' and fields[name]
    ]
    return '&'.join([*pairs, f'key={key}'])


def sign(fields: Mapping[str, str], key: str, sign_type: str = MD5) -> str:
    """Return the signature of a message, in upper case.

    :param sign_type: one of `SIGN_TYPES`
    """
    text = joined(fields, key).encode()
    if sign_type == HMAC_SHA256:
        return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()
    # MD5 is what the protocol has; here it is a keyed check, not a password hash.
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def verify(fields: Mapping[str, str], key: str, sign_type: str = MD5) -> bool:
    """Say whether `fields['sign']` is the signature of the rest, in constant time.

    Upper and lower case count alike: the vendor's own SDK compares so, and one of its samples is
    in lower case. With HMAC-SHA256 switched on MD5 is accepted too, because the documents know
    nothing else for answers and notices.

    :param fields: all fields as received
    """
    given = fields.get('sign', '').strip().upper().encode('utf-8', 'replace')
    good = False
    for accepted in (MD5,) if sign_type == MD5 else SIGN_TYPES:
        good |= hmac.compare_digest(sign(fields, key, accepted).encode(), given)
    return good


def app_signature(fields: Mapping[str, str], app_key: str) -> str:
    """Return `sig` of the parameters for the wallet's SDK.

    :param fields: exactly the signed ones: appId, bargainorId, nonce, pubAcc (empty, and still
        part of the text) and tokenId
    :param app_key: the APP KEY of the open platform, which is not the API key
    """
    text = '&'.join(f'{name}={fields[name]}' for name in sorted(fields))
    # HMAC-SHA1 is what the vendor's SDK checks.
    digest = hmac.new(f'{app_key}&'.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


# === XML === #


def write(fields: Mapping[str, str]) -> bytes:
    """Return a message.

    :raise ValueError: for a name that is none, or a character that XML does not carry
    """
    return xml_messages.write_flat(fields, _HEAD)


def read(body: bytes) -> dict[str, str]:
    """Read a message without changing any value.

    :raise Malformed: when it is anything but one flat `<xml>` in UTF-8, or a field occurs twice
    """
    return xml_messages.read_flat(body, MAX_BODY, MAX_FIELDS)
