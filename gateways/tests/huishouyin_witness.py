# Part of payment_cn_wallets. License LGPL-3.
"""Signing for the tests of Huishouyin, written from the rules page and apart from the gateway."""

import hashlib
import json

APP = 'hyp170420470720000001025BCB0C31E'
MERCHANT = '4707201974600'
KEY = 'EA9DA4530C454D009D0E1291'
CREDENTIALS = {'app_id': APP, 'mch_uid': MERCHANT, 'key': KEY}


def signature(fields, key=KEY, keep_empty=False, charset='utf-8'):
    """Return the signature of fields whose values are text, by the rules page."""
    pairs = [
        f'{name}={value}'
        for name, value in sorted(fields.items())
        if name != 'sign' and (keep_empty or value != '')
    ]
    text = '&'.join([*pairs, f'key={key}'])
    return hashlib.md5(text.encode(charset)).hexdigest().upper()


def signed(key=KEY, **fields):
    """Return the fields of an answer with both codes SUCCESS (unless given) and its signature."""
    values = {'return_code': 'SUCCESS', 'return_msg': 'ok', 'result_code': 'SUCCESS', **fields}
    values['sign'] = signature({name: text(value) for name, value in values.items()}, key)
    return values


def text(value):
    """Return a value as it stands in JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def failed(code='', message='', key=KEY):
    """Return a signed refusal."""
    extra = {'error_code': code} if code else {}
    return signed(key=key, result_code='FAIL', error_msg=message, **extra)


def unsigned(message, **fields):
    """Return a refusal as the protocol makes it when there is nothing to sign with."""
    return {'return_code': 'FAIL', 'return_msg': message, **fields}


def business(exchange):
    """Return the business fields of a request."""
    return json.loads(json.loads(exchange.body)['biz_content'])


def echo(**fields):
    """Return an action that answers with the asked numbers, signed, and these fields."""

    def act(exchange):
        asked = business(exchange)
        numbers = {
            name: asked[name] for name in ('out_trade_no', 'out_refund_no') if name in asked
        }
        answer = signed(**{'app_id': APP, 'mch_uid': MERCHANT, **numbers, **fields})
        exchange.answer(json.dumps(answer, ensure_ascii=False).encode())

    return act
