# Part of payment_cn_wallets. License LGPL-3.
"""What certificates say of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ..errors import CredentialProblem
from .contents import MIN_BITS, check_rsa, same_key


def valid_from(certificate: x509.Certificate) -> datetime:
    """Return the first moment of a certificate, aware."""
    # cryptography before 42 has naive names only, later ones warn of those
    if hasattr(certificate, 'not_valid_before_utc'):
        return certificate.not_valid_before_utc
    return certificate.not_valid_before.replace(tzinfo=timezone.utc)


def valid_until(certificate: x509.Certificate) -> datetime:
    """Return the last moment of a certificate, aware."""
    if hasattr(certificate, 'not_valid_after_utc'):
        return certificate.not_valid_after_utc
    return certificate.not_valid_after.replace(tzinfo=timezone.utc)


def check_time(certificate: x509.Certificate, moment: datetime) -> None:
    """Refuse a certificate outside its time.

    :param moment: aware
    :raise CredentialProblem: 'expired' or 'not_yet'
    """
    if moment > valid_until(certificate):
        raise CredentialProblem('expired', f"expired on {valid_until(certificate):%Y-%m-%d}")
    if moment < valid_from(certificate):
        raise CredentialProblem('not_yet', f"not valid before {valid_from(certificate):%Y-%m-%d}")


def check_any_time(some: Iterable[x509.Certificate], moment: datetime) -> None:
    """Refuse certificates of which none is in its time; old and new may stand side by side.

    :raise CredentialProblem: what is wrong with the one that ends last
    """
    some = tuple(some)
    if not any(valid_from(one) <= moment <= valid_until(one) for one in some):
        check_time(max(some, key=valid_until), moment)


def last_end(some: Iterable[x509.Certificate]) -> datetime:
    """Return until when at least one of some certificates is valid, aware."""
    return max(valid_until(one) for one in some)


def serial(certificate: x509.Certificate) -> str:
    """Return the serial number in hexadecimal: upper case, two digits a byte."""
    text = f'{certificate.serial_number:X}'
    return text if len(text) % 2 == 0 else '0' + text


def common_name(name: x509.Name) -> str:
    """Return the common name, or '' where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    value = found[0].value if found else ''
    return value.decode('utf-8', 'replace') if isinstance(value, bytes) else str(value)


def is_authority(certificate: x509.Certificate) -> bool:
    """Say whether a certificate may issue others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except Exception:  # none, or extensions that can't be read
        return False


def leaf(some: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """Return the first certificate that is no authority, or the first one."""
    return next((one for one in some if not is_authority(one)), some[0])


def public_key_of(certificate: x509.Certificate):
    """Return the public key of a certificate, or None when the library does not know its sort."""
    try:
        return certificate.public_key()
    except Exception:
        return None


def rsa_key(certificate: x509.Certificate, bits: int = MIN_BITS) -> rsa.RSAPublicKey:
    """Return the RSA public key of a certificate.

    :param bits: the fewest that it may have
    :raise CredentialProblem: 'not_rsa' or 'short'
    """
    return check_rsa(public_key_of(certificate), bits)


def belongs(certificate: x509.Certificate, key) -> bool:
    """Say whether a certificate is that of a private key."""
    public = public_key_of(certificate)
    return public is not None and same_key(public, key.public_key())
