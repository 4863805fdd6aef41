# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, models

from .pos_payment_method import TERMINAL


class PosSession(models.Model):
    """The session's journal entries: one for each wallet payment and refund.

    Odoo books the sum of a payment method. A gateway's statement lists payments one by one, and so
    must the outstanding account, to be compared with it. The payments made here are the only ones:
    those of a web order, which `account_payment` makes, are not made for the till.
    """

    _inherit = 'pos.session'

    def _validate_session(self, *args, **kwargs):
        """Override of `point_of_sale` to report what came in past the till, and has no proof."""
        for session in self.sudo():
            session._cn_payments()._cn_link()
        return super()._validate_session(*args, **kwargs)

    def _create_combine_account_payment(self, payment_method, amounts, diff_amount):
        """Override of `point_of_sale` to book wallet payments one by one."""
        if payment_method.use_payment_terminal != TERMINAL:
            return super()._create_combine_account_payment(payment_method, amounts, diff_amount)
        lines, rest = self._cn_book(
            self._cn_payments().filtered(lambda one: one.payment_method_id == payment_method),
            amounts['amount'],
        )
        if rest:
            lines |= super()._create_combine_account_payment(
                payment_method, {**amounts, 'amount': rest}, 0
            )
        if diff_amount:
            # An entry of its own, as for methods that Odoo books one by one.
            self._create_diff_account_move_for_split_payment_method(payment_method, diff_amount)
        return lines

    def _create_split_account_payment(self, payment, amounts):
        """Override of `point_of_sale` to tie the payments of a button that asks for the customer.

        Odoo books those one by one itself, as payments of the customer.
        """
        if payment.payment_method_id.use_payment_terminal != TERMINAL:
            return super()._create_split_account_payment(payment, amounts)
        lines, rest = self._cn_book(payment, amounts['amount'])
        if rest:
            lines |= super()._create_split_account_payment(payment, {**amounts, 'amount': rest})
        return lines

    def _cn_book(self, lines, amount):
        """Book what the gateways confirmed: one posted payment for each transaction, tied to it.

        :param pos.payment lines: lines of one button
        :param float amount: what they are in the session's total, yuan
        :return: the items that the session's own are reconciled with, and what is left to be booked
            of `amount`: lines that no gateway confirmed
        :rtype: tuple[account.move.line, float]
        """
        transactions = self.env['payment.transaction'].sudo()
        values = []
        for line in lines:
            for tx, part in line._cn_parts():
                # A pending one was taken for paid by a manager: a line without a proof.
                bookable = tx and not tx.payment_id and tx not in transactions
                if bookable and (tx.state == 'done' or part < 0):
                    transactions |= tx
                    values.append(self._cn_payment_values(line, tx, part))
        payments = self.env['account.payment'].with_context(pos_payment=True).create(values)
        for tx, payment in zip(transactions, payments, strict=True):
            tx.payment_id = payment
        payments.action_post()
        items = payments.move_id.line_ids.filtered(
            lambda item: item.account_id == item.payment_id.destination_account_id
        )
        booked = sum(payments.mapped('amount_signed'))
        return items, self.currency_id.round(amount - booked)

    def _cn_payment_values(self, line, tx, amount):
        method = line.payment_method_id
        accounts = self.env['account.payment'].with_company(self.company_id)
        # Refunds too: a gateway takes them off what it pays out.
        outstanding = method.outstanding_account_id or accounts._get_outstanding_account('inbound')
        receivable, partner = self._get_receivable_account(method), self.env['res.partner']
        if method.split_transactions:
            partner = partner._find_accounting_partner(line.partner_id).with_company(self.company_id)
            receivable = partner.property_account_receivable_id
        return {
            'payment_type': 'inbound' if amount > 0 else 'outbound',
            'partner_type': 'customer',
            'partner_id': partner.id,
            'amount': abs(amount),
            'currency_id': self.currency_id.id,
            'journal_id': method.journal_id.id,
            'force_outstanding_account_id': outstanding.id,
            'destination_account_id': receivable.id,
            'memo': _(
                "%(wallet)s, %(order)s (%(session)s)", wallet=tx.payment_method_id.name,
                order=line.pos_order_id.pos_reference, session=self.name,
            ),
            # As it stands in the gateway's statement.
            'payment_reference': tx.cn_out_refund_no or tx.cn_out_trade_no,
            'payment_transaction_id': tx.id,
            'pos_payment_method_id': method.id,
            'pos_session_id': self.id,
            'company_id': self.company_id.id,
        }

    def _get_other_related_moves(self):
        """Override of `point_of_sale` to count differences of the wallets' methods."""
        references = [
            self._get_diff_account_move_ref(method) for method in self.payment_method_ids
            if method.use_payment_terminal == TERMINAL and not method.split_transactions
        ]
        lines = self.env['account.move.line'].search([('ref', 'in', references)])
        return super()._get_other_related_moves() | lines.move_id
