# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's ways of giving money back: revoke, refund, and the questions about them."""

from __future__ import annotations

import dataclasses
import hashlib

from ..base import (
    Outcome,
    PaymentResult,
    Reason,
    ReasonKind,
    RefundRequest,
    RefundResult,
    Wallet,
)
from ..responses import VerifiedResponse, incomplete, mismatch
from ..text import check_number
from . import codes, requests, results
from .client import JdPayClient


class Refunds:
    """Gives money back, and asks about it.

    :param client: the gateway's
    """

    def __init__(self, client: JdPayClient):
        self._client = client

    # === REVERSE === #

    def reverse(self, state: PaymentResult) -> PaymentResult:
        """Undo a charge (`revoke`).

        :param state: what a query says about it: its amount is needed
        """
        out_trade_no = state.out_trade_no
        if state.outcome == Outcome.REFUSED:
            # A payment code counts once: a charge that failed can't be paid later.
            return self._reversed(state, state.raw)
        if state.outcome == Outcome.UNKNOWN or not state.amount:
            return self._not_reversed(state, state.reason or incomplete('amount'))
        number = revoke_number(out_trade_no)
        state = dataclasses.replace(state, reversal_number=number)
        response = self._client.call(
            'revoke',
            requests.revoke(out_trade_no, number, state.amount, self._client.clock()),
            required=('tradeNum',),
        )
        if response.reason:
            # The number may have been used by an earlier try, whose answer was lost.
            revoked = self.query(number, out_trade_no)
            reason = response.reason
        else:
            revoked = results.refund(response.fields, number, response.raw)
            if revoked.outcome == Outcome.UNKNOWN:
                revoked = self.query(number, out_trade_no)
            reason = revoked.reason
        if revoked.outcome == Outcome.PAID:
            return self._reversed(state, revoked.raw)
        if revoked.outcome == Outcome.WAITING:
            return self._reversing(state, revoked.raw)
        return self._not_reversed(state, reason, revoked.raw)

    def query_reversal(self, state: PaymentResult, reversal_number: str) -> PaymentResult:
        """Ask what became of a revoke (`query` with tradeType 1).

        :param state: what a query says about the order
        :param reversal_number: of the revoke; it follows from the order number when it is empty
        """
        number = reversal_number or revoke_number(state.out_trade_no)
        state = dataclasses.replace(state, reversal_number=number)
        revoked, unlisted = self._find(number, state.out_trade_no)
        if revoked.outcome == Outcome.PAID:
            return self._reversed(state, revoked.raw)
        if revoked.outcome == Outcome.WAITING:
            return self._reversing(state, revoked.raw)
        if revoked.outcome == Outcome.REFUSED or unlisted:
            return state
        return self._not_reversed(state, revoked.reason, revoked.raw)

    def _reversing(self, state: PaymentResult, raw) -> PaymentResult:
        reason = Reason(ReasonKind.OTHER, 'revoking', "the revoke is being processed")
        return dataclasses.replace(self._not_reversed(state, reason, raw), reversing=True)

    @staticmethod
    def _reversed(state: PaymentResult, raw) -> PaymentResult:
        return PaymentResult(
            Outcome.REFUSED,
            out_trade_no=state.out_trade_no,
            gateway_trade_no=state.gateway_trade_no,
            wallet=Wallet.JD_PAY,
            amount=state.amount,
            closed=True,
            refunded=state.outcome == Outcome.PAID,
            refunded_amount=state.amount if state.outcome == Outcome.PAID else None,
            reversal_number=state.reversal_number,
            reason=state.reason or Reason(ReasonKind.CANCELLED, 'revoked', ''),
            raw=raw,
        )

    @staticmethod
    def _not_reversed(state: PaymentResult, reason, raw=None) -> PaymentResult:
        return PaymentResult(
            Outcome.UNKNOWN,
            out_trade_no=state.out_trade_no,
            gateway_trade_no=state.gateway_trade_no,
            wallet=Wallet.JD_PAY,
            amount=state.amount,
            reversal_number=state.reversal_number,
            reason=reason,
            raw=raw or state.raw,
        )

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back (`refund`). Query it until it is done.

        Every doubt ends in `unknown`, for the number is the same on a retry and an earlier call
        with it may have worked.
        """
        number = request.out_refund_no
        response = self._client.call(
            'refund', requests.refund(request, self._client.clock()), required=('tradeNum',)
        )
        if response.reason:
            failed = response.as_refund(number)
            if not response.complaint:
                return failed
            found, listed = self._find(number, request.out_trade_no)
            if found.outcome != Outcome.UNKNOWN:
                return found
            if listed and response.kind not in (
                ReasonKind.SYSTEM, ReasonKind.DUPLICATE, ReasonKind.OTHER
            ):
                return response.as_refund(number, Outcome.REFUSED)
            return failed
        if response.fields.get('amount') and results.fen(response.fields['amount']) != request.amount:
            return response.without_result(mismatch('amount')).as_refund(number)
        return results.refund(response.fields, number, response.raw)

    def query(self, out_refund_no: str, out_trade_no: str) -> RefundResult:
        """Ask what became of a refund, or of a revoke."""
        return self._find(out_refund_no, out_trade_no)[0]

    def _find(self, out_refund_no: str, out_trade_no: str) -> tuple[RefundResult, bool]:
        """Return what JD knows of a refund, and whether its signed list is without it."""
        check_number('out_refund_no', out_refund_no, codes.NUMBER_LIMIT)
        response = self._client.call(
            'query',
            {'tradeNum': out_refund_no, 'tradeType': '1', 'oTradeNum': out_trade_no},
            repeatable=True,
            required=('tradeNum',),
        )
        if not response.reason:
            return results.refund(response.fields, out_refund_no, response.raw), False
        failed = response.as_refund(out_refund_no)
        if not response.complaint or not out_trade_no:
            return failed, False
        response = self._list_refunds(out_trade_no)
        if response.reason:
            return failed, False
        for row in response.fields.get('refList', ()):
            if row.get('tradeNum') != out_refund_no:
                continue
            if row.get('oTradeNum', '') in ('', out_trade_no):
                return results.refund(row, out_refund_no, response.raw), False
            return failed, False
        reason = Reason(ReasonKind.NOT_FOUND, failed.reason.code, failed.reason.message)
        return RefundResult(Outcome.UNKNOWN, out_refund_no, reason=reason, raw=response.raw), True

    def _list_refunds(self, out_trade_no: str) -> VerifiedResponse:
        return self._client.call(
            'queryRefund', {'oTradeNum': out_trade_no, 'tradeType': '1'}, repeatable=True
        )

    def add_to(self, payment: PaymentResult) -> PaymentResult:
        """Return a paid order with what JD's signed list (`queryRefund`) says went back of it."""
        response = self._list_refunds(payment.out_trade_no)
        if response.reason:
            return payment
        rows = response.fields.get('refList', ())
        refunded, amount = results.refunds_total(rows, payment.out_trade_no)
        return dataclasses.replace(payment, refunded=refunded, refunded_amount=amount)


def revoke_number(out_trade_no: str) -> str:
    """Return the number under which an order is revoked: always the same one."""
    number = f'V{out_trade_no}'
    if len(number) <= codes.NUMBER_LIMIT:
        return number
    return 'V' + hashlib.sha256(out_trade_no.encode()).hexdigest()[: codes.NUMBER_LIMIT - 1]
