# Part of payment_cn_wallets. License LGPL-3.
"""Why a call did not succeed, and the exceptions of this package.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

from dataclasses import dataclass

from .enums import ReasonKind


@dataclass(frozen=True)
class Reason:
    """Why, for a person and for a program.

    `code` and `message` are the gateway's own words (untranslated, safe to store).
    """

    kind: ReasonKind
    code: str = ''
    message: str = ''


class GatewayError(Exception):
    """Base of the exceptions of this package."""


class UnsupportedOperation(GatewayError):
    """The gateway has no such call, wallet or scene."""

    def __init__(self, gateway: str, what: str):
        super().__init__(f"{gateway} does not support {what}")
        self.gateway = gateway
        self.what = what


class NoticeRejected(GatewayError):
    """A notice is malformed or not signed by the gateway. Nothing in it may be believed."""

    def __init__(self, kind: str, detail: str = ''):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind  # 'malformed', 'signature' or 'expired'
        self.detail = detail


class CallFailed(GatewayError):
    """A call that moves no money (statement, settlements, shop code) brought nothing."""

    def __init__(self, reason: Reason):
        super().__init__(f"{reason.kind.value} {reason.code} {reason.message}".strip())
        self.reason = reason


class CredentialProblem(ValueError):
    """A credential, or the file that should become one, cannot be used.

    :param kind: for programs:
        'unreadable' (not such a file), 'wrong' (a file of another sort than the one wanted),
        'password' (the key or the container is protected by another password than expected),
        'not_rsa', 'short' (fewer than 2048 bits), 'expired', 'not_yet' (valid later only),
        'mismatch' (key, certificate and merchant number do not belong together),
        'own_key' (the merchant's own key in the place of the gateway's),
        'chain' (not issued under the gateway's root), 'value' (a text of another form)
    :param detail: for people, in English: what was found
    """

    KINDS = frozenset({
        'unreadable', 'wrong', 'password', 'not_rsa', 'short', 'expired', 'not_yet', 'mismatch',
        'own_key', 'chain', 'value',
    })

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind
