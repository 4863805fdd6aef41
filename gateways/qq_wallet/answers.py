# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of QQ Wallet.

An answer is judged in this order: HTTP and XML, `return_code`, signature, `result_code`, and for a
payment `trade_state`. Whether a `return_code` of FAIL comes signed is not documented, and several
SDKs expect that it does not. So there are three degrees of trust:

- **good**: signed with our key. Everything in it counts;
- **none**: a FAIL without signature. TLS says that it comes from the gateway's host, nothing says
  that it comes from the gateway. It is shown to people, and believed only where a lie costs
  nothing;
- **bad**: a signature that is not ours, or a SUCCESS without one. Nothing in it counts.

`retcode` and `retmsg`, the raw words of the system behind, are kept for people and decide nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from .. import masking
from ..base import Reason, ReasonKind
from ..messages import Malformed
from ..said import Said as AnySaid
from ..transport import Answer
from . import codes, wire

_MESSAGE_LIMIT = 200


@dataclass(frozen=True)
class Said(AnySaid):
    """An answer, judged; `fields` of a success only."""

    @property
    def code(self) -> str:
        """Return the error code of a signed answer, or ''."""
        return self.reason.code if self.reason and self.signed else ''

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(super().without_result(reason), signed=False)


def mask(fields: Mapping[str, str]) -> dict:
    """Return what may be kept of a message."""
    return masking.mask({
        # The account that a refund went to, as the payer's bank writes it. Spelt so.
        name: masking.MASK if name.startswith('refund_recv_accout') and value else value
        for name, value in fields.items()
    })


def judge(
    answer: Answer,
    key: str,
    sign_type: str,
    asked: Mapping[str, str],
    required: tuple[str, ...] = (),
) -> Said:
    """Read an answer, verify its signature and say what may be believed of it.

    A signed answer may be an old one, or one to another question, put in the place of this one;
    the key alone does not bind them.

    :param asked: numbers that a signed answer must not contradict; those that it leaves out are
        passed over
    :param required: names that a success must have
    """
    said, fields = _judge(answer, key, sign_type)
    if not said.signed:
        return said
    for name, value in asked.items():
        if value and fields.get(name, '') not in ('', value):
            return said.without_result(
                Reason(
                    ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {name}"
                )
            )
    for name in required if said.reason is None else ():
        if not fields.get(name):
            return said.without_result(
                Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {name} in the answer")
            )
    return said


def _judge(answer, key, sign_type):
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise Malformed(f"HTTP status {answer.status}")
        fields = wire.read(answer.body)
    except Malformed as error:
        reason = Reason(ReasonKind.NO_ANSWER, '', str(error))
        raw = {'error': str(error), 'http_status': answer.status}
        return Said(reason=reason, date=date, raw=raw), {}
    raw = mask(fields)
    code, message = complaint(fields)
    succeeded = _succeeded(fields, code)
    if not succeeded and not code and fields.get('trade_state') == codes.USER_PAYING:
        code = codes.USER_PAYING  # sources differ about the field that says so
    if fields.get('sign'):
        if not wire.verify(fields, key, sign_type):
            # The claim is kept for people and for `probe`: with a wrong key of ours, the
            # gateway's complaint about it may be signed with the right one.
            reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, code, message)
            return Said(reason=reason, date=date, raw=raw), {}
        if succeeded:
            return Said(fields=fields, signed=True, date=date, raw=raw), fields
        refused = code in codes.REFUSALS
        reason = Reason(codes.kind_of(code, message), code, message)
        said = Said(reason=reason, signed=True, refused=refused, date=date, raw=raw)
        return said, fields
    if fields.get('return_code') == 'FAIL' or fields.get('result_code') == 'FAIL':
        reason = Reason(codes.kind_of(code, message), code, message)
    else:
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
    return Said(reason=reason, date=date, raw=raw), {}


def _succeeded(fields, code) -> bool:
    return (
        fields.get('return_code') == 'SUCCESS'
        and fields.get('result_code') == 'SUCCESS'
        and code in ('', '0', 'OK', 'SUCCESS')
    )


def complaint(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the error code and the message that say the most.

    One source spells the message's field `err_code_desc`.
    """
    code = fields.get('err_code', '')[:32]
    for name in ('err_code_des', 'err_code_desc', 'return_msg', 'retmsg'):
        message = fields.get(name, '')
        if message and message.upper() not in ('OK', 'SUCCESS'):
            return code, message[:_MESSAGE_LIMIT]
    return code, ''
