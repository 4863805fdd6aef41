# Part of payment_cn_wallets. License LGPL-3.
"""The verified response to one call, in one form for all gateways.

`verify` of each gateway's client makes one of what came back; what may be believed of it is decided
there and stands in the fields below. Everything behind it (`results`) reads these fields only.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .enums import Outcome, ReasonKind
from .errors import CallFailed, Reason
from .results import PaymentResult, RefundResult
from .transport import NoAnswer, NotSent, TransportError


@dataclass(frozen=True)
class VerifiedResponse:
    """A response whose signature was checked, or the reason why there is none.

    :param fields: of a response that counts, or {}
    :param reason: why the call did not succeed, or None
    :param code: the gateway's result code, as its module `codes` compares it
    :param sub_code: its detailed code, in protocols that have two
    :param signed: whether the gateway's signature was verified
    :param complaint: the gateway read the request and answered with an error of the protocol
    :param refused: certain, and signed, that the gateway did nothing
    :param status: HTTP status, 0 when there was no response
    :param date: the response's Date header
    :param raw: the response with secrets and personal numbers masked, for the record
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    reason: Reason | None = None
    code: str = ''
    sub_code: str = ''
    signed: bool = False
    complaint: bool = False
    refused: bool = False
    status: int = 0
    date: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_error(cls, error: TransportError) -> VerifiedResponse:
        """Return what a call without a whole response amounts to."""
        raw = {'error': str(error)}
        if isinstance(error, NotSent):
            return cls(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw=raw)
        status = (error.status or 0) if isinstance(error, NoAnswer) else 0
        if status:
            raw['http_status'] = status
        reason = Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error))
        return cls(status=status, reason=reason, raw=raw)

    @classmethod
    def unreadable(cls, message: str, status: int, date: str = '') -> VerifiedResponse:
        """Return a response that is not in the protocol's form."""
        return cls(
            reason=Reason(ReasonKind.NO_ANSWER, '', message),
            status=status,
            date=date,
            raw={'error': message, 'http_status': status},
        )

    # === READING === #

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    def text(self, name: str) -> str:
        """Return a field that is text (or a number as it was written), else ''."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ''

    def complains_with(self, codes: Collection[str]) -> bool:
        """Say whether it is an error of the protocol with one of these codes.

        429 says that the gateway is busy, whatever code comes with it.
        """
        return self.complaint and self.status != 429 and self.code in codes

    def succeeded(self) -> VerifiedResponse:
        """Return the response when it is a success.

        :raise CallFailed: otherwise
        """
        if self.reason:
            raise CallFailed(self.reason)
        return self

    # === COMPARING WITH THE REQUEST === #

    def compare(
        self, expected: Mapping[str, str], required: Collection[str] = ()
    ) -> VerifiedResponse:
        """Return the response when it answers the request, else the same one not believed.

        A signed response may be an old one, or one to another request, put in the place of this
        one: the signature alone does not bind it to the request.

        :param expected: fields that it must not contradict; those that either side leaves out are
            passed over
        :param required: fields that it must have
        """
        for name in required:
            if not self.text(name):
                return self.without_result(incomplete(name))
        for name, value in expected.items():
            if value and self.fields.get(name) not in (None, '', value):
                return self.without_result(mismatch(name))
        return self

    def without_result(self, reason: Reason) -> VerifiedResponse:
        """Return the same response, not believed."""
        return dataclasses.replace(
            self, fields={}, reason=reason, code='', sub_code='', complaint=False, refused=False
        )

    # === RESULTS OF A CALL THAT TELLS NO STATE === #

    def as_payment(
        self, out_trade_no: str, outcome: Outcome = Outcome.UNKNOWN, **more
    ) -> PaymentResult:
        """Return the result of a call that brought no state of the payment."""
        return PaymentResult(
            outcome, out_trade_no=out_trade_no, reason=self.reason, raw=self.raw, **more
        )

    def as_refund(
        self, out_refund_no: str, outcome: Outcome = Outcome.UNKNOWN, **more
    ) -> RefundResult:
        """Return the result of a call that brought no state of the refund."""
        return RefundResult(
            outcome, out_refund_no, reason=of_refund(self.reason), raw=self.raw, **more
        )


_TOO_LITTLE = re.compile(r'NOT_?ENOUGH|余额不足|insufficient', re.IGNORECASE)


def of_refund(reason: Reason | None) -> Reason | None:
    """Return why a refund did not go through.

    The words for a payer who has too little mean the merchant here: a refund takes the money from
    its account at the gateway, which pay-outs may have emptied.
    """
    if reason and reason.kind == ReasonKind.DECLINED and (
        _TOO_LITTLE.search(reason.code) or _TOO_LITTLE.search(reason.message)
    ):
        return dataclasses.replace(reason, kind=ReasonKind.MERCHANT_BALANCE)
    return reason


def mismatch(what: str) -> Reason:
    """Return the reason for not believing a signed response to another request."""
    return Reason(
        ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {what}"
    )


def incomplete(what: str) -> Reason:
    """Return the reason for not using a response that lacks something."""
    return Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {what} in the answer")
