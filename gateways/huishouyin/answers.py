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

from .. import masking, messages
from ..base import Reason, ReasonKind
from ..said import Said
from ..transport import Answer
from . import codes, wire

_MESSAGE_LIMIT = 200


def judge(answer: Answer, key: str) -> Said:
    """Read an answer, verify its signature and say what may be believed of it."""
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise messages.Malformed(f"HTTP status {answer.status}")
        charset = messages.charset_of(
            messages.stated_charset(answer.headers.get('content-type', ''))
        )
        text = messages.decode(answer.body.removeprefix(b'\xef\xbb\xbf'), charset)
        items = wire.parse_object(text)
        fields = {name: item.text for name, item in items.items()}
        received = messages.encode_all(fields, charset)
    except messages.Malformed as error:
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
