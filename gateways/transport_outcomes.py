# Part of payment_cn_wallets. License LGPL-3.
"""How an HTTP call can end: answered, not sent, or unknown. Import them from `transport`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import GatewayError


class TransportError(GatewayError):
    """No usable answer."""


class NotSent(TransportError):
    """Nothing left this machine: the gateway cannot have seen the request."""


class NoAnswer(TransportError):
    """The request went out, or part of it, and no whole answer below 500 came back.

    :param status: HTTP status when one came, else None
    :param body: the beginning of the answer when there was one
    """

    def __init__(self, message: str, status: int | None = None, body: bytes = b''):
        super().__init__(message)
        self.status = status
        self.body = body


class ConnectionBroken(NoAnswer):
    """The connection broke: the one ending that another try may help against."""


@dataclass(frozen=True)
class Answer:
    """A whole answer with a status below 500 that is no redirect.

    :param headers: names in lower case
    :param body: freed of its transfer encoding, in its own character set
    :param seconds: how long the call took
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True)
class Exchange:
    """What may be told of a call: no query string, no headers, no bodies.

    :param outcome: 'answer', 'not_sent' or 'no_answer'
    :param detail: why there was no answer, in words that quote nothing of the request
    """

    method: str
    host: str
    path: str
    seconds: float
    status: int | None
    outcome: str
    detail: str = ''
