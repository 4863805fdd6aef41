# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's channels, error codes and messages, as data.

Source: the vendor's public documentation, pages "interface rules", "API" and "error codes".
"""

from __future__ import annotations

import re

from ..base import ReasonKind, Scene, Wallet

# (wallet, scene) -> channel_type. The printed counter code has no channel of its own: the payer
# chooses on the gateway's page. Listed are the wallets that its documents name for it.
CHANNELS = {
    (Wallet.WECHAT_PAY, Scene.QR): 'WX_NATIVE',
    (Wallet.WECHAT_PAY, Scene.CODE): 'WX_MICROPAY',
    (Wallet.WECHAT_PAY, Scene.IN_APP): 'WX_JSAPI',
    (Wallet.WECHAT_PAY, Scene.H5): 'WX_H5',
    (Wallet.WECHAT_PAY, Scene.MINI): 'WX_APPLET',
    (Wallet.WECHAT_PAY, Scene.SHOP_CODE): '',
    (Wallet.ALIPAY, Scene.QR): 'ALI_QRCODE',
    (Wallet.ALIPAY, Scene.CODE): 'ALI_SWIPE',
    (Wallet.ALIPAY, Scene.IN_APP): 'ALI_JSAPI',
    (Wallet.ALIPAY, Scene.H5): 'ALI_WAP',
    (Wallet.ALIPAY, Scene.SHOP_CODE): '',
    (Wallet.QQ_WALLET, Scene.QR): 'QQ_QRCODE',
    (Wallet.UNIONPAY, Scene.QR): 'BANK_QRCODE',
    (Wallet.UNIONPAY, Scene.CODE): 'BANK_SWIPE',
    (Wallet.UNIONPAY, Scene.H5): 'BANK_WAP',
    (Wallet.UNIONPAY, Scene.APP): 'Quick_Pass_APP',
    (Wallet.JD_PAY, Scene.H5): 'JD_WAP',
}

# Channels asked for by name, in `extra['channel']`, and the scenes in which each makes sense.
NAMED_CHANNELS = {
    'WX_APPLET': (Wallet.WECHAT_PAY, {Scene.IN_APP, Scene.APP, Scene.MINI}),
    'WX_WITHHOLD': (Wallet.WECHAT_PAY, {Scene.APP, Scene.IN_APP, Scene.H5, Scene.QR}),
    'ALI_QRCODE_HUABEI_INSTALLMENT': (Wallet.ALIPAY, {Scene.QR}),
    'ALI_SWIPE_HUABEI_INSTALLMENT': (Wallet.ALIPAY, {Scene.CODE}),
    'Quick_Pass_APP': (Wallet.UNIONPAY, {Scene.APP}),
    'Quick_Pass_H5': (Wallet.UNIONPAY, {Scene.H5}),
    'BANK_QUICK_PAY_FD': (Wallet.UNIONPAY, {Scene.H5, Scene.APP}),
    'BANK_QUICK_PAY_BFD': (Wallet.UNIONPAY, {Scene.H5, Scene.APP}),
    'BANK_CYBER': (Wallet.UNIONPAY, {Scene.H5}),
}

HUABEI = {
    Scene.QR: 'ALI_QRCODE_HUABEI_INSTALLMENT',
    Scene.CODE: 'ALI_SWIPE_HUABEI_INSTALLMENT',
}
HUABEI_INSTALMENTS = ('3', '6', '12')
HUABEI_SELLER_PERCENT = ('0', '100')  # who bears the instalment fee: the payer, the merchant

SHOP_CODE_STYLES = ('', '0', '1', '2', '3')

# What `extra` may hold.
EXTRA = frozenset({
    'channel',
    'wx_js_code',
    'open_id',
    'wx_app_id',
    'huabei_instalments',
    'huabei_seller_percent',
    'contract_no',
    'pay_option',
    'meta_option',
})


def channel_of(wallet: Wallet, scene: Scene, extra) -> str:
    """Return the channel for a payment.

    :param extra: the request's own options; `channel` names one, `huabei_instalments` implies one
    :return: channel_type, or '' when there is none
    """
    named = extra.get('channel', '')
    if named:
        if CHANNELS.get((wallet, scene)) == named:
            return named
        owner, scenes = NAMED_CHANNELS.get(named, (None, ()))
        return named if owner == wallet and scene in scenes else ''
    if extra.get('huabei_instalments'):
        return HUABEI.get(scene, '') if wallet == Wallet.ALIPAY else ''
    return CHANNELS.get((wallet, scene), '')


def wallet_of(channel: str) -> Wallet | None:
    """Return the wallet of a channel_type in an answer, or None."""
    for prefix, wallet in _PREFIXES:
        if channel.upper().startswith(prefix):
            return wallet
    return None


_PREFIXES = (
    ('WX_', Wallet.WECHAT_PAY),
    ('ALI_', Wallet.ALIPAY),
    ('QQ_', Wallet.QQ_WALLET),
    ('JD_', Wallet.JD_PAY),
    ('QUICK_PASS_', Wallet.UNIONPAY),
    ('BANK_', Wallet.UNIONPAY),
)

# === ERRORS === #

SUCCESS = 'E0000'
# The gateway did not finish: the payment may exist.
UNFINISHED = frozenset({'E0007', 'E0008'})
# The gateway refused before doing anything.
REFUSALS = frozenset({'E0001', 'E0002', 'E0003', 'E0004', 'E0005', 'E0006'})

_BY_CODE = {
    'E0003': ReasonKind.UNKNOWN_APP,
    'E0004': ReasonKind.NOT_ENABLED,
    'E0005': ReasonKind.NOT_ENABLED,
    'E0006': ReasonKind.BAD_KEY,
    'E0007': ReasonKind.SYSTEM,
}
# The codes say little, the messages more. No list of messages is published: these words are those
# of the vendor's samples and of the wallets behind it. A message that matches none stays general.
_BY_MESSAGE = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r'签名|验签|signature', ReasonKind.BAD_KEY),
        (r'时间戳|timestamp|请求时间|请求已过期', ReasonKind.CLOCK),
        (r'重复|已存在|duplicate|already exist', ReasonKind.DUPLICATE),
        (
            r'(订单|单据|单号|交易|退款|记录|order|bill|refund)[^,，;；]{0,12}'
            r'(不存在|未找到|没有找到|not ?(found|exist))|(不存在|未找到)[^,，;；]{0,6}(订单|单据|交易|退款)',
            ReasonKind.NOT_FOUND,
        ),
        # After the orders: "no such order of this merchant" is about the order.
        (r'(应用|app_?id|商户|mch_uid)[^,，;；]{0,12}(不存在|未找到|无效)', ReasonKind.UNKNOWN_APP),
        (r'付款码|条码|授权码|auth_?(bar_?)?code', ReasonKind.BAD_CODE),
        (r'未开通|未启用|未开启|未审核|没有权限|无权限|not (open|enabled)', ReasonKind.NOT_ENABLED),
        (r'取消|cancel', ReasonKind.CANCELLED),
        (r'余额不足|限额|超限|风险|风控|密码|银行卡|insufficient', ReasonKind.DECLINED),
        (r'关闭|过期|超时未支付|expired|closed', ReasonKind.EXPIRED),
    )
)


def kind_of(code: str, message: str, default: ReasonKind = ReasonKind.OTHER) -> ReasonKind:
    """Return what an error code and its message mean.

    A code with one meaning wins. E0001, E0002, E0008 and unlisted codes mean many things, so the
    message is looked at first.

    :param default: when neither says anything
    """
    if code in _BY_CODE:
        return _BY_CODE[code]
    for words, kind in _BY_MESSAGE:
        if words.search(message):
            return kind
    if code in ('E0001', 'E0002'):
        return ReasonKind.PARAMETER
    if code == 'E0008':
        return ReasonKind.SYSTEM
    return default
