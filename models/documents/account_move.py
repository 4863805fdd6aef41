# Part of payment_cn_wallets. License LGPL-3.

from odoo import models


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _compute_amount_paid(self):
        """Override of `account_payment` to count only money that stays, of whichever provider.

        Who changes that forgets what was computed: see `payables.documents`. With `depends`, each
        write to a till's payment would look for documents that it does not have.
        """
        super()._compute_amount_paid()
        for invoice in self:
            invoice.amount_paid = sum(tx._cn_kept() for tx in invoice.transaction_ids)

    def _cn_held_payment(self):
        """Return the payment that did not suffice for this invoice, to be shown with what is missing.

        :rtype: payment.transaction
        """
        self.ensure_one()
        return self.sudo().transaction_ids.filtered(lambda tx: tx.cn_verdict == 'held')[:1]

    def _cn_returns(self):
        """Return the refunds of wallet payments that a customer is told of.

        :rtype: payment.transaction
        """
        self.ensure_one()
        return self.sudo().transaction_ids.child_transaction_ids.filtered(
            lambda tx: tx.cn_out_refund_no and tx.state in ('draft', 'pending', 'done')
        )
