# Part of payment_cn_wallets. License LGPL-3.
"""Masking: what nobody may find in the ledger's dump or in a log."""

import json
import re
from urllib.parse import parse_qsl

# signatures, payment codes, payers' ids, keys; of all gateways
SECRET_NAMES = frozenset((
    'sign', 'key', 'auth_bar_code', 'auth_code', 'wx_js_code', 'open_id', 'openid', 'code',
    'payer_id', 'buyer_id', 'buyer_user_id', 'buyer_open_id', 'access_token', 'refresh_token',
    'user_id', 'app_auth_token', 'op_user_passwd', 'sub_openid', 'sp_openid', 'secret',
))
# a field of a flat XML message
_ELEMENT = re.compile(r'<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)(?:\]\]>)?</\1>')


def mask(value):
    """Return a value of which nobody can make use: its beginning and stars."""
    text = str(value)
    return text[:2] + '*' * min(max(len(text) - 2, 3), 8) if text else ''


def masked(values):
    """Return a copy of (nested) values with secrets masked; JSON in strings is looked into."""
    if isinstance(values, str) and values.lstrip().startswith('{'):
        try:
            return masked(json.loads(values))
        except (ValueError, RecursionError):
            return values
    if isinstance(values, list):
        return [masked(value) for value in values]
    if isinstance(values, dict):
        return {
            name: mask(value) if name in SECRET_NAMES else masked(value)
            for name, value in values.items()
        }
    return values


def masked_body(body):
    """Return the fields of a form, JSON or flat XML body with secrets masked."""
    text = body.decode('utf-8', 'replace')
    if text.startswith('{'):
        return masked(text)
    if text.startswith('<'):
        return masked(dict(_ELEMENT.findall(text)))
    if '\x00' in text or '=' not in text:
        return f'{len(body)} bytes'
    return masked(dict(parse_qsl(text, keep_blank_values=True)))


def to_json(values):
    """Return JSON text that every store takes, whatever a hostile request contained."""
    return json.dumps(values, ensure_ascii=False).encode('utf-8', 'replace').decode()
