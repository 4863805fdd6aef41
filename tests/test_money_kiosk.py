# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import till_common

POST_PROCESSING = 'payment.cron_post_process_payment_tx'


@tagged('post_install', '-at_install')
class TestMoneyKiosk(till_common.TillCommon):
    """Codes on a kiosk's screen that are paid when its customer looks at another one."""

    gateway = 'huishouyin'

    def setUp(self):
        super().setUp()
        self.sandbox.post('settings', refund_delay=0)
        self.order = self.env['pos.order'].create({
            'uuid': str(uuid4()), 'session_id': self.session.id, 'company_id': self.company.id,
            'amount_total': 88.8, 'amount_paid': 0, 'amount_tax': 0, 'amount_return': 0,
            'lines': [Command.create({
                'product_id': self.product.id, 'qty': 1, 'price_unit': 88.8,
                'price_subtotal': 88.8, 'price_subtotal_incl': 88.8,
            })],
        })

    def _shown(self, wallet):
        """Have a code shown at the kiosk, and return its attempt."""
        self.line = self.order._cn_kiosk_line(self.button)
        button = self.button.with_user(self.cashier).with_context(cn_kiosk=True)
        self.assertEqual(button.cn_show(self.line, wallet)['phase'], 'qr')
        return self._tx(self.line)

    def _cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(name).method_direct_trigger()
        self.env.invalidate_all()

    def _comes(self, *txs):
        """Have codes paid one after the other; the server learns of them, and does what follows."""
        for tx in txs:
            self.sandbox.pay(tx)
            self._let_pass(tx, minutes=1)
            till_common.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
            self.env.flush_all()
            self._run_cron('cron_watch')
            self._cron(POST_PROCESSING)
        for _round in range(3):
            for refund in self.env['payment.transaction'].search([
                ('provider_id', '=', self.provider.id), ('operation', '=', 'refund'),
            ]):
                self._let_pass(refund, hours=12)
            self.env.flush_all()
            self._run_cron('cron_watch')

    def _taken(self, tx):
        self.assertEqual((self.order.state, self.order.amount_paid), ('paid', 88.8))
        self.assertEqual(self.order.payment_ids.cn_transaction_id, tx)
        self.assertEqual(self._refunded(tx), 0)
        self.assertEqual(self._press('status', self.line)['phase'], 'paid')

    def test_other_wallet(self):
        """Test that the order takes the code that was scanned before another wallet was pressed."""
        for paid in range(2):
            with self.subTest(paid=paid):
                self.order = self.order.copy({'uuid': str(uuid4())})
                shown = [self._shown('wechat_pay'), self._shown('alipay')]
                self.assertNotEqual(*shown)
                self._comes(shown[paid])
                self._taken(shown[paid])

    def test_refreshed_code(self):
        """Test that the order takes a code that was replaced because its time was over."""
        first = self._shown('wechat_pay')
        first.cn_expires_at = first.cn_ordered_at
        second = self._shown('wechat_pay')
        self.assertNotEqual(first, second)
        self._comes(first)
        self._taken(first)

    def test_new_code_on_demand(self):
        """Test that the order takes the code that was scanned before its customer pressed *New code*."""
        first = self._shown('wechat_pay')
        button = self.button.with_user(self.cashier)
        said = button._cn_at_kiosk(self.order, 'show', 'wechat_pay', True)
        self.assertEqual((said['phase'], said['line']), ('qr', self.line['uuid']))
        second = self._tx(self.line)
        self.assertNotEqual(first, second)
        self._comes(first)
        self._taken(first)

    def test_customer_goes_back(self):
        """Test that the money of a code goes back whose customer left it to change the order."""
        tx = self._shown('wechat_pay')
        button = self.button.with_user(self.cashier)
        self.assertEqual(button._cn_at_kiosk(self.order, 'hand_over')['phase'], 'idle')
        self._comes(tx)
        self.assertEqual((self.order.state, self._refunded(tx)), ('draft', 8880))

    def test_both_codes_are_paid(self):
        """Test that one is taken, and that the other goes back, once, with a word to the accountant."""
        first, second = self._shown('wechat_pay'), self._shown('alipay')
        self._comes(first, second)
        self._taken(first)
        self.assertEqual(self._refunded(second), 8880)
        incident = self.env['payment.cn.incident'].search([('transaction_id', '=', second.id)])
        self.assertEqual(incident.mapped('kind'), ['double'])

    def test_order_that_is_paid_at_the_counter(self):
        """Test that a code whose order was paid otherwise goes back, the replaced one too."""
        first, second = self._shown('wechat_pay'), self._shown('alipay')
        self.order.add_payment({
            'pos_order_id': self.order.id, 'amount': 88.8, 'payment_method_id': self.button.id,
        })
        self.order._process_saved_order(False)
        self.assertEqual(self.order.state, 'paid')
        self._comes(first, second)
        self.assertEqual([self._refunded(first), self._refunded(second)], [8880, 8880])
