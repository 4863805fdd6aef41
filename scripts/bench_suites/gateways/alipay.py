# Part of payment_cn_wallets. License LGPL-3.
"""Alipay, RSA2 with public keys, beside ``alipay-sdk-python``.

The SDK reads its keys from text in every call and computes in Python; that is its own way, not the bench's. Its
``sdk_execute`` makes a signed request without sending it, and its ``execute`` has a ``do_post`` that sends nothing.
A notice is verified with it as its documents say: sorted parameters without ``sign`` and ``sign_type``.
"""

import json
from urllib.parse import parse_qsl, urlencode

from alipay.aop.api import DefaultAlipayClient as client_module  # noqa: N813  a module named like its class
from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.domain.AlipayTradePrecreateModel import AlipayTradePrecreateModel
from alipay.aop.api.request.AlipayTradePrecreateRequest import AlipayTradePrecreateRequest
from alipay.aop.api.util.SignatureUtils import get_sign_content, verify_with_rsa

from gateways.alipay import Alipay, responses
from gateways.base import OrderRequest, Outcome, Scene, Wallet

from . import edge, material
from .comparison import Row

APP_ID, SELLER = "2021000000000001", "2088000000000001"
METHOD = "alipay.trade.precreate"
SDK = "alipay-sdk-python"
QR = "https://qr.alipay.com/bax03431ljhokirwl38f00a7"

REQUEST = OrderRequest(
    out_trade_no=material.NUMBER, amount=material.AMOUNT, subject=material.SUBJECT, wallet=Wallet.ALIPAY,
    scene=Scene.QR, notify_url=material.NOTICE_URL)
NOTICE = {
    "app_id": APP_ID, "auth_app_id": APP_ID, "buyer_id": "2088102116773037", "buyer_pay_amount": "88.88",
    "charset": "utf-8", "fund_bill_list": '[{"amount":"88.88","fundChannel":"ALIPAYACCOUNT"}]',
    "gmt_create": "2026-03-15 10:34:50", "gmt_payment": "2026-03-15 10:34:56", "invoice_amount": "88.88",
    "notify_id": "2026031500222103456012345678901234", "notify_time": "2026-03-15 10:34:57",
    "notify_type": "trade_status_sync", "out_trade_no": material.NUMBER, "point_amount": "0.00",
    "receipt_amount": "88.88", "seller_id": SELLER, "subject": material.SUBJECT, "total_amount": "88.88",
    "trade_no": "2026031522001473031412345678", "trade_status": "TRADE_SUCCESS", "version": "1.0",
}


def rows():
    merchant, theirs = material.Pair("app"), material.Pair("alipay")
    node = json.dumps({"code": "10000", "msg": "Success", "out_trade_no": material.NUMBER, "qr_code": QR},
                      separators=(",", ":"))
    answer_signature = theirs.sign(node.encode())
    body = f'{{"alipay_trade_precreate_response":{node},"sign":"{theirs.sign_text(node.encode())}"}}'.encode()
    signed = "&".join(f"{name}={NOTICE[name]}" for name in sorted(NOTICE)).encode()
    notice_signature = theirs.sign(signed)
    form = urlencode({**NOTICE, "sign_type": "RSA2", "sign": theirs.sign_text(signed)}).encode()

    credentials = {"app_id": APP_ID, "seller_id": SELLER, "private_key": material.bare(merchant.private_pem()),
                   "alipay_public_key": material.bare(theirs.public_pem())}
    received = body, {"Content-Type": "text/html;charset=utf-8"}
    answer = edge.answer(*received)
    cut, wired = (Alipay(credentials, transport=edge.Edge(given)) for given in (None, received))
    sdk, make_request = _sdk(merchant, theirs)
    client_module.do_post = lambda *_request: body
    text = _sample_content().encode()
    parse_response = sdk._DefaultAlipayClient__parse_response

    def common(operation, **implementations):
        return Row("Alipay", operation, sdk_name=SDK, **implementations)

    return [
        common("order: built and signed", ours=edge.until_sent(cut.order, REQUEST),
               sdk=lambda: sdk.sdk_execute(make_request()), bare=lambda: merchant.sign(text)),
        common("answer: verified and read",
               ours=lambda: responses.verify(answer, METHOD, cut.client.public_keys).fields["qr_code"],
               sdk=lambda: json.loads(parse_response(body))["qr_code"],
               bare=lambda: theirs.verify(answer_signature, node.encode())),
        common("order: whole call", ours=lambda: wired.order(REQUEST).outcome == Outcome.WAITING,
               sdk=lambda: json.loads(sdk.execute(make_request()))["qr_code"],
               bare=lambda: merchant.sign(text) and theirs.verify(answer_signature, node.encode())),
        common("notice: verified and read", ours=lambda: cut.parse_notice({}, form).payment.amount,
               sdk=lambda: _sdk_notice(form, material.bare(theirs.public_pem())),
               bare=lambda: theirs.verify(notice_signature, signed)),
    ]


def _sdk(merchant, theirs):
    config = AlipayClientConfig()
    config.app_id = APP_ID
    config.app_private_key = material.bare(merchant.private_pem(pkcs1=True))
    config.alipay_public_key = material.bare(theirs.public_pem())

    def make_request():
        model = AlipayTradePrecreateModel()
        model.out_trade_no, model.subject = material.NUMBER, material.SUBJECT
        model.total_amount, model.product_code = "88.88", "FACE_TO_FACE_PAYMENT"
        model.time_expire, model.qr_code_timeout_express = "2026-03-15 12:34:56", "120m"
        request = AlipayTradePrecreateRequest(biz_model=model)
        request.notify_url = material.NOTICE_URL
        return request

    return client_module.DefaultAlipayClient(config), make_request


def _sdk_notice(form, public_key):
    params = dict(parse_qsl(form.decode(), keep_blank_values=True))
    signature = params.pop("sign")
    params.pop("sign_type")
    return verify_with_rsa(public_key, get_sign_content(params).encode(), signature) and params["total_amount"]


def _sample_content():
    """A text as long as the one that is signed of an order."""
    fields = json.dumps({
        "out_trade_no": material.NUMBER, "total_amount": "88.88", "subject": material.SUBJECT,
        "product_code": "FACE_TO_FACE_PAYMENT", "time_expire": "2026-03-15 12:34:56",
        "qr_code_timeout_express": "120m"}, ensure_ascii=False, separators=(",", ":"))
    return (f"app_id={APP_ID}&biz_content={fields}&charset=utf-8&format=JSON&method={METHOD}"
            f"&notify_url={material.NOTICE_URL}&sign_type=RSA2&timestamp=2026-03-15 10:34:56&version=1.0")
