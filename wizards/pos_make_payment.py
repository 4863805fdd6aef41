# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, models
from odoo.exceptions import UserError

from ..const import TERMINAL


class PosMakePayment(models.TransientModel):
    """Odoo's dialog that writes a payment down without asking anybody."""

    _inherit = 'pos.make.payment'

    def check(self):
        """Override of `point_of_sale`: what no gateway knows of is no payment by wallet.

        :raise UserError: for our buttons
        """
        if self.payment_method_id.use_payment_terminal == TERMINAL:
            raise UserError(_(
                "Nothing would reach the wallet from here. Take the payment or the refund at the"
                " till, refund a wallet's payment from its own form, or choose another payment"
                " method."
            ))
        return super().check()
