# Part of payment_cn_wallets. License LGPL-3.
"""What can be shown of a key or certificate without showing it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ..errors import CredentialProblem
from .certificates import (
    common_name,
    is_authority,
    public_key_of,
    serial,
    valid_from,
    valid_until,
)
from .contents import contents, pem, spki


@dataclass(frozen=True)
class KeyDescription:
    """A key or a certificate, for people.

    :param sort: 'private_key', 'public_key' or 'certificate'
    :param bits: size of the key
    :param fingerprint: SHA-256 of the public key (SubjectPublicKeyInfo), 64 hex digits: the same
        for a private key, its public key and its certificate
    :param subject: common name, '' for keys, like everything that follows about certificates
    :param issuer: common name
    :param serial: hex, upper case
    :param not_before: aware, None for keys
    :param not_after: aware, None for keys
    :param count: how many certificates are in the file, unreadable ones included
    :param public_pem: the public key as PEM text, never the private one
    """

    sort: str
    bits: int
    fingerprint: str
    subject: str = ''
    issuer: str = ''
    serial: str = ''
    not_before: datetime | None = None
    not_after: datetime | None = None
    count: int = 0
    public_pem: str = ''


@lru_cache(maxsize=64)
def describe(text: str) -> KeyDescription:
    """Describe a stored key or certificate.

    Of several certificates the first that is RSA and no authority counts, else the first that is
    RSA, else the first. Certificates go before keys.

    :raise CredentialProblem: when it cannot be read
    """
    found = contents(text)
    if found.members:
        readable = [one for one in found.certificates if public_key_of(one) is not None]
        if not readable:
            raise CredentialProblem('unreadable', "a certificate that cannot be read")
        some = [one for one in readable if isinstance(one.public_key(), rsa.RSAPublicKey)]
        leaves = [one for one in some if not is_authority(one)]
        return describe_certificate((leaves or some or readable)[0], len(found.members))
    for key in found.private_keys:
        return KeyDescription(sort='private_key', **_key(key.public_key()))
    for key in found.public_keys:
        return KeyDescription(sort='public_key', **_key(key))
    if found.unusable:
        raise CredentialProblem('not_rsa', "not an RSA key")
    raise CredentialProblem('wrong', f"{found.found}, where a key or certificate is wanted")


@lru_cache(maxsize=64)
def describe_certificate(certificate: x509.Certificate, count: int = 1) -> KeyDescription:
    """Describe a certificate.

    :param count: how many there are with it in its file
    :raise CredentialProblem: 'not_rsa' when its key cannot be read
    """
    key = public_key_of(certificate)
    if key is None:
        raise CredentialProblem('not_rsa', "not an RSA key")
    return KeyDescription(
        sort='certificate',
        subject=common_name(certificate.subject),
        issuer=common_name(certificate.issuer),
        serial=serial(certificate),
        not_before=valid_from(certificate),
        not_after=valid_until(certificate),
        count=count,
        **_key(key),
    )


def _key(public) -> dict:
    return {
        # keys of Edwards curves have no size of their own
        'bits': getattr(public, 'key_size', 256),
        'fingerprint': hashlib.sha256(spki(public)).hexdigest(),
        'public_pem': pem(public),
    }
