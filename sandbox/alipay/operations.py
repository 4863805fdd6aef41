# Part of payment_cn_wallets. License LGPL-3.
"""What Alipay's methods do. Every function returns the fields of the answer, beside `code`."""

import secrets
import time

from ..network import Refused, fingerprint
from . import bill, fields
from .fields import Invalid
from .notice import STATES, clock, yuan

# refusals of the network, for the methods that place orders and for refunds
REFUSALS = {
    'duplicate': 'ACQ.CONTEXT_INCONSISTENT',
    'paid': 'ACQ.TRADE_HAS_SUCCESS',
    'closed': 'ACQ.TRADE_HAS_CLOSE',
}
REFUND_REFUSALS = {
    'duplicate': 'ACQ.DISCORDANT_REPEAT_REQUEST',
    'not_paid': 'ACQ.TRADE_STATUS_ERROR',
    'too_much': 'ACQ.REASON_TRADE_REFUND_FEE_ERR',
    'refused': 'ACQ.TRADE_NOT_ALLOW_REFUND',
}


def refused(sub_code, words=''):
    """Return a business refusal."""
    return Invalid('40004', sub_code, words)


def run(server, call, values):
    """Execute a method whose fields were checked."""
    return METHODS[call.method](server, call, values)


# === ORDERS === #


def _trade_no():
    day = time.strftime('%Y%m%d', time.gmtime(time.time() + 8 * 3600))
    return f"{day}22001{secrets.randbelow(10**15):015d}"


def _columns(server, call, values):
    merchant = call.merchant
    expires = values.get('time_expire')
    columns = {
        'gateway': 'alipay', 'merchant': merchant.seller_id, 'bill_no': _trade_no(),
        'out_trade_no': values['out_trade_no'], 'subject': values['subject'],
        'amount': values['total_amount'], 'channel': call.method, 'wallet': 'alipay',
        'shop': merchant.company, 'attach': values.get('passback_params', ''),
        'notify_url': call.params.get('notify_url', ''),
        'extra': {
            k: values[k] for k in ('store_id', 'operator_id', 'terminal_id', 'op_app_id') if k in values
        },
    }
    if expires:
        end = server.read_time(expires)
        if end <= time.time():
            raise refused('ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR')
        columns['expires_at'] = min(end, time.time() + server.box.settings['order_lifetime'])
    if values.get('seller_id', merchant.seller_id) != merchant.seller_id:
        raise refused('ACQ.SELLER_NOT_EXIST')
    return columns


def _fingerprint(values):
    """Return what makes two orders the same: Alipay compares amount and subject."""
    return fingerprint({k: values[k] for k in ('out_trade_no', 'total_amount', 'subject')})


def check_program(merchant, values):
    """Refuse an order of a mini program that is not the merchant's, or of none with its product."""
    program = values.get('op_app_id', '')
    if program and program not in (merchant.app_id, merchant.mini_app_id):
        raise refused('ACQ.UNBOUND_APPLICATION')
    if bool(program) != (values.get('product_code') == 'JSAPI_PAY'):
        raise fields.wrong("product_code JSAPI_PAY belongs to op_app_id")
    if values.get('buyer_open_id') and program == merchant.mini_app_id:
        raise refused('ACQ.OPEN_ID_NOT_TINY_APP')


def place(server, call, values):
    """Book an order that the payer pays on a device of their own."""
    if call.method == 'alipay.trade.create' and not any(
        values.get(name) for name in ('buyer_id', 'buyer_open_id', 'op_buyer_open_id')
    ):
        raise fields.wrong("buyer_id is missing")
    if call.method == 'alipay.trade.create':
        check_program(call.merchant, values)
    try:
        return server.box.network.place_order(
            _fingerprint(values), scene=fields.SCENES[call.method],
            return_url=call.params.get('return_url', ''), **_columns(server, call, values),
        )
    except Refused as refusal:
        raise refused(REFUSALS[refusal.kind]) from None


def _precreate(server, call, values):
    order = place(server, call, values)
    return {
        'out_trade_no': order['out_trade_no'], 'qr_code': f"{server.box.url}/q/{order['token']}",
    }


def _create(server, call, values):
    order = place(server, call, values)
    return {'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no']}


def _app(server, call, values):
    """Answer what the shop's app handed to the wallet: the wallet books it and asks its owner."""
    order = place(server, call, values)
    return {
        'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'],
        'total_amount': yuan(order['amount']), 'seller_id': call.merchant.seller_id,
    }


def _pay(server, call, values):
    code = values['auth_code']
    if values.get('scene', 'bar_code') != 'bar_code':
        raise refused('ACQ.AUTH_TOKEN_IS_NOT_EXIST')
    try:
        order = server.box.network.charge(
            _fingerprint(values), code, **_columns(server, call, values)
        )
    except Refused as refusal:
        raise refused(REFUSALS[refusal.kind]) from None
    if order['event'] == 'bad_code':
        raise refused('ACQ.PAYMENT_AUTH_CODE_INVALID', "支付失败，获取顾客账户信息失败，请顾客刷新付款码")
    if order['event'] == 'no_balance':
        raise refused('ACQ.BUYER_BALANCE_NOT_ENOUGH', "买家余额不足")
    if order['state'] == 'failed':
        raise refused('ACQ.TRADE_HAS_CLOSE')
    if order['state'] == 'user_paying':
        return {
            'code': '10003', 'msg': 'Order success pay inprocess',
            'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'],
            'total_amount': yuan(order['amount']), 'buyer_pay_amount': '0.00',
        }
    return {**_money(order), 'gmt_payment': clock(order['paid_at'])}


def _money(order):
    payer_amount = yuan(order['payer_amount'] if order['payer_amount'] is not None else 0)
    paid = order['state'] == 'paid'
    return {
        'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'],
        'total_amount': yuan(order['amount']),
        'receipt_amount': yuan(order['amount'] if paid else 0),
        'buyer_pay_amount': payer_amount, 'point_amount': '0.00', 'invoice_amount': payer_amount,
        'buyer_logon_id': 'pay***@sandbox.invalid', 'buyer_user_id': order['payer_id'],
    }


# === LOOKING AND ENDING === #


def find(server, call, values):
    """Return the order that a call names; Alipay's number wins.

    :raise Invalid: ACQ.TRADE_NOT_EXIST, also for a code that nobody scanned
    """
    network, merchant = server.box.network, call.merchant.seller_id
    if values.get('trade_no'):
        order = network.order(bill_no=values['trade_no'], merchant=merchant)
    elif values.get('out_trade_no'):
        order = network.order(
            gateway='alipay', merchant=merchant, out_trade_no=values['out_trade_no']
        )
    else:
        raise fields.wrong("out_trade_no or trade_no is missing")
    if not order or _never_made(order):
        raise refused('ACQ.TRADE_NOT_EXIST', "交易不存在")
    return order


def _never_made(order):
    """Say whether there is no trade yet: a code not scanned, or a payment code that was bad."""
    unseen = order['event'] in ('', 'expired') and order['state'] in ('waiting', 'expired')
    return (order['scene'] == 'qr' and unseen) or order['event'] == 'bad_code'


def _back(server, order):
    refunds = server.box.network.refunds_of(order['id'])
    return sum(row['amount'] for row in refunds if row['state'] == 'success')


def _query(server, call, values):
    order = find(server, call, values)
    status = STATES[order['state']]
    paid = order['state'] == 'paid'
    if paid and _back(server, order) == order['amount']:
        status = 'TRADE_CLOSED'
    answer = {**_money(order), 'trade_status': status}
    if paid:
        answer['send_pay_date'] = clock(order['paid_at'])
    return {**answer, **order['extra']}


def _close(server, call, values):
    order = find(server, call, values)
    if order['state'] not in ('waiting', 'user_paying'):
        raise refused('ACQ.REASON_TRADE_STATUS_INVALID', "交易状态不合法")
    server.box.network.cancel(order)
    return {'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no']}


def _cancel(server, call, values):
    """Cancel: close what is unpaid, give back what is paid; a trade nobody knows is a success."""
    try:
        order = find(server, call, values)
    except Invalid as invalid:
        number = values.get('out_trade_no')
        if invalid.sub_code != 'ACQ.TRADE_NOT_EXIST' or not number:
            raise
        # what may still be under way is not remembered: a code shown before stays payable
        return {'out_trade_no': number, 'retry_flag': 'N'}
    answer = {
        'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'], 'retry_flag': 'N',
    }
    if order['state'] != 'paid':
        server.box.network.cancel(order)
        return {**answer, 'action': 'close'}
    number = 'CANCEL_' + order['bill_no']
    if _back(server, order) and not server.box.network.refund_of(
        order_id=order['id'], out_refund_no=number
    ):
        raise refused('ACQ.REASON_TRADE_REFUND_FEE_ERR', "已有部分退款")
    refund = _give_back(server, order, number, order['amount'], reversal=True)
    if refund['state'] != 'success':
        return {**answer, 'retry_flag': 'Y'}
    return {**answer, 'action': 'refund'}


# === REFUNDS === #


def _give_back(server, order, number, amount, reversal=False):
    """Refund at once, unless a fault holds it back; the payment's address hears of it."""
    network = server.box.network
    refusal = None
    with server.box.ledger.transaction():
        try:
            refund = network.refund(order, number, amount, reversal=reversal)
        except Refused as error:
            # Raised after the commit: that a fault has struck must not be undone.
            refusal = error
        else:
            due = refund['due_at'] is not None
            if refund['state'] == 'processing' and due and refund['planned'] == 'success':
                network.finish_refund(refund['id'], 'success')
                refund = network.refund_of(id=refund['id'])
                network.plan_notice({**network.order(id=order['id']), 'refund': refund})
                refund['moved'] = True
    if refusal:
        raise refusal
    network.after_commit()
    return refund


def _refund(server, call, values):
    order = find(server, call, values)
    number = values.get('out_request_no')
    if not number:
        if values['refund_amount'] != order['amount']:
            raise refused('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')
        number = order['out_trade_no']
    try:
        refund = _give_back(server, order, number, values['refund_amount'])
    except Refused as refusal:
        raise refused(REFUND_REFUSALS[refusal.kind]) from None
    if refund['planned'] == 'failure':
        raise refused('ACQ.SELLER_BALANCE_NOT_ENOUGH', "卖家余额不足")
    answer = {
        'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'],
        'buyer_logon_id': 'pay***@sandbox.invalid', 'buyer_user_id': order['payer_id'],
        # the sum of all refunds of the trade
        'refund_fee': yuan(_back(server, order)),
        'fund_change': 'Y' if refund.get('moved') else 'N',
    }
    if refund['finished_at']:
        answer['gmt_refund_pay'] = clock(refund['finished_at'])
    return answer


def _query_refund(server, call, values):
    order = find(server, call, values)
    refund = server.box.network.refund_of(
        order_id=order['id'], out_refund_no=values['out_request_no']
    )
    if not refund or refund['state'] != 'success':
        return {}  # a success that says nothing, also for a number nobody knows
    return {
        'out_trade_no': order['out_trade_no'], 'trade_no': order['bill_no'],
        'out_request_no': refund['out_refund_no'], 'refund_amount': yuan(refund['amount']),
        'total_amount': yuan(order['amount']), 'refund_status': 'REFUND_SUCCESS',
        'gmt_refund_pay': clock(refund['finished_at']),
    }


# === OTHERS === #


def _statement(server, call, values):
    faults = server.box.faults.take_all('statement', 'statement', ())
    return {'bill_download_url': bill.publish(server, call.merchant, values, faults)}


def _token(server, call, values):
    """Answer who the payer is. A success has no `code`."""
    if call.params.get('grant_type') != 'authorization_code':
        raise Invalid('40002', 'isv.grant-type-invalid')
    user = server.payer_of(call.params.get('code', ''))
    if not user:
        raise Invalid('40002', 'isv.code-invalid', "授权码code无效")
    return {
        'code': None, 'msg': None, 'user_id': user, 'access_token': secrets.token_hex(20),
        'expires_in': '1296000', 'refresh_token': secrets.token_hex(20), 're_expires_in': '2592000',
    }


def _certificate(server, call, values):
    for which in ('old', 'new'):
        if server.platform[which]['sn'] == values['alipay_cert_sn']:
            return {'alipay_cert_content': bill.base64_text(server.platform[which]['certificate'])}
    raise Invalid('40002', 'isv.alipay-cert-not-exist')


METHODS = {
    'alipay.trade.precreate': _precreate,
    'alipay.trade.create': _create,
    'alipay.trade.app.pay': _app,
    'alipay.trade.pay': _pay,
    'alipay.trade.query': _query,
    'alipay.trade.close': _close,
    'alipay.trade.cancel': _cancel,
    'alipay.trade.refund': _refund,
    'alipay.trade.fastpay.refund.query': _query_refund,
    'alipay.data.dataservice.bill.downloadurl.query': _statement,
    'alipay.system.oauth.token': _token,
    'alipay.open.app.alipaycert.download': _certificate,
}
