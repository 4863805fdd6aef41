# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of WeChat Pay's API v3.

- a 2xx counts when its signature, over its raw bytes, is the platform's. One that is not signed so
  says nothing: what was asked may have been done;
- a 4xx comes without signature by the protocol. It is a refusal when it is the protocol's JSON with
  a `code`; anything else may have been written by something in front of the gateway;
- a 5xx says that nobody knows, whatever its code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from .. import masking, times
from ..base import Reason, ReasonKind
from ..responses import VerifiedResponse
from ..transport import NoAnswer, TransportError
from . import codes

WINDOW = 300  # seconds between the gateway's clock and ours
_MESSAGE_LIMIT = 200


def from_error(error: TransportError, clock: datetime) -> VerifiedResponse:
    """Return what a call without an answer below 500 amounts to; a 5xx may say what is wrong."""
    status = (error.status or 0) if isinstance(error, NoAnswer) else 0
    if status >= 500:
        response = error_response(status, {}, error.body, clock)
        if response.code:
            return response
    return VerifiedResponse.from_error(error)


def read_object(body: bytes) -> dict | None:
    """Return the JSON object that a body is, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def error_response(
    status: int, headers: Mapping[str, str], body: bytes, clock: datetime
) -> VerifiedResponse:
    """Read an error. None is signed, by the protocol."""
    content = read_object(body)
    code = content.get('code') if content else None
    date = headers.get('date', '')
    skew = times.skew(date, clock)
    if not isinstance(code, str) or not code:
        reason = Reason(ReasonKind.NO_ANSWER, str(status), f"HTTP status {status}")
        return VerifiedResponse(
            status=status, reason=reason, date=date, raw={'http_status': status}
        )
    message = content.get('message')
    message = masking.mask_text(message)[:_MESSAGE_LIMIT] if isinstance(message, str) else ''
    kind = codes.kind_of(code)
    if kind == ReasonKind.BAD_KEY and skew is not None and abs(skew) > WINDOW:
        kind = ReasonKind.CLOCK  # a wrong clock has no code of its own
    # `detail` quotes pieces of the request, payment codes among them: only where it hurt is kept.
    raw = {'http_status': status, 'code': code[:48], 'message': message}
    detail = content.get('detail')
    if isinstance(detail, dict) and isinstance(detail.get('field'), str):
        raw['field'] = detail['field'][:80]
    if headers.get('request-id'):
        raw['request_id'] = headers['request-id'][:80]
    return VerifiedResponse(
        status=status,
        reason=Reason(kind, code[:48], message),
        code=codes.plain(code),
        complaint=status < 500,
        date=date,
        raw=raw,
    )
