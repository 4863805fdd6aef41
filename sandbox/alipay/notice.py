# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's asynchronous notification, and forgeries of it.

Fields: page "异步通知说明". A refund reports itself with the payment's state and `refund_fee`, which
is the sum of all refunds of the trade.
"""

import hashlib
import time
from urllib.parse import urlencode

from . import signing

STATES = {
    'waiting': 'WAIT_BUYER_PAY', 'user_paying': 'WAIT_BUYER_PAY', 'paid': 'TRADE_SUCCESS',
    'failed': 'TRADE_CLOSED', 'expired': 'TRADE_CLOSED',
}


def clock(seconds):
    """Return yyyy-MM-dd HH:mm:ss in Beijing time."""
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds + 8 * 3600))


def yuan(fen):
    """Return an amount in yuan with two decimals."""
    sign, fen = ('-' if fen < 0 else ''), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def build(server, order, forged=''):
    """Return (headers, body) of a notice.

    :param server: the gateway's server, with merchants and keys
    :param forged: '' or what is wrong with it, see `sandbox.faults.FORGERIES`
    """
    merchant = server.merchant(seller_id=order['merchant'])
    others = [one for one in server.seeded.values() if one.name != merchant.name]
    other = next(one for one in others if one.mode == merchant.mode or one.mode == 'key')
    fields = _fields(server, order, merchant)
    key = server.platform_key()['private_key']
    if forged:
        # An event of its own, for whoever drops copies by this id.
        fields['notify_id'] = hashlib.sha256(f"{order['id']} {forged}".encode()).hexdigest()[:34]
    if forged == 'amount':
        fields['total_amount'] = fields['receipt_amount'] = yuan(order['amount'] + 1)
    elif forged in ('merchant', 'merchant_own_key'):
        fields.update(app_id=other.app_id, auth_app_id=other.app_id, seller_id=other.seller_id)
    elif forged == 'order':
        fields['out_trade_no'] = 'UNKNOWN_' + order['out_trade_no'][:50]
    if forged == 'wrong_key':
        # the key that any merchant has: its own
        key = other.credentials(server.platform)['private_key']
    fields['sign_type'] = 'RSA2'
    fields['sign'] = signing.sign(signing.notice_text(fields), key)
    if forged == 'signature':
        fields['sign'] = signing.sign('a text of another message', key)
    elif forged == 'unsigned':
        del fields['sign']
    body = urlencode(fields).encode()
    if forged == 'malformed':
        body = b'\x00\xff' + body[: len(body) // 2]
    return {
        'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
        'User-Agent': 'payment_cn_wallets-sandbox',
    }, body


def _fields(server, order, merchant):
    paid = order['state'] == 'paid'
    refund = order.get('refund')
    refunds = server.box.network.refunds_of(order['id']) if paid else []
    back = sum(row['amount'] for row in refunds if row['state'] == 'success')
    status = STATES[order['state']]
    if refund and back == order['amount']:
        status = 'TRADE_CLOSED'
    what = f"{order['id']} {status} {refund['out_refund_no'] if refund else ''}"
    fields = {
        'notify_time': clock(time.time()), 'notify_type': 'trade_status_sync',
        # the same for all copies and retries of one event
        'notify_id': hashlib.sha256(what.encode()).hexdigest()[:34],
        'app_id': merchant.app_id, 'auth_app_id': merchant.app_id, 'charset': 'utf-8',
        'version': '1.0', 'trade_no': order['bill_no'], 'out_trade_no': order['out_trade_no'],
        'trade_status': status, 'subject': order['subject'],
        'passback_params': order['attach'] or None, 'seller_id': merchant.seller_id,
        'seller_email': 'shop***@sandbox.invalid', 'total_amount': yuan(order['amount']),
        'gmt_create': clock(order['created_at']), 'body': '',
    }
    if paid:
        payer_amount = order['payer_amount'] or order['amount']
        fields.update(
            buyer_id=order['payer_id'] or '2088000000000001', buyer_logon_id='payer***',
            receipt_amount=yuan(order['amount']), invoice_amount=yuan(payer_amount),
            buyer_pay_amount=yuan(payer_amount), point_amount='0.00',
            gmt_payment=clock(order['paid_at']),
            fund_bill_list='[{"amount":"%s","fundChannel":"ALIPAYACCOUNT"}]' % yuan(payer_amount),
        )
    if refund:
        fields.update(
            out_biz_no=refund['out_refund_no'], refund_fee=yuan(back),
            gmt_refund=clock(refund['finished_at'] or time.time()) + '.123',
        )
    if status == 'TRADE_CLOSED':
        fields['gmt_close'] = clock(time.time())
    return {name: value for name, value in fields.items() if value is not None}
