# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's channels, states and error codes, as data.

Source: official pages of the merchant documentation (v3: orders, codepay, query, close, refunds,
bills; v2: micropay). Codes are compared in upper case without underscores, since the same one is
spelt `USERPAYING` and `USER_PAYING`, `ORDERPAID` and `ORDER_PAID`, … Branch on the code and never
on the message: one code has several texts.
"""

from __future__ import annotations

from ..base import Outcome, ReasonKind, Scene, Wallet

# (wallet, scene) -> last part of the path of the order call
CHANNELS = {
    (Wallet.WECHAT_PAY, Scene.QR): 'native',
    (Wallet.WECHAT_PAY, Scene.CODE): 'codepay',
    (Wallet.WECHAT_PAY, Scene.IN_APP): 'jsapi',
    (Wallet.WECHAT_PAY, Scene.APP): 'app',
    (Wallet.WECHAT_PAY, Scene.MINI): 'jsapi',
    (Wallet.WECHAT_PAY, Scene.H5): 'h5',
}

# scene -> what an order's answer has for the payer, where it is not `prepay_id`
STEPS = {Scene.QR: 'code_url', Scene.H5: 'h5_url'}

# What `extra` may hold.
EXTRA = frozenset({
    'goods_tag', 'wechat_store_id', 'device_ip', 'h5_type', 'app_name', 'app_url',
    'profit_sharing', 'support_fapiao',
})

# trade_state -> outcome. A state that is not listed is unknown.
TRADE_STATES = {
    'SUCCESS': Outcome.PAID,
    'REFUND': Outcome.PAID,  # was paid; wholly or partly given back
    'NOTPAY': Outcome.WAITING,
    'USERPAYING': Outcome.WAITING,
    'ACCEPT': Outcome.WAITING,
    'CLOSED': Outcome.REFUSED,
    'REVOKED': Outcome.REFUSED,
    'PAYERROR': Outcome.REFUSED,
}
STATE_KINDS = {
    'CLOSED': ReasonKind.EXPIRED,
    'REVOKED': ReasonKind.CANCELLED,
    'PAYERROR': ReasonKind.DECLINED,
}

# status (API) or refund_status (notice) -> outcome of a refund. ABNORMAL is not over: the payer's
# account is gone, and the merchant still has to say in the merchant platform where the money goes.
# Calling it refused would invite a second refund under another number.
REFUND_STATES = {
    'SUCCESS': Outcome.PAID,
    'PROCESSING': Outcome.WAITING,
    'ABNORMAL': Outcome.WAITING,
    'CLOSED': Outcome.REFUSED,
}

_KINDS = {
    ReasonKind.BAD_KEY: 'SIGN_ERROR',
    ReasonKind.UNKNOWN_APP: (
        'APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS APPID_NOT_EXIST MCHID_NOT_EXIST'
    ),
    ReasonKind.NOT_ENABLED: 'NO_AUTH REQUEST_BLOCKED',
    ReasonKind.PARAMETER: (
        'PARAM_ERROR INVALID_REQUEST LACK_PARAMS XML_FORMAT_ERROR REQUIRE_POST_METHOD NOT_UTF8'
        ' INVALID_TRANSACTIONID OPENID_MISMATCH REFUND_FEE_MISMATCH'
    ),
    ReasonKind.SYSTEM: (
        'SYSTEM_ERROR BANK_ERROR FREQUENCY_LIMITED RATELIMIT_EXCEEDED SERVICE_UNAVAILABLE'
        ' BIZERR_NEED_RETRY BIZ_ERR_NEED_RETRY'
    ),
    ReasonKind.NOT_FOUND: 'ORDER_NOT_EXIST RESOURCE_NOT_EXISTS',
    ReasonKind.DUPLICATE: 'OUT_TRADE_NO_USED ORDER_PAID BUYER_MISMATCH',
    ReasonKind.DECLINED: (
        'RULE_LIMIT ACCOUNT_ERROR NOT_ENOUGH TRADE_ERROR NOT_SUPORT_CARD USER_ACCOUNT_ABNORMAL'
    ),
    ReasonKind.BAD_CODE: 'AUTH_CODE_EXPIRE AUTH_CODE_INVALID AUTH_CODE_ERROR',
    ReasonKind.CANCELLED: 'ORDER_REVERSED',
    ReasonKind.EXPIRED: 'ORDER_CLOSED REVERSE_EXPIRE TRADE_OVERDUE',
}


def plain(code: object) -> str:
    """Return a code as it is compared: upper case, no underscores, of reasonable length."""
    return code.replace('_', '').upper()[:48] if isinstance(code, str) else ''


def _set(words: str) -> frozenset[str]:
    return frozenset(plain(word) for word in words.split())


_KIND_OF = {code: kind for kind, words in _KINDS.items() for code in _set(words)}

USERPAYING = 'USERPAYING'
SIGN_ERROR = 'SIGNERROR'
NO_STATEMENT = 'NOSTATEMENTEXIST'
ENDED = _set('ORDER_CLOSED ORDER_REVERSED')  # answers to close and reverse: it was done before
# An order call with one of these: the number is in use, so something may be payable or paid.
ORDER_IN_USE = _set('OUT_TRADE_NO_USED ORDER_PAID')
# A charge with one of these is certainly not made. What is not listed is unknown: among them
# OUT_TRADE_NO_USED and ORDER_PAID (look again), every 429 and 5xx.
CHARGE_REFUSALS = _set(
    'AUTH_CODE_EXPIRE AUTH_CODE_INVALID AUTH_CODE_ERROR NOT_ENOUGH NOT_SUPORT_CARD ORDER_REVERSED'
    ' ORDER_CLOSED TRADE_ERROR RULE_LIMIT ACCOUNT_ERROR NO_AUTH PARAM_ERROR INVALID_REQUEST'
    ' MCH_NOT_EXISTS SIGN_ERROR APPID_MCHID_NOT_MATCH BUYER_MISMATCH APPID_NOT_EXIST'
    ' MCHID_NOT_EXIST LACK_PARAMS XML_FORMAT_ERROR REQUIRE_POST_METHOD NOT_UTF8'
)
REFUND_REFUSALS = _set(
    'PARAM_ERROR INVALID_REQUEST SIGN_ERROR NOT_ENOUGH USER_ACCOUNT_ABNORMAL NO_AUTH'
    ' REQUEST_BLOCKED MCH_NOT_EXISTS RESOURCE_NOT_EXISTS TRADE_OVERDUE REFUND_FEE_MISMATCH'
)


def kind_of(code: str) -> ReasonKind:
    """Return what an error code means."""
    return _KIND_OF.get(plain(code), ReasonKind.OTHER)
