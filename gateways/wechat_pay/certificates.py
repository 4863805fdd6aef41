# Part of payment_cn_wallets. License LGPL-3.
"""Keys and certificates as WeChat Pay has them; see `key_files` for the forms of a file.

Source: official pages on the merchant API certificate and platform certificates. A merchant's
certificate has the merchant number as its common name, the platform's begins with `Tenpay.com`.
"""

from __future__ import annotations

from cryptography import x509

from .. import key_files
from ..base import CredentialProblem
from ..key_files import pem, private_key as load_private_key, public_key as load_public_key

__all__ = [
    'check_merchant', 'check_platform', 'info', 'load_certificate', 'load_certificates',
    'load_private_key', 'load_public_key', 'merchant_number', 'pem', 'serial_of',
]  # fmt: skip

# Upper-case hex, as the protocol compares it.
serial_of = key_files.serial


def load_certificate(value: str | bytes) -> x509.Certificate:
    """Return the merchant's certificate of a file.

    :raise CredentialProblem: when it holds none
    """
    return key_files.leaf(key_files.certificates(value))


def load_certificates(value: str) -> tuple[x509.Certificate, ...]:
    """Return all certificates of a text, which may be empty.

    :raise CredentialProblem: when one cannot be read
    """
    return key_files.certificates(value) if value.strip() else ()


def info(value: str | bytes | x509.Certificate) -> key_files.KeyDescription:
    """Return what a certificate says of itself: serial, names, validity.

    :raise CredentialProblem: when it is no certificate
    """
    certificate = value if isinstance(value, x509.Certificate) else load_certificate(value)
    return key_files.describe_certificate(certificate)


def _name(certificate: x509.Certificate) -> str:
    return key_files.common_name(certificate.subject)


def merchant_number(certificate: x509.Certificate) -> str:
    """Return the merchant number in a certificate, '' when it has none."""
    name = _name(certificate)
    return name if name.isascii() and name.isdigit() else ''


def check_merchant(certificate: x509.Certificate) -> x509.Certificate:
    """Return a certificate that can be a merchant's.

    :raise CredentialProblem: 'wrong' for one of WeChat Pay, 'not_rsa', 'short'
    """
    key_files.rsa_key(certificate)
    if _name(certificate).startswith('Tenpay.com'):
        raise CredentialProblem(
            'wrong', "a certificate of WeChat Pay, where the merchant's own is wanted"
        )
    return certificate


def check_platform(certificate: x509.Certificate) -> x509.Certificate:
    """Return a certificate that can be the platform's.

    :raise CredentialProblem: 'wrong' for a merchant's, 'not_rsa', 'short'
    """
    key_files.rsa_key(certificate)
    number = merchant_number(certificate)
    if number:
        raise CredentialProblem(
            'wrong', f"the certificate of merchant {number}, where one of WeChat Pay is wanted"
        )
    return certificate
