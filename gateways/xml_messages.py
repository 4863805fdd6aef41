# Part of payment_cn_wallets. License LGPL-3.
"""XML of the wallets, read so that a message can do nothing but say something.

No document type is ever read: what declares one is refused, so no entity comes to be, neither a bomb
nor one that names a file or an address. Nothing is fetched, and nothing is repaired.
"""

from __future__ import annotations

import re

from lxml import etree

from .parsing import Malformed

_DECLARATION = re.compile(r'<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)', re.IGNORECASE)
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,63}', re.ASCII)
_PROLOG = re.compile(
    r'\s*(?:<\?xml\s+version=(["\'])1\.[01]\1'
    r'(?:\s+encoding=(["\'])(?P<encoding>[A-Za-z0-9._-]{1,40})\2)?'
    r'(?:\s+standalone=(["\'])(?:yes|no)\4)?\s*\?>\s*)?(?=<[a-z]+\s*/?>)',
    re.ASCII,
)
# Characters that XML 1.0 cannot carry, or does not carry unchanged (a carriage return).
_NOT_CARRIED = re.compile('[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def parse(text: str) -> etree._Element:
    """Parse a document; comments and instructions are left out.

    :raise Malformed: when it is no document, or declares a document type
    """
    if _DECLARATION.search(text) or '\0' in text:
        raise Malformed("a document type is not accepted")
    return _parse(text, remove_comments=True, remove_pis=True)


def _parse(text, **options):
    parser = etree.XMLParser(
        encoding='utf-8',
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        **options,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("not well-formed XML") from None
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None or info.externalDTD is not None:
        raise Malformed("a document type is not accepted")
    return root


# === FLAT MESSAGES === #


def write_flat(fields: dict[str, str], declaration: str = '') -> bytes:
    """Return `<xml><name>value</name>…</xml>`.

    :param declaration: what stands before it
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
    return f'{declaration}<xml>{"".join(parts)}</xml>'.encode()


def read_flat(body: bytes, most_bytes: int, most_fields: int, tag: str = 'xml') -> dict[str, str]:
    """Read a root with one child for each field, without changing any value.

    What is read is exactly that, in UTF-8: attributes, nesting, a comment or an instruction make
    the message malformed, and nothing but an XML declaration may stand before the root.

    :param tag: the root's name
    :raise Malformed: when it is anything else, too large, or a field occurs twice
    """
    if len(body) > most_bytes:
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
    # No document type can follow: this begins with the root.
    root = _parse(text[prolog.end() :].strip())
    if root.tag != tag or root.attrib or root.getprevious() is not None:
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
        if len(result) == most_fields:
            raise Malformed("too many fields")
        result[child.tag] = child.text or ''
    return result


def _blank(text: str | None) -> bool:
    return not text or not text.strip()
