# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of JD Pay.

JD signs what it encrypts. Complaints come without `<encrypt>`, so they are not signed: they explain,
but they end nothing that may have moved money. Whatever comes encrypted must be signed with JD's
key, name our merchant and the number that was asked about, or nothing in it counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import masking
from ..base import Reason, ReasonKind
from ..messages import Malformed
from ..transport import Answer, NoAnswer, NotSent, TransportError
from . import codes, messages
from .messages import BadSignature, Document, Keys

_MESSAGE_LIMIT = 200
# Of `pay`: its `detail` holds names and card numbers, which nobody here needs.
_PAY_FIELDS = ('payType', 'amount', 'currency', 'tradeTime')


@dataclass(frozen=True)
class Said:
    """An answer, judged.

    :param document: the inner document when it counts, else None
    :param reason: why there is no result, or None when the code is 000000
    :param signed: whether JD's signature was verified
    :param complained: JD read the request and answered with an error
    :param date: the answer's Date header
    :param raw: the answer, masked
    """

    document: Document | None = None
    reason: Reason | None = None
    signed: bool = False
    complained: bool = False
    date: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    @property
    def fields(self) -> Mapping[str, str]:
        """Return the fields that count, or {}."""
        return self.document.fields if self.document else {}

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(self, document=None, reason=reason, complained=False)


def mismatch(what: str) -> Reason:
    """Return the reason for not believing a signed answer to another question."""
    return Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {what}")


def incomplete(what: str) -> Reason:
    """Return the reason for not using an answer that lacks something."""
    return Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {what} in the answer")


def from_error(error: TransportError) -> Said:
    """Return what a call without answer amounts to."""
    raw = {'error': str(error)}
    if isinstance(error, NotSent):
        return Said(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw=raw)
    status = error.status if isinstance(error, NoAnswer) else None
    if status:
        raw['http_status'] = status
    return Said(reason=Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error)), raw=raw)


def raw_of(document: Document) -> dict[str, object]:
    """Return a document for the record, without what identifies the payer."""
    raw = dict(document.fields)
    raw.pop('encrypt', None)
    if document.code or document.message:
        raw['result'] = {'code': document.code, 'desc': document.message}
    if document.pays:
        raw['payList'] = [
            {name: pay[name] for name in _PAY_FIELDS if name in pay} for pay in document.pays
        ]
    if document.refunds:
        raw['refList'] = [dict(refund) for refund in document.refunds]
    return masking.mask(raw)


def judge(answer: Answer, keys: Keys, asked: Mapping[str, str]) -> Said:
    """Read an answer, verify it and say what may be believed of it.

    :param asked: name -> value; a field of the answer that says otherwise makes it unbelievable
    """
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise Malformed(f"HTTP status {answer.status}")
        outer = messages.outer(answer.body)
    except Malformed as error:
        return Said(
            reason=Reason(ReasonKind.NO_ANSWER, '', str(error)),
            date=date,
            raw={'error': str(error), 'http_status': answer.status},
        )
    encrypted = outer.fields.get('encrypt', '')
    if not encrypted:
        return _complaint(outer, date, signed=False)
    raw = raw_of(outer)
    try:
        document = messages.unseal(encrypted, keys)
    except BadSignature as error:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'signature', str(error))
        return Said(reason=reason, date=date, raw=raw)
    except Malformed as error:
        # With a wrong DES key or a wrong key of JD it looks the same as a forgery.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unreadable', str(error))
        return Said(reason=reason, date=date, raw=raw)
    if document.fields.get('merchant') != keys.merchant:
        return Said(reason=mismatch('merchant'), date=date, raw=raw_of(document))
    if document.code != messages.SUCCESS:
        return _complaint(document, date, signed=True)
    said = Said(document=document, signed=True, date=date, raw=raw_of(document))
    for name, value in asked.items():
        if value and document.fields.get(name, '') not in ('', value):
            return said.without_result(mismatch(name))
    return said


def _complaint(document: Document, date: str, *, signed: bool) -> Said:
    code, message = document.code[:32], document.message[:_MESSAGE_LIMIT]
    if code in ('', messages.SUCCESS):
        # A success that nobody signed.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return Said(reason=reason, date=date, raw=raw_of(document))
    return Said(
        reason=Reason(codes.kind_of(code, message), code, message),
        signed=signed,
        complained=True,
        date=date,
        raw=raw_of(document),
    )
