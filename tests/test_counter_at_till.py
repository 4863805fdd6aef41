# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.tests.shop_code_common import ShopCodeCommon
from odoo.addons.payment_cn_wallets.tests.till_common import TillSaleCommon


@tagged('post_install', '-at_install')
class TestCounterAtTill(ShopCodeCommon, TillSaleCommon):
    """What came in by a code that lies at a till, claimed for an order of that till."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code.config_id = cls.till

    def _listed(self, user=None):
        return self.button.with_user(user or self.cashier).cn_counter_payments(self.session.id)

    def test_list(self):
        """Test that the till lists what came in at its own codes, of late, and unclaimed."""
        self.assertEqual(self._listed(), {'codes': 1, 'payments': []})
        self.assertEqual(self.button.with_user(self.cashier).cn_till_setup['counters'], self.till.ids)
        tx = self._paid_by_code(8880, note="window seat")
        [row] = self._listed()['payments']
        self.assertEqual(
            (row['id'], row['amount'], row['wallet'], row['code'], row['note']),
            (tx.id, '88.80', tx.payment_method_id.name, "Table 5", "window seat"),
        )
        self.assertRegex(row['time'], r'^\d\d:\d\d$')
        tx.last_state_change -= timedelta(days=2)
        self.env.flush_all()
        self.assertEqual(self._listed()['payments'], [])
        self.code.config_id = False
        self.assertEqual(self._listed(), {'codes': 0, 'payments': []})
        self.button.invalidate_recordset(['cn_till_setup'])
        self.assertEqual(self.button.cn_till_setup['counters'], [])

    def test_till_is_told(self):
        """Test that the till hears that something came in, and not what."""
        told = []
        self.patch(
            self.env.registry['pos.config'], '_notify', lambda config, *message: told.append((config.id, *message)),
        )
        self._paid_by_code()
        self.assertIn((self.till.id, 'CN_COUNTER', {}), told)

    def test_claimed_for_an_order(self):
        """Test that the session books it with the order, and the walk-in customer's entry is undone."""
        tx = self._paid_by_code(8880)
        tx._post_process()
        walk_in = tx.payment_id
        self.assertEqual(walk_in.state, 'in_process')
        line = self._line()
        status = self._press('take_counter', line, tx.id)
        self.assertEqual((status['phase'], status['amount']), ('paid', '88.80'))
        self.assertEqual(walk_in.state, 'rejected')
        self.assertTrue(walk_in.move_id.reversal_move_ids)
        self.assertTrue(all(line.reconciled for line in walk_in.move_id.line_ids if line.account_id.reconcile))
        self.assertFalse(tx.payment_id)
        self.assertEqual(self._listed()['payments'], [])
        # Asked twice, since the answer was lost.
        self.assertEqual(self._press('take_counter', line, tx.id)['phase'], 'paid')
        order = self._sync([line])
        self.assertEqual((order.state, order.payment_ids.cn_transaction_id), ('paid', tx))
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')
        payment = tx.payment_id
        self.assertEqual((payment.journal_id, payment.amount), (self.button.journal_id, 88.8))
        self.assertEqual(payment.payment_reference, tx.cn_out_trade_no)
        self.assertEqual((tx.cn_verdict, tx.cn_claimed_by), ('kept', self.cashier))

    def test_second_cashier(self):
        """Test that of two cashiers the second is told who was quicker."""
        tx = self._paid_by_code(8880)
        self._press('take_counter', self._line(), tx.id)
        with self.assertRaises(UserError) as refused:
            self._press('take_counter', self._line(), tx.id)
        self.assertIn(self.cashier.name, str(refused.exception))

    def test_what_is_not_claimed_here(self):
        """Test other amounts, other tills, what is no payment, and what was refunded."""
        tx = self._paid_by_code(8880)
        for line, number in (
            (self._line('50.00'), tx.id), (self._line('88.81'), tx.id), (self._line(), 0), (self._line(), 'x'),
            (self._line('-88.80'), tx.id),
        ):
            with self.assertRaises(UserError):
                self._press('take_counter', line, number)
        other = self.till.copy({'payment_method_ids': False, 'name': "Bar"})
        self.code.config_id = other
        with self.assertRaises(UserError):
            self._press('take_counter', self._line(), tx.id)
        self.code.config_id = self.till
        tx._refund(amount_to_refund=1)
        with self.assertRaises(UserError):
            self._press('take_counter', self._line(), tx.id)
        self.assertFalse(tx.cn_till_line)

    def test_order_that_is_closed(self):
        """Test that an order which was paid in the meantime takes nothing more."""
        sold = self._sold_at_till()
        tx = self._paid_by_code(8880)
        with self.assertRaises(UserError):
            self._press('take_counter', self._line(order=sold.uuid), tx.id)
        self.assertTrue(tx.cn_claimable)

    def _sold_at_till(self):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        return self._sync([line])

    def test_who_may_ask(self):
        """Test that nobody but cashiers sees or claims what came in."""
        clerk = new_test_user(self.env, 'counter_clerk', 'base.group_user')
        with self.assertRaises(AccessError):
            self._listed(clerk)
        tx = self._paid_by_code(8880)
        with self.assertRaises(AccessError):
            self.button.with_user(clerk).cn_take_counter(self._line(), tx.id)
