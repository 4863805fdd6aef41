# Part of payment_cn_wallets. License LGPL-3.
"""What the payer's browser is, as far as it matters for paying."""

import re
from urllib.parse import urlsplit

from ..const import WALLET_BROWSERS

_PHONE = re.compile(r'Android.*Mobile|iPhone|iPod|HarmonyOS.*Mobile|Windows Phone|Mobile.*Firefox')


def is_phone(user_agent):
    """Tell whether a code on this screen can't be scanned by the device itself.

    :param str user_agent: User-Agent header
    :rtype: bool
    """
    return bool(_PHONE.search(user_agent or ''))


def wallet_browser(user_agent):
    """Return the payment method code of the wallet whose own browser this is, or None."""
    for wallet, mark in WALLET_BROWSERS.items():
        if mark in (user_agent or ''):
            return wallet
    return None


def of_payer(user_agent, wallet):
    """Return where the payer's browser runs: a key of `const.SCENES`.

    :param str user_agent: User-Agent header
    :param str wallet: the wallet that is to pay
    :rtype: str
    """
    if not is_phone(user_agent):
        return 'computer'
    inside = wallet_browser(user_agent)
    if inside == wallet:
        return 'wallet'
    return 'foreign_wallet' if inside else 'phone'


def local_path(request):
    """Return the path of the page that the request came from, if it is one of this site.

    :param odoo.http.Request request: current request
    :return: path with query, or False
    :rtype: str|bool
    """
    referrer = urlsplit(request.httprequest.referrer or '')
    if referrer.netloc != request.httprequest.host or not referrer.path.startswith('/'):
        return False
    # '//host' would lead elsewhere.
    path = '/' + referrer.path.lstrip('/')
    return f'{path}?{referrer.query}' if referrer.query else path
