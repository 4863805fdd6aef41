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

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


class Wallet(str, enum.Enum):
    """What the payer pays with."""

    WECHAT_PAY = 'wechat_pay'
    ALIPAY = 'alipay'
    QQ_WALLET = 'qq_wallet'
    JD_PAY = 'jd_pay'
    UNIONPAY = 'unionpay'


class Scene(str, enum.Enum):
    """How payer and shop meet."""

    QR = 'qr'  # payer scans a code made for this order (主扫)
    CODE = 'code'  # shop scans the payer's payment code (被扫, micropay)
    SHOP_CODE = 'shop_code'  # payer scans the counter's printed code and types the amount
    APP = 'app'  # the shop's app calls the wallet's SDK
    IN_APP = 'in_app'  # page opened inside the wallet's own browser (JSAPI)
    H5 = 'h5'  # phone browser


class Operation(str, enum.Enum):
    """What a gateway may or may not offer."""

    ORDER = 'order'
    CHARGE = 'charge'
    QUERY = 'query'
    CLOSE = 'close'
    REVERSE = 'reverse'
    REFUND = 'refund'
    QUERY_REFUND = 'query_refund'
    NOTICE = 'notice'
    STATEMENT = 'statement'
    SETTLEMENTS = 'settlements'
    SHOP_CODE = 'shop_code'


class Outcome(str, enum.Enum):
    """How a call ended, as far as the money is concerned."""

    PAID = 'paid'  # for a refund: the money went back
    REFUSED = 'refused'  # certain: this attempt holds no money (never paid, closed or reversed)
    WAITING = 'waiting'  # certain: not paid yet, the payer may still pay
    UNKNOWN = 'unknown'  # nobody can tell yet; only a query, a notice, a close or a reverse ends it


class ReasonKind(str, enum.Enum):
    """Why a call did not end in `paid`, in words that a screen can explain."""

    BAD_KEY = 'bad_key'  # the gateway did not accept our signature
    BAD_ANSWER_SIGNATURE = 'bad_answer_signature'  # we did not accept the gateway's signature
    UNKNOWN_APP = 'unknown_app'  # merchant or application number not known
    NOT_ENABLED = 'not_enabled'  # application, channel or product not enabled
    CLOCK = 'clock'  # our clock and the gateway's differ too much
    NOT_SENT = 'not_sent'  # no connection: the gateway never saw the request
    NO_ANSWER = 'no_answer'  # sent, then time-out, reset, 5xx or a body that can't be read
    PARAMETER = 'parameter'  # a field was missing or not accepted
    SYSTEM = 'system'  # the gateway's own "system error"
    NOT_FOUND = 'not_found'  # the gateway knows no such order or refund
    DUPLICATE = 'duplicate'  # the number was used before
    DECLINED = 'declined'  # the wallet said no (balance, limit, risk control)
    CANCELLED = 'cancelled'  # the payer cancelled
    BAD_CODE = 'bad_code'  # payment code wrong, expired or used before
    EXPIRED = 'expired'  # order past its time, or closed
    OTHER = 'other'


@dataclass(frozen=True)
class Reason:
    """Why, for a person and for a program.

    `code` and `message` are the gateway's own words (untranslated, safe to store).
    """

    kind: ReasonKind
    code: str = ''
    message: str = ''


class GatewayError(Exception):
    """Base of the exceptions of this package."""


class UnsupportedOperation(GatewayError):
    """The gateway has no such call, wallet or scene."""

    def __init__(self, gateway: str, what: str):
        super().__init__(f"{gateway} does not support {what}")
        self.gateway = gateway
        self.what = what


class NoticeRejected(GatewayError):
    """A notice is malformed or not signed by the gateway. Nothing in it may be believed."""

    def __init__(self, kind: str, detail: str = ''):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind  # 'malformed', 'signature' or 'expired'
        self.detail = detail


class CallFailed(GatewayError):
    """A call that moves no money (statement, settlements, shop code) brought nothing."""

    def __init__(self, reason: Reason):
        super().__init__(f"{reason.kind.value} {reason.code} {reason.message}".strip())
        self.reason = reason


@dataclass(frozen=True)
class CredentialField:
    """One thing that the merchant must (or may) enter for a gateway.

    The addon stores it in the provider field `<gateway code>_<name>`.
    """

    name: str
    required: bool = True
    secret: bool = False


@dataclass(frozen=True)
class Timings:
    """What the protocol says about time. Seconds, unless a name says otherwise."""

    qr_lifetime: int  # how long we offer a QR
    dead_after: int  # after that many seconds from the order, nobody can pay it any more
    poll_schedule: tuple[int, ...] = (3, 3, 3, 5, 5, 10, 10, 15, 30)  # waits between queries
    poll_limit: int = 90  # scene `code`: how long the payer may take to confirm
    earliest_close: int = 0  # from the order
    earliest_reverse: int = 0  # from the charge
    latest_reverse: int = 0  # from the charge; 0: no reverse
    refund_window: timedelta = timedelta(days=365)
    refund_poll_schedule: tuple[int, ...] = (10, 30, 60, 300, 900, 3600)
    statement_ready_hour: int = 10  # Beijing time, for the day before


@dataclass(frozen=True)
class OrderRequest:
    """An order that the payer pays on a device of their own (scenes qr, in_app, h5, app).

    :param out_trade_no: merchant order number, never used before
    :param amount: fen
    :param subject: what is sold; gateways cut it to their limit
    :param expires_at: after that the order need not be payable (sent where the protocol can)
    :param client_ip: payer's address for h5/app, the server's for qr
    """

    out_trade_no: str
    amount: int
    subject: str
    wallet: Wallet
    scene: Scene
    notify_url: str
    return_url: str = ''
    client_ip: str = '127.0.0.1'
    expires_at: datetime | None = None
    attach: str = ''
    payer_id: str = ''  # openid or buyer id, for in_app
    store_id: str = ''
    terminal_id: str = ''
    cashier_id: str = ''
    desk_no: str = ''
    extra: Mapping[str, str] = field(default_factory=dict)  # gateway's own options


@dataclass(frozen=True)
class ChargeRequest:
    """A charge of the payment code that the shop scanned (scene code).

    :param wallet: None when the gateway itself recognises the code
    :param auth_code: the scanned code; never logged
    """

    out_trade_no: str
    amount: int
    subject: str
    auth_code: str = field(repr=False)
    wallet: Wallet | None = None
    client_ip: str = '127.0.0.1'
    attach: str = ''
    store_id: str = ''
    terminal_id: str = ''
    cashier_id: str = ''
    desk_no: str = ''
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RefundRequest:
    """Give back `amount` fen of an attempt of `total` fen.

    `out_refund_no` is the idempotency key: the same number on every retry of the same refund.
    """

    out_trade_no: str
    out_refund_no: str
    amount: int
    total: int
    gateway_trade_no: str = ''
    reason: str = ''
    notify_url: str = ''


@dataclass(frozen=True)
class NextStep:
    """What the payer's side needs in order to pay."""

    code_url: str = ''  # content of the QR
    pay_url: str = ''  # page to open on a phone (h5, in_app)
    sdk_params: Mapping[str, str] | None = None  # parameters signed for the wallet's SDK or JSAPI


@dataclass(frozen=True)
class PaymentResult:
    """What a gateway said about one attempt.

    :param amount: merchant amount in fen: what the shop is owed, coupons of the platform included
    :param payer_amount: what the payer paid, fen
    :param closed: certain that nobody can pay this attempt any more
    :param refunded: the gateway says that money of it went back already
    :param raw: the answer with secrets and personal numbers masked, for the record
    """

    outcome: Outcome
    out_trade_no: str = ''
    gateway_trade_no: str = ''
    wallet_trade_no: str = ''
    wallet: Wallet | None = None
    amount: int | None = None
    payer_amount: int | None = None
    payer_id: str = ''
    paid_at: datetime | None = None
    next_step: NextStep | None = None
    closed: bool = False
    refunded: bool = False
    reason: Reason | None = None
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RefundResult:
    """What a gateway said about one refund. `paid`: the money went back."""

    outcome: Outcome
    out_refund_no: str = ''
    gateway_refund_no: str = ''
    amount: int | None = None
    finished_at: datetime | None = None
    reason: Reason | None = None
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """A notice whose signature was verified over its raw bytes.

    `merchant` holds the identifiers to be compared with the provider's own
    (credential name -> value), as the protocol names them.
    """

    kind: str  # 'payment' or 'refund'
    notice_id: str  # gateway's id of the notice, '' when the protocol has none
    payment: PaymentResult | None = None
    refund: RefundResult | None = None
    merchant: Mapping[str, str] = field(default_factory=dict)
    currency: str = 'CNY'
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What to answer to a notice."""

    body: bytes
    content_type: str = 'text/plain; charset=utf-8'
    status: int = 200


@dataclass(frozen=True)
class ProbeResult:
    """Answer of `Gateway.probe`: do the credentials work?"""

    ok: bool
    reason: Reason | None = None
    clock_skew: int | None = None  # seconds we are ahead of the gateway, when it can be told
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ShopCodeRequest:
    """A printed code for a counter (scene shop_code): the payer types the amount.

    :param name: what the gateway's console calls it
    :param amount: fen, when the code is for one fixed amount
    """

    name: str
    notify_url: str = ''
    amount: int | None = None
    store_id: str = ''
    desk_no: str = ''
    note: str = ''
    style: str = ''


@dataclass(frozen=True)
class ShopCode:
    """A printed code as the gateway made it."""

    shop_code_id: str
    url: str  # content of the QR
    store_id: str = ''
    amount: int | None = None
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Settlement:
    """One pay-out of the gateway to the merchant's bank account. Amounts in fen."""

    settlement_id: str
    asked: int
    arrived: int
    fee: int
    outcome: Outcome  # paid, refused, waiting (under way) or unknown
    created_at: datetime | None = None
    bank: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class StatementFile:
    """A statement of one day: its content, or where it can be fetched."""

    day: date
    url: str = ''
    content: bytes = b''
    raw: Mapping[str, object] = field(default_factory=dict)


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
        # Imported here: `transport` itself needs the exceptions above.
        from . import times, transport as transports

        missing = self.missing_credentials(credentials)
        if missing:
            raise ValueError(f"{self.code}: missing {', '.join(missing)}")
        names = {credential.name for credential in self.credential_fields}
        self.credentials = {
            name: (value or '').strip() for name, value in credentials.items() if name in names
        }
        if endpoint:
            transports.check_url(endpoint)
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

    # === SUPPORT === #

    @classmethod
    def supports(cls, operation=None, wallet=None, scene=None) -> bool:
        """Say whether an operation, a wallet, a scene, or their combination is offered."""
        if operation is not None and operation not in cls.operations:
            return False
        if wallet is None and scene is None:
            return True
        return any(
            (wallet is None or w == wallet) and (scene is None or s == scene)
            for w, s in cls.channels
        )

    @classmethod
    def require(cls, operation=None, wallet=None, scene=None) -> None:
        """Raise `UnsupportedOperation` unless `supports` says yes."""
        if not cls.supports(operation, wallet, scene):
            asked = [getattr(x, 'value', x) for x in (operation, wallet, scene) if x is not None]
            raise UnsupportedOperation(cls.code, ' / '.join(asked))

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
