# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's MD5 signature, and JSON read as it was written, which is what was signed.

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
from collections.abc import Mapping
from dataclasses import dataclass

from ..parsing import MAX_FIELDS, NAME, encode_all, read_members

# === SIGNATURE === #


def sign(fields: Mapping[str, str], key: str) -> str:
    """Return the signature of a request.

    :param fields: all fields; `sign` and empty values take no part
    :param key: the merchant's key
    """
    return _digest(_join(encode_all(fields, 'utf-8'), empty=False, fold=False), key).upper()


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


def parse_object(text: str) -> dict[str, Item]:
    """Read a JSON object without changing any value.

    :raise Malformed: when it is no JSON object, a name occurs twice or is no field name, or there
        are too many
    """
    members = read_members(text, MAX_FIELDS, NAME)
    return {name: _item(member.value, member.written) for name, member in members.items()}


def _item(value, written: str) -> Item:
    if value is None:
        return Item('')
    if isinstance(value, bool):
        return Item(written, 'word')
    if isinstance(value, (dict, list)):
        return Item(written, 'nested')
    return Item(value, 'string' if written.startswith('"') else 'number')
