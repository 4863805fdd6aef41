# Part of payment_cn_wallets. License LGPL-3.

from datetime import date, datetime, timezone

from odoo import fields
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import money_cases

MIDNIGHT = datetime(2026, 1, 31, 16, 0, tzinfo=timezone.utc).timestamp()  # of 1 February in Beijing
MINUTES = 60


@tagged('post_install', '-at_install')
class TestMoneyDays(money_cases.MoneyCases):
    """Books are cut in the company's own days, by the moment at which the payer paid."""

    def _paid_at(self, moment, document='order', amount=100):
        """Return an order or invoice, and the attempt that paid it at a moment."""
        record = self._order(amount) if document == 'order' else self._invoice_of_old(amount)
        code = self._code_of_order if document == 'order' else self._code_of_invoice
        tx = code(record)
        self.sandbox.pay(tx, paid_at=moment)
        self._learn(tx)
        self._goes_on()
        self.assertEqual(tx.state, 'done')
        return record, tx

    def _invoice_of_old(self, amount):
        invoice = self._invoice(amount)
        invoice.button_draft()
        invoice.invoice_date = date(2026, 1, 5)
        invoice.action_post()
        return invoice

    def test_day_is_the_companys(self):
        """Test twenty minutes around midnight in Beijing, where in UTC it is one day."""
        for minutes, day in ((-20, date(2026, 1, 31)), (20, date(2026, 2, 1)), (8 * 60, date(2026, 2, 1))):
            with self.subTest(minutes=minutes):
                order, tx = self._paid_at(MIDNIGHT + minutes * MINUTES)
                self.assertEqual(tx.payment_id.date, day)
                self.assertEqual(set(tx.payment_id.move_id.line_ids.mapped('date')), {day})
                self.assertEqual(order.invoice_ids.invoice_date, day)
                self.assertEqual(order.invoice_ids.date, day)

    def test_day_of_an_invoices_payment(self):
        """Test that a posted invoice keeps its day, and that its payment has the payer's."""
        invoice, tx = self._paid_at(MIDNIGHT + 20 * MINUTES, 'invoice')
        self.assertEqual(invoice.invoice_date, date(2026, 1, 5))
        self.assertEqual(tx.payment_id.date, date(2026, 2, 1))

    def test_day_of_a_refund(self):
        """Test that a refund has the day on which the money went back."""
        _order, tx = self._paid_at(MIDNIGHT + 20 * MINUTES)
        self.sandbox.post('settings', refund_delay=3600)
        refund = tx._refund(10)
        self._learn(refund)
        ended = datetime(2026, 2, 28, 16, 20, tzinfo=timezone.utc).timestamp()
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no, finished_at=ended)
        self._goes_on()
        self.assertEqual(refund.state, 'done')
        if refund.cn_paid_at:  # Huishouyin does not say when
            self.assertEqual(refund.payment_id.date, date(2026, 3, 1))
        else:
            self.assertEqual(refund.payment_id.date, self._today())

    def _today(self):
        beijing = self.env['payment.transaction'].with_context(tz='Asia/Shanghai')
        return fields.Date.context_today(beijing)

    def test_company_elsewhere(self):
        """Test that a company that keeps its books in another country has its own days."""
        self.company.partner_id.tz = 'Europe/London'
        if 'tz' in self.company.resource_calendar_id._fields and self.company.resource_calendar_id:
            self.company.resource_calendar_id.tz = 'Europe/London'
        self.company.country_id = self.env.ref('base.uk')
        _order, tx = self._paid_at(MIDNIGHT + 20 * MINUTES)
        self.assertEqual(tx.payment_id.date, date(2026, 1, 31))

    def test_locked_day(self):
        """Test that what was paid on a locked day is booked on the next open one, all of it."""
        for lock in ('fiscalyear_lock_date', 'hard_lock_date'):
            with self.subTest(lock=lock):
                self.company[lock] = date(2026, 2, 10)
                order, tx = self._paid_at(MIDNIGHT + 20 * MINUTES)
                self.assertFalse(tx.cn_follow_up_error)
                self.assertEqual(tx.payment_id.move_id.state, 'posted')
                self.assertEqual(tx.payment_id.move_id.date, date(2026, 2, 11))
                self.assertGreater(order.invoice_ids.date, date(2026, 2, 10))
                self._invoice_paid(order.invoice_ids)
