# Part of payment_cn_wallets. License LGPL-3.
"""The fixtures of the machines: a provider of each gateway, in front of one sandbox."""

from odoo.addons.payment_cn_wallets.tests.money_machine.network import Network

# Gateway and wallet, as events choose them by number.
WAYS = (
    ('huishouyin', 'wechat_pay'), ('wechat_pay', 'wechat_pay'), ('alipay', 'alipay'),
    ('jd_pay', 'jd_pay'), ('qq_wallet', 'qq_wallet'), ('huishouyin', 'alipay'),
)
METHODS = {
    'wechat_pay': 'payment.payment_method_wechat_pay',
    'alipay': 'payment.payment_method_alipay',
    'qq_wallet': 'payment_cn_wallets.payment_method_qq_wallet',
    'jd_pay': 'payment_cn_wallets.payment_method_jd_pay',
}


class World:
    """What a machine needs of the test that runs it.

    :param case: class of the test, see `till_common.TillSaleCommon`
    """

    def __init__(self, case):
        self.case = case  # an instance of it, as soon as one runs
        self.env = case.env(context={**case.env.context, 'tracking_disable': True})
        self.sandbox = case.sandbox
        self.network = Network(case.sandbox)
        self.partner, self.product, self.company, self.cny = (
            record.with_env(self.env)
            for record in (case.partner, case.product, case.company, case.cny)
        )
        self.env['ir.config_parameter'].set_param('web.base.url', self.network.inbox.url)
        self.own, self.others, self.strange = {}, {}, set()
        merchants = self.sandbox.get('merchants')
        providers = {
            gateway: self._provider(gateway, merchants)
            for gateway in dict.fromkeys(gateway for gateway, _wallet in WAYS)
        }
        case.button.cn_provider_ids = self.env['payment.provider'].concat(*providers.values())
        self.ways = [
            (providers[gateway], self.env.ref(METHODS[wallet])) for gateway, wallet in WAYS
        ]

    def _provider(self, gateway, merchants):
        values = self._values(gateway, merchants[gateway])
        provider = self.env['payment.provider'].search([
            ('code', '=', gateway), ('company_id', '=', self.company.id),
        ], limit=1) or self.env.ref(f'payment_cn_wallets.payment_provider_{gateway}').copy(
            {'company_id': self.company.id}
        )
        provider.write({
            **values, 'cn_sandbox_url': f'{self.sandbox.url}/{gateway}', 'state': 'test',
            'is_published': True,
        })
        self.own[provider] = values
        self.others[gateway] = self._values(gateway, merchants[f'{gateway}_other'])
        return provider

    @staticmethod
    def _values(gateway, credentials):
        return {f'{gateway}_{name}': value for name, value in credentials.items()}

    def payment_code(self, way, confirm):
        """Return the code that a customer's phone shows to be scanned.

        :param bool confirm: the customer has to type the password first
        """
        return self.sandbox.post('payment-codes', wallet=WAYS[way][1], confirm=confirm)['code']

    def restore(self):
        """Give the providers their own merchants back."""
        for provider in self.strange:
            provider.write(self.own[provider])
        self.strange.clear()

    def change_merchant(self, provider):
        """Enter the credentials of another merchant."""
        self.strange.add(provider)
        provider.write(self.others[provider.code])

    def stop(self):
        """Close what is open."""
        self.network.stop()
