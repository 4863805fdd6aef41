# Part of payment_cn_wallets. License LGPL-3.
"""From a verified response of QQ Wallet, or the fields of a notice, to a result."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

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
from ..responses import VerifiedResponse, incomplete, mismatch
from . import codes

# === PAYMENTS === #


def ordered(request: OrderRequest, response: VerifiedResponse, step: NextStep | None) -> PaymentResult:
    """Return the result of a unified order."""
    base = {'out_trade_no': request.out_trade_no, 'wallet': request.wallet, 'raw': response.raw}
    if response.reason:
        closed = response.code in codes.CLOSED
        return PaymentResult(_order_failed(response), reason=response.reason, closed=closed, **base)
    if step is None:
        reason = incomplete('code_url or prepay_id')
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    return PaymentResult(Outcome.WAITING, amount=request.amount, next_step=step, **base)


def _order_failed(response: VerifiedResponse) -> Outcome:
    """Tell refused from unknown for an order.

    An unsigned refusal counts here: without an answer nobody holds a code, so nobody can pay, and
    a shopper need not wait two hours because the merchant's key is wrong. "System error" and "that
    number was used" do not: the order may exist.
    """
    doubtful = (
        ReasonKind.DUPLICATE,
        ReasonKind.NOT_FOUND,
        ReasonKind.NO_ANSWER,
        ReasonKind.BAD_ANSWER_SIGNATURE,
        ReasonKind.SYSTEM,
    )
    return Outcome.UNKNOWN if response.kind in doubtful else Outcome.REFUSED


def charged(request: ChargeRequest, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a micropay."""
    base = {
        'out_trade_no': request.out_trade_no, 'wallet': Wallet.QQ_WALLET, 'raw': response.raw,
    }  # fmt: skip
    if response.reason is None:
        return payment(request.out_trade_no, response.fields, response.raw)
    if response.code == codes.USER_PAYING:
        # It comes with a result_code of FAIL, and is none.
        return PaymentResult(Outcome.WAITING, amount=request.amount, **base)
    # An unsigned refusal does not count: the payer's wallet may have been charged.
    refused = response.refused or response.kind == ReasonKind.NOT_SENT
    return PaymentResult(
        Outcome.REFUSED if refused else Outcome.UNKNOWN,
        reason=response.reason,
        closed=response.code in codes.CLOSED,
        **base,
    )


def queried(out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a query. A query that failed says nothing about the payment."""
    if response.reason is None:
        return payment(out_trade_no, response.fields, response.raw)
    if response.code == codes.USER_PAYING:
        return dataclasses.replace(
            not_told(out_trade_no, gateway_trade_no, response), outcome=Outcome.WAITING, reason=None
        )
    return not_told(out_trade_no, gateway_trade_no, response)


def not_told(
    out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse
) -> PaymentResult:
    """Return the result of a call that brought no state of the payment."""
    return response.as_payment(
        out_trade_no, gateway_trade_no=gateway_trade_no, wallet=Wallet.QQ_WALLET
    )


def ended(out_trade_no: str, gateway_trade_no: str, response: VerifiedResponse) -> PaymentResult:
    """Return the result of a close or reverse, ORDERPAID aside: it holds no money, or doubt.

    `recall`, in the answer to a reverse, asks for another try (as in the sister protocol).
    """
    if response.reason is None and response.fields.get('recall', '').upper() == 'Y':
        reason = Reason(ReasonKind.SYSTEM, 'recall', "the gateway wants to be asked again")
        response = response.without_result(reason)
    if response.reason is not None and response.code not in codes.CLOSED:
        return not_told(out_trade_no, gateway_trade_no, response)
    return PaymentResult(
        Outcome.REFUSED,
        out_trade_no=out_trade_no,
        gateway_trade_no=gateway_trade_no,
        wallet=Wallet.QQ_WALLET,
        closed=True,
        reason=response.reason or Reason(ReasonKind.EXPIRED),
        raw=response.raw,
    )


def payment(out_trade_no: str, fields: Mapping[str, str], raw) -> PaymentResult:
    """Return the result that the fields of a query, micropay or notice describe.

    `total_fee` is what the shop is owed, `cash_fee` what the payer paid, `coupon_fee` the wallet's
    own part.
    """
    state = fields.get('trade_state', '')
    outcome, kind, closed = codes.TRADE_STATES.get(
        state, (Outcome.UNKNOWN, ReasonKind.OTHER, False)
    )
    message = fields.get('trade_state_desc', '')[:200]
    reason = Reason(kind, state[:32], message) if kind else None
    amount = money.fen_or_none(fields.get('total_fee', ''))
    paid = outcome == Outcome.PAID
    if paid and (amount is None or fields.get('fee_type', '') not in ('', money.CURRENCY)):
        # Paid, but the amount is missing: the next query may have it.
        outcome, paid = Outcome.UNKNOWN, False
        reason = incomplete('amount in CNY')
    number = fields.get('transaction_id', '')
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=number,
        wallet_trade_no=number,  # the very number on the payer's receipt
        wallet=Wallet.QQ_WALLET,
        amount=amount,
        payer_amount=_payer_amount(fields, amount) if paid else None,
        payer_id=fields.get('openid', '') if paid else '',
        paid_at=times.parse(fields.get('time_end')) if paid else None,
        closed=closed,
        refunded=state == 'REFUND',
        reason=reason,
        raw=raw,
    )


def _payer_amount(fields, amount: int) -> int | None:
    cash = money.fen_or_none(fields.get('cash_fee', ''))
    if cash is not None:
        return cash
    coupon = money.fen_or_none(fields.get('coupon_fee', ''))
    return None if coupon is None or coupon > amount else amount - coupon


# === REFUNDS === #


def refunded(request: RefundRequest, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund call: accepted is not yet done."""
    number = request.out_refund_no
    if response.reason:
        outcome = Outcome.REFUSED if response.refused else Outcome.UNKNOWN
        return response.as_refund(number, outcome)
    amount = money.fen_or_none(response.fields.get('refund_fee', ''))
    if amount is not None and amount != request.amount:
        reason = mismatch('amount')
        return RefundResult(Outcome.UNKNOWN, number, amount=amount, reason=reason, raw=response.raw)
    return RefundResult(
        Outcome.WAITING,
        number,
        gateway_refund_no=response.fields.get('refund_id', ''),
        amount=request.amount,
        raw=response.raw,
    )


def doubtful(result: RefundResult) -> RefundResult:
    """Return a refusal that could not be confirmed as unknown."""
    return dataclasses.replace(result, outcome=Outcome.UNKNOWN)


_ITEM = re.compile(r'out_refund_no_([0-9]{1,4})', re.ASCII)


def refunds_total(response: VerifiedResponse) -> int | None:
    """Return how much of a payment went back or is on its way, from the list of its refunds.

    :return: fen, or None when the list does not say
    """
    items = [match for name in response.fields if (match := _ITEM.fullmatch(name))]
    if response.reason or not items:
        return None
    total = 0
    for match in items:
        state = response.fields.get(f'refund_status_{match[1]}', '')
        outcome, _kind = codes.REFUND_STATES.get(state, (Outcome.UNKNOWN, None))
        amount = money.fen_or_none(response.fields.get(f'refund_fee_{match[1]}', ''))
        if outcome == Outcome.UNKNOWN or amount is None:
            return None
        if outcome != Outcome.REFUSED:
            total += amount
    return total


def refund_queried(out_refund_no: str, gateway_refund_no: str, response: VerifiedResponse) -> RefundResult:
    """Return the result of a refund query: the item of the list that has our number."""
    base = {
        'out_refund_no': out_refund_no, 'gateway_refund_no': gateway_refund_no, 'raw': response.raw,
    }  # fmt: skip
    if response.reason:
        return RefundResult(Outcome.UNKNOWN, reason=response.reason, **base)
    fields = response.fields
    found = [
        match[1]
        for name, value in fields.items()
        if value == out_refund_no and (match := _ITEM.fullmatch(name))
    ]
    if len(found) != 1:
        reason = incomplete('refund of this number')
        return RefundResult(Outcome.UNKNOWN, reason=reason, **base)
    item = {
        name: fields.get(f'{name}_{found[0]}', '')
        for name in ('refund_id', 'refund_fee', 'refund_status')
    }
    state = item['refund_status']
    outcome, kind = codes.REFUND_STATES.get(state, (Outcome.UNKNOWN, ReasonKind.OTHER))
    amount = money.fen_or_none(item['refund_fee'])
    reason = Reason(kind, state[:32]) if kind else None
    if outcome == Outcome.PAID and amount is None:
        outcome = Outcome.UNKNOWN
        reason = incomplete('amount')
    base['gateway_refund_no'] = item['refund_id'] or gateway_refund_no
    return RefundResult(
        outcome, amount=amount, reason=reason, number_spent=state in codes.REFUND_SPENT, **base
    )
