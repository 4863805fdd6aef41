# Part of payment_cn_wallets. License LGPL-3.
"""From the fields of version 2 to a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ... import money, times
from ...base import Outcome, PaymentResult, Wallet
from .. import results
from ..parties import Parties


def payment(
    out_trade_no: str, fields: Mapping[str, str], parties: Parties, raw
) -> PaymentResult:
    """Return the result of the fields of micropay or orderquery, by way of those of API v3."""
    amount = money.fen_or_none(fields.get('total_fee', ''))
    coupon = money.fen_or_none(fields.get('coupon_fee', '')) or 0
    result = results.payment(
        out_trade_no,
        {
            'out_trade_no': fields.get('out_trade_no') or out_trade_no,
            # Of a payment that was not made, nothing but the order number is certain to be there.
            'appid': fields.get('appid') or parties.appid,
            'mchid': fields.get('mch_id') or parties.mchid,
            'sub_mchid': fields.get('sub_mch_id') or parties.sub_mchid,
            'trade_state': fields.get('trade_state'),
            'trade_state_desc': fields.get('trade_state_desc'),
            'transaction_id': fields.get('transaction_id'),
            'amount': {
                'total': amount,
                'payer_total': None if amount is None else max(amount - coupon, 0),
                'currency': fields.get('fee_type') or money.CURRENCY,
            },
            'payer': {'openid': fields.get('openid') or fields.get('sub_openid')},
        },
        parties,
    )
    paid_at = times.parse(fields.get('time_end')) if result.outcome == Outcome.PAID else None
    return replace(result, paid_at=paid_at, raw=raw, wallet=Wallet.WECHAT_PAY)
