# Part of payment_cn_wallets. License LGPL-3.
"""Two workers that send. These tests commit, and clean up after themselves."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import race_cases, webhook_receiver
from odoo.addons.payment_cn_wallets.tools import webhooks


@tagged('post_install', '-at_install')
class TestWebhookRace(race_cases.RaceCases):

    def setUp(self):
        super().setUp()
        self.receiver = webhook_receiver.Receiver()
        self.addCleanup(self.receiver.stop)
        with self._env() as env:
            hook = env['payment.cn.webhook'].create({
                'name': "Race", 'url': self.receiver.url, 'allows_private': True,
            })
            self.hook_id = hook.id
            self.message_id = env['payment.cn.webhook.message']._cn_put_test(hook).id

    def _remove(self, env):
        env['payment.cn.webhook'].browse(self.hook_id).exists().unlink()

    def _message(self, env):
        return env['payment.cn.webhook.message'].browse(self.message_id)

    def test_never_sent_by_two_at_once(self):
        """Test that while one worker waits for the answer, no other one sends, whatever it sees."""
        found = []

        def meanwhile(*_args):
            with self._env() as env:
                message = self._message(env)
                found.append((message.state, message.tries, message._cn_send()))
                with self.assertRaises(UserError):
                    message.action_cn_send_again()
            return webhooks.Answer(204, '')
        with patch.object(webhooks, 'post', meanwhile), self._env() as env:
            self.assertTrue(self._message(env)._cn_send())
        self.assertEqual(found, [('waiting', 1, None)])
        with self._env() as env:
            self.assertEqual((self._message(env).state, self._message(env).tries), ('done', 1))

    def test_lock_of_another_worker_is_passed_by(self):
        """Test that a message that is being claimed is not waited for."""
        with self._env() as one, self._env() as other:
            self.assertTrue(self._message(one)._cn_claim())
            other.cr.execute("SET LOCAL lock_timeout = '100ms'")
            self.assertFalse(self._message(other)._cn_claim())

    def test_worker_that_died(self):
        """Test that what a worker had claimed when it died is sent by another one, later."""
        with self._env() as env:
            self.assertTrue(self._message(env)._cn_claim())
        with self._env() as env:
            self.assertIsNone(self._message(env)._cn_send())
            self._message(env).claimed_until = fields.Datetime.now() - timedelta(seconds=1)
            env.flush_all()
            self.assertTrue(self._message(env)._cn_send())
        self.assertEqual(len(self.receiver.caught), 1)
