# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, fields, models
from odoo.exceptions import UserError

from ... import gateways
from ...tools import days


class PaymentTransaction(models.Model):
    """The journal entries of payments and refunds that no till's session books."""

    _inherit = 'payment.transaction'

    # Odoo forgets a provider's journal when the provider is switched off.
    cn_journal_id = fields.Many2one(
        string="Journal when it was begun", comodel_name='account.journal', readonly=True, copy=False,
    )

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment`: the day in the company's country, and the journal of then.

        What moved at a till, or goes back to who paid there, is booked as its session does it.
        Money that is held or goes back is the customer's credit: no invoice is posted or matched
        by it.
        """
        if self.provider_code not in gateways.codes():
            return super()._create_payment(**extra_create_values)
        source = self.source_transaction_id or self
        if session := self._cn_payable().session_of_books() or source._cn_payable().session_of_books():
            return session.sudo()._cn_book_apart(self)
        values = {**self._cn_booking_values(), **extra_create_values}
        if self._cn_is_credit():
            return self._cn_create_credit(values)
        return super()._create_payment(**values)

    def _cn_memo(self, document, session=''):
        """Return what journal items say: wallet, our number at the gateway, and what was paid.

        :param str document: name of what was paid
        :param str session: name of the till's session, where there is one
        :rtype: str
        """
        number = self.cn_out_refund_no or self.cn_out_trade_no
        place = f'{document} ({session})' if session else document
        return ', '.join(filter(None, (self.payment_method_id.name, number, place)))

    def _cn_booking_values(self):
        """Return where and on which day the money is booked, as values of `account.payment`.

        :raise UserError: if there is no journal
        """
        source = self.source_transaction_id or self
        journal = self.provider_id.journal_id or self.cn_journal_id or source.cn_journal_id
        if not journal:
            raise UserError(_(
                "%s has no payment journal. Choose one in its configuration.", self.provider_id.name
            ))
        values = {
            'journal_id': journal.id,
            'date': self._cn_booking_day(journal),
            'memo': self._cn_memo(source._cn_payable().name()),
            # As it stands in the gateway's statement.
            'payment_reference': self.cn_out_refund_no or self.cn_out_trade_no,
        }
        lines = journal.inbound_payment_method_line_ids
        line = lines.filtered(lambda one: one.payment_provider_id == self.provider_id)
        if not line:
            line = lines[:1]
            values['force_outstanding_account_id'] = (
                (source - self).payment_id.outstanding_account_id.id
                or self.provider_id._get_payment_method_outstanding_account_id(line.payment_method_id)
            )
        values['payment_method_line_id'] = line.id
        return values

    def _cn_booking_day(self, journal, company=None):
        paid_at = self.cn_paid_at or self.last_state_change or fields.Datetime.now()
        company = company or self.company_id
        return days.open_day(company, days.day_of(company, paid_at), journal)

    def _invoice_sale_orders(self):
        """Override of `sale`: invoices of a payment carry the day on which it was paid."""
        ours = self.filtered('cn_is_attempt')
        super(PaymentTransaction, self - ours)._invoice_sale_orders()
        for tx in ours:
            day = days.day_of(tx.company_id, tx.cn_paid_at or tx.last_state_change)
            super(
                PaymentTransaction, tx.with_context(default_invoice_date=day)
            )._invoice_sale_orders()

    def _cn_create_credit(self, values):
        """Book the payment without any document.

        :param dict values: what differs from the usual
        :return: the payment
        :rtype: account.payment
        """
        payment = self.env['account.payment'].create({
            'amount': abs(self.amount),
            'payment_type': 'inbound' if self.amount > 0 else 'outbound',
            'currency_id': self.currency_id.id,
            'partner_id': self.partner_id.commercial_partner_id.id,
            'partner_type': 'customer',
            'company_id': self.provider_id.company_id.id,
            'payment_transaction_id': self.id,
            **values,
        })
        payment.action_post()
        self.payment_id = payment
        return payment
