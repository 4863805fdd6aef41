# Part of payment_cn_wallets. License LGPL-3.
"""Whose signature is Alipay's: one public key, or certificates that come and go.

In certificate mode each answer names the certificate that signed it (`alipay_cert_sn`). Alipay's
certificate is issued anew every few years; one that is not stored is fetched, and believed only
when it stands under the stored root, was issued by the same authority as the stored one, and is in
its time. An application that changes from public-key mode keeps the public key beside the
certificates until the change is over: what is signed with either is accepted.

Source: opendocs.alipay.com, pages on certificate mode and alipay.open.app.alipaycert.download.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from . import keys

MODE_FIELDS = ('app_cert', 'alipay_cert', 'root_cert')
_SERIAL = re.compile(r'[0-9a-f]{30,32}', re.ASCII)  # some systems lose leading zeros
# (root serial, serial) -> certificate that was fetched and checked, for all of this process
_fetched: dict[tuple[str, str], object] = {}


class Trust:
    """The keys of one merchant's gateway.

    :param credentials: as the gateway has them
    :raise ValueError: when one can't be read, or there is nothing to verify answers with
    """

    def __init__(self, credentials: Mapping[str, str]):
        self.private_key = keys.private_key(credentials['private_key'])
        given = [name for name in MODE_FIELDS if credentials.get(name)]
        self.certificate_mode = bool(given)
        missing = set(MODE_FIELDS) - set(given)
        if given and missing:
            raise ValueError(f"certificate mode lacks {', '.join(sorted(missing))}")
        self._public_key = None
        if credentials.get('alipay_public_key'):
            self._public_key = keys.public_key(credentials['alipay_public_key'])
        self._certificates, self._roots, self._helpers = {}, (), ()
        self.app_serial = self.root_serial = ''
        if self.certificate_mode:
            self.app_serial = keys.serial(keys.leaves(credentials['app_cert'])[0])
            self.root_serial = keys.root_serial(credentials['root_cert'])
            self._roots = keys.certificates(credentials['root_cert'])
            self._helpers = keys.certificates(credentials['alipay_cert'])
            for certificate in keys.leaves(credentials['alipay_cert']):
                self._certificates[keys.serial(certificate)] = certificate
        elif self._public_key is None:
            raise ValueError("either Alipay's public key or three certificates are needed")

    def public_params(self) -> dict[str, str]:
        """Return the parameters that certificate mode adds to each request."""
        if not self.certificate_mode:
            return {}
        return {'app_cert_sn': self.app_serial, 'alipay_root_cert_sn': self.root_serial}

    def knows(self, serial: str) -> bool:
        """Say whether a certificate is here. An empty serial number names none."""
        return not serial or self._find(serial) is not None

    def public_keys(self, serial: str = '') -> list:
        """Return the keys with which something may have been signed.

        :param serial: of the certificate that the message names, or ''
        """
        plain = [self._public_key] if self._public_key is not None else []
        if serial and self.certificate_mode:
            found = self._find(serial)
            return [*([found.public_key()] if found is not None else ()), *plain]
        return [*(one.public_key() for one in self._certificates.values()), *plain]

    def _find(self, serial: str):
        serial = serial.lower().rjust(32, '0')
        stored = self._certificates.get(serial)
        fetched = _fetched.get((self.root_serial, serial))
        if stored is None and fetched is not None and self._same_authority(fetched):
            return fetched
        return stored

    def _same_authority(self, certificate) -> bool:
        return certificate.issuer in {one.issuer for one in self._certificates.values()}

    def can_learn(self, serial: str) -> bool:
        """Say whether it makes sense to fetch a certificate."""
        return self.certificate_mode and bool(_SERIAL.fullmatch(serial.lower()))

    def learn(self, serial: str, content: str, moment: datetime) -> None:
        """Take in a certificate that was fetched.

        The same authority is asked for, not only the same root: the merchants' own certificates
        stand under that root as well, and none of them may speak for Alipay.

        :param content: PEM, or base64 of it, with what stands between it and the root
        :raise KeyProblem: when it is not to be trusted
        """
        wanted = serial.lower().rjust(32, '0')
        received = keys.certificates(content)
        leaf = next((one for one in received if keys.serial(one) == wanted), None)
        if leaf is None:
            raise keys.KeyProblem('mismatch', "another certificate than the one asked for")
        if not self._same_authority(leaf):
            raise keys.KeyProblem('chain', "issued by another authority than the stored one")
        helpers = [*received, *self._helpers]
        keys.check_chain(leaf, helpers, self._roots, moment)
        if len(_fetched) >= 64:
            _fetched.clear()
        _fetched[self.root_serial, wanted] = leaf


def problems(credentials: Mapping[str, str], moment: datetime) -> dict[str, keys.KeyProblem]:
    """Look at every key and certificate that is there: name -> what is wrong with it.

    Beside what can't be read: certificates out of their time, an application certificate of
    another private key, the merchant's own public key or certificate in the place of Alipay's.

    :param credentials: some or all of them; those that are empty are left alone
    :param moment: aware; the present, or the day on which an administrator wants to be warned
    """
    found, read = {}, {}
    readers = {
        'private_key': keys.private_key,
        'alipay_public_key': keys.public_key,
        'app_cert': lambda text: keys.leaves(text)[0],
        'alipay_cert': keys.leaves,
        'root_cert': lambda text: keys.root_serial(text) and keys.certificates(text),
    }
    for name, reader in readers.items():
        text = (credentials.get(name) or '').strip()
        if not text:
            continue
        try:
            read[name] = reader(text)
        except keys.KeyProblem as problem:
            found[name] = problem
    for name, check in (
        ('app_cert', lambda: _check_app(read, moment)),
        ('alipay_cert', lambda: _check_alipay(read, moment)),
        ('alipay_public_key', lambda: _check_public(read)),
    ):
        if name not in read:
            continue
        try:
            check()
        except keys.KeyProblem as problem:
            found[name] = problem
    return found


def _check_app(read, moment):
    keys.check_time(read['app_cert'], moment)
    private = read.get('private_key')
    if private and not keys.same_key(private.public_key(), read['app_cert'].public_key()):
        raise keys.KeyProblem('mismatch', "the certificate is not that of the private key")


def _check_alipay(read, moment):
    last = None
    private = read.get('private_key')
    for certificate in read['alipay_cert']:
        if private and keys.same_key(private.public_key(), certificate.public_key()):
            raise keys.KeyProblem('own_key', "this is the application's own certificate")
    for certificate in read['alipay_cert']:  # old and new one may stand side by side
        try:
            keys.check_time(certificate, moment)
        except keys.KeyProblem as problem:
            last = problem
        else:
            return
    raise last


def _check_public(read):
    private = read.get('private_key')
    if private and keys.same_key(private.public_key(), read['alipay_public_key']):
        raise keys.KeyProblem(
            'own_key', "this is the application's own public key; Alipay's is shown beside it"
        )


def expiries(credentials: Mapping[str, str]) -> dict[str, datetime]:
    """Return until when the certificates are valid, by credential; the unreadable are left out.

    Of several certificates of Alipay the latest counts.
    """
    found = {}
    for name in ('app_cert', 'alipay_cert'):
        text = (credentials.get(name) or '').strip()
        if not text:
            continue
        try:
            some = keys.leaves(text)
        except keys.KeyProblem:
            continue
        chosen = some[:1] if name == 'app_cert' else some
        found[name] = max(keys.valid_until(one) for one in chosen)
    return found
