# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import till_common

DIRECT = ('wechat_pay', 'alipay', 'qq_wallet', 'jd_pay')


@tagged('post_install', '-at_install')
class TestTillRoutes(till_common.TillCommon):
    """Which contract a wallet goes through: what the button allows, in the order of the providers."""

    gateway = 'huishouyin'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.providers = {'huishouyin': cls.provider}
        for number, code in enumerate(DIRECT):
            credentials = cls.sandbox.credentials(code)
            cls.providers[code] = cls.env['payment.provider'].search([
                ('code', '=', code), ('company_id', '=', cls.company.id),
            ]) or cls.env.ref(f'payment_cn_wallets.payment_provider_{code}').copy(
                {'company_id': cls.company.id}
            )
            cls.providers[code].write({
                **{f'{code}_{name}': value for name, value in credentials.items()},
                'cn_sandbox_url': f'{cls.sandbox.url}/{code}', 'state': 'test', 'sequence': 20 + number,
            })
        cls.provider.sequence = 10
        cls.wallets = {
            **{code: cls.env.ref(ref) for code, ref in till_common.CODES.items()},
            'unionpay': cls.env.ref('payment_cn_wallets.payment_method_unionpay_wallet'),
        }

    def _allow(self, *codes):
        self.button.cn_provider_ids = [Command.set([self.providers[code].id for code in codes])]

    def _routes(self, scene):
        """Return the gateway of each wallet, False for none."""
        return {name: self.button._cn_provider(wallet, scene).code for name, wallet in self.wallets.items()}

    def _listed(self):
        """Return what the till's browser is told of: wallets with tabs, wallets whose codes it knows."""
        self.button.invalidate_recordset(['cn_till_setup'])
        setup = self.button.with_user(self.cashier).cn_till_setup
        return (
            {wallet['code'] for wallet in setup['wallets']},
            {row['wallet'] for row in setup['ranges']},
        )

    def test_one_direct_and_the_rest_aggregated(self):
        """Test that a wallet goes through its own contract, and the rest through Huishouyin."""
        self.providers['wechat_pay'].sequence = 5
        self._allow('wechat_pay', 'huishouyin')
        self.assertEqual(self._routes('code'), {
            'wechat_pay': 'wechat_pay', 'alipay': 'huishouyin', 'unionpay': 'huishouyin',
            'qq_wallet': False, 'jd_pay': False,  # Huishouyin takes no payment codes of these
        })
        self.assertEqual(self._routes('qr'), {
            'wechat_pay': 'wechat_pay', 'alipay': 'huishouyin', 'qq_wallet': 'huishouyin',
            'unionpay': 'huishouyin', 'jd_pay': False,
        })
        tabs, ranges = self._listed()
        self.assertEqual(tabs, {'wechat_pay', 'alipay', 'qq_wallet', 'unionpay_wallet'})
        self.assertEqual(ranges, {'wechat_pay', 'alipay', 'unionpay_wallet'})
        for wallet, gateway in (('wechat_pay', 'wechat_pay'), ('alipay', 'huishouyin')):
            with self.subTest(wallet=wallet):
                line = self._line()
                self.assertEqual(self._press('charge', line, self._code(wallet))['phase'], 'paid')
                self.assertEqual(self._tx(line).provider_code, gateway)
                line = self._line()
                self.assertEqual(self._press('show', line, wallet)['phase'], 'qr')
                self.assertEqual(self._tx(line).provider_code, gateway)

    def test_order_of_the_providers(self):
        """Test that of several gateways that carry a wallet the first in the list takes it, at once."""
        self._allow('huishouyin', 'wechat_pay', 'alipay')
        self.assertEqual(self._routes('code')['wechat_pay'], 'huishouyin')
        self.providers['wechat_pay'].sequence = 1
        self.assertEqual(self._routes('code')['wechat_pay'], 'wechat_pay')
        self.assertEqual(self._routes('code')['alipay'], 'huishouyin')
        self.provider.sequence = 99
        self.assertEqual(self._routes('qr')['alipay'], 'alipay')
        self.assertEqual(self._routes('qr')['qq_wallet'], 'huishouyin')

    def test_gateway_that_the_button_lacks(self):
        """Test that a shop's contract that is not on the button is not used, whatever its place in the list."""
        self.providers['alipay'].sequence = 1
        self._allow('huishouyin')
        self.assertEqual(self._routes('code')['alipay'], 'huishouyin')
        self._allow('wechat_pay')
        self.assertEqual(self._routes('code'), {
            'wechat_pay': 'wechat_pay', 'alipay': False, 'qq_wallet': False, 'jd_pay': False,
            'unionpay': False,
        })
        self.assertEqual(self._listed(), ({'wechat_pay'}, {'wechat_pay'}))

    def test_wallet_without_a_gateway(self):
        """Test that its codes are refused with a sentence, that it has no tab, and that no gateway is asked."""
        self._allow('wechat_pay')
        for wallet in ('alipay', 'qq_wallet', 'jd_pay', 'unionpay'):
            with self.subTest(wallet=wallet):
                line = self._line()
                status = self._press('charge', line, self._code(wallet))
                self.assertEqual(status['phase'], 'idle')
                self.assertIn("wallet that this till takes", status['message'])
                with self.assertRaises(UserError):
                    self._press('show', line, self.wallets[wallet].code)
                self.assertFalse(self._tx(line))
        self.assertFalse(self.sandbox.get('ledger')['orders'])

    def test_gateway_that_is_switched_off(self):
        """Test that a wallet goes the next way, or none, when its gateway is switched off."""
        self.providers['wechat_pay'].sequence = 5
        self._allow('wechat_pay', 'huishouyin')
        self.providers['wechat_pay'].state = 'disabled'
        self.assertEqual(self._routes('code')['wechat_pay'], 'huishouyin')
        self.provider.state = 'disabled'
        self.assertEqual(set(self._routes('qr').values()), {False})
        self.assertEqual(self._listed(), (set(), set()))

    def test_wallet_that_a_contract_lacks(self):
        """Test that a wallet that was taken off a gateway goes through another one that has it."""
        self._allow('huishouyin', 'alipay')
        self.assertEqual(self._routes('code')['alipay'], 'huishouyin')
        self.provider.payment_method_ids -= self.wallets['alipay']
        self.assertEqual(self._routes('code')['alipay'], 'alipay')
        self.assertEqual(self._routes('code')['wechat_pay'], 'huishouyin')

    def test_what_was_begun_stays(self):
        """Test that a payment under way is asked about where it was begun, whatever the button says by now."""
        self._allow('alipay')
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code('alipay', confirm=True))['phase'], 'paying')
        self._allow('huishouyin')
        self.sandbox.pay(self._tx(line))
        self.assertEqual(self._status(line)['phase'], 'paid')
        self.assertEqual(self._tx(line).provider_code, 'alipay')
