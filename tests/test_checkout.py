# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle

PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148'


@tagged('post_install', '-at_install')
class TestCheckout(CnCommon, HttpCase):

    def _call(self, name, tx, token=None, agent='Mozilla/5.0 (X11; Linux x86_64)', **values):
        answer = self.url_open(
            f'/payment/cn/checkout/{name}',
            json={'jsonrpc': '2.0', 'id': 1, 'method': 'call', 'params': {
                'tx_id': tx.id, 'token': token or tx._cn_token(), **values,
            }},
            headers={'User-Agent': agent},
        ).json()
        self.env.invalidate_all()
        return answer.get('result') or answer['error']

    def _may_ask(self, tx):
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())

    def test_page_shows_amount_and_reference(self):
        """Test that the page can be opened and reloaded before and after the order."""
        order = self._order()
        tx = self._attempt(order=order)
        for _reload in range(2):
            page = self.url_open(tx._cn_checkout_path())
            self.assertEqual(page.status_code, 200)
            self.assertIn(order.name, page.text)
            self.assertIn('88.80', page.text)
            self.assertEqual(page.headers['Cache-Control'], 'no-store')
            self._call('start', tx)
        self.assertEqual(len(self.sandbox.get('ledger')['orders']), 1)

    def test_token_guards_page_and_calls(self):
        """Test that an attempt can't be seen or driven without its token."""
        tx, other = self._attempt(), self._attempt()
        with mute_logger('odoo.http'):
            for token in ('x', other._cn_token(), tx._cn_token()[:-1]):
                self.assertEqual(
                    self.url_open(f'/payment/cn/checkout/{tx.id}/{token}').status_code, 404
                )
                for name in ('start', 'poll', 'check', 'renew', 'leave'):
                    self.assertEqual(self._call(name, tx, token)['code'], 404)
        self.assertFalse(tx.cn_ordered_at)

    def test_start_gives_a_code_and_poll_keeps_it(self):
        """Test that the page gets its QR as SVG, made by the server."""
        tx = self._attempt(order=self._order())
        snapshot = self._call('start', tx)
        self.assertEqual((snapshot['phase'], snapshot['kind']), ('waiting', 'qr'))
        self.assertTrue(snapshot['qr_svg'].startswith('<svg'))
        self.assertGreater(snapshot['expires_in'], 60)
        self.assertEqual(self._call('poll', tx)['phase'], 'waiting')

    def test_polling_writes_nothing_and_asks_nobody(self):
        """Test that hundred polls leave database and gateway alone."""
        tx = self._ordered(order=self._order())
        self._call('poll', tx)  # takes along what the order left to be written
        calls = len(self.sandbox.get('ledger')['calls'])
        writes = []
        real = self.cr.execute

        def spy(query, *args, **kwargs):
            text = str(getattr(query, 'code', query)).lstrip().split(None, 1)[0].upper()
            if text in ('INSERT', 'UPDATE', 'DELETE'):
                writes.append(str(getattr(query, 'code', query)))
            return real(query, *args, **kwargs)

        with patch.object(self.cr, 'execute', spy):
            for _poll in range(20):
                self._call('poll', tx)
        self.assertFalse(writes)
        self.assertEqual(len(self.sandbox.get('ledger')['calls']), calls)

    def test_many_tabs_one_question(self):
        """Test that however many pages ask, the gateway hears one question in three seconds."""
        tx = self._ordered(order=self._order())
        self._may_ask(tx)
        for _tab in range(5):
            self._call('check', tx)
            self._call('check', tx, pressed=True)
        queries = [c for c in self.sandbox.get('ledger')['calls'] if c['operation'] == 'query']
        self.assertEqual(len(queries), 1)

    def test_pressing_check_says_what_is_known(self):
        """Test that the button answers with a sentence."""
        tx = self._ordered()
        self.assertTrue(self._call('check', tx, pressed=True)['message'])

    def test_payment_moves_the_page_on(self):
        """Test that the page learns of the payment and where to go."""
        tx = self._ordered(order=self._order())
        self.sandbox.pay(tx)
        self._may_ask(tx)
        snapshot = self._call('check', tx)
        self.assertEqual(snapshot['phase'], 'paid')
        answer = self.url_open(snapshot['next_url'])
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.url.endswith('/payment/status'))

    def test_phone_gets_a_link(self):
        """Test that a phone is offered the wallet's page."""
        tx = self._ordered(order=self._order(), scene='h5')
        snapshot = self._call('poll', tx, agent=PHONE)
        self.assertEqual(snapshot['kind'], 'link')
        self.assertTrue(snapshot['pay_url'].startswith('http'))
        self.assertEqual(self._call('poll', tx)['kind'], 'link_qr')

    def test_renew_retires_the_old_attempt(self):
        """Test that a new code replaces the old one, which stays watched."""
        order = self._order()
        tx = self._ordered(order=order)
        snapshot = self._call('renew', tx)
        new = self.env['payment.transaction'].browse(snapshot['tx_id'])
        self.assertNotEqual(new, tx)
        self.assertEqual(snapshot['phase'], 'waiting')
        self.assertNotEqual(new.cn_out_trade_no, tx.cn_out_trade_no)
        self.assertEqual(new.sale_order_ids, order)
        self.assertTrue(tx.cn_given_up and tx.cn_next_query_at)
        self.assertEqual(self._call('renew', tx)['tx_id'], new.id)
        self.assertEqual(self._call('poll', tx)['next_url'], new._cn_checkout_path())

    def test_renew_of_a_paid_attempt_pays_nothing_twice(self):
        """Test that asking for a new code after paying moves on instead."""
        tx = self._ordered(order=self._order())
        self.sandbox.pay(tx)
        self._may_ask(tx)
        self.assertEqual(self._call('renew', tx)['phase'], 'paid')
        self.assertFalse(tx.cn_next_id)

    def test_old_code_paid_after_renewal_moves_the_new_page_on(self):
        """Test that a shopper who scanned the old code sees the payment on the new page."""
        order = self._order()
        tx = self._ordered(order=order)
        snapshot = self._call('renew', tx)
        new = self.env['payment.transaction'].browse(snapshot['tx_id'])
        self.sandbox.pay(tx)
        self._ask(tx)
        snapshot = self._call('poll', new)
        self.assertEqual((snapshot['phase'], snapshot['next_url']), ('paid', tx._cn_return_path()))

    def test_lost_order_is_replaced(self):
        """Test that a lost answer leads to a new attempt with a code, by itself."""
        self.sandbox.fault('reset', operation='order', times=1)
        tx = self._attempt(order=self._order())
        self.assertEqual(self._call('start', tx)['phase'], 'preparing')
        self._may_ask(tx)
        snapshot = self._call('check', tx)
        self.assertNotEqual(snapshot['tx_id'], tx.id)
        self.assertEqual(snapshot['phase'], 'waiting')
        self.assertTrue(tx.cn_given_up and tx.cn_next_query_at)
        self.assertEqual(tx.state, 'draft')

    def test_lost_orders_are_not_replaced_for_ever(self):
        """Test that a gateway that never answers ends in a choice, not in a loop."""
        self.sandbox.fault('reset', operation='order')
        tx = self._attempt(order=self._order())
        self._call('start', tx)
        for _try in range(8):
            self._may_ask(tx)
            tx = self.env['payment.transaction'].browse(self._call('check', tx)['tx_id'])
        self.assertLessEqual(len(self.sandbox.get('ledger')['orders']), 5)

    def test_expired_code(self):
        """Test that an old code is taken off the page while it is still watched."""
        tx = self._ordered(order=self._order())
        self._let_pass(tx, minutes=90)
        self.env.flush_all()
        snapshot = self._call('poll', tx)
        self.assertEqual((snapshot['phase'], snapshot['qr_svg']), ('expired', ''))
        self.assertTrue(tx.cn_next_query_at)

    def test_leaving_gives_up(self):
        """Test that going back to other methods is noted, and harmless."""
        tx = self._ordered(order=self._order())
        self._call('leave', tx)
        self.assertTrue(tx.cn_given_up)
        self.assertEqual(tx.state, 'draft')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def test_back_leads_where_the_shopper_came_from(self):
        """Test that only pages of this site are led back to."""
        invoice = self._invoice()
        tx = self._attempt(invoice=invoice)
        self.assertIn(f'/my/invoices/{invoice.id}', tx._cn_back_path())
        tx.cn_back_route = '/shop/payment'
        self.assertEqual(tx._cn_back_path(), '/shop/payment')

    def test_invoice_is_paid(self):
        """Test that a portal invoice is paid and reconciled."""
        invoice = self._invoice()
        tx = self._paid(invoice=invoice)
        tx._post_process()
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(invoice.amount_residual, 0)
