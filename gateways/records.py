# Part of payment_cn_wallets. License LGPL-3.
"""What goes into a gateway's calls and what comes out of them. Money in fen, times aware.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .words import Device, Outcome, Reason, Scene, Wallet


@dataclass(frozen=True)
class CredentialField:
    """One thing that the merchant must (or may) enter for a gateway.

    The addon stores it in the provider field `<gateway code>_<name>`.

    :param kind: 'text' is typed. The others are uploaded as files: 'private_key' and 'certificate'
        are the merchant's own, 'file' is what the gateway hands out (its public key, its
        certificates)
    """

    name: str
    required: bool = True
    secret: bool = False
    kind: str = 'text'


@dataclass(frozen=True)
class Timings:
    """What the protocol says about time. Seconds, unless a name says otherwise."""

    qr_lifetime: int  # how long we offer a QR
    dead_after: int  # after that many seconds from the order, nobody can pay it any more
    page_lifetime: int = 0  # how long we offer the wallet's page (h5); 0: as long as a QR
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
    :param client_ip: payer's address for h5/app, the server's for qr; IPv4 or IPv6
    :param device: where the payer's browser runs: gateways that have a cashier for computers and
        another one for phones choose by it (scene h5)
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
    device: Device = Device.PHONE
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
    notify_url: str = ''  # for protocols that send a notice of a charge too


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
    form: Mapping[str, str] | None = None  # fields that the payer's browser must POST to `pay_url`
    here: bool = False  # the page is for the browser that ordered (a computer), not for a phone


@dataclass(frozen=True)
class PaymentResult:
    """What a gateway said about one attempt.

    :param amount: merchant amount in fen: what the shop is owed, coupons of the platform included
    :param payer_amount: what the payer paid, fen
    :param bill_bar_code: what the payer's bill shows as a bar code, where the gateway names it
    :param closed: certain that nobody can pay this attempt any more
    :param refunded: the gateway says that money of it went back already
    :param raw: the answer with secrets and personal numbers masked, for the record
    """

    outcome: Outcome
    out_trade_no: str = ''
    gateway_trade_no: str = ''
    wallet_trade_no: str = ''
    bill_bar_code: str = ''
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
    """What a gateway said about one refund. `paid`: the money went back.

    :param number_spent: refused after it had been accepted, and for good: a new try needs a new
        number. Every other refusal is tried again under the same one
    """

    outcome: Outcome
    out_refund_no: str = ''
    gateway_refund_no: str = ''
    amount: int | None = None
    finished_at: datetime | None = None
    number_spent: bool = False
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
