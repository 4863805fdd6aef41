# Part of payment_cn_wallets. License LGPL-3.

import ipaddress
import json

from werkzeug.exceptions import NotFound

from odoo import _, http
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..tools import devices


class CnCheckoutController(http.Controller):
    """The page on which a shopper pays, and what it calls."""

    _checkout_url = '/payment/cn/checkout/<int:tx_id>/<token>'
    _return_url = '/payment/cn/return/<int:tx_id>/<token>'

    # === PAGES === #

    @http.route(
        _checkout_url, type='http', auth='public', methods=['GET'], website=True, sitemap=False,
        readonly=True,
    )
    def cn_checkout(self, tx_id, token, **_kwargs):
        """Show the page. The order is placed by a call of its own, so this can be reloaded."""
        tx = self._attempt(tx_id, token)
        snapshot = tx._cn_snapshot(phone=self._phone())
        if snapshot['next_url']:
            return request.redirect(snapshot['next_url'])
        return request.render('payment_cn_wallets.checkout_page', {
            'tx': tx,
            'method': tx.payment_method_id,
            'snapshot': snapshot,
            'snapshot_json': json.dumps(snapshot),
            'document_reference': tx._cn_document_reference(),
            'company_name': tx.company_id.name,
            'back_url': tx._cn_back_path(),
            'token': token,
            'is_test': not tx.is_live,
        }, headers={'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin'})

    @http.route(
        _return_url, type='http', auth='public', methods=['GET'], website=True, sitemap=False
    )
    def cn_return(self, tx_id, token, **_kwargs):
        """Go on to Odoo's own status page, with the attempt that paid."""
        PaymentPostProcessing.monitor_transaction(self._attempt(tx_id, token))
        return request.redirect('/payment/status')

    # === CALLS OF THE PAGE === #

    @http.route('/payment/cn/checkout/start', type='jsonrpc', auth='public', website=True)
    def cn_checkout_start(self, tx_id, token):
        """Place the order, if it has not been placed."""
        tx = self._attempt(tx_id, token)
        tx._cn_checkout_start(self._client_ip())
        return tx._cn_snapshot(phone=self._phone())

    @http.route(
        '/payment/cn/checkout/poll', type='jsonrpc', auth='public', website=True, readonly=True
    )
    def cn_checkout_poll(self, tx_id, token):
        """Tell what is known. Writes nothing and asks nobody."""
        return self._attempt(tx_id, token)._cn_snapshot(phone=self._phone())

    @http.route('/payment/cn/checkout/check', type='jsonrpc', auth='public', website=True)
    def cn_checkout_check(self, tx_id, token, pressed=False):
        """Ask the gateway, as far as it has not been asked just now."""
        tx = self._attempt(tx_id, token)
        attempt = tx._cn_checkout_check(pressed=bool(pressed), client_ip=self._client_ip())
        snapshot = self._moved_snapshot(tx, attempt)
        if pressed and attempt == tx and snapshot['phase'] == 'waiting' and not snapshot['message']:
            snapshot['message'] = _(
                "Nothing has arrived yet. If you have just paid, it takes a few seconds; please"
                " don't pay twice."
            )
        return snapshot

    @http.route('/payment/cn/checkout/renew', type='jsonrpc', auth='public', website=True)
    def cn_checkout_renew(self, tx_id, token):
        """Retire the attempt and go on with a new one."""
        tx = self._attempt(tx_id, token)
        attempt = tx._cn_renew()
        if attempt != tx:
            tx._cn_commit()
            attempt._cn_place_order(self._client_ip())
        snapshot = self._moved_snapshot(tx, attempt)
        if attempt == tx and snapshot['phase'] != 'paid':
            snapshot.update(phase='refused', can_renew=False, message=_(
                "The order has changed in the meantime. Go back and choose how to pay."
            ))
        return snapshot

    @http.route('/payment/cn/checkout/leave', type='jsonrpc', auth='public', website=True)
    def cn_checkout_leave(self, tx_id, token):
        """Note that the shopper went back to choose another method."""
        tx = self._attempt(tx_id, token)
        if not tx._cn_close():
            tx._cn_give_up()
        return tx._cn_snapshot(phone=self._phone())

    # === HELPERS === #

    @staticmethod
    def _attempt(tx_id, token):
        """Return the attempt that a browser may see.

        :raise NotFound: whatever is wrong, so that nothing is given away
        """
        tx = request.env['payment.transaction'].sudo().browse(int(tx_id)).exists()
        if not tx or not tx.cn_out_trade_no or not consteq(tx._cn_token(), str(token)):
            raise NotFound
        return tx

    def _moved_snapshot(self, tx, attempt):
        """Return the snapshot of the attempt to go on with, and where the page is now."""
        snapshot = attempt._cn_snapshot(phone=self._phone())
        if attempt != tx:
            PaymentPostProcessing.monitor_transaction(attempt)
            if not snapshot['next_url']:
                snapshot['next_url'] = attempt._cn_checkout_path()
        return snapshot

    @staticmethod
    def _phone():
        return devices.is_phone(request.httprequest.user_agent.string)

    @staticmethod
    def _client_ip():
        """Return the payer's IPv4 address; gateways take no other, loopback stands for those."""
        try:
            return str(ipaddress.IPv4Address(request.httprequest.remote_addr))
        except ValueError:
            return '127.0.0.1'
