# Part of payment_cn_wallets. License LGPL-3.
"""What the calls of API v3 do. Each returns (status, content); amounts are integer fen."""

import json
import secrets
import time

from ..network import Refused, fingerprint
from . import fields
from .fields import Invalid

TRADE_TYPES = {'native': 'NATIVE', 'jsapi': 'JSAPI', 'app': 'APP', 'h5': 'MWEB'}
# An openid belongs to one application: the payer of a mini program has another one.
PROGRAM_OPENID = 'oSandboxMiniProgram00000001'
SCENES = {'native': 'qr', 'jsapi': 'in_app', 'app': 'app', 'h5': 'h5'}
DESCRIPTIONS = {
    'SUCCESS': "支付成功", 'REFUND': "转入退款", 'NOTPAY': "订单未支付", 'CLOSED': "订单已关闭",
    'REVOKED': "订单已撤销", 'USERPAYING': "需要用户输入支付密码", 'PAYERROR': "支付失败",
}
REFUND_STATES = {'processing': 'PROCESSING', 'success': 'SUCCESS', 'failure': 'CLOSED'}
ORDER_REFUSALS = {
    'duplicate': 'OUT_TRADE_NO_USED', 'paid': 'ORDERPAID', 'closed': 'ORDER_CLOSED',
}
REFUND_REFUSALS = {
    'duplicate': 'INVALID_REQUEST', 'not_paid': 'RESOURCE_NOT_EXISTS',
    'too_much': 'INVALID_REQUEST', 'refused': 'NOT_ENOUGH',
}


def identity(merchant, appid=''):
    """Return the merchant's numbers as answers and notices have them."""
    if merchant.sub_mchid:
        return {
            'sp_appid': merchant.appid, 'sp_mchid': merchant.mchid,
            'sub_appid': appid or merchant.sub_appid, 'sub_mchid': merchant.sub_mchid,
        }
    return {'appid': appid or merchant.appid, 'mchid': merchant.mchid}


def check_merchant(merchant, values, app=False):
    """Refuse a request whose numbers are not those of who signed it.

    :param app: whether the application has to be named
    """
    names = ('sp_mchid', 'sub_mchid') if merchant.sub_mchid else ('mchid',)
    for name in names:
        if values.get(name) != (merchant.sub_mchid if name == 'sub_mchid' else merchant.mchid):
            raise fields.wrong(name, "not the number of who signed")
    if app:
        name = 'sp_appid' if merchant.sub_mchid else 'appid'
        own = fields.text(values, name, 32)
        bound = (merchant.appid, merchant.app_appid, merchant.mini_appid)
        if own not in bound and not own.startswith('wxapp'):
            raise Invalid('APPID_MCHID_NOT_MATCH')


def find(box, merchant, number):
    """Return an order.

    :raise Invalid: ORDER_NOT_EXIST
    """
    order = box.network.order(
        gateway='wechat_pay', merchant=merchant.account, out_trade_no=number
    )
    if not order:
        raise Invalid('ORDER_NOT_EXIST')
    return order


def state(box, order):
    """Return the trade_state of an order."""
    if order['state'] == 'paid':
        if order['event'] == 'reversed':
            # what a query says meanwhile is not documented: the nastier reading
            return 'SUCCESS' if box.network.is_reversing(order) else 'REVOKED'
        refunds = box.network.refunds_of(order['id'])
        return 'REFUND' if any(r['state'] != 'failure' for r in refunds) else 'SUCCESS'
    if order['state'] == 'failed':
        return {'closed': 'CLOSED', 'reversed': 'REVOKED'}.get(order['event'], 'PAYERROR')
    if order['state'] == 'user_paying':
        return 'USERPAYING'
    # an order past its time can't be paid, and stays NOTPAY until it is closed
    return 'PAYERROR' if order['scene'] == 'code' else 'NOTPAY'


def order_fields(box, merchant, order):
    """Return an order as queries and notices tell it."""
    told = state(box, order)
    extra = order['extra']
    content = {
        **identity(merchant, extra.get('appid', '')), 'out_trade_no': order['out_trade_no'],
        'trade_state': told, 'trade_state_desc': DESCRIPTIONS[told],
    }
    if order['state'] != 'paid':
        return content
    payer = {'openid': order['payer_id']}
    if merchant.sub_mchid:
        payer = {'sp_openid': order['payer_id'], 'sub_openid': f"sub{order['payer_id']}"}
    content.update(
        transaction_id=order['wallet_trade_no'], trade_type=order['channel'],
        bank_type=order['bank_type'], success_time=fields.rfc3339(order['paid_at']), payer=payer,
        attach=order['attach'],
        amount={
            'total': order['amount'], 'payer_total': order['payer_amount'], 'currency': 'CNY',
            'payer_currency': 'CNY',
        },
    )
    if order['coupon']:
        content['promotion_detail'] = [{
            'coupon_id': '109519', 'name': "沙盒优惠", 'scope': 'GLOBAL', 'type': 'CASH',
            'amount': order['coupon'], 'wechatpay_contribute': order['coupon'],
            'merchant_contribute': 0, 'other_contribute': 0, 'currency': 'CNY',
        }]
    return content


# === ORDERS === #


def _columns(merchant, values, channel):
    amount = fields.child(values, 'amount')
    fields.currency(amount)
    appid = values.get('sub_appid' if merchant.sub_mchid else 'appid') or ''
    return {
        'gateway': 'wechat_pay', 'merchant': merchant.account,
        'out_trade_no': fields.number(values), 'subject': fields.text(values, 'description', 127),
        'amount': fields.fen(amount, 'total'), 'channel': channel, 'wallet': 'wechat_pay',
        'shop': merchant.company, 'attach': fields.text(values, 'attach', 128, required=False),
        'extra': {'appid': appid},
    }


def order(box, call, channel):
    """POST /v3/pay/[partner/]transactions/{native,jsapi,app,h5}."""
    merchant, values = call.merchant, call.values
    check_merchant(merchant, values, app=True)
    columns = _columns(merchant, values, TRADE_TYPES[channel])
    scene = fields.child(values, 'scene_info', required=channel == 'h5')
    if scene:
        fields.address(scene, 'payer_client_ip')
    if channel == 'h5' and fields.child(scene, 'h5_info').get('type') not in (
        'iOS', 'Android', 'Wap'
    ):
        raise fields.wrong('scene_info/h5_info/type', "iOS, Android or Wap")
    if channel == 'jsapi':
        payer = fields.child(values, 'payer')
        names = ('sp_openid', 'sub_openid') if merchant.sub_mchid else ('openid',)
        openid = fields.text(payer, next((name for name in names if name in payer), names[0]), 128)
        in_program = columns['extra']['appid'] == merchant.mini_appid
        if in_program != openid.startswith(PROGRAM_OPENID[:12]):
            raise Invalid('PARAM_ERROR', "appid和openid不匹配")
    elif columns['extra']['appid'] == merchant.mini_appid:
        raise Invalid('APPID_MCHID_NOT_MATCH')
    now = time.time()
    expires = fields.moment(values, 'time_expire')
    if expires is not None:
        if expires > now + 15 * 86400:
            raise fields.wrong('time_expire', "too far ahead")
        lifetime = box.settings['order_lifetime']
        columns['expires_at'] = min(max(expires, now + 60), now + lifetime)
    try:
        placed = box.network.place_order(
            fingerprint(values), scene=SCENES[channel], notify_url=fields.notify_url(values),
            **columns,
        )
    except Refused as refused:
        raise Invalid(ORDER_REFUSALS[refused.kind]) from None
    page = f"{box.url}/q/{placed['token']}"
    h5 = f"{box.url}/wechat_pay/h5?prepay_id=wx{placed['token']}&package=1037687096"
    return 200, {
        'native': {'code_url': page}, 'h5': {'h5_url': h5},
    }.get(channel, {'prepay_id': f"wx{placed['token']}"})


def charge(box, call):
    """POST /v3/pay/[partner/]transactions/codepay."""
    merchant, values = call.merchant, call.values
    check_merchant(merchant, values, app=True)
    if not merchant.codepay:
        raise Invalid('NO_AUTH')
    fields.child(fields.child(values, 'scene_info'), 'store_info')
    fields.number(values, more=r'\-*')
    code = fields.text(fields.child(values, 'payer'), 'auth_code', 128)
    return book_charge(box, merchant, code, _columns(merchant, values, 'MICROPAY'), values)


def book_charge(box, merchant, code, columns, values):
    """Charge a payment code, whichever version asked."""
    if not (code.isdigit() and len(code) == 18 and '10' <= code[:2] <= '15'):
        raise Invalid('AUTH_CODE_INVALID')
    known = box.network.order(**{
        name: columns[name] for name in ('gateway', 'merchant', 'out_trade_no')
    })
    try:
        placed = box.network.charge(fingerprint(values), code, **columns)
    except Refused as refused:
        raise Invalid(ORDER_REFUSALS[refused.kind]) from None
    if placed['state'] == 'user_paying':
        return 202, {'trade_state': 'USERPAYING'}
    if placed['state'] == 'paid':
        if known:
            raise Invalid('ORDERPAID')
        return 200, order_fields(box, merchant, placed)
    raise Invalid({'no_balance': 'NOT_ENOUGH', 'bad_code': 'AUTH_CODE_INVALID'}.get(
        placed['event'], 'TRADE_ERROR'
    ))


def query(box, call, number):
    """GET …/out-trade-no/{number} and …/id/{transaction_id}."""
    check_merchant(call.merchant, call.query)
    return 200, order_fields(box, call.merchant, find(box, call.merchant, number))


def query_id(box, call, transaction_id):
    """GET …/id/{transaction_id}: paid orders only."""
    check_merchant(call.merchant, call.query)
    found = box.network.order(
        gateway='wechat_pay', merchant=call.merchant.account, wallet_trade_no=transaction_id
    )
    if not found:
        raise Invalid('ORDER_NOT_EXIST')
    return 200, order_fields(box, call.merchant, found)


def close(box, call, number):
    """POST …/out-trade-no/{number}/close."""
    check_merchant(call.merchant, call.values)
    found = find(box, call.merchant, number)
    if found['scene'] == 'code':
        raise Invalid('INVALID_REQUEST', "付款码订单请撤销 (reverse it)")
    try:
        box.network.close(found['id'])
    except Refused as refused:
        raise Invalid({'paid': 'ORDERPAID', 'paying': 'USER_PAYING'}[refused.kind]) from None
    return 204, None


def reverse(box, call, number):
    """POST …/out-trade-no/{number}/reverse."""
    check_merchant(call.merchant, call.values, app=True)
    found = find(box, call.merchant, number)
    book_reverse(box, found)
    return 200, {**identity(call.merchant), 'out_trade_no': number}


def book_reverse(box, found):
    """Reverse an order, whichever version asked. Return it."""
    if found['scene'] != 'code':
        raise Invalid('INVALID_REQUEST', "only payment codes are reversed")
    if time.time() - found['created_at'] < box.settings['earliest_reverse']:
        raise Invalid('INVALID_REQUEST', "15秒内不可撤销 (too early)")
    return box.network.reverse(found['id'])


# === REFUNDS === #


def refund(box, call):
    """POST /v3/refund/domestic/refunds."""
    merchant, values = call.merchant, call.values
    if merchant.sub_mchid and values.get('sub_mchid') != merchant.sub_mchid:
        raise fields.wrong('sub_mchid', "not a sub-merchant")
    amount = fields.child(values, 'amount')
    fields.currency(amount, required=True)
    refunded, total = fields.fen(amount, 'refund'), fields.fen(amount, 'total')
    number = fields.number(values, 'out_refund_no', 1, 64, r'\-|*@')
    notify = fields.notify_url(values, required=False)
    fields.text(values, 'reason', 80, required=False)
    key = {'gateway': 'wechat_pay', 'merchant': merchant.account}
    if values.get('transaction_id'):
        found = box.network.order(wallet_trade_no=str(values['transaction_id']), **key)
    else:
        found = box.network.order(out_trade_no=fields.number(values), **key)
    if not found:
        raise Invalid('RESOURCE_NOT_EXISTS')
    if total != found['amount']:
        raise Invalid('INVALID_REQUEST', "订单金额不一致 (not the order's amount)")
    if notify:
        note_refund_address(box, found, number, notify)
    try:
        booked = box.network.refund(found, number, refunded)
    except Refused as refused:
        raise Invalid(REFUND_REFUSALS[refused.kind]) from None
    return 200, refund_fields(box, booked)


def note_refund_address(box, found, number, address):
    """Remember where the notice of a refund goes."""
    with box.ledger.transaction():
        extra = box.network.order(id=found['id'])['extra']
        extra.setdefault('refund_notices', {})[number] = address
        box.ledger.run(
            "UPDATE orders SET extra = ? WHERE id = ?", json.dumps(extra), found['id']
        )


def refund_fields(box, refund_row):
    """Return a refund as its query tells it."""
    found = box.network.order(id=refund_row['order_id'])
    content = {
        'refund_id': refund_row['wallet_refund_no'], 'out_refund_no': refund_row['out_refund_no'],
        'transaction_id': found['wallet_trade_no'], 'out_trade_no': found['out_trade_no'],
        'channel': 'ORIGINAL', 'user_received_account': "支付用户零钱",
        'create_time': fields.rfc3339(refund_row['created_at']),
        'status': REFUND_STATES[refund_row['state']], 'funds_account': 'AVAILABLE',
        'amount': {
            'total': found['amount'], 'refund': refund_row['amount'],
            'payer_total': found['payer_amount'], 'payer_refund': refund_row['amount'],
            'settlement_total': found['amount'], 'settlement_refund': refund_row['amount'],
            'discount_refund': 0, 'currency': 'CNY', 'refund_fee': 0,
        },
    }
    if refund_row['state'] == 'success':
        content['success_time'] = fields.rfc3339(refund_row['finished_at'])
    return content


def query_refund(box, call, number):
    """GET /v3/refund/domestic/refunds/{number}."""
    if call.merchant.sub_mchid and call.query.get('sub_mchid') != call.merchant.sub_mchid:
        raise fields.wrong('sub_mchid', "not a sub-merchant")
    found = box.network.refund_of(
        gateway='wechat_pay', merchant=call.merchant.account, out_refund_no=number
    )
    if not found:
        raise Invalid('RESOURCE_NOT_EXISTS')
    return 200, refund_fields(box, found)


# === OPENIDS === #


class OAuth:
    """Codes of the silent web authorisation: five minutes, once."""

    def __init__(self):
        self._codes = {}

    def new_code(self, appid):
        """Return a code for an application."""
        code = secrets.token_hex(16)
        self._codes[code] = (appid, time.time() + 300)
        return code

    def exchange(self, appid, code):
        """Return the answer to a code."""
        owner, until = self._codes.pop(code, ('', 0))
        if owner != appid or until < time.time():
            return {'errcode': 40029, 'errmsg': 'invalid code'}
        return {
            'access_token': secrets.token_hex(16), 'expires_in': 7200,
            'refresh_token': secrets.token_hex(16), 'openid': 'oSandboxWeChatPayer000000001',
            'scope': 'snsapi_base',
        }

    def session(self, appid, code):
        """Return the answer to a code of `wx.login`."""
        owner, until = self._codes.pop(code, ('', 0))
        if owner != appid or until < time.time():
            return {'errcode': 40029, 'errmsg': 'invalid code'}
        return {'session_key': secrets.token_urlsafe(16), 'openid': PROGRAM_OPENID}
