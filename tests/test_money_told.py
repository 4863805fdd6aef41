# Part of payment_cn_wallets. License LGPL-3.

import os
from itertools import product

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail
from odoo.addons.payment_cn_wallets.tests import money_cases
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestMoneyTold(money_cases.MoneyCases, MockEmail):
    """Whoever must know of money that came in an unusual way is told, once."""

    # === HOW AN ATTEMPT IS GIVEN UP === #

    def _left(self, tx):
        self._json('/payment/cn/checkout/leave', tx_id=tx.id, token=tx._cn_token())
        self.assertEqual((tx.state, tx.cn_given_up), ('draft', True))

    def _renewed(self, tx):
        self._json('/payment/cn/checkout/renew', tx_id=tx.id, token=tx._cn_token())
        self.assertTrue(tx.cn_next_id)

    def _buried(self, tx):
        self._let_pass(tx, hours=3)
        self._learn(tx)
        self.assertEqual(tx.state, 'cancel')

    def _left_and_buried(self, tx):
        self._left(tx)
        self._buried(tx)

    def _renewed_and_buried(self, tx):
        self._renewed(tx)
        self._buried(tx)

    # === HOW THE NEWS COMES === #

    def _by_notice(self, tx):
        self.url_open(
            f'/payment/cn/notice/{self.provider.id}', data=self._notice_body(tx),
            headers={'Content-Type': 'application/x-www-form-urlencoded'},
        )

    def _by_cron(self, tx):
        self._learn(tx)

    def _by_page(self, tx):
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self._json('/payment/cn/checkout/check', tx_id=tx.id, token=tx._cn_token(), pressed=True)

    def _by_button(self, tx):
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        tx.action_cn_query()

    def _documents(self):
        return {
            'order': lambda: self._code_of_order(self._order()),
            'invoice': lambda: self._code_of_invoice(self._invoice()),
            'link': self._code_of_link,
        }

    def _ways(self):
        """Return documents, ends and news in all combinations; an ordinary run takes every fifth."""
        ends = (
            self._left, self._renewed, self._buried, self._left_and_buried, self._renewed_and_buried,
        )
        news = (self._by_notice, self._by_cron, self._by_page, self._by_button)
        ways = [
            (document, code, end, learn)
            for (document, code), end, learn in product(self._documents().items(), ends, news)
            # The cron has asked for the last time.
            if learn != self._by_cron or 'buried' not in end.__name__
        ]
        return ways if 'EVERY_CASE' in os.environ else ways[::5]

    def test_given_up_and_kept_is_told(self):
        """Test that money of a code that was given up is told when it is kept, in each of 51 ways."""
        ways = self._ways()
        self.assertGreater(len(ways), 10)
        for document, code, end, learn in ways:
            with self.subTest(of=document, end=end.__name__, news=learn.__name__):
                self.opener.cookies.clear()  # another shopper
                tx = code()
                end(tx)
                self.sandbox.pay(tx)
                learn(tx)
                self._cron(money_cases.POST_PROCESSING)
                self.assertEqual(tx.state, 'done')
                self._nothing_back(tx)
                self._told_once(tx)

    def test_usual_money_is_told_to_nobody(self):
        """Test that an accountant's list stays empty when nothing unusual happens."""
        for document, code in self._documents().items():
            with self.subTest(of=document):
                tx = code()
                self._paid_and_followed(tx)
                self._nothing_back(tx)
                self.assertFalse(self._told(tx))

    def test_what_goes_back_is_told_once(self):
        """Test that a payment that nothing wants any more makes one task, however often it is heard of."""
        order = self._order()
        tx = self._code_of_order(order)
        order._action_cancel()
        self.sandbox.pay(tx)
        for learn in (self._by_notice, self._by_button, self._by_notice, self._by_button):
            learn(tx)
        self.assertEqual(self._told_once(tx).state, 'open')
        self._goes_on()
        self._all_back(tx)
        incident = self._told_once(tx)
        self.assertEqual(incident.state, 'done')
        self.assertTrue(incident.resolution, "It says what became of the money.")

    def test_shopper_hears_of_money_that_goes_back(self):
        """Test that the payer gets a mail and reads in the portal how much went back, where and why."""
        for name, change, amount in (
            ('whole', lambda order: order._action_cancel(), '88.80'),
            ('rest', lambda order: self._change(order, 80), '8.80'),
        ):
            with self.subTest(name):
                order = self._order()
                tx = self._code_of_order(order)
                change(order)
                with self.mock_mail_gateway():
                    self._paid_and_followed(tx)
                    self._cron('mail.ir_cron_mail_scheduler_action')
                mails = [mail for mail in self._mails if amount in mail['body'] and any(
                    self.partner.email in address for address in mail['email_to']
                )]
                self.assertEqual(len(mails), 1, "one mail to the payer about what went back")
                self.assertIn(self.method.name, mails[0]['body'])
                portal = self.url_open(order.get_portal_url()).text
                self.assertIn(amount, portal)
