# Part of payment_cn_wallets. License LGPL-3.
"""From a judged document of JD Pay to a result. Amounts in fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .. import money, times
from ..base import Outcome, PaymentResult, Reason, ReasonKind, RefundResult, Wallet
from . import codes
from .answers import Said, incomplete, mismatch
from .messages import Document


def fen(text: str) -> int | None:
    """Return an amount in fen, or None when it is none."""
    try:
        return money.parse_fen(text)
    except money.MoneyError:
        return None


def failed_payment(
    said: Said, out_trade_no: str, *, outcome=Outcome.UNKNOWN, gateway_trade_no: str = ''
) -> PaymentResult:
    """Return the result of a call that brought no state."""
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=gateway_trade_no,
        wallet=Wallet.JD_PAY,
        reason=said.reason,
        raw=said.raw,
    )


def payment(
    document: Document, out_trade_no: str, raw: Mapping[str, object], *, gateway_trade_no: str = ''
) -> PaymentResult:
    """Return what a signed document (query, charge, notice) says about a payment."""
    fields = document.fields
    status = fields.get('status', '')
    outcome = codes.PAYMENT.get(status, Outcome.UNKNOWN)
    amount = fen(fields.get('amount', ''))
    reason = None
    if fields.get('tradeType', '0') not in ('', '0') or fields.get('oTradeNum'):
        # The state of a refund: 2 would mean that it failed.
        outcome, reason = Outcome.UNKNOWN, mismatch('tradeType')
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, status[:32], '') if status else incomplete('status')
    elif outcome == Outcome.PAID and fields.get('currency', 'CNY') not in ('', 'CNY'):
        outcome, reason = Outcome.UNKNOWN, mismatch('currency')
    elif outcome == Outcome.PAID and amount is None:
        outcome, reason = Outcome.UNKNOWN, incomplete('amount')
    elif outcome == Outcome.REFUSED:
        kind = ReasonKind.EXPIRED if status == codes.CLOSED else ReasonKind.DECLINED
        reason = Reason(kind, status, '')
    paid = outcome == Outcome.PAID
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=gateway_trade_no or fields.get('orderId', ''),
        wallet=Wallet.JD_PAY,
        amount=amount,
        payer_amount=_payer_amount(document, amount) if paid else None,
        paid_at=_paid_at(document) if paid else None,
        closed=outcome == Outcome.REFUSED and status == codes.CLOSED,
        reason=reason,
        raw=raw,
    )


def _payer_amount(document: Document, amount: int | None) -> int | None:
    """Return what the payer paid: the parts that are no coupon, when the parts add up."""
    parts = [(pay.get('payType', ''), fen(pay.get('amount', ''))) for pay in document.pays]
    if not parts or any(part is None for _type, part in parts):
        return None
    if sum(part for _type, part in parts) != amount:
        return None
    return sum(part for kind, part in parts if kind != codes.COUPON)


def _paid_at(document: Document) -> datetime | None:
    """Return when it was paid. The document's own `tradeTime` may be that of the order."""
    moments = [times.parse(pay.get('tradeTime')) for pay in document.pays]
    moments = [moment for moment in moments if moment]
    return max(moments) if moments else times.parse(document.fields.get('tradeTime'))


def failed_refund(said: Said, out_refund_no: str, outcome=Outcome.UNKNOWN) -> RefundResult:
    """Return the result of a refund call that brought no state."""
    return RefundResult(outcome, out_refund_no=out_refund_no, reason=said.reason, raw=said.raw)


def refund(
    fields: Mapping[str, str], out_refund_no: str, raw: Mapping[str, object]
) -> RefundResult:
    """Return what signed fields (refund, query, list entry, notice) say about a refund."""
    status = fields.get('status', '')
    outcome = codes.REFUND.get(status, Outcome.UNKNOWN)
    amount = fen(fields.get('amount', ''))
    reason = None
    if fields.get('tradeType', '1') not in ('', '1'):
        outcome, reason = Outcome.UNKNOWN, mismatch('tradeType')  # 2 would mean that it was paid
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, status[:32], '') if status else incomplete('status')
    elif outcome == Outcome.REFUSED:
        reason = Reason(ReasonKind.DECLINED, status, '')
    return RefundResult(
        outcome,
        out_refund_no=out_refund_no,
        # JD gives refunds no number of its own.
        amount=amount,
        finished_at=times.parse(fields.get('tradeTime')) if outcome == Outcome.PAID else None,
        number_spent=outcome == Outcome.REFUSED,
        reason=reason,
        raw=raw,
    )
