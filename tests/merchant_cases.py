# Part of payment_cn_wallets. License LGPL-3.

from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import money_cases


class MerchantCases(money_cases.MoneyCases):
    """Credentials that change while a code is open. Subclasses name the gateway."""

    allow_inherited_tests_method = True
    other = ''

    def _enter(self, name):
        """Enter another contract's credentials, as an administrator does."""
        self.provider.write(self._fields_of(self.sandbox.credentials(name)))

    def _paid_at_the_old_merchant(self):
        order = self._order(100)
        tx = self._code_of_order(order)
        self.sandbox.pay(tx)
        self._enter(self.other or f'{self.gateway}_other')
        return order, tx

    def _long_after(self, tx):
        """Let the server look until nobody can pay the attempt, and for a week more."""
        for hours in (0, 3, 24, 24 * 8):
            self._let_pass(tx, hours=hours)
            self._learn(tx)
        self._goes_on()

    def _known_or_reported(self, order, tx):
        """Assert that the payment was found, or that somebody has been told to look for it."""
        if tx.state == 'done':
            self._nothing_back(tx)
            self.assertEqual(order.state, 'sale')
            return
        self.assertEqual(tx.state, 'draft', "it was paid, and the new merchant can't know")
        self.assertEqual(tx.cn_outcome, 'unknown')
        self.assertTrue(self._told(tx).filtered(lambda one: one.state == 'open'))

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.watch')
    def test_paid_before_the_merchant_changed(self):
        """Test that the new merchant's "not found" does not end what the old one was paid."""
        order, tx = self._paid_at_the_old_merchant()
        self._long_after(tx)
        self._known_or_reported(order, tx)

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.watch')
    def test_merchant_is_put_back(self):
        """Test that the payment is found when the right credentials are there again."""
        order, tx = self._paid_at_the_old_merchant()
        self._let_pass(tx, hours=3)
        self._learn(tx)
        self.assertNotEqual(tx.state, 'cancel')
        self._enter(self.gateway)
        self._learn(tx)
        self._goes_on()
        self.assertEqual((tx.state, order.state), ('done', 'sale'))
        self._books_agree(tx)

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.watch')
    def test_unpaid_when_the_merchant_changed(self):
        """Test that nobody calls it unpaid who can't know: nothing is closed on a foreign word."""
        tx = self._code_of_order(self._order(100))
        self.sandbox.pay(tx, outcome='cancel')  # scanned: Alipay knows no trade before
        self._enter(self.other or f'{self.gateway}_other')
        self._let_pass(tx, hours=3)
        self._learn(tx)
        self.assertIn((tx.state, tx.cn_reason_kind), [
            # asked at its own merchant, which knows it; or at nobody
            ('cancel', False), ('cancel', 'expired'), ('draft', tx.cn_reason_kind),
        ])
        self.assertNotEqual(tx.cn_reason_kind if tx.state == 'cancel' else '', 'not_found')

    def test_refund_of_the_old_merchants_money(self):
        """Test that a refund is not asked of a merchant that never had the payment, or is reported."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        self._enter(self.other or f'{self.gateway}_other')
        refund = tx._refund(40)
        self._goes_on()
        if refund.state == 'done':
            self.assertEqual(self._refunded(tx), 4000)
        else:
            self.assertTrue(self._told(tx).filtered(lambda one: one.state == 'open'))
            self._enter(self.gateway)
            if refund.state == 'error':
                refund = tx._refund(40)
            self._goes_on()
            self.assertEqual((refund.state, self._refunded(tx)), ('done', 4000))
        self.assertEqual(tx.cn_refundable_amount, 60)

    def test_new_attempts_go_to_the_new_merchant(self):
        """Test that what is begun afterwards works as ever."""
        self._enter(self.other or f'{self.gateway}_other')
        order = self._order(100)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        self.assertEqual(order.state, 'sale')
        self._nothing_back(tx)
