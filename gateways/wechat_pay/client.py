# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's calls (API v3): JSON over https, signed with the merchant's key.

Pages: 如何构造接口请求签名, 如何验证签名.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from .. import masking, times
from ..base import Reason, ReasonKind
from ..client import Client, SignedRequest
from ..responses import VerifiedResponse
from ..transport import ConnectionBroken, NotSent
from . import certificates, platform_keys, responses, signing
from .parties import Parties

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


@dataclass(frozen=True)
class ApiRequest(SignedRequest):
    """A request of API v3. `url` is the path with the query; `send` adds host and signature.

    Each host and each try has a nonce and a signature of its own.
    """

    method: str = 'POST'


class WechatPayClient(Client):
    """The protocol with one merchant's credentials."""

    def __init__(self, credentials, **options):
        super().__init__(credentials, **options)
        self.hosts = (self.endpoint,) if self.endpoint else HOSTS
        self.parties = Parties(
            appid=credentials['appid'],
            mchid=credentials['mchid'],
            sub_appid=credentials.get('sub_appid', ''),
            sub_mchid=credentials.get('sub_mchid', ''),
            app_appid=credentials.get('app_appid', ''),
            mini_appid=credentials.get('mini_appid', ''),
        )
        self.serial = certificates.info(credentials['certificate']).serial
        self.keys = platform_keys.PlatformKeys(self)

    @property
    def private_key(self):
        """Return the merchant's private key."""
        return certificates.load_private_key(self.credentials['private_key'])

    # === REQUESTS === #

    def build(self, operation, content=None, *, method='POST', query=None, **options) -> ApiRequest:
        """Override to write path, query and JSON.

        :param operation: the path, from `/v3/` on
        :param query: parameters; empty ones are left out
        :param options: of the transport
        """
        query = query and {name: value for name, value in query.items() if value}
        return ApiRequest(
            f'{operation}?{urlencode(query)}' if query else operation,
            compact(content) if content is not None else b'',
            method=method,
            options=options,
        )

    def send(self, request, *, repeatable=False):
        """Override to sign each try, and to go to the backup host when the first can't be reached.

        Only "no connection" changes the host: then nobody has seen the request. A connection that
        broke is tried once more where the protocol says that a repetition does no harm.
        """
        error = None
        for host in self.hosts:
            for _try in range(2 if repeatable else 1):
                try:
                    return self.transport.request(
                        request.method,
                        host + request.url,
                        body=request.body or None,
                        headers=self.headers(request.method, request.url, request.body),
                        **request.options,
                    )
                except NotSent as not_sent:
                    error = not_sent
                    break
                except ConnectionBroken as broken:
                    error = broken
            if not isinstance(error, NotSent):
                break
        raise error

    def headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """Return the headers of a request, signed.

        :param target: path with its query, as sent
        """
        timestamp = str(int(self.clock().timestamp()))
        nonce = secrets.token_hex(16)
        signature = signing.sign(
            self.private_key, signing.request_message(method, target, timestamp, nonce, body)
        )
        headers = {
            'Authorization': signing.authorization(
                self.credentials['mchid'], self.serial, timestamp, nonce, signature
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

    # === RESPONSES === #

    def not_answered(self, error) -> VerifiedResponse:
        """Override to read the code of a 5xx."""
        return responses.from_error(error, self.clock())

    def verify(self, answer, operation) -> VerifiedResponse:
        """Override to verify over the raw bytes, with the key that the answer names."""
        clock = self.clock()
        if answer.status >= 300:
            return responses.error_response(answer.status, answer.headers, answer.body, clock)
        date, raw = answer.headers.get('date', ''), {'http_status': answer.status}
        response = VerifiedResponse(status=answer.status, date=date, raw=raw)
        try:
            platform_keys.check_signature(
                answer.headers, answer.body, self.keys.find, clock
            )
        except platform_keys.NotGenuine as error:
            # Info only: the platform itself sends wrong signatures now and then, as a test.
            _logger.info("An answer of WeChat Pay is not believed: %s", error)
            kind, skew = ReasonKind.BAD_ANSWER_SIGNATURE, times.skew(date, clock)
            if error.kind == 'expired' and skew and abs(skew) >= responses.WINDOW:
                kind = ReasonKind.CLOCK
            return response.without_result(Reason(kind, error.kind, str(error)))
        reason, fields = None, {}
        if answer.status != 204:
            fields = responses.read_object(answer.body)
            if fields is None:
                reason = Reason(
                    ReasonKind.NO_ANSWER, str(answer.status), "the answer cannot be read"
                )
        if fields:
            raw.update(masking.mask(fields))
        return VerifiedResponse(
            status=answer.status, fields=fields or {}, reason=reason, signed=True, date=date,
            raw=raw,
        )  # fmt: skip
