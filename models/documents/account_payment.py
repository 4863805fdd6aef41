# Part of payment_cn_wallets. License LGPL-3.

from odoo import models


class AccountPayment(models.Model):
    _inherit = 'account.payment'

    def _compute_amount_available_for_refund(self):
        """Override of `account_payment` to count refunds that are still under way.

        Odoo forgets them, so that one lost notice does not block refunds for ever. Here every
        refund is followed until the gateway tells, and one that failed frees its amount.
        """
        super()._compute_amount_available_for_refund()
        for payment in self:
            tx_sudo = payment.payment_transaction_id.sudo()
            if tx_sudo.cn_is_attempt:
                payment.amount_available_for_refund = tx_sudo.cn_refundable_amount
