# Part of payment_cn_wallets. License LGPL-3.
"""Notices of API v3 (official pages on payment and refund notices), and forgeries of them.

A notice is signed anew when it is made, not at each delivery; the sandbox's retries come sooner than
the signature grows old, but for the last ones.
"""

import json
import time
import uuid

from . import crypto, fields, merchants, operations


def _headers(box, keys, merchant, body, spoil=''):
    """Return the headers of a notice; `spoil` names a forgery."""
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    number, key = keys.signer(merchant)
    if spoil == 'wrong_key':
        key = keys.key(merchant.name)  # the merchant's own: not the platform's
    signature = crypto.rsa_sign(key, crypto.message(timestamp, nonce, body))
    headers = {'Content-Type': 'application/json', 'User-Agent': 'Mozilla/4.0'}
    if spoil == 'signature':
        # what the platform itself sends now and then to see whether shops verify
        signature = f'WECHATPAY/SIGNTEST/{signature}'
    if spoil != 'unsigned':
        headers.update({
            'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': nonce,
            'Wechatpay-Signature': signature, 'Wechatpay-Serial': number,
            'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048', 'Request-ID': nonce,
        })
    return headers


def _envelope(merchant, event, summary, kind, content):
    plain = json.dumps(content, ensure_ascii=False).encode()
    return json.dumps({
        'id': str(uuid.uuid4()), 'create_time': fields.rfc3339(time.time()),
        'event_type': event, 'resource_type': 'encrypt-resource', 'summary': summary,
        'resource': {'original_type': kind, **crypto.seal(merchant.secret('v3'), plain, kind)},
    }, ensure_ascii=False).encode()


def payment(box, keys, order, forged=''):
    """Return (headers, body) of a payment notice.

    The real platform tells of success only. Other states are told when a test asks for them.

    :param forged: see `sandbox.faults.FORGERIES`
    """
    merchant = merchants.find(order['merchant'].partition('/')[0])
    order = {
        **order, 'wallet_trade_no': order['wallet_trade_no'] or '42FORGED', 'payer_id':
        order['payer_id'] or 'oForged0000000000001', 'bank_type': order['bank_type'] or 'OTHERS',
    }
    content = operations.order_fields(box, merchant, order)
    other = merchants.MERCHANTS['wechat_pay_other']
    if merchant.name == other.name:
        other = merchants.MERCHANTS['wechat_pay']
    if forged == 'amount':
        amount = content['amount']
        content['amount'] = {
            **amount, 'total': amount['total'] + 1, 'payer_total': amount['payer_total'] + 1
        }
    elif forged in ('merchant', 'merchant_own_key'):
        content.update(operations.identity(other))
    elif forged == 'order':
        content['out_trade_no'] = f"UNKNOWN-{order['out_trade_no']}"[:32]
    sender = other if forged == 'merchant' else merchant
    body = _envelope(sender, 'TRANSACTION.SUCCESS', "支付成功", 'transaction', content)
    if forged == 'malformed':
        body = b'\x00\xff' + body[: len(body) // 2]
    return _headers(box, keys, sender, body, forged), body


def refund(box, keys, order, refund_row):
    """Return (headers, body) of the notice that a refund ended."""
    merchant = merchants.find(order['merchant'].partition('/')[0])
    told = operations.refund_fields(box, refund_row)
    names = ('out_trade_no', 'transaction_id', 'out_refund_no', 'refund_id', 'success_time',
             'user_received_account')
    numbers = operations.identity(merchant)
    content = {
        **{name: value for name, value in numbers.items() if name.endswith('mchid')},
        **{name: told[name] for name in names if name in told}, 'refund_status': told['status'],
        'amount': {name: told['amount'][name] for name in
                   ('total', 'refund', 'payer_total', 'payer_refund')},
    }
    event = {'SUCCESS': 'REFUND.SUCCESS', 'CLOSED': 'REFUND.CLOSED'}[told['status']]
    body = _envelope(merchant, event, "退款结果", 'refund', content)
    return _headers(box, keys, merchant, body), body
