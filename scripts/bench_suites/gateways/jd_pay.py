# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay: signed XML under 3DES. There is no SDK to put beside it.

JD signs without DigestInfo, which ``cryptography`` verifies but does not sign. Bare is an ordinary RSA signature in its
place, and 3DES of the same text; ours exponentiates in Python, which the ratio shows.
"""

import base64
import hashlib

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from gateways.base import OrderRequest, Outcome, Scene, Wallet
from gateways.jd_pay import JdPay

from . import edge, material
from .comparison import Row

MERCHANT, DES_KEY = "22294531", bytes(range(24))
HEAD = '<?xml version="1.0" encoding="UTF-8"?><jdpay>'
FRAME = f"<version>V2.0</version><merchant>{MERCHANT}</merchant>"
OK = "<result><code>000000</code><desc>success</desc></result>"
QR = "https://h5pay.jd.com/code?c=5b0c3c2a1f"

REQUEST = OrderRequest(
    out_trade_no=material.NUMBER, amount=material.AMOUNT, subject=material.SUBJECT, wallet=Wallet.JD_PAY,
    scene=Scene.QR, notify_url=material.NOTICE_URL, attach="sale.order,12")
NUMBERS = f"<tradeNum>{material.NUMBER}</tradeNum><amount>{material.AMOUNT}</amount>"
ORDER = (f"{HEAD}{FRAME}{NUMBERS}<tradeName>{material.SUBJECT}</tradeName><tradeTime>20260315103456</tradeTime>"
         f"<orderType>0</orderType><currency>CNY</currency><notifyUrl>{material.NOTICE_URL}</notifyUrl>"
         f"<userId>{material.NUMBER}</userId><expireTime>600</expireTime><note>sale.order,12</note><ip>127.0.0.1</ip>"
         "<tradeType>QR</tradeType></jdpay>")
ANSWER = f"{HEAD}{FRAME}{OK}{NUMBERS}<orderId>100012026031500001</orderId><qrCode>{QR}</qrCode></jdpay>"
NOTICE = (f"{HEAD}{FRAME}{OK}{NUMBERS}<tradeType>0</tradeType><currency>CNY</currency><status>2</status>"
          f"<payList><pay><payType>1</payType><amount>{material.AMOUNT}</amount><currency>CNY</currency>"
          "<tradeTime>20260315103456</tradeTime></pay></payList></jdpay>")


def rows():
    merchant, theirs = material.Pair("merchant"), material.Pair("jd")
    jd = _Jd(theirs)
    credentials = {
        "merchant": MERCHANT, "des_key": base64.b64encode(DES_KEY).decode(),
        "private_key": material.bare(merchant.private_pem()), "jd_public_key": material.bare(theirs.public_pem()),
    }
    answer, notice = jd.sealed(ANSWER), jd.sealed(NOTICE)
    cut, wired = (JdPay(credentials, transport=edge.Edge(given)) for given in (None, (answer.body, {})))

    def bare_seal():
        return merchant.sign(ORDER.encode()) and _des(ORDER.encode())

    return [
        Row("JD Pay", "order: built, signed, sealed", edge.until_sent(cut.order, REQUEST), bare_seal),
        Row("JD Pay", "order: whole call", lambda: wired.order(REQUEST).outcome == Outcome.WAITING,
            lambda: bare_seal() and answer.open()),
        Row("JD Pay", "notice: opened, verified, read", lambda: cut.parse_notice({}, notice.body).payment.amount,
            notice.open),
    ]


class _Jd:
    """Plays JD."""

    def __init__(self, pair):
        self.pair = pair

    def sealed(self, text):
        digest = hashlib.sha256(text.encode()).hexdigest().encode()
        numbers = self.pair.private.private_numbers()
        n = numbers.public_numbers.n
        size = n.bit_length() // 8
        padded = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
        signature = pow(int.from_bytes(padded, "big"), numbers.d, n).to_bytes(size, "big")
        whole = text.replace("</jdpay>", f"<sign>{base64.b64encode(signature).decode()}</sign></jdpay>").encode()
        block = len(whole).to_bytes(4, "big") + whole
        cipher = _des(block + bytes(-len(block) % 8))
        written = base64.b64encode(cipher.hex().encode()).decode()
        return _Sealed(f"{HEAD}{FRAME}{OK}<encrypt>{written}</encrypt></jdpay>".encode(), cipher, signature,
                       self.pair.public)


class _Sealed:
    def __init__(self, body, cipher, signature, public):
        self.body = body
        self._cipher = cipher
        self._signature = signature
        self._public = public

    def open(self):
        """Decrypt and take the digest out of the signature, and nothing else."""
        decryptor = Cipher(TripleDES(DES_KEY), modes.ECB()).decryptor()
        decryptor.update(self._cipher)
        decryptor.finalize()
        return self._public.recover_data_from_signature(self._signature, PKCS1v15(), None)


def _des(data):
    encryptor = Cipher(TripleDES(DES_KEY), modes.ECB()).encryptor()
    return encryptor.update(data + bytes(-len(data) % 8)) + encryptor.finalize()
