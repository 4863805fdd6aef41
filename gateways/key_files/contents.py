# Part of payment_cn_wallets. License LGPL-3.
"""Files taken apart: which keys and certificates are in them."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from ..errors import CredentialProblem
from ..text import pasted

MAX_BYTES = 256 * 1024  # real files have less than 10 KiB
MIN_BITS = 2048

_BEGIN = re.compile(rb'-----BEGIN ([A-Z0-9 ]{1,40})-----')
_ESCAPED_BREAK = re.compile(r'\\+r?\\*n|\\+r')
_BASE64 = re.compile(rb'[A-Za-z0-9+/=\s]+')
# SEQUENCE of the INTEGER 3 and a SEQUENCE (RFC 7292). Nothing else that is read here has a 3 there.
_PKCS12 = re.compile(
    rb'\x30(?:[\x00-\x80]|\x81.|\x82.{2}|\x83.{3}|\x84.{4})\x02\x01\x03\x30', re.DOTALL
)
# OID 1.2.156.10197.1.301: Alipay's key tool offers SM2 beside RSA. Not every release names it.
_SM2 = bytes.fromhex('06082a811ccf5501822d')
_NESTED = 3  # base64 of a file of base64 is what an upload of bare base64 becomes


@dataclass(frozen=True)
class _Part:
    """One thing in a file. `thing` is None when the library knows what it is and can't use it."""

    sort: str  # 'private_key', 'public_key', 'certificate' or 'request'
    thing: object = field(repr=False)
    der: bytes = field(repr=False)


@dataclass(frozen=True)
class Contents:
    """What is in a file, in its order.

    :param unusable: sorts of keys in it that the library does not know, SM2 for instance
    :param members: DER of every certificate, of those too that can't be read
    """

    private_keys: tuple = field(default=(), repr=False)
    public_keys: tuple = ()
    certificates: tuple = ()
    unusable: tuple[str, ...] = ()
    members: tuple[bytes, ...] = field(default=(), repr=False)
    requests: int = 0

    @property
    def found(self) -> str:
        """Return in words what it is, a private key first."""
        if self.private_keys or 'private_key' in self.unusable:
            return "a private key"
        if self.members:
            return "a certificate"
        if self.public_keys or 'public_key' in self.unusable:
            return "a public key"
        return "a certificate request"


# === FRAMES === #


def _frames(data: bytes, depth: int = 0) -> list[tuple[str, bytes]]:
    """Return (label, DER) of every block; the label is '' where there was no frame."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data = data.decode('utf-16', 'replace').encode()
    text = _as_pasted(data.removeprefix(codecs.BOM_UTF8))
    if not text:
        raise CredentialProblem('unreadable', "empty")
    if b'-----BEGIN ' in text:
        return _pem_frames(text)
    # DER has bytes that base64 has not. It is not stripped: its last byte may look like a blank.
    if depth < _NESTED and _BASE64.fullmatch(text):
        return _frames(_base64(text), depth + 1)
    return [('', data)]


def _as_pasted(data: bytes) -> bytes:
    r"""Return a text without what comes along when it is copied; bytes that are no text only stripped.

    That is: quotes around it and characters that nobody sees (see `text.pasted`), blanks other than
    the ordinary one, and line breaks that were written as `\n` (of JSON, or of a setting).
    """
    try:
        text = pasted(data.decode())
    except UnicodeDecodeError:
        return data.strip()
    return ' '.join(_ESCAPED_BREAK.split(text)).replace('\u00a0', ' ').replace('\u3000', ' ').encode()


def _pem_frames(text: bytes) -> list[tuple[str, bytes]]:
    found, at = [], 0
    while begin := _BEGIN.search(text, at):
        at = text.find(b'-----END ' + begin[1] + b'-----', begin.end())
        if at < 0:
            raise CredentialProblem('unreadable', "cut off: the line with END is missing")
        body = text[begin.end() : at]
        if b'Proc-Type' in body or b'ENCRYPTED' in begin[1]:
            raise CredentialProblem(
                'password', "the private key is protected by a password; save it without one"
            )
        found.append((begin[1].decode(), _base64(body)))
    if not found:
        raise CredentialProblem('unreadable', "neither PEM nor base64")
    return found


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b''.join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialProblem('unreadable', "neither PEM nor base64") from None


# === PARTS === #


def _parts(label: str, der: bytes, password: str) -> list[_Part]:
    """Return what a block holds. The library has half a dozen exceptions for "I can't read this"."""
    if label.endswith(('PARAMETERS', 'CRL')):
        return []  # openssl writes the parameters of a curve before its key
    if _PKCS12.match(der):
        return _pkcs12_parts(der, password)
    certificate = _certificate(der)
    if certificate is not None:
        return [_Part('certificate', certificate, der)]
    part = _private_part(der) or _public_part(der)
    if part:
        return [part]
    try:
        x509.load_der_x509_csr(der)
    except Exception:
        if label.endswith('CERTIFICATE'):
            # SM2, or ECDSA in a form that newer releases refuse; or rubbish
            return [_Part('certificate', None, der)]
        if _SM2 in der:
            raise CredentialProblem('not_rsa', "a key of SM2, where RSA is wanted") from None
        what = f"the {label.lower()} cannot be read" if label else "neither key nor certificate"
        raise CredentialProblem('unreadable', what) from None
    return [_Part('request', None, der)]


def _certificate(der: bytes):
    try:
        certificate = x509.load_der_x509_certificate(der)
        # These are parsed when they are asked for only. A certificate without them is none.
        if hasattr(certificate, 'not_valid_after_utc'):
            _ = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        else:
            _ = certificate.not_valid_after, certificate.not_valid_before
        _ = certificate.subject, certificate.issuer, certificate.serial_number
    except Exception:
        return None
    return certificate


def _private_part(der: bytes) -> _Part | None:
    try:
        return _Part('private_key', serialization.load_der_private_key(der, password=None), der)
    except TypeError:
        raise CredentialProblem(
            'password', "the private key is protected by a password; save it without one"
        ) from None
    except UnsupportedAlgorithm:
        return _Part('private_key', None, der)
    except Exception:
        return None


def _public_part(der: bytes) -> _Part | None:
    try:
        return _Part('public_key', serialization.load_der_public_key(der), der)
    except UnsupportedAlgorithm:
        return _Part('public_key', None, der)
    except Exception:
        return None


def _pkcs12_parts(der: bytes, password: str) -> list[_Part]:
    for attempt in [password.encode(), None] if password else [None]:
        try:
            key, certificate, more = pkcs12.load_key_and_certificates(der, attempt)
        except UnsupportedAlgorithm:
            raise CredentialProblem(
                'unreadable', "a PKCS #12 file of a kind that is not known here; take the PEM files"
            ) from None
        except Exception:  # noqa: S112  a wrong password and a damaged file look the same
            continue
        parts = [_Part('private_key', key, b'')] if key is not None else []
        for one in (certificate, *more):
            if one is not None:
                octets = one.public_bytes(serialization.Encoding.DER)
                parts.append(_Part('certificate', _certificate(octets), octets))
        return parts
    what = "does not open with the password that was tried" if password else "has a password"
    raise CredentialProblem('password', f"the PKCS #12 file {what}")


@lru_cache(maxsize=128)
def contents(value: str | bytes, password: str = '') -> Contents:
    """Take a file apart.

    :param password: of a PKCS #12 file
    :raise CredentialProblem: 'unreadable' or 'password'
    """
    data = value.encode('utf-8', 'replace') if isinstance(value, str) else bytes(value)
    if len(data) > MAX_BYTES:
        raise CredentialProblem('unreadable', "too large for a key or a certificate")
    parts = [part for frame in _frames(data) for part in _parts(*frame, password)]
    if not parts:
        raise CredentialProblem('unreadable', "neither key nor certificate")

    def of(sort):
        return tuple(part.thing for part in parts if part.sort == sort and part.thing is not None)

    return Contents(
        private_keys=of('private_key'),
        public_keys=of('public_key'),
        certificates=of('certificate'),
        unusable=tuple(part.sort for part in parts if part.thing is None and 'key' in part.sort),
        members=tuple(part.der for part in parts if part.sort == 'certificate'),
        requests=sum(part.sort == 'request' for part in parts),
    )


# === KEYS === #


def check_rsa(key, bits: int = MIN_BITS):
    """Return a key, private or public, when it is an RSA key of at least so many bits.

    :raise CredentialProblem: 'not_rsa' or 'short'
    """
    if not isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        raise CredentialProblem('not_rsa', "not an RSA key")
    if key.key_size < bits:
        raise CredentialProblem('short', f"the key has {key.key_size} bits, {bits} are the least")
    return key


@lru_cache(maxsize=64)
def private_key(
    value: str | bytes, password: str = '', bits: int = MIN_BITS
) -> rsa.RSAPrivateKey:
    """Return the RSA private key of a file.

    :param password: of a PKCS #12 file
    :param bits: the fewest that it may have
    :raise CredentialProblem: when there is none, or it has a password or is too short
    """
    found = contents(value, password)
    if found.private_keys:
        return check_rsa(found.private_keys[0], bits)
    if 'private_key' in found.unusable:
        raise CredentialProblem('not_rsa', "not an RSA key")
    raise CredentialProblem('wrong', f"{found.found}, where the private key is wanted")


@lru_cache(maxsize=64)
def public_key(value: str | bytes, bits: int = MIN_BITS) -> rsa.RSAPublicKey:
    """Return the RSA public key of a file.

    A file with a private key in it is refused even when the public one is there too: what is public
    is not guarded.

    :param bits: the fewest that it may have
    :raise CredentialProblem: when it is something else, a certificate for instance, or too short
    """
    found = contents(value)
    if found.public_keys and not found.private_keys:
        return check_rsa(found.public_keys[0], bits)
    if 'public_key' in found.unusable and not found.private_keys:
        raise CredentialProblem('not_rsa', "not an RSA key")
    raise CredentialProblem('wrong', f"{found.found}, where the public key is wanted")


@lru_cache(maxsize=64)
def certificates(value: str | bytes, password: str = '') -> tuple[x509.Certificate, ...]:
    """Return all certificates of a file, in its order.

    :raise CredentialProblem: when there is none, or one cannot be read
    """
    found = contents(value, password)
    if not found.members:
        raise CredentialProblem('wrong', f"{found.found}, where a certificate is wanted")
    if len(found.members) != len(found.certificates):
        raise CredentialProblem('unreadable', "a certificate that cannot be read")
    return found.certificates


def spki(key) -> bytes:
    """Return a public key as DER (SubjectPublicKeyInfo)."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def same_key(one, other) -> bool:
    """Say whether two public keys of any sort are the same."""
    return spki(one) == spki(other)


def pem(thing) -> str:
    """Return a key or a certificate as PEM text; a private key as PKCS #8 without a password.

    :param thing: of the library, or the DER of a certificate that it may not be able to read
    """
    if isinstance(thing, bytes):
        lines = base64.b64encode(thing).decode()
        lines = '\n'.join(lines[at : at + 64] for at in range(0, len(lines), 64))
        return f'-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n'
    encoding = serialization.Encoding.PEM
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(encoding).decode()
    if hasattr(thing, 'private_bytes'):
        return thing.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    return thing.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
