# Part of payment_cn_wallets. License LGPL-3.
"""The business fields of Huishouyin's calls, with the limits of its documents."""

from __future__ import annotations

import ipaddress
import json

from .. import money
from ..base import ChargeRequest, OrderRequest, RefundRequest, ShopCodeRequest
from ..payment_codes import normalise
from ..text import check_length, check_number, clean, cut, title
from . import codes

SUBJECT_LIMIT = 256
_FALLBACK_IP = '127.0.0.1'


def order(request: OrderRequest, channel: str) -> dict[str, str]:
    """Return the fields of a unified order.

    :raise ValueError: for a value that the protocol cannot carry
    """
    if not request.notify_url:
        raise ValueError("notify_url is required")
    fields = _common(request, channel)
    fields['notify_url'] = check_length('notify_url', request.notify_url, 255)
    fields['return_url'] = check_length('return_url', request.return_url, 255)
    fields['wx_js_code'] = check_length('wx_js_code', request.extra.get('wx_js_code', ''), 50)
    if channel == 'WX_APPLET' and not (fields['wx_js_code'] or 'open_id' in fields['pay_option']):
        raise ValueError("WX_APPLET needs wx_js_code, or open_id and wx_app_id")
    return fields


def charge(request: ChargeRequest, channel: str) -> dict[str, str]:
    """Return the fields of a direct order.

    :raise ValueError: for a value that the protocol cannot carry
    """
    fields = _common(request, channel)
    fields['auth_bar_code'] = normalise(request.auth_code)
    if not fields['auth_bar_code']:
        raise ValueError("not a payment code")
    return fields


def refund(request: RefundRequest) -> dict[str, str]:
    """Return the fields of a refund.

    :raise ValueError: for a value that the protocol cannot carry
    """
    amount = money.check_refund(request.amount, request.total)
    return {
        'out_trade_no': check_number('out_trade_no', request.out_trade_no, 64),
        'out_refund_no': check_number('out_refund_no', request.out_refund_no, 64),
        'total_fee': str(request.total),
        'refund_fee': str(amount),
    }


def shop_code(request: ShopCodeRequest) -> dict[str, str]:
    """Return the fields of a printed code.

    :raise ValueError: for a value that the protocol cannot carry
    """
    if request.style not in codes.SHOP_CODE_STYLES:
        raise ValueError("style must be 0, 1, 2 or 3")
    amount = request.amount
    if amount is not None:
        money.check_fen(amount, zero=False)
    return {
        'qr_url_name': cut(request.name, 50),
        'qr_url_type': '2',  # an ordinary collection code
        'store_uid': check_length('store_uid', clean(request.store_id), 18),
        'pay_amt': '' if amount is None else money.yuan_text(amount),
        'desk_no': check_length('desk_no', clean(request.desk_no), 50),
        'qr_url_style': request.style,
        'note': cut(request.note, 50),
        'notify_url': check_length('notify_url', request.notify_url, 255),
    }


def _common(request: OrderRequest | ChargeRequest, channel: str) -> dict[str, str]:
    return {
        'out_trade_no': check_number('out_trade_no', request.out_trade_no, 64),
        'subject': title(request.subject, request.document, SUBJECT_LIMIT) or request.out_trade_no,
        # As text: the table says int, all the vendor's samples (and the signed one) send text.
        'total_fee': str(money.check_fen(request.amount, zero=False)),
        'channel_type': channel,
        'client_ip': client_ip(request.client_ip),
        'attach': check_length('attach', request.attach, 127),
        'store_uid': check_length('store_uid', clean(request.store_id), 18),
        'device_code': cut(request.terminal_id, 18),
        'clerk_uid': cut(request.cashier_id, 18),
        'desk_no': check_length('desk_no', clean(request.desk_no), 32),
        'pay_option': _pay_option(request.extra, channel),
        'meta_option': _json_option('meta_option', request.extra.get('meta_option', '')),
    }


def client_ip(address: str) -> str:
    """Return an address that fits the field: 16 characters, so IPv4.

    An IPv4 address in IPv6 form is unwrapped; another IPv6 address cannot be told to the gateway
    and is replaced by the loopback address, which its own sample uses.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return _FALLBACK_IP
    if parsed.version == 6:
        parsed = parsed.ipv4_mapped
    return str(parsed) if parsed else _FALLBACK_IP


def _pay_option(extra, channel: str) -> str:
    """Return the channel's own options as the JSON text that the protocol wants."""
    if extra.get('pay_option'):
        return _json_option('pay_option', extra['pay_option'])
    option = {}
    if 'HUABEI' in channel:
        option['hb_fq_num'] = str(extra.get('huabei_instalments', ''))
        option['hb_fq_seller_percent'] = str(extra.get('huabei_seller_percent', '0'))
        if option['hb_fq_num'] not in codes.HUABEI_INSTALMENTS:
            raise ValueError("huabei_instalments must be 3, 6 or 12")
        if option['hb_fq_seller_percent'] not in codes.HUABEI_SELLER_PERCENT:
            raise ValueError("huabei_seller_percent must be 0 or 100")
    if extra.get('open_id') and extra.get('wx_app_id'):
        option.update(open_id=extra['open_id'], app_id=extra['wx_app_id'])
    if channel == 'WX_WITHHOLD':
        if not extra.get('contract_no'):
            raise ValueError("WX_WITHHOLD needs contract_no")
        option['hy_contract_no'] = extra['contract_no']
    text = json.dumps(option, ensure_ascii=False, separators=(',', ':')) if option else ''
    return check_length('pay_option', text, 255)


def _json_option(name: str, text: str) -> str:
    if not text:
        return ''
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"{name} must be a JSON object as text") from None
    return check_length(name, text, 255)
