# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestWatch(CnCommon):

    def _watch(self, tx):
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        tx._cn_watch()

    def test_cron_finds_a_payment_nobody_waited_for(self):
        """Test that a shop that no notice reaches still books."""
        order = self._order()
        tx = self._ordered(order=order)
        self.sandbox.pay(tx)
        self._let_pass(tx, minutes=1)
        self._run_cron('cron_watch')
        self.assertEqual(tx.state, 'done')
        self.assertFalse(tx.cn_next_query_at)

    def test_collision_at_the_commit_does_not_end_the_cron(self):
        """Test that what collides is left for the next run, wherever the database tells so."""
        first, second = self._ordered(), self._ordered()
        for tx in (first, second):
            self.sandbox.pay(tx)
            self._let_pass(tx, minutes=1)
        commit, met = type(self.env['ir.cron'])._commit_progress, []

        def collide_once(cron, processed=0, **kwargs):
            if processed and not met:
                met.append(cron)
                raise psycopg2.errors.SerializationFailure
            return commit(cron, processed, **kwargs)
        with patch.object(type(self.env['ir.cron']), '_commit_progress', collide_once):
            self._run_cron('cron_watch')
        self.assertTrue(met)
        self.assertEqual((first.state, second.state), ('draft', 'done'))
        self._run_cron('cron_watch')
        self.assertEqual(first.state, 'done')

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.watch')
    def test_trouble_with_one_is_noted_though_it_collides(self):
        """Test that the cron goes on when even the note of a failure meets somebody else."""
        first, second = self._ordered(), self._ordered()
        self.sandbox.pay(second)
        for tx in (first, second):
            self._let_pass(tx, minutes=1)
        watch = type(first)._cn_watch

        def fail(tx):
            if tx == first:
                raise RuntimeError("broken")
            watch(tx)
        with patch.object(type(first), '_cn_watch', fail), patch.object(
            type(first), '_cn_watch_failed', side_effect=psycopg2.errors.SerializationFailure
        ):
            self._run_cron('cron_watch')
        self.assertEqual((first.state, second.state), ('draft', 'done'))

    def test_questions_become_rarer(self):
        """Test that waiting attempts are asked about with growing gaps, until they are dead."""
        tx = self._ordered()
        gaps = []
        for _try in range(6):
            before = tx.env.cr.now()
            self._watch(tx)
            gaps.append((tx.cn_next_query_at - before).total_seconds())
        self.assertEqual(gaps, sorted(gaps))
        self.assertGreater(gaps[-1], 300)
        self.assertEqual(tx.state, 'draft')

    def test_dead_and_unpaid_is_cancelled(self):
        """Test that an attempt ends when nobody can pay it and the gateway says unpaid."""
        tx = self._ordered()
        self._let_pass(tx, hours=3)
        self._watch(tx)
        self.assertEqual(tx.state, 'cancel')
        self.assertFalse(tx.cn_next_query_at)

    def test_given_up_is_watched_until_dead(self):
        """Test that a retired code on a gateway without close is asked about to its end."""
        tx = self._ordered()
        tx._cn_renew()
        self.assertTrue(tx.cn_given_up)
        self._watch(tx)
        self.assertEqual(tx.state, 'draft')
        self.assertTrue(tx.cn_next_query_at)
        self._let_pass(tx, hours=3)
        self.sandbox.pay(tx)
        self._watch(tx)
        self.assertEqual(tx.state, 'done')

    def test_unknown_is_never_buried(self):
        """Test that an attempt whose outcome can't be found out stays open, then raises alarm."""
        tx = self._ordered()
        self.sandbox.fault('garbage', operation='query')
        self._let_pass(tx, hours=3)
        self._watch(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'unknown'))
        self.assertTrue(tx.cn_next_query_at)
        self._let_pass(tx, days=8)
        self._watch(tx)
        self.assertEqual(tx.state, 'draft')
        self.assertEqual(tx.cn_incident_ids.mapped('kind'), ['unknown'])

    def test_order_that_never_arrived_is_cancelled_when_dead(self):
        """Test that a lost order, unknown to the gateway, ends when it can't be paid."""
        self.sandbox.fault('reset_before', operation='order', times=1)
        tx = self._ordered()
        self._watch(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'unknown'))
        self._let_pass(tx, hours=3)
        self._watch(tx)
        self.assertEqual(tx.state, 'cancel')

    def _paid_by_notice(self):
        """Return an attempt whose notice named the aggregator's numbers only."""
        tx = self._ordered()
        self.sandbox.pay(tx)
        self._receive(self._notice_body(tx, hy_bill_no=tx.provider_reference))
        self.assertEqual((tx.state, tx.cn_wallet_reference), ('done', False))
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        return tx

    def _questions(self, tx):
        return [call['operation'] for call in self.sandbox.order(tx)['calls']].count('query')

    def test_numbers_of_the_bill_are_asked_for(self):
        """Test that what the payer's bill shows is known a minute later, after one question."""
        tx = self._paid_by_notice()
        self._run_cron('cron_watch')
        self.assertEqual(self._questions(tx), 0)  # a till may be about to ask
        self._let_pass(tx, minutes=2)
        self._run_cron('cron_watch')
        known = self.sandbox.order(tx)
        self.assertEqual(tx.cn_wallet_reference, known['wallet_trade_no'])
        self.assertEqual(tx.cn_bill_bar_code, known['bar_code'])
        self.assertTrue(tx.cn_bill_bar_code)
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self._run_cron('cron_watch')
        self.assertEqual(self._questions(tx), 1)

    def test_numbers_of_the_bill_are_known(self):
        """Test that nobody asks for what a till or a page has learnt meanwhile."""
        tx = self._paid_by_notice()
        self._ask(tx)
        self.assertTrue(tx.cn_bill_bar_code)
        self._let_pass(tx, minutes=2)
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self._run_cron('cron_watch')
        self.assertFalse(tx.cn_bill_due_at)
        self.assertEqual(self._questions(tx), 1)

    def test_no_answer_about_the_bill(self):
        """Test that the payment stays what it is when that question fails, and that it is not repeated."""
        tx = self._paid_by_notice()
        self.sandbox.fault('garbage', operation='query')
        self._let_pass(tx, minutes=2)
        self._run_cron('cron_watch')
        self.assertEqual((tx.state, tx.cn_bill_bar_code, tx.cn_bill_due_at), ('done', False, False))

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.watch')
    def test_one_broken_attempt_does_not_stop_the_others(self):
        """Test that the cron goes on after an attempt that it can't handle."""
        broken, tx = self._ordered(), self._ordered()
        self.sandbox.pay(tx)
        for attempt in broken + tx:
            self._let_pass(attempt, minutes=1)
        broken.cn_dead_at = False
        broken.state = 'cancel'
        self._run_cron('cron_watch')
        self.assertEqual(tx.state, 'done')

    def test_removed_credentials_raise_an_alarm(self):
        """Test that open attempts of a provider that was emptied are not forgotten silently."""
        tx = self._ordered()
        self.provider.action_reset_credentials()
        self._watch(tx)
        self.assertEqual(tx.cn_incident_ids.mapped('kind'), ['unknown'])
