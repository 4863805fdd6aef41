# Part of payment_cn_wallets. License LGPL-3.
"""Notices of QQ Wallet (wiki 38/1204): verify the values as they arrived, then read them.

A notice is an XML body with the fields of a paid order and no `return_code`. There is none for a
refund.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import money
from ..base import Notice, NoticeRejected
from ..messages import Malformed
from . import answers, results, wire

MAX_BODY = 64 * 1024  # bytes; a real notice is below 2 KiB
# credential -> field. Only the first is in every message; the others are compared where both
# sides have them.
MERCHANT = {
    'mch_id': 'mch_id',
    'app_id': 'appid',
    'sub_mch_id': 'sub_mch_id',
    'sub_app_id': 'sub_appid',
}

REPLY_TYPE = 'text/xml; charset=utf-8'


def parse(body: bytes, credentials: Mapping[str, str], sign_type: str) -> Notice:
    """Verify and read a notice.

    :param body: the raw body
    :param credentials: the merchant's
    :raise NoticeRejected: 'malformed' or 'signature'
    """
    try:
        if len(body) > MAX_BODY:
            raise Malformed("too large")
        fields = wire.read(body)
    except Malformed as error:
        raise NoticeRejected('malformed', str(error)) from None
    if not fields.get('sign'):
        raise NoticeRejected('signature', "not signed")
    if not wire.verify(fields, credentials['api_key'], sign_type):
        raise NoticeRejected('signature', "not the gateway's")
    number = fields.get('out_trade_no', '')
    if not number or not fields.get('trade_state'):
        raise NoticeRejected('malformed', "no out_trade_no or trade_state")
    # The currency is for whoever compares the notice with its attempt.
    result = results.payment(number, {**fields, 'fee_type': ''}, answers.mask(fields))
    if result.amount is None and (fields.get('total_fee') or fields['trade_state'] == 'SUCCESS'):
        raise NoticeRejected('malformed', "no amount")
    return Notice(
        kind='payment',
        notice_id='',
        payment=result,
        merchant={name: _said(name, fields, credentials) for name in MERCHANT},
        currency=fields.get('fee_type') or money.CURRENCY,
        raw=result.raw,
    )


def _said(name: str, fields, credentials) -> str:
    """Return what a notice says about the merchant.

    The merchant number must be there. The application (and the number of a service provider's
    merchant) is optional in every call, so that one which either side does not have contradicts
    nothing.
    """
    said, ours = fields.get(MERCHANT[name], ''), credentials.get(name, '')
    return said if name == 'mch_id' or (said and ours) else ours
