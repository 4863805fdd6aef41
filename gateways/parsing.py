# Part of payment_cn_wallets. License LGPL-3.
"""Messages as they were written: JSON, forms and character sets, read without changing a value.

What is signed is what was written. So values come with the very characters (JSON) or bytes (forms)
that they were read from, numbers stay the digits that were sent, and a name that occurs twice is
refused: whoever verifies and whoever reads must not see different ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from json.decoder import scanstring
from urllib.parse import unquote_to_bytes

MAX_NOTICE = 64 * 1024  # bytes; a real notice is below 4 KiB
MAX_FIELDS = 100
NAME = re.compile(r'[A-Za-z0-9_]{1,64}', re.ASCII)


class Malformed(ValueError):
    """A message that is not what the protocol describes."""


# === JSON === #


@dataclass(frozen=True)
class Item:
    """A member of a JSON object: its value, and the characters that it was read from."""

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


def read_members(text: str, most: int, name: re.Pattern | None = None) -> dict[str, Item]:
    """Read the members of a JSON object, as they stand in it.

    A reader that tells where a value begins and ends: a search for the name can be led astray by a
    string that contains it.

    :param most: members that it may have
    :param name: what their names must look like, when that is known
    :raise Malformed: when it is no JSON object, a name occurs twice (on any level) or is none, or
        there are too many
    """
    try:
        return _read_members(text, most, name)
    except (json.JSONDecodeError, RecursionError, IndexError) as error:
        raise Malformed("not a JSON object") from error


def _read_members(text, most, pattern):
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
            if pattern and not pattern.fullmatch(name):
                raise Malformed("not a field name")
            if name in result:
                raise Malformed("a name occurs twice")
            if len(result) == most:
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


# === FORMS === #

_BAD_PERCENT = re.compile(rb'%(?![0-9A-Fa-f]{2})')


def read_form(body: bytes) -> dict[str, bytes]:
    """Split the form of a notice and undo its percent encoding, once, into bytes.

    :raise Malformed: when it is too large, no form, a name occurs twice, or there are too many
    """
    if len(body) > MAX_NOTICE:
        raise Malformed("too large")
    if _BAD_PERCENT.search(body):
        raise Malformed("bad percent encoding")
    result = {}
    for pair in body.strip(b'\r\n').split(b'&'):
        name, equals, value = pair.partition(b'=')
        name = name.decode('latin-1')
        if not equals or not NAME.fullmatch(name):
            raise Malformed("not a form")
        if name in result:
            raise Malformed("a field occurs twice")
        if len(result) == MAX_FIELDS:
            raise Malformed("too many fields")
        if b'+' in value:
            value = value.replace(b'+', b' ')
        result[name] = unquote_to_bytes(value) if b'%' in value else value
    return result


# === WHAT TEXT IS SIGNED === #

_PAIR = re.compile(r'&([A-Za-z0-9_]{1,64})=', re.ASCII)


def hides_field(fields: Mapping[str, str], names: Collection[str]) -> bool:
    """Say whether a value holds the begin of another field, as in `body=Tea&refund_fee=8.00`.

    Where `name=value` joined with `&` is signed, two neighbours can be sent as one: the text that
    was signed stays the same, and the second one is gone. Only whoever sends a genuine message on
    in another shape does that.

    :param names: fields of the protocol; the shop's own texts may hold anything else
    """
    return any(
        name in names for value in fields.values() if '&' in value for name in _PAIR.findall(value)
    )


# === CHARACTER SETS === #

_CHARSETS = {
    'utf-8': 'utf-8',
    'utf8': 'utf-8',
    # GB18030 reads everything that GB2312 and GBK write.
    'gbk': 'gb18030',
    'gb2312': 'gb18030',
    'gb18030': 'gb18030',
}


def charset_of(name: str) -> str:
    """Return Python's name of a character set that the gateways know.

    :param name: as stated, '' for none stated
    :raise Malformed: when it is another one
    """
    try:
        return _CHARSETS[name.strip().strip('"').lower() or 'utf-8']
    except KeyError:
        raise Malformed("character set not known") from None


def stated_charset(content_type: str) -> str:
    """Return the character set that a Content-Type states, or ''."""
    for part in content_type.split(';')[1:]:
        name, _eq, value = part.partition('=')
        if name.strip().lower() == 'charset':
            return value
    return ''


def decode(body: bytes, charset: str) -> str:
    """Decode strictly.

    :raise Malformed: when the bytes are not of that character set
    """
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise Malformed("not the stated character set") from error


def encode_all(fields: Mapping[str, str], charset: str) -> dict[str, bytes]:
    """Return the bytes of all values.

    :raise Malformed: when a value holds half a character (a lone surrogate)
    """
    try:
        return {name: value.encode(charset) for name, value in fields.items()}
    except UnicodeEncodeError as error:
        raise Malformed("a value is not text") from error
