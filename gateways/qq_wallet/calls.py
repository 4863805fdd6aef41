# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's calls: addresses, signed messages, operator and client certificate."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping

from ..base import Operation, Reason, ReasonKind
from ..connections import ClientCertificate
from ..transport import TransportError
from . import answers, certificates, fields, wire

_HOST = 'https://qpay.qq.com'
_MONEY_BACK_HOST = 'https://api.qpay.qq.com'  # asks for the client certificate
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
_MONEY_BACK = frozenset({Operation.REVERSE, Operation.REFUND})
# What an answer must not contradict: it may be an old one, or one to another question. Not the
# trade type: what comes back for a mini program is not documented.
_COMPARED = (
    'mch_id', 'appid', 'sub_mch_id', 'sub_appid', 'out_trade_no', 'transaction_id', 'out_refund_no',
)  # fmt: skip


class Calls:
    """The part of the gateway that speaks to the other side."""

    def _message(self, content: Mapping[str, str]) -> dict[str, str]:
        """Return the fields of a request, signed. Empty ones are left out."""
        message = {
            'appid': self.credentials.get('app_id', ''),
            'mch_id': self.credentials['mch_id'],
            'sub_appid': self.credentials.get('sub_app_id', ''),
            'sub_mch_id': self.credentials.get('sub_mch_id', ''),
            'nonce_str': secrets.token_hex(16),
            'sign_type': '' if self._sign_type == wire.MD5 else self._sign_type,
            **content,
        }
        message = {name: value for name, value in message.items() if value}
        message['sign'] = wire.sign(message, self.credentials['api_key'], self._sign_type)
        return message

    def _post(self, operation: Operation, message: Mapping[str, str], **options):
        """Send a request and return the transport's answer.

        :raise TransportError: when there is none
        """
        host = _MONEY_BACK_HOST if operation in _MONEY_BACK else _HOST
        return self.transport.post(
            f'{self.endpoint or host}{_PATHS[operation]}',
            wire.write(message),
            {'Content-Type': 'text/xml; charset=utf-8'},
            **options,
        )

    def _call(
        self,
        operation: Operation,
        content: Mapping[str, str],
        *,
        expected: Mapping[str, str] | None = None,
        required: tuple[str, ...] = (),
        **options,
    ) -> answers.Said:
        """Make one signed call and judge the answer.

        :param content: the call's own fields
        :param expected: numbers that the answer must not contradict, beside those that are sent
        :param required: fields that a successful answer must have
        :param options: of the transport
        """
        message = self._message(content)
        asked = {name: message.get(name, '') for name in _COMPARED}
        try:
            answer = self._post(operation, message, **options)
        except TransportError as error:
            return answers.Said.from_error(error)
        return answers.judge(
            answer,
            self.credentials['api_key'],
            self._sign_type,
            {**asked, **(expected or {})},
            required,
        )

    def _give_back(self, operation: Operation, content, **options) -> answers.Said:
        """Make a call that gives money back: with operator and client certificate."""
        try:
            password = self.credentials.get('op_user_passwd', '')
            if not password:
                raise ValueError("the operator's password is missing")
            certificate = self._certificate()
        except ValueError as error:
            # Nothing was sent now, but an earlier try under this number may have been.
            reason = Reason(ReasonKind.NOT_SENT, 'credentials', str(error))
            return answers.Said(reason=reason, raw={'error': str(error)})
        said = self._call(
            operation,
            {
                **content,
                'op_user_id': self.credentials.get('op_user_id') or self.credentials['mch_id'],
                'op_user_passwd': fields.operator_password(password),
            },
            certificate=certificate,
            repeatable=True,
            **options,
        )
        return _with_hint(said)

    def _certificate(self) -> ClientCertificate | None:
        """Return the client certificate, or None where there is no TLS to show it in.

        :raise ValueError: when it is missing or cannot be used
        """
        if not self.credentials.get('client_certificate'):
            if self.endpoint.startswith('http://'):
                return None
            raise ValueError("the client certificate is missing")
        client = self._load_certificate().client
        client.context()  # what TLS does not take either is better known now
        return client

    def _load_certificate(self) -> certificates.Loaded:
        return certificates.load(
            self.credentials.get('client_certificate', ''),
            self.credentials.get('client_key', ''),
            self.credentials['mch_id'],
        )


def _with_hint(said: answers.Said) -> answers.Said:
    """Say what a refusal without words usually means on the host that wants a certificate."""
    status = said.raw.get('http_status', 0)
    if said.reason is None or said.signed:
        return said
    if not (400 <= status < 500 or 'TLS' in str(said.raw.get('error', ''))):
        return said
    hint = "client certificate missing, expired or of another merchant?"
    message = f"{said.reason.message} ({hint})"
    return dataclasses.replace(said, reason=dataclasses.replace(said.reason, message=message))
