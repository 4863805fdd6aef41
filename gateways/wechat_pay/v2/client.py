# Part of payment_cn_wallets. License LGPL-3.
"""Calls of version 2: flat XML, signed with the API key.

Pages (version 2): 签名算法, 接口规则. Reverse wants the merchant's certificate in the TLS handshake.
"""

from __future__ import annotations

import secrets

from ...client import Client, SignedRequest
from ...connections import ClientCertificate
from ...responses import VerifiedResponse
from ...transport import NotSent
from .. import certificates, responses as v3_responses
from ..client import WechatPayClient
from . import responses, signing


class V2Client(Client):
    """Version 2 of the protocol, for the same merchant.

    :param client: of API v3; credentials, hosts and transport are the same
    """

    def __init__(self, client: WechatPayClient):
        super().__init__(
            client.credentials,
            endpoint=client.endpoint,
            transport=client.transport,
            clock=client.clock,
        )
        self._v3 = client
        self.parties = client.parties

    def build(self, operation, content, *, certificate=False) -> SignedRequest:
        """Override to sign a message; empty fields are left out.

        :param operation: the path; `send` adds the host
        :param certificate: whether the merchant's certificate is shown in the handshake
        """
        parties, key = self.parties, self.credentials['api_key']
        message = {
            'appid': parties.appid, 'mch_id': parties.mchid,
            'sub_appid': parties.sub_appid, 'sub_mch_id': parties.sub_mchid,
            'nonce_str': secrets.token_hex(16), 'sign_type': signing.SIGN_TYPE, **content,
        }  # fmt: skip
        message = {name: value for name, value in message.items() if value}
        message['sign'] = signing.sign(message, key)
        return SignedRequest(
            operation,
            signing.build(message),
            {'Content-Type': 'text/xml; charset=utf-8'},
            options={'certificate': self.client_certificate()} if certificate else {},
        )

    def send(self, request, *, repeatable=False):
        """Override to go to the backup host when there is no connection to the first; sent once."""
        error = None
        for host in self._v3.hosts:
            try:
                return self.transport.post(
                    host + request.url, request.body, request.headers, **request.options
                )
            except NotSent as not_sent:
                error = not_sent
        raise error

    def not_answered(self, error) -> VerifiedResponse:
        """Override to read the code of a 5xx, which is that of API v3."""
        return v3_responses.from_error(error, self.clock())

    def verify(self, answer, operation) -> VerifiedResponse:
        """Override to verify with the API key."""
        return responses.verify(answer, self.credentials['api_key'])

    def client_certificate(self) -> ClientCertificate | None:
        """Return what is shown in the handshake."""
        if self._v3.hosts[0].startswith('http:'):
            return None  # nothing to show it in: the sandbox
        certificate = certificates.load_certificate(self.credentials['certificate'])
        return ClientCertificate(
            certificates.pem(certificate).encode(),
            certificates.pem(self._v3.private_key).encode(),
        )
