# Part of payment_cn_wallets. License LGPL-3.
"""Seeded merchants. Numbers never change; keys are made once and kept beside the ledger.

They protect nothing but this sandbox. The file is `wechat_pay.json` in the sandbox's folder: delete
it for new keys.
"""

import functools
import hashlib
import json
import os
import threading
from dataclasses import dataclass

from . import crypto

FILE = 'wechat_pay.json'


@dataclass(frozen=True)
class Merchant:
    """A merchant, or a service provider with its sub-merchant.

    :param mode: how the platform signs for it: 'public_key', 'certificate', or 'switching':
        answers as they are asked for, notices with the certificate still
    :param codepay: whether the contract has payment codes in API v3
    """

    name: str
    mchid: str
    appid: str
    company: str
    mode: str = 'public_key'
    sub_mchid: str = ''
    sub_appid: str = ''
    codepay: bool = True

    @property
    def public_key_id(self):
        """Return the id of the platform's public key for this merchant."""
        return f'PUB_KEY_ID_01{self.mchid}2026010100000001'

    @property
    def app_appid(self):
        """Return the appid of the shop's own app."""
        return self.appid.replace('wxsandbox', 'wxapp')

    @property
    def mini_appid(self):
        """Return the appid of the shop's mini program."""
        return self.appid.replace('wxsandbox', 'wxmini')

    def secret(self, what, length=32):
        """Return a secret that is always the same."""
        seed = f'payment_cn_wallets sandbox wechat_pay: {self.mchid} {what}'
        return hashlib.sha256(seed.encode()).hexdigest()[:length]

    @property
    def account(self):
        """Return how the ledger names it."""
        return f'{self.mchid}/{self.sub_mchid}' if self.sub_mchid else self.mchid


MERCHANTS = {
    merchant.name: merchant
    for merchant in (
        Merchant('wechat_pay', '9990000101', 'wxsandbox00000000a', "沙盒茶店 Sandbox Tea"),
        Merchant('wechat_pay_other', '9990000102', 'wxsandbox00000000b', "另一家店 Another Shop"),
        Merchant('wechat_pay_certificate', '9990000103', 'wxsandbox00000000c',
                 "平台证书 Platform Certificate", mode='certificate'),
        Merchant('wechat_pay_switching', '9990000104', 'wxsandbox00000000d',
                 "切换中 Switching", mode='switching'),
        Merchant('wechat_pay_v2', '9990000105', 'wxsandbox00000000e', "旧接口 Version 2",
                 codepay=False),
        Merchant('wechat_pay_partner', '9990000106', 'wxsandbox00000000f',
                 "服务商 Service Provider", sub_mchid='9990000116', sub_appid='wxsandbox00000000g'),
    )
}
PLATFORM = ('public_key', 'other_public_key', 'certificate')  # the platform's own keys


def find(mchid):
    """Return a merchant by its number, or None."""
    return next((m for m in MERCHANTS.values() if m.mchid == mchid), None)


@functools.cache
def _new_keys():
    """Make keys: a second's work, so once a process, whatever the number of its sandboxes."""
    stored = {}
    for name in (*MERCHANTS, *PLATFORM):
        pem = crypto.new_key()
        subject = MERCHANTS[name].mchid if name in MERCHANTS else 'Tenpay.com sign'
        certificate = crypto.new_certificate(crypto.load_key(pem), subject)
        stored[name] = {'key': pem, 'certificate': certificate}
    return stored


class Keys:
    """The key of every merchant and of the platform, made at the first use.

    :param folder: where they are kept
    """

    def __init__(self, folder):
        self._path = os.path.join(folder, FILE)
        self._lock = threading.Lock()
        self._stored = None

    def _all(self):
        with self._lock:
            if self._stored is None:
                self._stored = self._read() or self._make()
            return self._stored

    def _read(self):
        try:
            with open(self._path, encoding='ascii') as file:
                stored = json.load(file)
        except (OSError, ValueError):
            return None
        return stored if set(stored) == {*MERCHANTS, *PLATFORM} else None

    def _make(self):
        stored = _new_keys()
        temporary = f'{self._path}.new'
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
            json.dump(stored, file)
        os.replace(temporary, self._path)
        return stored

    @functools.lru_cache(maxsize=32)  # noqa: B019  one of these lives as long as the process
    def key(self, name):
        """Return a private key."""
        return crypto.load_key(self._all()[name]['key'])

    @functools.lru_cache(maxsize=32)  # noqa: B019
    def serial(self, name):
        """Return the serial of a certificate."""
        return crypto.serial(self._all()[name]['certificate'])

    def certificate(self, name):
        """Return a certificate as PEM text."""
        return self._all()[name]['certificate']

    def public_name(self, merchant):
        """Return the name of the platform's public key for a merchant: each has its own."""
        return 'other_public_key' if merchant.name == 'wechat_pay_other' else 'public_key'

    def signer(self, merchant, wanted=''):
        """Return (serial, private key) with which the platform signs for a merchant.

        :param wanted: the request's Wechatpay-Serial
        """
        public = merchant.mode == 'public_key'
        if merchant.mode == 'switching' and wanted == merchant.public_key_id:
            public = True
        if public:
            return merchant.public_key_id, self.key(self.public_name(merchant))
        return self.serial('certificate'), self.key('certificate')

    def credentials(self, merchant):
        """Return what a shop enters to use a merchant."""
        stored = self._all()[merchant.name]
        values = {
            'appid': merchant.appid, 'mchid': merchant.mchid,
            'api_v3_key': merchant.secret('v3'), 'api_key': merchant.secret('v2'),
            'private_key': stored['key'], 'certificate': stored['certificate'],
            'app_secret': merchant.secret('app'), 'app_appid': merchant.app_appid,
            'mini_appid': merchant.mini_appid, 'mini_app_secret': merchant.secret('mini'),
        }
        if merchant.mode != 'certificate':
            values['public_key'] = crypto.public_pem(self.key(self.public_name(merchant)))
            values['public_key_id'] = merchant.public_key_id
        if merchant.mode == 'switching':
            values['platform_certificates'] = self.certificate('certificate')
        if merchant.sub_mchid:
            values.update(sub_mchid=merchant.sub_mchid, sub_appid=merchant.sub_appid)
        if not merchant.codepay:
            values['codepay_api'] = 'v2'
        return values
