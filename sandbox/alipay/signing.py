# Part of payment_cn_wallets. License LGPL-3.
"""RSA2 as Alipay's pages describe it, seen from the other side than the shop's.

Requests: every parameter that is not blank, but `sign`; sorted; `k=v` joined with `&`.
Notices: the same without `sign_type` too, blank ones kept. Answers: the text of the node.
"""

import base64
import binascii
import functools
import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

# RFC 4514 names of what stands in these certificates
_SHORT = {'2.5.4.3': 'CN', '2.5.4.11': 'OU', '2.5.4.10': 'O', '2.5.4.6': 'C'}


def request_text(params):
    """Return the text that the shop signed."""
    kept = sorted((k, v) for k, v in params.items() if k != 'sign' and v.strip())
    return '&'.join(f'{k}={v}' for k, v in kept)


def notice_text(params):
    """Return the text of a notice that is signed."""
    kept = sorted((k, v) for k, v in params.items() if k not in ('sign', 'sign_type'))
    return '&'.join(f'{k}={v}' for k, v in kept)


@functools.lru_cache(maxsize=32)
def _private_key(pem):
    # Reading one checks its primes, which takes longer than a hundred signatures.
    return serialization.load_pem_private_key(pem.encode(), None)


def sign(text, pem):
    """Return the base64 of the signature.

    :param pem: private key
    """
    return base64.b64encode(
        _private_key(pem).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    ).decode()


def verify(text, signature, public_pem):
    """Say whether the holder of a key signed a text."""
    key = serialization.load_pem_public_key(public_pem.encode())
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text.encode('utf-8', 'replace'), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def serial(pem):
    """Return the number by which Alipay calls a certificate: MD5 of issuer and decimal serial."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    # most specific part first, which is the other way round than they stand in the file
    parts = [f"{_SHORT[part.oid.dotted_string]}={part.value}" for part in certificate.issuer]
    text = ','.join(reversed(parts)) + str(certificate.serial_number)
    return hashlib.md5(text.encode()).hexdigest()
