# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of WeChat Pay's API v3.

- a 2xx counts when its signature, over its raw bytes, is the platform's. One that is not signed so
  says nothing: what was asked may have been done;
- a 4xx comes without signature by the protocol. It is a refusal when it is the protocol's JSON with
  a `code`; anything else may have been written by something in front of the gateway;
- a 5xx says that nobody knows, whatever its code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .. import masking, times
from ..base import Reason, ReasonKind
from ..transport import NoAnswer, NotSent, TransportError
from . import codes

WINDOW = 300  # seconds between the gateway's clock and ours
_MESSAGE_LIMIT = 200


@dataclass(frozen=True)
class Said:
    """An answer, judged.

    :param status: HTTP status, 0 when there was no answer
    :param fields: of an answer that counts, or {}
    :param reason: why there is no result, or None
    :param code: the gateway's error code as `codes.plain` writes it
    :param complaint: the protocol's own error below 500
    :param date: the answer's Date header
    :param moment: when it was judged, aware
    :param raw: the answer, masked
    """

    status: int = 0
    fields: Mapping[str, object] = field(default_factory=dict)
    reason: Reason | None = None
    code: str = ''
    complaint: bool = False
    date: str = ''
    moment: datetime | None = None
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    @property
    def skew(self) -> int | None:
        """Return the seconds that we are ahead of the gateway, when it can be told."""
        return times.skew(self.date, self.moment)

    def refused(self, refusals) -> bool:
        """Say whether it is a complaint with one of these codes."""
        return self.complaint and self.status != 429 and self.code in refusals

    def without_result(self, kind: ReasonKind, code: str, message: str) -> Said:
        """Return the same answer, not believed."""
        return replace(self, fields={}, reason=Reason(kind, code, message), complaint=False)


def from_error(error: TransportError, clock: datetime) -> Said:
    """Return what a call without answer below 500 amounts to."""
    if isinstance(error, NotSent):
        return Said(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw={'error': str(error)})
    status = (error.status or 0) if isinstance(error, NoAnswer) else 0
    if status >= 500:
        said = complaint(status, {}, error.body, clock)
        if said.code:
            return replace(said, complaint=False)
    raw = {'error': str(error), **({'http_status': status} if status else {})}
    reason = Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error))
    return Said(status=status, reason=reason, raw=raw)


def read_object(body: bytes) -> dict | None:
    """Return the JSON object that a body is, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def complaint(status: int, headers: Mapping[str, str], body: bytes, clock: datetime) -> Said:
    """Read an error answer."""
    content = read_object(body)
    code = content.get('code') if content else None
    date = headers.get('date', '')
    skew = times.skew(date, clock)
    if not isinstance(code, str) or not code:
        reason = Reason(ReasonKind.NO_ANSWER, str(status), f"HTTP status {status}")
        return Said(
            status=status, reason=reason, date=date, moment=clock, raw={'http_status': status}
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
    return Said(
        status=status,
        reason=Reason(kind, code[:48], message),
        code=codes.plain(code),
        complaint=status < 500,
        date=date,
        moment=clock,
        raw=raw,
    )
