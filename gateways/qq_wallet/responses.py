# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of QQ Wallet.

A response is read in this order: HTTP and XML, `return_code`, signature, `result_code`, and for a
payment `trade_state`. Whether a `return_code` of FAIL comes signed is not documented, and several
SDKs expect that it does not. So there are three degrees of trust:

- **good**: signed with our key. Everything in it counts;
- **none**: a FAIL without signature. TLS says that it comes from the gateway's host, nothing says
  that it comes from the gateway. It is shown to people, and believed only where a lie costs
  nothing;
- **bad**: a signature that is not ours, or a SUCCESS without one. Nothing in it counts.

`retcode` and `retmsg`, of the system behind, are kept for people and decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import masking
from ..base import Reason, ReasonKind
from ..parsing import Malformed
from ..responses import VerifiedResponse
from ..transport import Answer
from . import codes, signing

_MESSAGE_LIMIT = 200


def mask(fields: Mapping[str, str]) -> dict:
    """Return what may be kept of a message."""
    return masking.mask({
        # The account that a refund went to, as the payer's bank writes it. Spelt so.
        name: masking.MASK if name.startswith('refund_recv_accout') and value else value
        for name, value in fields.items()
    })


def verify(answer: Answer, key: str, sign_type: str) -> VerifiedResponse:
    """Read a response, verify its signature and say what may be believed of it.

    `fields` are those of every signed response, of a refusal as well: it is compared with the
    request like a success.
    """
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise Malformed(f"HTTP status {answer.status}")
        fields = signing.read(answer.body)
    except Malformed as error:
        return VerifiedResponse.unreadable(str(error), answer.status, date)
    raw = mask(fields)
    code, message = error_of(fields)
    succeeded = _succeeded(fields, code)
    if not succeeded and not code and fields.get('trade_state') == codes.USER_PAYING:
        code = codes.USER_PAYING  # sources differ about the field that says so
    if fields.get('sign'):
        if not signing.verify(fields, key, sign_type):
            # The claim is kept for people and for `probe`: with a wrong key of ours, the
            # gateway's complaint about it may be signed with the right one.
            reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, code, message)
            return VerifiedResponse(status=answer.status, reason=reason, date=date, raw=raw)
        if succeeded:
            return VerifiedResponse(status=answer.status, fields=fields, signed=True, date=date, raw=raw)
        return VerifiedResponse(
            status=answer.status,
            fields=fields,
            reason=Reason(codes.kind_of(code, message), code, message),
            code=code,
            signed=True,
            complaint=True,
            refused=code in codes.REFUSALS,
            date=date,
            raw=raw,
        )
    if fields.get('return_code') == 'FAIL' or fields.get('result_code') == 'FAIL':
        reason = Reason(codes.kind_of(code, message), code, message)
    else:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
    return VerifiedResponse(status=answer.status, reason=reason, date=date, raw=raw)


def _succeeded(fields, code) -> bool:
    return (
        fields.get('return_code') == 'SUCCESS'
        and fields.get('result_code') == 'SUCCESS'
        and code in ('', '0', 'OK', 'SUCCESS')
    )


def error_of(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the error code and the message that say the most.

    One source spells the message's field `err_code_desc`.
    """
    code = fields.get('err_code', '')[:32]
    for name in ('err_code_des', 'err_code_desc', 'return_msg', 'retmsg'):
        message = fields.get(name, '')
        if message and message.upper() not in ('OK', 'SUCCESS'):
            return code, message[:_MESSAGE_LIMIT]
    return code, ''
