# Part of payment_cn_wallets. License LGPL-3.
"""For forms that take credentials in: one file that fills two fields, and what is wrong with all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import CredentialProblem
from ..text import pasted
from .certificates import belongs, leaf
from .contents import contents, pem


def read_pair(
    content: bytes,
    wanted: str,
    names: tuple[str, str],
    number: tuple[str, str],
    *,
    chain: bool = False,
) -> dict[str, str]:
    """Read the merchant's certificate, its key, or both from one file.

    Source: WeChat Pay and QQ Wallet hand out `apiclient_cert.p12`, whose password is the merchant
    number, beside `apiclient_cert.pem` and `apiclient_key.pem`.

    :param wanted: the credential that the file was uploaded for
    :param names: credentials of the certificate and of the key
    :param number: name and value of the merchant number; the value may be ''
    :param chain: keep the other certificates too, behind the merchant's own
    :return: credential name -> PEM text
    :raise CredentialProblem: when the file has not what is wanted
    """
    certificate_name, key_name = names
    try:
        found = contents(content, number[1])
    except CredentialProblem as problem:
        if problem.kind == 'password' and 'PKCS' in str(problem):
            detail = f"it does not open with the merchant number ({number[0]}), its usual password"
            if not number[1]:
                detail = f"its password is the merchant number: enter {number[0]} first"
            raise CredentialProblem('password', detail) from None
        raise
    some, keys = found.certificates, found.private_keys
    if wanted == key_name and not keys:
        if 'private_key' in found.unusable:
            raise CredentialProblem('not_rsa', "not an RSA key")
        raise CredentialProblem('wrong', f"{found.found}, where the private key is wanted")
    if wanted == certificate_name and not some:
        if found.members:
            raise CredentialProblem('unreadable', "a certificate that cannot be read")
        raise CredentialProblem('wrong', f"{found.found}, where the certificate is wanted")
    values = {}
    if keys:
        values[key_name] = pem(keys[0])
        own = [one for one in some if belongs(one, keys[0])]
        if some and not own:
            raise CredentialProblem('mismatch', "certificate and key in it do not belong together")
    else:
        own = [leaf(some)]
    if own:
        others = [one for one in some if one != own[0]] if chain else []
        values[certificate_name] = ''.join(pem(one) for one in (own[0], *others))
    return values


class Review:
    """What is wrong with credentials, one problem each: the first that is found.

    :param credentials: some or all of them
    """

    def __init__(self, credentials: Mapping[str, str]):
        self._credentials = credentials
        self.problems: dict[str, CredentialProblem] = {}

    def __getitem__(self, name: str) -> str:
        return pasted(self._credentials.get(name) or '')

    def add(self, name: str, kind: str, detail: str) -> None:
        """Note a problem, unless there is one already."""
        self.problems.setdefault(name, CredentialProblem(kind, detail))

    def require(self, name: str, detail: str) -> None:
        """Note that a credential is missing when it is."""
        if not self[name]:
            self.add(name, 'value', detail)

    def parse(self, name: str, reader: Callable[[str], object]):
        """Return what a reader makes of a credential; None when it is empty or wrong.

        :param reader: raises `CredentialProblem`, or another `ValueError` for a 'value'
        """
        value = self[name]
        return self.check(name, lambda: reader(value)) if value else None

    def check(self, name: str, call: Callable[[], object]):
        """Return what a call returns, or None when it finds a problem of that credential."""
        try:
            return call()
        except CredentialProblem as problem:
            self.problems.setdefault(name, problem)
        except ValueError as error:
            self.add(name, 'value', str(error))
        return None

    def digits(self, *names: str) -> None:
        """Note what should be a number of digits and is none."""
        for name in names:
            if self[name] and not (self[name].isascii() and self[name].isdigit()):
                self.add(name, 'value', "digits only")
