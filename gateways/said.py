# Part of payment_cn_wallets. License LGPL-3.
"""A judged answer: the part that the gateways' own `Said` have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from .records import PaymentResult
from .transport import NoAnswer, NotSent, TransportError
from .words import Outcome, Reason, ReasonKind, Wallet


@dataclass(frozen=True)
class Said:
    """An answer, judged.

    :param fields: of an answer that counts, or {}
    :param reason: why there is no result, or None when it is a success
    :param signed: whether the gateway's signature was verified
    :param refused: certain, and signed, that the gateway did nothing
    :param date: the answer's Date header
    :param raw: the answer, masked
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    reason: Reason | None = None
    signed: bool = False
    refused: bool = False
    date: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_error(cls, error: TransportError) -> Said:
        """Return what a call without answer amounts to."""
        raw = {'error': str(error)}
        if isinstance(error, NotSent):
            return cls(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw=raw)
        status = error.status if isinstance(error, NoAnswer) else None
        if status:
            raw['http_status'] = status
        return cls(reason=Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error)), raw=raw)

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    def text(self, name: str) -> str:
        """Return a field that is text (or a number as it was written), else ''."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ''

    def differ(self, asked: Mapping[str, str], required=()) -> Reason | None:
        """Compare an answer with the question.

        A signed answer may be an old one, or one to another question, put in the place of this
        one; the key alone does not bind them.

        :param asked: what was asked; fields that the answer does not have are passed over
        :param required: names that the answer must have
        :return: None when it is the answer to that question
        """
        for name in required:
            if not self.text(name):
                return Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {name} in the answer")
        for name, value in asked.items():
            if value and self.text(name) not in ('', value):
                return Reason(
                    ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {name}"
                )
        return None

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(self, fields={}, reason=reason, refused=False)

    def doubt(
        self, out_trade_no: str, gateway_trade_no: str = '', wallet: Wallet | None = None
    ) -> PaymentResult:
        """Return the result of a call that brought no news about the payment."""
        return PaymentResult(
            Outcome.UNKNOWN,
            out_trade_no=out_trade_no,
            gateway_trade_no=gateway_trade_no,
            wallet=wallet,
            reason=self.reason,
            raw=self.raw,
        )
