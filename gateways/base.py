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
from collections.abc import Callable, Mapping
from datetime import date, datetime

from . import addresses, times, transport as transports
from .records import (
    ChargeRequest,
    CredentialField,
    NextStep,
    Notice,
    OrderRequest,
    PaymentResult,
    ProbeResult,
    RefundRequest,
    RefundResult,
    Reply,
    Settlement,
    ShopCode,
    ShopCodeRequest,
    StatementFile,
    Timings,
)
from .words import (
    CallFailed,
    CredentialProblem,
    Device,
    GatewayError,
    NoticeRejected,
    Operation,
    Outcome,
    Reason,
    ReasonKind,
    Scene,
    UnsupportedOperation,
    Wallet,
)

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
    credential_fields: tuple[CredentialField, ...] = ()
    # (wallet, scene) -> the protocol's own name of the channel
    channels: Mapping[tuple[Wallet, Scene], str] = {}
    operations: frozenset[Operation] = frozenset()
    timings: Timings = Timings(qr_lifetime=900, dead_after=7200)
    # whether the answer to a query names numbers of the payer's bill that a notice does not
    query_tells_more: bool = False
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
            name: (value or '').strip() for name, value in credentials.items() if name in names
        }
        if endpoint:
            addresses.check_url(endpoint)
        self.endpoint = endpoint.rstrip('/')
        self.transport = transport or transports.shared()
        self.clock = clock or times.now

    @classmethod
    def missing_credentials(cls, credentials: Mapping[str, str]) -> list[str]:
        """Return the names of the required credentials that are empty."""
        return [
            credential.name
            for credential in cls.credential_fields
            if credential.required and not (credentials.get(credential.name) or '').strip()
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
        raise UnsupportedOperation(cls.code, f'file / {name}')

    @classmethod
    def credential_problems(
        cls, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        :param moment: aware; certificates must be valid then
        """
        return {}

    @classmethod
    def credential_expiries(cls, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the certificates are valid (aware), by credential."""
        return {}

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
    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify a notice over its raw bytes and parse it.

        :raise NoticeRejected: when it is malformed or not the gateway's
        """

    @abstractmethod
    def notice_reply(self, accepted: bool) -> Reply:
        """Return the answer that the protocol wants."""

    @abstractmethod
    def probe(self) -> ProbeResult:
        """Make one real, signed, harmless call to see whether the credentials work."""
