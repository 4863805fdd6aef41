# Part of payment_cn_wallets. License LGPL-3.

from odoo import http
from odoo.http import request

from odoo.addons.point_of_sale.controllers.customer_display import PosCustomerDisplay


class CustomerDisplay(PosCustomerDisplay):
    """The customer's display of a till."""

    @http.route()
    def pos_customer_display(self, id_, device_uuid, **kw):
        """Override of `point_of_sale` to show what is going on, not "Welcome", when it is opened.

        The till tells a display what changes. One that is opened in the middle of a payment, or
        reloaded, has to be told once more: the till hears that it is there.
        """
        page = super().pos_customer_display(id_, device_uuid, **kw)
        config = request.env['pos.config'].sudo().browse(int(id_))
        if config.current_session_id:
            config._notify('CN_DISPLAY_OPENED', {'device': str(device_uuid)[:64]})
        return page
