# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's API v3 on the wire: one signed call, its answer verified and judged."""

from __future__ import annotations

import functools
import json
import logging
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .. import masking
from ..base import CallFailed, Reason, ReasonKind
from ..transport import Answer, ConnectionBroken, NotSent, TransportError
from . import answers, certificates, keys, signing
from .answers import Said

_logger = logging.getLogger(__name__)

# The same interface from two access points; the second is for when the first cannot be reached.
HOSTS = ('https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com')


_write = json.JSONEncoder(ensure_ascii=False, separators=(',', ':')).encode


def compact(content: Mapping[str, object]) -> bytes:
    """Return JSON as it is sent and signed. Members without a value are left out, never null."""
    return _write(_without_none(content)).encode()


def _without_none(content):
    return {
        name: kept
        for name, value in content.items()
        if (kept := _without_none(value) if isinstance(value, dict) else value)
        not in (None, '', {})
    }


class Wire:
    """The part of the gateway that talks. It needs the attributes of `Gateway`."""

    @property
    def _hosts(self) -> tuple[str, ...]:
        return (self.endpoint,) if self.endpoint else HOSTS

    @property
    def _private_key(self):
        return certificates.load_private_key(self.credentials['private_key'])

    # === REQUESTS === #

    def _exchange(self, method: str, target: str, body: bytes, *, repeatable=False, **options):
        """Send a signed request; to the backup host when the first one cannot be reached.

        Only "no connection" changes the host: then nobody has seen the request. A connection that
        broke is tried once more where the protocol says that a repetition does no harm. Every try
        has a nonce and signature of its own.

        :raise TransportError: as the transport does
        """
        error = None
        for host in self._hosts:
            for _try in range(2 if repeatable else 1):
                try:
                    return self.transport.request(
                        method,
                        host + target,
                        body=body or None,
                        headers=self._headers(method, target, body),
                        **options,
                    )
                except NotSent as not_sent:
                    error = not_sent
                    break
                except ConnectionBroken as broken:
                    error = broken
            if not isinstance(error, NotSent):
                break
        raise error

    def _headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock().timestamp()))
        nonce = secrets.token_hex(16)
        signature = signing.sign(
            self._private_key, signing.request_message(method, target, timestamp, nonce, body)
        )
        headers = {
            'Authorization': signing.authorization(
                self.credentials['mchid'], self._serial, timestamp, nonce, signature
            ),
            'Accept': 'application/json',
            'User-Agent': 'payment_cn_wallets',
        }
        if body:
            headers['Content-Type'] = 'application/json'
        if self.credentials.get('public_key_id'):
            # Asks that the answer be signed with the public key, whatever the state of a switch.
            headers['Wechatpay-Serial'] = self.credentials['public_key_id']
        return headers

    def _call(
        self,
        method: str,
        path: str,
        content: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Said:
        """Make one signed call and judge its answer.

        :param path: from `/v3/` on
        :param content: of the JSON body
        :param query: parameters; empty ones are left out
        :param repeatable: the protocol says that asking twice does what asking once does
        """
        query = query and {name: value for name, value in query.items() if value}
        target = f'{path}?{urlencode(query)}' if query else path
        body = compact(content) if content is not None else b''
        try:
            answer = self._exchange(method, target, body, repeatable=repeatable)
        except TransportError as error:
            return answers.from_error(error, self.clock())
        return self._judge(answer)

    def _judge(self, answer: Answer) -> Said:
        clock = self.clock()
        if answer.status >= 300:
            return answers.complaint(answer.status, answer.headers, answer.body, clock)
        date, raw = answer.headers.get('date', ''), {'http_status': answer.status}
        try:
            keys.check_signature(answer.headers, answer.body, self._key_of, clock.timestamp())
        except keys.NotGenuine as error:
            # Info only: the platform itself sends wrong signatures now and then, as a test.
            _logger.info("An answer of WeChat Pay is not believed: %s", error)
            said = Said(status=answer.status, date=date, moment=clock, raw=raw)
            kind = ReasonKind.BAD_ANSWER_SIGNATURE
            if error.kind == 'expired' and said.skew and abs(said.skew) >= answers.WINDOW:
                kind = ReasonKind.CLOCK
            return said.without_result(kind, error.kind, str(error))
        reason, fields = None, {}
        if answer.status != 204:
            fields = answers.read_object(answer.body)
            if fields is None:
                reason = Reason(
                    ReasonKind.NO_ANSWER, str(answer.status), "the answer cannot be read"
                )
        if fields:
            raw.update(masking.mask(fields))
        return Said(
            status=answer.status, fields=fields or {}, reason=reason, date=date, moment=clock,
            raw=raw,
        )

    # === KEYS === #

    @property
    def _has_certificates(self) -> bool:
        """Whether this merchant has platform certificates (perhaps beside the public key)."""
        return bool(
            self.credentials.get('platform_certificates')
            or not self.credentials.get('public_key_id')
        )

    @functools.cached_property
    def _downloaded(self) -> keys.Downloaded:
        return keys.downloaded(
            self.endpoint, self.credentials['mchid'], self.credentials['api_v3_key']
        )

    def _known_key(self, serial: str) -> RSAPublicKey | None:
        if serial == self.credentials.get('public_key_id'):
            return certificates.load_public_key(self.credentials['public_key'])
        known = self._downloaded.known.get(serial)
        if known is None:
            known = keys.stored(self.credentials.get('platform_certificates', '')).get(serial)
        if known is None or known.not_after < self.clock():
            return None
        return known.public_key

    def _key_of(self, serial: str) -> RSAPublicKey | None:
        """Return the key of a serial, after a download when that may help."""
        key = self._known_key(serial)
        if serial.startswith('PUB_KEY_ID_') or not self._has_certificates:
            return key
        cached = self._downloaded
        if cached.due(unknown=key is None):
            with cached.lock:
                if cached.due(unknown=key is None):
                    try:
                        self.download_certificates()
                    except CallFailed as error:
                        _logger.warning("The platform certificates could not be had: %s", error)
            key = self._known_key(serial)
        return key

    def renewed_credentials(self) -> dict[str, str]:
        """Fetch the platform certificates, for merchants that use them.

        The documents ask for it at least every 12 hours. With the public key alone there is
        nothing to fetch.

        :raise CallFailed: when they could not be had
        """
        if not self._has_certificates:
            return {}
        return {'platform_certificates': ''.join(self.download_certificates())}

    def download_certificates(self) -> list[str]:
        """Download the platform certificates (`GET /v3/certificates`) and use them from now on.

        The very first answer cannot be verified before it is read: that it decrypts with the APIv3
        key shows that it is genuine, and its signature is then verified with what was in it.

        :return: PEM texts, for the credential `platform_certificates`
        :raise CallFailed: when they could not be had
        """
        cached = self._downloaded
        cached.tried = keys.time.monotonic()
        try:
            answer = self._exchange('GET', '/v3/certificates', b'', repeatable=True, total_timeout=6)
        except TransportError as error:
            raise CallFailed(answers.from_error(error, self.clock()).reason) from None
        if answer.status != 200:
            said = answers.complaint(answer.status, answer.headers, answer.body, self.clock())
            raise CallFailed(said.reason)
        try:
            found = keys.read_download(
                answers.read_object(answer.body), self.credentials['api_v3_key']
            )
            known = keys.by_serial(found)
            keys.check_signature(
                answer.headers, answer.body, lambda serial: known[serial].public_key
                if serial in known else self._known_key(serial), self.clock().timestamp(),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise CallFailed(
                answers.Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'certificates', str(error))
            ) from None
        cached.known, cached.at = known, cached.tried
        return [certificates.pem(item) for item in found]
