# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class PaymentCnRefund(models.TransientModel):
    _name = 'payment.cn.refund'
    _description = "Refund of a wallet payment"

    transaction_id = fields.Many2one(
        string="Transaction", comodel_name='payment.transaction', required=True, readonly=True
    )
    currency_id = fields.Many2one(related='transaction_id.currency_id')
    refundable_amount = fields.Monetary(related='transaction_id.cn_refundable_amount')
    amount = fields.Monetary(
        string="Amount to refund", compute='_compute_amount', store=True, readonly=False
    )

    @api.depends('transaction_id')
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.refundable_amount

    @api.constrains('amount')
    def _check_amount(self):
        for wizard in self:
            if not 0 < wizard.amount <= wizard.refundable_amount:
                raise ValidationError(_(
                    "Enter an amount above zero and up to %s.",
                    wizard.currency_id.format(wizard.refundable_amount),
                ))

    def action_refund(self):
        """Reserve the refund and have it sent.

        :return: a client notification
        :rtype: dict
        """
        self.ensure_one()
        return self.transaction_id.action_refund(amount_to_refund=self.amount)
