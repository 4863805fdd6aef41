# Part of payment_cn_wallets. License LGPL-3.

from psycopg2.errors import ForeignKeyViolation, UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.tests.pages import COMPUTER, INSIDE, PHONE
from odoo.addons.payment_cn_wallets.tests.shop_code_common import MINI_PROGRAM, WECOM, ShopCodeCommon


@tagged('post_install', '-at_install')
class TestShopCode(ShopCodeCommon):

    # === THE RECORD === #

    def test_address(self):
        """Test that an address is short, under its prefix, of the configured host, and can't be chosen."""
        token = self.code.token
        self.assertRegex(token, r'^[2-9a-km-np-z]{12}$')
        self.assertEqual(self.code.url, f'{self.company.get_base_url()}/cn/{token}')
        self.assertTrue(self.code._cn_path().startswith(const.SHOP_CODE_PREFIX))
        self.code.token = 'aaaaaaaaaaaa'
        chosen = self.env['payment.cn.shop.code'].create({
            'name': "Mine", 'token': 'aaaaaaaaaaaa', 'company_id': self.company.id,
        })
        self.assertEqual(self.code.token, token)
        self.assertNotIn(chosen.token, ('aaaaaaaaaaaa', token))
        self.assertEqual(self.code.copy().way_ids.provider_id, self.provider)
        self.assertNotEqual(self.code.copy().token, token)

    def test_replaced(self):
        """Test that the old address leads nowhere, and the new one to the same code."""
        old = self.code.token
        self.code.action_replace()
        self.assertFalse(self.code._cn_find(old))
        self.assertEqual(self.code._cn_find(self.code.token), self.code)
        self.assertTrue(self.code.replaced_at)
        for token in ('', 'x', old.upper(), f'{old} ', '%' * 12, '_' * 12, 'é' * 12, None):
            self.assertFalse(self.code._cn_find(token), token)

    def test_wallets_in_order(self):
        """Test that the upper gateway takes a wallet, and that one that is off takes none."""
        other = self.env.ref('payment_cn_wallets.payment_provider_huishouyin').sudo().copy({
            'company_id': self.company.id, 'state': 'test', 'cn_sandbox_url': f'{self.sandbox.url}/huishouyin',
            'journal_id': self.provider.journal_id.id,
            **{f'huishouyin_{name}': value for name, value in self.sandbox.credentials('huishouyin').items()},
        })
        alipay = self.env.ref('payment.payment_method_alipay')
        alipay.sudo().active = True
        other.payment_method_ids = self.wechat | alipay
        self.code.way_ids = [Command.create({'provider_id': other.id, 'sequence': 20})]
        ways = self.code._cn_ways()
        self.assertEqual((ways[self.wechat], ways[alipay]), (self.provider, other))
        self.code.way_ids.filtered(lambda way: way.provider_id == other).sequence = 1
        self.code.invalidate_recordset()
        self.assertEqual(self.code._cn_ways()[self.wechat], other)
        self.code.way_ids.filtered(lambda way: way.provider_id == other).payment_method_ids = alipay
        self.assertEqual(self.code._cn_ways()[self.wechat], self.provider)
        self.provider.state = 'disabled'
        self.assertNotIn(self.wechat, self.code._cn_ways())
        self.code.way_ids = False
        self.assertIn(alipay, self.code._cn_ways())

    def test_amounts(self):
        """Test what may be typed: whole fen above zero, within the limit, one of those offered."""
        self.code.maximum_amount = 100
        for typed, fen in (('12.5', 1250), ('100', 10000), ('0.01', 1), (' 8. ', 800)):
            self.assertEqual(self.code._cn_read_amount(typed), fen)
        for typed in ('', '0', '-1', '1.001', '1e2', '100.01', 'x', '１', None, '9' * 30):
            with self.assertRaises(UserError, msg=typed):
                self.code._cn_read_amount(typed)
        self.code.maximum_amount = 0
        self.assertEqual(self.code._cn_read_amount('123456.78'), 12345678)
        self.code.amount_ids = [Command.create({'amount': 30, 'name': "Adult"}), Command.create({'amount': 15})]
        self.assertEqual(self.code._cn_read_amount('15.00'), 1500)
        with self.assertRaises(UserError):
            self.code._cn_read_amount('20')
        with self.assertRaises(ValidationError):
            self.code.maximum_amount = 20
        with self.assertRaises(ValidationError):
            self.code.amount_ids = [Command.create({'amount': 0})]

    def test_who_may_make_codes(self):
        """Test that accountants do, that others don't, and that codes are their company's own."""
        accountant = new_test_user(
            self.env, 'counter_accountant', 'base.group_user,account.group_account_invoice',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )
        clerk = new_test_user(
            self.env, 'counter_clerk', 'base.group_user', company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        made = self.env['payment.cn.shop.code'].with_user(accountant).create({'name': "Counter 3"})
        self.assertEqual(made.company_id, self.company)
        made.action_replace()
        token = made.token
        made.with_context(cn_new_token=True).token = 'aaaaaaaaaaaa'
        self.assertEqual(made.token, token)
        copied = self.code.with_user(accountant).copy()
        self.assertEqual(copied.sudo().way_ids.provider_id, self.provider.sudo())
        self.assertFalse(self.env['payment.cn.shop.code'].with_user(clerk).has_access('read'))
        elsewhere = self.env['res.company'].create({'name': "Elsewhere"})
        foreign = self.env['payment.cn.shop.code'].create({'name': "Theirs", 'company_id': elsewhere.id})
        self.assertNotIn(foreign, self.env['payment.cn.shop.code'].with_user(accountant).search([]))

    # === WHAT A BROWSER IS OFFERED === #

    def test_offers(self):
        """Test that only what opens the wallet right there is offered: no code for the payer's own screen."""
        self.assertEqual(self._offer()['scene'], 'in_app')
        self.assertEqual(self._offer(PHONE)['scene'], 'h5')
        for agent in (COMPUTER, WECOM, MINI_PROGRAM, INSIDE['alipay'], INSIDE['qq_wallet']):
            self.assertEqual(self.code._cn_offers(agent), [], agent)

    def test_wallets_that_open_nowhere(self):
        """Test that a wallet which only has codes for this order is not named, and the form says what is missing."""
        self.assertEqual(self.code._cn_wallets(), self.wechat)
        self.assertEqual(self.code.wallet_names, self.wechat.name)
        qq = self.env['payment.provider'].sudo().search([
            ('code', '=', 'qq_wallet'), ('company_id', '=', self.company.id),
        ]) or self.env.ref('payment_cn_wallets.payment_provider_qq_wallet').sudo().copy({'company_id': self.company.id})
        qq.write({
            **{f'qq_wallet_{name}': value for name, value in self.sandbox.credentials('qq_wallet').items()},
            'cn_sandbox_url': f'{self.sandbox.url}/qq_wallet', 'state': 'test', 'qq_wallet_app_id': False,
            'journal_id': self.provider.journal_id.id,
        })
        self.code.sudo().way_ids = [Command.clear(), Command.create({'provider_id': qq.id})]
        self.assertIn(qq, self.code._cn_ways().values())
        self.assertFalse(self.code._cn_wallets())
        self.assertIn('JSAPI', self.code.setup_problem)

    # === ATTEMPTS === #

    def test_attempt(self):
        """Test what an attempt is: the code's, of a walk-in customer, with the payer's note, not ordered yet."""
        tx = self._begin(note="two\nteas\u202e " + 'x' * 200)
        self.assertEqual((tx.amount, tx.cn_shop_code_id, tx.provider_id), (12.5, self.code, self.provider))
        self.assertEqual((tx.cn_scene, tx.cn_device, tx.state), ('in_app', 'wallet', 'draft'))
        self.assertEqual(tx.partner_id, self.company.cn_walk_in_id)
        self.assertTrue(tx.cn_payer_note.startswith("two teas x"))
        self.assertLessEqual(len(tx.cn_payer_note.encode()), const.PAYER_NOTE_BYTES)
        self.assertFalse(tx.cn_ordered_at)
        self.assertEqual(tx._cn_payable().name(), "Table 5")
        self.assertEqual(tx._cn_back_path(), self.code._cn_path())

    def test_one_live_attempt_for_each_payer(self):
        """Test that pressing again goes on with it, that another amount takes its place, and who is another payer."""
        tx = self._begin()
        self.assertEqual(self._begin(), tx)
        changed = self._begin(1300)
        self.assertNotEqual(changed, tx)
        self.assertEqual((tx.cn_next_id, tx.cn_given_up, changed.amount), (changed, True, 13.0))
        self.assertEqual(changed.cn_shop_code_id, self.code)
        self.assertNotEqual(self._begin(payer='somebody else'), changed)
        phone = self._begin(1300, agent=PHONE)
        self.assertEqual((phone.cn_scene, changed.cn_next_id), ('h5', phone))
        live = self.env['payment.transaction'].search([
            ('cn_shop_code_id', '=', self.code.id), ('state', '=', 'draft'), ('cn_given_up', '=', False),
        ])
        self.assertEqual(len(live), 2)

    def test_two_at_the_same_moment(self):
        """Test that the database itself refuses a second attempt of the same payer."""
        tx = self._begin()
        with self.assertRaises(UniqueViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            tx.copy({'reference': 'x', 'cn_payer_key': tx.cn_payer_key})
            self.env.flush_all()

    def test_paying_again_is_said(self):
        """Test that who has paid pays again only when the page said after which payment."""
        tx = self._paid_by_code()
        self.assertEqual(self._begin(), tx)
        self.assertEqual(self._begin(after=tx.id + 1000), tx)
        again = self._begin(after=tx.id)
        self.assertNotEqual(again, tx)
        self.assertFalse(tx.cn_next_id)
        self.assertEqual(self._begin(after=tx.id), again)
        self.assertEqual(self.code._cn_last('me'), (again, False))

    def test_paid_twice_by_one_payer(self):
        """Test that of two codes that took one another's place one brings money, and the other's goes back."""
        tx = self._begin()
        tx.cn_payer_id = 'openid'
        tx._cn_place_order('127.0.0.1')
        self.sandbox.fault('timeout', operation='close', times=1)
        new = self._begin(1300)
        new.cn_payer_id = 'openid'
        new._cn_place_order('127.0.0.1')
        self.sandbox.pay(new)
        self._ask(new)
        self.assertEqual((new.cn_verdict, tx.cn_given_up), ('kept', True))
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.cn_verdict, 'returned')

    def test_money_in_the_books(self):
        """Test that it is the walk-in customer's credit, under our number, and can be refunded without an order."""
        tx = self._paid_by_code()
        self.assertEqual(tx.cn_verdict, 'kept')
        tx._post_process()
        payment = tx.payment_id
        self.assertEqual((payment.amount, payment.partner_id), (12.5, self.company.cn_walk_in_id))
        self.assertEqual(payment.payment_reference, tx.cn_out_trade_no)
        self.assertFalse(payment.reconciled_invoice_ids)
        self.env['payment.cn.refund'].create({'transaction_id': tx.id, 'amount': 2.5}).action_refund()
        refund = tx.child_transaction_ids
        self._settle(refund)
        self.assertEqual((refund.state, self._refunded(tx)), ('done', 250))
        self.assertEqual(tx._cn_kept_fen(), 1000)

    def test_walk_in_customer_is_made_once(self):
        """Test that a company has one."""
        walk_in = self.company.cn_walk_in_id
        self.assertTrue(walk_in)
        self.assertEqual(self.company._cn_walk_in(), walk_in)
        with (
            self.assertRaises(ForeignKeyViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint()
        ):
            walk_in.sudo().unlink()

    def test_counter_is_told(self):
        """Test that those who are named see it in Odoo, once."""
        user = new_test_user(self.env, 'counter_user', 'base.group_user')
        self.code.user_ids = user
        sent = []
        self.patch(type(user), '_bus_send', lambda to, kind, message, **_kw: sent.append((to, kind, message)))
        tx = self._paid_by_code(note="two teas")
        self._ask(tx) if tx.state != 'done' else tx._cn_query()
        self.assertEqual([(to, kind) for to, kind, _message in sent], [(user, 'simple_notification')])
        message = sent[0][2]
        self.assertIn('12.50', message['title'])
        self.assertIn("two teas", message['message'])
        self.assertIn("Counter 2", message['message'])

    def test_till_goes_along(self):
        """Test that the gateway hears at which till the code lies."""
        config = self.env['pos.config'].sudo().create({'name': "Bar", 'company_id': self.company.id})
        config.write({'cn_store_number': 'S1', 'cn_terminal_number': 'T9'})
        self.code.config_id = config
        self.assertEqual(self._begin()._cn_payable().place(), {
            'store_id': 'S1', 'terminal_id': 'T9', 'attach': 'S1/T9/Counter 2',
        })
