# Part of payment_cn_wallets. License LGPL-3.
"""The words that gateways and the rest of the addon share, and the exceptions.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


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


class Device(str, enum.Enum):
    """Where the payer's browser runs."""

    COMPUTER = 'computer'
    PHONE = 'phone'
    WALLET = 'wallet'  # a phone, inside the app of the very wallet that is to pay


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


class CredentialProblem(ValueError):
    """A credential, or the file that should become one, cannot be used.

    :param kind: for programs:
        'unreadable' (not such a file), 'wrong' (a file of another sort than the one wanted),
        'password' (the key or the container is protected by another password than expected),
        'not_rsa', 'short' (fewer than 2048 bits), 'expired', 'not_yet' (valid later only),
        'mismatch' (key, certificate and merchant number do not belong together),
        'own_key' (the merchant's own key in the place of the gateway's),
        'chain' (not issued under the gateway's root), 'value' (a text of another form)
    :param detail: for people, in English: what was found
    """

    KINDS = frozenset({
        'unreadable', 'wrong', 'password', 'not_rsa', 'short', 'expired', 'not_yet', 'mismatch',
        'own_key', 'chain', 'value',
    })

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind
