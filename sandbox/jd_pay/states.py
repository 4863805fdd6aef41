# Part of payment_cn_wallets. License LGPL-3.
"""What JD tells of payments and refunds. 2 is success on one scale and failure on the other."""

import time

PAYMENT = {'waiting': '0', 'user_paying': '1', 'paid': '2', 'failed': '3', 'expired': '4'}
REFUND = {'processing': '0', 'success': '1', 'failure': '2'}


def compact(seconds):
    """Return yyyyMMddHHmmss in Beijing time."""
    return time.strftime('%Y%m%d%H%M%S', time.gmtime(seconds + 8 * 3600))


def payment(order):
    """Return the fields that tell the state of an order."""
    status = PAYMENT[order['state']]
    if order['state'] == 'failed' and order['extra'].get('revoke_no'):
        status = '4'
    fields = {
        'tradeNum': order['out_trade_no'], 'tradeType': '0', 'amount': order['amount'],
        'currency': 'CNY', 'tradeTime': compact(order['created_at']), 'note': order['attach'],
        'status': status,
    }
    if order['state'] == 'paid':
        at = compact(order['paid_at'])
        parts = [{
            'payType': '0', 'amount': order['payer_amount'], 'currency': 'CNY', 'tradeTime': at,
            'detail': {
                'cardHolderName': '*茶', 'cardHolderMobile': '138****0000', 'cardHolderType': '0',
                'cardHolderId': '****************12', 'cardNo': '621***********1234',
                'bankCode': 'SANDBOX', 'cardType': '1', 'payMoney': order['payer_amount'],
            },
        }]
        if order['amount'] != order['payer_amount']:
            coupon = order['amount'] - order['payer_amount']
            parts.append({
                'payType': '3', 'amount': coupon, 'currency': 'CNY', 'tradeTime': at,
            })
        fields['payList'] = {'pay': parts}
    return fields


def refund(row, order):
    """Return the fields that tell the state of a refund."""
    return {
        'tradeNum': row['out_refund_no'], 'tradeType': '1', 'oTradeNum': order['out_trade_no'],
        'amount': row['amount'], 'currency': 'CNY',
        'tradeTime': compact(row['finished_at'] or row['created_at']), 'note': row['reason'],
        'status': REFUND[row['state']],
    }


def revoke(number, order):
    """Return the fields that tell that an unpaid order was revoked."""
    return {
        'tradeNum': number, 'tradeType': '1', 'oTradeNum': order['out_trade_no'],
        'amount': order['amount'], 'currency': 'CNY', 'tradeTime': compact(time.time()),
        'note': '', 'status': '1',
    }


def stale(fields):
    """Return an answer as it was before the payment or refund was known (a lagging replica)."""
    fields = {name: value for name, value in fields.items() if name != 'payList'}
    if 'status' in fields:
        fields['status'] = '0'
    if 'refList' in fields:
        fields['refList'] = {
            'refund': [{**row, 'status': '0'} for row in fields['refList']['refund']]
        }
    return fields
