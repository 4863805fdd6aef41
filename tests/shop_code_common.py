# Part of payment_cn_wallets. License LGPL-3.

from odoo.fields import Command

from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tests.pages import INSIDE, PHONE

WECOM = f'{PHONE} wxwork/3.1.16 MicroMessenger/7.0.1'
MINI_PROGRAM = f'{INSIDE["wechat_pay"]} miniProgram/wx1234'


class ShopCodeCommon(CnCommon):
    """A shop with a printed code."""

    gateway = 'wechat_pay'
    has_order = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.payment_method_ids.active = True
        cls.code = cls.env['payment.cn.shop.code'].create({
            'name': "Counter 2", 'label': "Table 5", 'shop_name': "茶馆", 'company_id': cls.company.id,
            'way_ids': [Command.create({'provider_id': cls.provider.id})],
        })

    def _offer(self, agent=None):
        offers = self.code._cn_offers(agent or INSIDE[self.gateway])
        self.assertTrue(offers)
        return offers[0]

    def _begin(self, fen=1250, payer='me', after=0, note='', agent=None):
        return self.code._cn_begin(payer, self._offer(agent), fen, note, after=after)

    def _paid_by_code(self, fen=1250, **options):
        tx = self._begin(fen, **options)
        tx.cn_payer_id = 'openid'
        tx._cn_place_order('127.0.0.1')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        return tx

    def _settle(self, refund):
        """Have the sandbox end a refund, and learn of it."""
        refund.cn_next_query_at = False
        refund._cn_advance_refund()
        self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        refund.cn_next_query_at = False
        refund._cn_advance_refund()
