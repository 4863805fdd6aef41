# Part of payment_cn_wallets. License LGPL-3.
"""Two tills and one payment line, on two database connections. These tests commit, and clean up."""

from unittest.mock import patch
from uuid import uuid4

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import race_cases


@tagged('post_install', '-at_install')
class TestTillRace(race_cases.RaceCases):

    def setUp(self):
        self.made = []
        super().setUp()
        with self._env() as env:
            cny = env.ref('base.CNY')
            provider = env['payment.provider'].search([('code', '=', 'huishouyin')], limit=1).copy()
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
            env['payment.transaction'].search([('cn_till_line', '=', self.line['uuid'])]).unlink()
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
