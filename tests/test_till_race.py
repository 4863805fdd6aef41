# Part of payment_cn_wallets. License LGPL-3.
"""Two tills and one payment line, on two database connections. These tests commit, and clean up."""

from unittest.mock import patch
from uuid import uuid4

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import race_cases
from odoo.addons.payment_cn_wallets.tests.race_cases import forget_at_gateways
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestTillRace(race_cases.RaceCases):

    def setUp(self):
        self.made = []
        super().setUp()
        with self._env() as env:
            cny = env.ref('base.CNY')
            provider = env.ref('payment_cn_wallets.payment_provider_huishouyin').copy()
            provider.write(self._credentials())
            # The company may have another currency: the till's journals have this one.
            sale, bank = (env['account.journal'].create({
                'name': f"Race {kind}", 'type': kind, 'code': f'RC{kind[0]}'.upper(),
                'currency_id': cny.id,
            }) for kind in ('sale', 'bank'))
            button = env['pos.payment.method'].create({
                'name': "Scan to pay", 'payment_method_type': 'terminal',
                'use_payment_terminal': 'cn_wallets', 'journal_id': bank.id,
                'cn_provider_ids': [Command.set(provider.ids)],
            })
            pricelist = env['product.pricelist'].create({'name': "Race", 'currency_id': cny.id})
            till = env['pos.config'].create({
                'name': "Race", 'journal_id': sale.id, 'invoice_journal_id': sale.id,
                'payment_method_ids': [Command.set(button.ids)],
                'use_pricelist': True, 'pricelist_id': pricelist.id,
                'available_pricelist_ids': [Command.set(pricelist.ids)],
            })
            till.open_ui()
            session = till.current_session_id
            session.set_opening_control(0, "")
            self.made = (session, till, button, provider, pricelist, sale, bank)
            self.made = [(record._name, record.id) for record in self.made]
            self.button = button.id
            self.line = {
                'uuid': str(uuid4()), 'order': str(uuid4()), 'reference': 'RACE 1',
                'amount': '12.00', 'session': session.id,
            }

    def _remove(self, env):
        if self.made:
            transactions = env['payment.transaction'].search(
                [('cn_till_order', '=', self.line['order'])]
            )
            forget_at_gateways(transactions | transactions.child_transaction_ids)
            (transactions.child_transaction_ids - transactions).unlink()
            transactions.unlink()
        for model, record in self.made:
            env[model].browse(record).unlink()

    def _code(self):
        return self.sandbox.post('payment-codes', wallet='wechat_pay')['code']

    @mute_logger('odoo.sql_db')
    def test_two_tills_charge_one_line(self):
        """Test that of two charges that began together only one reaches the gateway."""
        with self._env() as one, self._env() as other:
            # Both have looked: neither can see what the other is about to write.
            for env in (one, other):
                self.assertFalse(env['payment.transaction']._cn_till_live(self.line['uuid']))
            first = one['pos.payment.method'].browse(self.button).cn_charge(self.line, self._code())
            one.cr.commit()
            second = other['pos.payment.method'].browse(self.button).cn_charge(
                self.line, self._code()
            )
        self.assertEqual((first['phase'], second['phase']), ('paid', 'paid'))
        orders = self.sandbox.get('ledger')['orders']
        self.assertEqual([order['amount'] for order in orders], [1200])

    def test_the_intent_is_there_before_the_money(self):
        """Test that a till that dies in the middle of a charge leaves its number behind."""
        button = 'odoo.addons.payment_cn_wallets.gateways.huishouyin.Huishouyin.charge'
        with patch(button, side_effect=SystemExit), self.assertRaises(SystemExit), \
                self._env() as env:
            env['pos.payment.method'].browse(self.button).cn_charge(self.line, self._code())
        with self._env() as env:
            tx = env['payment.transaction']._cn_till_live(self.line['uuid'])
            self.assertEqual((tx.state, tx.cn_outcome), ('pending', 'unknown'))
            self.assertTrue(tx.cn_next_query_at)
            status = env['pos.payment.method'].browse(self.button).cn_status(self.line)
        self.assertEqual(status['phase'], 'unknown')

    @mute_logger('odoo.sql_db')
    def test_two_parts_of_one_order(self):
        """Test that two lines of an order that begin together have a code each, and both are good."""
        second = {**self.line, 'uuid': str(uuid4()), 'amount': '5.00'}
        with self._env() as one, self._env() as other:
            for env in (one, other):
                self.assertFalse(env['payment.transaction']._cn_till_live(self.line['uuid']))
            shown = []
            for env, line in ((one, self.line), (other, second)):
                shown.append(
                    env['pos.payment.method'].browse(self.button).cn_show(line, 'wechat_pay')
                )
                env.cr.commit()
        self.assertEqual([status['phase'] for status in shown], ['qr', 'qr'])
        self.assertEqual([status['amount'] for status in shown], ['12.00', '5.00'])

    # === TAKEN FOR PAID, AND UNDONE === #

    def _doubtful(self):
        """Begin a charge of which nobody knows what became of it."""
        self.sandbox.fault('http_5xx')
        with self._env() as env:
            status = env['pos.payment.method'].browse(self.button).cn_charge(
                self.line, self._code()
            )
        self.assertEqual(status['phase'], 'unknown')

    def _force(self, env):
        button = env['pos.payment.method'].browse(self.button).with_context(lang='en_US')
        return button.cn_force(self.line, "seen on the phone")

    def _attempt(self, env):
        return env['payment.transaction']._cn_till_attempts(self.line['uuid'])

    def test_force_against_undo(self):
        """Test that a manager can't take for paid what another till has begun to undo."""
        self._doubtful()
        with self._env() as env:
            status = env['pos.payment.method'].browse(self.button).cn_cancel(self.line)
        self.assertEqual(status['phase'], 'undoing')
        with self._env() as env, self.assertRaisesRegex(UserError, "being undone"):
            self._force(env)
        with self._env() as env:
            env['pos.payment.method'].browse(self.button).cn_hand_over(self.line)
        with self._env() as env, self.assertRaisesRegex(UserError, "being undone"):
            self._force(env)
        with self._env() as env:
            self.assertFalse(self._attempt(env).cn_forced_reason)

    @mute_logger('odoo.sql_db')
    def test_force_at_the_moment_of_undo(self):
        """Test that of both only one happens when neither can see the other."""
        self._doubtful()
        sessions = self.registry['pos.session']
        who = sessions._cn_manager

        def interrupted(session, *arguments):
            with self._env() as other:
                other['pos.payment.method'].browse(self.button).cn_cancel(self.line)
            return who(session, *arguments)

        # Somebody asked just now, so that nobody is asked again: an answer would lock the attempt.
        asked = patch.object(self.registry['payment.transaction'], '_cn_query', lambda *_: False)
        with asked, patch.object(sessions, '_cn_manager', interrupted), self._env() as env:
            with self.assertRaises(psycopg2.errors.SerializationFailure):  # Odoo begins anew
                self._force(env)
            env.cr.rollback()
        with self._env() as env:
            tx = self._attempt(env)
            self.assertEqual((tx.cn_reversing, tx.cn_forced_reason), (True, False))

    def test_undo_after_force(self):
        """Test that nobody sends back what was taken for paid, whoever asks for it."""
        self._doubtful()
        with self._env() as env:
            status = self._force(env)
        self.assertEqual(status['phase'], 'forced')
        reverse = 'odoo.addons.payment_cn_wallets.gateways.huishouyin.Huishouyin.reverse'
        with patch(reverse, create=True) as undone, self._env() as env:
            button = env['pos.payment.method'].browse(self.button)
            button.cn_cancel(self.line)
            button.cn_hand_over(self.line)
            self._attempt(env)._cn_advance_undoing()
        undone.assert_not_called()
        with self._env() as env:
            tx = self._attempt(env)
            self.assertEqual((tx.cn_reversing, tx.cn_given_up), (False, False))

    # === AN ORDER THAT COMES WHILE ITS MONEY GOES BACK === #

    @mute_logger('odoo.sql_db')
    def test_order_comes_while_its_money_goes_back(self):
        """Test that an order is not tied to money that another till is sending back."""
        with self._env() as env:
            env['pos.payment.method'].browse(self.button).cn_charge(self.line, self._code())
        with self._env() as order, self._env() as till:
            tx = self._attempt(order)
            self.assertEqual(tx.state, 'done')  # read: this is what we see from now on
            till['pos.payment.method'].browse(self.button).cn_hand_over(self.line, True)
            till.cr.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                tx._cn_claim()  # what the order does when it ties its line
            order.cr.rollback()
            self.assertTrue(self._attempt(order).cn_given_up)

    @mute_logger('odoo.sql_db')
    def test_money_goes_back_while_its_order_comes(self):
        """Test that money is not sent back when an order has just been tied to it."""
        with self._env() as env:
            env['pos.payment.method'].browse(self.button).cn_charge(self.line, self._code())
        with self._env() as order, self._env() as till:
            self.assertFalse(self._attempt(till).cn_pos_payment_ids)
            self._attempt(order)._cn_claim()
            order.cr.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                till['pos.payment.method'].browse(self.button).cn_hand_over(self.line, True)
            till.cr.rollback()
            self.assertFalse(self._attempt(till).child_transaction_ids)

    # === CLOSING === #

    @mute_logger('odoo.addons.payment_cn_wallets.models.pos.session')
    def test_closing_keeps_what_was_counted(self):
        """Test that a question that goes wrong undoes nothing of the closing, and is not the last one."""
        self._doubtful()
        second = {**self.line, 'uuid': str(uuid4())}
        with self._env() as env:
            env['pos.payment.method'].browse(self.button).cn_charge(second, self._code())
        self.sandbox.reset()
        asked = []

        def broken(_gateway, number, **_values):
            asked.append(number)
            raise ValueError("no credentials")

        query = 'odoo.addons.payment_cn_wallets.gateways.huishouyin.Huishouyin.query'
        with patch(query, broken), self._env() as env:
            session = env['pos.session'].browse(self.line['session'])
            session.closing_notes = "counted"
            for tx in session._cn_open():
                throttle.forget(env.cr.dbname, tx._cn_throttle_key())
            session._cn_settle()
            env.cr.rollback()
            self.assertEqual(session.closing_notes, "counted")
        self.assertEqual(len(asked), 2)

    @mute_logger('odoo.sql_db')
    def test_an_answer_survives_whoever_writes_meanwhile(self):
        """Test that "paid" is not lost to a cron, a notice or a till that writes to the attempt.

        Odoo would repeat the request, which does not have the answer any more.
        """
        attempts = self.registry['payment.transaction']
        lock, written = attempts._cn_lock, []

        def interrupted(tx):
            if tx.state == 'pending' and not written:  # read: this is what we see from now on
                with self._env() as other:
                    other['payment.transaction'].browse(tx.id).cn_query_count += 1
                    written.append(tx.id)
            return lock(tx)

        with patch.object(attempts, '_cn_lock', interrupted), self._env() as env:
            status = env['pos.payment.method'].browse(self.button).cn_charge(
                self.line, self._code()
            )
        self.assertTrue(written)
        self.assertEqual(status['phase'], 'paid')
        with self._env() as env:
            tx = env['payment.transaction']._cn_till_live(self.line['uuid'])
            self.assertEqual((tx.state, tx.cn_query_count), ('done', 1))

    def test_an_intent_waits_for_the_disk(self):
        """Test that an intent is safe also where PostgreSQL was told not to wait for the disk."""
        seen = []
        with self._env() as env:
            commit = env.cr.commit
            env.cr.execute("SET synchronous_commit = off")

            def watched():
                env.cr.execute("SHOW synchronous_commit")
                seen.append(env.cr.fetchone()[0])
                commit()

            with patch.object(env.cr, 'commit', watched):
                env['pos.payment.method'].browse(self.button).cn_charge(self.line, self._code())
            env.cr.execute("SHOW synchronous_commit")
            after = env.cr.fetchone()[0]
            env.cr.execute("RESET synchronous_commit")
        self.assertEqual(seen, ['on'])
        self.assertEqual(after, 'off', "Only that one commit waits.")
