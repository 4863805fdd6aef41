# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of Huishouyin.

An answer is judged on three levels, in this order: `return_code`, `result_code`, `trade_status`.
The protocol signs an answer when `return_code` is SUCCESS; a `return_code` of FAIL comes without a
signature and often without a code. So there are three degrees of trust:

- **good**: signed with our key. Everything in it counts;
- **none**: a FAIL without signature. TLS says that it comes from the gateway's host, nothing says
  that it comes from the gateway (a proxy or a load balancer in front may have written it). It is
  shown to people, and believed only where a lie costs nothing;
- **bad**: a signature that is not ours, or a SUCCESS without one. Nothing in it counts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import masking
from ..base import Reason, ReasonKind
from ..transport import Answer, NoAnswer, NotSent, TransportError
from . import codes, wire

_MESSAGE_LIMIT = 200


@dataclass(frozen=True)
class Said:
    """An answer, judged.

    :param fields: the fields of an answer that counts, or {}
    :param reason: why there is no result, or None when `result_code` is SUCCESS
    :param signed: whether the gateway's signature was verified
    :param refused: certain, and signed, that the gateway did nothing
    :param date: the answer's Date header
    :param raw: the answer, masked
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    reason: Reason | None = None
    signed: bool = False
    refused: bool = False
    date: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    def differ(self, asked: Mapping[str, str], required=()) -> Reason | None:
        """Compare an answer with the question.

        A signed answer may be an old one, or one to another question, put in the place of this
        one; the key alone does not bind them.

        :param asked: what was asked; fields that the answer does not have are passed over
        :param required: names that the answer must have
        :return: None when it is the answer to that question
        """
        for name in required:
            if not self.fields.get(name):
                return Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {name} in the answer")
        for name, value in asked.items():
            if value and self.fields.get(name, '') not in ('', value):
                return Reason(
                    ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {name}"
                )
        return None

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(self, fields={}, reason=reason, refused=False)


def from_error(error: TransportError) -> Said:
    """Return what a call without answer amounts to."""
    raw = {'error': str(error)}
    if isinstance(error, NotSent):
        return Said(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw=raw)
    status = error.status if isinstance(error, NoAnswer) else None
    if status:
        raw['http_status'] = status
    return Said(reason=Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error)), raw=raw)


def judge(answer: Answer, key: str) -> Said:
    """Read an answer, verify its signature and say what may be believed of it."""
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise wire.Malformed(f"HTTP status {answer.status}")
        charset = wire.charset_of(_charset(answer.headers.get('content-type', '')))
        text = wire.decode(answer.body.removeprefix(b'\xef\xbb\xbf'), charset)
        items = wire.parse_object(text)
        fields = {name: item.text for name, item in items.items()}
        received = wire.encode_all(fields, charset)
    except wire.Malformed as error:
        return Said(
            reason=Reason(ReasonKind.NO_ANSWER, '', str(error)),
            date=date,
            raw={'error': str(error), 'http_status': answer.status},
        )
    raw = masking.mask(fields)
    code, message = _complaint(fields)
    signature = fields.get('sign', '')
    if signature:
        if not wire.verify(received, key, signature):
            # The claim is kept for people and for `probe`: with a wrong key of ours, the
            # gateway's complaint about it is signed with the right one.
            return Said(
                reason=Reason(ReasonKind.BAD_ANSWER_SIGNATURE, code, message), date=date, raw=raw
            )
        signed = True
    elif fields.get('return_code') == 'FAIL':
        signed = False
    else:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return Said(reason=reason, date=date, raw=raw)
    if signed and _succeeded(fields, code):
        return Said(fields=fields, signed=True, date=date, raw=raw)
    kind = codes.kind_of(code, message)
    certain = signed and code in codes.REFUSALS
    return Said(
        reason=Reason(kind, code, message),
        signed=signed,
        # "That number was used" or "no such order" says nothing about what an earlier call did.
        refused=certain and kind not in (ReasonKind.DUPLICATE, ReasonKind.NOT_FOUND),
        date=date,
        raw=raw,
    )


def _charset(content_type: str) -> str:
    for part in content_type.split(';')[1:]:
        name, _eq, value = part.partition('=')
        if name.strip().lower() == 'charset':
            return value
    return ''


def _succeeded(fields, code) -> bool:
    """Whether both levels say SUCCESS. Some samples leave `result_code` out."""
    return (
        fields.get('return_code') == 'SUCCESS'
        and fields.get('result_code', '') in ('', 'SUCCESS')
        and code in ('', '0', codes.SUCCESS)
    )


def _complaint(fields) -> tuple[str, str]:
    """Return the error code and the message that say the most."""
    code = fields.get('error_code', '')
    for name in ('error_msg', 'result_msg', 'return_msg'):
        message = fields.get(name, '')
        if message and message.upper() != 'OK':
            return code[:32], message[:_MESSAGE_LIMIT]
    return code[:32], ''
