# Part of payment_cn_wallets. License LGPL-3.
"""From a verified response of JD Pay to a result. Amounts in fen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from .. import money, times
from ..base import Outcome, PaymentResult, Reason, ReasonKind, RefundResult, Wallet
from ..responses import VerifiedResponse, incomplete, mismatch
from . import codes


def fen(text: str) -> int | None:
    """Return an amount in fen, or None when it is none."""
    try:
        return money.parse_fen(text)
    except money.MoneyError:
        return None


def not_told(
    response: VerifiedResponse, out_trade_no: str, outcome=Outcome.UNKNOWN, **more
) -> PaymentResult:
    """Return the result of a call that brought no state of the payment."""
    return response.as_payment(out_trade_no, outcome, wallet=Wallet.JD_PAY, **more)


def payment(
    fields: Mapping[str, object], out_trade_no: str, raw: Mapping[str, object], *,
    gateway_trade_no: str = '',
) -> PaymentResult:
    """Return what signed fields (query, charge, notice) say about a payment."""
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
        payer_amount=_payer_amount(fields, amount) if paid else None,
        paid_at=_paid_at(fields) if paid else None,
        closed=outcome == Outcome.REFUSED and status == codes.CLOSED,
        reason=reason,
        raw=raw,
    )


def _payer_amount(fields: Mapping[str, object], amount: int | None) -> int | None:
    """Return what the payer paid: the parts that are no coupon, when the parts add up."""
    parts = [(pay.get('payType', ''), fen(pay.get('amount', ''))) for pay in fields.get('payList', ())]
    if not parts or any(part is None for _type, part in parts):
        return None
    if sum(part for _type, part in parts) != amount:
        return None
    return sum(part for kind, part in parts if kind != codes.COUPON)


def _paid_at(fields: Mapping[str, object]) -> datetime | None:
    """Return when it was paid. The document's own `tradeTime` may be that of the order."""
    moments = [times.parse(pay.get('tradeTime')) for pay in fields.get('payList', ())]
    moments = [moment for moment in moments if moment]
    return max(moments) if moments else times.parse(fields.get('tradeTime'))


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


def refunds_total(
    rows: Iterable[Mapping[str, str]], out_trade_no: str
) -> tuple[bool, int | None]:
    """Return whether money of a payment went back or is on its way, and how much (fen).

    :param rows: of the signed list of its refunds
    :return: no amount where nothing went back, or where a row does not say
    """
    found = [row for row in rows if row.get('oTradeNum', '') in ('', out_trade_no)]
    states = [codes.REFUND.get(row.get('status', ''), Outcome.UNKNOWN) for row in found]
    amounts = [
        fen(row.get('amount', '')) if state != Outcome.UNKNOWN else None
        for row, state in zip(found, states, strict=True)
        if state != Outcome.REFUSED
    ]
    if not amounts:
        return False, None
    return True, None if None in amounts else sum(amounts)
