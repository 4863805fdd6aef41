# Part of payment_cn_wallets. License LGPL-3.

import logging
import secrets

from markupsafe import Markup
from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..gateways.base import CallFailed, GatewayError, ReasonKind
from ..tools import throttle
from . import payer, shared

_logger = logging.getLogger(__name__)

_RETURN_MAX_BYTES = 64 * 1024


class CnScenesController(http.Controller):
    """The ways to wallets' own pages and back. Nothing that a browser brings back is believed."""

    _payer_url = '/payment/cn/payer'

    # === TO THE WALLET'S PAGE === #

    @http.route(
        '/payment/cn/go/<int:tx_id>/<token>', type='http', auth='public', methods=['GET'],
        website=True, sitemap=False, readonly=True, save_session=False,
    )
    def cn_go(self, tx_id, token, **_kwargs):
        """Lead on to the wallet's page, by a form where the gateway wants one.

        This page can be scanned from another screen; wallets want to see the shop's own address as
        where the payer comes from, so it does not redirect.
        """
        shared.limit('page')
        tx = shared.find_attempt(tx_id, token)
        if tx._cn_phase()[0] != 'waiting' or not tx.cn_pay_url or tx.cn_next_id:
            return request.redirect(tx._cn_checkout_path(), code=303)
        nonce = secrets.token_urlsafe(16)
        return request.render('payment_cn_wallets.go_page', {
            'tx': tx,
            'method': tx.payment_method_id,
            'pay_url': tx.cn_pay_url,
            'fields': tx.cn_pay_form or {},
            'doctype': Markup('<!DOCTYPE html>'),
            'nonce': nonce,
        }, headers={
            **shared.HEADERS,
            'Referrer-Policy': 'strict-origin-when-cross-origin',
            # No form-action: browsers hold it against the redirects of the wallet's page as well.
            'Content-Security-Policy': (
                f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
                " base-uri 'none'; frame-ancestors 'none'"
            ),
        })

    # === BACK FROM IT === #

    @http.route(
        '/payment/cn/back/<int:tx_id>/<token>', type='http', auth='public',
        methods=['GET', 'POST'], csrf=False, save_session=False,
        max_content_length=_RETURN_MAX_BYTES,
    )
    def cn_back(self, tx_id, token, **_kwargs):
        """Take the payer's browser back to its page, and let that ask the gateway soon.

        JD posts a form from its own site: no cookie of ours comes along, so there is no session,
        and none is made. What the form says is not even read; the gateway's answer decides.
        """
        shared.limit('page')
        tx = shared.find_attempt(tx_id, token)
        throttle.restart(request.env.cr.dbname, tx._cn_throttle_key())
        response = request.redirect(tx._cn_checkout_path(), code=303)
        response.headers.update(shared.HEADERS)
        return response

    # === WHO PAYS === #

    @classmethod
    def authorisation(cls, tx):
        """Return where the browser has to go so that the wallet says who pays, or ''.

        :param payment.transaction tx: an attempt that this browser may see
        :rtype: str
        """
        if payer.is_settled(tx) or not shared.in_wallet(tx) or not (
            tx.state == 'draft' and not tx.cn_next_id and tx._cn_wants_payer()
        ) or tx._cn_phase()[0] not in ('preparing', 'waiting'):
            return ''
        state = payer.new_state(tx)
        if not state:
            cls._without_payer(tx)
            return ''
        return tx._cn_gateway().authorise_url(tx._cn_absolute_url(cls._payer_url), state)

    @http.route(_payer_url, type='http', auth='public', methods=['GET'], sitemap=False)
    def cn_payer(self, **answer):
        """Take in who pays, from the wallet by way of the payer's browser.

        `state` ties it to this session and to one attempt, and works once.
        """
        shared.limit('page')
        tx_id = payer.take_state(str(answer.get('state', '')))
        tx = request.env['payment.transaction'].sudo().browse(tx_id).exists()
        if not tx:
            return self._to_own_page()
        path = tx._cn_checkout_path()
        if tx.state == 'draft' and not tx.cn_next_id and tx._cn_wants_payer():
            self._learn(tx, {name: str(value) for name, value in answer.items()})
        response = request.redirect(path, code=303)
        response.headers.update(shared.HEADERS)
        return response

    def _learn(self, tx, answer):
        """Ask the wallet who the payer is, and note it; else take another scene."""
        gateway = tx._cn_gateway()
        tx._cn_commit()  # nothing is open while the network is waited for
        try:
            payer_id = gateway.payer_of(answer)
        except CallFailed as error:
            _logger.info("%s does not say who pays %s: %s", gateway.code, tx.reference, error)
            # A code that was used already: the page sends the browser once more.
            if error.reason.kind != ReasonKind.BAD_CODE:
                self._without_payer(tx)
        except (GatewayError, ValueError):
            _logger.exception("%s can't be asked who pays", gateway.code)
            self._without_payer(tx)
        else:
            payer.remember(tx, tx._cn_set_payer(payer_id))

    @staticmethod
    def _without_payer(tx):
        """Go on in another way; an attempt that has a payer already stays that payer's."""
        tx._cn_go_on_without_payer()
        if tx.cn_scene == 'in_app':
            payer.remember(tx, here=False)

    @staticmethod
    def _to_own_page():
        """Answer a state that is not, or no longer, good: back to what this session pays."""
        tx_id = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        tx = request.env['payment.transaction'].sudo().browse(tx_id or 0).exists()
        if not tx or not tx.cn_out_trade_no:
            raise NotFound
        return request.redirect(tx._cn_checkout_path(), code=303)
