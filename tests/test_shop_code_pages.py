# Part of payment_cn_wallets. License LGPL-3.

import io
import re
from datetime import timedelta

import zxingcpp
from PIL import Image

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.tests.pages import COMPUTER, INSIDE, Pages
from odoo.addons.payment_cn_wallets.tests.shop_code_common import MINI_PROGRAM, WECOM, ShopCodeCommon
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestShopCodePages(ShopCodeCommon, Pages):

    def setUp(self):
        super().setUp()
        self.path = self.code._cn_path()

    def _attempts(self):
        return self.env['payment.transaction'].search([('cn_shop_code_id', '=', self.code.id)])

    def _press(self, agent=INSIDE['wechat_pay'], page=None, **values):
        """Fill in the page's form, and press the button."""
        page = page or self._open(self.path, agent)
        hidden = dict(re.findall(r'name="(csrf_token|after)" value="([^"]*)"', page.text))
        return self._open(self.path, agent, data={
            **hidden, 'amount': '12.50', 'wallet': 'wechat_pay', **values,
        })

    def test_opening_makes_nothing(self):
        """Test that the page can be opened as often as one likes, by whoever repeats it."""
        before = self.env['payment.transaction'].search_count([])
        for _time in range(3):
            page = self._open(self.path, INSIDE['wechat_pay'])
            self.assertEqual(page.status_code, 200)
            self.opener.cookies.clear()  # a wallet's server brings none
        self.assertEqual(self.env['payment.transaction'].search_count([]), before)
        for name, value in (
            ('Cache-Control', 'no-store'), ('Referrer-Policy', 'same-origin'), ('X-Frame-Options', 'DENY'),
        ):
            self.assertEqual(page.headers[name], value)
        self.assertIn("frame-ancestors 'none'", page.headers['Content-Security-Policy'])

    def test_page_tells_little(self):
        """Test that a public page names shop and label, and nothing else of the shop."""
        page = self._open(self.path, INSIDE['wechat_pay']).text
        self.assertIn("茶馆", page)
        self.assertIn("Table 5", page)
        for secret in ("Counter 2", self.env.user.name, self.provider.journal_id.name):
            self.assertNotIn(secret, page)

    def test_payment_begins_with_the_form(self):
        """Test that amount and wallet lead to the payment's own page, once however often it is sent."""
        page = self._open(self.path, INSIDE['wechat_pay'])
        answer = self._press(page=page, note="two teas")
        tx = self._attempts()
        self.assertEqual((len(tx), answer.status_code), (1, 303))
        self.assertTrue(answer.headers['Location'].endswith(tx._cn_checkout_path()))
        self.assertEqual((tx.amount, tx.cn_payer_note, tx.cn_ordered_at), (12.5, "two teas", False))
        self._press(page=page, note="two teas")
        self.assertEqual(self._attempts(), tx)
        # It may be gone on with.
        self.assertIn(tx._cn_checkout_path(), self._open(self.path, INSIDE['wechat_pay']).text)

    def test_form_of_another_site(self):
        """Test that a payment can't be begun by a form that is not the page's."""
        self._open(self.path, INSIDE['wechat_pay'])
        with mute_logger('odoo.http', 'odoo.addons.http_routing.models.ir_http'):
            answer = self._open(self.path, INSIDE['wechat_pay'], data={'amount': '1', 'wallet': 'wechat_pay'})
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self._attempts())

    def test_what_is_sent_is_a_wish(self):
        """Test that amounts beyond the limit and wallets that are not offered begin nothing."""
        for values, told in (
            ({'amount': '5000.01'}, '5,000.00'), ({'amount': '0'}, 'above zero'), ({'amount': 'x'}, 'above zero'),
            ({'wallet': 'alipay'}, ''), ({'wallet': ''}, ''),
        ):
            answer = self._press(**values)
            self.assertEqual(answer.status_code, 200)
            self.assertIn(told, answer.text)
        self.assertFalse(self._attempts())
        self.assertEqual(self._press(COMPUTER, page=self._open(self.path, INSIDE['wechat_pay'])).status_code, 200)
        self.assertFalse(self._attempts())

    def test_form_that_makes_no_sense(self):
        """Test that nothing a form can hold is a mistake of the server's."""
        for values in (
            {'after': '9' * 5000}, {'after': '１２'}, {'after': '-1'}, {'amount': 'A' * 5000}, {'note': '\x00' * 300},
        ):
            self.assertIn(self._press(**values).status_code, (200, 303), values)
        page = self._open(self.path, INSIDE['wechat_pay'])
        token = re.search(r'name="csrf_token" value="([^"]*)"', page.text)[1]
        answer = self._open(
            self.path, INSIDE['wechat_pay'], data={'csrf_token': token, 'wallet': 'wechat_pay'},
            files={'amount': ('a.txt', b'1')},
        )
        self.assertEqual(answer.status_code, 200)

    def test_no_address_tells_of_another(self):
        """Test that what was never a code and what was replaced answer alike, and what is off says so."""
        old = self.path
        self.code.action_replace()
        self.env.flush_all()
        with mute_logger('odoo.http'):
            answers = [self._open(path, COMPUTER) for path in (old, '/cn/aaaaaaaaaaaa', '/cn/x', '/cn/a/code.png')]
        self.assertEqual({answer.status_code for answer in answers}, {404})
        plain = [re.sub(r'/cn/\w+|csrf_token: "\w+"|nonce-[\w-]+', '', one.text) for one in answers[:2]]
        self.assertEqual(plain[0], plain[1])
        self.code.active = False
        self.env.flush_all()
        page = self._open(self.code._cn_path(), INSIDE['wechat_pay'])
        self.assertEqual((page.status_code, 'data-state="off"' in page.text), (200, True))
        self.assertNotIn('<form', page.text)

    def test_switched_off_meanwhile(self):
        """Test that a page that is still open begins nothing any more."""
        page = self._open(self.path, INSIDE['wechat_pay'])
        self.code.active = False
        self.env.flush_all()
        self.assertIn('data-state="off"', self._press(page=page).text)
        self.assertFalse(self._attempts())

    def test_dead_ends(self):
        """Test that where no wallet opens the page says what to do, and shows its own address."""
        for agent, said in (
            (COMPUTER, "Scan this code with your phone"), (WECOM, "WeCom can"), (MINI_PROGRAM, "mini program"),
            (INSIDE['alipay'], "This app can"),
        ):
            page = self._open(self.path, agent).text
            self.assertIn('data-state="elsewhere"', page)
            self.assertIn(said, page)
            self.assertIn(f'{self.path}/code.png', page)
            self.assertIn("WeChat Pay", page)
            self.assertNotIn('weixin://', page)
        self.provider.state = 'disabled'
        self.env.flush_all()
        page = self._open(self.path, INSIDE['wechat_pay']).text
        self.assertIn("Nothing can be paid here at the moment", page)

    def test_picture_says_the_address(self):
        """Test that the picture is the page's own configured address, whatever host is asked."""
        answer = self._open(f'{self.path}/code.png', WECOM)
        self.assertEqual(answer.headers['Content-Type'], 'image/png')
        [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)).convert('L'))
        self.assertEqual(found.text, self.code.url)

    def test_receipt(self):
        """Test who has paid: shown first, then the receipt under its address, for a day, telling no more."""
        self._press()
        tx = self._attempts()
        tx.cn_payer_id = 'openid'
        tx._cn_place_order('127.0.0.1')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.env.flush_all()
        page = self._open(self.path, INSIDE['wechat_pay'])
        self.assertIn('data-state="paid"', page.text)
        self.assertNotIn('<form', page.text)
        # By the page's own return address.
        answer = self._open(tx._cn_return_path(), INSIDE['wechat_pay'])
        self.assertTrue(answer.headers['Location'].endswith(tx._cn_receipt_path()))
        self.opener.cookies.clear()
        receipt = self._open(tx._cn_receipt_path(), COMPUTER).text
        for told in ("茶馆", '12.50', "WeChat Pay", tx.cn_out_trade_no):
            self.assertIn(told, receipt)
        for secret in ("Counter 2", 'openid', tx.reference, tx.provider_reference):
            self.assertNotIn(secret, receipt)
        with mute_logger('odoo.http'):
            self.assertEqual(self._open(f'/payment/cn/receipt/{tx.id}/x').status_code, 404)
            self.assertEqual(self._open(f'/payment/cn/receipt/{tx.id}/{tx._cn_token()}').status_code, 404)
        tx.cn_paid_at -= timedelta(days=1, minutes=1)
        self.env.flush_all()
        self.assertNotIn('12.50', self._open(tx._cn_receipt_path(), COMPUTER).text)

    def test_pay_again(self):
        """Test that an old form begins no second payment, and the button "pay again" does."""
        page = self._open(self.path, INSIDE['wechat_pay'])
        self._press(page=page)
        tx = self._attempts()
        tx.cn_payer_id = 'openid'
        tx._cn_place_order('127.0.0.1')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.env.flush_all()
        answer = self._press(page=page)
        self.assertTrue(answer.headers['Location'].endswith(self.path))
        self.assertEqual(self._attempts(), tx)
        again = self._open(f'{self.path}?again=1', INSIDE['wechat_pay'])
        self.assertIn(f'name="after" value="{tx.id}"', again.text)
        self._press(page=again)
        self.assertEqual(len(self._attempts()), 2)

    def test_limits(self):
        """Test that one code begins no more payments than a shop has payers."""
        key = 'visitor-test'
        self.addCleanup(throttle.forget, self.env.cr.dbname, key)
        self.patch(const, 'SHOP_CODE_LIMIT', (0, 600))
        page = self._open(self.path, INSIDE['wechat_pay'])
        self.assertEqual(self._press(page=page).status_code, 429)
        self.assertFalse(self._attempts())

    def test_fixed_and_chosen_amounts(self):
        """Test that the page asks for what the shop wants."""
        self.code.amount_ids = [Command.create({'amount': 30, 'name': "Adult"})]
        self.env.flush_all()
        page = self._open(self.path, INSIDE['wechat_pay']).text
        self.assertIn('name="amount" value="30.00"', page)
        self.assertNotIn('o_cn_keys', page)
        self.code.amount_ids = [Command.create({'amount': 15, 'name': "Child"})]
        self.env.flush_all()
        page = self._open(self.path, INSIDE['wechat_pay']).text
        self.assertEqual(page.count('type="radio"'), 2)
        self._press(amount='15.00')
        self.assertEqual(self._attempts().amount, 15)

    def test_refused_attempt_can_be_begun_anew(self):
        """Test that who comes back after a refusal begins another one, under another number."""
        self._press()
        tx = self._attempts()
        tx.cn_payer_id = 'openid'
        self.sandbox.fault('invalid_parameter', operation='order', times=1)
        tx._cn_place_order('127.0.0.1')
        self.assertEqual(tx.state, 'error')
        self.env.flush_all()
        self._press()
        new = self._attempts() - tx
        self.assertEqual((tx.cn_next_id, new.state), (new, 'draft'))
        self.assertLess(new.create_date, fields.Datetime.now() + timedelta(minutes=1))
