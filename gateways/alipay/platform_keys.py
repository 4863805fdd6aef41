# Part of payment_cn_wallets. License LGPL-3.
"""The keys that verify Alipay's signatures: one public key, or certificates that are renewed.

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

from .. import key_files
from ..base import CredentialProblem
from . import certificates

MODE_FIELDS = ('app_cert', 'alipay_cert', 'root_cert')
_SERIAL = re.compile(r'[0-9a-f]{30,32}', re.ASCII)  # some systems lose leading zeros
# (root serial, serial) -> certificate that was fetched and checked, for all of this process
_fetched: dict[tuple[str, str], object] = {}


class PlatformKeys:
    """The keys that one merchant's gateway verifies with, and the merchant's own.

    :param credentials: as the gateway has them
    :raise ValueError: when one can't be read, or there is nothing to verify answers with
    """

    def __init__(self, credentials: Mapping[str, str]):
        self.private_key = key_files.private_key(credentials['private_key'])
        given = [name for name in MODE_FIELDS if credentials.get(name)]
        self.certificate_mode = bool(given)
        missing = set(MODE_FIELDS) - set(given)
        if given and missing:
            raise ValueError(f"certificate mode lacks {', '.join(sorted(missing))}")
        self._public_key = None
        if credentials.get('alipay_public_key'):
            self._public_key = key_files.public_key(credentials['alipay_public_key'])
        self._certificates, self._roots, self._helpers = {}, (), ()
        self.app_serial = self.root_serial = ''
        if self.certificate_mode:
            self.app_serial = certificates.serial(certificates.leaves(credentials['app_cert'])[0])
            self.root_serial = certificates.root_serial(credentials['root_cert'])
            self._roots = certificates.roots(credentials['root_cert'])
            self._helpers = certificates.certificates(credentials['alipay_cert'])
            for certificate in certificates.leaves(credentials['alipay_cert']):
                self._certificates[certificates.serial(certificate)] = certificate
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
        :raise CredentialProblem: when it is not to be trusted
        """
        wanted = serial.lower().rjust(32, '0')
        received = certificates.certificates(content)
        leaf = next((one for one in received if certificates.serial(one) == wanted), None)
        if leaf is None:
            raise CredentialProblem('mismatch', "another certificate than the one asked for")
        if not self._same_authority(leaf):
            raise CredentialProblem('chain', "issued by another authority than the stored one")
        helpers = [*received, *self._helpers]
        certificates.check_chain(leaf, helpers, self._roots, moment)
        if len(_fetched) >= 64:
            _fetched.clear()
        _fetched[self.root_serial, wanted] = leaf
