# Part of payment_cn_wallets. License LGPL-3.
"""Notices of QQ Wallet (wiki 38/1204): verify the values as they arrived, then read them.

A notice is an XML body with the fields of a paid order and no `return_code`. There is none for a
refund.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import money
from ..base import Notice, NoticeRejected
from ..parsing import Malformed, hides_field
from . import responses, results, signing

MAX_BODY = 64 * 1024  # bytes; a real notice is below 2 KiB
# credential -> field. Only the first is in every message; the others are compared where both
# sides have them.
MERCHANT = {
    'mch_id': 'mch_id',
    'app_id': 'appid',
    'sub_mch_id': 'sub_mch_id',
    'sub_app_id': 'sub_appid',
}
# Wiki 38/1204, and the numbers of a service provider's merchant.
FIELDS = frozenset((
    'appid', 'attach', 'bank_type', 'cash_fee', 'coupon_fee', 'device_info', 'fee_type', 'mch_id',
    'nonce_str', 'openid', 'out_trade_no', 'sign', 'sign_type', 'sub_appid', 'sub_mch_id',
    'sub_openid', 'time_end', 'total_fee', 'trade_state', 'trade_state_desc', 'trade_type',
    'transaction_id',
))  # fmt: skip

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
        fields = signing.read(body)
    except Malformed as error:
        raise NoticeRejected('malformed', str(error)) from None
    if not fields.get('sign'):
        raise NoticeRejected('signature', "not signed")
    if not signing.verify(fields, credentials['api_key'], sign_type):
        raise NoticeRejected('signature', "not the gateway's")
    if hides_field(fields, FIELDS):
        raise NoticeRejected('signature', "a field is hidden in another one")
    number = fields.get('out_trade_no', '')
    if not number or not fields.get('trade_state'):
        raise NoticeRejected('malformed', "no out_trade_no or trade_state")
    # The currency is for whoever compares the notice with its attempt.
    result = results.payment(number, {**fields, 'fee_type': ''}, responses.mask(fields))
    if result.amount is None and (fields.get('total_fee') or fields['trade_state'] == 'SUCCESS'):
        raise NoticeRejected('malformed', "no amount")
    return Notice(
        kind='payment',
        notice_id='',
        payment=result,
        merchant={name: _named(name, fields, credentials) for name in MERCHANT},
        currency=fields.get('fee_type') or money.CURRENCY,
        raw=result.raw,
    )


def _named(name: str, fields, credentials) -> str:
    """Return a number of the merchant as the notice names it.

    The merchant number must be there. The application (and the number of a service provider's
    merchant) is optional in every call, so that one which either side does not have contradicts
    nothing.
    """
    named, ours = fields.get(MERCHANT[name], ''), credentials.get(name, '')
    return named if name == 'mch_id' or (named and ours) else ours
