# Part of payment_cn_wallets. License LGPL-3.

import re

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests.pages import COMPUTER, INSIDE, PHONE, Pages
from odoo.addons.payment_cn_wallets.tools import addresses, throttle


@tagged('post_install', '-at_install')
class TestAddresses(TransactionCase):

    def test_only_what_opens_a_page_or_an_app(self):
        """Test that the server refuses what static/tests/checkout.test.js says the page refuses."""
        good = (
            'https://h5pay.jd.com/x?a=1', 'weixin://wxpay/bizpayurl?pr=1', 'HTTPS://a.b/',
            'alipays://platformapi/startapp?x=1',
        )
        for url in good:
            self.assertEqual(addresses.safe_pay_url(url), url)
        self.assertEqual(addresses.safe_pay_url('  https://a.b/ '), 'https://a.b/')
        bad = (
            'javascript:alert(1)', ' JavaScript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x',
            '\x01javascript:alert(1)', 'vbscript:x', 'file:///etc/passwd', 'https://a b/', '/relative',
            'https:', 'about:blank', '\thttps://a.b/', '', None,
        )
        for url in bad:
            self.assertEqual(addresses.safe_pay_url(url), '', url)
        self.assertEqual(addresses.safe_form_url('weixin://x'), '')
        self.assertEqual(addresses.safe_form_url('https://x/y'), 'https://x/y')


@tagged('post_install', '-at_install')
class TestJdPages(Pages):
    """Forms that the payer's browser posts, and the way back."""

    gateway = 'jd_pay'
    method_ref = 'payment_cn_wallets.payment_method_jd_pay'

    def test_scene_follows_the_device(self):
        """Test that a desk gets a code; phones, inside JD's app too, get its page."""
        self.assertEqual(self._chosen(COMPUTER).cn_scene, 'qr')
        self.assertEqual(self._chosen(PHONE).cn_scene, 'h5')
        tx = self._chosen(INSIDE['jd_pay'])
        self.assertEqual((tx.cn_scene, tx.cn_device), ('h5', 'wallet'))
        self.assertEqual(self._call('start', tx, INSIDE['jd_pay'])['kind'], 'page')

    def test_other_wallets_browsers_get_a_code(self):
        """Test that a page that WeChat would block is not the first choice inside WeChat."""
        tx = self._chosen(INSIDE['wechat_pay'])
        self.assertEqual((tx.cn_scene, tx.cn_device), ('qr', 'foreign_wallet'))

    def test_form_is_posted_by_the_browser(self):
        """Test that the page leads to ours, which has the form, and never shows it elsewhere."""
        tx = self._chosen(PHONE, order=self._order())
        snapshot = self._call('start', tx, PHONE)
        self.assertEqual((snapshot['kind'], snapshot['phase']), ('link', 'waiting'))
        self.assertEqual(snapshot['pay_url'], tx._cn_go_path())
        self.assertNotIn(tx.cn_pay_form['sign'], str(snapshot))
        page = self._open(snapshot['pay_url'], PHONE)
        self.assertEqual(page.status_code, 200)
        self.assertIn(f'action="{tx.cn_pay_url}"', page.text)
        self.assertIn('method="post"', page.text)
        for name in tx.cn_pay_form:
            self.assertIn(f'name="{name}"', page.text)
        self.assertEqual(page.headers['Cache-Control'], 'no-store')
        self.assertEqual(page.headers['Referrer-Policy'], 'strict-origin-when-cross-origin')
        policy = page.headers['Content-Security-Policy']
        self.assertIn("default-src 'none'", policy)
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        self.assertIn(f'nonce="{nonce}"', page.text)
        self.assertNotIn('Set-Cookie', page.headers)
        # What the browser would do next.
        answer = self._post(tx.cn_pay_url, tx.cn_pay_form)
        self.assertIn('/q/', answer.headers['Location'])
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def _post(self, url, values):
        return self.sandbox._http.post(url, data=values, allow_redirects=False, timeout=5)

    def test_go_page_is_over_with_the_attempt(self):
        """Test that nothing is led on to a wallet that must not be paid any more."""
        tx = self._chosen(PHONE, order=self._order())
        self._call('start', tx, PHONE)
        self._let_pass(tx, minutes=30)
        self.env.flush_all()
        answer = self._open(tx._cn_go_path(), PHONE)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers['Location'].endswith(tx._cn_checkout_path()))
        with mute_logger('odoo.http'):
            self.assertEqual(self._open(f'/payment/cn/go/{tx.id}/x').status_code, 404)

    def test_computers_have_a_cashier_of_their_own(self):
        """Test that a merchant without codes pays on JD's page for computers."""
        tx = self._chosen(COMPUTER, order=self._order())
        tx.cn_scene = 'h5'
        snapshot = self._call('start', tx)
        self.assertIn('/wepay/', tx.cn_pay_url)
        self.assertEqual((snapshot['kind'], snapshot['qr_svg']), ('page', ''))

    def test_forged_return_delivers_nothing(self):
        """Test that a posted "success" changes nothing, makes no session, and leads to the page."""
        tx = self._chosen(PHONE, order=self._order())
        self._call('start', tx, PHONE)
        self._ask(tx)
        self.opener.cookies.clear()
        for values in (
            {'tradeNum': tx.cn_out_trade_no, 'status': '0', 'sign': 'x', 'amount': '8880'},
            {'next': 'https://evil.example', 'redirect': '//evil.example'},
            {'x' * 100: 'y' * 1000},
        ):
            answer = self._open(tx._cn_back_from_wallet_path(), PHONE, data=values)
            self.assertEqual(answer.status_code, 303)
            self.assertEqual(
                answer.headers['Location'].partition('/payment/')[2],
                tx._cn_checkout_path().partition('/payment/')[2],
            )
            self.assertNotIn('evil', answer.headers['Location'])
            self.assertNotIn('Set-Cookie', answer.headers)
        self.assertEqual((tx.state, tx.cn_paid_at), ('draft', False))
        self.assertFalse(tx.payment_id)
        with mute_logger('odoo.http'):
            self.assertEqual(
                self._open(f'/payment/cn/back/{tx.id}/x', data={'a': 'b'}).status_code, 404
            )

    def test_return_lets_the_gateway_be_asked_soon(self):
        """Test that the gaps between questions are short again for who comes back."""
        tx = self._chosen(PHONE, order=self._order())
        self._call('start', tx, PHONE)
        key, schedule = tx._cn_throttle_key(), tx._cn_ask_schedule()
        for _question in range(8):
            throttle.acquire(self.env.cr.dbname, key, (0,))
        self.assertGreater(throttle.seconds_left(self.env.cr.dbname, key, schedule), 8)
        self._open(tx._cn_back_from_wallet_path(), PHONE)
        self.assertLess(throttle.seconds_left(self.env.cr.dbname, key, schedule), 3.1)
        self.assertGreater(throttle.seconds_left(self.env.cr.dbname, key, schedule), 0)

    def test_refused_code_leads_to_the_page_and_is_remembered(self):
        """Test that a merchant without codes costs one shopper one call, and that no money is lost."""
        self._no_contract(times=1)
        order = self._order()
        tx = self._chosen(COMPUTER, order=order)
        snapshot = self._call('start', tx)
        new = self._browse(snapshot)
        self.assertEqual((tx.state, tx.cn_next_id), ('error', new))
        self.assertNotEqual(new.cn_out_trade_no, tx.cn_out_trade_no)
        self.assertEqual((new.cn_scene, snapshot['kind']), ('h5', 'page'))
        self.assertFalse(snapshot['message'])
        # The next shopper goes there at once.
        self.assertEqual(self._chosen(COMPUTER, order=self._order()).cn_scene, 'h5')
        self._post(new.cn_pay_url, new.cn_pay_form)
        self.sandbox.pay(new)
        self._ask(new)
        self._ask(tx)
        self.assertEqual((new.state, tx.state), ('done', 'error'))
        # Who changes the credentials has it tried again.
        self.provider.jd_pay_app_id = '123'
        self.assertEqual(self._chosen(COMPUTER, order=self._order()).cn_scene, 'qr')


@tagged('post_install', '-at_install')
class TestAlipayPages(Pages):

    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'

    def test_merchant_without_codes(self):
        """Test that the setting leads computers to Alipay's page for them."""
        self.assertEqual(self._chosen(COMPUTER).cn_scene, 'qr')
        self.provider.alipay_web_product = 'page'
        tx = self._chosen(COMPUTER, order=self._order())
        self.assertEqual(tx.cn_scene, 'h5')
        snapshot = self._call('start', tx)
        self.assertEqual((snapshot['kind'], snapshot['qr_svg']), ('page', ''))
        self.assertIn('alipay.trade.page.pay', snapshot['pay_url'])
        self.assertEqual(snapshot['other'], '')

    def test_phone_goes_back_from_the_code(self):
        """Test that who had a code shown on a phone may open the wallet there after all."""
        tx = self._chosen(PHONE, order=self._order())
        self.assertEqual(self._call('start', tx, PHONE)['first'], '')
        self._call('renew', tx, PHONE, other=True)
        code = tx._cn_last_successor()
        snapshot = self._call('poll', code, PHONE)
        self.assertEqual((snapshot['kind'], snapshot['first']), ('qr', 'h5'))
        self.assertEqual(self._call('poll', code)['first'], '', "a computer has no wallet to open")
        self._call('renew', code, PHONE, first=True)
        page = code._cn_last_successor()
        self.assertEqual((page.cn_scene, self._call('poll', page, PHONE)['kind']), ('h5', 'link'))

    def test_phone_gets_the_page_for_phones(self):
        """Test the page for phones, a code for who wants one, and the address for another screen."""
        tx = self._chosen(PHONE, order=self._order())
        snapshot = self._call('start', tx, PHONE)
        self.assertEqual((snapshot['kind'], snapshot['other']), ('link', 'qr'))
        self.assertIn('alipay.trade.wap.pay', snapshot['pay_url'])
        self.assertEqual(snapshot['qr_svg'], '')
        # On a desk the same attempt is a code of our own short address, which leads on.
        self.assertEqual(self._call('poll', tx)['kind'], 'link_qr')
        self.assertEqual(tx._cn_scannable_url(), tx._cn_absolute_url(tx._cn_go_path()))
        page = self._open(tx._cn_go_path(), PHONE)
        self.assertIn('href="http', page.text)
        self.assertNotIn('<form', page.text)
        other = self._browse(self._call('renew', tx, PHONE, other=True))
        self.assertEqual((other.cn_scene, tx.cn_next_id), ('qr', other))
        self.assertTrue(other.cn_code_url)

    def test_refused_cashier_leads_to_the_page(self):
        """Test inside Alipay: no contract for its cashier, so its page."""
        self._no_contract(times=1)
        tx = self._chosen(INSIDE['alipay'], order=self._order())
        tx.cn_payer_id = '2088000000000001'
        snapshot = self._call('start', tx, INSIDE['alipay'])
        new = self._browse(snapshot)
        self.assertEqual((new.cn_scene, snapshot['kind']), ('h5', 'page'))
        self.assertEqual(self._chosen(INSIDE['alipay']).cn_scene, 'h5')
        self.assertEqual(self._chosen(PHONE).cn_scene, 'h5')


@tagged('post_install', '-at_install')
class TestWechatPages(Pages):

    gateway = 'wechat_pay'

    def test_h5_carries_the_payers_address(self):
        """Test that the order names the payer, and the page the way back; five minutes long."""
        tx = self._chosen(PHONE, order=self._order())
        self.assertEqual(tx.cn_scene, 'h5')
        snapshot = self._call('start', tx, PHONE)
        self.assertIn('redirect_url=', snapshot['pay_url'])
        self.assertIn('payment%2Fcn%2Fback', snapshot['pay_url'])
        self.assertLess(snapshot['expires_in'], 300)
        other = self._attempt(order=self._order(), scene='h5')
        other._cn_place_order('2001:db8::7')
        self.assertEqual(other.cn_outcome, 'waiting')

    def test_no_contract_for_h5(self):
        """Test that the next shopper's phone shows a code at once, and that no order is doubled."""
        self._no_contract(times=1)
        order = self._order()
        tx = self._chosen(PHONE, order=order)
        new = self._browse(self._call('start', tx, PHONE))
        self.assertEqual((new.cn_scene, new.sale_order_ids), ('qr', order))
        self.assertIn('could not be opened', self._call('poll', new, PHONE)['message'])
        again = self._call('start', tx, PHONE)
        self.assertEqual(again['next_url'], new._cn_checkout_path())
        self.assertEqual(len(self.sandbox.get('ledger')['orders']), 1)
        self.assertEqual(self._chosen(PHONE).cn_scene, 'qr')
        # Reloading the old page leads to the new one.
        answer = self._open(tx._cn_checkout_path(), PHONE)
        self.assertTrue(answer.headers['Location'].endswith(new._cn_checkout_path()))

    def test_nothing_left_to_try(self):
        """Test that a shop without any contract says so, once, and does not loop."""
        self._no_contract()
        tx = self._chosen(PHONE, order=self._order())
        snapshot = self._call('start', tx, PHONE)
        self.assertEqual(snapshot['phase'], 'refused')
        self.assertTrue(snapshot['message'])
        self.assertEqual(len(self.sandbox.get('ledger')['orders']), 0)
        self.assertEqual(self._chosen(PHONE).cn_scene, 'h5')

    def test_refusal_for_another_reason_stays_one(self):
        """Test that only a missing contract leads to another scene."""
        self.sandbox.fault('invalid_parameter', operation='order', times=1)
        tx = self._chosen(PHONE, order=self._order())
        snapshot = self._call('start', tx, PHONE)
        self.assertEqual((snapshot['phase'], snapshot['tx_id']), ('refused', tx.id))
        self.assertEqual(self._chosen(PHONE).cn_scene, 'h5')


@tagged('post_install', '-at_install')
class TestPaymentForm(Pages):

    def test_wallets_of_other_apps_stand_last(self):
        """Test that a wallet that the payer's app does not open stands last, and that it is said."""
        alipay = self.env.ref('payment.payment_method_alipay')
        self.method.sequence, alipay.sequence = 20, 10
        self.provider.payment_method_ids = self.method | alipay
        (self.method | alipay).active = True
        self.provider.is_published = True
        link = self.env['payment.link.wizard'].with_context(
            active_model='sale.order', active_id=self._order().id
        ).create({})
        path = link.link.removeprefix(link.get_base_url())
        for agent, first, told in ((COMPUTER, 'alipay', 0), (INSIDE['wechat_pay'], 'wechat_pay', 1)):
            page = self._open(path, agent).text
            codes = re.findall(r'data-payment-method-code="(wechat_pay|alipay)"', page)
            self.assertEqual(codes[0], first)
            self.assertEqual(set(codes), {'wechat_pay', 'alipay'})
            self.assertEqual(page.count('o_cn_shut_out'), told)


@tagged('post_install', '-at_install')
class TestQqPages(Pages):

    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'

    def test_cashier_inside_qq(self):
        """Test that QQ's browser gets the parameters, without anybody being asked who pays."""
        tx = self._chosen(INSIDE['qq_wallet'], order=self._order())
        self.assertEqual(tx.cn_scene, 'in_app')
        self.assertEqual(self._open(tx._cn_checkout_path(), INSIDE['qq_wallet']).status_code, 200)
        snapshot = self._call('start', tx, INSIDE['qq_wallet'])
        self.assertEqual(snapshot['kind'], 'cashier')
        self.assertEqual(set(snapshot['sdk_params']), {'tokenId', 'appInfo'})
        # Another browser gets none, and a way to pay there.
        elsewhere = self._call('poll', tx)
        self.assertEqual((elsewhere['phase'], elsewhere['sdk_params']), ('refused', None))
        new = self._browse(self._call('renew', tx))
        self.assertEqual((new.cn_scene, new.cn_device), ('qr', 'computer'))

    def test_without_an_application(self):
        """Test that a merchant without app id shows a code inside QQ."""
        self.provider.qq_wallet_app_id = False
        self.assertEqual(self._chosen(INSIDE['qq_wallet']).cn_scene, 'qr')

    def test_signed_parameters_are_for_administrators_only(self):
        """Test that no accountant reads what opens a payer's cashier."""
        for name in ('cn_sdk_params', 'cn_pay_form', 'cn_payer_id'):
            field = self.env['payment.transaction']._fields[name]
            self.assertEqual(field.groups, 'base.group_system')
