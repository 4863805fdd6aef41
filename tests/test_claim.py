# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.tests.shop_code_common import ShopCodeCommon


@tagged('post_install', '-at_install')
class TestClaim(ShopCodeCommon):
    """Money that came in by a shop code, claimed for an order or an invoice."""

    def _wizard(self, tx, document):
        kind = 'order' if document._name == 'sale.order' else 'invoice'
        return self.env['payment.cn.claim'].with_context(lang='en_US').create({
            'transaction_id': tx.id, 'kind': kind, f'{kind}_id': document.id,
        })

    def _claim(self, tx, document):
        self._wizard(tx, document).action_claim()
        self.env.invalidate_all()

    def test_invoice_is_paid(self):
        """Test that money in the books is moved to the customer, and pays the invoice to the fen."""
        tx, invoice = self._paid_by_code(8880), self._invoice()
        tx._post_process()
        payment, day = tx.payment_id, tx.payment_id.date
        self.assertEqual(payment.partner_id, self.company.cn_walk_in_id)
        self.assertEqual((tx.cn_claimable, tx.cn_claimed_for), (True, False))
        self.assertIn("exactly this", self._wizard(tx, invoice).sentence)
        self._claim(tx, invoice)
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual((tx.payment_id, payment.date, payment.move_id.state), (payment, day, 'posted'))
        self.assertEqual(payment.partner_id, invoice.partner_id)
        self.assertEqual(payment.move_id.line_ids.partner_id, invoice.partner_id)
        self.assertEqual((tx.cn_claimed_by, tx.cn_claimable, tx.invoice_ids), (self.env.user, False, invoice))
        self.assertEqual((tx.cn_verdict, tx.cn_claimed_for), ('kept', invoice.name))
        # What the gateway says again changes nothing.
        self._ask(tx)
        self.assertEqual((tx.cn_verdict, invoice.amount_residual), ('kept', 0))

    def test_order_is_confirmed(self):
        """Test that an order is confirmed and invoiced by it, though nothing was booked before."""
        tx, order = self._paid_by_code(8880), self._order()
        self._claim(tx, order)
        self.assertEqual(order.state, 'sale')
        self.assertEqual(tx.payment_id.partner_id, order.partner_id)
        self.assertEqual(order.invoice_ids.amount_residual, 0)

    def test_too_much(self):
        """Test that what is due is kept, and the rest goes back, as it was said before."""
        tx, invoice = self._paid_by_code(10000), self._invoice()
        tx._post_process()
        self.assertIn("11.20", self._wizard(tx, invoice).sentence)
        self._claim(tx, invoice)
        self.assertEqual((tx.cn_verdict, tx._cn_kept_fen(), invoice.amount_residual), ('part', 8880, 0))
        refund = tx.child_transaction_ids
        self.assertEqual((refund.amount, refund.cn_out_refund_no), (-11.2, f'L{tx.cn_out_trade_no}'))

    def test_too_little(self):
        """Test that a part is a part: the invoice stays open for the rest, and nothing is held."""
        tx, invoice = self._paid_by_code(5000), self._invoice()
        tx._post_process()
        self.assertIn("38.80", self._wizard(tx, invoice).sentence)
        self._claim(tx, invoice)
        self.assertEqual((tx.cn_verdict, tx.cn_meant, invoice.amount_residual), ('kept', 'part', 38.8))
        self.assertEqual(invoice.payment_state, 'partial')
        second = self._paid_by_code(3880, payer='another')
        self._claim(second, invoice)
        self.assertEqual(invoice.amount_residual, 0)

    def test_two_people_claim_one(self):
        """Test that the second one is told who was quicker, and nothing moves."""
        tx, invoice, other = self._paid_by_code(8880), self._invoice(), self._invoice()
        second = self._wizard(tx, other)
        self._claim(tx, invoice)
        with self.assertRaises(UserError) as refused:
            second.action_claim()
        self.assertIn(self.env.user.name, str(refused.exception))
        self.assertEqual((tx.invoice_ids, other.amount_residual), (invoice, 88.8))

    def test_document_that_is_paid(self):
        """Test that money is not claimed for what wants none: it would go back."""
        invoice = self._invoice()
        self._claim(self._paid_by_code(8880), invoice)
        tx = self._paid_by_code(8880, payer='another')
        with self.assertRaises(UserError):
            self._claim(tx, invoice)
        self.assertEqual((tx.cn_claimed_at, tx.cn_verdict), (False, 'kept'))

    def test_other_company(self):
        """Test that money stays in its company."""
        tx, invoice = self._paid_by_code(8880), self._invoice()
        company = self.env['res.company'].sudo().create({'name': "Elsewhere", 'currency_id': self.cny.id})
        self.env.cr.execute('UPDATE account_move SET company_id = %s WHERE id = %s', [company.id, invoice.id])
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            tx._cn_claim_for(invoice)
        self.assertFalse(tx.cn_claimed_at)

    def test_refunded_is_not_claimed(self):
        """Test that what went back, or is on its way, can't be claimed."""
        tx, invoice = self._paid_by_code(8880), self._invoice()
        wizard = self._wizard(tx, invoice)
        tx._refund(amount_to_refund=10)
        self.assertFalse(tx.cn_claimable)
        with self.assertRaises(UserError):
            wizard.action_claim()

    def test_refund_of_a_claimed_payment(self):
        """Test that money of a claimed payment goes back as any other, and the invoice is open again by it."""
        tx, invoice = self._paid_by_code(8880), self._invoice()
        self._claim(tx, invoice)
        refund = tx._refund(amount_to_refund=20)
        self._settle(refund)
        self.assertEqual(refund.state, 'done')
        refund._post_process()
        self.env.invalidate_all()
        self.assertEqual(invoice.amount_residual, 20)

    def test_who_may_claim(self):
        """Test that others than accountants claim nothing, and nobody by writing."""
        tx, invoice = self._paid_by_code(8880), self._invoice()
        clerk = new_test_user(self.env, 'counter_clerk', 'base.group_user')
        with self.assertRaises(AccessError):
            tx.with_user(clerk)._cn_claim_for(invoice.with_user(clerk))
        accountant = new_test_user(
            self.env, 'counter_accountant', 'base.group_user,account.group_account_invoice',
            company_id=self.company.id, company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            tx.with_user(accountant).write({'cn_claimed_at': False})
        wizard = self.env['payment.cn.claim'].with_user(accountant).create({
            'transaction_id': tx.id, 'kind': 'invoice', 'invoice_id': invoice.id,
        })
        wizard.action_claim()
        self.assertEqual(tx.cn_claimed_by, accountant)

    def test_document_that_is_removed(self):
        """Test that money whose document is removed is a walk-in customer's again, and does not go back."""
        tx, order = self._paid_by_code(5000), self._order()
        tx._cn_claim_for(order)
        order.sudo().write({'transaction_ids': False})
        self.env.invalidate_all()
        tx._cn_reconsider()
        self.assertEqual(tx.cn_verdict, 'kept')
