# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_cn_wallets.tests import money_cases


@tagged('post_install', '-at_install')
class TestMoneyDoors(money_cases.MoneyCases):
    """What a browser may ask for: providers and wallets that are offered, and no others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.type = 'service'  # the shop asks for no delivery then
        cls.alipay = cls.env.ref('payment.payment_method_alipay')
        cls.card = cls.env.ref('payment.payment_method_card')
        cls.other_company = cls.env['res.company'].create({
            'name': "Another shop", 'currency_id': cls.cny.id,
            'country_id': cls.env.ref('base.cn').id,
        })

    def _routes(self):
        """Return (route, parameters) of every door that makes an attempt."""
        order, invoice = self._order(), self._invoice()
        token = payment_utils.generate_access_token(
            self.partner.id, 88.8, self.cny.id, env=self.env
        )
        order.website_id = self.env['website'].search([('company_id', '=', self.company.id)], limit=1)
        return {
            '/payment/transaction': {
                'amount': 88.8, 'currency_id': self.cny.id, 'partner_id': self.partner.id,
                'access_token': token,
            },
            f'/my/orders/{order.id}/transaction': {
                'amount': 88.8, 'access_token': order._portal_ensure_token(),
            },
            f'/invoice/transaction/{invoice.id}': {
                'amount': 88.8, 'access_token': invoice._portal_ensure_token(),
            },
            f'/shop/payment/transaction/{order.id}': {
                'amount': 88.8, 'access_token': order._portal_ensure_token(),
            },
        }

    @mute_logger('odoo.http')
    def _assert_refused(self, what, **values):
        """Assert that every door refuses, with a sentence, and that nothing is created."""
        for route, params in self._routes().items():
            if what == 'company' and route == '/payment/transaction':
                continue  # a link without a document is of no company but its provider's
            with self.subTest(what=what, route=route):
                before = self.env['payment.transaction'].search_count([])
                result, refusal = self._json(route, **params, **self._choice(**values))
                self.assertFalse(result)
                self.assertEqual(self.env['payment.transaction'].search_count([]), before)
                self.assertRegex(refusal, r'^[A-Z]\S* [^\n]*\.')
                self.assertNotIn('psycopg2', refusal)
        self.assertFalse(self.sandbox.get('ledger')['orders'])

    def test_offered_choice_is_taken(self):
        """Test that every door takes what the form offers: the refusals below are refusals of that."""
        for route, params in self._routes().items():
            with self.subTest(route=route):
                result, refusal = self._json(route, **params, **self._choice())
                self.assertTrue(result, refusal)

    def test_provider_that_is_switched_off(self):
        """Test that nobody pays with a provider that is disabled."""
        self.provider.state = 'disabled'
        self._assert_refused('disabled')

    def test_provider_that_is_not_published(self):
        """Test that a provider that only the shop's own people may see takes no shopper's money."""
        self.provider.is_published = False
        self._assert_refused('unpublished')

    def test_provider_of_another_company(self):
        """Test that the money of one company does not go to another one."""
        other = self.provider.copy({'company_id': self.other_company.id})
        other.write({
            **self._fields_of(self.credentials), 'cn_sandbox_url': self.provider.cn_sandbox_url,
            'state': 'test', 'is_published': True,
        })
        self._assert_refused('company', provider_id=other.id)

    def test_wallet_that_the_provider_lacks(self):
        """Test that a wallet that was taken off the provider is not taken by it."""
        self.provider.payment_method_ids -= self.alipay
        self._assert_refused('wallet', payment_method_id=self.alipay.id)

    def test_method_that_is_no_wallet(self):
        """Test that no wallet can be asked for a card."""
        self._assert_refused('card', payment_method_id=self.card.id)

    def test_wallet_that_is_switched_off(self):
        """Test that a wallet that is inactive is not taken."""
        self.method.active = False
        self._assert_refused('inactive')

    def test_provider_that_there_is_not(self):
        """Test that a made-up id is answered with a sentence, too."""
        self._assert_refused('missing', provider_id=10 ** 8)

    def test_provider_with_a_limit(self):
        """Test that more than the provider takes is refused."""
        self.provider.maximum_amount = 50
        self._assert_refused('limit')

    def test_flow_that_wallets_do_not_have(self):
        """Test that no attempt is made that nobody can pay."""
        self._assert_refused('flow', flow='direct')
