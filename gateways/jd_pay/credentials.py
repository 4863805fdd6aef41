# Part of payment_cn_wallets. License LGPL-3.
"""What a merchant enters for JD Pay: files read, values checked alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .. import key_files
from ..base import CredentialProblem
from ..credentials import CredentialRules
from . import encryption, signing


class Credentials(CredentialRules):
    """The rules for what a merchant enters."""

    def read_file(
        self, gateway: str, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into a credential. JD's key may come as a certificate and stays one.

        :raise CredentialProblem: when the file is not what is wanted there
        """
        if name == 'private_key':
            return {name: key_files.pem(signing.private_key(content))}
        if name == 'jd_public_key':
            key = signing.public_key(content)
            return {name: key_files.pem(signing.certificate_of(content) or key)}
        return super().read_file(gateway, name, content, credentials)

    def problems(
        self, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong.

        What is missing is named only where something else that is there needs it.

        :param moment: aware; a certificate of JD must be valid then
        """
        review = key_files.Review(credentials)
        review.digits('merchant', 'owner')
        review.parse('des_key', encryption.des_key)
        private = review.parse('private_key', signing.private_key)
        public = review.parse('jd_public_key', signing.public_key)
        if public is not None:
            if private is not None and key_files.same_key(private.public_key(), public):
                review.add('jd_public_key', 'own_key', "the merchant's own key; JD's is wanted")
            certificate = signing.certificate_of(review['jd_public_key'])
            if certificate is not None:
                review.check('jd_public_key', lambda: key_files.check_time(certificate, moment))
        for name, use in (('app_id', "the app"), ('owner', "the statement")):
            if review[name]:
                review.require('md5_key', f"{use} needs the MD5 key")
        return review.problems

    def expiries(self, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when JD's certificate is valid (aware), where its key came as one."""
        certificate = key_files.Review(credentials).parse('jd_public_key', signing.certificate_of)
        return {'jd_public_key': key_files.valid_until(certificate)} if certificate else {}
