# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's payment notice (wiki 38/1204), and forgeries of it."""

import secrets
import time

from . import merchants, message, signing


def compact_time(seconds):
    """Return yyyyMMddHHmmss in Beijing time."""
    return time.strftime('%Y%m%d%H%M%S', time.gmtime(seconds + 8 * 3600))


def trade_state(order, expired='NOTPAY', refunds=()):
    """Return the word for what became of an order."""
    ended = order['extra'].get('ended')
    if ended:
        return {'closed': 'CLOSED', 'reversed': 'REVOKED'}[ended]
    if order['state'] == 'paid':
        alive = any(refund['state'] != 'failure' for refund in refunds)
        return 'REFUND' if alive else 'SUCCESS'
    return {
        'waiting': 'NOTPAY', 'user_paying': 'USERPAYING', 'failed': 'PAYERROR', 'expired': expired,
    }[order['state']]


def payment(order, state):
    """Return the fields about a payment that notice, query and micropay share."""
    fields = {
        'device_info': order['extra'].get('device_info', ''), 'trade_type': order['channel'],
        'trade_state': state, 'fee_type': 'CNY', 'total_fee': order['amount'],
        'out_trade_no': order['out_trade_no'], 'attach': order['attach'],
    }
    if order['state'] == 'paid':
        fields.update(
            bank_type=order['bank_type'], cash_fee=order['payer_amount'],
            coupon_fee=order['coupon'], transaction_id=order['wallet_trade_no'],
            time_end=compact_time(order['paid_at']), openid=order['payer_id'],
        )
    return fields


def build(order, forged=''):
    """Return (headers, body) of a notice.

    :param forged: '' or what is wrong with it, see `sandbox.faults.FORGERIES`
    """
    merchant = merchants.find(order['merchant'])
    other = merchants.MERCHANTS['qq_wallet_other']
    if merchant.name == other.name:
        other = merchants.MERCHANTS['qq_wallet']
    fields = {
        'appid': order['extra'].get('appid', ''), 'mch_id': merchant.mch_id,
        'nonce_str': secrets.token_hex(8), **payment(order, trade_state(order)),
    }
    key = merchant.api_key
    if forged == 'amount':
        fields['total_fee'] = fields['cash_fee'] = order['amount'] + 1
    elif forged in ('merchant', 'merchant_own_key'):
        fields.update(appid=other.app_id, mch_id=other.mch_id)
    elif forged == 'order':
        fields['out_trade_no'] = 'UNKNOWN' + order['out_trade_no'][:25]
    if forged in ('wrong_key', 'merchant'):
        key = other.api_key
    fields = {name: str(value) for name, value in fields.items()}
    fields['sign'] = signing.sign(fields, key)
    if forged == 'signature':
        fields['sign'] = fields['sign'][::-1]
    elif forged == 'unsigned':
        del fields['sign']
    body = message.text(fields).encode()
    if forged == 'malformed':
        body = b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///dev/null">]>' + body[: len(body) // 2]
    headers = {
        'Content-Type': 'text/xml; charset=utf-8', 'User-Agent': 'payment_cn_wallets-sandbox',
    }
    return headers, body
