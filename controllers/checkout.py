# Part of payment_cn_wallets. License LGPL-3.

import json

from odoo import _, http
from odoo.http import request

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..tools import devices
from . import payer, shared
from .scenes import CnScenesController


class CnCheckoutController(http.Controller):
    """The page on which a shopper pays, and what it calls."""

    _checkout_url = '/payment/cn/checkout/<int:tx_id>/<token>'
    _return_url = '/payment/cn/return/<int:tx_id>/<token>'

    # === PAGES === #

    @http.route(
        _checkout_url, type='http', auth='public', methods=['GET'], website=True, sitemap=False
    )
    def cn_checkout(self, tx_id, token, **_kwargs):
        """Show the page. The order is placed by a call of its own, so this can be reloaded.

        Inside a wallet that must say who pays first, the browser goes there and comes back.
        """
        shared.limit('page')
        tx = shared.find_attempt(tx_id, token)
        if address := CnScenesController.authorisation(tx):
            response = request.redirect(address, code=303, local=False)
            response.headers.update(shared.HEADERS)
            return response
        snapshot = shared.snapshot(tx)
        if snapshot['next_url']:
            return request.redirect(snapshot['next_url'])
        return request.render('payment_cn_wallets.checkout_page', {
            'tx': tx,
            'method': tx.payment_method_id,
            'snapshot': snapshot,
            'snapshot_json': json.dumps(snapshot),
            'document_reference': tx._cn_payable().name(),
            'company_name': tx.company_id.name,
            'back_url': tx._cn_back_path(),
            'details_url': tx._cn_details_path(),
            'token': token,
            'is_test': not tx.is_live,
            'is_phone': devices.is_phone(shared.user_agent()),
        }, headers=shared.HEADERS)

    @http.route(
        _return_url, type='http', auth='public', methods=['GET'], website=True, sitemap=False
    )
    def cn_return(self, tx_id, token, **_kwargs):
        """Go on to Odoo's own status page, with the attempt that paid; to the receipt of a shop code."""
        shared.limit('page')
        tx = shared.find_attempt(tx_id, token)
        if receipt := tx._cn_receipt_path():
            return request.redirect(receipt, code=303)
        PaymentPostProcessing.monitor_transaction(tx)
        return request.redirect('/payment/status')

    # === CALLS OF THE PAGE === #

    @http.route('/payment/cn/checkout/start', type='jsonrpc', auth='public', website=True)
    def cn_checkout_start(self, tx_id, token):
        """Place the order, if it has not been placed."""
        shared.limit('start')
        tx = shared.find_attempt(tx_id, token)
        return self._moved_snapshot(tx, tx._cn_checkout_start(shared.client_ip()))

    @http.route(
        '/payment/cn/checkout/poll', type='jsonrpc', auth='public', website=True, readonly=True
    )
    def cn_checkout_poll(self, tx_id, token):
        """Tell what is known. Writes nothing and asks nobody."""
        shared.limit('poll')
        return shared.snapshot(shared.find_attempt(tx_id, token))

    @http.route('/payment/cn/checkout/check', type='jsonrpc', auth='public', website=True)
    def cn_checkout_check(self, tx_id, token, pressed=False):
        """Ask the gateway, as far as it has not been asked just now."""
        shared.limit('check')
        tx = shared.find_attempt(tx_id, token)
        attempt = tx._cn_checkout_check(pressed=bool(pressed), client_ip=shared.client_ip())
        snapshot = self._moved_snapshot(tx, attempt)
        if pressed and attempt == tx and snapshot['phase'] == 'waiting':
            snapshot['message'] = _(
                "Nothing has arrived yet. If you have just paid, it takes a few seconds; please"
                " don't pay twice."
            )
        return snapshot

    @http.route('/payment/cn/checkout/renew', type='jsonrpc', auth='public', website=True)
    def cn_checkout_renew(self, tx_id, token, other=False, first=False):
        """Retire the attempt and go on with a new one.

        :param bool other: in the next scene, since this one does not work for the shopper
        :param bool first: in the scene that suits the device best, from which the shopper came
        """
        shared.limit('renew')
        tx = shared.find_attempt(tx_id, token)
        attempt = tx._cn_renew(**self._renewal(tx, other, first))
        if attempt != tx:
            if payer.is_here(tx) and attempt.cn_scene == 'in_app':
                payer.remember(attempt, here=True)
            tx._cn_commit()
            attempt = attempt._cn_order_in_some_scene(shared.client_ip())
        snapshot = self._moved_snapshot(tx, attempt)
        if attempt == tx and snapshot['phase'] != 'paid':
            snapshot.update(phase='refused', can_renew=False, message=_(
                "The order has changed in the meantime. Go back and choose how to pay."
            ))
        return snapshot

    @http.route('/payment/cn/checkout/leave', type='jsonrpc', auth='public', website=True)
    def cn_checkout_leave(self, tx_id, token):
        """Note that the shopper went back to choose another method."""
        shared.limit('start')
        tx = shared.find_attempt(tx_id, token)
        if not tx._cn_close():
            tx._cn_give_up()
        return shared.snapshot(tx)

    # === HELPERS === #

    @staticmethod
    def _renewal(tx, other, first):
        """Return what differs in the attempt that takes over."""
        if first and (scene := tx._cn_first_scene()):
            return {'cn_scene': scene}
        if other and (scene := tx._cn_next_scene()):
            return {'cn_scene': scene, 'cn_is_detour': tx.cn_scene == 'in_app'}
        if tx.cn_scene in ('app', 'mini') or (tx.cn_scene == 'in_app' and not shared.in_wallet(tx)):
            agent = shared.user_agent()
            return {
                'cn_scene': tx._cn_pick_scene(agent),
                'cn_device': devices.of_payer(agent, tx._cn_wallet().value),
            }
        return {'cn_payer_id': tx.cn_payer_id} if payer.is_here(tx) else {}

    @staticmethod
    def _moved_snapshot(tx, attempt):
        """Return the snapshot of the attempt to go on with, and where the page is now."""
        snapshot = shared.snapshot(attempt)
        if attempt != tx:
            PaymentPostProcessing.monitor_transaction(attempt)
            if not snapshot['next_url']:
                snapshot['next_url'] = attempt._cn_checkout_path()
        return snapshot
