# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import money_cases

# field -> a value that an attempt does not have
BENT = {
    'state': 'done', 'amount': 1.0, 'cn_outcome': 'paid', 'cn_out_trade_no': 'X1',
    'cn_out_refund_no': 'X2', 'cn_refund_reserved': 0.01, 'cn_given_up': True,
    'cn_paid_at': '2026-01-01 00:00:00', 'cn_dead_at': '2026-01-01 00:00:00',
    'cn_ordered_at': '2026-01-01 00:00:00', 'cn_scene': 'code', 'cn_payer_amount': 1.0,
    'cn_next_query_at': False, 'cn_reversing': True, 'cn_forced_reason': "because",
    'provider_reference': 'X3', 'operation': 'refund', 'is_post_processed': True,
    'cn_till_line': 'X4', 'cn_code_url': 'http://127.0.0.1/',
}


@tagged('post_install', '-at_install')
class TestMoneyRecords(money_cases.MoneyCases):
    """Records of money change by what the gateways say, whoever has rights, whichever the door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {
            'cn_billing': 'account.group_account_invoice',
            'cn_billing_admin': 'account.group_account_manager',
            'cn_settings': 'base.group_system,account.group_account_manager',
        }
        cls.users = {
            login: new_test_user(
                cls.env, login, groups=names, company_id=cls.company.id, lang='en_US',
                password=login,
            ) for login, names in groups.items()
        }

    def setUp(self):
        super().setUp()
        self.tx = self._code_of_order(self._order(6.99))

    def _each(self):
        """Return the attempt as each user that may write to attempts has it."""
        return [self.tx.with_user(user) for user in self.users.values()]

    def _values(self, fields):
        self.env.invalidate_all()
        return self.tx.read(list(fields))[0]

    # === ATTEMPTS === #

    def test_write(self):
        """Test that no field of money or state is written by anybody."""
        before = self._values(BENT)
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                for field, value in BENT.items():
                    with self.subTest(field=field), self.assertRaises(UserError):
                        tx.write({field: value})
                self.assertEqual(self._values(BENT), before)

    def test_nothing_moves_by_a_written_state(self):
        """Test that a state that somebody tried to write makes no money go out."""
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                for state in ('done', 'pending', 'cancel', 'error', 'authorized'):
                    with self.assertRaises(UserError):
                        tx.write({'state': state})
        self._goes_on()
        self.assertEqual(self.tx.state, 'draft')
        self.assertFalse(self.tx.child_transaction_ids)
        self._paid_and_followed(self.tx)
        self.assertEqual(self.tx.sale_order_ids.state, 'sale')

    def test_documents_are_not_exchanged(self):
        """Test that what an attempt pays, to whom and through whom, stays what it was."""
        other = self._order(1)
        provider = self.provider.copy()
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                for values in (
                    {'sale_order_ids': [Command.set(other.ids)]},
                    {'invoice_ids': [Command.set(self._invoice().ids)]},
                    {'provider_id': provider.id}, {'partner_id': self.env.user.partner_id.id},
                    {'currency_id': self.env.ref('base.EUR').id},
                    {'payment_method_id': self.env.ref('payment.payment_method_alipay').id},
                    {'source_transaction_id': self._code_of_link().id},
                ):
                    with self.subTest(values=list(values)), self.assertRaises(UserError):
                        tx.write(values)
                self.assertNotEqual(self.tx.sale_order_ids, other)

    def test_list_edit(self):
        """Test that the web client's own way to save is no other door."""
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                with self.assertRaises(UserError):
                    tx.web_save({'state': 'done'}, {'state': {}})
                with self.assertRaises(UserError):
                    tx.web_save_multi([{'amount': 1}], {'amount': {}})
        self.env.invalidate_all()
        self.assertEqual((self.tx.state, self.tx.amount), ('draft', 6.99))

    @mute_logger('odoo.sql_db')
    def test_import(self):
        """Test that a file that is imported changes and creates no money."""
        before = self.env['payment.transaction'].search_count([])
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                said = tx.load(['.id', 'state', 'amount'], [[str(tx.id), 'done', '1.0']])
                self.assertTrue(said['messages'])
                said = tx.load(
                    ['reference', 'provider_id/.id', 'payment_method_id/.id', 'amount',
                     'currency_id/.id', 'partner_id/.id', 'state'],
                    [['X', str(self.provider.id), str(self.method.id), '9.99', str(self.cny.id),
                      str(self.partner.id), 'done']],
                )
                self.assertTrue(said['messages'])
        self.env.invalidate_all()
        self.assertEqual((self.tx.state, self.tx.amount), ('draft', 6.99))
        self.assertEqual(self.env['payment.transaction'].search_count([]), before)

    def test_create(self):
        """Test that nobody makes an attempt that claims to be paid, or a refund of nothing."""
        values = {
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'amount': 9.99,
            'currency_id': self.cny.id, 'partner_id': self.partner.id,
            'operation': 'online_redirect',
        }
        for tx in self._each():
            with self.subTest(login=tx.env.user.login):
                for number, more in enumerate((
                    {'state': 'done'}, {'state': 'pending'}, {'cn_out_trade_no': 'X'},
                    {'cn_outcome': 'paid'}, {'operation': 'refund', 'amount': -9.99, 'state': 'done'},
                )):
                    reference = f'made-{tx.env.uid}-{number}'
                    with self.subTest(more=list(more)), self.assertRaises(UserError):
                        tx.create({**values, **more, 'reference': reference})

    def test_remote_procedure_call(self):
        """Test the door that any script has."""
        for login in self.users:
            with self.subTest(login=login):
                self.authenticate(login, login)
                result, refusal = self._json(
                    '/web/dataset/call_kw/payment.transaction/write',
                    model='payment.transaction', method='write',
                    args=[[self.tx.id], {'state': 'done'}], kwargs={},
                )
                self.assertFalse(result)
                self.assertTrue(refusal)
                self.assertEqual(self.tx.state, 'draft')

    def test_unlink(self):
        """Test that what a gateway has heard of stays, and what it has not may go."""
        unheard = self._attempt(order=self._order())
        for tx in self._each():
            with self.subTest(login=tx.env.user.login), self.assertRaises(UserError):
                tx.unlink()
        with self.assertRaises(UserError):
            self.tx.sudo().unlink()
        self.assertTrue(self.tx.exists())
        unheard.with_user(self.users['cn_settings']).unlink()
        self.assertFalse(unheard.exists())

    def test_document_takes_no_attempt_along(self):
        """Test that an attempt outlives the removal of what it pays, and that its money is told."""
        order = self.tx.sale_order_ids
        order._action_cancel()
        order.unlink()
        self.assertTrue(self.tx.exists())
        self._paid_and_followed(self.tx)
        self._books_agree(self.tx)
        self.assertTrue(self._told(self.tx))

    def test_refund(self):
        """Test that a refund's amount, number and state are as safe as a payment's."""
        self._paid_and_followed(self.tx)
        refund = self.tx._refund(1)
        for login, user in self.users.items():
            for field, value in (
                ('state', 'done'), ('state', 'error'), ('amount', -6.99), ('cn_out_refund_no', 'X'),
                ('cn_number_spent', True), ('source_transaction_id', False),
            ):
                with self.subTest(login=login, field=field), self.assertRaises(UserError):
                    refund.with_user(user).write({field: value})
        with self.assertRaises(UserError):
            refund.sudo().unlink()
        self._goes_on()
        self.assertEqual((refund.state, self._refunded(self.tx)), ('done', 100))

    def test_actions_still_work(self):
        """Test that an accountant refunds and asks by the buttons, and may write notes elsewhere."""
        self._paid_and_followed(self.tx)
        tx = self.tx.with_user(self.users['cn_billing'])
        tx.action_cn_query()
        wizard = tx.env['payment.cn.refund'].with_context(**tx.action_cn_refund()['context']).create({})
        self.assertEqual(wizard.transaction_id, tx)
        self.users['cn_settings'].env['payment.provider'].browse(self.provider.id).with_user(
            self.users['cn_settings']
        ).write({'cn_responsible_id': self.users['cn_billing'].id})

    # === INCIDENTS === #

    def _incident(self):
        order = self.tx.sale_order_ids
        order._action_cancel()
        self._paid_and_followed(self.tx)
        return self._told(self.tx)

    def test_incidents(self):
        """Test that an incident's text, kind and state are not written, and that its button works."""
        incident = self._incident()
        self.assertEqual(len(incident), 1)
        before = incident.read(['message', 'kind', 'state', 'count', 'transaction_id'])
        for login, user in self.users.items():
            for values in (
                {'message': "nothing happened"}, {'kind': 'late'}, {'state': 'done'}, {'count': 0},
                {'transaction_id': False}, {'provider_id': self.provider.copy().id},
            ):
                with self.subTest(login=login, values=list(values)), self.assertRaises(UserError):
                    incident.with_user(user).write(values)
            with self.subTest(login=login, values='unlink'), self.assertRaises(UserError):
                incident.with_user(user).unlink()
            with self.subTest(login=login, values='create'), self.assertRaises(UserError):
                incident.with_user(user).create({
                    'kind': 'late', 'message': "made up", 'provider_id': self.provider.id,
                })
        self.env.invalidate_all()
        self.assertEqual(
            incident.read(['message', 'kind', 'state', 'count', 'transaction_id']), before
        )
        incident.with_user(self.users['cn_billing']).action_done()
        self.assertEqual(incident.state, 'done')
        incident.with_user(self.users['cn_billing']).action_reopen()
        self.assertEqual(incident.state, 'open')
