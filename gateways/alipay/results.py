# Part of payment_cn_wallets. License LGPL-3.
"""From a judged answer of Alipay to a result. Money arrives in yuan and leaves in fen."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlsplit

from .. import money, times
from ..base import (
    ChargeRequest,
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

# === ORDERS === #


def ordered(request: OrderRequest, method: str, said: Said) -> PaymentResult:
    """Return the result of a precreate or create."""
    base = {'out_trade_no': request.out_trade_no, 'wallet': Wallet.ALIPAY, 'raw': said.raw}
    if said.reason:
        refused = said.refused or said.kind == ReasonKind.NOT_SENT
        if method == 'alipay.trade.precreate' and not said.signed and not refused:
            # Turned away at the door, unsigned. A precreate makes no trade and nobody holds a
            # code, so a shopper need not wait because the merchant's app id is wrong.
            refused = said.kind in (
                ReasonKind.UNKNOWN_APP,
                ReasonKind.BAD_KEY,
                ReasonKind.CLOCK,
                ReasonKind.NOT_ENABLED,
                ReasonKind.PARAMETER,
            )
        outcome = Outcome.REFUSED if refused else Outcome.UNKNOWN
        closed = refused and said.detail == 'TRADE_HAS_CLOSE'
        return PaymentResult(outcome, reason=said.reason, closed=closed, **base)
    base['gateway_trade_no'] = said.text('trade_no')
    step = None
    if method == 'alipay.trade.precreate' and is_address(said.text('qr_code')):
        step = NextStep(code_url=said.text('qr_code'))
    elif method == 'alipay.trade.create' and said.text('trade_no'):
        step = NextStep(sdk_params={'tradeNO': said.text('trade_no')})
    if step is None:
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "nothing to pay with in the answer")
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    return PaymentResult(Outcome.WAITING, amount=request.amount, next_step=step, **base)


def prepared(request: OrderRequest, step: NextStep) -> PaymentResult:
    """Return the result of an order that the payer's own device will place with Alipay."""
    return PaymentResult(
        Outcome.WAITING,
        out_trade_no=request.out_trade_no,
        wallet=Wallet.ALIPAY,
        amount=request.amount,
        next_step=step,
    )


def is_address(url: str) -> bool:
    """Say whether a text is a web address, such as may stand in a code."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ('http', 'https') and bool(parts.hostname)


# === PAYMENTS === #


def charged(request: ChargeRequest, said: Said) -> PaymentResult:
    """Return the result of a charge.

    Only a signed refusal, or a request that never left, is a refusal: the payer's wallet may have
    been charged in every other case.
    """
    base = {'out_trade_no': request.out_trade_no, 'wallet': Wallet.ALIPAY, 'raw': said.raw}
    if said.reason:
        refused = said.refused or said.kind == ReasonKind.NOT_SENT
        return PaymentResult(
            Outcome.REFUSED if refused else Outcome.UNKNOWN,
            closed=refused and said.detail == 'TRADE_HAS_CLOSE',
            reason=said.reason,
            **base,
        )
    if said.code == codes.PAYER_ACTS:
        return PaymentResult(
            Outcome.WAITING,
            gateway_trade_no=said.text('trade_no'),
            amount=request.amount,
            **base,
        )
    return _payment(request.out_trade_no, said, Outcome.PAID, said.text('gmt_payment'))


def queried(out_trade_no: str, gateway_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a query.

    A query that failed says nothing about the payment. "No such trade" is the normal answer while
    a code was not scanned, and the answer while a charge is on its way: unknown, `not_found`.
    """
    if said.reason:
        return said.doubt(out_trade_no, gateway_trade_no, Wallet.ALIPAY)
    status = said.text('trade_status')
    outcome = codes.OUTCOMES.get(status, Outcome.UNKNOWN)
    result = _payment(out_trade_no, said, outcome, said.text('send_pay_date'))
    if outcome == Outcome.REFUSED:
        return closed(result, status, paid_before=bool(said.text('send_pay_date')))
    if outcome == Outcome.UNKNOWN and result.reason is None:
        return dataclasses.replace(result, reason=Reason(ReasonKind.OTHER, status[:32]))
    return result


def closed(result: PaymentResult, status: str, *, paid_before: bool) -> PaymentResult:
    """Return the result of a trade that is closed: never paid, or paid and wholly refunded."""
    message = "paid, and refunded in full" if paid_before else ''
    return dataclasses.replace(
        result,
        outcome=Outcome.REFUSED,
        closed=True,
        refunded=paid_before,
        reason=Reason(ReasonKind.EXPIRED, status, message),
    )


def _payment(out_trade_no: str, said: Said, outcome: Outcome, paid_at: str) -> PaymentResult:
    """Return the result that the fields of a charge or query describe.

    `total_amount` is what the shop is owed; `buyer_pay_amount` what the payer paid of it.
    """
    amount = fen(said.text('total_amount'))
    reason = None
    if outcome == Outcome.PAID and not amount:
        # Paid, but nobody can tell how much: the next query may.
        outcome, amount = Outcome.UNKNOWN, None
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "no amount in the answer")
    paid = outcome == Outcome.PAID
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=said.text('trade_no'),
        wallet_trade_no=said.text('trade_no'),
        wallet=Wallet.ALIPAY,
        amount=amount,
        payer_amount=fen(said.text('buyer_pay_amount')) if paid else None,
        payer_id=said.text('buyer_user_id') or said.text('buyer_open_id'),
        paid_at=times.parse(paid_at) if paid else None,
        reason=reason,
        raw=said.raw,
    )


def fen(text: str) -> int | None:
    """Return an amount in fen, or None when it is none."""
    try:
        return money.to_fen(text)
    except money.MoneyError:
        return None


# === ENDING AN ORDER === #


def cancelled(out_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a cancel that Alipay answered with success.

    `action` tells what it did: `close` (it was unpaid) or `refund` (it was paid, all went back).
    Without it there was no such trade: no money is held, but what is under way may still arrive,
    so `closed` is not said.
    """
    base = {
        'out_trade_no': out_trade_no,
        'gateway_trade_no': said.text('trade_no'),
        'wallet': Wallet.ALIPAY,
        'raw': said.raw,
    }
    if said.text('retry_flag') == 'Y':
        reason = Reason(ReasonKind.SYSTEM, 'retry_flag', "to be cancelled again")
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    action = said.text('action')
    if action and not said.text('out_trade_no'):
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "no out_trade_no in the answer")
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    if action not in ('close', 'refund'):
        reason = Reason(ReasonKind.NOT_FOUND, 'cancel', "there was no such trade")
        return PaymentResult(Outcome.REFUSED, reason=reason, **base)
    return PaymentResult(
        Outcome.REFUSED,
        closed=True,
        refunded=action == 'refund',
        reason=Reason(ReasonKind.CANCELLED, action),
        **base,
    )


def unended(out_trade_no: str, gateway_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a cancel or close that brought nothing."""
    return said.doubt(out_trade_no, gateway_trade_no, Wallet.ALIPAY)


# === REFUNDS === #


def refunded(request: RefundRequest, said: Said) -> RefundResult:
    """Return the result of a refund call: `fund_change` decides, not the success of the call.

    `refund_fee` of the answer is the sum of all refunds, so the amount is the request's own.
    """
    if said.reason:
        refused = said.refused or said.detail in codes.REFUND_REFUSALS
        return RefundResult(
            Outcome.REFUSED if refused else Outcome.UNKNOWN,
            out_refund_no=request.out_refund_no,
            reason=said.reason,
            raw=said.raw,
        )
    moved = said.text('fund_change') == 'Y'
    return RefundResult(
        Outcome.PAID if moved else Outcome.UNKNOWN,
        out_refund_no=request.out_refund_no,
        amount=request.amount,
        finished_at=times.parse(said.text('gmt_refund_pay')) if moved else None,
        reason=None if moved else Reason(ReasonKind.OTHER, 'fund_change', "this call moved nothing"),
        raw=said.raw,
    )


def doubtful(result: RefundResult) -> RefundResult:
    """Return a refusal that could not be confirmed as unknown."""
    return dataclasses.replace(result, outcome=Outcome.UNKNOWN)


def refund_queried(out_refund_no: str, said: Said) -> RefundResult:
    """Return the result of a refund query.

    A success without `refund_status` means: no such refund, or not yet. Repeating the refund with
    the same number is safe then.
    """
    base = {'out_refund_no': out_refund_no, 'raw': said.raw}
    if said.reason:
        return RefundResult(Outcome.UNKNOWN, reason=said.reason, **base)
    status = said.text('refund_status')
    amount = fen(said.text('refund_amount'))
    if status == 'REFUND_SUCCESS':
        if not amount or not said.text('out_request_no'):
            reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "no amount or number in the answer")
            return RefundResult(Outcome.UNKNOWN, reason=reason, **base)
        finished = times.parse(said.text('gmt_refund_pay'))
        return RefundResult(Outcome.PAID, amount=amount, finished_at=finished, **base)
    if status == 'REFUND_FAIL':
        reason = Reason(ReasonKind.DECLINED, status, said.text('error_code')[:80])
        return RefundResult(Outcome.REFUSED, amount=amount, reason=reason, **base)
    if status == 'REFUND_PROCESSING':
        return RefundResult(Outcome.WAITING, amount=amount, **base)
    if status:
        return RefundResult(Outcome.UNKNOWN, reason=Reason(ReasonKind.OTHER, status[:32]), **base)
    reason = Reason(ReasonKind.NOT_FOUND, 'refund_status', "no such refund, or not yet")
    return RefundResult(Outcome.UNKNOWN, reason=reason, **base)
