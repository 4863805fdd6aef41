# Part of payment_cn_wallets. License LGPL-3.
"""From a judged answer of WeChat Pay (API v3) to a result."""

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
from . import codes
from .answers import Said
from .fields import Parties

_MISMATCH = ReasonKind.BAD_ANSWER_SIGNATURE

# === PAYMENTS === #


def failed(out_trade_no: str, said: Said, outcome=Outcome.UNKNOWN, **more) -> PaymentResult:
    """Return a result that is nothing but a reason."""
    return PaymentResult(
        outcome, out_trade_no=out_trade_no, wallet=Wallet.WECHAT_PAY, reason=said.reason,
        raw=said.raw, **more,
    )


def ordered(request: OrderRequest, said: Said, step: NextStep | None) -> PaymentResult:
    """Return the result of an order.

    A complaint means that nobody was handed anything to pay with, so it counts as refused, unless
    it says that the number is in use. Lost answers and 5xx are unknown.

    :param step: what the payer needs; None when the answer had it not
    """
    if said.reason:
        refused = said.kind == ReasonKind.NOT_SENT or (
            said.complaint and said.code not in codes.ORDER_IN_USE
        )
        return failed(
            request.out_trade_no, said, Outcome.REFUSED if refused else Outcome.UNKNOWN
        )
    if step is None:
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "nothing to pay with in the answer")
        return failed(request.out_trade_no, dataclasses.replace(said, reason=reason))
    return PaymentResult(
        Outcome.WAITING, out_trade_no=request.out_trade_no, wallet=Wallet.WECHAT_PAY,
        amount=request.amount, next_step=step, raw=said.raw,
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

    def doubt(kind, code, message):
        return PaymentResult(Outcome.UNKNOWN, reason=Reason(kind, code, message), **base)

    if not number or (out_trade_no and number != out_trade_no):
        return doubt(_MISMATCH, 'mismatch', "the answer is for another order")
    if not parties.fits(fields):
        return doubt(_MISMATCH, 'mismatch', "the answer is for another merchant")
    state = str(fields.get('trade_state') or '')
    outcome = codes.TRADE_STATES.get(state, Outcome.UNKNOWN)
    text = str(fields.get('trade_state_desc') or '')[:200]
    if outcome == Outcome.UNKNOWN:
        return doubt(ReasonKind.OTHER, state[:32], text)
    transaction_id = str(fields.get('transaction_id') or '')
    base.update(gateway_trade_no=transaction_id, wallet_trade_no=transaction_id)
    if outcome == Outcome.REFUSED:
        reason = Reason(codes.STATE_KINDS[state], state, text)
        return PaymentResult(outcome, closed=True, reason=reason, **base)
    amounts = fields.get('amount')
    amounts = amounts if isinstance(amounts, Mapping) else {}
    amount, payer_amount = _fen(amounts.get('total')), _fen(amounts.get('payer_total'))
    if amounts.get('currency', money.CURRENCY) != money.CURRENCY:
        return doubt(_MISMATCH, 'currency', "in another currency")
    if outcome == Outcome.WAITING:
        reason = Reason(ReasonKind.OTHER, state, text) if state == 'USERPAYING' else None
        return PaymentResult(outcome, amount=amount, reason=reason, **base)
    if amount is None:
        return doubt(ReasonKind.NO_ANSWER, 'incomplete', "no amount in the answer")
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


def queried(out_trade_no: str, said: Said, parties: Parties) -> PaymentResult:
    """Return the result of a query. One that failed says nothing about the payment."""
    if said.reason:
        return failed(out_trade_no, said)
    return payment(out_trade_no, said.fields, parties)


def charged(out_trade_no: str, amount: int, said: Said, parties: Parties) -> PaymentResult:
    """Return the result of a codepay charge."""
    if said.reason:
        refused = said.kind == ReasonKind.NOT_SENT or said.refused(codes.CHARGE_REFUSALS)
        if said.complaint and said.code == codes.USERPAYING:
            return failed(out_trade_no, said, Outcome.WAITING)
        return failed(out_trade_no, said, Outcome.REFUSED if refused else Outcome.UNKNOWN)
    state = said.fields.get('trade_state')
    if said.status == 202 and state in ('USERPAYING', None):
        # The whole of this answer is often {"trade_state": "USERPAYING"}.
        reason = Reason(ReasonKind.OTHER, 'USERPAYING')
        return PaymentResult(
            Outcome.WAITING, out_trade_no=out_trade_no, wallet=Wallet.WECHAT_PAY, amount=amount,
            reason=reason, raw=said.raw,
        )
    return payment(out_trade_no, said.fields, parties)


def ended(out_trade_no: str, raw: Mapping[str, object], reason=None, refunded=False):
    """Return the result of an attempt that holds no money and never will."""
    return PaymentResult(
        Outcome.REFUSED, out_trade_no=out_trade_no, wallet=Wallet.WECHAT_PAY, closed=True,
        refunded=refunded, reason=reason, raw=raw,
    )


def _fen(value: object) -> int | None:
    try:
        return money.check_fen(value)
    except money.MoneyError:
        return None


# === REFUNDS === #


def refund_failed(out_refund_no: str, said: Said, outcome=Outcome.UNKNOWN) -> RefundResult:
    """Return a result that is nothing but a reason."""
    return RefundResult(outcome, out_refund_no, reason=said.reason, raw=said.raw)


def refunded(request: RefundRequest, said: Said, parties: Parties) -> RefundResult:
    """Return the result of a refund call. 200 means accepted; `status` says how far it is."""
    if said.reason:
        refused = said.refused(codes.REFUND_REFUSALS)
        return refund_failed(
            request.out_refund_no, said, Outcome.REFUSED if refused else Outcome.UNKNOWN
        )
    result = refund(request.out_refund_no, said.fields, parties, request.out_trade_no)
    if result.amount not in (None, request.amount):
        reason = Reason(_MISMATCH, 'mismatch', "the answer is for another amount")
        return dataclasses.replace(result, outcome=Outcome.UNKNOWN, reason=reason)
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

    def doubt(kind, code, message):
        return RefundResult(
            Outcome.UNKNOWN, out_refund_no or number, reason=Reason(kind, code, message), raw=raw
        )

    if not number or (out_refund_no and number != out_refund_no):
        return doubt(_MISMATCH, 'mismatch', "the answer is for another refund")
    if out_trade_no and order not in ('', out_trade_no):
        return doubt(_MISMATCH, 'mismatch', "the answer is for another order")
    if not parties.fits(fields, bare=True):
        return doubt(_MISMATCH, 'mismatch', "the answer is for another merchant")
    # One member, two names: `status` in answers, `refund_status` in notices.
    state = str(fields.get('status') or fields.get('refund_status') or '')
    outcome = codes.REFUND_STATES.get(state, Outcome.UNKNOWN)
    amounts = fields.get('amount')
    amounts = amounts if isinstance(amounts, Mapping) else {}
    if amounts.get('currency', money.CURRENCY) != money.CURRENCY:
        return doubt(_MISMATCH, 'currency', "in another currency")
    amount = _fen(amounts.get('refund'))
    if outcome == Outcome.PAID and amount is None:
        return doubt(ReasonKind.NO_ANSWER, 'incomplete', "no amount in the answer")
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
        reason=reason,
        raw=raw,
    )


def refund_queried(
    out_refund_no: str, out_trade_no: str, said: Said, parties: Parties
) -> RefundResult:
    """Return the result of a refund query. One that failed says nothing about the refund."""
    if said.reason:
        return refund_failed(out_refund_no, said)
    return refund(out_refund_no, said.fields, parties, out_trade_no)
