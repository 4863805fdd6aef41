# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet: flat XML under MD5. There is no SDK to put beside it; bare is MD5 of the same text."""

import hashlib
from xml.sax.saxutils import escape

from gateways.base import OrderRequest, Outcome, Scene, Wallet
from gateways.qq_wallet import QqWallet

from . import edge, material
from .comparison import Row

MERCHANT, KEY, NONCE = "1900000109", "192006250b4c09247ec02edce69f6a2d", "0" * 32

REQUEST = OrderRequest(
    out_trade_no=material.NUMBER, amount=material.AMOUNT, subject=material.SUBJECT, wallet=Wallet.QQ_WALLET,
    scene=Scene.QR, notify_url=material.NOTICE_URL, attach="sale.order,12")
ORDER = {
    "attach": "sale.order,12", "body": material.SUBJECT, "fee_type": "CNY", "mch_id": MERCHANT, "nonce_str": NONCE,
    "notify_url": material.NOTICE_URL, "out_trade_no": material.NUMBER, "spbill_create_ip": "127.0.0.1",
    "total_fee": "8888", "trade_type": "NATIVE",
}
ANSWER = {
    "return_code": "SUCCESS", "return_msg": "SUCCESS", "retcode": "0", "retmsg": "ok", "result_code": "SUCCESS",
    "mch_id": MERCHANT, "nonce_str": NONCE, "prepay_id": "6V1e4ce1f5b1d6d5e5a0c1c7", "trade_type": "NATIVE",
    "code_url": "https://qpay.qq.com/qr/5de35af0",
}
NOTICE = {
    "mch_id": MERCHANT, "nonce_str": NONCE, "device_info": "WEB", "trade_type": "NATIVE", "trade_state": "SUCCESS",
    "bank_type": "BALANCE", "fee_type": "CNY", "total_fee": "8888", "cash_fee": "8888", "coupon_fee": "0",
    "transaction_id": "1353933301461603151703715555", "out_trade_no": material.NUMBER, "attach": "sale.order,12",
    "time_end": "20260315103456", "openid": "0123456789ABCDEF0123456789ABCDEF",
}


def rows():
    credentials = {"mch_id": MERCHANT, "api_key": KEY}
    received = _message(ANSWER), {"Content-Type": "text/xml"}
    cut, wired = (QqWallet(credentials, transport=edge.Edge(given)) for given in (None, received))
    notice = _message(NOTICE)
    texts = {name: _joined(fields) for name, fields in (("order", ORDER), ("answer", ANSWER), ("notice", NOTICE))}
    return [
        Row("QQ Wallet", "order: built and signed", edge.until_sent(cut.order, REQUEST), lambda: _md5(texts["order"])),
        Row("QQ Wallet", "order: whole call", lambda: wired.order(REQUEST).outcome == Outcome.WAITING,
            lambda: _md5(texts["order"]) and _md5(texts["answer"])),
        Row("QQ Wallet", "notice: verified and read", lambda: cut.parse_notice({}, notice).payment.amount,
            lambda: _md5(texts["notice"])),
    ]


def _joined(fields):
    return "&".join([*(f"{name}={fields[name]}" for name in sorted(fields)), f"key={KEY}"]).encode()


def _md5(text):
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _message(fields):
    signed = {**fields, "sign": _md5(_joined(fields)).upper()}
    parts = [f"<{name}>{escape(value)}</{name}>" for name, value in signed.items()]
    return f"<xml>{''.join(parts)}</xml>".encode()
