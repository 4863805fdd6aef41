# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin on the wire: JSON as it was written, and the MD5 signature.

**Signature** (vendor's rules page): the fields but `sign`, sorted by name, joined as `name=value`
with `&`, then `&key=<KEY>`; MD5; hexadecimal. Two forms of it are published, and they differ in
what the rules page leaves open:

- the rules page itself takes every field, sorts by letters, and ends in upper case;
- the vendor's SDKs and demos leave out empty values; the Java SDK sorts regardless of case; the
  demo for C# writes the digest in lower case.

What we send is the same in both (no empty values, lower-case names, upper-case digest). What we
receive is accepted in either: each needs the key, and an empty value says nothing.

The fields are signed as they stand in the message. A number takes part with the digits that were
sent (`100` is not `100.0`), a nested value with the very characters of the message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.decoder import scanstring

MAX_FIELDS = 100
NAME = re.compile(r'[A-Za-z0-9_]{1,64}', re.ASCII)


class Malformed(ValueError):
    """A message that is not what the protocol describes."""


# === SIGNATURE === #


def sign(fields: Mapping[str, str], key: str) -> str:
    """Return the signature of a request.

    :param fields: all fields; `sign` and empty values take no part
    :param key: the merchant's key
    """
    return _digest(_join(_encode(fields, 'utf-8'), empty=False, fold=False), key).upper()


def verify(fields: Mapping[str, bytes], key: str, signature: str | bytes) -> bool:
    """Say whether a signature is that of these fields, in constant time.

    :param fields: name -> the value's bytes as received
    :param signature: as received; upper or lower case
    """
    if isinstance(signature, str):
        signature = signature.encode('utf-8', 'replace')
    given = signature.strip().lower()
    good = False
    # Always all four, so that the time tells nothing about which one it was.
    for empty in (False, True):
        for fold in (False, True):
            expected = _digest(_join(fields, empty=empty, fold=fold), key).encode()
            good |= hmac.compare_digest(expected, given)
    return good


def _encode(fields, charset):
    return {name: value.encode(charset) for name, value in fields.items()}


def _join(fields: Mapping[str, bytes], *, empty: bool, fold: bool) -> bytes:
    """Return the text to sign.

    :param empty: whether empty values take part
    :param fold: whether to sort regardless of case
    """
    names = sorted(fields, key=lambda name: (name.lower(), name) if fold else name)
    return b'&'.join(
        name.encode() + b'=' + fields[name]
        for name in names
        if name != 'sign' and (empty or fields[name])
    )


def _digest(text: bytes, key: str) -> str:
    tail = b'&key=' if text else b'key='
    # MD5 is what the protocol has; here it is a keyed check, not a password hash.
    return hashlib.md5(text + tail + key.encode(), usedforsecurity=False).hexdigest()


# === JSON === #


@dataclass(frozen=True)
class Item:
    """A value of a JSON object, as it stands in the message.

    :param text: what takes part in the signature
    :param kind: 'string', 'number', 'word' (true, false) or 'nested'; null is an empty string
    """

    text: str
    kind: str = 'string'


def _no_duplicates(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("a field occurs twice")
    return result


def _no_constant(_name):
    raise Malformed("not JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constant,
    parse_int=str,
    parse_float=str,
)
_SPACE = re.compile(r'[ \t\r\n]*', re.ASCII)


def parse_object(text: str) -> dict[str, Item]:
    """Read a JSON object without changing any value.

    :raise Malformed: when it is no JSON object, a name occurs twice or is no field name, or there
        are too many
    """
    try:
        return _parse_object(text)
    except (json.JSONDecodeError, RecursionError, IndexError) as error:
        raise Malformed("not a JSON object") from error


def _parse_object(text):
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
            if not NAME.fullmatch(name):
                raise Malformed("not a field name")
            if name in result:
                raise Malformed("a field occurs twice")
            if len(result) == MAX_FIELDS:
                raise Malformed("too many fields")
            at = expect(skip(at), ':')
            value, end = _decoder.raw_decode(text, at)
            result[name] = _item(value, text[at:end])
            at = skip(end)
            if text[at : at + 1] != ',':
                end = expect(at, '}')
                break
            at = expect(at, ',')
    if end != len(text):
        raise Malformed("something follows the JSON object")
    return result


def _item(value, written: str) -> Item:
    if value is None:
        return Item('')
    if isinstance(value, bool):
        return Item(written, 'word')
    if isinstance(value, (dict, list)):
        return Item(written, 'nested')
    return Item(value, 'string' if written.startswith('"') else 'number')


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
    """Return Python's name of a character set that the protocol knows.

    :param name: as stated, '' for none stated
    :raise Malformed: when it is another one
    """
    try:
        return _CHARSETS[name.strip().strip('"').lower() or 'utf-8']
    except KeyError:
        raise Malformed("character set not known") from None


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
        return _encode(fields, charset)
    except UnicodeEncodeError as error:
        raise Malformed("a value is not text") from error
