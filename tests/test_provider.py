# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.payment import const as payment_const
from odoo.addons.payment_cn_wallets import gateways
from odoo.addons.payment_cn_wallets.tests.common import CnCommon


@tagged('post_install', '-at_install')
class TestProvider(CnCommon):

    def test_incomplete_credentials_cannot_be_switched_on(self):
        """Test that a provider without key or without sandbox stays off."""
        self.provider.state = 'disabled'
        for field in ('huishouyin_app_id', 'huishouyin_mch_uid', 'huishouyin_key'):
            with self.subTest(field=field), self.assertRaises(ValidationError), \
                    self.env.cr.savepoint():
                self.provider.write({field: False, 'state': 'enabled'})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.provider.write({'cn_sandbox_url': False, 'state': 'test'})

    def test_connection_is_really_tested(self):
        """Test that each mistake is named in plain words."""
        def answer():
            return self.provider.action_cn_test_connection()['params']

        self.assertEqual(answer()['type'], 'success')
        for fault, words in (
            ('wrong_key', "key is wrong"),
            ('unknown_app', "does not know this application"),
            ('not_enabled', "not enabled"),
            ('clock', "clock"),
            ('system_error', "fault of its own"),
            ('garbage', "did not answer properly"),
        ):
            with self.subTest(fault=fault):
                self.sandbox.reset()
                self.sandbox.fault(fault, operation='query', when='before')
                said = answer()
                self.assertEqual(said['type'], 'danger')
                self.assertIn(words, said['message'])
        self.sandbox.reset()
        self.provider.huishouyin_key = 'F' * 24
        self.assertIn("key is wrong", answer()['message'])
        self.provider.cn_sandbox_url = 'http://127.0.0.1:9/huishouyin'
        self.assertIn("can't be reached", answer()['message'])

    def test_connection_of_an_empty_provider(self):
        """Test that missing fields are named by their labels."""
        self.provider.action_reset_credentials()
        with self.assertRaisesRegex(UserError, "Signature key"):
            self.provider.action_cn_test_connection()

    def test_secrets_are_for_administrators(self):
        """Test that nobody else reads or copies credentials."""
        accountant = new_test_user(
            self.env, 'cn_accountant', groups='account.group_account_manager',
            company_id=self.company.id,
        )
        with self.assertRaises(AccessError):
            self.provider.with_user(accountant).sudo(False).read(['huishouyin_key'])
        for field in gateways.get('huishouyin').credential_fields:
            definition = self.env['payment.provider']._fields[f'huishouyin_{field.name}']
            self.assertEqual(definition.groups, 'base.group_system')
            self.assertFalse(definition.copy)
        self.assertIn('huishouyin_key', payment_const.SENSITIVE_KEYS)

    def test_wallets_are_choices_of_their_own(self):
        """Test that each wallet that the gateway carries can be chosen."""
        methods = self.env['payment.method']._get_compatible_payment_methods(
            self.provider.ids, self.partner.id, currency_id=self.cny.id
        )
        self.assertLessEqual(
            {'wechat_pay', 'alipay', 'qq_wallet', 'jd_pay', 'unionpay_wallet'},
            set(methods.mapped('code')),
        )
        self.assertTrue(all(methods.mapped('image')))

    def test_only_cny(self):
        """Test that the provider is not offered for other currencies."""
        def offered(currency):
            return self.provider in self.env['payment.provider']._get_compatible_providers(
                self.company.id, self.partner.id, 10, currency_id=currency.id
            )
        usd = self.env.ref('base.USD')
        usd.active = True
        self.assertTrue(offered(self.cny))
        self.assertFalse(offered(usd))

    def test_notice_address(self):
        """Test that the address to copy is absolute and the provider's own."""
        self.assertTrue(self.provider.cn_notice_url.startswith('http'))
        self.assertTrue(self.provider.cn_notice_url.endswith(
            f'/payment/cn/notice/{self.provider.id}'
        ))

    def test_neutralized_copy_knows_no_secret(self):
        """Test that a neutralized database can neither pay nor tell."""
        tx = self._ordered()
        self._receive(self._notice_body(tx))
        self.env.flush_all()
        with file_open('payment_cn_wallets/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(any(self.provider._cn_credentials().values()))
        self.assertFalse(self.provider.cn_sandbox_url)
        self.assertEqual(self.provider.state, 'disabled')
        self.assertFalse(self.env['payment.cn.notice'].search([]).filtered('body'))
        self.assertFalse(tx.cn_next_query_at)

    def test_accountants_see_incidents_but_no_notices(self):
        """Test that raw notices, which hold payers' numbers, are for administrators."""
        accountant = new_test_user(
            self.env, 'cn_billing', groups='account.group_account_invoice',
            company_id=self.company.id,
        )
        tx = self._ordered()
        tx._cn_incident('amount', "x")
        incidents = self.env['payment.cn.incident'].with_user(accountant)
        self.assertEqual(len(incidents.search([('transaction_id', '=', tx.id)])), 1)
        with self.assertRaises(AccessError):
            self.env['payment.cn.notice'].with_user(accountant).search([])
        with self.assertRaises(AccessError):
            tx.with_user(accountant).read(['cn_payer_id'])
