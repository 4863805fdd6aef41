# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's payment notification, and forgeries of it.

Fields: vendor's page API, "支付结果通知". `time_end` is yyyyMMddHHmmss in Beijing time. The page
does not say whether the body is a form or JSON: the setting `notice_encoding` chooses.
"""

import json
import time
from urllib.parse import urlencode

from . import merchants, signing

STATES = {
    'waiting': 'Undeal', 'user_paying': 'Undeal', 'paid': 'Success', 'failed': 'Failure',
    'expired': 'Failure',
}


def compact_time(seconds):
    """Return yyyyMMddHHmmss in Beijing time."""
    return time.strftime('%Y%m%d%H%M%S', time.gmtime(seconds + 8 * 3600))


def build(order, settings, forged=''):
    """Return (headers, body) of a notice.

    :param forged: '' or what is wrong with it, see `sandbox.faults.FORGERIES`
    """
    merchant = merchants.find(mch_uid=order['merchant'])
    extra = order['extra']
    key = merchants.MERCHANTS[extra.get('key_of') or merchant.name].key
    paid = order['state'] == 'paid'
    real = (
        order['payer_amount'] if settings['real_vol'] == 'payer' else order['amount']
    ) if paid else 0
    fields = {
        'version': '1.0',
        'app_id': merchant.app_id,
        'mch_uid': merchant.mch_uid,
        'isv_app_id': extra.get('isv_app_id', ''),
        'isv_mch_uid': extra.get('isv_mch_uid', ''),
        'subject': order['subject'],
        'out_trade_no': order['out_trade_no'],
        'hy_bill_no': order['bill_no'],
        'channel_type': order['channel'],
        'total_fee': order['amount'],
        'real_vol': real,
        'trade_status': STATES[order['state']],
        'time_end': compact_time(order['paid_at']) if paid else '',
        'attach': order['attach'],
        'meta_option': extra.get('meta_option', ''),
        'pay_option': extra.get('pay_option', ''),
    }
    other = merchants.MERCHANTS['huishouyin_other']
    if merchant.name == other.name:
        other = merchants.MERCHANTS['huishouyin']
    if forged == 'amount':
        fields['total_fee'] = fields['real_vol'] = order['amount'] + 1
    elif forged in ('merchant', 'merchant_own_key'):
        fields.update(app_id=other.app_id, mch_uid=other.mch_uid)
    elif forged == 'order':
        fields['out_trade_no'] = 'UNKNOWN-' + order['out_trade_no'][:50]
    if forged in ('wrong_key', 'merchant'):
        key = other.key
    fields['sign'] = signing.sign(fields, key, settings['sign_form'])
    if forged == 'signature':
        fields['sign'] = fields['sign'][::-1]
    elif forged == 'unsigned':
        del fields['sign']
    return _encode(fields, settings, forged)


def _encode(fields, settings, forged):
    if settings['notice_encoding'] == 'json':
        headers = {'Content-Type': 'application/json; charset=utf-8'}
        body = json.dumps(fields, ensure_ascii=False).encode()
    else:
        headers = {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'}
        body = urlencode(fields).encode()
    if forged == 'malformed':
        body = b'\x00\xff' + body[: len(body) // 2]
    return {**headers, 'User-Agent': 'payment_cn_wallets-sandbox'}, body
