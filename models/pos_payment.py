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
            # A refund may have become smaller since: a gateway refused its part.
            self.filtered(
                lambda payment: not payment.cn_transaction_id or payment.amount < 0
            )._cn_link()
        return result

    def unlink(self):
        """Override of `point_of_sale` to keep the lines whose money is there with their order.

        Where an online payment comes to nothing, `pos_online_payment` removes all lines of the
        order that is being paid; the till goes on with it, and believes that they are there.
        """
        kept = self.filtered(
            lambda payment: payment.pos_order_id.state == 'draft'
            and payment.sudo().cn_transaction_id.state == 'done'
        )
        return super(PosPayment, self - kept).unlink()

    def _cn_link(self):
        """Tie lines to what the gateways confirmed; the browser's word is not enough."""
        lines = self._cn_wallet_lines()
        transactions = self.env['payment.transaction'].sudo()
        for payment in lines.sudo():
            live = transactions._cn_till_live(payment.uuid)
            refunds, taken = transactions._cn_refunds_of(payment)
            tx = refunds[:1] or live
            proven = live.state == 'done' or taken
            said = sum(refunds.mapped('amount')) if refunds else live.amount
            same = tx and not payment.currency_id.compare_amounts(said, payment.amount)
            refused = refunds and not taken and payment.payment_status == 'done'
            if refused and same:
                payment._cn_report_unproven()  # tied all the same: it may be tried again
            if tx and same and (proven or refused or live.cn_forced_reason):
                payment.write({
                    'cn_transaction_id': tx.id,
                    'transaction_id': tx.provider_reference or tx.cn_out_trade_no,
                    'payment_ref_no': tx.cn_out_refund_no or tx.cn_out_trade_no,
                    'card_type': tx.payment_method_id.name,
                })
                (refunds or live)._cn_claim()
            elif payment.payment_status == 'done':
                payment._cn_report_unproven()

    def _cn_wallet_lines(self):
        """Return those of our buttons.

        :rtype: pos.payment
        """
        return self.filtered(lambda line: line.payment_method_id.use_payment_terminal == TERMINAL)

    def _cn_of_orders(self):
        """Return those whose order was not cancelled.

        :rtype: pos.payment
        """
        return self.filtered(lambda line: line.pos_order_id.state != 'cancel')

    def _cn_drop(self):
        """There is no order for these lines any more: undo what is under way, send back what came.

        :return: None
        """
        transactions = self.env['payment.transaction'].sudo()
        for uuid in self.mapped('uuid'):
            live = transactions._cn_till_live(uuid)
            if live:
                live._cn_let_go()
            for tx in transactions._cn_till_refunds(uuid) | live:
                if tx.state == 'done' and tx._cn_is_unclaimed():
                    tx._cn_in_accountants_language()._cn_settle_without_order()

    def _cn_parts(self):
        """Return what this line consists of at the gateways.

        :return: transactions, each with its amount in yuan, negative for refunds; an empty one for
            a line that no gateway confirmed
        :rtype: list[tuple[payment.transaction, float]]
        """
        self.ensure_one()
        tx = self.sudo().cn_transaction_id
        if tx.operation != 'refund':
            return [(tx, self.amount)]
        return [(refund, refund.amount) for refund in tx._cn_till_refunds(self.uuid)]

    def _cn_totals(self):
        """Return what came in and went back, for each wallet and gateway.

        Their sum is that of the lines. Lines that no gateway confirmed have a
        row of their own, without names.

        :return: rows of `gateway`, `wallet`, `number`, `amount`, `refunds`, `refunded`; yuan
        :rtype: list[dict]
        """
        totals = {}
        for payment in self._cn_wallet_lines():
            for tx, amount in payment._cn_parts():
                gateway, wallet = tx.provider_id.name or '', tx.payment_method_id.name or ''
                row = totals.setdefault((gateway, wallet), {
                    'gateway': gateway, 'wallet': wallet, 'number': 0, 'amount': 0.0,
                    'refunds': 0, 'refunded': 0.0,
                })
                number, total = ('number', 'amount') if amount > 0 else ('refunds', 'refunded')
                row[number] += 1
                row[total] = payment.currency_id.round(row[total] + abs(amount))
        # What nobody confirmed comes last.
        return [totals[key] for key in sorted(totals, key=lambda names: (not names[0], names))]

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
