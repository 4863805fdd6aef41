# Part of payment_cn_wallets. License LGPL-3.
"""What QQ Wallet's calls do. Every function returns the fields of the answer; amounts in fen."""

import calendar
import hashlib
import ipaddress
import json
import re
import time

from .. import wallets
from ..network import Refused, fingerprint
from ..notices import is_loopback
from . import merchants, notice
from .message import Invalid, number

NOT_FOUND = ('ORDERNOTEXIST', "订单不存在 (no such order)")
NO_REFUND = ('ORDERNOTEXIST', "退款单不存在 (no such refund)")
# the number is made up: what the real gateway says is not documented
TOO_EARLY = ('66227006', "距下单不足5分钟，请稍后再试 (too early)")
FAILURES = {
    'bad_code': ('AUTH_CODE_INVALID', "付款码无效，请重新扫码 (payment code not valid)"),
    'no_balance': ('NOTENOUGH', "余额不足 (not enough money)"),
    'cancelled': ('PAYERROR', "用户取消支付 (payer cancelled)"),
    'expired': ('ORDERCLOSED', "订单已关闭 (order closed)"),
}
TRADE_TYPES = {'NATIVE': 'qr', 'APP': 'app', 'JSAPI': 'in_app', 'MINIAPP': 'in_app'}
LIMITS = ('no_balance', 'no_credit', 'no_debit', 'balance_only', 'debit_only', 'NoBindNoBalan')


def run(box, call):
    """Execute a call whose fields were checked."""
    return globals()[f'_{call.operation}'](box, call.merchant, call.fields)


# === ORDERS === #


def _moment(fields, name):
    if not fields.get(name):
        return None
    try:
        return calendar.timegm(time.strptime(fields[name], '%Y%m%d%H%M%S')) - 8 * 3600
    except ValueError:
        raise Invalid('PARAM_ERROR', f"参数错误 {name} (yyyyMMddHHmmss)") from None


def _columns(merchant, fields):
    if fields['fee_type'] != 'CNY':
        raise Invalid('PARAM_ERROR', "参数错误 fee_type (CNY)")
    if not re.fullmatch(r'[!-~]+', fields['out_trade_no']):
        raise Invalid('PARAM_ERROR', "参数错误 out_trade_no")
    if fields.get('limit_pay') and fields['limit_pay'] not in LIMITS:
        raise Invalid('PARAM_ERROR', "参数错误 limit_pay")
    try:
        ipaddress.IPv4Address(fields['spbill_create_ip'])
    except ValueError:
        raise Invalid('PARAM_ERROR', "参数错误 spbill_create_ip (IPv4)") from None
    url = fields.get('notify_url', '')
    if url and ('?' in url or not is_loopback(url)):
        raise Invalid(
            'PARAM_ERROR', "参数错误 notify_url (no query string; loopback addresses only here)"
        )
    extra = {name: fields[name] for name in ('appid', 'device_info') if fields.get(name)}
    return {
        'gateway': 'qq_wallet', 'merchant': merchant.mch_id,
        'out_trade_no': fields['out_trade_no'], 'subject': fields['body'],
        'amount': number(fields, 'total_fee'), 'channel': fields['trade_type'],
        'wallet': 'qq_wallet', 'shop': merchant.company, 'attach': fields.get('attach', ''),
        'notify_url': url, 'extra': extra,
    }


def _content(fields):
    """Return what makes two requests the same request."""
    changing = ('nonce_str', 'sign', 'time_start', 'time_expire')
    return fingerprint({k: v for k, v in fields.items() if k not in changing and v})


def _order(box, merchant, fields):
    """Place a unified order."""
    scene = TRADE_TYPES.get(fields['trade_type'])
    if not scene:
        raise Invalid('PARAM_ERROR', "参数错误 trade_type")
    columns = _columns(merchant, fields)
    ends = _moment(fields, 'time_expire')
    _moment(fields, 'time_start')
    if ends is not None:
        if ends <= time.time():
            raise Invalid('PARAM_ERROR', "参数错误 time_expire (in the past)")
        columns['expires_at'] = ends
    order = box.network.place_order(_content(fields), scene=scene, **columns)
    answer = {'trade_type': order['channel'], 'prepay_id': order['token']}
    if scene == 'qr':
        answer['code_url'] = f"{box.url}/q/{order['token']}"
    return answer


def _charge(box, merchant, fields):
    """Charge the payment code that the shop scanned (micropay)."""
    if fields['trade_type'] != 'MICROPAY':
        raise Invalid('PARAM_ERROR', "参数错误 trade_type (MICROPAY)")
    if wallets.wallet_of_code(fields['auth_code']) != 'qq_wallet':
        raise Invalid('AUTH_CODE_ERROR', "付款码错误 (not a code of this wallet)")
    order = box.network.charge(
        _content(fields), fields['auth_code'], **_columns(merchant, fields)
    )
    if order['extra'].get('ended'):
        raise Invalid('ORDERREVERSED', "订单已撤销 (order reversed)")
    if order['state'] == 'user_paying':
        raise Invalid('USERPAYING', "需要用户输入支付密码 (payer must type the password)")
    if order['state'] != 'paid':
        raise Invalid(*FAILURES[order['event'] or 'expired'])
    return notice.payment(order, 'SUCCESS')


def find(box, merchant, fields):
    """Return the order that a request names; the wallet's number goes first."""
    key = {'gateway': 'qq_wallet', 'merchant': merchant.mch_id}
    if fields.get('transaction_id'):
        order = box.network.order(wallet_trade_no=fields['transaction_id'], **key)
    elif fields.get('out_trade_no'):
        order = box.network.order(out_trade_no=fields['out_trade_no'], **key)
    else:
        raise Invalid('LACK_PARAMS', "缺少参数 transaction_id / out_trade_no")
    if not order:
        raise Invalid(*NOT_FOUND)
    return order


def _query(box, merchant, fields):
    """Tell what became of an order."""
    order = find(box, merchant, fields)
    # the setting is worded for another gateway; its question is the same
    expired = 'CLOSED' if box.settings['expired_status'] == 'Failure' else 'NOTPAY'
    state = notice.trade_state(order, expired, box.network.refunds_of(order['id']))
    if box.network.is_reversing(order):
        state = 'SUCCESS'  # what a query says meanwhile is not documented: the nastier reading
    words = FAILURES.get(order['event'], ('', ''))[1] if state == 'PAYERROR' else ''
    return {**notice.payment(order, state), 'trade_state_desc': words}


def _too_early(box, order):
    return time.time() - order['created_at'] < box.settings['qq_wait']


def _mark(box, order, ended):
    box.ledger.run(
        "UPDATE orders SET extra = ? WHERE id = ?",
        json.dumps({**order['extra'], 'ended': ended}, ensure_ascii=False), order['id'],
    )


def _close(box, merchant, fields):
    """Close an unpaid order: nobody can pay it any more."""
    with box.ledger.transaction():
        order = find(box, merchant, fields)
        if order['extra'].get('ended'):
            raise Invalid('ORDERCLOSED', "订单已关闭 (order closed already)")
        if order['state'] == 'paid':
            raise Invalid('ORDERPAID', "订单已支付 (order is paid)")
        if _too_early(box, order):
            raise Invalid(*TOO_EARLY)
        box.network._end(order, 'failed', 'expired')
        _mark(box, order, 'closed')
    return {}


def _reverse(box, merchant, fields):
    """Undo a charge: an unpaid one is closed, a paid one goes back to the payer."""
    check_operator(merchant, fields)
    with box.ledger.transaction():
        order = find(box, merchant, fields)
        if box.network.is_reversing(order):
            return {'recall': 'Y'}
        if order['extra'].get('ended'):
            raise Invalid('ORDERREVERSED', "订单已撤销 (order reversed already)")
        if order['channel'] != 'MICROPAY':
            raise Invalid('PARAM_ERROR', "参数错误 (only a micropay is reversed)")
        if _too_early(box, order):
            raise Invalid(*TOO_EARLY)
        if order['state'] == 'paid':
            order = box.network.reverse(order['id'])
        else:
            box.network._end(order, 'failed', 'expired')
        _mark(box, order, 'reversed')
    return {'recall': 'Y' if box.network.is_reversing(order) else 'N'}


# === REFUNDS === #


def check_operator(merchant, fields):
    """Check the operator: MD5 of the password, in lower case.

    :raise Invalid: NOAUTH
    """
    expected = hashlib.md5(merchants.OPERATOR_PASSWORD.encode(), usedforsecurity=False).hexdigest()
    if fields['op_user_id'] != merchant.mch_id or fields['op_user_passwd'] != expected:
        raise Invalid('NOAUTH', "操作员或密码错误 (operator or password)")


def _shares(box, order, refund):
    """Return (coupon, cash) of a refund: the coupon's share goes back first."""
    before = sum(
        other['amount'] for other in box.network.refunds_of(order['id'])
        if other['id'] < refund['id'] and other['state'] != 'failure'
    )
    coupon = max(0, min(refund['amount'], order['coupon'] - before))
    return coupon, refund['amount'] - coupon


def _refund(box, merchant, fields):
    """Take a refund in. Its state comes from the query."""
    check_operator(merchant, fields)
    order = find(box, merchant, fields)
    if order['extra'].get('ended'):
        raise Refused('not_paid')
    refund = box.network.refund(order, fields['out_refund_no'], number(fields, 'refund_fee'))
    coupon, cash = _shares(box, order, refund)
    return {
        'transaction_id': order['wallet_trade_no'], 'out_trade_no': order['out_trade_no'],
        'total_fee': order['amount'], 'out_refund_no': refund['out_refund_no'],
        'refund_id': refund['wallet_refund_no'], 'refund_channel': 'ORIGINAL',
        'refund_fee': refund['amount'], 'coupon_refund_fee': coupon, 'cash_refund_fee': cash,
    }


def find_refund(box, merchant, fields):
    """Return one refund by its own number, or None when the request names none."""
    key = {'gateway': 'qq_wallet', 'merchant': merchant.mch_id}
    if fields.get('refund_id'):
        refund = box.network.refund_of(wallet_refund_no=fields['refund_id'], **key)
    elif fields.get('out_refund_no'):
        refund = box.network.refund_of(out_refund_no=fields['out_refund_no'], **key)
    else:
        return None
    if not refund:
        raise Invalid(*NO_REFUND)
    return refund


def _query_refund(box, merchant, fields):
    """Tell the state of one refund, or of all of an order; the items are numbered from 0."""
    refund = find_refund(box, merchant, fields)
    if refund:
        order, found = box.network.order(id=refund['order_id']), [refund]
    else:
        order = find(box, merchant, fields)
        found = box.network.refunds_of(order['id'])
    if not found:
        raise Invalid(*NO_REFUND)
    answer = {
        'transaction_id': order['wallet_trade_no'], 'out_trade_no': order['out_trade_no'],
        'total_fee': order['amount'], 'cash_fee': order['payer_amount'], 'fee_type': 'CNY',
        'refund_count': len(found),
    }
    states = {'processing': 'PROCESSING', 'success': 'SUCCESS', 'failure': 'FAIL'}
    for index, one in enumerate(found):
        coupon, cash = _shares(box, order, one)
        answer.update({
            f'out_refund_no_{index}': one['out_refund_no'],
            f'refund_id_{index}': one['wallet_refund_no'],
            f'refund_channel_{index}': 'ORIGINAL', f'refund_fee_{index}': one['amount'],
            f'coupon_refund_fee_{index}': coupon, f'cash_refund_fee_{index}': cash,
            f'refund_status_{index}': states[one['state']],
            f'refund_recv_accout_{index}': '支付用户的QQ钱包余额',
        })
    return answer


def stale(content):
    """Return an answer as it was before the payment or refund was known (a lagging replica)."""
    later = (
        'bank_type', 'cash_fee', 'coupon_fee', 'transaction_id', 'time_end', 'openid',
    ) if 'trade_state' in content else ()
    return {
        name: 'NOTPAY' if name == 'trade_state' else
        'PROCESSING' if name.startswith('refund_status_') else value
        for name, value in content.items() if name not in later
    }
