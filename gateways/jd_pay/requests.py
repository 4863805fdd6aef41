# Part of payment_cn_wallets. License LGPL-3.
"""The fields of JD Pay's calls, in the order in which they are signed.

No source has maximum lengths: numbers are kept to 30 characters, names to 128, notes to 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from .. import money, times
from ..base import ChargeRequest, OrderRequest, RefundRequest, Scene
from ..payment_codes import normalise
from ..text import check_length, check_number, clean, cut, ipv4, title
from . import codes, signing

_DEVICE = '111'  # of JD's demo; the payment-code call cannot be without one


def _common(request: OrderRequest | ChargeRequest, now: datetime) -> dict[str, str]:
    number = check_number('out_trade_no', request.out_trade_no, codes.NUMBER_LIMIT)
    return {
        'tradeNum': number,
        'tradeName': title(request.subject, request.document, codes.NAME_LIMIT) or number,
        'tradeTime': times.stamp(now),
        'amount': str(money.check_fen(request.amount, zero=False)),
        'orderType': request.extra.get('order_type', '0'),
        'currency': money.CURRENCY,
    }


def _extra(request, table, *known) -> dict[str, str]:
    unknown = set(request.extra) - set(table) - set(known)
    if unknown:
        raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
    extra = request.extra
    if extra.get('spec_card_no') and (extra.get('spec_id') or extra.get('spec_name')):
        raise ValueError("spec_card_no and spec_id exclude each other")
    if bool(extra.get('spec_id')) != bool(extra.get('spec_name')):
        raise ValueError("spec_id and spec_name belong together")
    return {table[name]: value for name, value in extra.items() if name in table and value}


def order(request: OrderRequest, now: datetime, life: int) -> dict[str, str]:
    """Return the fields of a unified order or of the cashier's form.

    :param life: seconds until it cannot be paid any more
    :raise ValueError: for a value that the protocol cannot carry
    """
    if not request.notify_url:
        raise ValueError("notify_url is required")
    values = {
        **_common(request, now),
        'notifyUrl': check_length('notify_url', request.notify_url, 255),
        # Ties bank cards to a buyer of the shop: two buyers must never have the same.
        'userId': cut(request.extra.get('user_id') or request.payer_id or request.out_trade_no, 64),
        'expireTime': str(life),
        'note': check_length('attach', clean(request.attach), codes.NOTE_LIMIT),
        'device': cut(request.terminal_id or request.store_id, 32),
        'ip': ipv4(request.client_ip),  # nothing says that JD takes another one
    }
    if request.scene == Scene.H5:
        if not request.return_url:
            raise ValueError("return_url is required")
        values['callbackUrl'] = check_length('return_url', request.return_url, 255)
    values.update(_extra(request, codes.ORDER_EXTRA, 'channel', 'user_id'))
    return {name: value for name, value in values.items() if value}


def charge(request: ChargeRequest, now: datetime) -> dict[str, str]:
    """Return the fields of a payment-code charge.

    :raise ValueError: for a value that the protocol cannot carry
    """
    token = normalise(request.auth_code)
    if not token:
        raise ValueError("not a payment code")
    values = {
        'token': token,
        'device': cut(request.terminal_id or request.store_id, 32) or _DEVICE,
        **_common(request, now),
        'tradeDesc': title(request.subject, request.document, codes.NAME_LIMIT) or request.out_trade_no,
        'note': check_length('attach', clean(request.attach), codes.NOTE_LIMIT),
        'notifyUrl': check_length('notify_url', request.notify_url, 255),
    }
    values.update(_extra(request, codes.CHARGE_EXTRA))
    return {name: value for name, value in values.items() if value}


def refund(request: RefundRequest, now: datetime) -> dict[str, str]:
    """Return the fields of a refund.

    :raise ValueError: for a value that the protocol cannot carry
    """
    total = money.check_fen(request.total, zero=False)
    if money.check_fen(request.amount, zero=False) > total:
        raise ValueError("a refund cannot exceed the payment")
    return {
        **_against(request.out_trade_no, request.out_refund_no, request.amount, now),
        'notifyUrl': check_length('notify_url', request.notify_url, 255),
        'note': cut(request.reason, codes.NOTE_LIMIT),
    }


def revoke(out_trade_no: str, number: str, amount: int, now: datetime) -> dict[str, str]:
    """Return the fields of a revoke. `amount` is the order's, in fen."""
    return _against(out_trade_no, number, amount, now)


def _against(out_trade_no, number, amount, now):
    return {
        'tradeNum': check_number('out_refund_no', number, codes.NUMBER_LIMIT),
        'oTradeNum': check_number('out_trade_no', out_trade_no, codes.NUMBER_LIMIT),
        'amount': str(amount),
        'currency': money.CURRENCY,
        'tradeTime': times.stamp(now),
    }


def app_params(number: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return what the shop's app hands to JD's SDK.

    :param number: `orderId` of the unified order
    :param credentials: of the gateway; `merchant`, `md5_key` and `app_id` are needed
    """
    merchant = credentials['merchant']
    text = f"merchant={merchant}&orderId={number}&key={credentials['md5_key']}"
    return {
        'orderId': number,
        'merchant': merchant,
        'appId': credentials['app_id'],
        'signData': signing.md5(text),
        'extraInfo': '',
    }


def is_address(url: str) -> bool:
    """Say whether a code leads to a page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ('http', 'https') and bool(parts.hostname)
