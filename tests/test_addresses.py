# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.http_routing.tests.common import MockRequest
from odoo.addons.payment_cn_wallets.tests.common import CnCommon

CALLS = 'odoo.addons.payment_cn_wallets.models.attempt.gateway_calls'


@tagged('post_install', '-at_install')
class TestAddresses(CnCommon):

    def _set_base(self, address):
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', address)
        self.provider.invalidate_recordset()

    def test_addresses_do_not_come_from_the_visitor(self):
        """Test that what a browser calls the server is told to no gateway."""
        tx = self._ordered(order=self._order())
        self._set_base('https://shop.example.com')
        for host in ('http://192.168.1.5:8069/', 'https://evil.example.net/'):
            with MockRequest(self.env, url_root=host):
                self.provider.invalidate_recordset()
                request = tx._cn_order_request('127.0.0.1')
                self.assertEqual(
                    request.notify_url,
                    f'https://shop.example.com/payment/cn/notice/{self.provider.id}',
                )
                self.assertTrue(request.return_url.startswith('https://shop.example.com/payment/'))

    def test_website_has_a_domain_of_its_own(self):
        """Test that payers come back to the website that they left, and notices to the provider's."""
        self._set_base('https://back.example.com')
        order = self._order()
        tx = self._attempt(order=order)
        self.assertEqual(tx._cn_absolute_url('/x'), 'https://back.example.com/x')
        one, other = self.env['website'].create([
            {'name': "One", 'domain': 'https://one.example.com'},
            {'name': "Other", 'domain': 'https://店.example.com'},
        ])
        self.provider.website_id = one
        self.assertEqual(tx._cn_absolute_url('/x'), 'https://one.example.com/x')
        order.website_id = other
        self.assertEqual(tx._cn_absolute_url('/x'), 'https://xn--hxt.example.com/x')
        self.assertTrue(self.provider.cn_notice_url.startswith('https://one.example.com/'))

    def test_address_that_cannot_serve(self):
        """Test that the form and the switch say when no notice can arrive."""
        said, provider = {}, self.provider.with_context(lang='en_US')
        provider.state = 'enabled'
        for address in (
            'https://shop.example.com', 'http://shop.example.com', 'http://192.168.1.5:8069',
            'http://localhost:8069', 'https://odoo.local',
        ):
            self._set_base(address)
            said[address] = provider.cn_setup_problem
            warning = provider._onchange_cn_setup()
            self.assertEqual(warning and warning['warning']['message'], said[address] or None)
        self.assertFalse(said.pop('https://shop.example.com'))
        self.assertIn("is not https", said.pop('http://shop.example.com'))
        self.assertEqual(len(said), 3)
        for sentence in said.values():
            self.assertIn("Nobody outside reaches", sentence)

    def test_sandbox_on_this_machine_needs_no_public_address(self):
        """Test that trying the addon out at home is nothing to warn of."""
        self._set_base('http://localhost:8069')
        self.assertEqual(self.provider.state, 'test')
        self.assertFalse(self.provider.cn_setup_problem)
        self.provider.cn_sandbox_url = 'https://sandbox.example.com/huishouyin'
        self.assertTrue(self.provider.cn_setup_problem)

    @mute_logger(CALLS)
    def test_order_that_the_protocol_cannot_carry(self):
        """Test that such an order is refused, and nobody waits for its code."""
        self._set_base('https://shop.example.com/' + 'x' * 300)
        tx = self._ordered(order=self._order())
        self.assertEqual((tx.state, tx.cn_reason_kind), ('error', 'parameter'))
        self.assertEqual(tx._cn_snapshot()['phase'], 'refused')
        calls = self.sandbox.get('ledger')['calls']
        self.assertFalse([call for call in calls if call['operation'] == 'order'])
