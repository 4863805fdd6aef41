# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay, API v3, beside ``wechatpayv3``.

The SDK's own signing function is ``build_authorization``, over a body that is there. Where it makes the body as well,
or the whole call, it has in the place of ``requests`` what that does at the least: the content becomes the bytes of a
body, the bytes of the answer become text, and its headers are found in either case. Its ``callback`` gives a verified
and decrypted notice as a dict; what we make of one after that, a masked record and a checked result, has no
counterpart.
"""

import base64
import json
import tempfile
import time
import types
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from requests.structures import CaseInsensitiveDict
from wechatpayv3 import WeChatPay, WeChatPayType, core
from wechatpayv3.utils import build_authorization

from gateways.base import OrderRequest, Outcome, Scene, Wallet
from gateways.wechat_pay import WechatPay, notice, platform_keys

from . import edge, material
from .comparison import Row

APPID, MCHID = "wxd678efh567hg6787", "1900007291"
API_V3_KEY = "0123456789abcdef0123456789ABCDEF"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000072912026031500001"
PATH = "/v3/pay/transactions/native"
SDK = "wechatpayv3"
_dumps = json.dumps

REQUEST = OrderRequest(
    out_trade_no=material.NUMBER, amount=material.AMOUNT, subject=material.SUBJECT, wallet=Wallet.WECHAT_PAY,
    scene=Scene.QR, notify_url=material.NOTICE_URL, attach="sale.order,12")
BODY = json.dumps({
    "appid": APPID, "mchid": MCHID, "description": material.SUBJECT, "out_trade_no": material.NUMBER,
    "attach": "sale.order,12", "amount": {"total": material.AMOUNT, "currency": "CNY"},
    "notify_url": material.NOTICE_URL,
}, ensure_ascii=False, separators=(",", ":"))
PAID = {
    "appid": APPID, "mchid": MCHID, "out_trade_no": material.NUMBER, "transaction_id": "4200002026031512345678901",
    "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
    "attach": "sale.order,12", "success_time": "2026-03-15T10:34:56+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 8888, "payer_total": 8888, "currency": "CNY", "payer_currency": "CNY"},
}


class Platform:
    """Plays WeChat Pay. What it signed is signed anew for every round: it counts for five minutes."""

    def __init__(self, pair, serial):
        self.pair = pair
        self.serial = serial
        self.answer_body = json.dumps({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}).encode()
        self.nonce = "Td1nonce0001"
        self.cipher = AESGCM(API_V3_KEY.encode()).encrypt(
            self.nonce.encode(), json.dumps(PAID, ensure_ascii=False).encode(), b"transaction")
        self.notice_body = json.dumps({
            "id": "EV-2026031510345600001", "create_time": "2026-03-15T10:34:57+08:00",
            "resource_type": "encrypt-resource", "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction",
                "nonce": self.nonce, "ciphertext": base64.b64encode(self.cipher).decode()},
        }, ensure_ascii=False).encode()
        self.renew()

    def renew(self):
        self.moment = datetime.now(timezone.utc)
        self.answer_headers, self.answer_signed = self._headers(self.answer_body)
        self.notice_headers, self.notice_signed = self._headers(self.notice_body)
        self.answer = edge.answer(self.answer_body, self.answer_headers)

    def _headers(self, body):
        moment, nonce = str(int(time.time())), "fdasfdihaihfdlasfk"
        message = f"{moment}\n{nonce}\n".encode() + body + b"\n"
        signature = self.pair.sign(message)
        return {
            "Wechatpay-Timestamp": moment, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Content-Type": "application/json; charset=utf-8",
        }, (signature, message)

    def verify_answer(self):
        return self.pair.verify(*self.answer_signed)

    def open_notice(self):
        """Verify and decrypt, and nothing else."""
        self.pair.verify(*self.notice_signed)
        return AESGCM(API_V3_KEY.encode()).decrypt(self.nonce.encode(), self.cipher, b"transaction")


class _Requests:
    """What the SDK sends its requests with."""

    answer = None  # body, headers
    cut = False  # end where the request is ready to leave

    def post(self, *, json=None, **_request):
        self.sent = _dumps(json).encode()
        if self.cut:
            raise edge.Reached
        body, headers = self.answer
        return types.SimpleNamespace(status_code=200, headers=headers, text=body.decode())


def rows():
    """The rows, for a merchant with WeChat Pay's public key and for one with platform certificates."""
    merchant, theirs = material.Pair(MCHID), material.Pair("Tenpay.com Root")
    return [*_with_public_key(merchant, theirs), *_with_certificate(merchant, theirs)]


def _credentials(merchant, **more):
    return {"appid": APPID, "mchid": MCHID, "api_v3_key": API_V3_KEY, "private_key": merchant.private_pem(),
            "certificate": merchant.certificate_pem(), **more}


def _sdk(merchant, **more):
    return WeChatPay(WeChatPayType.NATIVE, MCHID, merchant.private_pem(), merchant.serial, APPID, API_V3_KEY,
                     notify_url=material.NOTICE_URL, **more)


def _with_public_key(merchant, theirs):
    platform = Platform(theirs, PUBLIC_KEY_ID)
    credentials = _credentials(merchant, public_key=theirs.public_pem(), public_key_id=PUBLIC_KEY_ID)
    sdk, sdk_cut = (_sdk(merchant, public_key=theirs.public_pem(), public_key_id=PUBLIC_KEY_ID) for _one in range(2))
    cut = WechatPay(credentials, transport=edge.Edge())
    wired = WechatPay(credentials, transport=edge.Edge())
    requests = _Requests()
    core.requests = types.SimpleNamespace(post=requests.post)
    message = f"POST\n{PATH}\n1773542096\n{'0' * 32}\n{BODY}\n".encode()

    def renew():
        platform.renew()
        wired.transport.received = platform.answer_body, platform.answer_headers
        requests.answer = platform.answer_body, CaseInsensitiveDict(platform.answer_headers)

    def call():
        return wired.order(REQUEST).outcome == Outcome.WAITING

    def pay(client):
        requests.cut = client is sdk_cut
        return client.pay(
            description=material.SUBJECT, out_trade_no=material.NUMBER, amount={"total": 8888, "currency": "CNY"},
            attach="sale.order,12")

    def call_sdk():
        return json.loads(pay(sdk)[1])["code_url"]

    def bare_call():
        return merchant.sign(message) and platform.verify_answer()

    def common(operation, **implementations):
        return Row("WeChat Pay", operation, sdk_name=SDK, before=renew, **implementations)

    return [
        common("ready body: signed", ours=lambda: cut.client.headers("POST", PATH, BODY.encode()),
               sdk=lambda: build_authorization(PATH, "POST", MCHID, merchant.serial, sdk._core._private_key, BODY),
               bare=lambda: merchant.sign(message)),
        common("order: built and signed", ours=edge.until_sent(cut.order, REQUEST),
               sdk=edge.until_sent(pay, sdk_cut), bare=lambda: merchant.sign(message)),
        common("answer: signature verified", ours=lambda: _verify(cut, platform),
               sdk=lambda: _verify_sdk(sdk, platform), bare=platform.verify_answer),
        common("order: whole call", ours=call, sdk=call_sdk, bare=bare_call),
        common("notice: verified and decrypted", ours=lambda: _open(cut, platform),
               sdk=lambda: sdk.callback(platform.notice_headers, platform.notice_body)["resource"]["amount"],
               bare=platform.open_notice),
        Row("WeChat Pay", "notice: the same, made a result", before=renew, bare=platform.open_notice,
            ours=lambda: cut.parse_notice(platform.notice_headers, platform.notice_body).payment.amount),
    ]


def _with_certificate(merchant, theirs):
    platform = Platform(theirs, theirs.serial)
    gateway = WechatPay(_credentials(merchant, platform_certificates=theirs.certificate_pem()), transport=edge.Edge())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{theirs.serial}.pem").write_text(theirs.certificate_pem())
        sdk = _sdk(merchant, cert_dir=folder)

    def common(operation, **implementations):
        return Row("WeChat Pay", operation, sdk_name=SDK, before=platform.renew, **implementations)

    return [
        common("answer: verified, by certificate", ours=lambda: _verify(gateway, platform),
               sdk=lambda: _verify_sdk(sdk, platform), bare=platform.verify_answer),
        common("notice: opened, by certificate", ours=lambda: _open(gateway, platform),
               sdk=lambda: sdk.callback(platform.notice_headers, platform.notice_body)["resource"]["amount"],
               bare=platform.open_notice),
    ]


def _verify(gateway, platform):
    """What the gateway does first with every answer; it raises when the signature is not the platform's."""
    answer = platform.answer
    platform_keys.check_signature(answer.headers, answer.body, gateway.client.keys.find, platform.moment)
    return True


def _verify_sdk(sdk, platform):
    return sdk._core._verify_signature(platform.answer_headers, platform.answer_body.decode())


def _open(gateway, platform):
    """The first half of ``parse_notice``."""
    _envelope, _resource, fields = notice.opened(
        platform.notice_headers, platform.notice_body, gateway.client.keys.find, gateway.clock(),
        API_V3_KEY)
    return fields["amount"]
