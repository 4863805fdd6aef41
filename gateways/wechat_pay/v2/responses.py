# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of version 2. It has status 200 whatever happened.

It has three levels, read in this order: `return_code` (a FAIL is not signed), `result_code`,
`trade_state`.
"""

from __future__ import annotations

from dataclasses import replace

from ... import masking
from ...base import Reason, ReasonKind
from ...parsing import Malformed
from ...responses import VerifiedResponse
from ...transport import Answer
from .. import codes
from . import signing


def verify(answer: Answer, key: str) -> VerifiedResponse:
    """Read a response, verify its signature and say what may be believed of it."""
    raw = {'http_status': answer.status}
    nothing = VerifiedResponse(status=answer.status, raw=raw)
    if answer.status != 200:
        return nothing.without_result(
            Reason(ReasonKind.NO_ANSWER, str(answer.status), f"HTTP status {answer.status}")
        )
    try:
        fields = signing.parse(answer.body)
    except Malformed as error:
        return nothing.without_result(Reason(ReasonKind.NO_ANSWER, 'xml', str(error)))
    response = VerifiedResponse(status=200, raw={**raw, **masking.mask(fields)})
    if fields.get('return_code') != 'SUCCESS':
        # Not signed, and without a code. For money that may move it proves nothing.
        message = masking.mask_text(fields.get('return_msg', ''))[:200]
        kind = ReasonKind.BAD_KEY if '签名' in message else ReasonKind.OTHER
        return response.without_result(Reason(kind, fields.get('return_code', '')[:32], message))
    if not signing.verify(fields, key):
        return response.without_result(
            Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'signature', "not the gateway's signature")
        )
    if fields.get('result_code') == 'SUCCESS':
        return replace(response, fields=fields, signed=True)
    code = fields.get('err_code', '')[:48]
    message = masking.mask_text(fields.get('err_code_des', ''))[:200]
    return replace(
        response, reason=Reason(codes.kind_of(code), code, message), code=codes.plain(code),
        signed=True, complaint=True,
    )  # fmt: skip
