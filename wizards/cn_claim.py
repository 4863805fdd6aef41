# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import UserError


class PaymentCnClaim(models.TransientModel):
    _name = 'payment.cn.claim'
    _description = "Claim of a counter payment"

    transaction_id = fields.Many2one(
        string="Payment", comodel_name='payment.transaction', required=True, readonly=True
    )
    company_id = fields.Many2one(related='transaction_id.company_id')
    currency_id = fields.Many2one(related='transaction_id.currency_id')
    amount = fields.Monetary(related='transaction_id.amount')
    note = fields.Char(related='transaction_id.cn_payer_note')
    kind = fields.Selection(
        string="For", selection=[('invoice', "An invoice"), ('order', "An order")], required=True,
        default='invoice',
    )
    invoice_id = fields.Many2one(
        string="Invoice", comodel_name='account.move',
        domain="[('move_type', '=', 'out_invoice'), ('company_id', '=', company_id),"
               " ('currency_id', '=', currency_id), ('state', '!=', 'cancel'),"
               " ('payment_state', 'in', ('not_paid', 'partial'))]",
    )
    order_id = fields.Many2one(
        string="Order", comodel_name='sale.order',
        domain="[('company_id', '=', company_id), ('currency_id', '=', currency_id), ('state', '!=', 'cancel')]",
    )
    sentence = fields.Char(string="What becomes of it", compute='_compute_sentence')

    @api.depends('transaction_id', 'kind', 'invoice_id', 'order_id')
    def _compute_sentence(self):
        for wizard in self:
            document = wizard._document()
            wizard.sentence = document and wizard.transaction_id._cn_claim_sentence(document)

    def _document(self):
        """Return the chosen order or invoice, or an empty recordset."""
        return self.order_id if self.kind == 'order' else self.invoice_id

    def action_claim(self):
        """Let the payment pay what was chosen, and do what follows at once.

        :return: the document
        :rtype: dict
        :raise UserError: if nothing was chosen, or somebody was quicker
        """
        self.ensure_one()
        document = self._document()
        if not document:
            raise UserError(_("Choose an order or an invoice."))
        self.transaction_id.check_access('write')
        self.transaction_id._cn_claim_for(document)
        self.transaction_id.sudo()._post_process()
        return document._get_records_action()
