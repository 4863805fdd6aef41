# Part of payment_cn_wallets. License LGPL-3.
"""What the doors for shoppers have in common."""

import hashlib
import ipaddress

from werkzeug.exceptions import HTTPException, NotFound, TooManyRequests
from werkzeug.wrappers import Response

from odoo.http import request
from odoo.tools import consteq

from .. import const
from ..tools import devices, throttle
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


def limit(kind):
    """Refuse a visitor who asks for more than a person at a page does.

    Many shoppers may stand behind one address, so a browser is counted by its session; an address
    may ask for more, with whatever sessions or none.

    :param str kind: see `const.VISITOR_LIMITS`
    :raise HTTPException: until the time is over
    """
    most, seconds = const.VISITOR_LIMITS[kind]
    limits = {_network(client_ip()): most * const.ADDRESS_FACTOR}
    if not request.session.is_new:
        limits[f'session {request.session.sid}'] = most
    dbname = request.env.cr.dbname
    if not all(throttle.spend(dbname, _key(kind, who), limits[who], seconds) for who in limits):
        _refuse(seconds)


def limit_code(code):
    """Refuse to begin more at one shop code than a shop has payers, whoever asks.

    :param payment.cn.shop.code code: the code
    :raise HTTPException: until the time is over
    """
    key = _key('shop_code', code.id)
    if not throttle.spend(request.env.cr.dbname, key, *const.SHOP_CODE_LIMIT):
        _refuse(const.SHOP_CODE_LIMIT[1])


def same(ours, theirs):
    """Compare what proves something, in constant time."""
    return consteq(str(ours).encode(), str(theirs).encode())


def _refuse(seconds):
    """Answer that it is too much, with as little work as possible: no page of the website is drawn.

    :param int seconds: after which the visitor may come again at the latest
    :raise HTTPException: always
    """
    if request.dispatcher.routing_type == 'jsonrpc':
        raise TooManyRequests
    text = request.env._("That was too often. Please wait a few minutes.")
    raise HTTPException(response=Response(
        text, status=TooManyRequests.code, headers={'Retry-After': str(seconds), **HEADERS},
    ))


def _key(kind, who):
    return 'visitor-' + hashlib.sha256(f'{kind} {who}'.encode()).hexdigest()[:32]


def _network(address):
    """Return what one subscriber has: an IPv4 address, or the half of an IPv6 address."""
    one = ipaddress.ip_address(address)
    return address if one.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def visitor_key(kind):
    """Return the name under which what an address asks is counted."""
    return _key(kind, _network(client_ip()))


def refuse_flood():
    """Look at no more notices from an address whose last ones nobody could have signed.

    :raise HTTPException: until the time is over; gateways send notices again
    """
    key = _key('refused', _network(client_ip()))
    if throttle.is_spent(request.env.cr.dbname, key, *const.REFUSED_NOTICES):
        _refuse(const.REFUSED_NOTICES[1])


def count_refused():
    """Count a notice that nobody could have signed."""
    throttle.spend(
        request.env.cr.dbname, _key('refused', _network(client_ip())), *const.REFUSED_NOTICES
    )


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
