# Part of payment_cn_wallets. License LGPL-3.
"""One interface for every gateway and every scene.

Money is an integer number of fen everywhere in this package. Times are timezone-aware
`datetime` objects. Nothing here imports Odoo.

A call that moves or may move money never raises for what the network or the gateway did: it
returns a result whose `outcome` is one of three words (paid, refused, unknown) or `waiting` while
the payer is still free to pay. Exceptions are for programming and configuration mistakes
(`UnsupportedOperation`, `ValueError`) and for notices that cannot be trusted (`NoticeRejected`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime

from . import addresses, times, transport as transports
from .capabilities import CredentialField, Timings
from .credentials import CredentialRules
from .enums import Device, Operation, Outcome, ReasonKind, Scene, Wallet
from .errors import (
    CallFailed,
    CredentialProblem,
    GatewayError,
    NoticeRejected,
    Reason,
    UnsupportedOperation,
)
from .requests import ChargeRequest, OrderRequest, RefundRequest, ShopCodeRequest
from .results import (
    NextStep,
    Notice,
    PaymentResult,
    ProbeResult,
    RefundResult,
    Reply,
    Settlement,
    ShopCode,
    StatementFile,
)
from .text import pasted

__all__ = [
    'CallFailed',
    'ChargeRequest',
    'CredentialField',
    'CredentialProblem',
    'Device',
    'Gateway',
    'GatewayError',
    'NextStep',
    'Notice',
    'NoticeRejected',
    'Operation',
    'OrderRequest',
    'Outcome',
    'PaymentResult',
    'ProbeResult',
    'Reason',
    'ReasonKind',
    'RefundRequest',
    'RefundResult',
    'Reply',
    'Scene',
    'Settlement',
    'ShopCode',
    'ShopCodeRequest',
    'StatementFile',
    'Timings',
    'UnsupportedOperation',
    'Wallet',
]


class Gateway(ABC):
    """A gateway with one merchant's credentials.

    :param credentials: values by the names in `credential_fields`
    :param endpoint: base URL that replaces the production one (the sandbox), or ''
    :param transport: a `transport.Transport`; shared pool when None
    :param clock: callable returning an aware `datetime`, for tests
    """

    code: str = ''
    # where a merchant logs in and finds numbers and keys
    console_url: str = ''
    credential_fields: tuple[CredentialField, ...] = ()
    # (wallet, scene) -> the protocol's own name of the channel
    channels: Mapping[tuple[Wallet, Scene], str] = {}
    operations: frozenset[Operation] = frozenset()
    timings: Timings = Timings(qr_lifetime=900, dead_after=7200)
    # whether the answer to a query names numbers of the payer's receipt that a notice does not
    query_tells_more: bool = False
    credential_rules: CredentialRules = CredentialRules()
    # whether `query_reversal` can tell that no reversal is under way; the others may answer "paid"
    # for a while after they accepted one
    reversal_is_certain: bool = False
    # which credentials are wrong when an order is refused for a reason
    order_blames: Mapping[ReasonKind, tuple[str, ...]] = {}
    # names of the numbers in `Notice.merchant` that must equal ours
    merchant_fields: tuple[str, ...] = ()

    def __init__(
        self,
        credentials: Mapping[str, str],
        *,
        endpoint: str = '',
        transport=None,
        clock: Callable[[], datetime] | None = None,
    ):
        missing = self.missing_credentials(credentials)
        if missing:
            raise ValueError(f"{self.code}: missing {', '.join(missing)}")
        names = {credential.name for credential in self.credential_fields}
        self.credentials = {
            name: pasted(value or '') for name, value in credentials.items() if name in names
        }
        if endpoint:
            addresses.check_url(endpoint)
        self.endpoint = endpoint.rstrip('/')
        self.transport = transport or transports.shared()
        self.clock = clock or times.now

    def make_client(self, client: type, **options):
        """Return a client (see `client.Client`) for this merchant, with the clock of this gateway."""
        return client(
            self.credentials,
            endpoint=self.endpoint,
            transport=self.transport,
            clock=self.clock,
            **options,
        )

    @classmethod
    def missing_credentials(cls, credentials: Mapping[str, str]) -> list[str]:
        """Return the names of the required credentials that are empty."""
        return [
            credential.name
            for credential in cls.credential_fields
            if credential.required and not pasted(credentials.get(credential.name) or '')
        ]

    # === CREDENTIALS AS FILES === #

    @classmethod
    def read_file(
        cls, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into the text of the credential, and of others that it holds too.

        :param name: the credential that it was uploaded for
        :param content: the file's bytes: PEM, DER, PKCS #12 or what the gateway's tools write
        :param credentials: those that are there already; the password of a PKCS #12 file is one
        :return: credential name -> PEM text
        :raise CredentialProblem: when the file is not what is wanted there
        """
        return cls.credential_rules.read_file(cls.code, name, content, credentials)

    @classmethod
    def credential_problems(
        cls, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        :param moment: aware; certificates must be valid then
        """
        found = cls.credential_rules.problems(credentials, moment)
        for credential in cls.credential_fields:
            value = pasted(credentials.get(credential.name) or '')
            # Passwords may have one, and keys as text are read with theirs.
            if credential.kind == 'text' and not credential.secret and len(value.split()) > 1:
                found.setdefault(
                    credential.name, CredentialProblem('value', "there is a blank in it")
                )
        return found

    @classmethod
    def credential_expiries(cls, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the certificates are valid (aware), by credential."""
        return cls.credential_rules.expiries(credentials)

    def renewed_credentials(self) -> dict[str, str]:
        """Fetch the credentials that the gateway itself renews: name -> value. Mostly none.

        :raise CallFailed: when they could not be had
        """
        return {}

    # === SUPPORT === #

    @classmethod
    def supports(cls, operation=None, wallet=None, scene=None) -> bool:
        """Say whether an operation, a wallet, a scene, or their combination is offered."""
        if operation is not None and operation not in cls.operations:
            return False
        if wallet is None and scene is None:
            return True
        return (wallet, scene) in cls.channels or any(
            (wallet is None or w == wallet) and (scene is None or s == scene)
            for w, s in cls.channels
        )

    @classmethod
    def require(cls, operation=None, wallet=None, scene=None) -> None:
        """Raise `UnsupportedOperation` unless `supports` says yes."""
        if not cls.supports(operation, wallet, scene):
            asked = [getattr(x, 'value', x) for x in (operation, wallet, scene) if x is not None]
            raise UnsupportedOperation(cls.code, ' / '.join(asked))

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Say whether a web payment can be made with these credentials on that device.

        `supports` tells what the protocol has; this also looks at what the merchant entered, and
        at where a page of the protocol works.
        """
        return self.supports(wallet=wallet, scene=scene) and (
            scene != Scene.IN_APP or device == Device.WALLET
        )

    # === WHO PAYS === #

    def needs_payer(self, wallet: Wallet, scene: Scene) -> bool:
        """Say whether an order must name the payer (`OrderRequest.payer_id`)."""
        return False

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Return where a browser inside the wallet goes so that we learn who pays.

        It comes back to `redirect_uri` with `state` and what `payer_of` wants.

        :param redirect_uri: our page
        :param state: 8 to 100 letters and digits, unguessable
        """
        raise UnsupportedOperation(self.code, 'authorise_url')

    def payer_of(self, answer: Mapping[str, str]) -> str:
        """Return the payer's id from the query that the browser brought back. It works once.

        :raise CallFailed: when it can't be had; `bad_code`: send the browser once more
        """
        raise UnsupportedOperation(self.code, 'payer_of')

    def payer_of_login(self, code: str) -> str:
        """Return the payer's id from the code that a mini program got from the wallet. It works once.

        :param code: of `wx.login`, `my.getAuthCode`
        :raise CallFailed: when it can't be had; `bad_code`: the mini program asks for another one
        :raise ValueError: when a credential is missing that it needs
        """
        raise UnsupportedOperation(self.code, 'payer_of_login')

    # === CALLS === #

    @abstractmethod
    def order(self, request: OrderRequest) -> PaymentResult:
        """Place an order. Waiting with a `next_step` is the normal answer."""

    @abstractmethod
    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt."""

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code. Never repeated by this package."""
        raise UnsupportedOperation(self.code, Operation.CHARGE.value)

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid order: refused + closed when done, paid when it was paid before."""
        raise UnsupportedOperation(self.code, Operation.CLOSE.value)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge whatever its state: refused + closed when it holds no money any more."""
        raise UnsupportedOperation(self.code, Operation.REVERSE.value)

    def query_reversal(
        self, out_trade_no: str, *, reversal_number: str = '', gateway_trade_no: str = ''
    ) -> PaymentResult:
        """Ask what became of a reversal, without making one.

        Refused + closed: the attempt holds no money any more (`refunded`: it was paid before).
        Unknown + `reversing`: the money is on its way back. Paid: the order's state says so, and
        where a reversal has a number of its own (JD Pay) that none is under way. The others' state
        may lag behind a reversal that was accepted: `reverse` again, which does no harm, before
        anything is refunded.

        :param reversal_number: `PaymentResult.reversal_number` of the reversal, where it had one
        """
        raise UnsupportedOperation(self.code, Operation.QUERY_REVERSAL.value)

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back."""
        raise UnsupportedOperation(self.code, Operation.REFUND.value)

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund."""
        raise UnsupportedOperation(self.code, Operation.QUERY_REFUND.value)

    def statement(self, day: date) -> StatementFile:
        """Fetch the statement of one day (Beijing time).

        :raise CallFailed: when it could not be had
        """
        raise UnsupportedOperation(self.code, Operation.STATEMENT.value)

    def settlements(self, begin: datetime, end: datetime) -> list[Settlement]:
        """List the pay-outs to the merchant's bank account between two moments.

        :raise CallFailed: when they could not be had
        """
        raise UnsupportedOperation(self.code, Operation.SETTLEMENTS.value)

    def create_shop_code(self, request: ShopCodeRequest) -> ShopCode:
        """Have a printed code made.

        :raise CallFailed: when it could not be had
        """
        raise UnsupportedOperation(self.code, Operation.SHOP_CODE.value)

    @abstractmethod
    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify a notice over its raw bytes and parse it.

        :param received_at: when it came, aware; None: just now. Where the protocol has a time
            window or certificates that end, they count at that moment

        :raise NoticeRejected: when it is malformed or not the gateway's
        """

    @abstractmethod
    def notice_reply(self, accepted: bool) -> Reply:
        """Return the answer that the protocol wants."""

    @abstractmethod
    def probe(self) -> ProbeResult:
        """Make one real, signed, harmless call to see whether the credentials work."""

    def probe_order(self, request: OrderRequest) -> ProbeResult:
        """Place an order that nobody will see, and close it where that can be done at once.

        It shows what no other call does without money: that the merchant may take orders at all,
        in this wallet, and whether the numbers fit together that only orders have. Nobody can pay
        it without its code, and it ends by itself.

        :param request: of a small amount, that ends soon
        """
        try:
            result = self.order(request)
        except ValueError as error:
            return ProbeResult(False, Reason(ReasonKind.PARAMETER, '', str(error)))
        if result.outcome != Outcome.WAITING or not result.next_step:
            reason = result.reason or Reason(ReasonKind.OTHER, '', "an order without a code")
            blamed = tuple(
                name for name in self.order_blames.get(reason.kind, ()) if self.credentials.get(name)
            )
            return ProbeResult(False, reason, blamed=blamed, raw=result.raw)
        if self.supports(Operation.CLOSE) and not self.timings.earliest_close:
            self.close(request.out_trade_no, gateway_trade_no=result.gateway_trade_no)
        return ProbeResult(True, proven=self.proved_by('order'), raw=result.raw)

    def proved_by(self, call: str) -> frozenset[str]:
        """Return the names of the credentials that a call proves: see `CredentialField`."""
        return frozenset(
            field.name for field in self.credential_fields
            if field.proved_by == call and self.credentials.get(field.name)
        )

    def unproved(self, proven: Collection[str]) -> list[str]:
        """Return the names of the credentials that are there and of which nothing is shown.

        :param proven: of the calls that were made
        """
        return [
            field.name for field in self.credential_fields
            if field.proved_by != 'choice' and self.credentials.get(field.name)
            and field.name not in proven
        ]
