# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's version 2 on the wire: flat XML, and its signature.

Source: official v2 pages (signature algorithm, common rules). A document type declaration ends the
reading at once: entities, external or multiplying, never come to be. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from xml.parsers import expat

MAX_BODY = 64 * 1024  # bytes; real answers are below 8 KiB
_MAX_FIELDS = 100
_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.\-]{0,63}')
_ESCAPES = str.maketrans({'&': '&amp;', '<': '&lt;', '>': '&gt;'})


class BadXML(ValueError):
    """Not the flat XML of this protocol."""


def build(fields: Mapping[str, str]) -> bytes:
    """Return `<xml><name>value</name>…</xml>`."""
    inner = ''.join(f'<{name}>{value.translate(_ESCAPES)}</{name}>' for name, value in fields.items())
    return f'<xml>{inner}</xml>'.encode()


def parse(body: bytes) -> dict[str, str]:
    """Read flat XML: one element with elements that hold text. White space around it goes.

    :raise BadXML: for anything else: a DTD, entities, nesting, a name that occurs twice
    """
    if len(body) > MAX_BODY:
        raise BadXML("too large")
    fields: dict[str, str] = {}
    open_names: list[str] = []
    text: list[str] = []

    def refuse(*_args):
        raise BadXML("a document type declaration")

    def start(name, _attributes):
        if len(open_names) == 2 or not _NAME.fullmatch(name):
            raise BadXML("nested")
        if open_names and (name in fields or len(fields) >= _MAX_FIELDS):
            raise BadXML("a name occurs twice, or too many do")
        open_names.append(name)
        text.clear()

    def end(name):
        open_names.pop()
        if open_names:
            fields[name] = ''.join(text).strip()
        text.clear()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, UnicodeError):
        raise BadXML("not XML") from None
    return fields


def text_to_sign(fields: Mapping[str, str], key: str) -> str:
    """Return the text whose digest is the signature: sorted, without empty values and `sign`."""
    pairs = [f'{name}={fields[name]}' for name in sorted(fields) if fields[name] and name != 'sign']
    return '&'.join([*pairs, f'key={key}'])


def sign(fields: Mapping[str, str], key: str, sign_type: str = 'HMAC-SHA256') -> str:
    """Return the signature, upper-case hex.

    :param sign_type: 'HMAC-SHA256' or 'MD5'
    """
    text = text_to_sign(fields, key).encode()
    if sign_type == 'MD5':
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    if sign_type != 'HMAC-SHA256':
        raise ValueError("sign_type must be HMAC-SHA256 or MD5")
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def verify(fields: Mapping[str, str], key: str, sign_type: str = 'HMAC-SHA256') -> bool:
    """Say whether `fields['sign']` signs the rest. The type is the one we asked with."""
    return hmac.compare_digest(
        sign(fields, key, sign_type).encode(), fields.get('sign', '').encode()
    )
