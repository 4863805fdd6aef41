# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's calls: flat XML, signed; with operator and client certificate where money goes back."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping

from ..base import Operation, Reason, ReasonKind
from ..client import Client, SignedRequest
from ..connections import ClientCertificate
from ..responses import VerifiedResponse
from . import certificates, requests, responses, signing

_HOST = 'https://qpay.qq.com'
_CERTIFICATE_HOST = 'https://api.qpay.qq.com'  # asks for the client certificate
_PATHS = {
    Operation.ORDER: '/cgi-bin/pay/qpay_unified_order.cgi',
    Operation.CHARGE: '/cgi-bin/pay/qpay_micro_pay.cgi',
    Operation.QUERY: '/cgi-bin/pay/qpay_order_query.cgi',
    Operation.CLOSE: '/cgi-bin/pay/qpay_close_order.cgi',
    Operation.REVERSE: '/cgi-bin/pay/qpay_reverse.cgi',
    Operation.REFUND: '/cgi-bin/pay/qpay_refund.cgi',
    Operation.QUERY_REFUND: '/cgi-bin/pay/qpay_refund_query.cgi',
    Operation.STATEMENT: '/cgi-bin/sp_download/qpay_mch_statement_down.cgi',
}
_WITH_CERTIFICATE = frozenset({Operation.REVERSE, Operation.REFUND})
# What a response must not contradict. Not the trade type: what comes back for a mini program is not
# documented.
_COMPARED = (
    'mch_id', 'appid', 'sub_mch_id', 'sub_appid', 'out_trade_no', 'transaction_id', 'out_refund_no',
)  # fmt: skip


class QqWalletClient(Client):
    """The protocol with one merchant's credentials.

    :param sign_type: one of `signing.SIGN_TYPES`
    """

    def __init__(self, credentials, *, sign_type: str, **options):
        super().__init__(credentials, **options)
        self._sign_type = sign_type

    def build(self, operation, content, *, certificate=None, **options) -> SignedRequest:
        """Override to sign a message; empty fields are left out.

        :param operation: of `base.Operation`, a call of which the gateway has one each
        :param certificate: client certificate for the handshake
        :param options: of the transport
        """
        message = {
            'appid': self.credentials.get('app_id', ''),
            'mch_id': self.credentials['mch_id'],
            'sub_appid': self.credentials.get('sub_app_id', ''),
            'sub_mch_id': self.credentials.get('sub_mch_id', ''),
            'nonce_str': secrets.token_hex(16),
            'sign_type': '' if self._sign_type == signing.MD5 else self._sign_type,
            **content,
        }
        message = {name: value for name, value in message.items() if value}
        message['sign'] = signing.sign(message, self.credentials['api_key'], self._sign_type)
        host = _CERTIFICATE_HOST if operation in _WITH_CERTIFICATE else _HOST
        return SignedRequest(
            f'{self.endpoint or host}{_PATHS[operation]}',
            signing.write(message),
            {'Content-Type': 'text/xml; charset=utf-8'},
            expected={name: message.get(name, '') for name in _COMPARED},
            options={'certificate': certificate, **options} if certificate else options,
        )

    def verify(self, answer, operation) -> VerifiedResponse:
        """Override to verify with the API key."""
        return responses.verify(answer, self.credentials['api_key'], self._sign_type)

    def compare(self, response, expected, required) -> VerifiedResponse:
        """Override: a signed refusal must fit the request as well."""
        if not response.signed:
            return response
        return response.compare(expected, () if response.reason else required)

    def call_as_operator(self, operation: Operation, content: Mapping[str, str], **more) -> VerifiedResponse:
        """Make a call that gives money back: with operator and client certificate."""
        try:
            password = self.credentials.get('op_user_passwd', '')
            if not password:
                raise ValueError("the operator's password is missing")
            certificate = self.client_certificate()
        except ValueError as error:
            # Nothing was sent now, but an earlier try under this number may have been.
            reason = Reason(ReasonKind.NOT_SENT, 'credentials', str(error))
            return VerifiedResponse(reason=reason, raw={'error': str(error)})
        response = self.call(
            operation,
            {
                **content,
                'op_user_id': self.credentials.get('op_user_id') or self.credentials['mch_id'],
                'op_user_passwd': requests.operator_password(password),
            },
            certificate=certificate,
            repeatable=True,
            **more,
        )
        return _with_hint(response)

    def client_certificate(self) -> ClientCertificate | None:
        """Return the client certificate, or None where there is no TLS to show it in.

        :raise ValueError: when it is missing or cannot be used
        """
        if not self.credentials.get('client_certificate'):
            if self.endpoint.startswith('http://'):
                return None
            raise ValueError("the client certificate is missing")
        client = self.load_certificate().client
        client.context()  # what TLS does not take either is better known now
        return client

    def load_certificate(self) -> certificates.Loaded:
        return certificates.load(
            self.credentials.get('client_certificate', ''),
            self.credentials.get('client_key', ''),
            self.credentials['mch_id'],
        )


def _with_hint(response: VerifiedResponse) -> VerifiedResponse:
    """Say what a refusal without words usually means on the host that wants a certificate."""
    status = response.raw.get('http_status', 0)
    if response.reason is None or response.signed:
        return response
    if not (400 <= status < 500 or 'TLS' in str(response.raw.get('error', ''))):
        return response
    hint = "client certificate missing, expired or of another merchant?"
    message = f"{response.reason.message} ({hint})"
    return dataclasses.replace(response, reason=dataclasses.replace(response.reason, message=message))
