# Part of payment_cn_wallets. License LGPL-3.

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.payment_cn_wallets.gateways import payment_codes

WECHAT, UNIONPAY = '134567890123456789', '6212345678901234567'


@tagged('post_install', '-at_install')
class TestCodeRange(TransactionCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ranges = cls.env['payment.cn.code.range']
        cls.shipped = cls.ranges.search([])

    def test_shipped_rows_are_those_of_the_gateways(self):
        """Test that the records say what the protocol pages say."""
        self.assertEqual(
            tuple(code_range._cn_row() for code_range in self.shipped), payment_codes.SHIPPED
        )

    def test_codes_are_recognised(self):
        """Test that wallets are told apart, and product bar codes from wallets."""
        for code, wallet in (
            (WECHAT, 'wechat_pay'), ('287654321098765432', 'alipay'),
            (f'{WECHAT}\r', 'wechat_pay'), (UNIONPAY, 'unionpay_wallet'),
            ('6901234567892', False), ('13456789012345678x', False), ('', False),
        ):
            with self.subTest(code=code):
                self.assertEqual(self.ranges._cn_recognise(code).code, wallet)

    def test_what_the_shop_does_not_take_does_not_count(self):
        """Test that a code in two wallets' ranges goes to the one that the shop takes."""
        jd_pay = self.env.ref('payment_cn_wallets.payment_method_jd_pay')
        self.assertEqual(self.ranges._cn_recognise(UNIONPAY, jd_pay), jd_pay)
        self.assertFalse(self.ranges._cn_recognise(WECHAT, jd_pay))

    def test_administrators_can_add_and_switch_off(self):
        """Test that the table is data."""
        wechat = self.shipped.filtered(lambda r: r.payment_method_id.code == 'wechat_pay')
        wechat.active = False
        self.assertFalse(self.ranges._cn_recognise(WECHAT))
        wechat.copy({'active': True, 'first_prefix': '1345', 'last_prefix': '1345'})
        self.assertEqual(self.ranges._cn_recognise(WECHAT).code, 'wechat_pay')

    def test_nonsense_is_refused(self):
        """Test that a range that can't be is not stored."""
        for values in (
            {'first_prefix': '15', 'last_prefix': '10'}, {'last_prefix': '150'},
            {'first_prefix': 'ab', 'last_prefix': 'cd'}, {'shortest': 20}, {'longest': 33},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError), \
                    self.env.cr.savepoint():
                self.shipped[0].write(values)
