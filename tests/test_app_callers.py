# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.tests import app_cases
from odoo.addons.payment_cn_wallets.tests.app_cases import IN_PROGRAM


@tagged('post_install', '-at_install')
class TestAppKeys(app_cases.AppCases):
    """Keys, and what they open."""

    def test_unknown_and_forbidden_are_the_same(self):
        """Test that nobody learns which documents and payments there are."""
        other = self.env['res.company'].create({'name': "Another", 'currency_id': self.cny.id})
        foreign = self._order(77)
        foreign.sudo().company_id = other
        answers = [self._refused('not-found', 'payments', {
            **self._asked(self._order()), 'document': document,
        }) for document in (
            {'kind': 'order', 'id': foreign.id}, {'kind': 'order', 'id': 2 ** 31 - 1},
            {'kind': 'order', 'name': foreign.name}, {'kind': 'invoice', 'id': 2 ** 31 - 1},
        )]
        self.assertEqual(len({str(answer) for answer in answers}), 1)
        web = self._code_of_order(self._order(60))
        answers = [self._refused('not-found', f'payments/{number}') for number in (
            web.cn_out_trade_no, '1' * 28,
        )]
        self.assertEqual(answers[0], answers[1])

    def test_key_of_another_company(self):
        """Test that a key opens its company's documents only."""
        payment = self._created(self._order())
        other = self.env['res.company'].create({'name': "Another", 'currency_id': self.cny.id})
        record = self.record.sudo().create({'name': "Another's", 'company_id': other.id})
        key = record.action_cn_make()['context']['default_key']
        self._refused('not-found', f"payments/{payment['number']}", key=key)
        self._refused('not-found', f"payments/{payment['number']}/cancel", key=key, method='POST')
        self._refused('not-found', 'payments', self._asked(self._order(50)), key=key)

    def test_key_that_may_only_ask(self):
        """Test that a key does what it was made for, through the gateways that it names."""
        payment = self._created(self._order())
        self.record.use = 'ask'
        self.assertEqual(self._asks(payment)['status'], 'waiting')
        self._refused('not-allowed', 'payments', self._asked(self._order(50)))
        self._refused('not-allowed', f"payments/{payment['number']}/cancel", method='POST')
        self.record.write({
            'use': 'pay',
            'provider_ids': self.env.ref('payment_cn_wallets.payment_provider_alipay').ids,
        })
        self._refused('not-offered', 'payments', self._asked(self._order(60)))
        self._refused('not-found', f"payments/{payment['number']}")

    def test_keys_that_open_nothing(self):
        """Test keys that are wrong, over, revoked, of Odoo's own making, or of somebody who left."""
        path = 'payments/' + '1' * 28
        self._refused('not-found', path)
        admin = self.env.ref('base.user_admin')
        everything = self.env(user=admin)['res.users.apikeys'].sudo()._generate(None, "everything", None)
        rpc = self.env(user=admin)['res.users.apikeys'].sudo()._generate('rpc', "rpc", None)
        for key in ('x', 'a' * 40, everything, rpc, self.key[:-1] + 'g', self.key.upper()):
            answer = self._call(path, key=key)
            self.assertEqual(answer[0], 401, answer)
            self.assertIn('Bearer', answer[2]['WWW-Authenticate'])
        for header in ('Basic eDp4', 'Bearer', '', f'Bearer {self.key} x'):
            self._refused('unauthorised', path, key='', headers={'Authorization': header})
        self._refused('unauthorised', path, key='')
        answer = self.url_open('/json/2/res.partner/search', headers={
            'Authorization': f'Bearer {self.key}', 'Content-Type': 'application/json',
        }, data='{"domain": []}')
        self.assertEqual(answer.status_code, 401, "a key for apps is no key for anything else")
        owner = self.record.user_id
        self.env.cr.execute("UPDATE res_users SET active = false WHERE id = %s", [owner.id])
        self.env.invalidate_all()
        self._refused('unauthorised', path)
        self.env.cr.execute("UPDATE res_users SET active = true WHERE id = %s", [owner.id])
        self.env.invalidate_all()
        self._refused('not-found', path)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() at time zone 'utc' - interval '1 minute'"
            " WHERE id = %s", [self.record.apikey_id.id],
        )
        self._refused('unauthorised', path)

    def test_new_key_ends_the_old_one(self):
        """Test that a key is revoked by another one, by the button, and with its record."""
        path, old = 'payments/' + '1' * 28, self.key
        new = self.record.action_cn_make()['context']['default_key']
        self._refused('unauthorised', path, key=old)
        self._refused('not-found', path, key=new)
        self.assertEqual(self.record.state, 'active')
        with self.assertRaises(UserError):
            self.record.expires_on = False
        self.record.action_cn_revoke()
        self.assertEqual(self.record.state, 'none')
        self._refused('unauthorised', path, key=new)
        new = self.record.action_cn_make()['context']['default_key']
        self.record.unlink()
        self._refused('unauthorised', path, key=new)
        self.env.cr.execute("SELECT count(*) FROM res_users_apikeys WHERE scope = 'payment_cn_wallets.app'")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    @mute_logger('odoo.addons.base.models.ir_model')
    def test_keys_are_the_administrators(self):
        """Test that accountants neither see nor make keys, and that nobody reads stored answers."""
        accountant = new_test_user(self.env, 'app-accountant', groups='account.group_account_manager')
        record = self.record.with_user(accountant)
        for call in (lambda: record.read(['name']), record.action_cn_make, record.action_cn_revoke):
            with self.assertRaises(AccessError):
                call()
        admin = self.env.ref('base.user_admin')
        with self.assertRaises(AccessError):
            self.env['payment.cn.app.call'].with_user(admin).search([])

    def test_copied_database(self):
        """Test that a copy neither knows the key nor keeps answers."""
        self._created(self._order(), once='k1')
        self.env.flush_all()
        with file_open('payment_cn_wallets/data/neutralize.sql') as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.env['payment.cn.app.call'].sudo().search([]))
        self.assertFalse(self.provider.wechat_pay_mini_app_secret)
        self._refused('unauthorised', 'payments/' + '1' * 28)

    # === ABUSE === #

    def test_limits(self):
        """Test that guessing keys, and asking too much, is stopped."""
        path = 'payments/' + '1' * 28
        with patch.dict(const.APP_LIMITS, {'refused': (3, 600), 'key': (4, 600)}):
            for _number in range(3):
                self._refused('unauthorised', path, key='a' * 40)
            self._refused('too-often', path, key='a' * 40)
            self._refused('too-often', path)
            self._forget_callers()
            for _number in range(4):
                self._refused('not-found', path)
            self._refused('too-often', path)

    def test_what_is_no_request(self):
        """Test that whatever is sent is answered with a problem, and no page."""
        asked = self._asked(self._order())
        for code, options in (
            ('malformed', {'body': b'{'}), ('malformed', {'body': b'[]'}), ('malformed', {'body': b'\xff'}),
            ('too-large', {'body': b'"' + b'x' * 20000}),
        ):
            self._refused(code, 'payments', headers={'Content-Type': 'application/json'}, **options)
        self._refused('media-type', 'payments', body=b'a=1')
        self._refused('media-type', 'payments', body=b'', method='POST')
        for code, path, method in (
            ('not-found', '', 'GET'), ('not-found', 'x/y', 'GET'), ('not-found', 'payments/12', 'GET'),
            ('method-not-allowed', 'payments', 'GET'), ('method-not-allowed', 'payments', 'DELETE'),
            ('method-not-allowed', f'payments/{"1" * 28}', 'POST'),
            ('method-not-allowed', 'openapi.json', 'PUT'),
        ):
            self._refused(code, path, method=method)
        for changes in (
            {'wallet': 'cash'}, {'scene': 'qr'}, {'document': {'kind': 'order'}}, {'document': 'S1'},
            {'document': {'kind': 'order', 'id': 1, 'name': 'x'}}, {'document': {'kind': 'user', 'id': 1}},
            {'document': {'kind': 'order', 'id': True}}, {'document': {'kind': 'order', 'id': 0}},
            {'document': {'kind': 'order', 'id': '1'}}, {'gateway': ''}, {'gateway': None}, {'pay': 'x'},
            {'client_ip': 'home'}, {'payer_id': 'x' * 129}, {'payer_id': 'a\n'}, {'amount': 100}, {'x': 1},
        ):
            self._refused('invalid', 'payments', {**asked, **changes})
        self._refused('not-offered', 'payments', {**asked, 'wallet': 'jd_pay'})
        self._refused('not-offered', 'payments', {**asked, 'gateway': 'alipay'})

    @mute_logger('odoo.http')
    def test_mistakes_of_ours_are_told_without_details(self):
        """Test that an exception is a problem too, and that the request can be repeated."""
        order = self._order()
        with patch.object(
            type(self.env['payment.transaction']), '_cn_app_begin', side_effect=RuntimeError("a secret")
        ):
            problem = self._refused('internal', 'payments', self._asked(order), once='k1')
        self.assertNotIn('secret', str(problem))
        self._created(order, once='k1')


@tagged('post_install', '-at_install')
class TestAppShopper(app_cases.AppCases):
    """A shopper's own session."""

    def test_own_documents_only(self):
        """Test that a shopper pays what Odoo lets them see of their own, and nothing else."""
        shopper, stranger = self._shopper(), self._shopper('app-stranger')
        own = self._order()
        own.partner_id = shopper.partner_id
        foreign = self._order(50)
        self.authenticate('app-shopper', 'app-shopper')
        payment = self._created(own, key='')
        self.assertEqual(self._sdk_opens('wechat_pay/app', payment['sdk']), 302)
        missing = self._refused('not-found', 'payments', {
            **self._asked(own), 'document': {'kind': 'order', 'id': 2 ** 31 - 1},
        }, key='')
        self.assertEqual(self._refused('not-found', 'payments', self._asked(foreign), key=''), missing)
        draft = self._invoice()
        draft.button_draft()
        draft.partner_id = shopper.partner_id
        self._refused('not-found', 'payments', self._asked(draft), key='')
        self.sandbox.pay(self._tx(payment))
        self.assertEqual(self._asks(payment, key='')['status'], 'paid')
        self.assertTrue(stranger)
        self.authenticate('app-stranger', 'app-stranger')
        self._refused('not-found', f"payments/{payment['number']}", key='')
        self._refused('not-found', f"payments/{payment['number']}/cancel", key='', method='POST')

    def test_salesperson_is_a_shopper_here(self):
        """Test that rights of the back office open no documents of others."""
        new_test_user(self.env, 'app-seller', groups='sales_team.group_sale_manager', password='app-seller')
        self.authenticate('app-seller', 'app-seller')
        self._refused('not-found', 'payments', self._asked(self._order()), key='')

    def test_browsers_are_not_believed(self):
        """Test that neither openid nor address comes from a device, nor a request from another site."""
        shopper = self._shopper()
        order = self._order()
        order.partner_id = shopper.partner_id
        self.authenticate('app-shopper', 'app-shopper')
        self._refused('not-allowed', 'payments', self._asked(order, 'mini', payer_id=IN_PROGRAM), key='')
        self._refused('not-allowed', 'payments', self._asked(order, client_ip='8.8.8.8'), key='')
        for site in ('cross-site', 'same-site'):
            self._refused(
                'cross-site', 'payments', self._asked(order), key='', headers={'Sec-Fetch-Site': site},
            )
        self._refused('media-type', 'payments', key='', body=b'x=1', headers={
            'Content-Type': 'text/plain',
        })
        answer = self._call('payments', self._asked(order), key='', headers={'Origin': 'https://evil.example'})
        self.assertNotIn('Access-Control-Allow-Origin', answer[2])
        self._created(order, key='', headers={'Sec-Fetch-Site': 'same-origin'})

    def test_nobody_is_let_in_without_a_login(self):
        """Test that a visitor's session opens nothing."""
        self.authenticate(None, None)
        self._refused('unauthorised', 'payments', self._asked(self._order()), key='')

    def test_limits_of_shoppers(self):
        """Test that a shopper's app may ask less than a server."""
        self._shopper()
        self.authenticate('app-shopper', 'app-shopper')
        with patch.dict(const.APP_LIMITS, {'user': (1, 600)}):
            self._refused('not-found', 'payments/' + '1' * 28, key='')
            self._refused('too-often', 'payments/' + '1' * 28, key='')
