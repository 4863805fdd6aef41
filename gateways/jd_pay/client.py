# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's calls (V2.0): signed and encrypted XML to `paygate.jd.com`."""

from __future__ import annotations

import functools

from ..client import Client, SignedRequest
from ..responses import VerifiedResponse
from . import encryption, envelope, responses, signing

# With an endpoint, the first label of the host becomes a folder: <endpoint>/paygate/service/query.
_HOSTS = {
    'paygate': 'https://paygate.jd.com',
    'h5pay': 'https://h5pay.jd.com',
    'wepay': 'https://wepay.jd.com',
    'bapi': 'https://bapi.jdpay.com',
}
# What a response must not contradict, where it was sent.
_COMPARED = {
    'query': ('tradeNum', 'tradeType', 'oTradeNum'),
    'queryRefund': ('oTradeNum',),
}
_COMPARED_ELSE = ('tradeNum', 'oTradeNum')


class JdPayClient(Client):
    """The protocol with one merchant's credentials."""

    @functools.cached_property
    def keys(self) -> envelope.Keys:
        """Return the keys.

        :raise ValueError: when one cannot be used
        """
        return envelope.Keys(
            self.credentials['merchant'],
            encryption.des_key(self.credentials['des_key']),
            signing.private_key(self.credentials['private_key']),
            signing.public_key(self.credentials['jd_public_key']),
        )

    def address(self, host: str, path: str) -> str:
        """Return the address of a path."""
        return (f'{self.endpoint}/{host}' if self.endpoint else _HOSTS[host]) + path

    def build(self, operation, content) -> SignedRequest:
        """Override to sign and encrypt a document with the fields, in their order."""
        compared = _COMPARED.get(operation, _COMPARED_ELSE)
        return SignedRequest(
            self.address('paygate', f'/service/{operation}'),
            envelope.seal(content, self.keys),
            {'Content-Type': 'application/xml'},
            expected={name: content.get(name, '') for name in compared},
        )

    def verify(self, answer, operation) -> VerifiedResponse:
        """Override to decrypt, and to verify with JD's public key."""
        return responses.verify(answer, self.keys)
