# Part of payment_cn_wallets. License LGPL-3.
"""The bodies of WeChat Pay's calls (API v3), with the limits of its documents.

Pages: Native下单, JSAPI下单, APP下单, H5下单, 付款码支付, 申请退款. Who asks is told by `parties`.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from .. import addresses, money, times
from ..base import ChargeRequest, OrderRequest, RefundRequest, Scene
from ..payment_codes import normalise, recognise
from ..text import check_length, check_number, clean, cut, title
from . import codes
from .parties import Parties

# Documented as "127": of bytes, which is the narrower reading.
SUBJECT_LIMIT = 127
_LONGEST = timedelta(days=7)


def check_order_number(number: str) -> str:
    """Return a merchant order number: 6 to 32 letters, digits, '-' and '_'.

    The protocol has more characters, but not for every product.

    :raise ValueError: otherwise
    """
    check_number('out_trade_no', number, 32)
    if len(number) < 6:
        raise ValueError("out_trade_no must have 6 characters or more")
    return number


def order(request: OrderRequest, parties: Parties, now) -> dict[str, object]:
    """Return the body of an order (native, jsapi, app, h5).

    :param now: aware
    :raise ValueError: for a value that the protocol cannot carry
    """
    body = _common(request, parties, request.scene)
    body['notify_url'] = notify_url(request.notify_url, required=True)
    if request.expires_at:
        # Less than a minute is raised to one by the gateway; more than a week is refused.
        body['time_expire'] = times.rfc3339(min(request.expires_at, now + _LONGEST))
    if request.scene in (Scene.IN_APP, Scene.MINI):
        if not request.payer_id:
            raise ValueError("payer_id (the payer's openid) is required inside WeChat")
        body['payer'] = parties.payer(check_length('payer_id', request.payer_id, 128), request.scene)
    scene = {'device_id': cut(request.terminal_id, 32)}
    if request.extra.get('wechat_store_id'):
        scene['store_info'] = {'id': check_length('store', request.extra['wechat_store_id'], 32)}
    if request.scene == Scene.H5:
        scene['h5_info'] = {
            'type': request.extra.get('h5_type') or 'Wap',
            'app_name': check_length('app_name', request.extra.get('app_name', ''), 64),
            'app_url': check_length('app_url', request.extra.get('app_url', ''), 128),
        }
    if any(scene.values()):
        address = ip(request.client_ip)
        if not address:
            raise ValueError("client_ip is not an address")
        body['scene_info'] = {'payer_client_ip': address, **scene}
    return body


def charge(request: ChargeRequest, parties: Parties) -> dict[str, object]:
    """Return the body of a codepay charge.

    :raise ValueError: for a value that the protocol cannot carry
    """
    body = _common(request, parties, Scene.CODE)
    body['payer'] = {'auth_code': auth_code(request)}
    extra = request.extra
    body['scene_info'] = {
        # The object is required, its `id` is the shop's number at WeChat Pay.
        'store_info': {
            'id': check_length('store', extra.get('wechat_store_id', ''), 32),
            'out_id': check_length('store_id', clean(request.store_id), 32) or '0',
        },
        'device_id': cut(request.terminal_id, 32),
        'device_ip': ip(extra.get('device_ip', '') or request.client_ip),
    }
    return body


def auth_code(request: ChargeRequest) -> str:
    """Return the digits of a WeChat payment code.

    :raise ValueError: when it is none, or another wallet's
    """
    digits = normalise(request.auth_code)
    if not digits or recognise(digits) not in (None, request.wallet or recognise(digits)):
        raise ValueError("not a payment code of this wallet")
    return digits


def refund(request: RefundRequest, parties: Parties) -> dict[str, object]:
    """Return the body of a refund.

    :raise ValueError: for a value that the protocol cannot carry
    """
    amount = money.check_refund(request.amount, request.total)
    return {
        'sub_mchid': parties.sub_mchid,
        'out_trade_no': check_order_number(request.out_trade_no),
        'out_refund_no': check_number('out_refund_no', request.out_refund_no, 64),
        'reason': text(request.reason, 80),
        # Without one the notice would go to an address set elsewhere, in another format.
        'notify_url': usable_notify_url(request.notify_url),
        'amount': {'refund': amount, 'total': request.total, 'currency': money.CURRENCY},
    }


def _common(request, parties: Parties, scene: Scene) -> dict[str, object]:
    if request.extra and (unknown := set(request.extra) - codes.EXTRA):
        raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
    body = {
        **parties.identity(scene),
        'description': bill_title(request) or request.out_trade_no,
        'out_trade_no': check_order_number(request.out_trade_no),
        'attach': check_length('attach', request.attach, 128),
        'goods_tag': check_length('goods_tag', request.extra.get('goods_tag', ''), 32),
        'amount': {
            'total': money.check_fen(request.amount, zero=False), 'currency': money.CURRENCY,
        },
    }
    if request.extra.get('support_fapiao'):
        body['support_fapiao'] = True
    if request.extra.get('profit_sharing'):
        body['settle_info'] = {'profit_sharing': True}
    if max(request.attach, default='') > '\uffff':
        raise ValueError("attach has characters that WeChat Pay does not take (emoji)")
    return body


def taken(value: str) -> str:
    """Return a text without what WeChat Pay refuses: characters beyond U+FFFF, which emoji are."""
    if max(value, default='') > '\uffff':
        value = ''.join(char for char in value if char <= '\uffff')
    return value.strip('\u200d\ufe0f')  # what joined or coloured them


def text(value: str, limit: int) -> str:
    """Return a text that WeChat Pay takes, cut to bytes."""
    return cut(taken(value), limit)


def bill_title(request: OrderRequest | ChargeRequest) -> str:
    """Return the title of the payer's bill."""
    return title(request.subject, request.document, SUBJECT_LIMIT, taken)


@lru_cache(maxsize=64)  # a shop has one or two
def notify_url(url: str, *, required: bool = False) -> str:
    """Return an address for notices: https, no query string.

    :raise ValueError: otherwise
    """
    if not url and not required:
        return ''
    addresses.check_url(url)
    if urlsplit(url).query or '?' in url or '#' in url:
        raise ValueError("notify_url may not have a query string")
    return check_length('notify_url', url, 255)


def usable_notify_url(url: str) -> str:
    """Return an address for notices, or '' for one that can't be sent: money goes back all the same."""
    try:
        return notify_url(url)
    except ValueError:
        return ''


def ip(address: str) -> str:
    """Return an IPv4 or IPv6 address, or ''."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ''
