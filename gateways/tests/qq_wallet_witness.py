# Part of payment_cn_wallets. License LGPL-3.
"""What the tests of QQ Wallet share. Signing and XML are written from the wiki, not the gateway."""

import hashlib
from datetime import datetime, timezone
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from gateway_loopback import answering, close, reset, short, silent

from gateways.base import ChargeRequest, OrderRequest, RefundRequest, Scene, Wallet
from gateways.qq_wallet import QqWallet
from gateways.transport import Transport

MERCHANT = '1900000109'
KEY = '192006250b4c09247ec02edce69f6a2d'
APP_KEY = 'd139ae6fb0175e5659dce2a7c1fe84d5'
CREDENTIALS = {
    'mch_id': MERCHANT, 'api_key': KEY, 'app_id': '1104606907', 'app_key': APP_KEY,
    'op_user_passwd': '123456',
}  # fmt: skip
MOMENT = datetime(2024, 1, 1, 16, 30, 5, tzinfo=timezone.utc)


def signature(fields, key=KEY):
    """Return the MD5 signature of fields, by wiki page 206/1213."""
    text = ''
    for name in sorted(fields):
        if name != 'sign' and fields[name] != '':
            text += f'{name}={fields[name]}&'
    return hashlib.md5(f'{text}key={key}'.encode()).hexdigest().upper()


def xml(fields):
    """Return a message."""
    parts = [f'<{name}>{escape(value)}</{name}>' for name, value in fields.items()]
    return f'<xml>{"".join(parts)}</xml>'.encode()


def parsed(body):
    """Return the fields of a message."""
    return {child.tag: child.text or '' for child in ElementTree.fromstring(body)}


def signed(key=KEY, **fields):
    """Return the fields of an answer with both codes SUCCESS (unless given) and its signature."""
    values = {
        'return_code': 'SUCCESS', 'return_msg': 'OK', 'retcode': '0', 'retmsg': 'ok',
        'result_code': 'SUCCESS', 'mch_id': MERCHANT, 'nonce_str': 'abc', **fields,
    }  # fmt: skip
    values['sign'] = signature(values, key)
    return values


def failed(code='', message='', key=KEY, **fields):
    """Return a signed refusal."""
    return signed(key, result_code='FAIL', err_code=code, err_code_des=message, **fields)


def unsigned(message, **fields):
    """Return a refusal on the level of the protocol."""
    return {'return_code': 'FAIL', 'return_msg': message, **fields}


def saying(fields, **options):
    """Return an action that answers with these fields."""
    return answering(xml(fields), **options)


def echo(**fields):
    """Return an action that answers with the asked numbers, signed, and these fields."""

    def act(exchange):
        asked = parsed(exchange.body)
        numbers = {name: asked[name] for name in ('out_trade_no', 'out_refund_no') if name in asked}
        exchange.answer(xml(signed(**{**numbers, **fields})))

    return act


# === A GATEWAY AND ITS CALLS === #

LOST = [
    reset, close, short, silent, answering(b'<html><h1>Bad Gateway</h1></html>'), answering(b''),
    answering(b'[]'), answering(b'<xml><return_code>SUCCESS</return_code>'),
    answering(b'<!DOCTYPE xml><xml><return_code>SUCCESS</return_code></xml>'),
    answering(status=500), answering(status=502), answering(status=404), answering(status=403),
    answering(b'\xff\xfe'), answering(status=302, headers={'Location': '/'}),
]  # fmt: skip
PAID = {
    'trade_state': 'SUCCESS', 'total_fee': '100', 'cash_fee': '88', 'coupon_fee': '12',
    'fee_type': 'CNY', 'transaction_id': '1353933301461607211903715555', 'bank_type': 'BALANCE',
    'time_end': '20240102030501', 'openid': '0123456789ABCDEF',
}  # fmt: skip
REFUND = {'refund_fee': '40', 'total_fee': '100', 'refund_id': 'QR1', 'refund_channel': 'ORIGINAL'}
REFUNDED = {
    'out_trade_no': 'SO1-1', 'out_refund_no_0': 'R0', 'refund_id_0': 'QR0', 'refund_fee_0': '60',
    'refund_status_0': 'FAIL', 'out_refund_no_1': 'R1', 'refund_id_1': 'QR1', 'refund_fee_1': '40',
    'refund_status_1': 'SUCCESS', 'refund_recv_accout_1': 'bank 6217000000001234',
}  # fmt: skip


def make(server, **changes):
    transport = Transport(connect_timeout=1, read_timeout=0.4, total_timeout=2)
    return QqWallet(
        {**CREDENTIALS, **changes}, endpoint=server.url, transport=transport, clock=lambda: MOMENT
    )


def an_order(**changes):
    values = {
        'out_trade_no': 'SO1-1', 'amount': 100, 'subject': '测试 & <tea>',
        'wallet': Wallet.QQ_WALLET, 'scene': Scene.QR, 'notify_url': 'https://shop.example/notice',
    }  # fmt: skip
    return OrderRequest(**{**values, **changes})


def a_charge(**changes):
    values = {
        'out_trade_no': 'POS1-1', 'amount': 100, 'subject': 'Tea', 'auth_code': '910000000000000001',
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
    'close': lambda gateway: gateway.close('SO1-1'),
    'reverse': lambda gateway: gateway.reverse('SO1-1'),
    'refund': lambda gateway: gateway.refund(a_refund()),
    'query_refund': lambda gateway: gateway.query_refund('R1'),
}
GOOD = {
    'order': {'code_url': 'https://qpay.qq.com/qr/5de35af0', 'prepay_id': '6V1', 'trade_type': 'NATIVE'},
    'charge': PAID, 'query': PAID, 'close': {}, 'reverse': {'recall': 'N'}, 'refund': REFUND,
    'query_refund': REFUNDED,
}  # fmt: skip
NUMBERS = {'charge': {'out_trade_no': 'POS1-1'}, 'refund': {'out_refund_no': 'R1'}}
