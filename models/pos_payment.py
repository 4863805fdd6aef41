# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models

from .pos_payment_method import TERMINAL


class PosPayment(models.Model):
    """A payment line that came into the database, and the attempt that stands behind it."""

    _inherit = 'pos.payment'

    cn_transaction_id = fields.Many2one(
        string="Wallet transaction", comodel_name='payment.transaction', readonly=True, copy=False,
        index='btree_not_null',
    )
    cn_receipt = fields.Json(
        string="Receipt of the wallet", compute='_compute_cn_receipt',
        help="What the till prints, also when it prints again.",
    )

    @api.depends('cn_transaction_id.state')
    def _compute_cn_receipt(self):
        for payment in self:
            tx = payment.sudo().cn_transaction_id
            if tx.operation == 'refund':
                payment.cn_receipt = tx._cn_refund_receipt()
            else:  # what a manager took for paid has nothing to show
                payment.cn_receipt = tx.state == 'done' and tx._cn_till_receipt()

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale` to find the attempts of new lines."""
        payments = super().create(vals_list)
        payments._cn_link()
        return payments

    def write(self, vals):
        """Override of `point_of_sale` to find the attempts of lines that were saved unpaid.

        An order may be kept, and another till go on with it.
        """
        result = super().write(vals)
        if 'payment_status' in vals:
            self.filtered(lambda payment: not payment.cn_transaction_id)._cn_link()
        return result

    def _cn_link(self):
        """Tie lines to what the gateways confirmed; the browser's word is not enough."""
        lines = self.filtered(lambda one: one.payment_method_id.use_payment_terminal == TERMINAL)
        transactions = self.env['payment.transaction'].sudo()
        for payment in lines.sudo():
            live = transactions._cn_till_live(payment.uuid)
            refunds = transactions._cn_till_refunds(payment.uuid)
            tx = refunds[:1] or live
            proven = live.state == 'done' or (refunds and 'error' not in refunds.mapped('state'))
            said = sum(refunds.mapped('amount')) if refunds else live.amount
            same = tx and not payment.currency_id.compare_amounts(said, payment.amount)
            if tx and same and (proven or live.cn_forced_reason):
                payment.write({
                    'cn_transaction_id': tx.id,
                    'transaction_id': tx.provider_reference or tx.cn_out_trade_no,
                    'payment_ref_no': tx.cn_out_refund_no or tx.cn_out_trade_no,
                    'card_type': tx.payment_method_id.name,
                })
            elif payment.payment_status == 'done':
                payment._cn_report_unproven()

    def _cn_report_unproven(self):
        """Tell an accountant of a line that no gateway confirmed."""
        provider = self.payment_method_id.cn_provider_ids[:1]
        self.env['payment.cn.incident'].sudo()._cn_report(
            'unproven',
            _(
                "%(order)s was closed with %(amount)s by wallet, but no gateway confirmed it.",
                order=self.pos_order_id.name or self.pos_order_id.pos_reference,
                amount=self.currency_id.format(self.amount),
            ),
            provider=provider,
        )
