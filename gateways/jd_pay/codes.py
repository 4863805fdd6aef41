# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's channels, states, error messages and limits, as data.

There is no public table of the result codes of V2.0: all but `000000` is an error, told in words.
The words are used to explain, and where something depends on them it is said there. The codes
below belong to neighbouring interfaces of JD and are recognised in case they turn up.
"""

from __future__ import annotations

import re

from ..base import Outcome, ReasonKind, Scene, Wallet

# (wallet, scene) -> tradeType of a unified order, or the protocol's name of the call
CHANNELS = {
    (Wallet.JD_PAY, Scene.QR): 'QR',
    (Wallet.JD_PAY, Scene.CODE): 'fkmPay',
    (Wallet.JD_PAY, Scene.H5): 'h5pay',
    (Wallet.JD_PAY, Scene.APP): 'GEN',
}

# `status`. Two scales that contradict each other: 2 is success for payments, failure for refunds.
PAYMENT = {
    '0': Outcome.WAITING,  # created
    '1': Outcome.WAITING,  # being processed
    '2': Outcome.PAID,
    '3': Outcome.REFUSED,  # failed
    '4': Outcome.REFUSED,  # closed
}
CLOSED = '4'
REFUND = {
    '0': Outcome.WAITING,
    '1': Outcome.PAID,  # the money went back; of a revoke: nothing is held any more
    '2': Outcome.REFUSED,
}
COUPON = '3'  # payType of a part that JD pays

NUMBER_LIMIT = 30  # characters; no source states one
NAME_LIMIT = 128
NOTE_LIMIT = 200

# Options of a request (`extra`) -> the protocol's field, with the spelling of the call.
ORDER_EXTRA = {
    'order_type': 'orderType',
    'industry_category': 'industryCategoryCode',
    'goods_info': 'goodsInfo',
    'goods_num': 'orderGoodsNum',
    'vendor_id': 'vendorId',
    'receiver_info': 'receiverInfo',
    'term_info': 'termInfo',
    'risk_info': 'riskInfo',
    'pay_merchant': 'payMerchant',
    'spec_card_no': 'specCardNo',
    'spec_id': 'specId',
    'spec_name': 'specName',
    'installment_num': 'installmentNum',
}
CHARGE_EXTRA = {
    'order_type': 'orderType',
    'industry_category': 'industryCategory',  # so in this call only
    'goods_info': 'goodsInfoList',
    'goods_num': 'orderGoodsNum',
    'vendor_id': 'vendorId',
    'receiver_info': 'receiverInfo',
    'term_info': 'termInfo',
    'risk_info': 'riskInfo',
    'pay_merchant': 'payMerchant',
}

_CODES = {
    'ILLEGAL_SIGN': ReasonKind.BAD_KEY,
    'ILLEGAL_ARGUMENT': ReasonKind.PARAMETER,
    'EXPARTNER_INFO_UNCORRECT': ReasonKind.UNKNOWN_APP,
    'ILLEGAL_AUTHORITY': ReasonKind.NOT_ENABLED,
    'ILLEGAL_CLIENT_IP': ReasonKind.NOT_ENABLED,
    'OUT_TRADE_NO_EXIST': ReasonKind.DUPLICATE,
    'TRADE_NOT_EXIST': ReasonKind.NOT_FOUND,
    'ACCOUNT_BALANCE_NOT_ENOUGH': ReasonKind.DECLINED,
    'PAYMENT_LIMITED': ReasonKind.DECLINED,
    'SYSTEM_ERROR': ReasonKind.SYSTEM,
    'RETURN_PARAM_NULL': ReasonKind.SYSTEM,
    'REFUND_FAILED': ReasonKind.DECLINED,
    'CURRENT_PAY_CANNOT_REVOKE': ReasonKind.DECLINED,
}
# The first that matches: "商户不存在" is about the merchant, not about an order.
_WORDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (ReasonKind.SYSTEM, r'系统(?:异常|错误|繁忙|忙)|服务异常|超时|稍后|system|timeout|busy'),
        (ReasonKind.BAD_KEY, r'验签|签名|解密|密钥|证书|\bsign|decrypt|certificate'),
        (ReasonKind.UNKNOWN_APP, r'商户号?(?:信息)?(?:不存在|不正确|错误|无效)|no such merchant'),
        (ReasonKind.NOT_ENABLED, r'未开通|未启用|无权限|没有权限|未授权|未审核|停用|冻结|not (?:enabled|approved)'),
        (ReasonKind.DUPLICATE, r'重复|已存在|duplicate|already'),
        (ReasonKind.NOT_FOUND, r'不存在|未找到|查无|无此|没有找到|not (?:exist|found)|no such'),
        (ReasonKind.BAD_CODE, r'付款码|条码|token'),
        (ReasonKind.CANCELLED, r'用户.{0,4}取消|cancelled'),
        (ReasonKind.EXPIRED, r'已关闭|已过期|已失效|closed|expired'),
        (ReasonKind.DECLINED, r'余额不足|限额|超出|超过|未支付|拒绝|declined|refused'),
        (ReasonKind.PARAMETER, r'参数|格式|不能为空|为空|非法|parameter|argument|required'),
    )
)
# An order that is complained about with these was certainly not made. (Charges and refunds are
# never ended by a complaint: it comes without a signature.)
NOT_MADE = frozenset({
    ReasonKind.BAD_KEY,
    ReasonKind.UNKNOWN_APP,
    ReasonKind.NOT_ENABLED,
    ReasonKind.PARAMETER,
})


def kind_of(code: str, message: str) -> ReasonKind:
    """Return what kind of complaint this is."""
    if code in _CODES:
        return _CODES[code]
    for kind, pattern in _WORDS:
        if pattern.search(message):
            return kind
    return ReasonKind.OTHER
