# Part of payment_cn_wallets. License LGPL-3.

import json
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.tests import webhook_receiver
from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tests.webhook_cases import WebhookCases
from odoo.addons.payment_cn_wallets.tools import webhooks


@tagged('post_install', '-at_install')
class TestWebhookSending(WebhookCases, CnCommon):
    """How messages are sent, signed, repeated and given up."""

    has_order = False

    def setUp(self):
        super().setUp()
        self._listen()

    def _put(self):
        """Write a message about money."""
        tx = self._attempt()
        return self.env['payment.cn.webhook.message'].sudo()._cn_put(tx, 'kept', 8880)

    def test_repeated_until_it_is_taken(self):
        """Test that a message keeps number and body, is signed anew, and waits longer each time."""
        message = self._put()
        self.receiver.answers += [(500, {}, b'no'), (404, {}, b''), (200, {}, b'thanks')]
        waits = []
        for moment in ('2030-01-01 10:00:00', '2030-01-01 11:00:00', '2030-01-01 12:00:00'):
            with freeze_time(moment):
                message.filtered('next_at').next_at = fields.Datetime.now()
                self.env.flush_all()
                message._cn_send()
                if message.next_at:
                    waits.append((message.next_at - fields.Datetime.now()).total_seconds())
        self.assertEqual((message.state, message.tries, message.last_answer), ('done', 3, 'thanks'))
        self.assertTrue(5 <= waits[0] <= 7, waits)
        self.assertTrue(60 <= waits[1] <= 73, waits)
        self.assertEqual({headers['webhook-id'] for _path, headers, _body in self.receiver.caught}, {
            message.message_id,
        })
        self.assertEqual(len({body for _path, _headers, body in self.receiver.caught}), 1)
        stamps = [int(headers['webhook-timestamp']) for _path, headers, _body in self.receiver.caught]
        self.assertEqual(stamps[1] - stamps[0], 3600)
        for stamp, (_path, headers, body) in zip(stamps, self.receiver.caught, strict=True):
            webhook_receiver.verify(self.hook.secret, headers, body, now=stamp)

    def test_given_up_in_the_end(self):
        """Test that tries end, an administrator is told once, and a message can be sent again by hand."""
        messages = self._put() | self._put()
        tries = len(const.WEBHOOK_SCHEDULE) + 1
        self.receiver.answers += [(503, {}, b'')] * (2 * tries)
        for _try in range(tries):
            self._due()
            for message in messages:
                message._cn_send()
        self.assertEqual(messages.mapped('state'), ['failed'] * 2)
        self.assertEqual(self.hook.failed_count, 2)
        incidents = self.env['payment.cn.incident'].search([
            ('kind', '=', 'webhook'), ('provider_id', '=', self.provider.id),
        ])
        self.assertEqual((len(incidents), incidents.count, incidents.state), (1, 2, 'open'))
        self._sent()
        self.assertEqual(len(self.receiver.caught), 2 * tries)
        messages[0].action_cn_send_again()
        self._sent(after=2 * tries)
        self.assertEqual(messages.mapped('state'), ['done', 'failed'])
        self.assertEqual(self.receiver.caught[-1][1]['webhook-id'], messages[0].message_id)

    def test_gone_switches_off(self):
        """Test that 410 ends it, and that the rest waits for somebody to switch it on again."""
        first, second = self._put(), self._put()
        self.receiver.answers.append((410, {}, b''))
        self._sent()
        self.assertFalse(self.hook.active)
        self.assertEqual((first.state, second.state), ('failed', 'waiting'))
        self.assertEqual(len(self.receiver.caught), 1)
        with self.assertRaises(UserError):
            first.action_cn_send_again()
        self.hook.active = True
        self._sent(after=1)
        self.assertEqual(second.state, 'done')

    def test_system_that_is_silent_keeps_its_own_waiting_only(self):
        """Test that a run does not try each message of a system that does not take the first."""
        message = self._put()
        other = self.hook.copy({'url': f'{self.receiver.url}&other=1'})
        theirs = self._put().filtered(lambda one: one.webhook_id == other)
        self.receiver.answers.append((500, {}, b''))
        self._sent()
        self.assertEqual([path for path, _headers, _body in self.receiver.caught], [
            '/events?shop=1', '/events?shop=1&other=1',
        ])
        self.assertEqual((message.state, theirs.state), ('waiting', 'done'))

    def test_receiver_that_wants_to_be_left_alone(self):
        """Test that Retry-After lengthens the wait, and can't stop it."""
        for after, shortest, longest in (('3600', 3600, 3600), ('999999', 86400, 86400), ('soon', 5, 7)):
            message = self._put()
            self.receiver.answers.append((429, {'Retry-After': after}, b''))
            with freeze_time('2030-01-01 10:00:00'):
                message.next_at = fields.Datetime.now()
                message._cn_send()
                wait = (message.next_at - fields.Datetime.now()).total_seconds()
            self.assertTrue(shortest <= wait <= longest, (after, wait))

    def test_redirects_are_not_followed(self):
        """Test that nobody is led elsewhere with a message."""
        self.receiver.answers.append((307, {'Location': f'http://127.0.0.1:{self.receiver.port}/x'}, b''))
        message = self._put()
        message._cn_send()
        self.assertEqual((len(self.receiver.caught), message.state, message.last_status), (1, 'waiting', 307))

    def test_answers_are_not_kept(self):
        """Test that a few words of an answer are kept, and no control characters."""
        message = self._put()
        self.receiver.answers.append((200, {}, ("收到\x00\n" + 'x' * 5000).encode()))
        message._cn_send()
        self.assertEqual(message.state, 'done')
        self.assertLessEqual(len(message.last_answer), 200)
        self.assertTrue(message.last_answer.startswith("收到  x"))

    def test_nobody_is_there(self):
        """Test that a refused connection is a reason to try again."""
        self.receiver.stop()
        message = self._put()
        message._cn_send()
        self.assertEqual((message.state, message.last_status, message.last_answer), (
            'waiting', 0, 'connection refused',
        ))

    def test_new_secret(self):
        """Test that for a day both secrets verify, and afterwards the new one alone."""
        old = self.hook.secret
        self.hook.action_cn_new_secret()
        self.assertNotEqual(self.hook.secret, old)
        self._put()._cn_send()
        _path, headers, body = self.receiver.caught[0]
        for secret in (old, self.hook.secret):
            webhook_receiver.verify(secret, headers, body)
        self.hook.old_secret_until = fields.Datetime.now() - timedelta(seconds=1)
        self._put()._cn_send()
        _path, headers, body = self.receiver.caught[1]
        webhook_receiver.verify(self.hook.secret, headers, body)
        with self.assertRaises(webhook_receiver.NotGenuine):
            webhook_receiver.verify(old, headers, body)

    def test_specification_example(self):
        """Test the signature with the published example of the specification's own libraries."""
        body = b'{"test": 2432232314}'
        found = webhooks.headers(
            'msg_p5jXN8AQM9LWM0D4loKWxJek', body, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 1614265330,
        )
        self.assertEqual(found['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')

    def test_test_message(self):
        """Test that a test message is sent once, and tells no administrator of a failure."""
        self.receiver.answers.append((500, {}, b''))
        action = self.hook.action_cn_send_test()
        self._sent()
        message = self.env[action['res_model']].browse(action['res_id'])
        self.assertEqual((message.state, message.kind), ('failed', 'webhook.test'))
        self.assertEqual(json.loads(message.body)['data'], {'name': "Loudspeaker"})
        self.assertFalse(self.env['payment.cn.incident'].search([('kind', '=', 'webhook')]))
        message.action_cn_send_again()
        [event] = self._sent(after=1)
        self.assertEqual(event['type'], 'webhook.test')

    def test_old_messages_go(self):
        """Test that what is settled is deleted in time, and what waits is not."""
        old, waiting, young = self._put(), self._put(), self._put()
        old._cn_send()
        young._cn_send()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_cn_webhook_message SET create_date = create_date - interval '91 days'"
            " WHERE id IN %s", [(old.id, waiting.id)],
        )
        self.env.invalidate_all()
        self.assertEqual(young._gc_messages(), (1, 0))
        self.assertEqual((old | waiting | young).exists(), waiting | young)

    # === WHERE TO, AND BY WHOM === #

    def test_addresses_that_are_refused(self):
        """Test that neither http nor the shop's own network is called unless that was allowed."""
        for url in (
            'http://example.com/x', 'https://127.0.0.1/x', 'https://[::1]/x', 'https://10.0.0.8/x',
            'https://me:secret@example.com/', 'ftp://example.com/', 'https://', '', 'https://a:99999/',
            'https://169.254.169.254/latest/meta-data', 'https://[::ffff:10.0.0.8]/',
        ):
            with self.assertRaises(ValidationError, msg=url):
                self.hook.write({'url': url, 'allows_private': False})
        for url in (
            'http://169.254.169.254/latest', 'http://[fe80::1]/', 'http://100.100.100.200/latest',
            'http://168.63.129.16/', 'http://[fd00:ec2::254]/', 'http://[::ffff:169.254.169.254]/',
            'http://[64:ff9b::a9fe:a9fe]/', 'http://0.0.0.0/', 'http://8.8.8.8/', 'http://224.0.0.1/',
        ):
            with self.assertRaises(ValidationError, msg=url):
                self.hook.write({'url': url, 'allows_private': True})
        for url, private in (
            ('https://example.com/x', False), ('https://1.1.1.1/x', False), ('http://192.168.1.7/p', True),
            ('http://printer.lan:8080/', True), ('https://[fd12::7]/', True),
        ):
            self.hook.write({'url': url, 'allows_private': private})

    def test_name_that_leads_into_the_network(self):
        """Test that what counts is where a name leads when it is called, and that nothing is sent there."""
        port = self.receiver.port
        self.hook.write({'url': f'https://localhost:{port}/x', 'allows_private': False})
        message = self._put()
        message._cn_send()
        self.assertEqual((message.last_status, message.last_answer), (0, "this address is not allowed"))
        self.assertFalse(self.receiver.caught)
        self.hook.write({'url': f'http://localhost:{port}/x', 'allows_private': True})
        message._cn_send()
        self.assertEqual(message.state, 'done')

    @mute_logger('odoo.addons.base.models.ir_model')
    def test_administrators_only(self):
        """Test that accountants can't read secrets or addresses, nor send anything."""
        self._put()
        accountant = new_test_user(self.env, 'hook-accountant', groups='account.group_account_manager')
        hook, message = self.hook.with_user(accountant), self._messages().with_user(accountant)
        for call in (
            lambda: hook.read(['secret']), lambda: hook.read(['url']), lambda: message.read(['body']),
            hook.action_cn_new_secret, hook.action_cn_send_test, message.action_cn_send_again,
        ):
            with self.assertRaises(AccessError):
                call()

    def test_secrets_that_are_refused(self):
        """Test that a secret that the receiver's library refuses is refused here."""
        for secret in ('', 'secret', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_%%%', f'whsec_{"A" * 120}'):
            with self.assertRaises(ValidationError, msg=secret):
                self.hook.secret = secret
        self.hook.secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

    def test_copied_database_tells_nobody(self):
        """Test that neutralising takes secrets, and leaves nothing on its way."""
        message = self._put()
        self.hook.action_cn_new_secret()
        self.env.flush_all()
        with file_open('payment_cn_wallets/data/neutralize.sql') as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.hook.secret or self.hook.old_secret or self.hook.active)
        self.assertEqual(message.state, 'failed')
        self.env.registry.clear_cache()
        self._sent()
        self.assertFalse(self.receiver.caught)

    def test_broken_message_does_not_stop_others(self):
        """Test that whatever goes wrong with one message is noted with it."""
        first = self._put()
        other = self.hook.copy({'url': f'{self.receiver.url}&other=1'})
        theirs = self._put().filtered(lambda one: one.webhook_id == other)
        post = webhooks.post

        def failing(url, *args):
            if 'other' not in url:
                raise RuntimeError("never seen before")
            return post(url, *args)
        with patch.object(webhooks, 'post', failing), mute_logger(
            'odoo.addons.payment_cn_wallets.models.records.webhook_message'
        ):
            self._sent()
        self.assertEqual((first.state, first.last_answer, theirs.state), ('waiting', 'RuntimeError', 'done'))
