# Part of payment_cn_wallets. License LGPL-3.
"""The business fields (`biz_content`) of Alipay's calls, with the limits of its documents."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from .. import money, times
from ..base import ChargeRequest, Device, OrderRequest, RefundRequest, Scene, UnsupportedOperation
from ..payment_codes import normalise
from ..text import check_length, check_number, clean, cut, title
from . import codes

# What `extra` may hold.
EXTRA = frozenset({
    'channel', 'product_code', 'quit_url', 'qr_pay_mode', 'qrcode_width', 'op_app_id',
    'op_buyer_open_id', 'hb_fq_num', 'hb_fq_seller_percent', 'goods_detail', 'body',
    'enable_pay_channels', 'disable_pay_channels',
})
_PLAIN_EXTRA = ('quit_url', 'qr_pay_mode', 'qrcode_width', 'op_app_id', 'op_buyer_open_id',
                'enable_pay_channels', 'disable_pay_channels')
LIFETIME = timedelta(hours=2)
_USER = re.compile(r'2088[0-9]{12}', re.ASCII)
_CODE = re.compile(r'(?:2[5-9]|30)[0-9]{14,22}', re.ASCII)
# Calls whose `passback_params` must be URL-encoded before they are put into the JSON.
_QUOTED_ATTACH = ('alipay.trade.app.pay', 'alipay.trade.wap.pay', 'alipay.trade.create')


def dump(fields: Mapping[str, object]) -> str:
    """Return the JSON text that is signed and sent; blank fields are left out."""
    return json.dumps(
        {name: value for name, value in fields.items() if value not in ('', None)},
        ensure_ascii=False,
        separators=(',', ':'),
    )


def out_trade_no(value: str) -> str:
    """Return an order number that Alipay can take.

    :raise ValueError: when it is empty, longer than 64, or has other characters than letters,
        digits and `_` (`-` is not in the documents)
    """
    if '-' in value:
        raise ValueError("out_trade_no must be letters, digits or '_'")
    return check_number('out_trade_no', value, 64)


def numbers(order_number: str, gateway_trade_no: str) -> dict[str, str]:
    """Return the numbers of the trade that a call is about.

    :raise ValueError: for an order number that Alipay can't take
    """
    return {'out_trade_no': out_trade_no(order_number), 'trade_no': gateway_trade_no}


def order_method(request: OrderRequest) -> str:
    """Return the method that places an order.

    :raise UnsupportedOperation: when there is none
    """
    if request.scene not in (Scene.CODE, Scene.SHOP_CODE):
        method = codes.CHANNELS.get((request.wallet, request.scene), '')
        named = request.extra.get('channel', '')
        if method and not named and request.scene == Scene.H5:
            return codes.PAGE if request.device == Device.COMPUTER else method
        if method and named in ('', method):
            return method
        if method and named == codes.PAGE and request.scene == Scene.H5:
            return named
    asked = ['order', request.wallet.value, request.scene.value, request.extra.get('channel')]
    raise UnsupportedOperation('alipay', ' / '.join(part for part in asked if part))


def order(
    request: OrderRequest, method: str, product: str, provider: str, now: datetime
) -> dict[str, object]:
    """Return the fields of an order.

    :param product: product_code, or '' for the method's own
    :param provider: PID of the software vendor (`sys_service_provider_id`), or ''
    :param now: aware; without `expires_at` the order can be paid for two hours from it
    :raise ValueError: for a value that the protocol cannot carry
    """
    fields = _common(request, method, product, provider)
    until = request.expires_at or now + LIFETIME
    # Absolute, so that it does not matter whether a relative one counts from order or scan.
    fields['time_expire'] = beijing(until)
    if method == 'alipay.trade.precreate':
        # No code lives longer than two hours, whatever is asked for.
        minutes = min(max((until - now) // timedelta(minutes=1), 1), 120)
        fields['qr_code_timeout_express'] = f'{minutes}m'
    if request.scene == Scene.IN_APP:
        if not request.payer_id and not request.extra.get('op_buyer_open_id'):
            raise ValueError("payer_id is required: who pays inside the wallet must be named")
        name = 'buyer_id' if _USER.fullmatch(request.payer_id) else 'buyer_open_id'
        fields[name] = check_length(name, request.payer_id, 128)
        if request.extra.get('op_app_id') and not request.extra.get('product_code'):
            fields['product_code'] = codes.MINI_PRODUCT
    for name in _PLAIN_EXTRA:
        if request.scene == Scene.MINI and name in ('op_app_id', 'op_buyer_open_id'):
            continue
        fields[name] = check_length(name, clean(request.extra.get(name, '')), 400)
    return fields


def mini_program(request: OrderRequest, app_id: str, mini_app_id: str) -> dict[str, str]:
    """Return the fields that an order of a mini program has besides.

    An open id belongs to an application: to the mini program, which may be another one than the one
    that signs.

    :param app_id: of the application that signs
    :param mini_app_id: of the mini program, or '' when it is the same
    :raise ValueError: when nobody is named who pays
    """
    if not request.payer_id:
        raise ValueError("payer_id is required: who pays in a mini program must be named")
    name = 'buyer_id'
    if not _USER.fullmatch(request.payer_id):
        name = 'op_buyer_open_id' if mini_app_id not in ('', app_id) else 'buyer_open_id'
    return {
        'op_app_id': mini_app_id or app_id, name: check_length(name, request.payer_id, 128),
    }


def charge(request: ChargeRequest, product: str, provider: str) -> dict[str, object]:
    """Return the fields of a charge of a payment code.

    :raise ValueError: for a value that the protocol cannot carry
    """
    fields = _common(request, 'alipay.trade.pay', product, provider)
    code = normalise(request.auth_code)
    if not _CODE.fullmatch(code):
        raise ValueError("not a payment code of Alipay")
    fields.update(scene='bar_code', auth_code=code, timeout_express=f'{LIFETIME // timedelta(minutes=1)}m')
    return fields


def refund(request: RefundRequest) -> dict[str, object]:
    """Return the fields of a refund: only these, for others can make it fail or double.

    :raise ValueError: for a value that the protocol cannot carry
    """
    amount = money.check_refund(request.amount, request.total)
    return {
        'out_trade_no': out_trade_no(request.out_trade_no),
        'trade_no': request.gateway_trade_no,
        'out_request_no': check_number('out_refund_no', request.out_refund_no, 64),
        'refund_amount': money.yuan_text(amount),
        'refund_reason': cut(request.reason, 256),
    }


def beijing(moment: datetime) -> str:
    """Return `yyyy-MM-dd HH:mm:ss` in Beijing time.

    :raise ValueError: when the moment has no time zone
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone means nothing to a gateway")
    return moment.astimezone(times.BEIJING).strftime('%Y-%m-%d %H:%M:%S')


def _common(request: OrderRequest | ChargeRequest, method, product, provider):
    unknown = set(request.extra) - EXTRA
    if unknown:
        raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
    attach = request.attach
    if attach and method in _QUOTED_ATTACH:
        attach = quote(attach, safe='')
    return {
        'out_trade_no': out_trade_no(request.out_trade_no),
        'total_amount': money.yuan_text(money.check_fen(request.amount, zero=False)),
        'subject': title(request.subject, request.document, 256, allowed) or request.out_trade_no,
        'product_code': request.extra.get('product_code') or product or codes.PRODUCTS[method],
        'body': cut(request.extra.get('body', ''), 128),
        'passback_params': check_length('attach', attach, 512),
        'store_id': check_length('store_id', clean(request.store_id), 32),
        'operator_id': cut(request.cashier_id, 28),
        'terminal_id': cut(request.terminal_id, 32),
        'extend_params': _extend(request.extra, provider),
        'business_params': _risk(request.client_ip),
        'goods_detail': _goods(request.extra.get('goods_detail', '')),
    }


def allowed(text: str) -> str:
    """Return a text without the three characters that are not allowed in a title."""
    return re.sub('[/=&]', ' ', text)


def _extend(extra, provider):
    option = {'sys_service_provider_id': provider} if provider else {}
    if extra.get('hb_fq_num'):
        option['hb_fq_num'] = str(extra['hb_fq_num'])
        option['hb_fq_seller_percent'] = str(extra.get('hb_fq_seller_percent', '0'))
    return option or None


def _risk(address: str):
    """Return the payer's address for risk control; one that only this network knows says nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return {'mc_create_trade_ip': str(parsed)} if parsed.is_global else None


def _goods(text: str):
    if not text:
        return None
    try:
        goods = json.loads(text)
        if not isinstance(goods, list) or not all(isinstance(line, dict) for line in goods):
            raise ValueError
    except (TypeError, ValueError, RecursionError):
        raise ValueError("goods_detail must be a JSON array of objects as text") from None
    return goods[:150] or None
