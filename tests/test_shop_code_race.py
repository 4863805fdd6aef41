# Part of payment_cn_wallets. License LGPL-3.
"""Two database connections at one shop code. These tests commit, and clean up after themselves."""

import threading
from concurrent.futures import ThreadPoolExecutor

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import race_cases
from odoo.addons.payment_cn_wallets.tests.pages import INSIDE
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestShopCodeRace(race_cases.RaceCases):

    def setUp(self):
        self.orders, self.code_id, self.provider_before, self.walk_in_before = [], 0, None, 0
        super().setUp()
        with self._env() as env:
            provider = env.ref('payment_cn_wallets.payment_provider_huishouyin')
            self.provider_before = provider.read([
                'state', 'cn_sandbox_url', 'journal_id', 'huishouyin_app_id', 'huishouyin_mch_uid', 'huishouyin_key',
            ], load=None)[0]
            bank = env['account.journal'].search(
                [('type', '=', 'bank'), ('company_id', '=', provider.company_id.id)], limit=1)
            provider.write({**self._credentials(), 'journal_id': provider.journal_id.id or bank.id})
            provider.payment_method_ids.active = True
            self.walk_in_before = provider.company_id.cn_walk_in_id.id
            self.code_id = env['payment.cn.shop.code'].create({
                'name': "Race", 'company_id': provider.company_id.id, 'way_ids': [(0, 0, {'provider_id': provider.id})],
            }).id

    def _remove(self, env):
        code = env['payment.cn.shop.code'].browse(self.code_id).exists()
        txs = env['payment.transaction'].search([('cn_shop_code_id', 'in', code.ids)])
        env['payment.cn.incident'].search([('transaction_id', 'in', txs.ids)]).unlink()
        orders = env['sale.order'].browse(self.orders).exists()
        orders.write({'state': 'cancel'})
        race_cases.forget_at_gateways(txs)
        txs.unlink()
        orders.unlink()
        code.unlink()
        walk_in = env['res.company'].search([('cn_walk_in_id', '!=', False)]).filtered(
            lambda company: company.cn_walk_in_id.id != self.walk_in_before
        )
        partner = walk_in.cn_walk_in_id
        walk_in.cn_walk_in_id = False
        partner.unlink()
        if self.provider_before:
            values = dict(self.provider_before)
            env['payment.provider'].browse(values.pop('id')).write(values)

    def _begin(self, env):
        code = env['payment.cn.shop.code'].browse(self.code_id)
        offer = next(one for one in code._cn_offers(INSIDE['alipay']) if one['wallet'].code == 'alipay')
        return code._cn_begin('one payer', offer, 1000, '', after=0)

    def _meanwhile(self, action):
        """Do something on a connection of its own, in a thread. It has begun when this returns."""
        begun = threading.Event()

        def act():
            with self._env() as env:
                env.cr.execute('SELECT id FROM payment_transaction LIMIT 1')  # sees nothing that comes later
                begun.set()
                return action(env)

        future = self.pool.submit(act)
        self.assertTrue(begun.wait(20))
        return future

    def test_pressed_twice(self):
        """Test that of two requests of one browser at the same moment one begins a payment, and the other sees it."""
        with ThreadPoolExecutor(1) as self.pool, mute_logger('odoo.sql_db'):
            with self._env() as env:
                first = self._begin(env)
                env.flush_all()
                second = self._meanwhile(lambda other: self._begin(other).id)
            with self.assertRaises(UniqueViolation):
                second.result(20)
        with self._env() as env:
            self.assertEqual(self._begin(env).id, first.id)

    def test_two_people_claim_one(self):
        """Test that the second one waits for the first, starts again, and is told who was quicker."""
        with self._env() as env:
            tx = self._begin(env)
            tx._cn_place_order('127.0.0.1')
            self.sandbox.pay(tx)
            throttle.forget(env.cr.dbname, tx._cn_throttle_key())
            tx._cn_query()
            self.assertEqual((tx.state, tx.cn_claimable), ('done', True))
            orders = env['sale.order'].create([{
                'partner_id': env.ref('base.partner_admin').id, 'company_id': tx.company_id.id,
                'currency_id': tx.currency_id.id,
                'order_line': [(0, 0, {'name': "Tea", 'product_uom_qty': 1, 'price_unit': 10, 'tax_ids': [(5,)],
                                       'product_id': env['product.product'].search([], limit=1).id})],
            } for _order in range(2)])
            self.orders, number = orders.ids, tx.id

        def claim(other, order):
            other['payment.transaction'].browse(number)._cn_claim_for(other['sale.order'].browse(order))

        with ThreadPoolExecutor(1) as self.pool, mute_logger('odoo.sql_db'):
            with self._env() as env:
                claim(env, self.orders[0])
                env.flush_all()
                second = self._meanwhile(lambda other: claim(other, self.orders[1]))
            with self.assertRaises(SerializationFailure):
                second.result(20)
        with self._env() as env, self.assertRaises(UserError):
            claim(env, self.orders[1])
        with self._env() as env:
            self.assertEqual(env['payment.transaction'].browse(number).sale_order_ids.ids, self.orders[:1])
