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
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .. import times
from ..base import CallFailed, Reason, ReasonKind
from ..transport import TransportError
from . import certificates, responses, signing

if TYPE_CHECKING:
    from .client import WechatPayClient

_logger = logging.getLogger(__name__)

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


class PlatformCertificate:
    """A platform certificate, with what every answer is compared with."""

    def __init__(self, certificate):
        self.certificate = certificate
        self.not_after = certificates.info(certificate).not_after

    @functools.cached_property
    def public_key(self) -> RSAPublicKey:
        """Return its key."""
        return self.certificate.public_key()


def by_serial(some: Iterable) -> dict[str, PlatformCertificate]:
    """Return certificates by their serials; of two with the same one the first."""
    return {certificates.serial_of(one): PlatformCertificate(one) for one in reversed(tuple(some))}


@functools.lru_cache(maxsize=64)
def stored(text: str) -> dict[str, PlatformCertificate]:
    """Return the certificates of a credential, which may be empty, by serial.

    :raise CredentialProblem: when one cannot be read
    """
    return by_serial(certificates.load_certificates(text))


class Downloaded:
    """The certificates that this process downloaded, for all gateways of one merchant."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known: dict[str, PlatformCertificate] = {}  # by serial
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


def check_signature(headers: Mapping[str, str], body: bytes, find, moment: datetime) -> None:
    """Verify an answer or notice over its raw bytes.

    :param headers: names in lower case
    :param find: callable, serial and moment -> the public key that was valid then, or None
    :param moment: when it came, aware
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
    if abs(moment.timestamp() - int(timestamp)) >= responses.WINDOW:
        raise NotGenuine('expired', "signed too long ago, or our clock is wrong")
    key = find(serial, moment)
    if key is None:
        known = 'public key' if serial.startswith('PUB_KEY_ID_') else 'certificate'
        raise NotGenuine('unknown_serial', f"signed with a {known} that is not known here")
    if not signing.verify(key, signing.answer_message(timestamp, nonce, body), signature):
        raise NotGenuine('signature', "not the gateway's signature")


class PlatformKeys:
    """The keys that verify for one merchant.

    :param client: the gateway's, to download with
    """

    def __init__(self, client: WechatPayClient):
        self._client = client

    @property
    def has_certificates(self) -> bool:
        """Whether this merchant has platform certificates (perhaps beside the public key)."""
        return bool(
            self._client.credentials.get('platform_certificates')
            or not self._client.credentials.get('public_key_id')
        )

    @functools.cached_property
    def _downloaded(self) -> Downloaded:
        return downloaded(
            self._client.endpoint, self._client.credentials['mchid'], self._client.credentials['api_v3_key']
        )

    def _known_key(self, serial: str, moment: datetime) -> RSAPublicKey | None:
        if serial == self._client.credentials.get('public_key_id'):
            return certificates.load_public_key(self._client.credentials['public_key'])
        known = self._downloaded.known.get(serial)
        if known is None:
            known = stored(self._client.credentials.get('platform_certificates', '')).get(serial)
        if known is None or known.not_after < moment:
            return None
        return known.public_key

    def find(self, serial: str, moment: datetime) -> RSAPublicKey | None:
        """Return the key of a serial, after a download when that may help.

        :param moment: when the certificate must have been valid. A download is always of now
        """
        key = self._known_key(serial, moment)
        if serial.startswith('PUB_KEY_ID_') or not self.has_certificates:
            return key
        cached = self._downloaded
        if cached.due(unknown=key is None):
            with cached.lock:
                if cached.due(unknown=key is None):
                    try:
                        self.download()
                    except CallFailed as error:
                        _logger.warning("The platform certificates could not be had: %s", error)
            key = self._known_key(serial, moment)
        return key

    def download(self) -> list[str]:
        """Download the platform certificates (`GET /v3/certificates`) and use them from now on.

        The very first answer cannot be verified before it is read: that it decrypts with the APIv3
        key shows that it is genuine, and its signature is then verified with what was in it.

        :return: PEM texts, for the credential `platform_certificates`
        :raise CallFailed: when they could not be had
        """
        cached = self._downloaded
        cached.tried = time.monotonic()
        try:
            request = self._client.build('/v3/certificates', method='GET', total_timeout=6)
            answer = self._client.send(request, repeatable=True)
        except TransportError as error:
            raise CallFailed(self._client.not_answered(error).reason) from None
        if answer.status != 200:
            raise CallFailed(responses.error_response(
                answer.status, answer.headers, answer.body, self._client.clock()
            ).reason)
        try:
            found = read_download(
                responses.read_object(answer.body), self._client.credentials['api_v3_key']
            )
            known = by_serial(found)
            check_signature(
                answer.headers, answer.body, lambda serial, moment: known[serial].public_key
                if serial in known else self._known_key(serial, moment), self._client.clock(),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise CallFailed(
                Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'certificates', str(error))
            ) from None
        cached.known, cached.at = known, cached.tried
        return [certificates.pem(item) for item in found]
