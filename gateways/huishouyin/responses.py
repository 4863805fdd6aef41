# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of Huishouyin.

A response is read on three levels, in this order: `return_code`, `result_code`, `trade_status`.
The protocol signs a response when `return_code` is SUCCESS; a `return_code` of FAIL comes without a
signature and often without a code. So there are three degrees of trust:

- **good**: signed with our key. Everything in it counts;
- **none**: a FAIL without signature. TLS says that it comes from the gateway's host, nothing says
  that it comes from the gateway (a proxy or a load balancer in front may have written it). It is
  shown to people, and believed only where a lie costs nothing;
- **bad**: a signature that is not ours, or a SUCCESS without one. Nothing in it counts.
"""

from __future__ import annotations

from .. import masking, parsing
from ..base import Reason, ReasonKind
from ..responses import VerifiedResponse
from ..transport import Answer
from . import codes, signing

_MESSAGE_LIMIT = 200


def verify(answer: Answer, key: str) -> VerifiedResponse:
    """Read a response, verify its signature and say what may be believed of it."""
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise parsing.Malformed(f"HTTP status {answer.status}")
        charset = parsing.charset_of(
            parsing.stated_charset(answer.headers.get('content-type', ''))
        )
        text = parsing.decode(answer.body.removeprefix(b'\xef\xbb\xbf'), charset)
        items = signing.parse_object(text)
        fields = {name: item.text for name, item in items.items()}
        received = parsing.encode_all(fields, charset)
    except parsing.Malformed as error:
        return VerifiedResponse.unreadable(str(error), answer.status, date)
    raw = masking.mask(fields)
    code, message = _error(fields)
    signature = fields.get('sign', '')
    if signature:
        if not signing.verify(received, key, signature):
            # The claim is kept for people and for `probe`: with a wrong key of ours, the
            # gateway's complaint about it is signed with the right one.
            reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, code, message)
            return VerifiedResponse(reason=reason, date=date, raw=raw)
        signed = True
    elif fields.get('return_code') == 'FAIL':
        signed = False
    else:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return VerifiedResponse(reason=reason, date=date, raw=raw)
    if signed and _succeeded(fields, code):
        return VerifiedResponse(fields=fields, signed=True, date=date, raw=raw)
    kind = codes.kind_of(code, message)
    certain = signed and code in codes.REFUSALS
    return VerifiedResponse(
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


def _error(fields) -> tuple[str, str]:
    """Return the error code and the message that say the most."""
    code = fields.get('error_code', '')
    for name in ('error_msg', 'result_msg', 'return_msg'):
        message = fields.get(name, '')
        if message and message.upper() != 'OK':
            return code[:32], message[:_MESSAGE_LIMIT]
    return code[:32], ''
