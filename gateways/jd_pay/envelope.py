# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's messages: signed and encrypted XML, and signed forms.

A message is a document in a document. The inner one holds the fields and the signature over its own
literal text (without the `<sign>` element, wherever that stands); it travels in `<encrypt>` of the
outer one, as Base64 of the hexadecimal 3DES cipher. Nothing is ever serialised again before it is
verified: JD writes `<?xml … ?>` with a blank that no library would reproduce.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from .. import xml_messages
from ..parsing import Malformed
from ..text import clean
from . import encryption, signing

VERSION = 'V2.0'
SUCCESS = '000000'
MAX_BODY = 128 * 1024  # bytes; the inner document has at most 16 KiB, four times that on the wire
_MAX_ELEMENTS = 2000

_HEAD = '<?xml version="1.0" encoding="UTF-8"?><jdpay>'
_TAIL = '</jdpay>'
_SIGN = re.compile(r'<sign>([^<]*)</sign>')
_LINES = re.compile(r'[\t\r\n]')
_SPACE = re.compile(r'\s+')


@dataclass(frozen=True)
class Keys:
    """What messages of one merchant are made and read with."""

    merchant: str
    des: bytes = field(repr=False)
    private: rsa.RSAPrivateKey = field(repr=False)
    public: rsa.RSAPublicKey = field(repr=False)  # JD's


# === XML === #


def parse(text: str) -> etree._Element:
    """Read a document with nothing in it but elements and text.

    :return: the root, `jdpay`
    :raise Malformed: when it is no such document
    """
    root = xml_messages.parse(text)
    if root.tag != 'jdpay':
        raise Malformed("not a document of JD Pay")
    for number, element in enumerate(root.iter()):
        if not isinstance(element.tag, str) or number > _MAX_ELEMENTS:
            raise Malformed("not a plain document")
    return root


def _fields(element) -> dict[str, str]:
    """Return the children of an element that hold text.

    :raise Malformed: when a name occurs twice: nobody could tell which one counts
    """
    found = {}
    for child in element:
        if len(child):
            continue
        if child.tag in found:
            raise Malformed("a field occurs twice")
        found[child.tag] = (child.text or '').strip()
    return found


@dataclass(frozen=True)
class Document:
    """A document that was read.

    :param fields: its plain fields, `code` and `desc` of the result apart; and the lists that it
        has, of such fields: `payList` (without the payer's details) and `refList`
    """

    fields: Mapping[str, object]
    code: str = ''
    message: str = ''


def _document(root) -> Document:
    results = root.findall('result')
    if len(results) > 1:
        raise Malformed("a field occurs twice")
    result = _fields(results[0]) if results else {}
    fields: dict[str, object] = dict(_fields(root))
    for name, row in (('payList', 'pay'), ('refList', 'refund')):
        rows = tuple(_fields(element) for element in root.findall(f'{name}/{row}'))
        if rows:
            fields[name] = rows
    return Document(fields, result.get('code', ''), result.get('desc', ''))


# === WRITING === #


def inner(merchant: str, fields: Mapping[str, str]) -> str:
    """Return the text to sign. The order of the fields is the order in it; empty ones are left out.

    Control characters become blanks: JD's own library cannot decrypt them.
    """
    written = [
        f'<{name}>{escape(clean(value))}</{name}>'
        for name, value in {'version': VERSION, 'merchant': merchant, **fields}.items()
        if value
    ]
    return _HEAD + ''.join(written) + _TAIL


def seal(fields: Mapping[str, str], keys: Keys) -> bytes:
    """Return the body of a request: signed, encrypted, in its outer document.

    :raise ValueError: when it is longer than JD's library takes
    """
    text = inner(keys.merchant, fields)
    signature = signing.sign(text, keys.private)
    whole = f'{text[: -len(_TAIL)]}<sign>{signature}</sign>{_TAIL}'
    cipher = base64.b64encode(encryption.encrypt(whole, keys.des).encode()).decode()
    return (
        f'{_HEAD}<version>{VERSION}</version><merchant>{escape(keys.merchant)}</merchant>'
        f'<encrypt>{cipher}</encrypt>{_TAIL}'
    ).encode()


# === READING === #


def outer(body: bytes) -> Document:
    """Read an outer document. Nothing in it is signed.

    :raise Malformed: when it is none
    """
    if len(body) > MAX_BODY:
        raise Malformed("too large")
    try:
        text = body.removeprefix(b'\xef\xbb\xbf').decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    return _document(parse(text.strip()))


class BadSignature(Malformed):
    """The inner document is not signed, or not by JD."""


def unseal(encrypted: str, keys: Keys) -> Document:
    """Decrypt, verify and read an inner document.

    :param encrypted: content of `<encrypt>`
    :raise BadSignature: when it is not signed with JD's key
    :raise Malformed: when it cannot be decrypted or read
    """
    try:
        cipher = base64.b64decode(_SPACE.sub('', encrypted), validate=True).decode('ascii')
    except (binascii.Error, ValueError):
        raise Malformed("`encrypt` is not Base64") from None
    text = encryption.decrypt(cipher, keys.des)
    root = parse(text)
    signs = root.findall('sign')
    written = _SIGN.findall(text)
    if not signs:
        raise BadSignature("not signed")
    # Exactly one, and the one that a parser sees: what was cut out must be the signature itself,
    # not a text in some comment or note that only looks like it.
    if len(signs) != 1 or len(written) != 1 or (signs[0].text or '') != _as_xml(written[0]):
        raise BadSignature("more than one signature")
    signed = _SIGN.sub('', text)
    if not signing.verify(signed, written[0], keys.public):
        # JD's library trims each line before it signs.
        trimmed = ''.join(piece.strip() for piece in _LINES.split(signed))
        if trimmed == signed or not signing.verify(trimmed, written[0], keys.public):
            raise BadSignature("not signed with JD's key")
        signed = trimmed
    # What is read is what was verified, with its lines trimmed if that is what JD signed.
    return _document(parse(signed))


def _as_xml(text: str) -> str:
    return text.replace('\r\n', '\n').replace('\r', '\n')


# === FORMS === #


def form_text(fields: Mapping[str, str]) -> str:
    """Return what is signed of a form: sorted pairs without `sign` and without empty values."""
    return '&'.join(f'{k}={fields[k]}' for k in sorted(fields) if k != 'sign' and fields[k])


def seal_form(fields: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Return the fields that the payer's browser posts: signed, and encrypted one by one."""
    plain = {'version': VERSION, 'merchant': keys.merchant}
    plain.update((name, clean(value)) for name, value in fields.items() if value)
    sealed = {
        name: value if name in ('version', 'merchant') else encryption.encrypt(value, keys.des)
        for name, value in plain.items()
    }
    return {**sealed, 'sign': signing.sign(form_text(plain), keys.private)}


def unseal_form(fields: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Decrypt and verify the fields that JD makes the payer's browser post to the shop.

    :raise BadSignature: when they are not signed with JD's key
    :raise Malformed: when they cannot be decrypted
    """
    plain = {
        name: value if name in ('version', 'merchant') else encryption.decrypt(value, keys.des)
        for name, value in fields.items()
        if name != 'sign' and value
    }
    if not signing.verify(form_text(plain), fields.get('sign') or '', keys.public):
        raise BadSignature("not signed with JD's key")
    return plain
