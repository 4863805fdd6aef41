# Part of payment_cn_wallets. License LGPL-3.
"""One signed call to `gateway.do`: parameters, sending, whose signature to expect.

Source: opendocs.alipay.com, pages on public parameters and signing.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import messages
from ..base import CredentialProblem
from ..text import percent
from ..transport import TransportError
from . import answers, fields as biz_fields, trust, wire

PRODUCTION = 'https://openapi.alipay.com'
_CERTIFICATE = 'alipay.open.app.alipaycert.download'
# Parameters that go into the address; everything else goes into the body (a charset that is only
# in the body makes signatures of Chinese texts fail).
_IN_ADDRESS = frozenset({
    'app_id', 'method', 'format', 'charset', 'sign_type', 'sign', 'timestamp', 'version',
    'notify_url', 'return_url', 'app_auth_token', 'app_cert_sn', 'alipay_root_cert_sn',
    'encrypt_type',
})


class Connection:
    """The part of the gateway that speaks to Alipay."""

    def _set_up_keys(self):
        """Read the keys once.

        :raise ValueError: when one can't be read, or a mode is incomplete
        """
        self._trust = trust.Trust(self.credentials)
        self._aes_key = None
        if self.credentials.get('aes_key'):
            self._aes_key = wire.aes_key(self.credentials['aes_key'])

    def _params(
        self, method: str, biz: Mapping[str, object] | None, **more: str
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
            'timestamp': biz_fields.beijing(self.clock()),
            'version': '1.0',
            'app_auth_token': self.credentials.get('app_auth_token', ''),
            **self._trust.public_params(),
            **more,
        }
        if biz is not None:
            # Serialised once: this very string is signed and sent.
            content = biz_fields.dump(biz)
            if self._aes_key:
                params['encrypt_type'] = 'AES'
                content = wire.encrypt(content, self._aes_key)
            params['biz_content'] = content
        params = {name: value for name, value in params.items() if value and value.strip()}
        params['sign'] = wire.sign(wire.sign_content(params), self._trust.private_key)
        return params

    @property
    def _gateway_url(self) -> str:
        return f'{self.endpoint or PRODUCTION}/gateway.do'

    def _send(self, params: Mapping[str, str], repeatable: bool):
        query, body = [], []
        for name, value in params.items():
            (query if name in _IN_ADDRESS else body).append(f'{name}={percent(value)}')
        return self.transport.post(
            f'{self._gateway_url}?{"&".join(query)}',
            '&'.join(body).replace('%20', '+').encode(),
            {'Content-Type': 'application/x-www-form-urlencoded;charset=utf-8'},
            repeatable=repeatable,
        )

    def _call(
        self,
        method: str,
        biz: Mapping[str, object] | None,
        *,
        repeatable: bool = False,
        required: tuple[str, ...] = (),
        expected: Mapping[str, str] | None = None,
        **more: str,
    ) -> answers.Said:
        """Make one signed call and judge the answer.

        :param required: fields that a successful answer must have
        :param expected: fields that the answer must not contradict
        """
        try:
            answer = self._send(self._params(method, biz, **more), repeatable)
        except TransportError as error:
            return answers.Said.from_error(error)
        said = answers.judge(answer, method, self._public_keys, self._aes_key)
        if said.reason is None:
            mismatch = said.differ(expected or {}, required)
            if mismatch:
                return said.without_result(mismatch)
        return said

    def _public_keys(self, serial: str) -> list:
        """Return the keys for an answer; a certificate that is not known is fetched.

        :raise CredentialProblem: when it can't be had or is not to be trusted
        """
        if not self._trust.knows(serial) and self._trust.can_learn(serial):
            try:
                answer = self._send(
                    self._params(_CERTIFICATE, {'alipay_cert_sn': serial}), repeatable=True
                )
            except TransportError as error:
                raise CredentialProblem('unreadable', f"could not be fetched: {error}") from None
            # This answer is signed with the very certificate that it brings. It proves itself by
            # the chain up to the stored root, then signs for the answer like any other.
            try:
                node = wire.read_root(answer.body.decode())[f'{_CERTIFICATE.replace(".", "_")}_response']
                content = answers.read_node(node, self._aes_key)['alipay_cert_content']
            except (messages.Malformed, UnicodeDecodeError, KeyError, TypeError):
                raise CredentialProblem('unreadable', "could not be fetched") from None
            self._trust.learn(serial, str(content), self.clock())
        return self._trust.public_keys(serial)
