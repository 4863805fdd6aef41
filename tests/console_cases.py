# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from odoo.addons.payment_cn_wallets.tests import money_cases
from odoo.addons.payment_cn_wallets.tests.catcher import Catcher


class ConsoleCases(money_cases.MoneyCases):
    """Money that somebody gives back in the gateway's console. Subclasses name the gateway."""

    allow_inherited_tests_method = True
    # What a query tells once all of a payment, or a part of it, went back: nothing where False.
    tells_of_whole = True
    tells_of_part = True
    # Whether it can be found out how much went back.
    knows_amount = True

    def _give_back(self, tx, **values):
        return self.sandbox.post('console-refunds', out_trade_no=tx.cn_out_trade_no, **values)

    def _asked_again(self, tx):
        money_cases.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        tx.action_cn_query()
        self._goes_on()

    def _open_incidents(self, tx):
        return self._told(tx).filtered(lambda one: one.state == 'open')

    # === BEFORE THE SHOP HEARD OF THE PAYMENT === #

    def test_refunded_before_the_shop_asked(self):
        """Test that an order whose money is back already is not confirmed, and that it is told."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self.sandbox.pay(tx)
        self._give_back(tx)
        self._learn(tx)
        self._goes_on()
        self._not_confirmed(order)
        self.assertEqual(order.amount_paid, 0)
        self.assertEqual(len(self._open_incidents(tx)), 1)
        self.assertEqual(sum((tx | tx.child_transaction_ids).payment_id.mapped('amount_signed')), 0)
        self.assertEqual(self._refunded(tx), 10000)

    def test_refunded_invoice_before_the_shop_asked(self):
        """Test that an invoice whose money is back already stays open."""
        invoice = self._invoice(100)
        tx = self._code_of_invoice(invoice)
        self.sandbox.pay(tx)
        self._give_back(tx)
        self._learn(tx)
        self._goes_on()
        self._invoice_open(invoice, 100)
        self.assertEqual(len(self._open_incidents(tx)), 1)

    def test_part_refunded_before_the_shop_asked(self):
        """Test that an order is not confirmed on money of which a part is back already."""
        order = self._order(100)
        tx = self._code_of_order(order)
        self.sandbox.pay(tx)
        self._give_back(tx, amount=4000)
        self._learn(tx)
        self._goes_on()
        if not self.tells_of_part:
            self.assertEqual(order.state, 'sale', "the gateway says that it is paid")
            return
        self._not_confirmed(order)
        self.assertEqual(len(self._open_incidents(tx)), 1)

    def _notice_of_what_is_back(self):
        """Return an order, its attempt, and the notice of a payment that was given back since."""
        catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(catcher.stop)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', catcher.url)
        self.provider.invalidate_recordset(['cn_notice_url'])
        order = self._order(100)
        tx = self._code_of_order(order)
        self.sandbox.pay(tx)
        notice = catcher.wait()[0]
        self._give_back(tx)
        return order, tx, notice

    def _arrives(self, headers, body):
        stored = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, headers, body, '127.0.0.1'
        )
        stored._cn_process()
        self._goes_on()
        self.assertEqual((stored.state, stored.reason), ('done', False))

    def test_notice_that_comes_after_the_money_is_back(self):
        """Test that nothing is confirmed on an old word: the gateway is asked what is true by now."""
        order, tx, notice = self._notice_of_what_is_back()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self._arrives(*notice)
        self._not_confirmed(order)
        self.assertEqual(len(self._open_incidents(tx)), 1)

    def test_notice_that_is_late_by_a_moment(self):
        """Test the same, at once, where it was found out before that the money has left."""
        order, tx, notice = self._notice_of_what_is_back()
        self._learn(tx)
        self._arrives(*notice)
        self._not_confirmed(order)
        self.assertEqual(len(self._open_incidents(tx)), 1)

    # === WHAT IS BOOKED === #

    def _booked(self):
        order = self._order(100)
        tx = self._code_of_order(order)
        self._paid_and_followed(tx)
        self.assertEqual((order.state, tx.cn_refundable_amount), ('sale', 100))
        return order, tx

    def test_booked_payment_is_refunded(self):
        """Test that books, order and refundable amount follow what the gateway says went back."""
        order, tx = self._booked()
        self._give_back(tx)
        self._asked_again(tx)
        self.assertTrue(self._open_incidents(tx))
        if not self.knows_amount:
            return
        self.assertEqual(tx.cn_refundable_amount, 0)
        self._books_agree(tx)
        self.assertEqual(order.amount_paid, 0)
        self._invoice_open(order.invoice_ids, 100)

    def test_booked_payment_is_refunded_once(self):
        """Test that what went back is booked and told once, however often the gateway says so."""
        _order, tx = self._booked()
        self._give_back(tx)
        for _again in range(3):
            self._asked_again(tx)
        self.assertEqual(len(self._told(tx)), 1)
        self.assertIn(len(tx.child_transaction_ids), (1,) if self.knows_amount else (0, 1))

    def test_shops_own_refund_is_no_news(self):
        """Test that what the shop itself gave back is told to nobody when the gateway says "refunded"."""
        for amount in (40, 60):
            with self.subTest(amount=amount):
                order, tx = self._booked()
                tx._refund(amount)
                self._goes_on()
                self._asked_again(tx)
                self.assertFalse(self._told(tx))
                self.assertEqual(tx.cn_refundable_amount, 100 - amount)
                self.assertEqual(order.amount_paid, 100 - amount)
