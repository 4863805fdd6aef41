# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.const import MODULE
from odoo.addons.payment_cn_wallets.tests import money_cases, till_common


def uninstall(env, name=MODULE):
    """Press *Uninstall*, as far as it goes inside one transaction."""
    module = env['ir.module.module'].search([('name', '=', name)])
    module.button_uninstall()
    return module


@tagged('post_install', '-at_install')
class TestUninstallWithPayments(money_cases.MoneyCases):

    def test_codes_that_can_be_paid(self):
        """Test that nothing is uninstalled while what comes in would be lost, and that it is said what."""
        tx = self._code_of_order(self._order(100))
        for name in (MODULE, 'payment'):
            with self.assertRaisesRegex(UserError, tx.reference):
                uninstall(self.env, name)
        self._paid_and_followed(tx)
        tx.cn_next_query_at = False  # the numbers of the payer's receipt have been asked for
        self.assertEqual(uninstall(self.env).state, 'to remove')

    def test_money_that_is_held(self):
        """Test that money that did not suffice has to find its way first."""
        order = self._order(100)
        tx = self._code_of_order(order)
        order.order_line.price_unit = 200
        self._paid_and_followed(tx)
        self.assertEqual(tx.cn_verdict, 'held')
        with self.assertRaisesRegex(UserError, tx.reference):
            uninstall(self.env)

    def test_refund_that_is_under_way(self):
        """Test that a refund has to come to its end first."""
        tx = self._code_of_order(self._order(100))
        self._paid_and_followed(tx)
        tx.cn_next_query_at = False
        refund = tx._refund(40)
        with self.assertRaisesRegex(UserError, refund.reference):
            uninstall(self.env)


@tagged('post_install', '-at_install')
class TestUninstallWithTills(till_common.TillSaleCommon):

    def test_session_that_is_open(self):
        """Test that a till that has the button closes first."""
        with self.assertRaisesRegex(UserError, self.session.config_id.name):
            uninstall(self.env)
