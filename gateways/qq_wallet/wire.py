# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet on the wire: flat XML, and its signatures.

**Message** (wiki 1/1122, 38/1203): root `<xml>`, one child for each field, no attributes, nothing
nested, UTF-8. What is read here is exactly that and nothing else: a document type, an entity, a
comment or a processing instruction makes the message malformed. A document type can only stand
before the root, and nothing but an XML declaration is let through there, so no entity can ever be
defined, neither a bomb nor one that names a file or an address.

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
import re
from collections.abc import Mapping

from lxml import etree

from ..messages import Malformed

MD5 = 'MD5'
HMAC_SHA256 = 'HMAC-SHA256'
SIGN_TYPES = (MD5, HMAC_SHA256)

MAX_BODY = 1024 * 1024  # bytes
MAX_FIELDS = 1000  # a refund query has nine fields for each refund
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,63}', re.ASCII)
_PROLOG = re.compile(
    r'\s*(?:<\?xml\s+version=(["\'])1\.[01]\1'
    r'(?:\s+encoding=(["\'])(?P<encoding>[A-Za-z0-9._-]{1,40})\2)?'
    r'(?:\s+standalone=(["\'])(?:yes|no)\4)?\s*\?>\s*)?(?=<xml\s*/?>)',
    re.ASCII,
)
# Characters that XML 1.0 cannot carry, or does not carry unchanged (a carriage return).
_NOT_CARRIED = re.compile('[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


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
    parts = []
    for name, value in fields.items():
        if not _NAME.fullmatch(name):
            raise ValueError("not a field name")
        if _NOT_CARRIED.search(value):
            raise ValueError(f"{name} has a character that cannot be sent")
        for char, escaped in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;')):
            value = value.replace(char, escaped)
        parts.append(f'<{name}>{value}</{name}>')
    return f'<?xml version="1.0" encoding="UTF-8"?><xml>{"".join(parts)}</xml>'.encode()


def read(body: bytes) -> dict[str, str]:
    """Read a message without changing any value.

    :raise Malformed: when it is anything but one flat `<xml>` in UTF-8, or a field occurs twice
    """
    if len(body) > MAX_BODY:
        raise Malformed("too large")
    try:
        text = body.decode('utf-8-sig')
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    prolog = _PROLOG.match(text)
    if not prolog:
        raise Malformed("not a message of this protocol")
    if (prolog['encoding'] or 'utf-8').lower() not in ('utf-8', 'utf8'):
        raise Malformed("not stated as UTF-8")
    parser = etree.XMLParser(
        encoding='utf-8',
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
    )
    try:
        root = etree.fromstring(text[prolog.end() :].strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("not well-formed XML") from None
    return _fields(root)


def _fields(root) -> dict[str, str]:
    tree = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise Malformed("a document type is not allowed")
    if root.tag != 'xml' or root.attrib or root.getprevious() is not None:
        raise Malformed("not a message of this protocol")
    if root.getnext() is not None or not _blank(root.text):
        raise Malformed("not a message of this protocol")
    result = {}
    for child in root:
        # The tag of a comment, an instruction or an entity is a function, not a name.
        if not isinstance(child.tag, str) or not _NAME.fullmatch(child.tag):
            raise Malformed("not a field")
        if child.attrib or len(child) or not _blank(child.tail):
            raise Malformed("a field is not plain")
        if child.tag in result:
            raise Malformed("a field occurs twice")
        if len(result) == MAX_FIELDS:
            raise Malformed("too many fields")
        result[child.tag] = child.text or ''
    return result


def _blank(text: str | None) -> bool:
    return not text or not text.strip()
