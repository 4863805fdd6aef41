# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """Refunds from the till: to the wallet that paid, whole or in part, days later too."""

    _inherit = 'payment.transaction'

    @api.model
    def _cn_till_refunds(self, uuid):
        """Return the refunds that were made for a payment line."""
        return self.search([('cn_till_line', '=', uuid), ('operation', '=', 'refund')], order='id')

    @api.model
    def _cn_till_refund(self, line, order):
        """Give back what a refund order's payment line says, once.

        The line's uuid stands for the refund as it stands for a charge: pressed twice, or by two
        tills, it is the same refund. A refund may take the money from several payments of the
        order that is refunded, the newest first.

        :param tools.till_line.TillLine line: its amount is negative
        :param pos.order order: the order that was paid
        :return: the refunds
        :rtype: payment.transaction
        :raise UserError: if less was paid by wallet than is to be given back
        """
        known = self._cn_till_refunds(line.uuid)
        if known:
            # Under its own number: the gateway refused it, and may take it now. One whose number
            # is spent stays refused: this line can't have another.
            for refund in known.filtered(lambda tx: tx.state == 'error' and not tx.cn_number_spent):
                refund.source_transaction_id.with_context(
                    cn_till_refund={'cn_till_line': line.uuid}
                )._refund(abs(refund.amount))
            return known
        sources = order.payment_ids.cn_transaction_id.filtered(
            lambda tx: tx.cn_refundable_amount > 0
        ).sorted('id', reverse=True)
        left = -line.fen / 100
        currency = line.session.currency_id
        if currency.compare_amounts(sum(sources.mapped('cn_refundable_amount')), left) < 0:
            raise UserError(_(
                "At most %s of this order can be given back to a wallet.",
                currency.format(sum(sources.mapped('cn_refundable_amount'))),
            ))
        refunds = self.browse()
        for source in sources:
            part = currency.round(min(left, source.cn_refundable_amount))
            if part <= 0:
                break
            refund = source.with_context(cn_till_refund={
                'cn_till_line': line.uuid, 'cn_till_order': line.order,
                'cn_till_reference': line.reference, 'cn_till_session_id': line.session.id,
                'cn_till_method_id': line.method.id, 'cn_till_cashier': line.cashier,
            })._refund(part)
            refunds |= refund.with_context(cn_till_refund=None)
            left = currency.round(left - part)
        return refunds

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """Override of `payment` to remember the till's line with the refund.

        At its creation, so that the database refuses a second refund for the same line.
        """
        line = self.env.context.get('cn_till_refund')
        if is_refund and line:
            custom_create_values.update(line)
        return super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )

    def _cn_refused_refunds(self, amount):
        """Override to keep refunds of different lines, and those of the back office, apart."""
        line = (self.env.context.get('cn_till_refund') or {}).get('cn_till_line', False)
        return super()._cn_refused_refunds(amount).filtered(lambda tx: tx.cn_till_line == line)

    def _cn_apply_refund(self, result):
        """Override to wake the till."""
        super()._cn_apply_refund(result)
        if self.cn_till_line:
            self._cn_till_wake()

    def _cn_refund_status(self, uuid, message=''):
        """Return what the till has to know about a refund line; see `_cn_till_status`.

        A refund that the gateway has accepted is good for the till: the customer's bank may take
        days. Should it fail after all, an accountant is told.
        """
        refunds = self._cn_till_refunds(uuid)
        if not refunds:
            return {'line': uuid, 'phase': 'idle', 'message': message, 'open': 0}
        accepted = all(
            tx.state == 'done' or (tx.state == 'pending' and tx.cn_outcome == 'waiting')
            for tx in refunds
        )
        if any(tx.state == 'error' for tx in refunds):
            phase, sentence = 'refused', _(
                "The gateway did not take the refund. Try again, or give the money back in another"
                " way."
            )
        elif accepted:
            phase, sentence = 'paid', _("The money is on its way back to the wallet.")
        else:
            phase, sentence = 'unknown', _(
                "It is not known yet whether the gateway took the refund. We keep asking; it is"
                " made once."
            )
        return {
            'line': uuid, 'phase': phase, 'message': message or sentence, 'open': 0,
            'wallet': refunds[:1].payment_method_code,
            'wallet_name': refunds[:1].payment_method_id.name,
            'amount': f"{sum(refunds.mapped('amount')):.2f}",
            'left': 0, 'qr_svg': '',
            'ask_in': refunds._cn_refund_ask_in() if phase == 'unknown' else 3600.0,
            'receipt': refunds[:1]._cn_refund_receipt() if phase == 'paid' else {},
        }

    def _cn_refund_ask_in(self):
        """Seconds until the till may have the gateway asked about one of these refunds."""
        due = [
            tx.cn_next_query_at for tx in self
            if tx.state == 'pending' and tx.cn_outcome != 'waiting' and tx.cn_next_query_at
        ]
        left = (min(due) - fields.Datetime.now()).total_seconds() if due else 0
        return max(0.0, left)

    def _cn_refund_receipt(self):
        source = self.source_transaction_id
        return {
            'wallet': self.payment_method_id.name,
            'gateway': self.provider_id.name,
            'number': self.cn_out_refund_no,
            'gateway_number': self.provider_reference or source.provider_reference or '',
            'wallet_number': source.cn_wallet_reference or '',
            'payer_amount': '',
            'coupon': '',
            'complete': True,
        }
