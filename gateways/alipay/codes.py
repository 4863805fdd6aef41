# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's methods, states and error codes, as data.

Source: opendocs.alipay.com, the error tables of the pages of each method and the common error
codes. Codes are compared without their prefix (`ACQ.`, `AQC.`, `isv.`, `isp.`, `aop.`) and
regardless of case: the spelling varies between the pages and what servers answer.
"""

from __future__ import annotations

import re

from ..base import Outcome, ReasonKind, Scene, Wallet

CHANNELS = {
    (Wallet.ALIPAY, Scene.QR): 'alipay.trade.precreate',
    (Wallet.ALIPAY, Scene.CODE): 'alipay.trade.pay',
    (Wallet.ALIPAY, Scene.APP): 'alipay.trade.app.pay',
    (Wallet.ALIPAY, Scene.IN_APP): 'alipay.trade.create',
    (Wallet.ALIPAY, Scene.MINI): 'alipay.trade.create',
    (Wallet.ALIPAY, Scene.H5): 'alipay.trade.wap.pay',
}
# Asked for by name, in `extra['channel']`: Alipay's checkout page for computers.
PAGE = 'alipay.trade.page.pay'

PRODUCTS = {
    'alipay.trade.precreate': 'FACE_TO_FACE_PAYMENT',
    'alipay.trade.pay': 'FACE_TO_FACE_PAYMENT',
    'alipay.trade.create': 'FACE_TO_FACE_PAYMENT',
    'alipay.trade.app.pay': 'QUICK_MSECURITY_PAY',
    'alipay.trade.wap.pay': 'QUICK_WAP_WAY',
    PAGE: 'FAST_INSTANT_TRADE_PAY',
}

# Of `create` for a mini program.
MINI_PRODUCT = 'JSAPI_PAY'

OUTCOMES = {
    'TRADE_SUCCESS': Outcome.PAID,
    'TRADE_FINISHED': Outcome.PAID,
    'WAIT_BUYER_PAY': Outcome.WAITING,
    'TRADE_CLOSED': Outcome.REFUSED,
}

SUCCESS = '10000'
PAYER_ACTS = '10003'
UNKNOWN = '20000'
BUSINESS = '40004'

# === ERRORS === #

_K = ReasonKind
# A regular expression for the whole code -> kind. The first that fits wins.
_TABLE = tuple(
    (re.compile(pattern), kind)
    for kind, pattern in (
        (_K.SYSTEM, 'SYSTEM_ERROR|UNKNOW-ERROR|UNKNOWN_ERROR|ENTERPRISE_PAY_BIZ_ERROR'),
        (_K.SYSTEM, 'APP-CALL-LIMITED|METHOD-CALL-LIMITED|(SYSTEM|USER)_RATE_LIMIT'),
        (_K.SYSTEM, 'REFUND_CHARGE_ERROR|APPLY_PC_MERCHANT_CODE_ERROR'),
        (_K.BAD_KEY, '(INVALID|MISSING)-SIGNATURE(-TYPE|-KEY|-CONFIG)?|APP-CERT-(EXPIRED|NOT-EXIST)'),
        (_K.BAD_KEY, '(MISSING|INVALID)-(APP-CERT-SN|ALIPAY-ROOT-CERT-SN)|ALIPAY-CERT-NOT-EXIST'),
        (_K.BAD_KEY, 'APP-KEY-SECURITY-RISK|UNSUPPORTED-EXPIRED-APP-KEY-SIGN|(INVALID|MISSING)-ENCRYPT.*'),
        (_K.UNKNOWN_APP, '(INVALID|MISSING|UNMATCHED)-APP-ID'),
        (_K.CLOCK, '(INVALID|ILLEGAL|MISSING)-TIMESTAMP|NOW_TIME_AFTER_EXPIRE_TIME_ERROR'),
        (_K.NOT_ENABLED, 'NOT-ONLINE-APP|INVALID-APP-STATE|FORBIDDEN-API|INSUFFICIENT-.*-PERMISSIONS'),
        (_K.NOT_ENABLED, 'SELF-INVOKE-FORBIDDEN|ILLEGAL-CLIENT-IP|INVALID-AUTH-RELATIONS'),
        (_K.NOT_ENABLED, '.*AUTH-TOKEN.*|NO-PRODUCT-REG-BY-PARTNER|ACCESS_FORBIDDEN|PARTNER_ERROR'),
        (_K.NOT_ENABLED, 'MERCHANT_PERM_RECEIPT_.*|MERCHANT_STATUS_NOT_NORMAL|SELLER_BEEN_BLOCKED'),
        (_K.NOT_ENABLED, 'SELLER_NOT_EXIST|INVALID_RECEIVE_ACCOUNT|ERROR_SELLER_CERTIFY_LEVEL_LIMIT'),
        (_K.NOT_ENABLED, 'UN_SUPPORT_TRADE_SCENE|RESTRICTED_MERCHANT_INDUSTRY|BIZ_PRODUCT_NOT_ALLOWED'),
        (_K.NOT_ENABLED, 'UNBOUND_APPLICATION|PRODUCT_NOT_SUPPORT_IN_TINY_APP|SECONDARY_MERCHANT_.*'),
        (_K.NOT_ENABLED, 'SUB_MERCHANT_.*|PLATFORM_BUSINESS_.*|CANCEL_NOT_ALLOWED|TYPE_NOT_SUPPORTED'),
        (_K.NOT_FOUND, 'TRADE_NOT_EXIST|BILL_NOT_EXIST|NO_BILL_DATA'),
        (_K.DUPLICATE, 'CONTEXT_INCONSISTENT|TRADE_HAS_SUCCESS|DISCORDANT_REPEAT_REQUEST'),
        (_K.EXPIRED, 'TRADE_HAS_CLOSE|TRADE_HAS_FINISHED|TRADE_CANCEL_TIME_OUT'),
        (_K.BAD_CODE, 'PAYMENT_AUTH_CODE_INVALID|AUTH_TOKEN_IS_NOT_EXIST|CODE-INVALID'),
        (_K.DECLINED, 'BUYER_.*|TRADE_BUYER_NOT_MATCH|PAYER_UNMATCHED|USER_LOGONID_DUP|USER_NOT_MATCH_ERR'),
        (_K.DECLINED, 'ERROR_BALANCE_PAYMENT_DISABLE|NO_PAYMENT_INSTRUMENTS_AVAILABLE'),
        (_K.DECLINED, 'NOT_SUPPORT_PAYMENT_INST|PULL_MOBILE_CASHIER_FAIL|.*_SWITCH_OFF|PAYMENT_FAIL'),
        (_K.DECLINED, 'PAYMENT_REQUEST_HAS_RISK|ERROR_BUYER_CERTIFY_LEVEL_LIMIT|NOT_CERTIFIED_USER'),
        (_K.DECLINED, 'BEYOND_P.*|TOTAL_FEE_EXCEED|REQUEST_AMOUNT_EXCEED|PRODUCT_AMOUNT_LIMIT_ERROR'),
        (_K.DECLINED, 'SELLER_BALANCE_NOT_ENOUGH|REASON_TRADE_BEEN_FREEZEN|TRADE_NOT_ALLOW_REFUND'),
        (_K.DECLINED, 'REASON_TRADE_REFUND_FEE_ERR|REFUND_FEE_ERROR|NOT_ALLOW_PARTIAL_REFUND'),
        (_K.DECLINED, 'ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND|REFUND_ACCOUNT_NOT_EXIST|OVERDRAFT_.*'),
        (_K.PARAMETER, 'INVALID_PARAMETER|ILLEGAL_ARGUMENT|INVAILID_ARGUMENTS|INVALID_ARGUMENTS'),
        (_K.PARAMETER, 'EXIST_FORBIDDEN_WORD|INVALID_STORE_ID|STORE_INFO_INVALID|SUB_GOODS_SIZE_MAX_COUNT'),
        (_K.PARAMETER, 'RISK_MERCHANT_IP_NOT_EXIST|OPEN_ID_NOT_TINY_APP|CUSTOMER_VALIDATE_ERROR'),
        (_K.PARAMETER, 'CURRENCY_NOT_SUPPORT|AMOUNT_OR_CURRENCY_ERROR|REFUND_AMT_NOT_EQUAL_TOTAL'),
        (_K.PARAMETER, '.*ROYALTY.*|.*SETTLE.*|ALLOC_AMOUNT_VALIDATE_ERROR|REFUNDALLOC_UNAUTH_LIMIT'),
        (_K.PARAMETER, 'BILL_DATE_BEFORE_REGISTRATION'),
        (_K.PARAMETER, '(INVALID|MISSING|ILLEGAL)-.*|SUSPECTED-ATTACK|GRANT-TYPE-INVALID'),
        (_K.OTHER, 'TRADE_STATUS_ERROR|REASON_TRADE_STATUS_INVALID|REASON_ILLEGAL_STATUS'),
    )
)
# When the detail is missing or not known.
_BY_CODE = {
    UNKNOWN: _K.SYSTEM,
    '20001': _K.NOT_ENABLED,
    '40001': _K.PARAMETER,
    '40002': _K.PARAMETER,
    '40003': _K.NOT_ENABLED,
    '40005': _K.SYSTEM,
    '40006': _K.NOT_ENABLED,
}
# The request was rejected before any method ran.
_REJECTED = frozenset({'20001', '40001', '40002', '40003', '40005', '40006'})
# Business refusals after which a trade may exist, or may have been paid.
_DOUBTFUL = frozenset({
    'TRADE_STATUS_ERROR', 'REASON_TRADE_STATUS_INVALID', 'REASON_ILLEGAL_STATUS',
    'TRADE_BUYER_NOT_MATCH', 'PAYMENT_FAIL', 'TRADE_NOT_EXIST', 'TRADE_HAS_FINISHED',
})
# … which are final for a refund: its period is over, or there is no such payment.
REFUND_REFUSALS = frozenset({'TRADE_HAS_FINISHED', 'TRADE_NOT_EXIST'})
_PREFIX = re.compile(r'(acq|aqc|isv|isp|aop)\.', re.IGNORECASE)


def plain(sub_code: str) -> str:
    """Return a detailed code without its prefix, in upper case."""
    return _PREFIX.sub('', sub_code, count=1).upper()


def _known(sub_code: str) -> ReasonKind | None:
    name = plain(sub_code)
    return next((kind for pattern, kind in _TABLE if pattern.fullmatch(name)), None)


def kind_of(code: str, sub_code: str) -> ReasonKind:
    """Return what a failure means: by its detail, else by its code."""
    return (_known(sub_code) if sub_code else None) or _BY_CODE.get(code, _K.OTHER)


def is_refusal(code: str, sub_code: str) -> bool:
    """Say whether it is certain that this call did nothing and left nothing to pay.

    A code that is not in the tables is not: "query, then decide" is the rule for those.
    """
    if code in _REJECTED:
        return kind_of(code, sub_code) != _K.SYSTEM or code == '40005'
    if code != BUSINESS or plain(sub_code) in _DOUBTFUL:
        return False
    return _known(sub_code) not in (None, _K.SYSTEM, _K.DUPLICATE, _K.OTHER)
