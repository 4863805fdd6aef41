# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import HttpCase

from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import devices

COMPUTER = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130'
PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148'
INSIDE = {
    'wechat_pay': f'{PHONE} MicroMessenger/8.0.49',
    'alipay': f'{PHONE} AliApp(AP/10.6.0) AlipayClient/10.6.0',
    'qq_wallet': f'{PHONE} QQ/9.0.8.650 V1_IPH_SQ_9.0.8',
    'jd_pay': f'jdapp;iPhone;12.0.0;{PHONE}',
}


class Pages(CnCommon, HttpCase):
    """A shopper's browser, without a browser."""

    def setUp(self):
        super().setUp()
        self.provider._cn_forget_refusals()
        self.addCleanup(self.provider._cn_forget_refusals)

    def _call(self, name, tx, agent=COMPUTER, **values):
        answer = self.url_open(
            f'/payment/cn/checkout/{name}',
            json={'jsonrpc': '2.0', 'id': 1, 'method': 'call', 'params': {
                'tx_id': tx.id, 'token': tx._cn_token(), **values,
            }},
            headers={'User-Agent': agent},
        ).json()
        self.env.invalidate_all()
        return answer.get('result') or answer['error']

    def _open(self, path, agent=COMPUTER, **options):
        """Open an address, in the website's language, without going where it leads."""
        for _language in range(2):
            answer = self.url_open(
                path, headers={'User-Agent': agent}, allow_redirects=False, **options
            )
            address = answer.headers.get('Location', '').removeprefix(self.base_url())
            if not address.endswith(path) or address == path:
                break
            path = address
        self.env.invalidate_all()
        return answer

    def _chosen(self, agent, method=None, **values):
        """Return an attempt as the payment form makes it for a browser."""
        tx = self._attempt(scene=False, method=method or self.method, **values)
        tx.cn_device = devices.of_payer(agent, tx._cn_wallet().value)
        tx.cn_scene = tx._cn_pick_scene(agent)
        return tx

    def _browse(self, snapshot):
        return self.env['payment.transaction'].browse(snapshot['tx_id'])

    def _no_contract(self, **values):
        self.sandbox.fault('not_enabled', operation='order', **values)
