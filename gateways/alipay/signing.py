# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's signatures (RSA2): what is signed of a request, and of an answer.

**Request**: all parameters but `sign`, blank ones left out, sorted by name, joined as
`name=value` with `&`, unencoded; SHA256withRSA (PKCS#1 v1.5); base64. `sign_type` takes part.

**Answer**: the very characters of the value of `<method>_response` (or `error_response`). They are
cut out with a JSON reader that tells where a value begins and ends: a search for the name can be
led astray by a string that contains it, and a parser that takes the last of two equal names would
believe another node than the one that was verified. Equal names are refused.

Source: opendocs.alipay.com, pages on signing and verification.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

_PADDING, _HASH = padding.PKCS1v15(), hashes.SHA256()  # without state: made once


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
