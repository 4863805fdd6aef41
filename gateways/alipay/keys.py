# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's keys and certificates: read them in whatever form the merchant has them.

A value is text. It may be

- PEM, with its frame (`-----BEGIN …`), one block or several;
- the bare base64 between the frames, as Alipay's key tool writes it;
- base64 of a whole file, PEM or DER, which is what a binary field of a database holds.

Private keys may be PKCS#1 or PKCS#8. Whoever has the bytes of a file uses `from_file`.

**Serial number of a certificate** (`app_cert_sn`): MD5 of the issuer's name, most specific part
first, and the serial number in decimal. **Of a root bundle**: those of its members that are signed
with RSA, joined with `_`. The bundle also has SM2 and ECDSA members which not every version of the
library can read, so it is read member by member (protocol: opendocs.alipay.com, "public key
certificates").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime, timezone
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

MAX_TEXT = 64 * 1024  # characters; the production root bundle has 6 KiB
MIN_BITS = 2048

_BLOCK = re.compile(r'-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----', re.DOTALL)
_RSA_SIGNATURES = '1.2.840.113549.1.1.'


class KeyProblem(ValueError):
    """A key or certificate that can't be used.

    `kind` is for programs: 'unreadable', 'private_expected', 'public_expected',
    'certificate_expected', 'password' (protected by one), 'not_rsa', 'short', 'expired',
    'not_yet', 'no_root' (a bundle without an RSA root), 'mismatch' (certificate of another key),
    'own_key' (the merchant's own public key in the place of Alipay's) or 'chain'.
    """

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def from_file(content: bytes) -> str:
    """Return the text of a credential for the bytes of a file: PEM as it is, DER as base64."""
    if b'-----BEGIN' in content or re.fullmatch(rb'[A-Za-z0-9+/=\s]+', content):
        return content.decode('ascii', 'ignore').strip()
    return base64.b64encode(content).decode()


def _blocks(text: str) -> list[tuple[str, bytes]]:
    """Return (label, DER) of every block; the label is '' where there was no frame.

    :raise KeyProblem: 'unreadable'
    """
    if len(text) > MAX_TEXT:
        raise KeyProblem('unreadable', "too long for a key or a certificate")
    blocks = []
    for label, body in _BLOCK.findall(text):
        if 'Proc-Type' in body:
            raise KeyProblem('password', "the key is protected by a password")
        blocks.append((label, _base64(body)))
    if blocks:
        return blocks
    content = _base64(text)
    if b'-----BEGIN' in content:
        return _blocks(content.decode('ascii', 'ignore'))
    try:
        inner = _base64(content.decode('ascii'))  # a file that held the bare base64
    except (UnicodeDecodeError, KeyProblem):
        inner = content
    return [('', inner)]


def _base64(text: str) -> bytes:
    try:
        content = base64.b64decode(''.join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyProblem('unreadable', "neither PEM nor base64") from None
    if not content:
        raise KeyProblem('unreadable', "empty")
    return content


def _check_rsa(key):
    if not isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        raise KeyProblem('not_rsa', "not an RSA key")
    if key.key_size < MIN_BITS:
        raise KeyProblem('short', f"the key has {key.key_size} bits, {MIN_BITS} are the least")
    return key


@lru_cache(maxsize=64)
def private_key(text: str) -> rsa.RSAPrivateKey:
    """Return the application's private key.

    :raise KeyProblem: when it is something else, or too short
    """
    label, content = _blocks(text)[0]
    if 'ENCRYPTED' in label:
        raise KeyProblem('password', "the key is protected by a password")
    if 'CERTIFICATE' in label or 'PUBLIC' in label:
        raise KeyProblem('private_expected', "the private key is expected here")
    try:
        return _check_rsa(serialization.load_der_private_key(content, password=None))
    except TypeError:
        raise KeyProblem('password', "the key is protected by a password") from None
    except KeyProblem:
        raise
    except Exception:  # the library has half a dozen ways to say so
        raise KeyProblem('unreadable', "not a private key") from None


@lru_cache(maxsize=64)
def public_key(text: str) -> rsa.RSAPublicKey:
    """Return a public key, for instance Alipay's.

    :raise KeyProblem: when it is something else, or too short
    """
    label, content = _blocks(text)[0]
    if 'PRIVATE' in label:
        raise KeyProblem('public_expected', "Alipay's public key is expected, not a private key")
    if 'CERTIFICATE' in label:
        raise KeyProblem('public_expected', "a public key is expected, not a certificate")
    try:
        return _check_rsa(serialization.load_der_public_key(content))
    except KeyProblem:
        raise
    except Exception:
        raise KeyProblem('unreadable', "not a public key") from None


@lru_cache(maxsize=64)
def certificates(text: str) -> tuple[x509.Certificate, ...]:
    """Return the RSA certificates of a file, in its order. Others are left out.

    :raise KeyProblem: 'certificate_expected' when there is none
    """
    found = []
    for _label, content in _blocks(text):
        try:
            certificate = x509.load_der_x509_certificate(content)
            signed = certificate.signature_algorithm_oid.dotted_string
            key = certificate.public_key()
        except Exception:  # noqa: S112
            # SM2, or ECDSA in a form that newer libraries refuse
            continue
        if signed.startswith(_RSA_SIGNATURES) and isinstance(key, rsa.RSAPublicKey):
            found.append(certificate)
    if not found:
        raise KeyProblem('certificate_expected', "no RSA certificate in it")
    return tuple(found)


def leaves(text: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a file that are no authorities: those that sign messages.

    Alipay's files bring the authority that issued them along.

    :raise KeyProblem: 'certificate_expected' when there is none
    """
    found = tuple(one for one in certificates(text) if not _is_authority(one))
    if not found:
        raise KeyProblem('certificate_expected', "the certificate of an authority")
    return found


def serial(certificate: x509.Certificate) -> str:
    """Return Alipay's serial number of a certificate: 32 hex digits."""
    text = certificate.issuer.rfc4514_string() + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def root_serial(text: str) -> str:
    """Return Alipay's serial number of a root bundle.

    :raise KeyProblem: when it has no RSA root
    """
    try:
        return '_'.join(serial(certificate) for certificate in certificates(text))
    except KeyProblem:
        raise KeyProblem('no_root', "no RSA root certificate in it") from None


def valid_until(certificate: x509.Certificate) -> datetime:
    """Return the last moment of a certificate, aware."""
    try:
        return certificate.not_valid_after_utc
    except AttributeError:  # cryptography before 42
        return certificate.not_valid_after.replace(tzinfo=timezone.utc)


def valid_from(certificate: x509.Certificate) -> datetime:
    """Return the first moment of a certificate, aware."""
    try:
        return certificate.not_valid_before_utc
    except AttributeError:
        return certificate.not_valid_before.replace(tzinfo=timezone.utc)


def check_time(certificate: x509.Certificate, moment: datetime) -> None:
    """Refuse a certificate outside its time.

    :raise KeyProblem: 'expired' or 'not_yet'
    """
    if moment > valid_until(certificate):
        raise KeyProblem('expired', f"expired on {valid_until(certificate):%Y-%m-%d}")
    if moment < valid_from(certificate):
        raise KeyProblem('not_yet', f"valid from {valid_from(certificate):%Y-%m-%d} only")


def same_key(one: rsa.RSAPublicKey, other: rsa.RSAPublicKey) -> bool:
    """Say whether two public keys are the same."""
    return one.public_numbers() == other.public_numbers()


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


def _is_authority(certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def check_chain(certificate, helpers, roots, moment: datetime) -> None:
    """Follow a certificate up to a root.

    Without this, whoever has any certificate could play Alipay: every link must be an authority.

    :param helpers: certificates that may stand between
    :param roots: trusted ones
    :raise KeyProblem: 'chain', 'expired' or 'not_yet'
    """
    known_roots = {root.public_bytes(serialization.Encoding.DER) for root in roots}
    at = certificate
    for _link in range(6):
        check_time(at, moment)
        if at is not certificate and at.public_bytes(serialization.Encoding.DER) in known_roots:
            return
        candidates = [*roots, *(one for one in helpers if _is_authority(one))]
        issuer = next((one for one in candidates if one != at and _signed_by(at, one)), None)
        if issuer is None:
            break
        at = issuer
    raise KeyProblem('chain', "it was not issued under the root certificate")
