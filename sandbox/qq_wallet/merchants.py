# Part of payment_cn_wallets. License LGPL-3.
"""Seeded merchants. Their numbers and keys never change, so a configured demo keeps working.

The keys protect nothing: they are derived from the names below and open only this sandbox. There
is no client certificate: the sandbox speaks plain HTTP, where none can be shown.
"""

import hashlib
from dataclasses import dataclass

OPERATOR_PASSWORD = 'sandbox-operator'


@dataclass(frozen=True)
class Merchant:
    """A merchant with its application of the open platform."""

    name: str
    mch_id: str
    app_id: str
    company: str

    def _secret(self, what, digits):
        seed = f'payment_cn_wallets sandbox: {what} of {self.mch_id}'
        return hashlib.sha256(seed.encode()).hexdigest()[:digits]

    @property
    def api_key(self):
        """Return the API key (API密钥), 32 characters."""
        return self._secret('api key', 32)

    @property
    def app_key(self):
        """Return the APP KEY, which signs the SDK's parameters and nothing else."""
        return self._secret('app key', 32)

    def credentials(self):
        """Return what a shop enters to use this merchant."""
        return {
            'mch_id': self.mch_id, 'api_key': self.api_key, 'app_id': self.app_id,
            'app_key': self.app_key, 'op_user_id': self.mch_id,
            'op_user_passwd': OPERATOR_PASSWORD,
        }


MERCHANTS = {
    merchant.name: merchant
    for merchant in (
        Merchant('qq_wallet', '1900000901', '1109990001', "沙盒茶店 Sandbox Tea"),
        Merchant('qq_wallet_other', '1900000902', '1109990002', "另一家店 Another Shop"),
    )
}


def find(mch_id):
    """Return the merchant with a number, or None."""
    for merchant in MERCHANTS.values():
        if merchant.mch_id == mch_id:
            return merchant
    return None
