# Part of payment_cn_wallets. License LGPL-3.
"""The enumerations that gateways and the rest of the addon share.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

import enum


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
    MINI = 'mini'  # the shop's mini program inside the wallet calls its cashier
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
    QUERY_REVERSAL = 'query_reversal'
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
    UNKNOWN = 'unknown'  # not known yet; only a query, a notice, a close or a reverse ends it


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
    MERCHANT_BALANCE = 'merchant_balance'  # the merchant's account lacks the money for a refund
    CANCELLED = 'cancelled'  # the payer cancelled
    BAD_CODE = 'bad_code'  # payment code wrong, expired or used before
    EXPIRED = 'expired'  # order past its time, or closed
    OTHER = 'other'
