# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.gateways.wechat_pay import oauth
from odoo.addons.payment_cn_wallets.tests import payer_cases


@tagged('post_install', '-at_install')
class TestWechatPayer(payer_cases.PayerCases):

    gateway = 'wechat_pay'

    def test_without_app_secret(self):
        """Test that a merchant who can't learn openids shows a code inside WeChat."""
        self.provider.wechat_pay_app_secret = False
        self.assertEqual(self._chosen(self.agent).cn_scene, 'qr')

    def test_snapshot_page(self):
        """Test that a preview in WeChat, which has no real openid, leads to a code."""
        path = self._through_wallet(self._sent_to_wallet())
        content = {'openid': 'oVirtual0001', 'is_snapshotuser': 1}
        with patch.object(oauth.OAuth, '_token', return_value=content):
            self._come_back(path)
        self.assertEqual((self.tx.cn_scene, self.tx.cn_payer_id), ('qr', False))


@tagged('post_install', '-at_install')
class TestAlipayPayer(payer_cases.PayerCases):

    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'

    def test_next_scene_is_the_page(self):
        """Test that Alipay's page, which works inside Alipay too, comes before a code."""
        path = self._through_wallet(self._sent_to_wallet())
        state = parse_qs(urlsplit(path).query)['state'][0]
        self._come_back(f'/payment/cn/payer?state={state}')
        self.assertEqual(self.tx.cn_scene, 'h5')
        self.assertEqual(self._call('start', self.tx, self.agent)['kind'], 'page')
