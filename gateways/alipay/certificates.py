# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's certificates: serial numbers, root bundles, chains. Files are read by `key_files`.

**Serial number of a certificate** (`app_cert_sn`): MD5 of the issuer's name, most specific part
first, and the serial number in decimal. **Of a root bundle**: those of its members that are signed
with RSA, joined with `_`. The bundle also has SM2 and ECDSA members which not every version of the
library can read: they are left out (protocol: opendocs.alipay.com, "public key certificates").

**Whose a certificate is** stands in its common name: an application's is `<PID>-<app_id>`, Alipay's
own begins with Alipay's company name and ends with the PID that it was issued for (certificates
among the fixtures of Alipay's SDK for Node, and of gopay).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import key_files
from ..base import CredentialProblem
from ..key_files import check_time, is_authority

_RSA_SIGNATURES = '1.2.840.113549.1.1.'
_APPLICATION = re.compile(r'(2088\d{12})-(\d{16})', re.ASCII)
_ALIPAY = re.compile(r'支付宝.*?(?:-(2088\d{12}))?', re.ASCII)


@lru_cache(maxsize=64)
def certificates(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """Return the RSA certificates of a file, in its order. Others are left out.

    :raise CredentialProblem: when there is none
    """
    found = key_files.contents(text)
    if not found.members:
        raise CredentialProblem('wrong', f"{found.found}, where a certificate is wanted")
    some = tuple(one for one in found.certificates if _is_rsa(one))
    if not some:
        kind = 'not_rsa' if found.certificates else 'unreadable'
        raise CredentialProblem(kind, "no RSA certificate in it")
    return some


def _is_rsa(certificate) -> bool:
    signed = certificate.signature_algorithm_oid.dotted_string
    return signed.startswith(_RSA_SIGNATURES) and isinstance(
        key_files.public_key_of(certificate), rsa.RSAPublicKey
    )


def leaves(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a file that are no authorities: those that sign messages.

    Alipay's files bring the authority that issued them along.

    :raise CredentialProblem: 'wrong' when there is none
    """
    found = tuple(one for one in certificates(text) if not is_authority(one))
    if not found:
        raise CredentialProblem('wrong', "the certificate of an authority only")
    for one in found:
        key_files.rsa_key(one)
    return found


def roots(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """Return the RSA certificates of a root bundle.

    :raise CredentialProblem: 'wrong' when it has no root
    """
    found = certificates(text)
    if not any(is_authority(one) or one.issuer == one.subject for one in found):
        raise CredentialProblem('wrong', "no root certificate in it (alipayRootCert.crt is wanted)")
    return found


def application_of(certificate: x509.Certificate) -> tuple[str, str]:
    """Return PID and app id of an application's certificate; '' where it does not name them."""
    named = _APPLICATION.fullmatch(key_files.common_name(certificate.subject))
    return named.groups() if named else ('', '')


def is_alipays(certificate: x509.Certificate) -> bool:
    """Say whether a certificate names Alipay as its owner."""
    return bool(_ALIPAY.fullmatch(key_files.common_name(certificate.subject)))


def issued_for(certificate: x509.Certificate) -> str:
    """Return the PID that a certificate of Alipay was issued for; '' where it names none."""
    named = _ALIPAY.fullmatch(key_files.common_name(certificate.subject))
    return (named[1] or '') if named else ''


def serial(certificate: x509.Certificate) -> str:
    """Return Alipay's serial number of a certificate: 32 hex digits."""
    text = certificate.issuer.rfc4514_string() + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def root_serial(text: str) -> str:
    """Return Alipay's serial number of a root bundle.

    :raise CredentialProblem: when it has no RSA root
    """
    return '_'.join(serial(certificate) for certificate in roots(text))


def _signed_by(certificate, issuer) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        issuer.public_key().verify(
            certificate.signature,
            certificate.tbs_certificate_bytes,
            padding.PKCS1v15(),
            certificate.signature_hash_algorithm,
        )
    except (InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return True


def check_chain(certificate, helpers, roots, moment: datetime) -> None:
    """Follow a certificate up to a root.

    Without this, whoever has any certificate could play Alipay: every link must be an authority.

    :param helpers: certificates that may stand between
    :param roots: trusted ones
    :raise CredentialProblem: 'chain', 'expired' or 'not_yet'
    """
    known_roots = {root.public_bytes(serialization.Encoding.DER) for root in roots}
    at = certificate
    for _link in range(6):
        check_time(at, moment)
        if at is not certificate and at.public_bytes(serialization.Encoding.DER) in known_roots:
            return
        candidates = [*roots, *(one for one in helpers if is_authority(one))]
        issuer = next((one for one in candidates if one != at and _signed_by(at, one)), None)
        if issuer is None:
            break
        at = issuer
    raise CredentialProblem('chain', "it was not issued under the root certificate")
