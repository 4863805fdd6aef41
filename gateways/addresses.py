# Part of payment_cn_wallets. License LGPL-3.
"""Which addresses may be called."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def check_url(url: str):
    """Return the parts of an address that may be called.

    :raise ValueError: unless it is https, or http to a loopback address, without a password in it
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise ValueError("not an address that can be called")
    if parts.scheme == 'https' or (parts.scheme == 'http' and is_loopback(parts.hostname)):
        return parts
    raise ValueError("only https is allowed (http for loopback addresses)")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Names that no resolver outside knows: RFC 6762, 6761, 8375, and what routers and firms use.
_PRIVATE_ENDINGS = (
    'corp', 'home', 'home.arpa', 'internal', 'intranet', 'invalid', 'lan', 'local', 'localdomain',
    'localhost', 'test',
)


def is_public(host: str) -> bool:
    """Say whether others may be able to reach a host: by its look, nothing is asked."""
    host = host.rstrip('.').lower()
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return '.' in host and not host.endswith(tuple(f'.{end}' for end in _PRIVATE_ENDINGS))
