# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, RefundResult
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestTillBooks(till_common.TillSaleCommon):
    """Money of a till that moves without its session: in the same accounts as that which the session books."""

    gateway = 'wechat_pay'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Another journal and account than the provider's, as in every shop with a till.
        cls.outstanding = cls.env['account.account'].create({
            'code': 'CNW3', 'name': "Wallets at the till", 'account_type': 'asset_current', 'reconcile': True,
        })
        cls.session.action_pos_session_closing_control()
        cls.button.outstanding_account_id = cls.outstanding
        cls.till.open_ui()
        cls.session = cls.till.current_session_id
        cls.session.set_opening_control(0, "")

    def _close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')

    def _booked(self, tx):
        """Have what follows a payment or refund done; return its `account.payment`."""
        tx.sudo()._post_process()
        self.assertFalse(tx.cn_follow_up_error)
        self.assertTrue(tx.payment_id)
        return tx.payment_id

    def _refund(self, tx):
        """Refund a payment from the back office."""
        refund = tx._refund(tx.amount)
        self._end(refund)
        self.assertEqual(refund.state, 'done')
        return refund

    def _check_at_till(self, payments, partner=None):
        """Assert that payments are booked where the till's session books, and that the gateway owes nothing."""
        self.assertEqual(payments.journal_id, self.button.journal_id)
        self.assertEqual(payments.outstanding_account_id, self.outstanding)
        self.assertEqual(payments.pos_session_id, self.session)
        self.assertEqual(payments.partner_id, partner or self.env['res.partner'])
        self.assertEqual(set(payments.mapped('state')) & {'draft', 'canceled'}, set())
        items = self.env['account.move.line'].search([
            ('account_id', '=', self.outstanding.id), ('parent_state', '=', 'posted'),
        ])
        self.assertTrue(items)
        self.assertTrue(self.cny.is_zero(sum(items.mapped('balance'))))

    def test_sale_is_refunded_from_the_back_office(self):
        """Test that the gateway's account is even again, and that nobody is called Public user."""
        tx = self._sold().payment_ids.cn_transaction_id
        self._close()
        refund = self._refund(tx)
        payment = self._booked(refund)
        self._check_at_till(tx.payment_id | payment)
        self.assertEqual(payment.amount_signed, -88.8)
        self.assertEqual(payment.payment_reference, refund.cn_out_refund_no)
        self.assertEqual(payment.destination_account_id, self.session._get_receivable_account(self.button))

    def test_account_of_the_button_was_changed(self):
        """Test that a refund goes to the account on which the sale is open, whatever the button has by now."""
        tx = self._sold().payment_ids.cn_transaction_id
        self._close()
        self.button.outstanding_account_id = self.outstanding.copy()
        self._check_at_till(tx.payment_id | self._booked(self._refund(tx)))

    def test_refund_while_the_session_is_open(self):
        """Test that it makes no difference whether the refund or the sale is booked first."""
        tx = self._sold().payment_ids.cn_transaction_id
        payment = self._booked(self._refund(tx))
        self._close()
        self._check_at_till(tx.payment_id | payment)

    def test_invoiced_sale_is_refunded(self):
        """Test that the refund stands on the customer's account, where a credit note is matched with it."""
        customer = self.env['res.partner'].create({'name': "李雷"})
        order = self._sold(customer)
        order.action_pos_order_invoice()
        tx = order.payment_ids.cn_transaction_id
        self._close()
        payment = self._booked(self._refund(tx))
        self.assertEqual(payment.partner_id, customer)
        self.assertEqual(payment.destination_account_id, customer.property_account_receivable_id)
        self.assertEqual(payment.outstanding_account_id, self.outstanding)
        credit = order.account_move._reverse_moves([{'date': order.account_move.date}])
        credit.action_post()
        (credit | payment.move_id).line_ids.filtered(
            lambda line: line.account_id == payment.destination_account_id
        ).reconcile()
        self.assertEqual(credit.amount_residual, 0)

    def test_customer_without_an_invoice(self):
        """Test that the refund of a customer's order names the customer."""
        customer = self.env['res.partner'].create({'name': "李雷"})
        tx = self._sold(customer).payment_ids.cn_transaction_id
        self._close()
        payment = self._booked(self._refund(tx))
        self.assertEqual(payment.partner_id, customer)
        self.assertEqual(payment.outstanding_account_id, self.outstanding)

    def test_refund_in_the_console(self):
        """Test the same for money that was sent back past this database."""
        tx = self._sold().payment_ids.cn_transaction_id
        self._close()
        tx._cn_apply_console_refund(RefundResult(Outcome.PAID, amount=8880), 'C1')
        self._check_at_till(tx.payment_id | self._booked(tx.child_transaction_ids))

    def _in_no_order(self):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        tx = self._tx(line)
        self._close()
        self.assertTrue(tx.cn_unclaimed_at)
        tx._cn_watch()
        self._end(tx.child_transaction_ids)
        self.assertEqual(tx.child_transaction_ids.state, 'done')
        return tx, tx.child_transaction_ids

    def _check_unclaimed(self, tx, refund):
        payments = self._booked(tx) | self._booked(refund)
        self._check_at_till(payments)
        items = payments.move_id.line_ids.filtered(lambda line: line.account_id != self.outstanding)
        self.assertEqual(items.mapped('reconciled'), [True, True])

    def test_unclaimed_money_goes_back(self):
        """Test that both ways are booked at the till and matched with one another."""
        self._check_unclaimed(*self._in_no_order())

    def test_unclaimed_money_is_gone_in_the_console(self):
        """Test that no order is waited for when nothing is left for it: else the books would show the refund alone."""
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        tx = self._tx(line)
        self._close()
        self.assertTrue(tx.cn_unclaimed_at)
        tx._cn_apply_console_refund(RefundResult(Outcome.PAID, amount=8880), 'C1')
        self._check_unclaimed(tx, tx.child_transaction_ids)

    def test_unclaimed_money_is_booked_last(self):
        """Test the same when what follows the refund comes first."""
        tx, refund = self._in_no_order()
        self._booked(refund)
        self._check_unclaimed(tx, refund)

    def test_unclaimed_money_of_a_button_that_asks_for_the_customer(self):
        """Test that money that came without a customer is booked, too."""
        self._close()
        self.button.split_transactions = True
        self.till.open_ui()
        self.session = self.till.current_session_id
        self.session.set_opening_control(0, "")
        self._check_unclaimed(*self._in_no_order())
