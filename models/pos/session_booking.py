# Part of payment_cn_wallets. License LGPL-3.

from odoo import models

from ...const import TERMINAL


class PosSession(models.Model):
    """The session's journal entries: one for each wallet payment and refund.

    Odoo books the sum of a payment method. A gateway's statement lists payments one by one, and so
    must the outstanding account, to be compared with it. The payments made here are the only ones:
    those of a web order, which `account_payment` makes, are not made for the till.
    """

    _inherit = 'pos.session'

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

        A refund that was refused is no payment: it stays open on the receivable account, as what
        the customer is still owed. One that was booked before its order came is not booked again.

        :param pos.payment lines: lines of one button
        :param float amount: what they are in the session's total, yuan
        :return: the items that the session's own are reconciled with, and what is left to be booked
            of `amount`: lines that no gateway confirmed
        :rtype: tuple[account.move.line, float]
        """
        transactions, payments = self.env['payment.transaction'].sudo(), self.env['account.payment']
        values = []
        for line in lines:
            for tx, part in line._cn_parts():
                if tx.operation == 'refund' and tx.state == 'error':
                    amount -= part
                elif tx.payment_id:
                    amount -= part
                    payments |= tx.payment_id.filtered('pos_session_id')
                # A pending one was taken for paid by a manager: a line without a proof.
                elif tx and tx not in transactions and (tx.state == 'done' or part < 0):
                    amount -= part
                    transactions |= tx
                    values.append(self._cn_payment_values(line, tx, part))
        return (
            self._cn_receivable_items(payments | self._cn_post(transactions, values)),
            self.currency_id.round(amount),
        )

    def _cn_post(self, transactions, values):
        """Make and post payments, and tie them to their transactions.

        :rtype: account.payment
        """
        payments = self.env['account.payment'].with_context(pos_payment=True).create(values)
        for tx, payment in zip(transactions, payments, strict=True):
            tx.payment_id = payment
        payments.action_post()
        return payments

    def _cn_receivable_items(self, payments):
        return payments.move_id.line_ids.filtered(
            lambda item: item.account_id == item.payment_id.destination_account_id
        )

    def _cn_book_apart(self, tx):
        """Book what a session does not book: money that no order has, and refunds it did not make.

        That is a refund of the back office or of the gateway's console, and one that went through
        when the session had been closed.

        :param payment.transaction tx: the payment or refund
        :return: the payment
        :rtype: account.payment
        """
        self.ensure_one()
        self = self.with_company(self.company_id)  # noqa: PLW0642
        line = tx._cn_lines_of_orders()[:1] if tx.operation == 'refund' else self.env['pos.payment']
        values = self._cn_payment_values(line, tx, tx.amount)
        if not line:
            values |= self._cn_values_apart(tx)
        values['date'] = tx._cn_booking_day(
            self.env['account.journal'].browse(values['journal_id']), self.company_id
        )
        payment = self._cn_post(tx, [values])
        # What the order gave back is open there since its session was closed.
        owed = (self.move_id | self.env['account.payment'].search(
            [('pos_session_id', '=', self.id)]
        ).move_id).line_ids.filtered(lambda item: (
            line and item.account_id == payment.destination_account_id
            and item.parent_state == 'posted' and item.amount_residual < 0
        ))
        items = (self._cn_receivable_items(payment) | owed).filtered('account_id.reconcile')
        if len(items) > 1:
            items.reconcile()
        return payment

    def _cn_values_apart(self, tx):
        """Return what differs where no line of an order has the money.

        A refund goes to the account on which its payment stands, for a gateway takes it off what
        it pays out. Where the sale was invoiced, a credit note will be on the customer's account;
        else the till's receivable account shows what went back without an order.

        :return: values of `account.payment`
        :rtype: dict
        """
        source = tx.source_transaction_id
        order, booked = source._cn_lines_of_orders().pos_order_id[:1], source.payment_id
        customer = self.env['res.partner']._find_accounting_partner(
            order.partner_id or tx.partner_id.filtered(lambda partner: not partner.is_public)
        )
        receivable = order.account_move.line_ids.filtered(
            lambda item: item.display_type == 'payment_term'
        ).account_id[:1]
        changed = {'partner_id': customer.id}
        if receivable:
            changed['destination_account_id'] = receivable.id
        elif booked:
            changed['destination_account_id'] = booked.destination_account_id.id
        if booked:
            changed |= {
                'journal_id': booked.journal_id.id,
                'force_outstanding_account_id': booked.outstanding_account_id.id,
            }
        return changed

    def _cn_payment_values(self, line, tx, amount):
        source = tx.source_transaction_id or tx
        method = line.payment_method_id or tx.cn_till_method_id or source.cn_till_method_id
        # Refunds too: a gateway takes them off what it pays out.
        outstanding = method.outstanding_account_id or self._cn_outstanding_account()
        receivable, partner = self._get_receivable_account(method), self.env['res.partner']
        if method.split_transactions:
            customer = (line or source.cn_pos_payment_ids).partner_id[:1]
            partner = partner._find_accounting_partner(customer).with_company(self.company_id)
            receivable = partner.property_account_receivable_id or receivable
        order = (line or source._cn_lines_of_orders()).pos_order_id[:1]
        return {
            'payment_type': 'inbound' if amount > 0 else 'outbound',
            'partner_type': 'customer',
            'partner_id': partner.id,
            'amount': abs(amount),
            'currency_id': self.currency_id.id,
            'journal_id': method.journal_id.id,
            'force_outstanding_account_id': outstanding.id,
            'destination_account_id': receivable.id,
            'memo': tx._cn_memo(
                order.pos_reference or tx.cn_till_reference or source.cn_till_reference, self.name
            ),
            # As it stands in the gateway's statement.
            'payment_reference': tx.cn_out_refund_no or tx.cn_out_trade_no,
            'payment_transaction_id': tx.id,
            'pos_payment_method_id': method.id,
            'pos_session_id': self.id,
            'company_id': self.company_id.id,
        }

    def _cn_outstanding_account(self):
        """Return where Odoo books what came in and has not reached the bank, of this company.

        Odoo asks the company of a payment; one that is not there yet has none, and the account of
        the user's own company would be taken.

        :rtype: account.account
        """
        payment = self.env['account.payment'].new({'company_id': self.company_id.id})
        return payment._get_outstanding_account('inbound')

    def _get_other_related_moves(self):
        """Override of `point_of_sale` to count differences of the wallets' methods."""
        references = [
            self._get_diff_account_move_ref(method) for method in self.payment_method_ids
            if method.use_payment_terminal == TERMINAL and not method.split_transactions
        ]
        lines = self.env['account.move.line'].search([('ref', 'in', references)])
        return super()._get_other_related_moves() | lines.move_id
