# Part of payment_cn_wallets. License LGPL-3.

import hashlib
import re

import psycopg2
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import STORED_SESSION_BYTES, request
from odoo.modules.module import get_manifest

from .. import const
from ..tools import devices, qr
from . import shared

# Nothing but what this page needs; no other site shows it in a frame, where a payer could be made to press.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none';"
    " frame-ancestors 'none'"  # no form-action: browsers hold it against the way to the wallet as well
)
_NUMBER = re.compile(r'[0-9]{1,15}', re.ASCII)
_PAGE = f'{const.SHOP_CODE_PREFIX}<token>'


class CnShopCodeController(http.Controller):
    """The page behind a printed code. What it is opened with is a wish, and opening it makes nothing."""

    # === PAGES === #

    @http.route(_PAGE, type='http', auth='public', methods=['GET'], website=True, sitemap=False)
    def cn_shop_code(self, token, again='', place='', **_kwargs):
        """Show the page: the keypad, or what to do where no wallet opens.

        :param str token: of the printed address
        :param str again: whatever, from who has paid and wants to pay once more
        :param str place: `mini_program`, from a page that found that out itself: nothing can be paid there
        """
        shared.limit('page')
        code = self._code(token)
        if not code.active:
            return self._show(code, 'off')
        last, paid = code._cn_last(self._payer())
        receipt = last._cn_receipt() if paid else {}
        if receipt and not again and last._cn_paid_just_now():
            return self._show(code, 'paid', last=last, receipt=receipt)
        return self._ask(code, last, paid, place=place)

    @http.route(_PAGE, type='http', auth='public', methods=['POST'], website=True, sitemap=False)
    def cn_shop_code_pay(self, token, amount='', wallet='', note='', after='', **_kwargs):
        """Begin the payment, and lead to its page.

        :param str amount: yuan, as typed
        :param str wallet: code of the payment method
        :param str note: for the shop
        :param str after: id of the payment that this one comes after, as the page said
        """
        shared.limit('start')
        amount, wallet, note, after = (str(value) for value in (amount, wallet, note, after))
        code = self._code(token)
        if not code.active:
            return self._show(code, 'off')
        shared.limit_code(code)
        last, paid = code._cn_last(self._payer())
        offers = {
            offer['wallet'].code: offer for offer in code._cn_offers(shared.user_agent())
        }
        if wallet not in offers:
            return self._ask(code, last, paid, amount, note)
        try:
            fen = code._cn_read_amount(amount)
        except UserError as error:
            return self._ask(code, last, paid, amount, note, str(error))
        try:
            attempt = code._cn_begin(
                self._payer(), offers[wallet], fen, note, after=int(after) if _NUMBER.fullmatch(after) else 0
            )
        except psycopg2.errors.UniqueViolation as error:
            # Pressed twice, and the other one was first: start over, and go on with that.
            raise ConcurrencyError(*error.args) from error
        if attempt.state == 'done':
            return self._go(code._cn_path())
        return self._go(attempt._cn_checkout_path())

    @http.route(
        f'{_PAGE}/code.png', type='http', auth='public', methods=['GET'], sitemap=False,
        save_session=False, readonly=True,
    )
    def cn_shop_code_picture(self, token):
        """Send the page's own address as a code: one that can be saved, and pressed and held."""
        shared.limit('page')
        return request.make_response(qr.png(self._code(token).url), [
            ('Content-Type', 'image/png'), ('Cache-Control', 'private, max-age=600'),
        ])

    @http.route(
        '/payment/cn/receipt/<int:tx_id>/<token>', type='http', auth='public', methods=['GET'],
        website=True, sitemap=False, readonly=True,
    )
    def cn_receipt(self, tx_id, token, **_kwargs):
        """Show the receipt of a payment by shop code, for a day."""
        shared.limit('page')
        tx = request.env['payment.transaction'].sudo().browse(tx_id).exists()
        path = tx._cn_receipt_path() if tx else ''
        if not path or not shared.same(path.rpartition('/')[2], token):
            raise NotFound
        if tx.state != 'done':
            return self._go(tx._cn_checkout_path())
        return self._show(tx.cn_shop_code_id, 'receipt', last=tx, receipt=tx._cn_receipt())

    # === HELPERS === #

    @staticmethod
    def _code(token):
        """Return the shop code of an address.

        :raise NotFound: for whatever is none, or none any more
        """
        code = request.env['payment.cn.shop.code'].sudo()._cn_find(token)
        if not code:
            raise NotFound
        return code

    @staticmethod
    def _payer():
        """Return what names this browser: the lasting part of its session, which others can't know."""
        return hashlib.sha256(request.session.sid[:STORED_SESSION_BYTES].encode()).hexdigest()

    @staticmethod
    def _go(path):
        response = request.redirect(path, code=303)
        response.headers.update(shared.HEADERS)
        return response

    def _ask(self, code, last, paid, amount='', note='', error='', place=''):
        """Show the keypad, or what to do instead."""
        agent = shared.user_agent()
        in_mini_program = place == 'mini_program'
        offers = [] if in_mini_program else code._cn_offers(agent)
        return self._show(
            code, 'ask' if offers else 'elsewhere', last=last, paid=paid, offers=offers, error=error,
            typed=amount[:12], note=note[:60], app=place if in_mini_program else devices.app_of(agent).name,
            form=devices.form_of(agent), after=last.id if paid else 0,
            unpaid=last if last and not paid and last._cn_phase()[0] in ('preparing', 'waiting') else None,
        )

    @staticmethod
    def _show(code, state, **values):
        """Return the page, which stands alone: not one script of the shop's runs on it.

        :param str state: `ask`, `elsewhere`, `off`, `paid` or `receipt`
        """
        asks = state in ('ask', 'elsewhere')
        return request.render('payment_cn_wallets.shop_code_page', {
            'code': code,
            'state': state,
            'doctype': Markup('<!DOCTYPE html>'),
            'language': (request.env.lang or 'en').replace('_', '-'),
            'version': get_manifest('payment_cn_wallets')['version'],
            'wallets': code._cn_wallets().mapped('name') if asks else [],
            'is_test': (
                any(provider.state == 'test' for provider in code._cn_ways().values()) if asks
                else bool(values.get('receipt')) and not values['last'].is_live
            ),
            'amounts': [],
            **values,
        }, headers={
            **shared.HEADERS, 'Content-Security-Policy': _POLICY, 'X-Frame-Options': 'DENY',
            'X-Robots-Tag': 'noindex',
        })
