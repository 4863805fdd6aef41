# Part of payment_cn_wallets. License LGPL-3.
"""How the credentials of a gateway are read from files and checked: the rules of a gateway without files.

A gateway whose credentials are files has rules of its own, in its module `credentials`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .errors import CredentialProblem, UnsupportedOperation


class CredentialRules:
    """What a merchant may enter for a gateway. Without state."""

    def read_file(
        self, gateway: str, name: str, content: bytes, credentials: Mapping[str, str]
    ) -> dict[str, str]:
        """Turn an uploaded file into credentials: see `Gateway.read_file`.

        :param gateway: its code
        :raise CredentialProblem: when the file is not what is wanted there
        :raise UnsupportedOperation: when no file is wanted there
        """
        raise UnsupportedOperation(gateway, f'file / {name}')

    def problems(
        self, credentials: Mapping[str, str], moment: datetime
    ) -> dict[str, CredentialProblem]:
        """Look at the credentials that are there, alone and together: name -> what is wrong."""
        return {}

    def expiries(self, credentials: Mapping[str, str]) -> dict[str, datetime]:
        """Return until when the certificates are valid (aware), by credential."""
        return {}
