# Part of payment_cn_wallets. License LGPL-3.
"""One signed call to a gateway: build, sign, send, verify, compare. The order is written here, once.

A gateway *has* a client. What differs between the protocols is in two methods: `build` makes the
signed request, `verify` says what may be believed of the response.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .responses import VerifiedResponse
from .transport import Answer, Transport, TransportError


@dataclass(frozen=True)
class SignedRequest:
    """A request as it goes out, by POST.

    :param expected: what was sent and a response must not contradict
    :param options: of the transport, beside `repeatable`
    """

    # Not shown in tracebacks and logs: all of it may hold keys, payment codes or passwords.
    url: str = field(repr=False)
    body: bytes = field(default=b'', repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    expected: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict, repr=False)


class Client(ABC):
    """The protocol of one gateway, with one merchant's credentials.

    :param credentials: values by their names, stripped
    :param endpoint: base URL that replaces the production one, or ''
    :param clock: returns the present, aware
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        *,
        endpoint: str,
        transport: Transport,
        clock: Callable[[], datetime],
    ):
        self.credentials = credentials
        self.endpoint = endpoint
        self.transport = transport
        self.clock = clock
        # Whether a call was answered: the gateway has heard of what it was about.
        self.answered = False

    def call(
        self,
        operation: str,
        content: Mapping[str, object] | None = None,
        *,
        expected: Mapping[str, str] | None = None,
        required: Collection[str] = (),
        repeatable: bool = False,
        **extra,
    ) -> VerifiedResponse:
        """Make one signed call. Never raises for what the network or the gateway did.

        :param operation: the protocol's own name of it
        :param content: its business fields
        :param expected: fields that the response must not contradict, beside those that `build`
            says
        :param required: fields that a successful response must have
        :param repeatable: the protocol says that asking twice does what asking once does
        :param extra: for `build`
        """
        request = self.build(operation, content, **extra)
        try:
            answer = self.send(request, repeatable=repeatable)
        except TransportError as error:
            return self.not_answered(error)
        self.answered = True
        response = self.verify(answer, operation)
        return self.compare(response, {**request.expected, **(expected or {})}, required)

    @abstractmethod
    def build(
        self, operation: str, content: Mapping[str, object] | None, **extra
    ) -> SignedRequest:
        """Return the signed request of a call."""

    def send(self, request: SignedRequest, *, repeatable: bool = False) -> Answer:
        """Send a request.

        :raise TransportError: when there is no whole answer below 500
        """
        return self.transport.post(
            request.url, request.body, request.headers, repeatable=repeatable, **request.options
        )

    def not_answered(self, error: TransportError) -> VerifiedResponse:
        """Return what a call without a whole answer amounts to."""
        return VerifiedResponse.from_error(error)

    @abstractmethod
    def verify(self, answer: Answer, operation: str) -> VerifiedResponse:
        """Verify the signature of an answer and say what may be believed of it."""

    def compare(
        self,
        response: VerifiedResponse,
        expected: Mapping[str, str],
        required: Collection[str],
    ) -> VerifiedResponse:
        """Compare a success with what was asked."""
        return response if response.reason else response.compare(expected, required)
