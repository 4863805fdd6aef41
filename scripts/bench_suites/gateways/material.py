# Part of payment_cn_wallets. License LGPL-3.
"""Keys, certificates and signatures, with bare ``cryptography``: what every implementation gets the same of."""

import base64
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

BITS = 2048
AMOUNT = 8888  # fen
SUBJECT = "龙井茶 250g × 2, 青花瓷杯"
NUMBER = "SO2026031500012_1"
NOTICE_URL = "https://shop.example/payment/cn/notice"


class Pair:
    """An RSA key with everything that somebody wants it as."""

    def __init__(self, common_name):
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        self.public = self.private.public_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = datetime.now(timezone.utc)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.public)
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30)).sign(self.private, SHA256())
        )

    def private_pem(self, *, pkcs1=False):
        form = serialization.PrivateFormat.TraditionalOpenSSL if pkcs1 else serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def public_pem(self):
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def certificate_pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def serial(self):
        """The certificate's serial in hexadecimal, as WeChat Pay writes it."""
        text = f"{self.certificate.serial_number:X}"
        return text if len(text) % 2 == 0 else "0" + text

    # -- bare ------------------------------------------------------------------------------------------------

    def sign(self, message):
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        return self.private.sign(message, PKCS1v15(), SHA256())

    def sign_text(self, message):
        return base64.b64encode(self.sign(message)).decode()

    def verify(self, signature, message):
        """Raise InvalidSignature unless it fits; True else."""
        self.public.verify(signature, message, PKCS1v15(), SHA256())
        return True


def bare(text):
    """A PEM text without its frame."""
    return "".join(line for line in text.splitlines() if not line.startswith("-----"))
