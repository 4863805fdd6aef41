# Part of payment_cn_wallets. License LGPL-3.
"""Two database connections at once. These tests commit, and clean up after themselves."""

from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api, sql_db
from odoo.tests import get_db_name, tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import race_cases
from odoo.addons.payment_cn_wallets.tests.race_cases import forget_at_gateways
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestRace(race_cases.RaceCases):

    def setUp(self):
        self.created, self.provider_before = [], None
        super().setUp()
        with self._env() as env:
            provider = env.ref('payment_cn_wallets.payment_provider_huishouyin')
            self.provider_before = provider.read([
                'state', 'huishouyin_app_id', 'huishouyin_mch_uid', 'huishouyin_key',
                'cn_sandbox_url', 'is_published',
            ])[0]
            provider.write(self._credentials())
            self.provider_id = provider.id

    def _remove(self, env):
        txs = env['payment.transaction'].browse(self.created).exists()
        txs |= txs.child_transaction_ids
        env['payment.cn.incident'].search([('transaction_id', 'in', txs.ids)]).unlink()
        env['payment.cn.notice'].search([('transaction_id', 'in', txs.ids)]).unlink()
        txs.sale_order_ids.write({'state': 'cancel'})
        orders = txs.sale_order_ids
        forget_at_gateways(txs)
        txs.filtered('source_transaction_id').unlink()
        txs.exists().unlink()
        orders.unlink()
        if self.provider_before:
            values = dict(self.provider_before)
            env['payment.provider'].browse(values.pop('id')).write(values)

    def _new_attempt(self, order=False, **values):
        with self._env() as env:
            provider = env['payment.provider'].browse(self.provider_id)
            tx = env['payment.transaction'].create({
                'provider_id': provider.id,
                'payment_method_id': env.ref('payment.payment_method_wechat_pay').id,
                'amount': 100,
                'currency_id': env.ref('base.CNY').id,
                'partner_id': env.ref('base.partner_admin').id,
                'operation': 'online_redirect',
                'cn_scene': 'qr',
                **({'sale_order_ids': [(4, order)]} if order else {}),
                **values,
            })
            self.created.append(tx.id)
            throttle.forget(env.cr.dbname, tx._cn_throttle_key())
            return tx.id

    def _new_order(self):
        with self._env() as env:
            order = env['sale.order'].create({
                'partner_id': env.ref('base.partner_admin').id,
                'currency_id': env.ref('base.CNY').id,
                'order_line': [(0, 0, {
                    'product_id': env['product.product'].create({
                        'name': "Race", 'taxes_id': False, 'type': 'service',
                    }).id,
                    'price_unit': 100, 'tax_ids': [(5,)],
                })],
            })
            return order.id

    def _together(self, *actions):
        """Run actions whose snapshots were all taken before the first of them began.

        That is what happens to requests at the same time, in an order that a test can rely on. An
        action that collides is repeated with a new snapshot, as Odoo repeats the request.

        :return: what each returned or raised
        """
        cursors = [sql_db.db_connect(get_db_name()).cursor() for _action in actions]
        environments = [api.Environment(cr, SUPERUSER_ID, {}) for cr in cursors]
        results = []
        self.collisions = 0
        try:
            for cr in cursors:
                cr.execute("SELECT count(*) FROM payment_transaction")
            for env, action in zip(environments, actions, strict=True):
                for _attempt in range(5):
                    try:
                        result = action(env)
                        env.cr.commit()
                    except psycopg2.errors.SerializationFailure:
                        self.collisions += 1
                        env.cr.rollback()
                        continue
                    except Exception as error:  # handed to the test, which looks at it
                        env.cr.rollback()
                        result = error
                    results.append(result)
                    break
                else:
                    results.append(AssertionError("never got through"))
        finally:
            for cr in cursors:
                cr.close()
        return results

    def test_eight_notices_at_once_are_stored_once(self):
        """Test that copies of a notice that arrive together book one payment."""
        tx_id = self._new_attempt()

        def place(env):
            env['payment.transaction'].browse(tx_id)._cn_place_order('127.0.0.1')
        self._together(place)

        def apply(env):
            tx = env['payment.transaction'].browse(tx_id)
            tx._cn_apply(PaymentResult(Outcome.PAID, amount=10000, gateway_trade_no='X'))
            return tx.state
        with self.assertNoLogs('odoo.sql_db', level='ERROR'):
            self.assertEqual(self._together(*[apply] * 8), ['done'] * 8)
        self.assertEqual(self.collisions, 7)
        with self._env() as env:
            tx = env['payment.transaction'].browse(tx_id)
            self.assertEqual(tx.state, 'done')
            self.assertFalse(tx.child_transaction_ids)
            self.assertFalse(tx.cn_incident_ids)

    def test_cron_and_request_come_for_one_notice(self):
        """Test that whoever is second leaves a notice to the first, without an error in the log."""
        tx_id = self._new_attempt()
        with self._env() as env:
            notice_id = env['payment.cn.notice'].create({
                'provider_id': self.provider_id, 'kind': 'payment', 'digest': str(tx_id),
                'transaction_id': tx_id,
            }).id
        done = []

        def apply(notice):
            if not done:
                done.append(notice)
                with self._env() as other, self.assertNoLogs('odoo.sql_db', level='ERROR'):
                    other.cr.execute("SET LOCAL lock_timeout = '100ms'")
                    other['payment.cn.notice'].browse(notice_id)._cn_process()
            return 'done', False
        with self._env() as env, patch.object(
            self.registry['payment.cn.notice'], '_cn_apply', apply
        ):
            env['payment.cn.notice'].browse(notice_id)._cn_process()
        with self._env() as env:
            notice = env['payment.cn.notice'].browse(notice_id)
            self.assertEqual((notice.state, notice.tries), ('done', 1))

    def test_two_tabs_place_one_order(self):
        """Test that two requests that start the same attempt ask the gateway once."""
        tx_id = self._new_attempt()

        def place(env):
            env['payment.transaction'].browse(tx_id)._cn_place_order('127.0.0.1')
        results = self._together(place, place, place)
        self.assertEqual(results, [None] * 3)
        self.assertEqual(self.collisions, 2)
        calls = self.sandbox.get('ledger')['calls']
        self.assertEqual(len([c for c in calls if c['operation'] == 'order']), 1)
        with self._env() as env:
            self.assertTrue(env['payment.transaction'].browse(tx_id).cn_code_url)

    def test_two_attempts_paid_at_once(self):
        """Test that of two payments for one order one is kept and one goes back."""
        order_id = self._new_order()
        ids = [self._new_attempt(order=order_id), self._new_attempt(order=order_id)]

        def pay(tx_id):
            def action(env):
                env['payment.transaction'].browse(tx_id)._cn_apply(
                    PaymentResult(Outcome.PAID, amount=10000)
                )
            return action
        self.assertEqual(self._together(*map(pay, ids)), [None, None])
        self.assertEqual(self.collisions, 1)
        with self._env() as env:
            txs = env['payment.transaction'].browse(ids)
            self.assertEqual(txs.mapped('state'), ['done', 'done'])
            self.assertEqual(len(txs.child_transaction_ids), 1)
            self.assertEqual(txs.child_transaction_ids.amount, -100)

    def test_two_users_refund_at_once(self):
        """Test that two refunds of sixty of a hundred can't both go through."""
        tx_id = self._new_attempt()
        with self._env() as env:
            env['payment.transaction'].browse(tx_id).write({'state': 'done'})

        def refund(env):
            return env['payment.transaction'].browse(tx_id)._refund(60).id
        with patch.object(
            self.registry['payment.transaction'], '_cn_advance_refund', lambda self: None
        ):
            results = self._together(refund, refund)
        self.assertEqual(self.collisions, 1)
        refused = [result for result in results if not isinstance(result, int)]
        self.assertEqual(len(refused), 1, results)
        self.assertEqual(type(refused[0]).__name__, 'UserError')
        with self._env() as env:
            tx = env['payment.transaction'].browse(tx_id)
            self.assertEqual(tx.cn_refund_reserved, 60)
            self.assertEqual(tx.child_transaction_ids.amount, -60)

    def test_intent_is_committed_before_the_gateway_hears(self):
        """Test that another connection sees the attempt while the gateway is being asked."""
        tx_id = self._new_attempt()
        seen = []

        def look(gateway, request):
            with self._env() as env:
                seen.append(env['payment.transaction'].browse(tx_id).read(
                    ['cn_ordered_at', 'cn_outcome', 'cn_out_trade_no']
                )[0])
            raise SystemExit("the process dies here")

        with self._env() as env:
            tx = env['payment.transaction'].browse(tx_id)
            with patch.object(type(tx._cn_gateway()), 'order', look), \
                    self.assertRaises(SystemExit):
                tx._cn_place_order('127.0.0.1')
        self.assertEqual(seen[0]['cn_outcome'], 'unknown')
        self.assertTrue(seen[0]['cn_ordered_at'])
        with self._env() as env:
            tx = env['payment.transaction'].browse(tx_id)
            self.assertEqual(tx.cn_outcome, 'unknown')
            self.assertTrue(tx.cn_next_query_at)

    def test_refund_is_sent_after_commit_and_never_before(self):
        """Test that a refund that is rolled back never reaches the gateway."""
        tx_id = self._new_attempt()

        def place(env):
            env['payment.transaction'].browse(tx_id)._cn_place_order('127.0.0.1')
        self._together(place)
        with self._env() as env:
            self.sandbox.pay(env['payment.transaction'].browse(tx_id))
            throttle.forget(env.cr.dbname, env['payment.transaction'].browse(tx_id)._cn_throttle_key())
            env['payment.transaction'].browse(tx_id)._cn_query()
        with self._env() as env:
            env['payment.transaction'].browse(tx_id)._refund(10)
            env.cr.rollback()
        calls = [c['operation'] for c in self.sandbox.get('ledger')['calls']]
        self.assertNotIn('refund', calls)
        with self._env() as env:
            env['payment.transaction'].browse(tx_id)._refund(10)
        calls = [c['operation'] for c in self.sandbox.get('ledger')['calls']]
        self.assertEqual(calls.count('refund'), 1)
