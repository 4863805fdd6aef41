# Part of payment_cn_wallets. License LGPL-3.
"""Addresses that a payer's browser is sent to."""

import re

# The same in static/src/checkout/checkout_state.js: what one refuses, the other must not show.
_ADDRESS = re.compile(r'([a-z][a-z0-9+.-]*):[^\x00-\x20\x7f]+', re.IGNORECASE)
_NEVER = ('javascript', 'data', 'vbscript', 'blob', 'file', 'about', 'view-source')


def safe_pay_url(url):
    """Return an address that may open a page or an app but never runs as script in the shop's page.

    :param str url: what a gateway named
    :return: the address, or '' when it can't be trusted
    :rtype: str
    """
    found = _ADDRESS.fullmatch((url or '').strip(' '))
    return found[0] if found and found[1].lower() not in _NEVER else ''


def safe_form_url(url):
    """Return an address that a form may be posted to: a web page's, or ''."""
    found = safe_pay_url(url)
    return found if found.lower().startswith(('https://', 'http://')) else ''
