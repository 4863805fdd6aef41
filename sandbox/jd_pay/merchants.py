# Part of payment_cn_wallets. License LGPL-3.
"""Seeded merchants. Their keys are made once and kept beside the ledger: a reset leaves them.

RSA keys have 1024 bits, as in all of JD's samples; they open nothing but this sandbox.
"""

import base64
import hashlib
import json
import os
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

FILE = 'jd_pay_keys.json'
NAMES = {
    'jd_pay': ('110000000001', "沙盒茶店 Sandbox Tea"),
    'jd_pay_other': ('110000000002', "另一家店 Another Shop"),
}


class Merchant:
    """A merchant and both sides of its keys."""

    def __init__(self, name, stored):
        self.name = name
        self.number, self.shop = NAMES[name]
        self.owner = self.number[:3] + self.number[-6:]
        seed = f'payment_cn_wallets sandbox: {self.number}'
        self.des = hashlib.sha256(f'{seed} des'.encode()).digest()[:24]
        self.md5_key = hashlib.sha256(f'{seed} md5'.encode()).hexdigest()[:32]
        self.private_text = stored
        self.private = _load(stored)
        self.public = self.private.public_key()

    def credentials(self, jd_public):
        """Return what a shop enters to use this merchant."""
        return {
            'merchant': self.number, 'des_key': base64.b64encode(self.des).decode(),
            'private_key': self.private_text, 'jd_public_key': jd_public,
            'md5_key': self.md5_key, 'app_id': f'jdapp{self.number}', 'owner': self.owner,
        }


def _load(text):
    return serialization.load_der_private_key(base64.b64decode(text), password=None)


def _make():
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    raw = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(raw).decode()


class Merchants:
    """The merchants, and JD's own key. Keys are made when somebody first asks.

    :param ledger: the ledger, whose folder keeps the keys
    """

    def __init__(self, ledger):
        self._ledger = ledger
        self._lock = threading.Lock()
        self._loaded = None

    def _load(self):
        with self._lock:
            if self._loaded:
                return self._loaded
            # the ledger knows its file: SQLite tells
            folder = os.path.dirname(self._ledger.one("PRAGMA database_list")['file'])
            path = os.path.join(folder, FILE)
            try:
                with open(path) as file:
                    stored = json.load(file)
            except FileNotFoundError:
                stored = {name: _make() for name in ('jd', *NAMES)}
                descriptor = os.open(f'{path}.new', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, 'w') as file:
                    json.dump(stored, file)
                os.replace(f'{path}.new', path)
            merchants = {name: Merchant(name, stored[name]) for name in NAMES}
            self._loaded = (_load(stored['jd']), merchants)
            return self._loaded

    @property
    def jd(self):
        """Return JD's private key."""
        return self._load()[0]

    @property
    def all(self):
        """Return the merchants by name."""
        return self._load()[1]

    def find(self, number):
        """Return the merchant of a number, or None."""
        for merchant in self.all.values():
            if merchant.number == number:
                return merchant
        return None

    def other(self, merchant):
        """Return another merchant, for forgeries."""
        return next(m for m in self.all.values() if m.name != merchant.name)

    def credentials(self):
        """Return every merchant's credentials by name."""
        raw = self.jd.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        public = base64.b64encode(raw).decode()
        return {name: merchant.credentials(public) for name, merchant in self.all.items()}
