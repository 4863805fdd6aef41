# Part of payment_cn_wallets. License LGPL-3.
"""From a judged answer of QQ Wallet, or the fields of a notice, to a result."""

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
from . import codes
from .answers import Said

# === PAYMENTS === #


def ordered(request: OrderRequest, said: Said, step: NextStep | None) -> PaymentResult:
    """Return the result of a unified order."""
    base = {'out_trade_no': request.out_trade_no, 'wallet': request.wallet, 'raw': said.raw}
    if said.reason:
        closed = said.code in codes.CLOSED
        return PaymentResult(_order_failed(said), reason=said.reason, closed=closed, **base)
    if step is None:
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "nothing to pay with in the answer")
        return PaymentResult(Outcome.UNKNOWN, reason=reason, **base)
    return PaymentResult(Outcome.WAITING, amount=request.amount, next_step=step, **base)


def _order_failed(said: Said) -> Outcome:
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
    return Outcome.UNKNOWN if said.kind in doubtful else Outcome.REFUSED


def charged(request: ChargeRequest, said: Said) -> PaymentResult:
    """Return the result of a micropay."""
    base = {
        'out_trade_no': request.out_trade_no, 'wallet': Wallet.QQ_WALLET, 'raw': said.raw,
    }  # fmt: skip
    if said.reason is None:
        return payment(request.out_trade_no, said.fields, said.raw)
    if said.code == codes.USER_PAYING:
        # It comes with a result_code of FAIL, and is none.
        return PaymentResult(Outcome.WAITING, amount=request.amount, **base)
    # An unsigned refusal does not count: the payer's wallet may have been charged.
    refused = said.refused or said.kind == ReasonKind.NOT_SENT
    return PaymentResult(
        Outcome.REFUSED if refused else Outcome.UNKNOWN,
        reason=said.reason,
        closed=said.code in codes.CLOSED,
        **base,
    )


def queried(out_trade_no: str, gateway_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a query. A query that failed says nothing about the payment."""
    if said.reason is None:
        return payment(out_trade_no, said.fields, said.raw)
    if said.code == codes.USER_PAYING:
        return dataclasses.replace(
            doubt(out_trade_no, gateway_trade_no, said), outcome=Outcome.WAITING, reason=None
        )
    return doubt(out_trade_no, gateway_trade_no, said)


def doubt(out_trade_no: str, gateway_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a call that brought no news about the payment."""
    return said.doubt(out_trade_no, gateway_trade_no, Wallet.QQ_WALLET)


def ended(out_trade_no: str, gateway_trade_no: str, said: Said) -> PaymentResult:
    """Return the result of a close or reverse, ORDERPAID aside: it holds no money, or doubt.

    `recall`, in the answer to a reverse, asks for another try (as in the sister protocol).
    """
    if said.reason is None and said.fields.get('recall', '').upper() == 'Y':
        reason = Reason(ReasonKind.SYSTEM, 'recall', "the gateway wants to be asked again")
        said = said.without_result(reason)
    if said.reason is not None and said.code not in codes.CLOSED:
        return doubt(out_trade_no, gateway_trade_no, said)
    return PaymentResult(
        Outcome.REFUSED,
        out_trade_no=out_trade_no,
        gateway_trade_no=gateway_trade_no,
        wallet=Wallet.QQ_WALLET,
        closed=True,
        reason=said.reason or Reason(ReasonKind.EXPIRED),
        raw=said.raw,
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
        # Paid, but nobody can tell how much: the next query may.
        outcome, paid = Outcome.UNKNOWN, False
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "no amount in CNY in the answer")
    number = fields.get('transaction_id', '')
    return PaymentResult(
        outcome,
        out_trade_no=out_trade_no,
        gateway_trade_no=number,
        wallet_trade_no=number,  # the very number on the payer's bill
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


def refunded(request: RefundRequest, said: Said) -> RefundResult:
    """Return the result of a refund call: accepted is not yet done."""
    number = request.out_refund_no
    if said.reason:
        outcome = Outcome.REFUSED if said.refused else Outcome.UNKNOWN
        return RefundResult(outcome, number, reason=said.reason, raw=said.raw)
    amount = money.fen_or_none(said.fields.get('refund_fee', ''))
    if amount is not None and amount != request.amount:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', "for another amount")
        return RefundResult(Outcome.UNKNOWN, number, amount=amount, reason=reason, raw=said.raw)
    return RefundResult(
        Outcome.WAITING,
        number,
        gateway_refund_no=said.fields.get('refund_id', ''),
        amount=request.amount,
        raw=said.raw,
    )


def doubtful(result: RefundResult) -> RefundResult:
    """Return a refusal that could not be confirmed as unknown."""
    return dataclasses.replace(result, outcome=Outcome.UNKNOWN)


_ITEM = re.compile(r'out_refund_no_([0-9]{1,4})', re.ASCII)


def refund_queried(out_refund_no: str, gateway_refund_no: str, said: Said) -> RefundResult:
    """Return the result of a refund query: the item of the list that has our number."""
    base = {
        'out_refund_no': out_refund_no, 'gateway_refund_no': gateway_refund_no, 'raw': said.raw,
    }  # fmt: skip
    if said.reason:
        return RefundResult(Outcome.UNKNOWN, reason=said.reason, **base)
    fields = said.fields
    found = [
        match[1]
        for name, value in fields.items()
        if value == out_refund_no and (match := _ITEM.fullmatch(name))
    ]
    if len(found) != 1:
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "the answer is not about this refund")
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
        reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "no amount in the answer")
    base['gateway_refund_no'] = item['refund_id'] or gateway_refund_no
    return RefundResult(
        outcome, amount=amount, reason=reason, number_spent=state in codes.REFUND_SPENT, **base
    )
