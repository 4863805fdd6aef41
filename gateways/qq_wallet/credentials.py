# Part of payment_cn_wallets. License LGPL-3.
"""What a merchant enters for QQ Wallet: files read, values checked alone and together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from .. import key_files
from ..base import CredentialProblem
from ..credentials import CredentialRules
from . import certificates, requests, signing

_PAIR = ('client_certificate', 'client_key')


class Credentials(CredentialRules):
    """The rules for what a merchant enters."""

    def read_file(
        self, gateway: str, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into credentials.

        `apiclient_cert.p12`, or PEM with both, fills `client_certificate` (with its chain) and
        `client_key`, for whichever of them it was uploaded. `mch_id` is the password of the first.

        :raise CredentialProblem: when the file is not what is wanted there
        """
        if name not in _PAIR:
            return super().read_file(gateway, name, content, credentials)
        number = (credentials.get('mch_id') or '').strip()
        return key_files.read_pair(content, name, _PAIR, ('mch_id', number), chain=True)

    def problems(
        self, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        What is missing is named only where something else that is there needs it.

        :param moment: aware; the client certificate must be valid then
        """
        review = key_files.Review(credentials)
        password = review['mch_id']
        some = review.parse(
            'client_certificate', lambda text: certificates.certificates_of(text, password)
        )
        key = review.parse('client_key', lambda text: certificates.key_of(text, password))
        if some and key is None and not review['client_key']:
            try:
                key = certificates.key_of(review['client_certificate'], password)
            except CredentialProblem:
                review.add('client_key', 'value', "the key of the client certificate is missing")
        if review['client_key']:
            review.require('client_certificate', "the certificate of the client key is missing")
        if some:
            review.check('client_certificate', lambda: _check(some, key, moment))
            review.require('op_user_passwd', "refunds need the operator's password as well")
        _check_values(review)
        return review.problems

    def expiries(self, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the client certificate is valid (aware)."""
        review = key_files.Review(credentials)
        password = review['mch_id']
        some = review.parse(
            'client_certificate', lambda text: certificates.certificates_of(text, password)
        )
        key = review.parse(
            'client_key' if review['client_key'] else 'client_certificate',
            lambda text: certificates.key_of(text, password),
        )
        if not some:
            return {}
        own = review.check('client_certificate', lambda: certificates.own_of(some, key)) if key else None
        return {'client_certificate': key_files.valid_until(own or key_files.leaf(some))}


def _check(some, key, moment):
    own = certificates.own_of(some, key) if key is not None else key_files.leaf(some)
    key_files.check_time(own, moment)


def _check_values(review: key_files.Review) -> None:
    review.digits('mch_id', 'sub_mch_id')
    key = review['api_key']
    if key and len(key) != 32:
        review.add('api_key', 'value', f"32 characters are wanted, these are {len(key)}")
    if review['sign_type'] and review['sign_type'] not in signing.SIGN_TYPES:
        review.add('sign_type', 'value', f"one of {', '.join(signing.SIGN_TYPES)}")
    if review['sub_app_id']:
        review.require('sub_mch_id', "sub_app_id needs the number of the sub-merchant")
    # The two mistakes that others made most: one key for another (protocol page, integrators' code)
    password = review['op_user_passwd']
    if key and password:
        md5 = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
        if password == key or requests.operator_password(password) == md5:
            review.add('op_user_passwd', 'value', "the API key; the operator's password is wanted")
    if key and review['app_key'] == key:
        review.add('app_key', 'value', "the API key; the APP KEY of the open platform is wanted")
