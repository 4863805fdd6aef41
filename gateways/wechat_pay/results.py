# Part of payment_cn_wallets. License LGPL-3.
"""From a verified response of WeChat Pay (API v3) to a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from .. import masking, money, times
from ..base import (
    NextStep,
    OrderRequest,
    Outcome,
    PaymentResult,
    Reason,
    ReasonKind,
    RefundRequest,
    RefundResult,
    Wallet,
)
from ..responses import VerifiedResponse, incomplete, mismatch
from . import codes
from .parties import Parties

_MISMATCH = ReasonKind.BAD_ANSWER_SIGNATURE

# === PAYMENTS === #


def not_told(
    response: VerifiedResponse, out_trade_no: str, outcome=Outcome.UNKNOWN, **more
) -> PaymentResult:
    """Return the result of a call that brought no state of the payment."""
    return response.as_payment(out_trade_no, outcome, wallet=Wallet.WECHAT_PAY, **more)


def ordered(request: OrderRequest, response: VerifiedResponse, step: NextStep | None) -> PaymentResult:
    """Return the result of an order.

    A complaint means that nobody was handed anything to pay with, so it counts as refused, unless
    it says that the number is in use. Lost answers and 5xx are unknown.

    :param step: what the payer needs; None when the answer had it not
    """
    if response.reason:
        refused = response.kind == ReasonKind.NOT_SENT or (
            response.complaint and response.code not in codes.ORDER_IN_USE
        )
        return not_told(response, request.out_trade_no, Outcome.REFUSED if refused else Outcome.UNKNOWN
        )
    if step is None:
        reason = incomplete('code_url, h5_url or prepay_id')
        return not_told(dataclasses.replace(response, reason=reason), request.out_trade_no)
    return PaymentResult(
        Outcome.WAITING, out_trade_no=request.out_trade_no, wallet=Wallet.WECHAT_PAY,
        amount=request.amount, next_step=step, raw=response.raw,
    )


def payment(
    out_trade_no: str, fields: Mapping[str, object], parties: Parties, *, raw=None
) -> PaymentResult:
    """Return the result that an order's fields describe (query, codepay, notice).

    :param out_trade_no: the number that was asked for, '' when it is for the fields to say
    :param raw: the fields, masked, where that is done already
    """
    raw = masking.mask(fields) if raw is None else raw
    number = str(fields.get('out_trade_no') or '')
    base = {'out_trade_no': out_trade_no or number, 'wallet': Wallet.WECHAT_PAY, 'raw': raw}

    def unknown(reason):
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)

    if not number or (out_trade_no and number != out_trade_no):
        return unknown(mismatch('order'))
    if not parties.fits(fields):
        return unknown(mismatch('merchant'))
    state = str(fields.get('trade_state') or '')
    outcome = codes.TRADE_STATES.get(state, Outcome.UNKNOWN)
    text = str(fields.get('trade_state_desc') or '')[:200]
    if outcome == Outcome.UNKNOWN:
        return unknown(Reason(ReasonKind.OTHER, state[:32], text))
    transaction_id = str(fields.get('transaction_id') or '')
    base.update(gateway_trade_no=transaction_id, wallet_trade_no=transaction_id)
    if outcome == Outcome.REFUSED:
        reason = Reason(codes.STATE_KINDS[state], state, text)
        return PaymentResult(outcome, closed=True, reason=reason, **base)
    amounts = fields.get('amount')
    amounts = amounts if isinstance(amounts, Mapping) else {}
    amount, payer_amount = _fen(amounts.get('total')), _fen(amounts.get('payer_total'))
    if amounts.get('currency', money.CURRENCY) != money.CURRENCY:
        return unknown(Reason(_MISMATCH, 'currency', "in another currency"))
    if outcome == Outcome.WAITING:
        reason = Reason(ReasonKind.OTHER, state, text) if state == 'USERPAYING' else None
        return PaymentResult(outcome, amount=amount, reason=reason, **base)
    if amount is None:
        return unknown(incomplete('amount'))
    payer = fields.get('payer')
    payer = payer if isinstance(payer, Mapping) else {}
    openid = payer.get('openid') or payer.get('sub_openid') or payer.get('sp_openid')
    return PaymentResult(
        outcome,
        amount=amount,
        payer_amount=payer_amount,
        payer_id=str(openid or ''),
        paid_at=times.parse_rfc3339(fields.get('success_time')),
        refunded=state == 'REFUND',
        **base,
    )


def queried(out_trade_no: str, response: VerifiedResponse, parties: Parties) -> PaymentResult:
    """Return the result of a query. One that failed says nothing about the payment."""
    if response.reason:
        return not_told(response, out_trade_no)
    return payment(out_trade_no, response.fields, parties)


def charged(out_trade_no: str, amount: int, response: VerifiedResponse, parties: Parties) -> PaymentResult:
    """Return the result of a codepay charge."""
    if response.reason:
        refused = response.kind == ReasonKind.NOT_SENT or response.complains_with(codes.CHARGE_REFUSALS)
        if response.complaint and response.code == codes.USERPAYING:
            return not_told(response, out_trade_no, Outcome.WAITING)
        return not_told(response, out_trade_no, Outcome.REFUSED if refused else Outcome.UNKNOWN)
    state = response.fields.get('trade_state')
    if response.status == 202 and state in ('USERPAYING', None):
        # The whole of this answer is often {"trade_state": "USERPAYING"}.
        reason = Reason(ReasonKind.OTHER, 'USERPAYING')
        return PaymentResult(
            Outcome.WAITING, out_trade_no=out_trade_no, wallet=Wallet.WECHAT_PAY, amount=amount,
            reason=reason, raw=response.raw,
        )
    return payment(out_trade_no, response.fields, parties)


def ended(out_trade_no: str, raw: Mapping[str, object], reason=None, refunded=False):
    """Return the result of an attempt that holds no money and never will."""
    return PaymentResult(
        Outcome.REFUSED, out_trade_no=out_trade_no, wallet=Wallet.WECHAT_PAY, closed=True,
        refunded=refunded, reason=reason, raw=raw,
    )


def reversal(out_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a reverse call of either version."""
    if response.complaint and response.code in codes.ENDED:
        return ended(out_trade_no, response.raw, response.reason)
    if response.reason:
        waiting = response.complaint and response.code == codes.USERPAYING
        return not_told(response, out_trade_no, Outcome.WAITING if waiting else Outcome.UNKNOWN)
    if response.status != 200:
        return not_told(response.without_result(mismatch('order')), out_trade_no)
    return ended(out_trade_no, response.raw)


def _fen(value: object) -> int | None:
    try:
        return money.check_fen(value)
    except money.MoneyError:
        return None


# === REFUNDS === #


def refunded(request: RefundRequest, response: VerifiedResponse, parties: Parties) -> RefundResult:
    """Return the result of a refund call. 200 means accepted; `status` says how far it is."""
    if response.reason:
        refused = response.complains_with(codes.REFUND_REFUSALS)
        return response.as_refund(
            request.out_refund_no, Outcome.REFUSED if refused else Outcome.UNKNOWN
        )
    result = refund(request.out_refund_no, response.fields, parties, request.out_trade_no)
    if result.amount not in (None, request.amount):
        return dataclasses.replace(
            result, outcome=Outcome.UNKNOWN, reason=mismatch('amount')
        )
    return result


def refund(
    out_refund_no: str, fields: Mapping[str, object], parties: Parties, out_trade_no: str = '',
    *, raw=None,
) -> RefundResult:
    """Return the result that a refund's fields describe (answer, query, notice).

    :param raw: the fields, masked, where that is done already
    """
    raw = masking.mask(fields) if raw is None else raw
    number = str(fields.get('out_refund_no') or '')
    order = str(fields.get('out_trade_no') or '')

    def unknown(reason):
        return RefundResult(Outcome.UNKNOWN, out_refund_no or number, reason=reason, raw=raw)

    if not number or (out_refund_no and number != out_refund_no):
        return unknown(mismatch('refund'))
    if out_trade_no and order not in ('', out_trade_no):
        return unknown(mismatch('order'))
    if not parties.fits(fields, bare=True):
        return unknown(mismatch('merchant'))
    # One member, two names: `status` in answers, `refund_status` in notices.
    state = str(fields.get('status') or fields.get('refund_status') or '')
    outcome = codes.REFUND_STATES.get(state, Outcome.UNKNOWN)
    amounts = fields.get('amount')
    amounts = amounts if isinstance(amounts, Mapping) else {}
    if amounts.get('currency', money.CURRENCY) != money.CURRENCY:
        return unknown(Reason(_MISMATCH, 'currency', "in another currency"))
    amount = _fen(amounts.get('refund'))
    if outcome == Outcome.PAID and amount is None:
        return unknown(incomplete('amount'))
    reason = None
    if state == 'ABNORMAL':
        reason = Reason(
            ReasonKind.DECLINED, state,
            "the payer's account cannot take it: finish it in the merchant platform",
        )
    elif outcome == Outcome.REFUSED:
        reason = Reason(ReasonKind.DECLINED, state)
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, state[:32])
    done = outcome == Outcome.PAID
    return RefundResult(
        outcome,
        number,
        gateway_refund_no=str(fields.get('refund_id') or ''),
        amount=amount,
        finished_at=times.parse_rfc3339(fields.get('success_time')) if done else None,
        number_spent=outcome == Outcome.REFUSED,
        out_trade_no=order,
        reason=reason,
        raw=raw,
    )


def refund_queried(
    out_refund_no: str, out_trade_no: str, response: VerifiedResponse, parties: Parties
) -> RefundResult:
    """Return the result of a refund query. One that failed says nothing about the refund."""
    if response.reason:
        return response.as_refund(out_refund_no)
    return refund(out_refund_no, response.fields, parties, out_trade_no)
