# Part of payment_cn_wallets. License LGPL-3.
"""From a verified response of Alipay to a result. Money arrives in yuan and leaves in fen."""

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
from ..responses import VerifiedResponse, incomplete, of_refund
from . import codes

# === ORDERS === #


def ordered(request: OrderRequest, method: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a precreate or create."""
    base = {'out_trade_no': request.out_trade_no, 'wallet': Wallet.ALIPAY, 'raw': response.raw}
    if response.reason:
        refused = response.refused or response.kind == ReasonKind.NOT_SENT
        if method == 'alipay.trade.precreate' and not response.signed and not refused:
            # Rejected before it was processed, unsigned. A precreate makes no trade and no
            # code was handed out, so a shopper need not wait because the merchant's app id is wrong.
            refused = response.kind in (
                ReasonKind.UNKNOWN_APP,
                ReasonKind.BAD_KEY,
                ReasonKind.CLOCK,
                ReasonKind.NOT_ENABLED,
                ReasonKind.PARAMETER,
            )
        outcome = Outcome.REFUSED if refused else Outcome.UNKNOWN
        closed = refused and response.sub_code == 'TRADE_HAS_CLOSE'
        return PaymentResult(outcome, reason=response.reason, closed=closed, **base)
    base['gateway_trade_no'] = response.text('trade_no')
    step = None
    if method == 'alipay.trade.precreate' and is_address(response.text('qr_code')):
        step = NextStep(code_url=response.text('qr_code'))
    elif method == 'alipay.trade.create' and response.text('trade_no'):
        step = NextStep(sdk_params={'tradeNO': response.text('trade_no')})
    if step is None:
        reason = incomplete('qr_code or trade_no')
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


def charged(request: ChargeRequest, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a charge.

    Only a signed refusal, or a request that never left, is a refusal: the payer's wallet may have
    been charged in every other case.
    """
    base = {'out_trade_no': request.out_trade_no, 'wallet': Wallet.ALIPAY, 'raw': response.raw}
    if response.reason:
        refused = response.refused or response.kind == ReasonKind.NOT_SENT
        return PaymentResult(
            Outcome.REFUSED if refused else Outcome.UNKNOWN,
            closed=refused and response.sub_code == 'TRADE_HAS_CLOSE',
            reason=response.reason,
            **base,
        )
    if response.code == codes.PAYER_ACTS:
        return PaymentResult(
            Outcome.WAITING,
            gateway_trade_no=response.text('trade_no'),
            amount=request.amount,
            **base,
        )
    return _payment(request.out_trade_no, response, Outcome.PAID, response.text('gmt_payment'))


def queried(out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a query.

    A query that failed says nothing about the payment. "No such trade" is the normal answer while
    a code was not scanned, and the answer while a charge is on its way: unknown, `not_found`.
    """
    if response.reason:
        return response.as_payment(
            out_trade_no, gateway_trade_no=gateway_trade_no, wallet=Wallet.ALIPAY
        )
    status = response.text('trade_status')
    outcome = codes.OUTCOMES.get(status, Outcome.UNKNOWN)
    result = _payment(out_trade_no, response, outcome, response.text('send_pay_date'))
    if outcome == Outcome.REFUSED:
        return closed(result, status, paid_before=bool(response.text('send_pay_date')))
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
        refunded_amount=result.amount if paid_before else None,
        reason=Reason(ReasonKind.EXPIRED, status, message),
    )


def _payment(out_trade_no: str, response: VerifiedResponse, outcome: Outcome, paid_at: str) -> PaymentResult:
    """Return the result that the fields of a charge or query describe.

    `total_amount` is what the shop is owed; `buyer_pay_amount` what the payer paid of it.
    """
    amount = fen(response.text('total_amount'))
    reason = None
    if outcome == Outcome.PAID and not amount:
        # Paid, but the amount is missing: the next query may have it.
        outcome, amount = Outcome.UNKNOWN, None
        reason = incomplete('amount')
    paid = outcome == Outcome.PAID
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=response.text('trade_no'),
        wallet_trade_no=response.text('trade_no'),
        wallet=Wallet.ALIPAY,
        amount=amount,
        payer_amount=fen(response.text('buyer_pay_amount')) if paid else None,
        payer_id=response.text('buyer_user_id') or response.text('buyer_open_id'),
        paid_at=times.parse(paid_at) if paid else None,
        reason=reason,
        raw=response.raw,
    )


def fen(text: str) -> int | None:
    """Return an amount in fen, or None when it is none."""
    try:
        return money.to_fen(text)
    except money.MoneyError:
        return None


# === ENDING AN ORDER === #


def cancelled(out_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a cancel that Alipay answered with success.

    `action` tells what it did: `close` (it was unpaid) or `refund` (it was paid, all went back).
    Without it there was no such trade: no money is held, but what is under way may still arrive,
    so `closed` is not said.
    """
    base = {
        'out_trade_no': out_trade_no,
        'gateway_trade_no': response.text('trade_no'),
        'wallet': Wallet.ALIPAY,
        'raw': response.raw,
    }
    if response.text('retry_flag') == 'Y':
        reason = Reason(ReasonKind.SYSTEM, 'retry_flag', "to be cancelled again")
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    action = response.text('action')
    if action and not response.text('out_trade_no'):
        reason = incomplete('out_trade_no')
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


def not_ended(out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a cancel or close that failed."""
    return response.as_payment(
            out_trade_no, gateway_trade_no=gateway_trade_no, wallet=Wallet.ALIPAY
        )


# === REFUNDS === #


def refunded(request: RefundRequest, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund call: `fund_change` decides, not the success of the call.

    `refund_fee` of the answer is the sum of all refunds, so the amount is the request's own.
    """
    if response.reason:
        refused = response.refused or response.sub_code in codes.REFUND_REFUSALS
        return response.as_refund(
            request.out_refund_no, Outcome.REFUSED if refused else Outcome.UNKNOWN
        )
    moved = response.text('fund_change') == 'Y'
    return RefundResult(
        Outcome.PAID if moved else Outcome.UNKNOWN,
        out_refund_no=request.out_refund_no,
        amount=request.amount,
        finished_at=times.parse(response.text('gmt_refund_pay')) if moved else None,
        reason=None if moved else Reason(ReasonKind.OTHER, 'fund_change', "this call moved nothing"),
        raw=response.raw,
    )


def doubtful(result: RefundResult) -> RefundResult:
    """Return a refusal that could not be confirmed as unknown."""
    return dataclasses.replace(result, outcome=Outcome.UNKNOWN)


def refund_queried(out_refund_no: str, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund query.

    A success without `refund_status` means: no such refund, or not yet. Repeating the refund with
    the same number is safe then.
    """
    base = {'out_refund_no': out_refund_no, 'raw': response.raw}
    if response.reason:
        return RefundResult(Outcome.UNKNOWN, reason=response.reason, **base)
    status = response.text('refund_status')
    amount = fen(response.text('refund_amount'))
    if status == 'REFUND_SUCCESS':
        if not amount or not response.text('out_request_no'):
            reason = incomplete('amount or number')
            return RefundResult(Outcome.UNKNOWN, reason=reason, **base)
        finished = times.parse(response.text('gmt_refund_pay'))
        return RefundResult(Outcome.PAID, amount=amount, finished_at=finished, **base)
    if status == 'REFUND_FAIL':
        why = Reason(ReasonKind.DECLINED, status, response.text('error_code')[:80])
        reason = of_refund(why)
        return RefundResult(Outcome.REFUSED, amount=amount, reason=reason, **base)
    if status == 'REFUND_PROCESSING':
        return RefundResult(Outcome.WAITING, amount=amount, **base)
    if status:
        return RefundResult(Outcome.UNKNOWN, reason=Reason(ReasonKind.OTHER, status[:32]), **base)
    reason = Reason(ReasonKind.NOT_FOUND, 'refund_status', "no such refund, or not yet")
    return RefundResult(Outcome.UNKNOWN, reason=reason, **base)
