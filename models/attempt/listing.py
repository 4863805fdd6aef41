# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models
from odoo.fields import Domain


class PaymentTransaction(models.Model):
    """What lists of payments and refunds show, sum up and find."""

    _inherit = 'payment.transaction'

    cn_search = fields.Char(
        string="Number, document or customer", store=False, search='_search_cn_search',
    )
    cn_situation = fields.Selection(
        string="Situation",
        selection=[
            ('waiting', "Waiting for the payer"),
            ('unknown', "Unknown"),
            ('paid', "Paid"),
            ('held', "Too little, held"),
            ('part_refunded', "Refunded in part"),
            ('refunded', "Refunded"),
            ('returned', "Sent back"),
            ('refused', "Refused"),
            ('abandoned', "Abandoned"),
            ('refunding', "Refund under way"),
            ('refund', "Refund"),
            ('refund_refused', "Refund refused"),
        ],
        compute='_compute_cn_situation',
    )
    cn_document = fields.Char(string="Pays", compute='_compute_cn_document', compute_sudo=True)
    cn_customer = fields.Char(string="Customer who is known", compute='_compute_cn_customer')

    # === COMPUTE METHODS === #

    @api.depends(
        'state', 'operation', 'amount', 'cn_outcome', 'cn_verdict', 'cn_refund_reserved',
        'cn_given_up', 'cn_ordered_at', 'cn_expires_at',
    )
    def _compute_cn_situation(self):
        for tx in self:
            tx.cn_situation = tx._cn_situation_of()

    def _cn_situation_of(self):
        """Return where an attempt or a refund stands, in one word."""
        if self.operation == 'refund':
            return {'done': 'refund', 'error': 'refund_refused', 'cancel': 'refund_refused'}.get(
                self.state, 'refunding'
            )
        if self.state == 'done':
            if self.cn_verdict in ('held', 'returned'):
                return self.cn_verdict
            if not self.cn_refund_reserved:
                return 'paid'
            left = self.currency_id.compare_amounts(self.amount, self.cn_refund_reserved)
            return 'part_refunded' if left > 0 else 'refunded'
        if self.state in ('cancel', 'error'):
            return 'abandoned' if self.state == 'cancel' else 'refused'
        if self.state == 'draft' and (self.cn_given_up or not self.cn_ordered_at or (
            self.cn_expires_at and self.cn_expires_at <= fields.Datetime.now()
        )):
            return 'abandoned'
        return 'unknown' if self.cn_outcome == 'unknown' else 'waiting'

    @api.depends('cn_till_reference', 'source_transaction_id', 'sale_order_ids.name', 'invoice_ids.name')
    def _compute_cn_document(self):
        for tx in self:
            tx.cn_document = (tx.source_transaction_id or tx)._cn_payable().name()

    @api.depends('partner_id')
    def _compute_cn_customer(self):
        """Name the customer, and nobody where a till does not know one."""
        for tx in self:
            known = tx.partner_id and not tx.partner_id.sudo().is_public
            tx.cn_customer = tx.partner_name if known else False

    # === SEARCH === #

    @api.model
    def _search_cn_search(self, operator, value):
        """Find by any number of ours, the gateway's or the wallet's, by document, or by customer.

        A refund is found by the numbers of its payment as well.
        """
        if operator not in ('ilike', 'like', '=', '=ilike', 'in'):
            return NotImplemented
        if isinstance(value, str):
            value = value.strip()  # numbers are pasted
        names = ('reference', *self._CN_NUMBERS, 'cn_till_reference', 'partner_name')
        # Who looks for money may not be allowed to read what it paid.
        named = Domain('name', operator, value)
        till_order = named | Domain('pos_reference', operator, value)
        own = Domain.OR([
            *(Domain(name, operator, value) for name in names),
            Domain('sale_order_ids', 'any!', named), Domain('invoice_ids', 'any!', named),
            Domain('cn_pos_payment_ids', 'any!', Domain('pos_order_id', 'any!', till_order)),
        ])
        return own | Domain('source_transaction_id', 'any', own)
