# Part of payment_cn_wallets. License LGPL-3.
"""What comes out of a gateway's calls. Money in fen, times aware.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from .enums import Outcome, Wallet
from .errors import Reason


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
    """What a gateway says about one attempt.

    :param amount: merchant amount in fen: what the shop is owed, coupons of the platform included
    :param payer_amount: what the payer paid, fen
    :param bill_bar_code: what the payer's receipt in the wallet shows as a bar code, where the gateway names it
    :param closed: certain that nobody can pay this attempt any more
    :param refunded: the gateway says that money of it went back, or is on its way back, wholly or in
        part and whoever did it: a payment of which that is said is not simply paid
    :param refunded_amount: how much of it, fen; None where the protocol does not say
    :param reversal_number: the reversal's own number, where the protocol gives it one
    :param reversing: a reversal was accepted and is under way: what was paid goes back by itself
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
    refunded_amount: int | None = None
    reversal_number: str = ''
    reversing: bool = False
    reason: Reason | None = None
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RefundResult:
    """What a gateway says about one refund. `paid`: the money went back.

    :param out_trade_no: the payment's number, where the gateway names it
    :param number_spent: refused after it had been accepted, and for good: a new try needs a new
        number. Every other refusal is tried again under the same one
    """

    outcome: Outcome
    out_refund_no: str = ''
    gateway_refund_no: str = ''
    amount: int | None = None
    finished_at: datetime | None = None
    number_spent: bool = False
    out_trade_no: str = ''
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
    """Answer of `Gateway.probe` and `Gateway.probe_order`: do the credentials work?

    :param proven: names of the credentials that were shown to be right
    :param blamed: names of those of which one is wrong, where it can be told
    """

    ok: bool
    reason: Reason | None = None
    proven: frozenset[str] = frozenset()
    blamed: tuple[str, ...] = ()
    clock_skew: int | None = None  # seconds we are ahead of the gateway, when it can be told
    raw: Mapping[str, object] = field(default_factory=dict)


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
