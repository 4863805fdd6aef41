# Part of payment_cn_wallets. License LGPL-3.
"""What the tests of Huishouyin share. Signing is written from the rules page, not the gateway."""

import hashlib
import json
from datetime import datetime, timezone

from gateway_loopback import answering, close, reset, short, silent

import gateways
from gateways.base import ChargeRequest, OrderRequest, RefundRequest, Scene, Wallet
from gateways.transport import Transport

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


# === A GATEWAY AND ITS CALLS === #

MOMENT = datetime(2024, 1, 1, 16, 30, 5, tzinfo=timezone.utc)
LOST = [reset, close, short, silent, answering(b'<html>'), answering(b''), answering(b'[]'),
        answering(status=500), answering(status=502), answering(status=404), answering(status=403),
        answering(b'{"return_code": "SUCCESS"', status=200), answering(b'\xff\xfe'),
        answering(status=302, headers={'Location': '/'})]  # fmt: skip
PAID = {
    'trade_status': 'Success', 'total_fee': 100, 'real_fee': 100, 'hy_bill_no': 'HY1',
    'channel_trade_no': '4200', 'channel_type': 'WX_NATIVE', 'time_end': '2019-07-31 15：41：38',
}  # fmt: skip
REFUND = {'refund_fee': 40, 'real_refund_fee': 40, 'total_fee': 100, 'hy_refund_no': 'HR1'}


def make(server, **changes):
    transport = Transport(connect_timeout=1, read_timeout=0.4, total_timeout=2)
    return gateways.get('huishouyin')(
        {**CREDENTIALS, **changes}, endpoint=server.url, transport=transport, clock=lambda: MOMENT
    )


def an_order(**changes):
    values = {
        'out_trade_no': 'SO1-1', 'amount': 100, 'subject': '测试', 'wallet': Wallet.WECHAT_PAY,
        'scene': Scene.QR, 'notify_url': 'https://shop.example/notice',
    }  # fmt: skip
    return OrderRequest(**{**values, **changes})


def a_charge(**changes):
    values = {
        'out_trade_no': 'POS1-1', 'amount': 100, 'subject': 'Tea', 'auth_code': '134567890123456789',
        'wallet': Wallet.WECHAT_PAY,
    }  # fmt: skip
    return ChargeRequest(**{**values, **changes})


def a_refund(**changes):
    values = {'out_trade_no': 'SO1-1', 'out_refund_no': 'R1', 'amount': 40, 'total': 100}
    return RefundRequest(**{**values, **changes})


# The calls about one payment or refund, for what must hold for each.
CALLS = {
    'order': lambda gateway: gateway.order(an_order()),
    'charge': lambda gateway: gateway.charge(a_charge()),
    'query': lambda gateway: gateway.query('SO1-1'),
    'refund': lambda gateway: gateway.refund(a_refund()),
    'query_refund': lambda gateway: gateway.query_refund('R1'),
}
GOOD = {
    'order': {'code_url': 'weixin://wxpay/bizpayurl?pr=x', 'total_fee': 100},
    'charge': PAID, 'query': PAID, 'refund': REFUND,
    'query_refund': {**REFUND, 'refund_status': 'Success'},
}  # fmt: skip
