# Part of payment_cn_wallets. License LGPL-3.
"""What JD Pay's calls do. Every function returns the fields of the answer; amounts are fen."""

import json
import re
import time

from .. import wallets
from ..network import fingerprint
from ..notices import is_loopback
from . import states

REQUIRED = {
    'order': 'tradeNum tradeName tradeTime amount orderType currency notifyUrl userId',
    'charge': 'token device tradeNum tradeName tradeTime amount currency',
    'query': 'tradeNum tradeType',
    'query_refund': 'tradeNum tradeType',
    'refund_list': 'oTradeNum tradeType',
    'refund': 'tradeNum oTradeNum amount currency tradeTime',
    'reverse': 'tradeNum oTradeNum amount currency tradeTime',
}


class Invalid(ValueError):
    """A complaint: name in `server.ERRORS`, and a detail."""

    def __init__(self, name, detail=''):
        super().__init__(detail)
        self.name = name


def _check(operation, fields):
    for name in REQUIRED[operation].split():
        if not fields.get(name):
            raise Invalid('missing_parameter', name)
    for name in ('tradeNum', 'oTradeNum'):
        if fields.get(name) and not re.fullmatch(r'[\w-]{1,30}', fields[name], re.ASCII):
            raise Invalid('invalid_parameter', name)
    if 'amount' in fields and not re.fullmatch(r'[1-9][0-9]{0,12}', fields['amount'], re.ASCII):
        raise Invalid('invalid_parameter', "amount is whole fen")
    if fields.get('currency', 'CNY') != 'CNY':
        raise Invalid('invalid_parameter', 'currency')
    if not re.fullmatch(r'[0-9]{14}', fields.get('tradeTime', '0' * 14), re.ASCII):
        raise Invalid('invalid_parameter', 'tradeTime')
    if fields.get('notifyUrl') and not is_loopback(fields['notifyUrl']):
        raise Invalid('invalid_parameter', "notifyUrl: the sandbox notifies this machine only")


def run(box, merchant, operation, fields):
    """Check and execute an XML call."""
    _check(operation, fields)
    return globals()[f'_{operation}'](box, merchant, fields)


def run_form(box, merchant, fields):
    """Check the form of a cashier and book its order. Return the order."""
    _check('order', fields)
    if not fields.get('callbackUrl'):
        raise Invalid('missing_parameter', 'callbackUrl')
    return _place(box, merchant, fields, 'h5', 'H5')


def _columns(merchant, fields, channel):
    return {
        'gateway': 'jd_pay', 'merchant': merchant.number, 'out_trade_no': fields['tradeNum'],
        'subject': fields['tradeName'], 'amount': int(fields['amount']), 'channel': channel,
        'wallet': 'jd_pay', 'shop': merchant.shop, 'attach': fields.get('note', ''),
        'notify_url': fields.get('notifyUrl', ''),
        'extra': {
            name: fields[name] for name in ('device', 'userId', 'callbackUrl') if name in fields
        },
    }


def _place(box, merchant, fields, scene, channel):
    order = box.network.place_order(
        fingerprint(fields), scene=scene, **_columns(merchant, fields, channel),
    )
    if fields.get('callbackUrl'):
        # JD's browser goes back by posting a form: see `back`.
        box.ledger.run(
            "UPDATE orders SET return_url = ? WHERE id = ?",
            f"{box.url}/jd_pay/back/{order['token']}", order['id'],
        )
    life = fields.get('expireTime', '')
    if life.isdigit() and int(life) < order['expires_at'] - order['created_at']:
        box.ledger.run(
            "UPDATE orders SET expires_at = created_at + ? WHERE id = ?", int(life), order['id']
        )
    return order


def _order(box, merchant, fields):
    """uniorder: tradeType QR gives a code, GEN (the default) an order for the app's SDK."""
    kind = fields.get('tradeType', 'GEN')
    if kind not in ('QR', 'GEN'):
        raise Invalid('invalid_parameter', 'tradeType')
    order = _place(box, merchant, fields, 'qr' if kind == 'QR' else 'app', kind)
    answer = {
        'orderId': order['bill_no'][2:], 'merchantName': merchant.shop,
        'tradeNum': order['out_trade_no'], 'amount': order['amount'],
        'expireTime': fields.get('expireTime', '604800'),
    }
    if kind == 'QR':
        answer['qrCode'] = f"{box.url}/q/{order['token']}"
    return answer


def _charge(box, merchant, fields):
    """fkmPay: charge the payment code that the shop scanned."""
    if wallets.wallet_of_code(fields['token']) != 'jd_pay':
        raise Invalid('bad_code')
    order = box.network.charge(
        fingerprint(fields), fields['token'], **_columns(merchant, fields, 'FKM')
    )
    told = states.payment(order)
    return {name: value for name, value in told.items() if name != 'tradeType'}


def _find(box, merchant, number):
    order = box.network.order(gateway='jd_pay', merchant=merchant.number, out_trade_no=number)
    if not order:
        raise Invalid('not_found')
    return order


def _query(box, merchant, fields):
    """query of a payment."""
    return states.payment(_find(box, merchant, fields['tradeNum']))


def _refund_row(box, merchant, number):
    return box.network.refund_of(gateway='jd_pay', merchant=merchant.number, out_refund_no=number)


def _query_refund(box, merchant, fields):
    """query of a refund or a revoke."""
    row = _refund_row(box, merchant, fields['tradeNum'])
    if row:
        return states.refund(row, box.network.order(id=row['order_id']))
    if fields.get('oTradeNum'):
        order = _find(box, merchant, fields['oTradeNum'])
        if order['extra'].get('revoke_no') == fields['tradeNum']:
            return states.revoke(fields['tradeNum'], order)
    raise Invalid('not_found')


def _refund_list(box, merchant, fields):
    """queryRefund: all refunds of an order."""
    order = _find(box, merchant, fields['oTradeNum'])
    rows = [states.refund(row, order) for row in box.network.refunds_of(order['id'])]
    return {'oTradeNum': order['out_trade_no'], 'refList': {'refund': rows}}


def _refund(box, merchant, fields, reversal=False):
    """refund: asynchronous; the state comes from query."""
    order = _find(box, merchant, fields['oTradeNum'])
    row = box.network.refund(
        order, fields['tradeNum'], int(fields['amount']), reversal=reversal
    )
    return states.refund(row, order)


def _reverse(box, merchant, fields):
    """revoke: an unpaid order can't be paid any more, of a paid one the money goes back."""
    order = _find(box, merchant, fields['oTradeNum'])
    if int(fields['amount']) != order['amount']:
        raise Invalid('invalid_parameter', "amount (not the order's)")
    with box.ledger.transaction():
        box.network.advance()
        order = box.network.order(id=order['id'])
        if order['state'] != 'paid':
            extra = {'revoke_no': fields['tradeNum'], 'revoked_at': time.time(), **order['extra']}
            box.network._end(order, 'failed', 'cancelled')
            box.ledger.run(
                "UPDATE orders SET extra = ? WHERE id = ?",
                json.dumps(extra, ensure_ascii=False), order['id'],
            )
            return states.revoke(fields['tradeNum'], order)
    return _refund(box, merchant, fields, reversal=True)
