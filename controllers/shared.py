# Part of payment_cn_wallets. License LGPL-3.
"""What the doors for shoppers have in common."""

import ipaddress

from werkzeug.exceptions import NotFound

from odoo.http import request
from odoo.tools import consteq

from ..tools import devices
from . import payer

# No copy of a page about a payment may be kept, and no other site learns its address.
HEADERS = {'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin'}


def find_attempt(tx_id, token):
    """Return the attempt that a browser may see.

    :param int tx_id: as the browser says
    :param str token: what proves it
    :rtype: payment.transaction
    :raise NotFound: whatever is wrong, so that nothing is given away
    """
    tx = request.env['payment.transaction'].sudo().browse(int(tx_id)).exists()
    if not tx or not tx.cn_out_trade_no or not consteq(tx._cn_token().encode(), str(token).encode()):
        raise NotFound
    return tx


def user_agent():
    """Return the browser's own name of itself."""
    return request.httprequest.user_agent.string


def in_wallet(tx):
    """Tell whether the browser is the one inside the app of the wallet that is to pay."""
    return devices.of_payer(user_agent(), tx._cn_wallet().value) == 'wallet'


def snapshot(tx):
    """Return what this browser's page has to know; see `payment.transaction._cn_snapshot`."""
    return tx._cn_snapshot(
        phone=devices.is_phone(user_agent()), in_wallet=in_wallet(tx), payer_here=payer.is_here(tx)
    )


def client_ip():
    """Return the payer's address, IPv4 or IPv6; each gateway makes of it what its protocol takes."""
    text = (request.httprequest.remote_addr or '').partition('%')[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return '127.0.0.1'
    return str(getattr(address, 'ipv4_mapped', None) or address)
