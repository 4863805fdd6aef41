# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's payment notification, and forgeries of it."""

from . import crypto, states


def build(merchants, order, forged=''):
    """Return (headers, body) of a notice.

    :param forged: '' or what is wrong with it, see `sandbox.faults.FORGERIES`
    """
    merchant = merchants.find(order['merchant'])
    other = merchants.other(merchant)
    fields = {'device': order['extra'].get('device', ''), **states.payment(order)}
    key, number, spoil = merchants.jd, None, ''
    if forged == 'signature':
        spoil = 'bad_signature'
    elif forged == 'unsigned':
        spoil = 'unsigned'
    elif forged == 'wrong_key':
        key = other.private
    elif forged == 'amount':
        fields['amount'] = int(fields['amount']) + 1
    elif forged == 'merchant':
        merchant = other
    elif forged == 'merchant_own_key':
        number = other.number
    elif forged == 'order':
        fields['tradeNum'] = f"X{order['out_trade_no']}"[:30]
    body = crypto.seal(merchant, fields, key, spoil=spoil, number=number, blank=' ')
    if forged == 'malformed':
        body = b'\x00\xff' + body[: len(body) // 2]
    headers = {
        'Content-Type': 'application/xml; charset=utf-8',
        'User-Agent': 'payment_cn_wallets-sandbox',
    }
    return headers, body
