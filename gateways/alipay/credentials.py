# Part of payment_cn_wallets. License LGPL-3.
"""What a merchant enters for Alipay: files read, values checked alone and together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from .. import key_files
from ..base import CredentialProblem
from ..credentials import CredentialRules
from . import certificates, encryption
from .platform_keys import MODE_FIELDS

# How the web shop sells: codes on its own page, or Alipay's pages only.
WEB_PRODUCTS = ('', 'qr', 'page')

_PID = re.compile(r'2088\d{12}', re.ASCII)


class Credentials(CredentialRules):
    """The rules for what a merchant enters."""

    def read_file(
        self, gateway: str, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into a credential.

        `app_cert` and `alipay_cert` keep the authorities that come in the file, `root_cert` keeps
        all members, those too that the library can't read.

        :raise CredentialProblem: when the file is not what is wanted there
        """
        if name == 'private_key':
            return {name: key_files.pem(key_files.private_key(content))}
        if name == 'alipay_public_key':
            return {name: key_files.pem(key_files.public_key(content))}
        if name == 'root_cert':
            certificates.roots(content)
            return {name: ''.join(key_files.pem(der) for der in key_files.contents(content).members)}
        if name in ('app_cert', 'alipay_cert'):
            check = _check_application if name == 'app_cert' else _check_alipays
            for one in certificates.leaves(content):
                check(one)
            return {name: ''.join(key_files.pem(one) for one in certificates.certificates(content))}
        return super().read_file(gateway, name, content, credentials)

    def problems(
        self, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        What is missing is named only where something else that is there needs it: the rest of the
        certificates when one is there, Alipay's public key when there is a private key alone.

        :param moment: aware; the present, or the day on which an administrator wants to be warned
        """
        review = key_files.Review(credentials)
        private = review.parse('private_key', key_files.private_key)
        public = review.parse('alipay_public_key', key_files.public_key)
        app = review.parse('app_cert', lambda text: certificates.leaves(text)[0])
        alipay = review.parse('alipay_cert', certificates.leaves)
        roots = review.parse('root_cert', certificates.roots)
        if app is not None:
            review.check('app_cert', lambda: _check_app(app, private, review['app_id'], moment))
        if alipay:
            helpers = certificates.certificates(review['alipay_cert'])
            review.check('alipay_cert', lambda: _check_alipay(alipay, private, app, moment))
            review.check('alipay_cert', lambda: _check_issuer(alipay, helpers, roots, moment))
        if public is not None and any(key_files.same_key(public, one) for one in _own(private, app)):
            review.add(
                'alipay_public_key', 'own_key',
                "this is the application's own public key; Alipay's is shown beside it",
            )  # fmt: skip
        _check_values(review)
        return review.problems

    def expiries(self, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the certificates are valid (aware), by credential.

        Of several certificates of Alipay the last to end counts. The roots do not: Alipay hands out
        new ones long before they end, and old members stay in the bundle.
        """
        review = key_files.Review(credentials)
        app = review.parse('app_cert', lambda text: certificates.leaves(text)[:1])
        alipay = review.parse('alipay_cert', certificates.leaves)
        found = {'app_cert': app, 'alipay_cert': alipay}
        return {name: key_files.last_end(some) for name, some in found.items() if some}


def _own(private, app) -> list:
    """Return the public keys that are the application's own."""
    found = [private.public_key()] if private is not None else []
    return found + ([app.public_key()] if app is not None else [])


def _check_application(certificate):
    if certificates.is_alipays(certificate):
        raise CredentialProblem(
            'wrong', "Alipay's own certificate, where that of the application is wanted"
        )


def _check_alipays(certificate):
    _pid, app_id = certificates.application_of(certificate)
    if app_id:
        raise CredentialProblem(
            'wrong', f"the certificate of the application {app_id}, where Alipay's is wanted"
        )


def _check_app(certificate, private, app_id, moment):
    _check_application(certificate)
    _pid, named = certificates.application_of(certificate)
    if app_id and named and named != app_id:
        raise CredentialProblem('mismatch', f"the certificate of the application {named}")
    if private is not None and not key_files.belongs(certificate, private):
        raise CredentialProblem('mismatch', "the certificate is not that of the private key")
    key_files.check_time(certificate, moment)


def _check_alipay(some, private, app, moment):
    mine = _own(private, app)
    pid = certificates.application_of(app)[0] if app is not None else ''
    for certificate in some:
        if any(key_files.same_key(certificate.public_key(), one) for one in mine):
            raise CredentialProblem('own_key', "this is the application's own certificate")
        _check_alipays(certificate)
        issued_for = certificates.issued_for(certificate)
        if pid and issued_for and issued_for != pid:
            raise CredentialProblem('mismatch', f"it was issued for the merchant {issued_for}")
    key_files.check_any_time(some, moment)


def _check_issuer(some, helpers, roots, moment):
    """Compare with the roots, where the file brings the authority along that issued it.

    A root bundle of Alipay's sandbox beside a certificate of production is what this finds.
    """
    if not roots or len(helpers) == len(some):
        return
    valid = (one for one in some if key_files.valid_from(one) <= moment <= key_files.valid_until(one))
    for certificate in valid:
        certificates.check_chain(certificate, helpers, roots, moment)


def _check_values(review: key_files.Review) -> None:
    review.digits('app_id')
    for name in ('seller_id', 'provider_id'):
        if review[name] and not _PID.fullmatch(review[name]):
            review.add(name, 'value', "a PID is wanted: 16 digits, 2088 at the beginning")
    if review['web_product'] not in WEB_PRODUCTS:
        review.add('web_product', 'value', "qr or page")
    review.parse('aes_key', encryption.aes_key)
    missing = [name for name in MODE_FIELDS if not review[name]]
    if len(missing) < len(MODE_FIELDS):
        for name in missing[:1]:
            review.add(name, 'value', "certificate mode needs all three certificates")
    elif review['private_key']:
        review.require(
            'alipay_public_key', "either Alipay's public key or the three certificates are needed"
        )
