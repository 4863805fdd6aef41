# Part of payment_cn_wallets. License LGPL-3.

import psycopg2

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.payment.logging import get_payment_logger

from ... import const

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


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
            # is spent stays refused: this line can't have another. Where a part was accepted, the
            # line has become that part.
            if all(tx.state == 'error' for tx in known):
                for refund in known.filtered(lambda tx: not tx.cn_number_spent):
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
        replaced = self.browse()
        if is_refund and line:
            custom_create_values.update(line)
        elif is_refund and not custom_create_values.get('cn_out_refund_no'):
            replaced = self._cn_spent_refund(amount)
            custom_create_values.update(replaced._cn_till_values())
            replaced.cn_till_line = False
            self.env.flush_all()  # a line has one refund of a payment
        refund = super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )
        replaced.cn_pos_payment_ids._cn_note({'cn_transaction_id': refund.id})
        return refund

    def _cn_spent_refund(self, amount):
        """Return the refund that an order has and whose number is spent, and which is sent again.

        The new one takes its place: the session, or what follows its closing, books one of them.
        """
        return self.child_transaction_ids.filtered(lambda tx: (
            tx.operation == 'refund' and tx.state == 'error' and tx.cn_number_spent
            and tx._cn_lines_of_orders()
            and not self.currency_id.compare_amounts(abs(tx.amount), amount)
        ))[:1]

    def _cn_till_values(self):
        """Return what ties a refund to a line of the till, as values of fields."""
        names = (
            'cn_till_line', 'cn_till_order', 'cn_till_reference', 'cn_till_session_id',
            'cn_till_method_id', 'cn_till_cashier',
        )
        return {
            name: self._fields[name].convert_to_write(self[name], self) for name in names if self
        }

    def _cn_is_accepted(self):
        """Tell whether the gateway has taken a refund.

        That is good for the till: the customer's bank may take days. Should it fail after all, an
        accountant is told.
        """
        self.ensure_one()
        return self.state == 'done' or (self.state == 'pending' and self.cn_outcome == 'waiting')

    @api.model
    def _cn_refunds_of(self, payment):
        """Return the refunds of which a payment line of an order consists.

        Where gateways took some and refused others, the line has become what was taken. The others
        are let go of: should the gateway make one of them after all, it is booked by itself.

        :param pos.payment payment: the line
        :return: the refunds, and whether the gateways have not refused them
        :rtype: tuple[payment.transaction, bool]
        """
        refunds = self._cn_till_refunds(payment.uuid)
        refused = refunds.filtered(lambda tx: tx.state == 'error')
        taken = refunds - refused
        if taken and refused and not payment.currency_id.compare_amounts(
            sum(taken.mapped('amount')), payment.amount
        ):
            refused.cn_till_line = False
            return taken, True
        return refunds, bool(refunds) and not refused

    def _cn_refund_status(self, uuid, message=''):
        """Return what the till has to know about a refund line; see `_cn_till_status`.

        The phase `partly` means that some gateways took their part, the `amount`, and that others
        refused theirs: the line becomes that amount, and the rest is still due to the customer.
        """
        refunds = self._cn_till_refunds(uuid)
        if not refunds:
            return {'line': uuid, 'phase': 'idle', 'message': message, 'open': 0}
        accepted = refunds.filtered(lambda tx: tx._cn_is_accepted())
        refused = refunds.filtered(lambda tx: tx.state == 'error')
        if refunds - accepted - refused:
            phase, sentence = 'unknown', _(
                "It is not known yet whether the gateway took the refund. We keep asking; it is"
                " made once."
            )
        elif not refused:
            phase, sentence = 'paid', _("The money is on its way back to the wallet.")
        elif accepted:
            phase, sentence = 'partly', _(
                "The gateway did not take the other %s. Give that back in another way.",
                refused.currency_id.format(-sum(refused.mapped('amount'))),
            )
            refunds = accepted
        else:
            phase, sentence = 'refused', _(
                "The gateway did not take the refund. Try again, or give the money back in another"
                " way."
            )
        return {
            'line': uuid, 'phase': phase, 'message': message or sentence, 'open': 0,
            'wallet': refunds[:1].payment_method_code,
            'wallet_name': refunds[:1].payment_method_id.name,
            'amount': f"{sum(refunds.mapped('amount')):.2f}",
            'left': 0, 'qr_svg': '',
            'ask_in': refunds._cn_refund_ask_in() if phase == 'unknown' else 3600.0,
            'receipt': refunds._cn_refund_receipt() if phase in ('paid', 'partly') else {},
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
        """Return what the receipt of these refunds says: of the first, and of each in `parts`."""
        first, *others = [refund._cn_part_of_receipt() for refund in self]
        return {**first, 'parts': [first, *others]} if others else first

    def _cn_part_of_receipt(self):
        source = self.source_transaction_id
        return {
            'wallet': self.payment_method_id.name,
            'amount': f'{self.amount:.2f}',
            'gateway': self.provider_id.name,
            'number': self.cn_out_refund_no,
            'gateway_number': self.provider_reference or source.provider_reference or '',
            'wallet_number': source.cn_wallet_reference or '',
            'payer_amount': '',
            'coupon': '',
            'complete': True,
        }

    # === BOOKS === #

    def _cn_unbook_refund(self):
        """Reverse the entry of a refund that was booked as taken, and was refused after that.

        What the order gave back is then owed to the customer: it stands open on the receivable
        account, and not on that of the gateway, which paid nothing.
        """
        payment = self.payment_id.sudo().with_company(self.payment_id.sudo().company_id)
        try:
            with self.env.cr.savepoint():
                payment.move_id._reverse_moves([{
                    'date': fields.Date.context_today(self), 'ref': self.reference,
                }], cancel=True)
                payment.action_reject()
                self.write({'payment_id': False, 'is_post_processed': False})
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise  # somebody else is at the same records: the answer is taken in again
        except Exception as error:
            _logger.exception("The entry of %s could not be reversed", self.reference)
            self._cn_incident('follow_up', _(
                "The refund %(ref)s was refused after it had been booked, and its journal entry"
                " could not be reversed: %(error)s",
                ref=self.reference, error=str(error)[:500],
            ))
