# Part of payment_cn_wallets. License LGPL-3.

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestCompanies(till_common.TillSaleCommon):
    """Several companies in one database, and branches of one."""

    gateway = 'wechat_pay'

    def _manager(self, *companies):
        """Return somebody whose own company is the first, and who works for another one."""
        return new_test_user(
            self.env, 'cn_two_companies', company_id=companies[0].id, lang='en_US',
            company_ids=[Command.set([company.id for company in companies])],
            groups='point_of_sale.group_pos_manager,account.group_account_manager',
        )

    def test_till_is_closed_by_a_user_of_another_company(self):
        """Test that the entries are made in the till's company, whatever the user's own one is."""
        tx = self._sold().payment_ids.cn_transaction_id
        user = self._manager(self.env.ref('base.main_company'), self.company)
        session = self.session.with_user(user).with_context(allowed_company_ids=self.company.ids)
        session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')
        payment = tx.payment_id
        self.assertEqual(payment.company_id, self.company)
        self.assertIn(self.company, payment.outstanding_account_id.company_ids)

    def test_late_refund_is_booked_by_the_cron(self):
        """Test that the server's crons, which work for every company, book a late refund of this one."""
        order = self._sold()
        self.session.action_pos_session_closing_control()
        refund = order.payment_ids.cn_transaction_id._refund(30)
        self._end(refund)
        root = self.env.ref('base.user_root')
        self.assertNotEqual(root.company_id, self.company)
        refund.with_env(self.env(user=root, context={}))._post_process()
        self.assertFalse(refund.cn_follow_up_error)
        self.assertEqual(refund.payment_id.company_id, self.company)
        self.assertIn(self.company, refund.payment_id.outstanding_account_id.company_ids)

    # === BRANCHES === #

    def _branch(self):
        """Make a branch, and move the till into it; the gateway stays its parent's."""
        branch = self.env['res.company'].create({
            'name': "Branch", 'parent_id': self.company.id, 'country_id': self.company.country_id.id,
        })
        self.env.cr.precommit.run()  # Odoo gives it the chart of accounts of its parent
        self.env.user.company_ids += branch
        self.session.action_pos_session_closing_control()
        context = {**self.env.context, 'allowed_company_ids': [branch.id, self.company.id]}
        self.env = self.env(context=context)
        button = self.button.with_env(self.env).copy({'company_id': branch.id})
        till = self.till.with_env(self.env).copy({
            'company_id': branch.id, 'payment_method_ids': [Command.set(button.ids)],
        })
        till.open_ui()
        self.session = till.current_session_id
        self.session.set_opening_control(0, "")
        self.cashier.write({'company_ids': [Command.set(branch.ids)], 'company_id': branch.id})
        return branch, till, button

    def _find(self, till, number):
        """Scan a receipt at a till, as a cashier who knows the branch only."""
        orders = self.env['pos.order'].with_user(self.cashier).with_context(
            allowed_company_ids=self.cashier.company_ids.ids
        )
        return orders.cn_find(till.id, number)

    def test_branch_sells_through_its_parent(self):
        """Test that its sales are found by receipt, closed, refunded and booked in the branch."""
        branch, till, button = self._branch()
        self.button, self.company = button.with_context(allowed_company_ids=branch.ids), branch
        order = self._sold()
        tx = order.payment_ids.cn_transaction_id
        self.assertEqual((tx.company_id, order.company_id), (branch.parent_id, branch))
        for number in (tx.cn_out_trade_no, tx.provider_reference):
            self.assertEqual(self._find(till, number), {'order': order.id, 'message': ''})
        self.session.action_pos_session_closing_control()
        refund = tx._refund(30)
        self._end(refund)
        self.assertEqual(self._find(till, refund.cn_out_refund_no)['order'], order.id)
        refund._post_process()
        self.assertFalse(refund.cn_follow_up_error)
        for payment in (tx.payment_id, refund.payment_id):
            self.assertEqual(payment.company_id, branch)
            self.assertEqual(payment.pos_session_id, self.session)

    def test_branch_does_not_see_what_its_parent_sold(self):
        """Test that a receipt of another branch, or of the company above, tells a till nothing."""
        tx = self._sold().payment_ids.cn_transaction_id
        _branch, till, _button = self._branch()
        self.assertEqual(self._find(till, tx.cn_out_trade_no), {'order': False, 'message': ''})

    def test_branch_is_paid_on_the_web(self):
        """Test that an order of a branch is paid through the gateway that Odoo offers for it."""
        branch, _till, _button = self._branch()
        order = self._new_order(88.8)
        order.company_id = branch
        tx = self._paid(order=order)
        self.assertTrue(tx._cn_is_offered())
        tx._post_process()
        self.assertFalse(tx.cn_follow_up_error)
        self.assertEqual(order.state, 'sale')
        self.assertTrue(tx.payment_id)

    def test_other_company_is_not_offered(self):
        """Test that an order of a company that is no branch is not paid to this one."""
        other = self.env['res.company'].create({'name': "Another"})
        order = self._new_order(88.8)
        order.company_id = other
        self.assertFalse(self._attempt(order=order)._cn_is_offered())
