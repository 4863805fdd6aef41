# Part of payment_cn_wallets. License LGPL-3.

from odoo import models
from odoo.http import request

from ... import const
from ...gateways.base import Wallet
from ...tools import devices


class PaymentMethod(models.Model):
    _inherit = 'payment.method'

    def _get_compatible_payment_methods(self, *args, **kwargs):
        """Override of `payment` to put last what can't be opened inside the app that the payer is in."""
        methods = super()._get_compatible_payment_methods(*args, **kwargs)
        return methods.sorted(lambda method: method._cn_is_shut_out())

    def _cn_is_shut_out(self):
        """Tell whether this is a wallet, and the payer's browser one inside another wallet's app.

        Those apps open no other wallet. A code can still be shown, and scanned from another phone.

        :rtype: bool
        """
        self.ensure_one()
        wallets = {code: wallet for wallet, code in const.PAYMENT_METHOD_CODES.items()}
        wallet = wallets.get(self.code, self.code)
        return bool(request) and wallet in {one.value for one in Wallet} and devices.shuts_out(
            request.httprequest.user_agent.string, wallet
        )
