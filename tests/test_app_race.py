# Part of payment_cn_wallets. License LGPL-3.
"""Two copies of a request of an app at once. These tests commit, and clean up after themselves."""

import psycopg2

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import race_cases
from odoo.addons.payment_cn_wallets.tools.problems import Problem

CALLER = 'key:0'


@tagged('post_install', '-at_install')
class TestAppRace(race_cases.RaceCases):

    def _remove(self, env):
        env['payment.cn.app.call'].search([('caller', '=', CALLER)]).unlink()

    def _begin(self, env, runner):
        return env['payment.cn.app.call']._cn_begin(CALLER, 'k', 'same', runner)

    def test_second_copy_finds_the_first(self):
        """Test that of two copies whose snapshots are the same one goes on, and the other begins anew."""
        with self._env() as one, self._env() as other:
            for env in (one, other):
                env.cr.execute("SELECT 1")
            self.assertEqual(self._begin(one, 'a').state, 'running')
            one.cr.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self._begin(other, 'b')
            other.cr.rollback()  # as Odoo does before it begins anew
            with self.assertRaises(Problem) as refused:
                self._begin(other, 'b')
            self.assertEqual(refused.exception.code, 'still-running')
            self.assertEqual(self._begin(one, 'a').state, 'running', "the first one itself begins anew")

    def test_two_go_on_with_what_was_left(self):
        """Test that a request that its process left behind is gone on with by one only."""
        with self._env() as env:
            self._begin(env, 'a')._cn_leave_open()
        with self._env() as one, self._env() as other:
            for env in (one, other):
                env.cr.execute("SELECT 1")
            self.assertEqual(self._begin(one, 'b').runner, 'b')
            one.cr.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self._begin(other, 'c')
            other.cr.rollback()
            with self.assertRaises(Problem):
                self._begin(other, 'c')
