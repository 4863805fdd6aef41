# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's trade types, states and error codes, as data.

The vendor publishes no table of error codes. `USERPAYING` and `SYSTEMERROR` are confirmed for QQ
Wallet; the other names are those of the sister protocol (WeChat Pay v2), which it is likely to
share. A code that is not listed decides nothing where money may have moved.
"""

from __future__ import annotations

import re

from ..base import Outcome, ReasonKind, Scene, Wallet

CHANNELS = {
    (Wallet.QQ_WALLET, Scene.QR): 'NATIVE',
    (Wallet.QQ_WALLET, Scene.CODE): 'MICROPAY',
    (Wallet.QQ_WALLET, Scene.APP): 'APP',
    (Wallet.QQ_WALLET, Scene.IN_APP): 'JSAPI',
}
# Sources disagree about the trade type of QQ mini programs: JSAPI, or this one (in `extra`).
MINI_PROGRAM = 'MINIAPP'

# What `extra` may hold.
ORDER_EXTRA = frozenset({'limit_pay', 'promotion_tag', 'trade_type'})
CHARGE_EXTRA = frozenset({'limit_pay', 'promotion_tag'})
LIMIT_PAY = frozenset({
    'no_balance', 'no_credit', 'no_debit', 'balance_only', 'debit_only', 'NoBindNoBalan',
})  # fmt: skip

# === STATES === #

# trade_state -> outcome, kind of reason, whether nobody can pay it any more. NOTPAY and PAYERROR
# are names of the sister protocol.
TRADE_STATES = {
    'SUCCESS': (Outcome.PAID, None, False),
    'REFUND': (Outcome.PAID, None, False),
    'REVOKED': (Outcome.REFUSED, ReasonKind.EXPIRED, True),
    'CLOSED': (Outcome.REFUSED, ReasonKind.EXPIRED, True),
    'USERPAYING': (Outcome.WAITING, None, False),
    'NOTPAY': (Outcome.WAITING, None, False),
    'PAYERROR': (Outcome.REFUSED, ReasonKind.DECLINED, False),
}
# refund_status -> outcome, kind of reason. CHANGE: the payer's card is gone and the money went
# back to the merchant, so the payer has nothing. NOTSURE: the page says to send the same number
# again, which is what the addon does with a refund that is not found.
REFUND_STATES = {
    'SUCCESS': (Outcome.PAID, None),
    'PROCESSING': (Outcome.WAITING, None),
    'FAIL': (Outcome.REFUSED, ReasonKind.DECLINED),
    'CHANGE': (Outcome.REFUSED, ReasonKind.DECLINED),
    'NOTSURE': (Outcome.UNKNOWN, ReasonKind.NOT_FOUND),
}

# A refund in one of these is over. One that failed (FAIL) is to be tried again under its number.
REFUND_SPENT = frozenset({'CHANGE'})

# === ERRORS === #

USER_PAYING = 'USERPAYING'
PAID_ALREADY = 'ORDERPAID'
# The order is there and nobody can pay it any more.
CLOSED = frozenset({'ORDERCLOSED', 'ORDERREVERSED'})

_BY_CODE = {
    'SIGNERROR': ReasonKind.BAD_KEY,
    'MCHID_NOT_EXIST': ReasonKind.UNKNOWN_APP,
    'APPID_MCHID_NOT_MATCH': ReasonKind.UNKNOWN_APP,
    'NOAUTH': ReasonKind.NOT_ENABLED,
    'PARAM_ERROR': ReasonKind.PARAMETER,
    'LACK_PARAMS': ReasonKind.PARAMETER,
    'XML_FORMAT_ERROR': ReasonKind.PARAMETER,
    'NOT_UTF8': ReasonKind.PARAMETER,
    'SYSTEMERROR': ReasonKind.SYSTEM,
    'ORDERNOTEXIST': ReasonKind.NOT_FOUND,
    'REFUNDNOTEXIST': ReasonKind.NOT_FOUND,
    'OUT_TRADE_NO_USED': ReasonKind.DUPLICATE,
    'ORDERPAID': ReasonKind.DUPLICATE,
    'ORDERCLOSED': ReasonKind.EXPIRED,
    'ORDERREVERSED': ReasonKind.EXPIRED,
    'AUTHCODEEXPIRE': ReasonKind.BAD_CODE,
    'AUTH_CODE_ERROR': ReasonKind.BAD_CODE,
    'AUTH_CODE_INVALID': ReasonKind.BAD_CODE,
    'NOTENOUGH': ReasonKind.DECLINED,
    'NOTSUPORTCARD': ReasonKind.DECLINED,
}
_SAY_NOTHING = (ReasonKind.SYSTEM, ReasonKind.NOT_FOUND, ReasonKind.DUPLICATE)
# The gateway refused before doing anything. "That number was used", "no such order" and "system
# error" are not among them: they say nothing about what an earlier call did.
REFUSALS = frozenset(code for code, kind in _BY_CODE.items() if kind not in _SAY_NOTHING)

# For complaints without a code that is listed, for people to read only.
_BY_MESSAGE = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r'签名|验签|\bsign', ReasonKind.BAD_KEY),
        (r'系统(错误|繁忙|异常)|system ?(error|busy)', ReasonKind.SYSTEM),
        (
            r'(订单|单号|交易|退款|账单|order|bill|refund)[^,，;；]{0,12}'
            r'(不存在|未找到|not ?(found|exist))|(不存在|no such)[^,，;；]{0,6}(订单|退款|账单|order|bill)',
            ReasonKind.NOT_FOUND,
        ),
        (r'(商户|appid|mch_?id)[^,，;；]{0,12}(不存在|不匹配|无效|not exist)', ReasonKind.UNKNOWN_APP),
        (r'证书|certificate', ReasonKind.NOT_ENABLED),
        (r'未开通|没有权限|无权限|no permission', ReasonKind.NOT_ENABLED),
        (r'付款码|条码|授权码|auth_?code', ReasonKind.BAD_CODE),
        (r'重复|已存在|duplicate', ReasonKind.DUPLICATE),
        (r'参数|parameter', ReasonKind.PARAMETER),
        (r'取消|cancel', ReasonKind.CANCELLED),
        (r'余额不足|限额|超限|风险|风控|银行卡', ReasonKind.DECLINED),
        (r'关闭|过期|已撤销|expired|closed', ReasonKind.EXPIRED),
    )
)


def kind_of(code: str, message: str = '') -> ReasonKind:
    """Return what an error code, or else its message, means."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    for words, kind in _BY_MESSAGE:
        if words.search(message):
            return kind
    return ReasonKind.OTHER
