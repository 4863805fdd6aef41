# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of JD Pay.

JD signs what it encrypts. Complaints come without `<encrypt>`, so they are not signed: they explain,
but they end nothing that may have moved money. Whatever comes encrypted must be signed with JD's
key, name our merchant and the number that was asked about, or nothing in it counts.
"""

from __future__ import annotations

from .. import masking
from ..base import Reason, ReasonKind
from ..parsing import Malformed
from ..responses import VerifiedResponse, mismatch
from ..transport import Answer
from . import codes, envelope
from .envelope import BadSignature, Document, Keys

_MESSAGE_LIMIT = 200
# Of `pay`: its `detail` holds names and card numbers, which are not needed.
_PAY_FIELDS = ('payType', 'amount', 'currency', 'tradeTime')


def raw_of(document: Document) -> dict[str, object]:
    """Return a document for the record, without what identifies the payer."""
    raw = {
        name: value for name, value in document.fields.items()
        if name not in ('encrypt', 'payList', 'refList')
    }  # fmt: skip
    if document.code or document.message:
        raw['result'] = {'code': document.code, 'desc': document.message}
    if 'payList' in document.fields:
        raw['payList'] = [
            {name: pay[name] for name in _PAY_FIELDS if name in pay}
            for pay in document.fields['payList']
        ]
    if 'refList' in document.fields:
        raw['refList'] = [dict(refund) for refund in document.fields['refList']]
    return masking.mask(raw)


def verify(answer: Answer, keys: Keys) -> VerifiedResponse:
    """Read a response, decrypt and verify it, and say what may be believed of it."""
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise Malformed(f"HTTP status {answer.status}")
        outer = envelope.outer(answer.body)
    except Malformed as error:
        return VerifiedResponse.unreadable(str(error), answer.status, date)
    encrypted = outer.fields.get('encrypt', '')
    if not encrypted:
        return _error(outer, date, signed=False)
    raw = raw_of(outer)
    try:
        document = envelope.unseal(encrypted, keys)
    except BadSignature as error:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'signature', str(error))
        return VerifiedResponse(reason=reason, date=date, raw=raw)
    except Malformed as error:
        # With a wrong DES key or a wrong key of JD it looks the same as a forgery.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unreadable', str(error))
        return VerifiedResponse(reason=reason, date=date, raw=raw)
    if document.fields.get('merchant') != keys.merchant:
        return VerifiedResponse(reason=mismatch('merchant'), date=date, raw=raw_of(document))
    if document.code != envelope.SUCCESS:
        return _error(document, date, signed=True)
    return VerifiedResponse(
        fields=document.fields, code=document.code, signed=True, status=answer.status, date=date,
        raw=raw_of(document),
    )  # fmt: skip


def _error(document: Document, date: str, *, signed: bool) -> VerifiedResponse:
    code, message = document.code[:32], document.message[:_MESSAGE_LIMIT]
    if code in ('', envelope.SUCCESS):
        # A success without a signature.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return VerifiedResponse(reason=reason, date=date, raw=raw_of(document))
    return VerifiedResponse(
        reason=Reason(codes.kind_of(code, message), code, message),
        signed=signed,
        complaint=True,
        date=date,
        raw=raw_of(document),
    )
