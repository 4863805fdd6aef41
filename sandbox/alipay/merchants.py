# Part of payment_cn_wallets. License LGPL-3.
"""Seeded merchants, and the keys and certificates of the make-believe Alipay.

Keys can't be derived from names as the other gateways' can: they are made once and kept beside the
ledger (`alipay.json`, readable by its owner only), so that a configured shop keeps working. They
open nothing but this sandbox.
"""

import datetime
import json
import os
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from .signing import serial

# name -> (app_id, PID, company, mode, state); each has a key of its own
MERCHANTS = {
    'alipay': ('2021000000000001', '2088990000000001', "沙盒茶店 Sandbox Tea", 'key', 'online'),
    'alipay_certificate': (
        '2021000000000002', '2088990000000002', "证书茶店 Certificate Tea", 'certificate', 'online',
    ),
    'alipay_other': ('2021000000000003', '2088990000000003', "另一家店 Another Shop", 'key', 'online'),
    'alipay_not_online': (
        '2021000000000004', '2088990000000004', "未上线 Not Online", 'key', 'not_online',
    ),
}
_made = None  # keys of this process: made once, however many sandboxes its tests start
_lock = threading.Lock()


class Merchant:
    """An application of a merchant.

    :param files: its keys and certificates
    """

    def __init__(self, name, files):
        self.name = name
        self.app_id, self.seller_id, self.company, self.mode, self.state = MERCHANTS[name]
        self.public_key = files['public_key']
        self.app_cert = files['app_cert']
        self._files = files

    @property
    def mini_app_id(self):
        """Return the app id of the shop's mini program."""
        return f'2021009{self.app_id[7:]}'

    def credentials(self, platform):
        """Return what a shop enters to use this merchant."""
        values = {
            'app_id': self.app_id, 'seller_id': self.seller_id,
            'private_key': self._files['private_key'], 'mini_app_id': self.mini_app_id,
        }
        if self.mode == 'key':
            return {**values, 'alipay_public_key': platform['old']['public_key']}
        return {
            **values, 'app_cert': self.app_cert, 'alipay_cert': platform['old']['certificate'],
            'root_cert': platform['root'],
        }


def load(folder):
    """Return (merchants by name, platform) of a data folder; made where there are none yet."""
    path = os.path.join(folder, 'alipay.json')
    global _made
    with _lock:
        try:
            with open(path, encoding='ascii') as file:
                stored = json.load(file)
        except FileNotFoundError:
            _made = _made or _make()
            stored = _made
            part = f'{path}.part'
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
                json.dump(stored, file)
            os.replace(part, path)
    return (
        {name: Merchant(name, stored['merchants'][name]) for name in MERCHANTS},
        stored['platform'],
    )


# === MAKING === #


def _pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _name(common):
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, 'CN'),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Sandbox Financial'),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, 'Certification Authority'),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


def _issue(common, key, issuer, issuer_key, authority=False):
    """Return a certificate; `issuer` is None for one that signs itself."""
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = _name(common)
    return (
        x509.CertificateBuilder().subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _text(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _make():
    def new():
        return rsa.generate_private_key(65537, 2048)

    # RSA keys take long to make: the three authorities are of one key
    authority = new()
    root = _issue('Sandbox Root R1', authority, None, authority, True)
    # one authority for the merchants' certificates, another for Alipay's own, as in reality
    shops = _issue('Sandbox Class 1 R1', authority, root, authority, True)
    own = _issue('Sandbox Class 2 R1', authority, root, authority, True)
    # the real bundle has members that are not RSA, which do not count
    curve = ec.generate_private_key(ec.SECP256R1())
    stranger = _issue('Sandbox ECC Root', curve, None, curve, True)
    platform = {'root': _text(stranger) + _text(root), 'root_sn': serial(_text(root))}
    for which in ('old', 'new'):
        key = new()
        certificate = _text(_issue(f'Sandbox Alipay {which}', key, own, authority))
        platform[which] = {
            'private_key': _pem(key), 'public_key': _public(key),
            'certificate': certificate + _text(own), 'sn': serial(certificate),
        }
    merchants = {}
    for name, (app_id, *_rest) in MERCHANTS.items():
        key = new()
        merchants[name] = {
            'private_key': _pem(key), 'public_key': _public(key),
            'app_cert': _text(_issue(app_id, key, shops, authority)),
        }
    return {'platform': platform, 'merchants': merchants}
