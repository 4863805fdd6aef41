# Part of payment_cn_wallets. License LGPL-3.
"""The fields of QQ Wallet's calls, with the limits of its documents, and what the payer's side gets.

Sources: wiki 1/1122 (micropay), 38/1203 (unified order), 38/1207 (refund), 38/1196 (APP), 38/1200
(JSAPI).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from .. import money, times
from ..base import ChargeRequest, NextStep, OrderRequest, RefundRequest, Scene
from ..payment_codes import normalise
from ..text import check_length, check_number, cut, title
from . import codes, signing

NUMBER_LIMIT = 32
# The gateway rejects a charge without a terminal (seen in production by an aggregator).
_TERMINAL = 'POS'
_MD5 = re.compile(r'[0-9a-fA-F]{32}', re.ASCII)


def order(request: OrderRequest, trade_type: str, moment: datetime) -> dict[str, str]:
    """Return the fields of a unified order.

    :param moment: the present, aware
    :raise ValueError: for a value that the protocol cannot carry
    """
    fields = _common(request, trade_type)
    if not request.notify_url:
        raise ValueError("notify_url is required")
    fields['device_info'] = cut(request.terminal_id, 32)
    if request.expires_at is not None:
        if request.expires_at <= moment:
            raise ValueError("the order has expired before it was placed")
        fields['time_start'] = times.stamp(moment)
        fields['time_expire'] = times.stamp(request.expires_at)
    return fields


def charge(request: ChargeRequest) -> dict[str, str]:
    """Return the fields of a micropay.

    :raise ValueError: for a value that the protocol cannot carry
    """
    fields = _common(request, 'MICROPAY')
    fields['device_info'] = cut(request.terminal_id, 32) or _TERMINAL
    fields['auth_code'] = normalise(request.auth_code)
    if not fields['auth_code']:
        raise ValueError("not a payment code")
    return fields


def refund(request: RefundRequest) -> dict[str, str]:
    """Return the fields of a refund, without the operator's.

    :raise ValueError: for a value that the protocol cannot carry
    """
    amount = money.check_refund(request.amount, request.total)
    return {
        **trade(request.out_trade_no, request.gateway_trade_no),
        'out_refund_no': check_number('out_refund_no', request.out_refund_no, NUMBER_LIMIT),
        'refund_fee': str(amount),
    }


def trade(out_trade_no: str, gateway_trade_no: str = '') -> dict[str, str]:
    """Return the number by which a payment is asked about: one of the two.

    The gateway's number goes first: 30 days after the payment it is the only one that works.
    """
    check_number('out_trade_no', out_trade_no, NUMBER_LIMIT)
    if gateway_trade_no:
        return {'transaction_id': check_number('transaction_id', gateway_trade_no, NUMBER_LIMIT)}
    return {'out_trade_no': out_trade_no}


def operator_password(text: str) -> str:
    """Return `op_user_passwd`: the MD5 of the operator's password, in lower case.

    :param text: the password, or its MD5 already (32 hexadecimal digits)
    """
    if _MD5.fullmatch(text):
        return text.lower()
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _common(request: OrderRequest | ChargeRequest, trade_type: str) -> dict[str, str]:
    extra = request.extra
    if extra.get('limit_pay') and extra['limit_pay'] not in codes.LIMIT_PAY:
        raise ValueError("limit_pay is not one of the documented words")
    return {
        'out_trade_no': check_number('out_trade_no', request.out_trade_no, NUMBER_LIMIT),
        'body': title(request.subject, request.document, 128) or request.out_trade_no,
        'attach': check_length('attach', request.attach, 128),
        'fee_type': money.CURRENCY,
        'total_fee': str(money.check_fen(request.amount, zero=False)),
        'spbill_create_ip': client_ip(request.client_ip),
        'trade_type': trade_type,
        'notify_url': _notify_url(request.notify_url),
        'limit_pay': extra.get('limit_pay', ''),
        # Given as the gateway wants it: percent-encoded, and signed so.
        'promotion_tag': check_length('promotion_tag', extra.get('promotion_tag', ''), 128),
    }


def _notify_url(url: str) -> str:
    if '?' in url or '#' in url:
        raise ValueError("notify_url cannot have a query string here")
    return check_length('notify_url', url, 256)


def client_ip(address: str) -> str:
    """Return an address that fits the field: 16 characters, so IPv4.

    An IPv4 address in IPv6 form is unwrapped; another IPv6 address cannot be told to the gateway
    and is replaced by the loopback address.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return '127.0.0.1'
    if parsed.version == 6:
        parsed = parsed.ipv4_mapped
    return str(parsed) if parsed else '127.0.0.1'


# === PAYER'S SIDE === #


def next_step(
    request: OrderRequest,
    trade_type: str,
    answer: Mapping[str, str],
    credentials: Mapping[str, str],
    moment: datetime,
) -> NextStep | None:
    """Return what the payer's side needs, or None when the answer does not have it.

    :param answer: fields of the unified order's answer
    """
    if request.scene == Scene.QR:
        code = answer.get('code_url', '')
        return NextStep(code_url=code) if code else None
    prepay_id = answer.get('prepay_id', '')
    if not prepay_id:
        return None
    if request.scene == Scene.APP:
        params = app_params(prepay_id, request.out_trade_no, credentials, moment)
    elif trade_type == codes.MINI_PROGRAM:
        # qq.requestPayment of a mini program
        params = {'package': f'prepay_id={prepay_id}', 'bargainor_id': credentials['mch_id']}
    else:
        params = jsapi_params(prepay_id, credentials)
    return NextStep(sdk_params=params)


def app_params(
    prepay_id: str,
    serial: str,
    credentials: Mapping[str, str],
    moment: datetime,
    nonce: str = '',
) -> dict[str, str]:
    """Return the parameters for the wallet's SDK (Android, iOS), signed.

    :param serial: the caller's own number of the payment; the SDK hands it back
    """
    app_id = credentials['app_id']
    signed = {
        'appId': app_id,
        'bargainorId': credentials['mch_id'],
        'nonce': nonce or secrets.token_hex(16),
        'pubAcc': '',
        'tokenId': prepay_id,
    }
    return {
        **signed,
        'pubAccHint': '',
        'timeStamp': str(int(moment.timestamp())),
        'serialNumber': serial,
        'callbackScheme': f'qwallet{app_id}',
        'sigType': 'HMAC-SHA1',
        'sig': signing.app_signature(signed, credentials['app_key']),
    }


def jsapi_params(prepay_id: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the first argument of `mqq.tenpay.pay` on a page inside mobile QQ."""
    return {
        'tokenId': prepay_id,
        'appInfo': (
            f"appid#{credentials['app_id']}|bargainor_id#{credentials['mch_id']}|channel#wallet"
        ),
    }
