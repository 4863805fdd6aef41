# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's calls: JSON with the business fields as text in `biz_content`, signed with MD5.

Source: the vendor's page "interface rules".
"""

from __future__ import annotations

import json

from .. import times
from ..client import Client, SignedRequest
from . import responses, signing

_HOSTS = {'pay': 'https://pay.heemoney.com/v1', 'api': 'https://api.heemoney.com/v1'}
# operation (the last part of the path) -> host, method
_CALLS = {
    'ApplyPay': ('pay', 'heemoney.pay.applypay'),
    'DirectPay': ('pay', 'heemoney.pay.dirctpay'),  # spelt so
    'payquery': ('pay', 'heemoney.pay.query'),
    'refund': ('pay', 'heemoney.pay.refund'),
    'refundquery': ('pay', 'heemoney.pay.refund.query'),
    'MerchQRCode': ('api', 'heemoney.merch.qrcode.create'),
    'MerchOutAmtQuery': ('api', 'heemoney.outamt.query'),
    'MerchBillReport': ('api', 'heemoney.bill.download'),
}
# What a response must not contradict.
_COMPARED = (
    'app_id',
    'mch_uid',
    'isv_app_id',
    'isv_mch_uid',
    'out_trade_no',
    'hy_bill_no',
    'out_refund_no',
    'hy_refund_no',
)


class HuishouyinClient(Client):
    """The protocol with one merchant's credentials."""

    def build(self, operation, content) -> SignedRequest:
        """Override to sign the public fields and the business fields, of which empty ones go."""
        host, method = _CALLS[operation]
        business = {name: value for name, value in content.items() if value not in ('', None)}
        fields = {
            'method': method,
            'version': '1.0',
            'app_id': self.credentials['app_id'],
            'mch_uid': self.credentials['mch_uid'],
            'isv_app_id': self.credentials.get('isv_app_id', ''),
            'isv_mch_uid': self.credentials.get('isv_mch_uid', ''),
            'charset': 'UTF-8',
            'timestamp': times.stamp(self.clock()),
            # Serialised once: this very string is signed and sent.
            'biz_content': json.dumps(business, ensure_ascii=False, separators=(',', ':')),
            'sign_type': 'MD5',
        }
        fields = {name: value for name, value in fields.items() if value}
        fields['sign'] = signing.sign(fields, self.credentials['key'])
        base = f'{self.endpoint}/v1' if self.endpoint else _HOSTS[host]
        sent = {**fields, **business}
        return SignedRequest(
            f'{base}/{operation}',
            json.dumps(fields, ensure_ascii=False).encode(),
            {'Content-Type': 'application/json; charset=utf-8'},
            expected={name: sent.get(name, '') for name in _COMPARED},
        )

    def verify(self, answer, operation) -> responses.VerifiedResponse:
        """Override to verify with the merchant's key."""
        return responses.verify(answer, self.credentials['key'])
