# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's ways of giving money back: revoke, refund, and the questions about them."""

from __future__ import annotations

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
from ..text import check_number
from . import answers, codes, fields as biz_fields, results


class Refunds:
    """The part of the gateway that gives money back."""

    # === REVERSE === #

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge (`revoke`), whatever its state, after a query that tells its amount.

        An order that is unpaid can't be paid any more then; of a paid one the money goes back. As
        long as JD is at it, or does not say, the result is unknown: reverse again.
        """
        state = self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
        if state.outcome == Outcome.REFUSED:
            # A payment code counts once: a charge that failed can't be paid later.
            return self._reversed(state, state.raw)
        if state.outcome == Outcome.UNKNOWN or not state.amount:
            return self._not_reversed(state, state.reason or answers.incomplete('amount'))
        number = revoke_number(out_trade_no)
        said = self._call(
            'revoke', biz_fields.revoke(out_trade_no, number, state.amount, self.clock())
        )
        if said.reason:
            # The number may have been used by an earlier try, whose answer was lost.
            revoked = self.query_refund(number, out_trade_no=out_trade_no)
            reason = said.reason
        else:
            revoked = results.refund(said.fields, number, said.raw)
            if revoked.outcome == Outcome.UNKNOWN:
                revoked = self.query_refund(number, out_trade_no=out_trade_no)
            reason = revoked.reason
        if revoked.outcome == Outcome.PAID:
            return self._reversed(state, revoked.raw)
        if revoked.outcome == Outcome.WAITING:
            reason = Reason(ReasonKind.OTHER, 'revoking', "the revoke is being processed")
        return self._not_reversed(state, reason, revoked.raw)

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
        said = self._call('refund', biz_fields.refund(request, self.clock()))
        if said.reason:
            failed = results.failed_refund(said, number)
            if not said.complained:
                return failed
            found, listed = self._find_refund(number, request.out_trade_no)
            if found.outcome != Outcome.UNKNOWN:
                return found
            if listed and said.kind not in (
                ReasonKind.SYSTEM, ReasonKind.DUPLICATE, ReasonKind.OTHER
            ):
                return results.failed_refund(said, number, Outcome.REFUSED)
            return failed
        if said.fields.get('amount') and results.fen(said.fields['amount']) != request.amount:
            return results.failed_refund(said.without_result(answers.mismatch('amount')), number)
        return results.refund(said.fields, number, said.raw)

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund (`query` with tradeType 1, then the list of the order's).

        :param out_trade_no: the payment; without it only the refund's own number is asked about
        """
        return self._find_refund(out_refund_no, out_trade_no)[0]

    def _find_refund(self, out_refund_no: str, out_trade_no: str) -> tuple[RefundResult, bool]:
        """Return what JD knows of a refund, and whether its signed list is without it."""
        check_number('out_refund_no', out_refund_no, codes.NUMBER_LIMIT)
        said = self._call(
            'query',
            {'tradeNum': out_refund_no, 'tradeType': '1', 'oTradeNum': out_trade_no},
            repeatable=True,
            asked=('tradeNum', 'tradeType', 'oTradeNum'),
        )
        if not said.reason:
            return results.refund(said.fields, out_refund_no, said.raw), False
        failed = results.failed_refund(said, out_refund_no)
        if not said.complained or not out_trade_no:
            return failed, False
        said = self._call(
            'queryRefund', {'oTradeNum': out_trade_no, 'tradeType': '1'}, repeatable=True,
            asked=('oTradeNum',), required=(),
        )  # fmt: skip
        if said.reason:
            return failed, False
        for row in said.document.refunds:
            if row.get('tradeNum') != out_refund_no:
                continue
            if row.get('oTradeNum', '') in ('', out_trade_no):
                return results.refund(row, out_refund_no, said.raw), False
            return failed, False
        reason = Reason(ReasonKind.NOT_FOUND, failed.reason.code, failed.reason.message)
        return RefundResult(Outcome.UNKNOWN, out_refund_no, reason=reason, raw=said.raw), True


def revoke_number(out_trade_no: str) -> str:
    """Return the number under which an order is revoked: always the same one."""
    number = f'V{out_trade_no}'
    if len(number) <= codes.NUMBER_LIMIT:
        return number
    return 'V' + hashlib.sha256(out_trade_no.encode()).hexdigest()[: codes.NUMBER_LIMIT - 1]
