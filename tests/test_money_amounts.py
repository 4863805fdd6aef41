# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import money_cases


@tagged('post_install', '-at_install')
class TestMoneyAmounts(money_cases.MoneyCases):
    """What is due now, where the amount hides: each document asked the one question."""

    # === DEPOSITS === #

    def _deposited(self):
        """Return an order of 100 with a deposit of 30, and a code for all of it from before."""
        order = self._order(100)
        order.write({'require_payment': True, 'prepayment_percent': 0.3})
        whole = self._code_of_order(order)
        deposit = self._code_of_order(order, 30)
        self._paid_and_followed(deposit)
        self.assertEqual((order.state, order.amount_paid), ('sale', 30))
        return order, whole, deposit

    def test_rest_after_a_deposit(self):
        """Test that the rest is kept whole, and that both pay the order's invoices."""
        order, _whole, deposit = self._deposited()
        rest = self._code_of_order(order, 70)
        self._paid_and_followed(rest)
        for tx in (deposit, rest):
            self._nothing_back(tx)
        self.assertEqual(order.amount_paid, 100)
        self.assertEqual(order.invoice_ids.mapped('amount_residual'), [0] * len(order.invoice_ids))

    def test_whole_after_a_deposit(self):
        """Test that of a code for the whole, the deposit's amount goes back."""
        order, whole, deposit = self._deposited()
        self._paid_and_followed(whole)
        self._nothing_back(deposit)
        self._part_back(whole, 3000)
        self.assertEqual(order.amount_paid, 100)

    def test_installment_that_the_portal_asks_for(self):
        """Test that an instalment is no deficiency: it is kept, and pays its part of the invoice."""
        term = self.env['account.payment.term'].create({
            'name': "30, then 70", 'line_ids': [
                Command.create({'value': 'percent', 'value_amount': 30, 'nb_days': 0}),
                Command.create({'value': 'percent', 'value_amount': 70, 'nb_days': 30}),
            ],
        })
        invoice = self._invoice(100)
        invoice.button_draft()
        invoice.invoice_payment_term_id = term
        invoice.action_post()
        self.assertEqual(invoice._get_invoice_next_payment_values()['next_amount_to_pay'], 30)
        for amount, left in ((30, 70), (70, 0)):
            tx = self._code_of_invoice(invoice, amount)
            self._paid_and_followed(tx)
            self._days_pass(4)
            self._nothing_back(tx)
            self.assertEqual(invoice.amount_residual, left)

    # === CREDIT NOTES === #

    def _credit_note(self, invoice, amount):
        note = invoice._reverse_moves([{'invoice_date': fields.Date.today()}])
        note.invoice_line_ids.price_unit = amount
        note.action_post()
        (note | invoice).line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable' and not line.reconciled
        ).reconcile()
        return note

    def test_invoice_with_a_credit_note(self):
        """Test that what was credited while the code was shown goes back."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        self._credit_note(invoice, 40)
        self.assertEqual(invoice.amount_residual, 60)
        self._paid_and_followed(tx)
        self._invoice_paid(invoice)
        self._part_back(tx, 4000)

    def test_invoice_that_was_credited_wholly(self):
        """Test that nothing is kept for an invoice that a credit note has ended."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        self._credit_note(invoice, 100)
        state = invoice.payment_state
        self._paid_and_followed(tx)
        self._all_back(tx)
        self.assertEqual(invoice.payment_state, state)

    def test_order_whose_invoice_was_credited(self):
        """Test that an order that was invoiced, paid by bank and credited wants no more."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._credit_note(invoice, 40)
        self._paid_and_followed(tx)
        self._part_back(tx, 4000)

    def test_refund_of_what_was_credited(self):
        """Test that a credit note and the refund for it leave nothing open, beside one another."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        self._paid_and_followed(tx)
        note = self._credit_note(invoice, 30)
        self.assertEqual(note.amount_residual, 30, "the invoice had been paid")
        tx._refund(30)
        self._goes_on()
        self._invoice_paid(invoice)
        self.assertEqual(note.amount_residual, 0)
        self._books_agree(tx)

    # === OTHER PROVIDERS === #

    def _by_other_provider(self, order, amount, refunded=0):
        """Write a payment of another provider, and its refund, as Odoo has them."""
        provider = self.env['payment.provider'].create({
            'name': "Another", 'code': 'none', 'company_id': self.company.id,
        })
        values = {
            'provider_id': provider.id, 'payment_method_id': self.method.id,
            'currency_id': self.cny.id, 'partner_id': self.partner.id, 'state': 'done',
            'is_post_processed': True, 'sale_order_ids': [Command.set(order.ids)],
        }
        transactions = self.env['payment.transaction'].sudo()
        paid = transactions.create({
            **values, 'amount': amount, 'reference': f'O-{order.name}', 'operation': 'online_redirect',
        })
        if refunded:
            transactions.create({
                **values, 'amount': -refunded, 'reference': f'R-O-{order.name}',
                'operation': 'refund', 'source_transaction_id': paid.id,
            })

    def test_other_providers_payment(self):
        """Test that money that another provider brought counts."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self._by_other_provider(order, 60)
        self._paid_and_followed(tx)
        self._part_back(tx, 6000)
        self.assertEqual(order.amount_paid, 100)

    def test_other_providers_refunded_payment(self):
        """Test that money that another provider brought and gave back does not count."""
        for refunded in (100, 40):
            with self.subTest(refunded=refunded):
                order = self._order(100)
                self._by_other_provider(order, 100, refunded=refunded)
                tx = self._ordered(order=order, amount=refunded)
                self._paid_and_followed(tx)
                self.assertEqual(self._refunded(tx), 0)
                self._books_agree(tx)
                self.assertEqual(order.state, 'sale')
                self.assertEqual(order.amount_paid, 100)

    # === DISCOUNTS === #

    def test_early_payment_discount(self):
        """Test that the discounted amount that the portal asks for pays the invoice, and is kept."""
        invoice = self._invoice_with_discount()
        tx = self._code_of_invoice(invoice, 98)
        self._paid_and_followed(tx)
        self._nothing_back(tx)
        self._invoice_paid(invoice)

    def test_early_payment_discount_that_somebody_did_not_take(self):
        """Test that the whole amount leaves the discount to go back, or pays the whole: never more."""
        invoice = self._invoice_with_discount()
        tx = self._code_of_invoice(invoice, 100)
        self._by_bank(invoice, 98)
        self.assertEqual(invoice.amount_residual, 0)
        self._paid_and_followed(tx)
        self._all_back(tx)

    def test_early_payment_discount_that_is_over(self):
        """Test that 98 of 100 that come when the discount is over are too little: held, not lost."""
        invoice = self._invoice_with_discount()
        tx = self._code_of_invoice(invoice, 98)
        invoice.button_draft()
        invoice.invoice_date -= timedelta(days=40)
        invoice.action_post()
        self._paid_and_followed(tx)
        self._nothing_back(tx)
        self.assertNotIn(invoice.payment_state, ('paid', 'in_payment'))

    def _invoice_with_discount(self):
        term = self.env['account.payment.term'].create({
            'name': "2 % in ten days", 'early_discount': True, 'discount_days': 10,
            'discount_percentage': 2,
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100, 'nb_days': 30})],
        })
        invoice = self._invoice(100)
        invoice.button_draft()
        invoice.invoice_payment_term_id = term
        invoice.action_post()
        self.assertEqual(invoice._get_invoice_next_payment_values()['installment_state'], 'epd')
        return invoice

    def test_discount_on_an_order(self):
        """Test that a coupon or a discount that came while the code was shown goes back."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order.order_line.discount = 20
        self._paid_and_followed(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 80))
        self._part_back(tx, 2000)

    def test_reward_line_on_an_order(self):
        """Test the same of a line with a negative amount, as loyalty programs write it."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order.order_line = [Command.create({
            'product_id': self.product.id, 'price_unit': -15.5, 'tax_ids': [Command.clear()],
        })]
        self._paid_and_followed(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 84.5))
        self._part_back(tx, 1550)

    def test_order_that_costs_nothing_now(self):
        """Test that an order whose total fell to nothing keeps nothing."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order.order_line.discount = 100
        self._paid_and_followed(tx)
        self._all_back(tx)
        self.assertEqual(order.amount_paid, 0)

    # === SEVERAL DOCUMENTS === #

    def test_several_invoices_in_one_attempt(self):
        """Test that one code for two invoices keeps what both still lack."""
        first, second = self._invoice(60), self._invoice(40)
        tx = self._on_the_screen(self._attempt(
            amount=100, invoice_ids=[Command.set((first | second).ids)]
        ))
        self._by_bank(second)
        self._paid_and_followed(tx)
        self._invoice_paid(first)
        self._invoice_paid(second)
        self._part_back(tx, 4000)

    def test_several_orders_in_one_attempt(self):
        """Test that of a code for two orders, the share of the one that was cancelled goes back."""
        first, second = self._order(60), self._order(40)
        tx = self._on_the_screen(self._attempt(
            amount=100, sale_order_ids=[Command.set((first | second).ids)]
        ))
        second._action_cancel()
        self._paid_and_followed(tx)
        self._part_back(tx, 4000)
        self.assertEqual((first.amount_paid, second.amount_paid), (60, 0))

    # === OPENED AGAIN === #

    def test_order_that_was_paid_cancelled_and_opened(self):
        """Test that an order whose payment was given back in the shop is paid anew."""
        order = self._order(100)
        first = self._code_of_order(order)
        self._paid_and_followed(first)
        first._refund()
        self._goes_on()
        self.assertEqual(self._refunded(first), 10000)
        order._action_cancel()
        order.action_draft()
        self.assertEqual(order.amount_paid, 0)
        second = self._code_of_order(order)
        self._paid_and_followed(second)
        self._nothing_back(second)
        self.assertEqual((order.state, order.amount_paid), ('sale', 100))

    def test_part_that_was_given_back_counts_no_more(self):
        """Test that a refund of a part lowers what an order counts."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        tx._refund(30)
        self._goes_on()
        self.assertEqual(self._refunded(tx), 3000)
        self.assertEqual(order.amount_paid, 70)

    # === FRACTIONS === #

    @mute_logger('odoo.http')
    def test_less_than_a_fen(self):
        """Test that a shop that counts in thousandths is asked for no amount that no gateway takes."""
        self.cny.rounding = 0.001
        order = self._order(88.805)
        before = self.env['payment.transaction'].search_count([])
        result, refusal = self._json(
            f'/my/orders/{order.id}/transaction', access_token=order._portal_ensure_token(),
            **self._choice(amount=88.805),
        )
        self.assertFalse(result)
        self.assertRegex(refusal, r'^[A-Z].*[a-z].* .*\.$')
        self.assertEqual(self.env['payment.transaction'].search_count([]), before)

    def test_thousandths_that_are_none(self):
        """Test that whole fen are whole fen however many places the currency has."""
        self.cny.rounding = 0.001
        order = self._order(88.81)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        self._nothing_back(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 88.81))
