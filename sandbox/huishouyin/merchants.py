# Part of payment_cn_wallets. License LGPL-3.
"""Seeded merchants. Their numbers and keys never change, so a configured demo keeps working.

The keys protect nothing: they are derived from the names below and open only this sandbox.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Merchant:
    """An application of a merchant (or of a service provider: a partner)."""

    name: str
    app_id: str
    mch_uid: str
    company: str
    state: str = 'enabled'  # or 'not_approved', 'not_enabled'
    store_required: bool = False
    partner: bool = False

    @property
    def key(self):
        """Return the signing key, 24 upper-case hex digits as the vendor's look."""
        seed = f'payment_cn_wallets sandbox: {self.app_id}'
        return hashlib.sha256(seed.encode()).hexdigest()[:24].upper()

    def credentials(self):
        """Return what a shop enters to use this merchant."""
        names = ('isv_app_id', 'isv_mch_uid') if self.partner else ('app_id', 'mch_uid')
        return {names[0]: self.app_id, names[1]: self.mch_uid, 'key': self.key}


MERCHANTS = {
    merchant.name: merchant
    for merchant in (
        Merchant('huishouyin', 'hypSANDBOX0000000000000000000001', '9990000000001',
                 "沙盒茶店 Sandbox Tea"),
        Merchant('huishouyin_other', 'hypSANDBOX0000000000000000000002', '9990000000002',
                 "另一家店 Another Shop"),
        Merchant('huishouyin_store_required', 'hypSANDBOX0000000000000000000003', '9990000000003',
                 "连锁店 Chain Shop", store_required=True),
        Merchant('huishouyin_not_approved', 'hypSANDBOX0000000000000000000004', '9990000000004',
                 "未审核 Not Approved", state='not_approved'),
        Merchant('huishouyin_not_enabled', 'hypSANDBOX0000000000000000000005', '9990000000005',
                 "未开启 Not Enabled", state='not_enabled'),
        Merchant('huishouyin_partner', 'hypSANDBOX0000000000000000000009', '9990000000009',
                 "服务商 Service Provider", partner=True),
    )
}


def find(**columns):
    """Return the first merchant whose attributes match, or None."""
    for merchant in MERCHANTS.values():
        if all(getattr(merchant, name) == value for name, value in columns.items()):
            return merchant
    return None
