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
