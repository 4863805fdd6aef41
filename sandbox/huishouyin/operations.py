# Part of payment_cn_wallets. License LGPL-3.
"""What Huishouyin's calls do. Fields and words follow the vendor's pages API and other.

Every function returns the business fields of the answer; amounts are integer fen.
"""

import json
import secrets
import time

from .. import wallets
from ..network import fingerprint
from . import fields, notice, statement

NOT_FOUND = "订单不存在 (no such order)"
NO_REFUND = "退款单不存在 (no such refund)"
MESSAGES = {
    'bad_code': "付款码无效，请重新扫码 (payment code not valid)",
    'no_balance': "余额不足 (not enough money)",
    'cancelled': "用户取消支付 (payer cancelled)",
    'expired': "订单已过期 (order expired)",
    'wrong_password': "密码错误，等待用户重新输入 (wrong password, payer may try again)",
}
PAYING = "需要用户输入支付密码 (payer must type the password)"
ECHOED = ('attach', 'pay_option', 'meta_option')


def run(box, call, values):
    """Execute a call whose fields were checked."""
    return globals()[f'_{call.operation}'](box, call, values)


# === ORDERS === #


def _channel(values, name):
    if name in fields.CHANNELS_NOT_ENABLED:
        raise fields.Invalid('E0005', f"channel_type {name}")
    if name not in fields.CHANNELS:
        raise fields.Invalid('E0002', f"channel_type {name}")
    if 'HUABEI' in name:
        option = json.loads(values.get('pay_option') or '{}')
        if str(option.get('hb_fq_num')) not in ('3', '6', '12'):
            raise fields.Invalid('E0002', "pay_option.hb_fq_num must be 3, 6 or 12")
        if str(option.get('hb_fq_seller_percent')) not in ('0', '100'):
            raise fields.Invalid('E0002', "pay_option.hb_fq_seller_percent must be 0 or 100")
    return fields.CHANNELS[name]


def _columns(call, values, channel, wallet):
    merchant = call.merchant
    if merchant.store_required and not values.get('store_uid'):
        raise fields.Invalid('E0001', "门店不能为空 (store_uid)")
    names = ('pay_option', 'meta_option', 'store_uid', 'desk_no', 'clerk_uid', 'device_code')
    extra = {name: values[name] for name in names if name in values}
    extra.update({k: call.public[k] for k in ('isv_app_id', 'isv_mch_uid') if call.public.get(k)})
    return {
        'gateway': 'huishouyin', 'merchant': merchant.mch_uid,
        'out_trade_no': values['out_trade_no'], 'subject': values['subject'],
        'amount': values['total_fee'], 'channel': channel, 'wallet': wallet,
        'shop': merchant.company, 'attach': values.get('attach', ''),
        'extra': {**extra, 'key_of': call.key_of},
    }


def _identity(call, order):
    extra = order['extra']
    return {
        'app_id': call.merchant.app_id, 'mch_uid': call.merchant.mch_uid,
        'isv_app_id': extra.get('isv_app_id', ''), 'isv_mch_uid': extra.get('isv_mch_uid', ''),
        'channel_type': order['channel'], 'out_trade_no': order['out_trade_no'],
        'hy_bill_no': order['bill_no'],
    }


def _order(box, call, values):
    """ApplyPay: an order that the payer pays on a device of their own."""
    channel = values['channel_type']
    wallet, scene = _channel(values, channel)
    if scene == 'code':
        raise fields.Invalid('E0002', f"channel_type {channel} belongs to DirectPay")
    if scene == 'mini' and not (
        values.get('wx_js_code') or json.loads(values.get('pay_option') or '{}').get('open_id')
    ):
        raise fields.Invalid('E0001', 'wx_js_code')
    order = box.network.place_order(
        fingerprint(values), scene=scene, notify_url=values['notify_url'],
        return_url=values.get('return_url', ''), **_columns(call, values, channel, wallet),
    )
    token = order['token']
    answer = {
        **_identity(call, order), 'hy_pay_id': token, 'subject': order['subject'],
        'total_fee': order['amount'], 'company': order['shop'], 'attach': order['attach'],
        'code_url': '', 'hy_pay_url': '', 'hy_js_auth_pay_url': '', 'hy_mini_pay_params': '',
        'hy_contract_no': '', 'hy_extend_params': '',
    }
    page = f"{box.url}/q/{token}"
    if scene == 'qr':
        answer['code_url'] = page
    elif scene == 'h5':
        answer['hy_pay_url'] = page
    elif scene == 'in_app':
        answer['hy_js_auth_pay_url'] = page
    elif scene == 'mini':
        answer['hy_mini_pay_params'] = json.dumps({
            'timeStamp': str(int(time.time())), 'nonceStr': token, 'signType': 'MD5',
            'package': f'prepay_id={token}', 'paySign': '0' * 32,
        })
    elif scene == 'app':
        answer['hy_extend_params'] = json.dumps({'tn': order['bill_no'][2:]})
    return answer


def _charge(box, call, values):
    """DirectPay: charge the payment code that the shop scanned."""
    code = values['auth_bar_code']
    wallet = wallets.wallet_of_code(code)
    channel = values.get('channel_type') or fields.CODE_CHANNELS.get(wallet)
    if not channel:
        raise fields.Invalid('E0002', "auth_bar_code 无法识别 (payment code not recognised)")
    expected, scene = _channel(values, channel)
    if scene != 'code':
        raise fields.Invalid('E0002', f"channel_type {channel} belongs to ApplyPay")
    if wallet != expected:
        raise fields.Invalid('E0002', "auth_bar_code 与 channel_type 不符 (code of another wallet)")
    order = box.network.charge(
        fingerprint(values), code, **_columns(call, values, channel, wallet),
    )
    return _state(box, call, order, {'company': order['shop']})


def _query(box, call, values):
    """payquery: what became of an order."""
    order = _find(box, call, values)
    extra = order['extra']
    more = {name: extra.get(name, '') for name in ECHOED if name != 'attach'}
    more.update(version='1.0', attach=order['attach'])
    # coupon_amt: the payer paid real_fee - coupon_amt
    more['coupon_amt'] = order['coupon'] if order['state'] == 'paid' else 0
    return _state(box, call, order, more)


def _find(box, call, values):
    merchant = call.merchant.mch_uid
    if values.get('hy_bill_no'):  # wins over the shop's number, says the page
        order = box.network.order(bill_no=values['hy_bill_no'], merchant=merchant)
    elif values.get('out_trade_no'):
        order = box.network.order(
            gateway='huishouyin', merchant=merchant, out_trade_no=values['out_trade_no']
        )
    else:
        raise fields.Invalid('E0001', 'hy_bill_no / out_trade_no')
    if not order:
        raise fields.Invalid('E0002', NOT_FOUND)
    return order


def _state(box, call, order, more):
    paid = order['state'] == 'paid'
    status = notice.STATES[order['state']]
    message = 'ok' if paid else MESSAGES.get(order['event'], '')
    if order['state'] == 'user_paying':
        message = message or PAYING
    if order['state'] == 'expired':
        status = box.settings['expired_status']
    return {
        **_identity(call, order),
        'channel_trade_no': order['wallet_trade_no'], 'channel_bar_code': order['bar_code'],
        'channel_return_msg': message, 'trade_status': status,
        'bank_type': order['bank_type'] if paid else '', 'subject': order['subject'],
        # real_fee is what the shop is owed: it equals total_fee whatever the coupon
        'total_fee': order['amount'], 'real_fee': order['amount'] if paid else 0,
        'time_end': _time_end(box, order) if paid else '', **more,
    }


def _time_end(box, order):
    """Return the time of the payment in one of the forms that the vendor's pages show."""
    form = box.settings['time_format']
    if form == 'mixed':
        form = ('documented', 'dashes', 'compact', 'fullwidth')[order['id'] % 4]
    pattern = {
        'documented': '%Y-%m-%d %H%M%S', 'dashes': '%Y-%m-%d %H:%M:%S', 'compact': '%Y%m%d%H%M%S',
        'fullwidth': '%Y-%m-%d %H：%M：%S',
    }[form]
    return time.strftime(pattern, time.gmtime(order['paid_at'] + 8 * 3600))


# === REFUNDS === #


def _refund(box, call, values):
    """refund: asynchronous; the state comes from refundquery."""
    order = _find(box, call, {'out_trade_no': values['out_trade_no']})
    if values.get('total_fee', order['amount']) != order['amount']:
        raise fields.Invalid('E0002', "total_fee (not the order's amount)")
    refund = box.network.refund(order, values['out_refund_no'], values['refund_fee'])
    return _refund_answer(call, order, refund)


def _refund_answer(call, order, refund):
    return {
        'version': '1.0', **_identity(call, order),
        'out_refund_no': refund['out_refund_no'], 'hy_refund_no': refund['refund_no'],
        'channel_refund_no': refund['wallet_refund_no'], 'total_fee': order['amount'],
        'real_fee': order['amount'], 'refund_fee': refund['amount'],
        'real_refund_fee': refund['amount'] if refund['state'] != 'failure' else 0,
        'channel_return_msg': refund['reason'] if refund['state'] == 'failure' else 'ok',
    }


def _query_refund(box, call, values):
    """refundquery."""
    key = {'gateway': 'huishouyin', 'merchant': call.merchant.mch_uid}
    if values.get('hy_refund_no'):
        refund = box.network.refund_of(refund_no=values['hy_refund_no'], **key)
    elif values.get('out_refund_no'):
        refund = box.network.refund_of(out_refund_no=values['out_refund_no'], **key)
    else:
        raise fields.Invalid('E0001', 'out_refund_no / hy_refund_no')
    if not refund:
        raise fields.Invalid('E0002', NO_REFUND)
    states = {'processing': 'Undeal', 'success': 'Success', 'failure': 'Failure'}
    order = box.network.order(id=refund['order_id'])
    return {**_refund_answer(call, order, refund), 'refund_status': states[refund['state']]}


def stale(content):
    """Return an answer as it was before the payment or refund was known (a lagging replica)."""
    content = {k: 'Undeal' if k in ('trade_status', 'refund_status') else v
               for k, v in content.items()}
    if 'trade_status' in content:
        content.update(real_fee=0, time_end='', channel_return_msg='')
    return content


# === MERCHANT SERVICES === #


def _shop_code(box, call, values):
    """MerchQRCode: the printed counter code. `pay_amt` is yuan on the wire."""
    if values['qr_url_type'] != '2':
        raise fields.Invalid('E0002', "qr_url_type must be 2")
    if values.get('qr_url_style', '0') not in ('0', '1', '2', '3'):
        raise fields.Invalid('E0002', "qr_url_style must be 0, 1, 2 or 3")
    now = time.time()
    extra = {k: values[k] for k in ('store_uid', 'desk_no', 'qr_url_style', 'note') if k in values}
    with box.ledger.transaction():
        row_id = box.ledger.insert(
            'shop_codes', gateway='huishouyin', merchant=call.merchant.mch_uid,
            code_no=f"{int(now):010d}{secrets.randbelow(10**8):08d}",  # 18 digits
            shop=call.merchant.company, name=values['qr_url_name'], created_at=now,
            amount=values.get('pay_amt'), notify_url=values.get('notify_url', ''),
            extra=json.dumps({**extra, 'key_of': call.key_of}),
        )
    row = box.ledger.one("SELECT * FROM shop_codes WHERE id = ?", row_id)
    return {
        'mch_uid': call.merchant.mch_uid, 'qrurl_uid': row['code_no'],
        'store_uid': values['store_uid'],
        'pay_amt': statement.yuan(row['amount']) if row['amount'] else '',
        'qr_url': f"{box.url}/s/{row['code_no']}",
    }


def order_of_shop_code(box, shop_code, wallet, amount):
    """Book the order that a payer starts at a counter code. The order number is the gateway's."""
    channel = {
        'wechat_pay': 'WX_JSAPI', 'alipay': 'ALI_JSAPI', 'qq_wallet': 'QQ_QRCODE',
        'jd_pay': 'JD_WAP', 'unionpay': 'BANK_WAP',
    }[wallet]
    number = f"QR{shop_code['code_no']}{secrets.randbelow(10**12):012d}"
    return box.network.place_order(
        number, scene='shop_code', gateway='huishouyin', merchant=shop_code['merchant'],
        out_trade_no=number, subject=shop_code['name'], amount=amount, channel=channel,
        wallet=wallet, shop=shop_code['shop'], notify_url=shop_code['notify_url'],
        extra={**json.loads(shop_code['extra']), 'shop_code': shop_code['code_no']},
    )


def _settlements(box, call, values):
    """MerchOutAmtQuery: pay-outs to the merchant's bank account, amounts in yuan."""
    size = int(values['page_size'])
    page = int(values['page_num'])
    if not 1 <= size <= 500 or page < 1:
        raise fields.Invalid('E0002', "page_num from 1, page_size from 1 to 500")
    if values['begin_time'] > values['end_time']:
        raise fields.Invalid('E0002', "begin_time after end_time")
    own = (call.merchant.mch_uid, statement.account(call.merchant))
    rows = []
    if values['search_word'] in own:
        rows = statement.settlements(box, call.merchant, values['begin_time'], values['end_time'])
    return {
        # a JSON string, so that it takes part in the signature as the text that was sent
        'list': json.dumps(rows[(page - 1) * size: page * size], ensure_ascii=False),
        'currentpage': str(page), 'totalpage': str(-(-len(rows) // size)),
        'totalrows': str(len(rows)),
    }


def _statement(box, call, values):
    """MerchBillReport: address of the day's statement file."""
    faults = box.faults.take_all('statement', 'statement', ())
    return {
        'mch_uid': call.merchant.mch_uid,
        'url': statement.publish(box, call.merchant, values['date'], faults),
    }

