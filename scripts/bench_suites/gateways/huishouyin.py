# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin: JSON under MD5. There is no SDK to put beside it; bare is MD5 of the same text."""

import hashlib
import json

from gateways.base import OrderRequest, Outcome, Scene, Wallet
from gateways.huishouyin import Huishouyin

from . import edge, material
from .comparison import Row

APP, MERCHANT, KEY = "hyp170420470720000001025BCB0C31E", "4707201974600", "EA9DA4530C454D009D0E1291"

REQUEST = OrderRequest(
    out_trade_no=material.NUMBER, amount=material.AMOUNT, subject=material.SUBJECT, wallet=Wallet.WECHAT_PAY,
    scene=Scene.QR, notify_url=material.NOTICE_URL, attach="sale.order,12")
ORDER = {
    "app_id": APP, "charset": "UTF-8", "mch_uid": MERCHANT, "method": "heemoney.pay.applypay", "sign_type": "MD5",
    "timestamp": "20260315103456", "version": "1.0",
    "biz_content": json.dumps({
        "out_trade_no": material.NUMBER, "subject": material.SUBJECT, "total_fee": material.AMOUNT,
        "channel_type": "WX_NATIVE", "client_ip": "127.0.0.1", "notify_url": material.NOTICE_URL,
        "attach": "sale.order,12"}, ensure_ascii=False, separators=(",", ":")),
}
ANSWER = {
    "return_code": "SUCCESS", "return_msg": "ok", "result_code": "SUCCESS", "app_id": APP, "mch_uid": MERCHANT,
    "out_trade_no": material.NUMBER, "hy_bill_no": "20260315103456000001", "total_fee": "8888",
    "code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz",
}
NOTICE = {
    "app_id": APP, "mch_uid": MERCHANT, "out_trade_no": material.NUMBER, "hy_bill_no": "20260315103456000001",
    "channel_type": "WX_NATIVE", "total_fee": "8888", "real_vol": "8888", "trade_status": "Success",
    "time_end": "20260315103456", "attach": "sale.order,12",
}


def rows():
    credentials = {"app_id": APP, "mch_uid": MERCHANT, "key": KEY}
    received = _message(ANSWER), {"Content-Type": "application/json; charset=utf-8"}
    cut, wired = (Huishouyin(credentials, transport=edge.Edge(given)) for given in (None, received))
    notice, headers = _message(NOTICE), {"Content-Type": "application/json; charset=utf-8"}
    texts = {name: _joined(fields) for name, fields in (("order", ORDER), ("answer", ANSWER), ("notice", NOTICE))}
    return [
        Row("Huishouyin", "order: built and signed", edge.until_sent(cut.order, REQUEST), lambda: _md5(texts["order"])),
        Row("Huishouyin", "order: whole call", lambda: wired.order(REQUEST).outcome == Outcome.WAITING,
            lambda: _md5(texts["order"]) and _md5(texts["answer"])),
        Row("Huishouyin", "notice: verified and read", lambda: cut.parse_notice(headers, notice).payment.amount,
            lambda: _md5(texts["notice"])),
    ]


def _joined(fields):
    return "&".join([*(f"{name}={fields[name]}" for name in sorted(fields)), f"key={KEY}"]).encode()


def _md5(text):
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _message(fields):
    return json.dumps({**fields, "sign": _md5(_joined(fields)).upper()}, ensure_ascii=False).encode()
