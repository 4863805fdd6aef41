# Part of payment_cn_wallets. License LGPL-3.

from werkzeug.exceptions import NotFound, Unauthorized

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..const import TERMINAL
from ..tools import till_line
from . import shared


class CnKioskController(http.Controller):
    """What the browser of a kiosk calls. It is a public one: all it has are two tokens.

    The kiosk's token opens the kiosk, the order's token one order. With both, a payment of this
    very order can be begun, asked about and given up, and nothing else: what is to be paid is read
    from the order, nothing can be taken for paid, and no money of others goes back.
    """

    @http.route(
        '/pos-self-order/cn/<any(show,charge,status,cancel,hand_over):action>',
        type='jsonrpc', auth='public', website=True,
    )
    def cn_kiosk(self, action, access_token, order_id, order_token, method_id, value=None):
        """Do what the customer pressed, or tell how the payment stands.

        :param str access_token: of the kiosk
        :param int order_id: of the order
        :param str order_token: of the order
        :param int method_id: the button
        :param value: `show`: code of the wallet, or a dictionary of it and `renew`; `charge`: what
            was scanned; `status`: whether the gateway may be asked
        :return: see `pos.payment.method._cn_at_kiosk`
        :rtype: dict
        """
        shared.limit('poll')
        config = self._kiosk(access_token)
        order = request.env['pos.order'].sudo().browse(till_line.number(order_id)).exists()
        if order.config_id != config or not self._same(order.access_token, order_token):
            raise NotFound
        method = config.payment_method_ids.filtered(
            lambda one: one.id == till_line.number(method_id) and one.use_payment_terminal == TERMINAL
        )
        if not method:
            raise NotFound
        user = config.self_ordering_default_user_id
        languages = dict(request.env['res.lang'].get_installed())
        language = request.cookies.get('frontend_lang')
        method = method.sudo(False).with_user(user).with_company(config.company_id).with_context(
            allowed_company_ids=config.company_id.ids,
            lang=language if language in languages else user.lang,
        )
        show = value if isinstance(value, dict) else {'wallet': value}
        arguments = {
            'show': [str(show.get('wallet') or ''), bool(show.get('renew'))],
            'charge': [str(value or '')], 'status': [bool(value)],
        }.get(action, [])
        return method._cn_at_kiosk(order.with_env(method.env), action, *arguments)

    def _kiosk(self, access_token):
        """Return the kiosk that a token opens, as Odoo's own doors do.

        :rtype: pos.config
        :raise Unauthorized: if there is none, or if it is closed
        """
        configs = request.env['pos.config'].sudo()
        if not access_token or not isinstance(access_token, str):
            raise Unauthorized
        config = configs.search([('access_token', '=', access_token)], limit=1)
        if not config or not config._cn_is_kiosk() or not config.has_active_session:
            raise Unauthorized
        return config

    @staticmethod
    def _same(ours, theirs):
        return bool(ours) and isinstance(theirs, str) and consteq(ours.encode(), theirs.encode())
