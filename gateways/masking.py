# Part of payment_cn_wallets. License LGPL-3.
"""Take secrets and personal numbers out of what is stored or logged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

MASK = '***'

# Nothing of these is kept. Names are compared in lower case without underscores.
SECRETS = frozenset({
    'key', 'appkey', 'apikey', 'apiv3key', 'mchkey', 'md5key', 'deskey', 'sign', 'paysign',
    'signature', 'authorization', 'privatekey', 'password', 'opuserpasswd', 'secret',
    'authcode', 'authbarcode', 'barcode', 'wxjscode', 'jscode', 'seed', 'token', 'accesstoken',
    'refreshtoken', 'appauthtoken', 'idcard', 'bankinfo', 'cvv2',
})
# Who paid: the last four characters stay, so that support can compare.
PERSONAL = frozenset({
    'openid', 'subopenid', 'spopenid', 'unionid', 'payerid', 'buyerid', 'buyeruserid',
    'buyerlogonid', 'buyeropenid', 'mobile', 'phone', 'bankcard', 'cardno', 'loginaccount',
    'userreceivedaccount',
})

_PAIRS = re.compile(r'(?<![A-Za-z0-9_])([A-Za-z][A-Za-z0-9_]{1,40})("?\s*[=:]\s*"?)([^&",\s}<]+)')
_MAX_DEPTH = 8
_MAX_NAME = 40  # characters; the known names are shorter, with all their underscores


@lru_cache(maxsize=1024)
def _known(name: str) -> frozenset | None:
    """Return the set that a name belongs to, or None."""
    plain = name.replace('_', '').replace('-', '').lower()
    return SECRETS if plain in SECRETS else PERSONAL if plain in PERSONAL else None


def _kind(name: str) -> frozenset | None:
    # What anybody may send must not fill the memory: long names are not remembered.
    return _known(name) if len(name) <= _MAX_NAME else _known.__wrapped__(name)


def _hide(name: str, value: object) -> object | None:
    """Return what is kept of a value, or None when it need not be hidden."""
    kind = _kind(name)
    if kind is SECRETS:
        return MASK if value not in (None, '') else value
    if kind is PERSONAL and value not in (None, ''):
        text = str(value)
        return MASK + text[-4:] if len(text) >= 12 else MASK
    return None


def mask(value, name: str = '', _depth: int = 0):
    """Return a copy of a JSON-like value with secrets and personal numbers masked.

    A string that is itself a JSON object (`biz_content`, `pay_option`, …) is masked inside.

    :param value: mapping, list, or plain value
    :param name: the field's name, when it has one
    """
    hidden = _hide(name, value) if name else None
    if hidden is not None:
        return hidden
    if _depth >= _MAX_DEPTH:
        return MASK
    if isinstance(value, (dict, Mapping)):  # a dict is told faster, and nearly all are
        return _mask_all(value, _depth + 1)
    if isinstance(value, (list, tuple)):
        return [mask(item, '', _depth + 1) for item in value]
    if isinstance(value, str) and value[:1] in ('{', '['):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return mask_text(value)
        masked = mask(inner, '', _depth + 1)
        return value if masked == inner else json.dumps(masked, ensure_ascii=False)
    return value


def _mask_all(fields, depth: int) -> dict:
    masked = {}
    for name, value in fields.items():
        name = str(name)
        # Most values are plain text or a number under a harmless name: no need to look further.
        plain = type(value) is int or (type(value) is str and value[:1] not in ('{', '['))
        if not (plain and depth < _MAX_DEPTH and _kind(name) is None):
            value = mask(value, name, depth)
        masked[name] = value
    return masked


def mask_text(text: str) -> str:
    """Mask `name=value` and `"name": "value"` pairs in a text that could not be parsed."""

    def replace(match):
        hidden = _hide(match[1], match[3])
        return match[0] if hidden is None else f'{match[1]}{match[2]}{hidden}'

    return _PAIRS.sub(replace, text)
