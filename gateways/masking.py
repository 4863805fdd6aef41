# Part of payment_cn_wallets. License LGPL-3.
"""Take secrets and personal numbers out of what is stored or logged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

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


def _plain(name: str) -> str:
    return name.replace('_', '').replace('-', '').lower()


def _hide(name: str, value: object) -> object | None:
    """Return what is kept of a value, or None when it need not be hidden."""
    plain = _plain(name)
    if plain in SECRETS:
        return MASK if value not in (None, '') else value
    if plain in PERSONAL and value not in (None, ''):
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
    if isinstance(value, Mapping):
        return {str(k): mask(v, str(k), _depth + 1) for k, v in value.items()}
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


def mask_text(text: str) -> str:
    """Mask `name=value` and `"name": "value"` pairs in a text that could not be parsed."""

    def replace(match):
        hidden = _hide(match[1], match[3])
        return match[0] if hidden is None else f'{match[1]}{match[2]}{hidden}'

    return _PAIRS.sub(replace, text)
