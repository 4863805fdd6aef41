# Part of payment_cn_wallets. License LGPL-3.
"""The merchant's client certificate, from the files that the merchant platform hands out.

The platform gives `apiclient_cert.p12` (password: the merchant number), or a certificate and a key
in PEM. A credential is text, so a file is taken as

- its text, when it is PEM (certificate with its chain, key, or both in one), or
- Base64 of the file, whatever it is: PEM, DER or PKCS #12. That is how Odoo keeps files.

When the certificate's file holds the key as well (PKCS #12, or PEM with both), no other is needed.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from ..connections import ClientCertificate

_BLOCK = re.compile(rb'-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----', re.DOTALL)
_LIMIT = 256 * 1024  # bytes; a real file has a few KiB


class BadCertificate(ValueError):
    """A certificate or key that cannot be used.

    :param kind: 'unreadable', 'password' (of the PKCS #12 file), 'no_certificate', 'no_key',
        'encrypted_key', 'mismatch', 'expired' or 'not_yet'
    """

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Loaded:
    """A certificate with its key, which belong together.

    :param client: what the transport shows in the handshake
    :param not_before: aware datetime
    :param not_after: aware datetime
    """

    client: ClientCertificate
    subject: str
    not_before: datetime
    not_after: datetime

    def check(self, moment: datetime) -> None:
        """Raise unless the certificate is valid at that moment.

        :param moment: aware datetime
        :raise BadCertificate: 'expired' or 'not_yet'
        """
        if moment > self.not_after:
            raise BadCertificate('expired', f"the certificate expired on {self.not_after:%Y-%m-%d}")
        if moment < self.not_before:
            raise BadCertificate(
                'not_yet', f"the certificate is not valid before {self.not_before:%Y-%m-%d}"
            )


def load(certificate: str, key: str = '', password: str = '') -> Loaded:
    """Read a client certificate and its key.

    :param certificate: PEM text, or Base64 of a PEM, DER or PKCS #12 file
    :param key: the same for the key; '' when the first one has it
    :param password: of a PKCS #12 file; the merchant number, unless it was changed
    :raise BadCertificate: when they cannot be used together
    """
    certificates, keys = [], []
    for text in (certificate, key):
        if text.strip():
            found = _parts(_octets(text), password)
            certificates += found[0]
            keys += found[1]
    if not certificates:
        raise BadCertificate('no_certificate', "there is no certificate in the file")
    if not keys:
        raise BadCertificate('no_key', "there is no private key with the certificate")
    public = _public(keys[0])
    own = [one for one in certificates if _public_octets(one.public_key()) == public]
    if not own:
        raise BadCertificate('mismatch', "the private key is not that of the certificate")
    chain = [own[0], *(one for one in certificates if one != own[0])]
    pem = serialization.Encoding.PEM
    return Loaded(
        client=ClientCertificate(
            certificate=b''.join(one.public_bytes(pem) for one in chain),
            private_key=keys[0].private_bytes(
                pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        ),
        subject=own[0].subject.rfc4514_string(),
        not_before=_moment(own[0], 'not_valid_before'),
        not_after=_moment(own[0], 'not_valid_after'),
    )


def _octets(text: str) -> bytes:
    """Return the bytes of the file that a credential holds."""
    if '-----BEGIN' in text:
        return text.encode('utf-8', 'replace')
    try:
        octets = base64.b64decode(''.join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadCertificate('unreadable', "neither PEM nor Base64 of a file") from None
    if not octets or len(octets) > _LIMIT:
        raise BadCertificate('unreadable', "not a certificate or key")
    return octets


def _parts(octets: bytes, password: str):
    """Return the certificates and the keys of a file."""
    if b'-----BEGIN' in octets:
        return _pem(octets)
    # DER says nothing of what it is: try in turn. The library has several exceptions for "not a
    # thing of a kind that I know".
    with contextlib.suppress(Exception):
        return [x509.load_der_x509_certificate(octets)], []
    try:
        return [], [serialization.load_der_private_key(octets, None)]
    except TypeError:
        raise BadCertificate('encrypted_key', "the private key is encrypted") from None
    except Exception:
        return _pkcs12(octets, password)


def _pkcs12(octets: bytes, password: str):
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(octets, password.encode())
    except Exception as error:
        if 'password' in str(error).lower():
            raise BadCertificate(
                'password', "the PKCS #12 file does not open with the merchant number"
            ) from None
        raise BadCertificate('unreadable', "not a certificate, key or PKCS #12 file") from None
    certificates = [one for one in (certificate, *more) if one is not None]
    return certificates, [key] if key is not None else []


def _pem(octets: bytes):
    certificates, keys = [], []
    for match in _BLOCK.finditer(octets):
        label, block = match[1].decode(), match[0] + b'\n'
        try:
            if label == 'CERTIFICATE':
                certificates.append(x509.load_pem_x509_certificate(block))
            elif label.endswith('PRIVATE KEY'):
                keys.append(serialization.load_pem_private_key(block, None))
        except TypeError:
            raise BadCertificate('encrypted_key', "the private key is encrypted") from None
        except Exception:
            raise BadCertificate('unreadable', f"the {label.lower()} cannot be read") from None
    return certificates, keys


def _public(key) -> bytes:
    return _public_octets(key.public_key())


def _public_octets(public) -> bytes:
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _moment(certificate, name: str) -> datetime:
    """Return a moment of a certificate. Older releases of the library have it without time zone."""
    found = getattr(certificate, f'{name}_utc', None)
    return found or getattr(certificate, name).replace(tzinfo=timezone.utc)
