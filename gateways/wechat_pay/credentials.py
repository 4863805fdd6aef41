# Part of payment_cn_wallets. License LGPL-3.
"""What a merchant enters for WeChat Pay: files read, values checked alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .. import key_files
from ..base import CredentialProblem
from ..credentials import CredentialRules
from . import certificates

CODEPAY_APIS = ('', 'v3', 'v2')
_PAIR = ('certificate', 'private_key')


class Credentials(CredentialRules):
    """The rules for what a merchant enters."""

    def read_file(
        self, gateway: str, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into credentials.

        `apiclient_cert.p12`, or PEM with both, fills `certificate` and `private_key`, for whichever
        of them it was uploaded. `mchid` is the password of the first.

        :raise CredentialProblem: when the file is not what is wanted there
        """
        if name in _PAIR:
            number = (credentials.get('mchid') or '').strip()
            found = key_files.read_pair(content, name, _PAIR, ('mchid', number))
            if 'private_key' in found:
                certificates.load_private_key(found['private_key'])
            if 'certificate' in found:
                certificates.check_merchant(certificates.load_certificate(found['certificate']))
            return found
        if name == 'public_key':
            return {name: key_files.pem(certificates.load_public_key(content))}
        if name == 'platform_certificates':
            some = [certificates.check_platform(one) for one in key_files.certificates(content)]
            return {name: ''.join(key_files.pem(one) for one in some)}
        return super().read_file(gateway, name, content, credentials)

    def problems(
        self, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        What is missing is named only where something else that is there needs it.

        :param moment: aware; certificates must be valid then
        """
        review = key_files.Review(credentials)
        key = review.parse('private_key', certificates.load_private_key)
        own = review.parse('certificate', certificates.load_certificate)
        if own is not None:
            review.check('certificate', lambda: _check_own(own, key, review['mchid'], moment))
        public = review.parse('public_key', certificates.load_public_key)
        if public is not None and any(key_files.same_key(public, one) for one in _own(key, own)):
            review.add('public_key', 'own_key', "the merchant's own key; WeChat Pay's is wanted")
        platform = review.parse('platform_certificates', certificates.load_certificates)
        if platform:
            review.check(
                'platform_certificates', lambda: _check_platform(platform, key, own, moment)
            )
        _check_values(review)
        return review.problems

    def expiries(self, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the certificates are valid (aware); of several the last to end."""
        review = key_files.Review(credentials)
        own = review.parse('certificate', certificates.load_certificate)
        platform = review.parse('platform_certificates', certificates.load_certificates)
        found = {'certificate': (own,) if own is not None else (), 'platform_certificates': platform}
        return {name: key_files.last_end(some) for name, some in found.items() if some}


def _own(key, certificate) -> list:
    """Return the public keys that are the merchant's own."""
    found = [key.public_key()] if key is not None else []
    try:
        return found + ([key_files.rsa_key(certificate)] if certificate is not None else [])
    except CredentialProblem:
        return found


def _check_own(certificate, key, mchid, moment):
    certificates.check_merchant(certificate)
    number = certificates.merchant_number(certificate)
    if mchid and number and number != mchid:
        raise CredentialProblem('mismatch', f"the certificate of merchant {number}")
    if key is not None and not key_files.belongs(certificate, key):
        raise CredentialProblem('mismatch', "private key and certificate do not belong together")
    key_files.check_time(certificate, moment)


def _check_platform(some, key, own, moment):
    mine = _own(key, own)
    for certificate in some:
        public = key_files.rsa_key(certificate)
        if any(key_files.same_key(public, one) for one in mine):
            raise CredentialProblem('own_key', "the merchant's own certificate is among them")
        certificates.check_platform(certificate)
    key_files.check_any_time(some, moment)


def _check_values(review: key_files.Review) -> None:
    review.digits('mchid', 'sub_mchid')
    key = review['api_v3_key']
    if key and not (len(key) == 32 and key.isascii()):
        review.add('api_v3_key', 'value', f"32 characters are wanted, these are {len(key)}")
    if review['codepay_api'] not in CODEPAY_APIS:
        review.add('codepay_api', 'value', "v3 or v2")
    if review['codepay_api'] == 'v2' and len(review['api_key']) != 32:
        review.add('api_key', 'value', "codepay_api v2 needs the API key of version 2: 32 characters")
    if review['public_key']:
        review.require('public_key_id', "the number of the public key (PUB_KEY_ID_…) is needed too")
    if review['public_key_id']:
        review.require('public_key', "the public key with this number is needed too")
        if not review['public_key_id'].startswith('PUB_KEY_ID_'):
            review.add('public_key_id', 'value', "it begins with PUB_KEY_ID_")
    if review['sub_appid']:
        review.require('sub_mchid', "sub_appid needs the number of the sub-merchant")


def check(own: Mapping[str, str]) -> None:
    """Refuse credentials that cannot be used, all files read: later would be in some call.

    :raise ValueError: (`CredentialProblem` when it is a file)
    """
    key = own['api_v3_key']
    if len(key) != 32 or not key.isascii():
        raise ValueError("api_v3_key must have 32 characters")
    if bool(own.get('public_key')) != bool(own.get('public_key_id')):
        raise ValueError("public_key and public_key_id belong together")
    if own.get('codepay_api', '') not in CODEPAY_APIS:
        raise ValueError("codepay_api must be v3 or v2")
    if own.get('codepay_api') == 'v2' and len(own.get('api_key', '')) != 32:
        raise ValueError("api_key (of version 2) must have 32 characters")
    if own.get('sub_appid') and not own.get('sub_mchid'):
        raise ValueError("sub_appid needs sub_mchid")
    certificates.load_certificate(own['certificate'])
    certificates.load_private_key(own['private_key'])
    if own.get('public_key'):
        certificates.load_public_key(own['public_key'])
    certificates.load_certificates(own.get('platform_certificates', ''))
