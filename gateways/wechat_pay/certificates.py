# Part of payment_cn_wallets. License LGPL-3.
"""Keys and certificates as the merchant has them: read, checked, refused with a reason.

A value is PEM text (`apiclient_key.pem`, `apiclient_cert.pem`, `pub_key.pem`), PEM or DER bytes, or
either as base64, which is how an uploaded file is stored. `from_pkcs12` takes `apiclient_cert.p12`
apart.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from .. import times

_LIMIT = 64 * 1024  # characters; real files are below 5 KiB
_CERTIFICATE = re.compile(
    rb'-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----', re.DOTALL
)


class BadFile(ValueError):
    """A key or certificate cannot be used.

    :param kind: 'unreadable' (not such a file), 'wrong' (another file than the one wanted),
        'expired', 'not_yet', 'mismatch' (key and certificate, or number, do not belong together)
    """

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True)
class CertificateInfo:
    """What a certificate says of itself.

    :param serial: upper-case hex, as the protocol writes it
    :param not_before: aware
    :param not_after: aware: no longer valid after that
    """

    serial: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


def _bytes(value: str | bytes) -> bytes:
    """Return the file's own bytes, whatever it came wrapped in."""
    data = value.encode('utf-8', 'replace') if isinstance(value, str) else bytes(value)
    if len(data) > _LIMIT:
        raise BadFile('unreadable', "too large for a key or certificate")
    data = data.removeprefix(b'\xef\xbb\xbf').strip()
    if not data:
        raise BadFile('unreadable', "empty")
    if b'-----BEGIN' in data or data[:1] == b'\x30':
        # '0' is also how base64 may begin, but not followed by a DER length.
        if b'-----BEGIN' in data or data[1] >= 0x80:
            return data
    try:
        inner = base64.b64decode(re.sub(rb'\s+', b'', data), validate=True)
    except (binascii.Error, ValueError):
        return data
    return inner.strip() if b'-----BEGIN' in inner else inner


def _is_pem(data: bytes) -> bool:
    return b'-----BEGIN' in data


def serial_of(certificate: x509.Certificate) -> str:
    """Return the serial as the protocol writes it: upper-case hex, two digits a byte."""
    text = f'{certificate.serial_number:X}'
    return text if len(text) % 2 == 0 else '0' + text


@functools.lru_cache(maxsize=64)
def load_certificate(value: str | bytes) -> x509.Certificate:
    """Return the (first) certificate of a file.

    :raise BadFile: when it holds none
    """
    data = _bytes(value)
    try:
        if _is_pem(data):
            if b'BEGIN CERTIFICATE-' not in data:
                raise BadFile('wrong', "a key, where a certificate is wanted")
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except BadFile:
        raise
    except ValueError:
        raise BadFile('unreadable', "not a certificate") from None


@functools.lru_cache(maxsize=64)
def load_certificates(value: str) -> tuple[x509.Certificate, ...]:
    """Return all certificates of a text, which may be empty.

    :raise BadFile: when one cannot be read
    """
    if not value.strip():
        return ()
    data = _bytes(value)
    if not _is_pem(data):
        return (load_certificate(data),)
    blocks = _CERTIFICATE.findall(data)
    if not blocks:
        raise BadFile('wrong', "no certificate in it")
    return tuple(load_certificate(block) for block in blocks)


@functools.lru_cache(maxsize=64)
def load_private_key(value: str | bytes) -> RSAPrivateKey:
    """Return an RSA private key that has no password.

    :raise BadFile: otherwise
    """
    data = _bytes(value)
    if _is_pem(data) and b'PRIVATE KEY' not in data:
        raise BadFile('wrong', "no private key in it (apiclient_key.pem is wanted)")
    if b'ENCRYPTED' in data:
        raise BadFile('wrong', "the key has a password")
    load = (
        serialization.load_pem_private_key if _is_pem(data) else serialization.load_der_private_key
    )
    try:
        key = load(data, password=None)
    except (ValueError, TypeError):
        raise BadFile('unreadable', "not a private key") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise BadFile('wrong', "not an RSA key of 2048 bits")
    return key


@functools.lru_cache(maxsize=64)
def load_public_key(value: str | bytes) -> RSAPublicKey:
    """Return the platform's RSA public key (pub_key.pem).

    :raise BadFile: when it is something else, a certificate for instance
    """
    data = _bytes(value)
    if b'PRIVATE KEY' in data or b'BEGIN CERTIFICATE-' in data:
        raise BadFile('wrong', "not the public key of WeChat Pay (pub_key.pem is wanted)")
    load = serialization.load_pem_public_key if _is_pem(data) else serialization.load_der_public_key
    try:
        key = load(data)
    except (ValueError, TypeError):
        raise BadFile('unreadable', "not a public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise BadFile('wrong', "not an RSA key of 2048 bits")
    return key


def _name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ''


def _moments(certificate) -> tuple[datetime, datetime]:
    """Return the validity, aware. cryptography before 42 has naive names for it only."""
    if hasattr(certificate, 'not_valid_after_utc'):
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (
        certificate.not_valid_before.replace(tzinfo=timezone.utc),
        certificate.not_valid_after.replace(tzinfo=timezone.utc),
    )


def info(value: str | bytes | x509.Certificate) -> CertificateInfo:
    """Return what a certificate says of itself: serial, names, validity.

    :raise BadFile: when it is no certificate
    """
    certificate = value if isinstance(value, x509.Certificate) else load_certificate(value)
    not_before, not_after = _moments(certificate)
    return CertificateInfo(
        serial=serial_of(certificate),
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        not_before=not_before,
        not_after=not_after,
    )


def check_validity(value, now: datetime | None = None) -> CertificateInfo:
    """Return `info` of a certificate that is valid now.

    :param now: aware; the present when None
    :raise BadFile: when it is expired or not valid yet
    """
    found = info(value)
    now = now or times.now()
    if now > found.not_after:
        raise BadFile('expired', f"expired on {found.not_after:%Y-%m-%d}")
    if now < found.not_before:
        raise BadFile('not_yet', f"not valid before {found.not_before:%Y-%m-%d}")
    return found


def check_merchant_certificate(
    certificate: str | bytes, *, private_key: str | bytes = '', mchid: str = '', now=None
) -> CertificateInfo:
    """Check the merchant API certificate, alone or with what it must belong to.

    :param private_key: must be its key, when given
    :param mchid: must be the number in it, when given and when there is one in it
    :return: serial and validity
    :raise BadFile: with the reason
    """
    found = check_validity(certificate, now)
    public = load_certificate(certificate).public_key()
    if not isinstance(public, RSAPublicKey) or public.key_size < 2048:
        raise BadFile('wrong', "not an RSA certificate of 2048 bits")
    if found.subject.startswith('Tenpay.com'):
        raise BadFile('wrong', "a certificate of WeChat Pay, where the merchant's own is wanted")
    if mchid and found.subject.isdigit() and found.subject != mchid:
        raise BadFile('mismatch', f"the certificate of merchant {found.subject}")
    if private_key:
        own = load_private_key(private_key).public_key()
        if own.public_numbers() != public.public_numbers():
            raise BadFile('mismatch', "private key and certificate do not belong together")
    return found


def from_pkcs12(data: bytes, password: str) -> tuple[str, str]:
    """Return certificate and private key of `apiclient_cert.p12` as PEM text.

    :param password: the merchant number, unless it was changed
    :raise BadFile: when the file or the password is wrong
    """
    try:
        key, certificate, _more = pkcs12.load_key_and_certificates(data, password.encode())
    except ValueError:
        raise BadFile('unreadable', "not a .p12 file, or another password") from None
    if key is None or certificate is None:
        raise BadFile('wrong', "no certificate with its key in it")
    return (
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
