# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import money_cases

FOLLOW_UP = 'odoo.addons.payment_cn_wallets.models.payment_transaction_follow_up'


@tagged('post_install', '-at_install')
class TestMoneyWeb(money_cases.MoneyCases):
    """Money of webshop, portal and payment links: what becomes of it, seen from both sides."""

    # === TOO LITTLE === #

    def _too_little(self):
        """Return an order of 5,989.99 and an attempt that brought 9.99 of it."""
        order = self._order(9.99)
        tx = self._code_of_order(order)
        self._change(order, 5989.99)
        self._paid_and_followed(tx)
        return order, tx

    def test_too_little_confirms_nothing(self):
        """Test that a cart that grew while its code was paid is not confirmed; the money is held."""
        order, tx = self._too_little()
        self._not_confirmed(order)
        self._nothing_back(tx)
        self._is_credit(tx)

    def test_too_little_is_told_to_the_shopper(self):
        """Test that the page and the portal say how much has come, and how much is missing."""
        order, tx = self._too_little()
        page = self._page(tx)
        self.assertNotEqual(page['phase'], 'paid')
        for amount in ('9.99', '5,989.99'):
            self.assertIn(amount, page['message'])
        portal = self.url_open(order.get_portal_url()).text
        self.assertIn('5,980.00', portal)

    def test_too_little_is_told_while_a_code_for_the_rest_waits(self):
        """Test that the portal still says what is missing, and the page which code is for what."""
        order, tx = self._too_little()
        snapshot, _refusal = self._json(
            '/payment/cn/checkout/renew', tx_id=tx.id, token=tx._cn_token()
        )
        self.assertIn('5,980.00', snapshot['amount'])
        portal = self.url_open(order.get_portal_url()).text
        self.assertIn('o_cn_portal_short', portal)
        self.assertIn('5,980.00', portal)

    def test_too_little_suffices_when_the_order_shrinks(self):
        """Test that the page has held money looked at as soon as its order wants no more than that."""
        order, tx = self._too_little()
        self.assertGreater(self._page(tx)['ask_in'], 0)
        self._change(order, 9.99)
        page = self._page(tx)
        self.assertEqual((page['phase'], page['ask_in']), ('paid', 0))
        self.assertNotIn('o_cn_portal_short', self.url_open(order.get_portal_url()).text)
        page, refusal = self._json(
            '/payment/cn/checkout/check', tx_id=tx.id, token=tx._cn_token()
        )
        self.assertFalse(refusal)
        self.assertEqual((page['phase'], page['next_url']), ('paid', tx._cn_return_path()))
        self._goes_on()
        self.assertEqual((order.state, order.amount_paid), ('sale', 9.99))
        self._nothing_back(tx)

    def test_rest_of_too_little_is_paid(self):
        """Test that the order is served once the rest has come."""
        order, tx = self._too_little()
        self._not_confirmed(order)
        rest = self._code_of_order(order, 5980)
        self._paid_and_followed(rest)
        self.assertEqual(order.state, 'sale')
        self.assertAlmostEqual(order.amount_paid, 5989.99)
        for attempt in (tx, rest):
            self._nothing_back(attempt)
        self.assertAlmostEqual(sum(order.invoice_ids.mapped('amount_total')), 5989.99)
        for invoice in order.invoice_ids:
            self._invoice_paid(invoice)

    def test_too_little_goes_back_after_some_days(self):
        """Test that held money returns by itself when the provider's time is over, not before."""
        self.provider.cn_hold_days = 3
        order, tx = self._too_little()
        self._days_pass(2)
        self._nothing_back(tx)
        self._days_pass(3)
        self._all_back(tx)
        self._not_confirmed(order)
        page = self._page(tx)
        self.assertEqual(page['phase'], 'returned')
        for words in ('9.99', 'The rest was not paid'):
            self.assertIn(words, page['message'])
        self.assertEqual(order.amount_paid, 0)
        self.assertEqual(self._customer_lines(
            (tx | tx.child_transaction_ids).payment_id
        ).mapped('reconciled'), [True, True])

    def test_too_little_for_an_invoice(self):
        """Test that money that does not suffice pays nothing of an invoice that has grown."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 160
        invoice.action_post()
        self._paid_and_followed(tx)
        self._invoice_open(invoice, 160)
        self._nothing_back(tx)
        self._is_credit(tx)

    def test_rest_of_too_little_for_a_draft_invoice(self):
        """Test that two parts stay though Odoo matches the first with the invoice that is posted."""
        invoice = self._invoice(100)
        first = self._code_of_invoice(invoice)
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 160
        self._paid_and_followed(first)
        self._is_credit(first)
        self._paid_and_followed(self._code_of_invoice(invoice, 60))
        self._invoice_paid(invoice)
        self._nothing_back(first)

    def test_deposit_that_was_asked_for(self):
        """Test that a deposit confirms its order, is kept, and is not held for some days."""
        order = self._order(100)
        order.write({'require_payment': True, 'prepayment_percent': 0.3})
        tx = self._code_of_order(order, 30)
        self._paid_and_followed(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 30))
        self._days_pass(4)
        self._nothing_back(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 30))

    def test_part_that_a_link_asked_for(self):
        """Test that half of an order that a payment link asked for stays, and confirms nothing."""
        order = self._order(100)
        order.write({'require_payment': True, 'prepayment_percent': 1})
        wizard = self.env['payment.link.wizard'].with_context(
            active_model='sale.order', active_id=order.id
        ).create({'amount': 50})
        self.assertIn('amount=50', wizard.link)
        tx = self._code_of_order(order, 50)
        self._paid_and_followed(tx)
        self._days_pass(4)
        self._nothing_back(tx)
        self._not_confirmed(order)
        self.assertEqual(order.amount_paid, 50)

    # === BEFORE ANYTHING IS PAID === #

    def test_page_sees_that_the_order_has_changed(self):
        """Test that a page whose order costs something else by now offers a code for that, in either way."""
        for price in (5989.99, 5):
            with self.subTest(price=price):
                order = self._order(9.99)
                tx = self._code_of_order(order)
                self.assertEqual(self._page(tx)['phase'], 'waiting')
                self._change(order, price)
                page = self._page(tx)
                self.assertTrue(page['phase'] != 'waiting' or page['next_url'], page)
                self.assertFalse(page['qr_svg'], "a code of the old amount")
                snapshot, refusal = self._json(
                    '/payment/cn/checkout/renew', tx_id=tx.id, token=tx._cn_token()
                )
                self.assertFalse(refusal)
                renewed = self.env['payment.transaction'].browse(snapshot['tx_id'])
                self.assertEqual(renewed.amount, price)
                self._paid_and_followed(renewed)
                self.assertEqual((order.state, order.amount_paid), ('sale', price))

    # === TOO MUCH === #

    def test_too_much_for_an_order(self):
        """Test that a cart that shrank is served, and what it does not want goes back."""
        order = self._order(19.98)
        tx = self._code_of_order(order)
        self._change(order, 9.99)
        self._paid_and_followed(tx)
        self.assertEqual((order.state, order.amount_paid), ('sale', 9.99))
        self._part_back(tx, 999)
        self._invoice_paid(order.invoice_ids)
        self.assertEqual(order.invoice_ids.amount_total, 9.99)

    def test_too_much_is_returned_once(self):
        """Test that the rest is returned under one number, however often the news comes."""
        order = self._order(19.98)
        tx = self._code_of_order(order)
        self._change(order, 9.99)
        self._comes(tx)
        body = self._notice_body(tx, hy_bill_no=tx.provider_reference)
        for _copy in range(2):
            self.url_open(
                f'/payment/cn/notice/{self.provider.id}', data=body,
                headers={'Content-Type': 'application/x-www-form-urlencoded'},
            )
        self._goes_on()
        tx.action_cn_query()
        self._goes_on()
        self._part_back(tx, 999)

    def test_too_much_for_an_invoice(self):
        """Test that an invoice of which a part came by bank keeps the other part."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        self._by_bank(invoice, 50)
        self._paid_and_followed(tx)
        self._invoice_paid(invoice)
        self._part_back(tx, 5000)

    def test_too_much_for_a_draft_invoice(self):
        """Test that a draft that was lowered while its code was shown keeps what it says now."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 60
        self._paid_and_followed(tx)
        self._invoice_paid(invoice)
        self.assertEqual(invoice.amount_total, 60)
        self._part_back(tx, 4000)

    # === NOTHING IS DUE === #

    def test_what_went_back_confirms_nothing_later(self):
        """Test that an order that is opened again does not count money that was returned."""
        order = self._order(100)
        order.write({'require_payment': True, 'prepayment_percent': 1})
        tx = self._code_of_order(order)
        order._action_cancel()
        self._paid_and_followed(tx)
        self._all_back(tx)
        order.action_draft()
        self.assertEqual(order.amount_paid, 0)
        small = self._code_of_order(order, 1)
        self._paid_and_followed(small)
        self._not_confirmed(order)
        self.assertLessEqual(order.amount_paid, 1)

    def test_double_payment_counts_once(self):
        """Test that an order that was paid twice counts the money that stayed."""
        order = self._order(168)
        first = self._code_of_order(order)
        second = self.env['payment.transaction'].browse(self._json(
            '/payment/cn/checkout/renew', tx_id=first.id, token=first._cn_token()
        )[0]['tx_id'])
        self._paid_and_followed(second)
        self._paid_and_followed(first)
        self._all_back(first)
        self.assertEqual((order.state, order.amount_paid), ('sale', 168))
        self.assertNotIn('336', self.url_open(order.get_portal_url()).text)

    def test_two_codes_of_a_link_are_paid(self):
        """Test that of two payments of a link without a document one goes back, and that it is told."""
        first = self._code_of_link()
        snapshot, _refusal = self._json(
            '/payment/cn/checkout/renew', tx_id=first.id, token=first._cn_token()
        )
        second = self.env['payment.transaction'].browse(snapshot['tx_id'])
        self.assertNotEqual(first, second)
        self._paid_and_followed(first, second)
        self.assertEqual(sorted(map(self._refunded, (first, second))), [0, 8880])
        back = (first | second).filtered('child_transaction_ids')
        self._all_back(back)
        self._books_agree((first | second) - back)
        incident = self._told(back).filtered(lambda one: one.kind == 'double')
        self.assertEqual(len(incident), 1)
        self.assertTrue(incident.resolution, "It is closed, and says what became of the money.")

    def test_two_links_are_two_payments(self):
        """Test that two links of one amount to one payer are both kept."""
        first, second = self._code_of_link(), self._code_of_link()
        if first == second:
            self.fail("the second link has no attempt of its own")
        self._paid_and_followed(first, second)
        for tx in (first, second):
            self._nothing_back(tx)

    def _two_codes_at_once(self, swapped):
        """Return the invoice, the attempt that was kept and the one that went back."""
        invoice = self._invoice(100)
        first = self._code_of_invoice(invoice)
        snapshot, _refusal = self._json(
            '/payment/cn/checkout/renew', tx_id=first.id, token=first._cn_token()
        )
        second = self.env['payment.transaction'].browse(snapshot['tx_id'])
        kept, back = (second, first) if swapped else (first, second)
        self._comes(kept)
        self._comes(back)
        self._goes_on()
        return invoice, kept, back

    def test_invoice_is_matched_with_money_that_stays(self):
        """Test that of two codes paid at once, the invoice has the one, and its own refund the other."""
        for swapped in (False, True):
            with self.subTest(swapped=swapped):
                invoice, kept, back = self._two_codes_at_once(swapped)
                self._invoice_paid(invoice)
                self._nothing_back(kept)
                self._all_back(back)
                due = invoice.line_ids.filtered(
                    lambda line: line.account_id.account_type == 'asset_receivable'
                )
                matched = due.matched_credit_ids.credit_move_id.move_id
                self.assertEqual(matched, kept.payment_id.move_id)
                lines = self._customer_lines((kept | back | back.child_transaction_ids).payment_id)
                self.assertEqual(lines.mapped('reconciled'), [True] * 3)

    # === GATEWAYS THAT ARE SWITCHED OFF === #

    def _switched_off(self, read_journal):
        """Return the journal that a provider had, and what came when it was off."""
        bank = self.env['account.journal'].search([
            ('type', '=', 'bank'), ('company_id', '=', self.company.id),
        ], limit=1)
        order = self._order(100)
        tx = self._code_of_order(order)
        if read_journal:  # which makes Odoo write down what it has computed only
            self.assertEqual(self.provider.journal_id, bank)
        self.provider.state = 'disabled'
        self._paid_and_followed(tx)
        return bank, order, tx

    @mute_logger('odoo.sql_db', FOLLOW_UP)
    def test_provider_switched_off_while_a_code_is_open(self):
        """Test that money that comes then is booked in the journal that the provider had."""
        for read_journal in (False, True):
            with self.subTest(read_journal=read_journal):
                self.provider.state = 'test'
                journal, order, tx = self._switched_off(read_journal)
                self.assertEqual(order.state, 'sale')
                self.assertFalse(tx.cn_follow_up_error)
                self._books_agree(tx)
                self.assertEqual(tx.payment_id.journal_id, journal)
                self._invoice_paid(order.invoice_ids)

    def test_what_is_not_wanted_goes_back_with_the_provider_off(self):
        """Test that late money goes back, and is cleared in the books, when nobody is to pay any more."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order._action_cancel()
        self.provider.state = 'disabled'
        self._paid_and_followed(tx)
        self._all_back(tx)
