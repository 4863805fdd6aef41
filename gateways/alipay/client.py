# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's calls to `gateway.do`: parameters, signed; whose signature to expect.

Source: opendocs.alipay.com, pages on public parameters and signing.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import parsing
from ..base import CredentialProblem
from ..client import Client, SignedRequest
from ..responses import VerifiedResponse
from ..text import percent
from ..transport import TransportError
from . import encryption, platform_keys, requests, responses, signing

PRODUCTION = 'https://openapi.alipay.com'
_CERTIFICATE = 'alipay.open.app.alipaycert.download'
# Parameters that go into the address; everything else goes into the body (a charset that is only
# in the body makes signatures of Chinese texts fail).
_IN_ADDRESS = frozenset({
    'app_id', 'method', 'format', 'charset', 'sign_type', 'sign', 'timestamp', 'version',
    'notify_url', 'return_url', 'app_auth_token', 'app_cert_sn', 'alipay_root_cert_sn',
    'encrypt_type',
})


class AlipayClient(Client):
    """The protocol with one merchant's keys.

    :raise ValueError: when a key can't be read, or a mode is incomplete
    """

    def __init__(self, credentials, **options):
        super().__init__(credentials, **options)
        self.keys = platform_keys.PlatformKeys(credentials)
        self._aes_key = None
        if credentials.get('aes_key'):
            self._aes_key = encryption.aes_key(credentials['aes_key'])

    def params(
        self, method: str, content: Mapping[str, object] | None, **more: str
    ) -> dict[str, str]:
        """Return the signed parameters of a call.

        :param more: further parameters (`notify_url`, …); blank ones are left out
        """
        params = {
            'app_id': self.credentials['app_id'],
            'method': method,
            'format': 'JSON',
            'charset': 'utf-8',
            'sign_type': 'RSA2',
            'timestamp': requests.beijing(self.clock()),
            'version': '1.0',
            'app_auth_token': self.credentials.get('app_auth_token', ''),
            **self.keys.public_params(),
            **more,
        }
        if content is not None:
            # Serialised once: this very string is signed and sent.
            text = requests.dump(content)
            if self._aes_key:
                params['encrypt_type'] = 'AES'
                text = encryption.encrypt(text, self._aes_key)
            params['biz_content'] = text
        params = {name: value for name, value in params.items() if value and value.strip()}
        params['sign'] = signing.sign(signing.sign_content(params), self.keys.private_key)
        return params

    @property
    def url(self) -> str:
        """Return the address of every call."""
        return f'{self.endpoint or PRODUCTION}/gateway.do'

    def build(self, operation, content, **more: str) -> SignedRequest:
        """Override to sign the parameters, and to split them between address and body.

        :param operation: the method
        :param content: of `biz_content`; None for a method without one
        :param more: further parameters
        """
        query, body = [], []
        for name, value in self.params(operation, content, **more).items():
            (query if name in _IN_ADDRESS else body).append(f'{name}={percent(value)}')
        return SignedRequest(
            f'{self.url}?{"&".join(query)}',
            '&'.join(body).replace('%20', '+').encode(),
            {'Content-Type': 'application/x-www-form-urlencoded;charset=utf-8'},
        )

    def verify(self, answer, operation) -> VerifiedResponse:
        """Override to verify with Alipay's public key, or with the certificate that is named."""
        return responses.verify(answer, operation, self.public_keys, self._aes_key)

    def public_keys(self, serial: str) -> list:
        """Return the keys for an answer; a certificate that is not known is fetched.

        :raise CredentialProblem: when it can't be had or is not to be trusted
        """
        if not self.keys.knows(serial) and self.keys.can_learn(serial):
            try:
                request = self.build(_CERTIFICATE, {'alipay_cert_sn': serial})
                answer = self.send(request, repeatable=True)
            except TransportError as error:
                raise CredentialProblem('unreadable', f"could not be fetched: {error}") from None
            # This answer is signed with the very certificate that it brings. It proves itself by
            # the chain up to the stored root, then signs for the answer like any other.
            try:
                node = responses.read_root(answer.body.decode())[f'{_CERTIFICATE.replace(".", "_")}_response']
                content = responses.read_node(node, self._aes_key)['alipay_cert_content']
            except (parsing.Malformed, UnicodeDecodeError, KeyError, TypeError):
                raise CredentialProblem('unreadable', "could not be fetched") from None
            self.keys.learn(serial, str(content), self.clock())
        return self.keys.public_keys(serial)
