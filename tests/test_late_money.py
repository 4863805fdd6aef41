# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests.common import CnCommon


@tagged('post_install', '-at_install')
class TestLateMoney(CnCommon):

    def _refund_everything(self, tx):
        """Let the refunds of an attempt run to their end."""
        for refund in tx.child_transaction_ids:
            for _try in range(20):
                refund.cn_next_query_at = False
                refund._cn_advance_refund()
                if refund.state == 'done':
                    break
                self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)

    def test_paid_after_giving_up_is_booked_when_wanted(self):
        """Test that money for an abandoned code still confirms the order."""
        order = self._order()
        tx = self._ordered(order=order)
        tx._cn_give_up()
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        tx._post_process()
        self.assertEqual(order.state, 'sale')
        self.assertFalse(tx.child_transaction_ids)

    def test_paid_after_cancel_is_booked_and_reported(self):
        """Test that an attempt called unpaid can still turn out paid."""
        order = self._order()
        tx = self._ordered(order=order)
        tx._set_canceled("test")
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        self.assertEqual(tx.cn_incident_ids.mapped('kind'), ['late'])
        tx._post_process()
        self.assertEqual(order.state, 'sale')

    def test_paid_twice_goes_back_once(self):
        """Test that the second payment of an order returns to its payer under a stable number."""
        order = self._order()
        first = self._ordered(order=order)
        second = first._cn_renew()
        second._cn_place_order('127.0.0.1')
        self.sandbox.pay(second)
        self._ask(second)
        second._post_process()
        self.sandbox.pay(first)
        self._ask(first)
        self.assertEqual(first.state, 'done')
        refund = first.child_transaction_ids
        self.assertEqual(len(refund), 1)
        self.assertEqual(refund.cn_out_refund_no, f'L{first.cn_out_trade_no}')
        self.assertEqual(refund.amount, -first.amount)
        self.assertEqual(first.cn_incident_ids.mapped('kind'), ['double'])
        self.assertEqual(first.cn_incident_ids.state, 'open')
        self.assertTrue(first.cn_incident_ids.activity_ids)
        first._cn_apply(PaymentResult(Outcome.PAID, amount=first._cn_fen()))
        self.assertEqual(first.child_transaction_ids, refund)
        self._refund_everything(first)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(first), first._cn_fen())
        self.assertEqual(self._refunded(second), 0)

    def test_money_that_went_back_leaves_nothing_open_in_the_books(self):
        """Test that payment and refund of unwanted money clear each other."""
        order = self._order()
        order.action_confirm()
        tx = self._ordered(order=order)
        order._action_cancel()
        self.sandbox.pay(tx)
        self._ask(tx)
        self._refund_everything(tx)
        tx._post_process()
        refund = tx.child_transaction_ids
        refund._post_process()
        payments = tx.payment_id | refund.payment_id
        self.assertEqual(len(payments), 2)
        receivable = payments.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable'
        )
        self.assertEqual(receivable.mapped('reconciled'), [True, True])
        self.assertEqual(order.state, 'cancel')

    def test_invoice_paid_by_transfer_does_not_want_a_late_wallet_payment(self):
        """Test that what was paid in another way counts."""
        invoice = self._invoice()
        tx = self._ordered(invoice=invoice)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({})._create_payments()
        self.assertEqual(invoice.amount_residual, 0)
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.child_transaction_ids.operation, 'refund')

    def test_order_paid_by_invoice_does_not_want_a_late_wallet_payment(self):
        """Test that an order whose invoice was paid by transfer sends late money back."""
        order = self._order()
        tx = self._ordered(order=order)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create({})._create_payments()
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.child_transaction_ids.operation, 'refund')

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.gateway_calls')
    def test_contradicting_gateway_does_not_take_a_payment_away(self):
        """Test that paid stays paid, and that somebody is told."""
        tx = self._paid(order=self._order())
        tx._cn_apply(PaymentResult(Outcome.REFUSED, closed=True))
        self.assertEqual(tx.state, 'done')
        self.assertEqual(tx.cn_incident_ids.mapped('kind'), ['contradiction'])

    def test_refunded_is_no_contradiction(self):
        """Test that a gateway that calls a payment closed that was refunded here raises no alarm."""
        tx = self._paid(order=self._order())
        tx._refund()
        tx._cn_apply(PaymentResult(Outcome.REFUSED, closed=True, refunded=True))
        self.assertEqual(tx.state, 'done')
        self.assertFalse(tx.cn_incident_ids)

    def test_accountants_read_their_own_language(self):
        """Test that an incident is written for its reader, whoever's request raised it."""
        self.env['res.lang']._activate_lang('zh_CN')
        self.provider.cn_responsible_id = new_test_user(
            self.env, 'cn_reader', groups='account.group_account_manager', lang='zh_CN',
            company_id=self.company.id,
        )
        tx = self._ordered(order=self._order())
        tx.with_context(lang='en_US')._cn_apply(PaymentResult(Outcome.PAID, amount=1))
        self.assertIn("支付网关称", tx.cn_incident_ids.message)

    def test_reports_of_one_trouble_count_up(self):
        """Test that the accountant's list is not flooded."""
        tx = self._ordered()
        for _try in range(3):
            tx._cn_incident('amount', "x")
        self.assertEqual(len(tx.cn_incident_ids), 1)
        self.assertEqual(tx.cn_incident_ids.count, 3)
        tx.cn_incident_ids.action_done()
        self.assertFalse(tx.cn_incident_ids.activity_ids)
