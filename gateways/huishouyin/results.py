# Part of payment_cn_wallets. License LGPL-3.
"""From a verified response of Huishouyin to a result."""

from __future__ import annotations

import dataclasses
import json
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
    Scene,
)
from ..responses import VerifiedResponse, incomplete, mismatch, of_refund
from . import codes
from .notice import outcome_of

# === PAYMENTS === #


def ordered(request: OrderRequest, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a unified order."""
    base = {'out_trade_no': request.out_trade_no, 'wallet': request.wallet, 'raw': response.raw}
    if response.reason:
        return PaymentResult(_order_failed(response), reason=response.reason, **base)
    fields = response.fields
    base['gateway_trade_no'] = fields.get('hy_bill_no', '')
    amount = money.fen_or_none(fields.get('total_fee', ''))
    if fields.get('total_fee') and amount != request.amount:
        reason = mismatch('amount')
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    step = _next_step(request.scene, fields)
    if step is None:
        reason = incomplete('code_url or page to pay with')
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    return PaymentResult(Outcome.WAITING, amount=request.amount, next_step=step, **base)


def _order_failed(response: VerifiedResponse) -> Outcome:
    """Tell refused from unknown for an order.

    An unsigned refusal counts here: without an answer nobody holds a code, so nobody can pay, and
    a shopper need not wait two hours because the merchant's key is wrong. "System error" and "that
    number was used" do not: the order may exist.
    """
    if response.kind in (ReasonKind.DUPLICATE, ReasonKind.NOT_FOUND):
        return Outcome.UNKNOWN
    if response.refused or response.kind == ReasonKind.NOT_SENT:
        return Outcome.REFUSED
    if response.kind in (ReasonKind.NO_ANSWER, ReasonKind.BAD_ANSWER_SIGNATURE, ReasonKind.SYSTEM):
        return Outcome.UNKNOWN
    return Outcome.UNKNOWN if response.reason.code in codes.UNFINISHED else Outcome.REFUSED


def _next_step(scene: Scene, fields) -> NextStep | None:
    code = fields.get('code_url', '')
    page = _page(fields.get('hy_pay_url', ''))
    params = _object(fields.get('hy_mini_pay_params', '')) or _object(
        fields.get('hy_extend_params', '')
    )
    if scene == Scene.IN_APP:
        page = _page(fields.get('hy_js_auth_pay_url', '')) or page
    if scene == Scene.QR:
        code = code or page  # a page that can be opened can also be scanned
        return NextStep(code_url=code, pay_url=page) if code else None
    if not (page or params):
        return None
    return NextStep(code_url=code, pay_url=page, sdk_params=params)


def _page(url: str) -> str:
    """Return an address that a browser may be sent to, or ''."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ''
    return url if parts.scheme in ('http', 'https') and parts.hostname else ''


def _object(text: str) -> dict[str, str] | None:
    """Return a JSON object of plain values that came as text, or None."""
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not value:
        return None
    return {
        name: item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        for name, item in value.items()
    }


def charged(request: ChargeRequest, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a direct order."""
    if response.reason:
        # An unsigned refusal does not count: the payer's wallet may have been charged.
        refused = response.refused or response.kind == ReasonKind.NOT_SENT
        return PaymentResult(
            Outcome.REFUSED if refused else Outcome.UNKNOWN,
            out_trade_no=request.out_trade_no,
            wallet=request.wallet,
            reason=response.reason,
            raw=response.raw,
        )
    return _payment(request.out_trade_no, response)


def queried(out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a query.

    A query that failed says nothing about the payment, whatever the code.
    """
    if response.reason:
        return response.as_payment(out_trade_no, gateway_trade_no=gateway_trade_no)
    return _payment(out_trade_no, response)


def _payment(out_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result that the fields of a query or direct order describe."""
    fields = response.fields
    outcome = outcome_of(fields.get('trade_status', ''))
    reason = None
    message = fields.get('channel_return_msg', '')[:200]
    amount, payer_amount = _amounts(fields)
    if outcome == Outcome.PAID and amount is None:
        # Paid, but the amount is missing: the next query may have it.
        outcome = Outcome.UNKNOWN
        reason = incomplete('amount')
    elif outcome == Outcome.REFUSED:
        reason = Reason(codes.kind_of('', message, ReasonKind.DECLINED), 'Failure', message)
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, fields.get('trade_status', '')[:32], message)
    paid = outcome == Outcome.PAID
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=fields.get('hy_bill_no', ''),
        wallet_trade_no=fields.get('channel_trade_no', ''),
        bill_bar_code=fields.get('channel_bar_code', ''),
        wallet=codes.wallet_of(fields.get('channel_type', '')),
        amount=amount,
        payer_amount=payer_amount if paid else None,
        paid_at=times.parse(fields.get('time_end')) if paid else None,
        reason=reason,
        raw=response.raw,
    )


def _amounts(fields) -> tuple[int | None, int | None]:
    """Return merchant amount and payer amount, fen.

    By the documents `real_fee` is what is settled and equals `total_fee`, and the payer paid
    `real_fee - coupon_amt`. Where `real_fee` is lower and the coupon explains the gap, it was used
    for what the payer paid. Where nothing explains it, the lower amount is returned, so that the
    difference is seen. An answer without `coupon_amt` (direct order) does not tell what the payer
    paid.
    """
    total = money.fen_or_none(fields.get('total_fee', ''))
    real = money.fen_or_none(fields.get('real_fee', ''))
    coupon = money.fen_or_none(fields.get('coupon_amt', ''))
    if total is None or not real:  # before a payment, real_fee is empty or 0
        return total if total is not None else real, total if coupon == 0 else None
    if real == total:
        return total, None if coupon is None else total - min(coupon, total)
    if coupon is None or real + coupon == total:
        return total, real
    return real, real


# === REFUNDS === #


def refunded(request: RefundRequest, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund call."""
    if response.reason:
        outcome = Outcome.REFUSED if response.refused else Outcome.UNKNOWN
        return response.as_refund(request.out_refund_no, outcome)
    amount = money.fen_or_none(response.fields.get('refund_fee', ''))
    if amount is not None and amount != request.amount:
        reason = mismatch('amount')
        return RefundResult(
            Outcome.UNKNOWN, request.out_refund_no, amount=amount, reason=reason, raw=response.raw
        )
    # Accepted. Whether it is done is for `query_refund` to say, unless the answer says so already.
    status = response.fields.get('refund_status', '')
    return RefundResult(
        outcome_of(status) if status else Outcome.WAITING,
        out_refund_no=request.out_refund_no,
        gateway_refund_no=response.fields.get('hy_refund_no', ''),
        amount=request.amount,
        raw=response.raw,
    )


def doubtful(result: RefundResult) -> RefundResult:
    """Return a refusal that could not be confirmed as unknown."""
    return dataclasses.replace(result, outcome=Outcome.UNKNOWN)


def refund_queried(out_refund_no: str, gateway_refund_no: str, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund query. A query that failed says nothing about the refund."""
    if response.reason:
        return response.as_refund(out_refund_no, gateway_refund_no=gateway_refund_no)
    fields = response.fields
    status = fields['refund_status']
    outcome = outcome_of(status)
    amount = money.fen_or_none(fields.get('refund_fee', ''))
    if amount is None:
        amount = money.fen_or_none(fields.get('real_refund_fee', ''))
    reason = None
    message = fields.get('channel_return_msg', '')[:200]
    if outcome == Outcome.REFUSED:
        kind = codes.kind_of('', message, ReasonKind.DECLINED)
        reason = of_refund(Reason(kind, status, message))
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, status[:32], message)
    return RefundResult(
        outcome,
        out_refund_no=out_refund_no,
        gateway_refund_no=fields.get('hy_refund_no', ''),
        amount=amount,
        number_spent=outcome == Outcome.REFUSED,
        reason=reason,
        raw=response.raw,
    )
