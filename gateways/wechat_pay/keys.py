# Part of payment_cn_wallets. License LGPL-3.
"""Which key verifies: one map of serials, for the public key and platform certificates alike.

A merchant has a public key of WeChat Pay (`PUB_KEY_ID_…`), or platform certificates (40 hex
digits), or during a switch both, in which case answers and notices are signed by either. The serial
in the header decides, compared as text. `/v3/certificates` is asked only by merchants who have
certificates: for the others it does not exist.
"""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .. import times
from . import answers, certificates, signing

REFRESH_AFTER = 12 * 3600  # seconds, as the documents ask for
FIRST_RETRY_AFTER = 10  # seconds, while nothing was ever downloaded: no answer can be believed
RETRY_AFTER = 300  # seconds: an unknown serial, which anybody can send, must not make us busy


class NotGenuine(ValueError):
    """Not the platform's.

    :param kind: 'unsigned', 'malformed', 'expired', 'unknown_serial' or 'signature'
    """

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind


class Known:
    """A platform certificate, with what every answer is compared with."""

    def __init__(self, certificate):
        self.certificate = certificate
        self.not_after = certificates.info(certificate).not_after

    @functools.cached_property
    def public_key(self) -> RSAPublicKey:
        """Return its key."""
        return self.certificate.public_key()


def by_serial(some: Iterable) -> dict[str, Known]:
    """Return certificates by their serials; of two with the same one the first."""
    return {certificates.serial_of(one): Known(one) for one in reversed(tuple(some))}


@functools.lru_cache(maxsize=64)
def stored(text: str) -> dict[str, Known]:
    """Return the certificates of a credential, which may be empty, by serial.

    :raise CredentialProblem: when one cannot be read
    """
    return by_serial(certificates.load_certificates(text))


class Downloaded:
    """The certificates that this process downloaded, for all gateways of one merchant."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known: dict[str, Known] = {}  # by serial
        self.at = None  # monotonic seconds of the last success
        self.tried = None  # … of the last try

    def due(self, unknown: bool) -> bool:
        """Whether to download: because a serial is not known, or what was downloaded is old."""
        if not unknown and self.at is None:
            return False
        now = time.monotonic()
        pause = FIRST_RETRY_AFTER if self.at is None else RETRY_AFTER
        if self.tried is not None and now - self.tried < pause:
            return False
        return unknown or (self.at is not None and now - self.at > REFRESH_AFTER)


_downloaded: dict[str, Downloaded] = {}
_lock = threading.Lock()


def downloaded(*identity: str) -> Downloaded:
    """Return what was downloaded for a merchant; the identity is kept as a digest only."""
    key = hashlib.sha256('\0'.join(identity).encode()).hexdigest()
    with _lock:
        return _downloaded.setdefault(key, Downloaded())


def read_download(content: object, api_v3_key: str) -> tuple:
    """Decrypt the answer of `GET /v3/certificates`.

    :return: certificates, still or soon valid
    :raise ValueError: when it is not such an answer, or for another APIv3 key
    """
    rows = content.get('data') if isinstance(content, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise ValueError("no certificates in the answer")
    found = []
    for row in rows:
        box = row.get('encrypt_certificate') if isinstance(row, Mapping) else None
        if not isinstance(box, Mapping):
            raise ValueError("no certificate in the answer")
        text = signing.decrypt(
            api_v3_key, box.get('nonce'), box.get('associated_data'), box.get('ciphertext')
        )
        certificate = certificates.load_certificate(text)
        if certificates.serial_of(certificate) != str(row.get('serial_no', '')).upper():
            raise ValueError("a certificate has another serial than said")
        if certificates.info(certificate).not_after > times.now():
            found.append(certificate)
    return tuple(found)


def check_signature(headers: Mapping[str, str], body: bytes, find, now: float) -> None:
    """Verify an answer or notice over its raw bytes.

    :param headers: names in lower case
    :param find: callable, serial -> public key or None
    :param now: Unix seconds
    :raise NotGenuine: when it must not be believed
    """
    timestamp = headers.get('wechatpay-timestamp')
    nonce = headers.get('wechatpay-nonce')
    signature = headers.get('wechatpay-signature')
    serial = headers.get('wechatpay-serial')
    if not (timestamp and nonce and signature and serial):
        raise NotGenuine('unsigned', "not signed")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NotGenuine('malformed', "the time of the signature is no time")
    if abs(now - int(timestamp)) >= answers.WINDOW:
        raise NotGenuine('expired', "signed too long ago, or our clock is wrong")
    key = find(serial)
    if key is None:
        known = 'public key' if serial.startswith('PUB_KEY_ID_') else 'certificate'
        raise NotGenuine('unknown_serial', f"signed with a {known} that is not known here")
    if not signing.verify(key, signing.answer_message(timestamp, nonce, body), signature):
        raise NotGenuine('signature', "not the gateway's signature")
