# Part of payment_cn_wallets. License LGPL-3.
"""The merchant's client certificate, as TLS wants it.

The platform gives `apiclient_cert.p12` (password: the merchant number), or a certificate and a key
in PEM. See `key_files` for the forms. When the certificate's file holds the key as well, no other
is needed. The key may be of any sort that TLS knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509

from .. import key_files
from ..base import CredentialProblem
from ..connections import ClientCertificate


@dataclass(frozen=True)
class Loaded:
    """A certificate with its key, which belong together.

    :param client: what the transport shows in the handshake
    """

    client: ClientCertificate
    certificate: x509.Certificate

    def check(self, moment: datetime) -> None:
        """Raise unless the certificate is valid at that moment.

        :param moment: aware datetime
        :raise CredentialProblem: 'expired' or 'not_yet'
        """
        key_files.check_time(self.certificate, moment)


def certificates_of(certificate: str, password: str = '') -> tuple[x509.Certificate, ...]:
    """Return the client certificate with its chain.

    :raise CredentialProblem: when there is none
    """
    return key_files.certificates(certificate, password)


def key_of(text: str, password: str = ''):
    """Return the private key of a file, of any sort.

    :raise CredentialProblem: when there is none
    """
    found = key_files.contents(text, password)
    if found.private_keys:
        return found.private_keys[0]
    if 'private_key' in found.unusable:
        raise CredentialProblem('not_rsa', "a key of a sort that TLS does not know")
    raise CredentialProblem('wrong', f"{found.found}, where the private key is wanted")


def own_of(some: tuple[x509.Certificate, ...], key) -> x509.Certificate:
    """Return the certificate that is that of a key.

    :raise CredentialProblem: 'mismatch' when there is none
    """
    own = next((one for one in some if key_files.belongs(one, key)), None)
    if own is None:
        raise CredentialProblem('mismatch', "the private key is not that of the certificate")
    return own


@lru_cache(maxsize=16)
def load(certificate: str, key: str = '', password: str = '') -> Loaded:
    """Read a client certificate and its key.

    :param certificate: text of the file
    :param key: the same for the key; '' when the first one has it
    :param password: of a PKCS #12 file; the merchant number, unless it was changed
    :raise CredentialProblem: when they cannot be used together
    """
    some = certificates_of(certificate, password)
    private = key_of(key if key.strip() else certificate, password)
    own = own_of(some, private)
    chain = [own, *(one for one in some if one != own)]
    return Loaded(
        client=ClientCertificate(
            certificate=''.join(key_files.pem(one) for one in chain).encode(),
            private_key=key_files.pem(private).encode(),
        ),
        certificate=own,
    )
