# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import reversal_cases, till_common


@tagged('post_install', '-at_install')
class TestMoneyTill(till_common.TillSaleCommon):
    """Codes on the till's screen that are paid when the cashier has gone on."""

    gateway = 'huishouyin'

    def setUp(self):
        super().setUp()
        self.line = self._line()

    def _shown(self, wallet='wechat_pay', line=None):
        """Have a code shown, and return its attempt."""
        line = line or self.line
        self.assertEqual(self._press('show', line, wallet)['phase'], 'qr')
        return self._tx(line)

    def _comes(self, tx):
        """Have a code paid, and the server learn of it by itself."""
        self.sandbox.pay(tx)
        self._let_pass(tx, minutes=1)
        till_common.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self.env.flush_all()
        self._run_cron('cron_watch')

    def _taken(self, tx):
        """Assert that the line has an attempt's money, that the till says so, and that it is sold."""
        status = self._press('status', self.line)
        self.assertEqual(status['phase'], 'paid', status)
        self.assertEqual(status['receipt']['number'], tx.cn_out_trade_no)
        self.assertEqual(self._refunded(tx), 0)
        order = self._sync([self.line])
        self.assertEqual((order.state, order.payment_ids.cn_transaction_id), ('paid', tx))

    # === ANOTHER CODE IS SHOWN MEANWHILE === #

    def test_other_wallets_tab(self):
        """Test that the line takes the code that the customer scanned before the other tab was pressed."""
        first = self._shown('wechat_pay')
        second = self._shown('alipay')
        self.assertNotEqual(first, second)
        self._comes(first)
        self._taken(first)

    def test_refreshed_code(self):
        """Test that the line takes a code that was replaced because its time was over."""
        first = self._shown()
        first.cn_expires_at = first.cn_ordered_at
        second = self._shown()
        self.assertNotEqual(first, second)
        self._comes(first)
        self._taken(first)

    def test_new_code_on_demand(self):
        """Test that the line takes the code that was scanned before the cashier asked for a new one."""
        for paid in range(2):
            with self.subTest(paid=paid):
                self.line = self._line(reference=f'2600-002-000{paid}')
                first = self._shown()
                self.assertEqual(self._press('show', self.line, 'wechat_pay', True)['phase'], 'qr')
                second = self._tx(self.line)
                self.assertNotEqual(first, second)
                self._comes((first, second)[paid])
                self._taken((first, second)[paid])

    def test_forth_and_back(self):
        """Test that any of several codes pays the line, the first as well as the last."""
        for paid in range(3):
            with self.subTest(paid=paid):
                self.line = self._line(reference=f'2600-001-000{paid}')
                shown = [self._shown(wallet) for wallet in ('wechat_pay', 'alipay', 'qq_wallet')]
                self._comes(shown[paid])
                self._taken(shown[paid])

    def test_both_codes_are_paid(self):
        """Test that one is taken, and that the other goes back, once, with a word to the accountant."""
        first, second = self._shown('wechat_pay'), self._shown('alipay')
        self._comes(first)
        self._comes(second)
        self.assertEqual(self._press('status', self.line)['phase'], 'paid')
        back = (first | second).filtered('child_transaction_ids')
        self.assertEqual(len(back), 1)
        self._end(back.child_transaction_ids)
        self.assertEqual(sorted(map(self._refunded, (first, second))), [0, 8880])
        self.assertEqual(self._incidents('double').transaction_id, back)
        self._taken((first | second) - back)

    def test_code_paid_before_a_scan(self):
        """Test that the line that was charged meanwhile keeps the charge; the code's money goes back."""
        first = self._shown()
        self.assertEqual(self._press('charge', self.line, self._code('wechat_pay'))['phase'], 'paid')
        charged = self._tx(self.line)
        self._comes(first)
        self._end(first.child_transaction_ids)
        self.assertEqual(self._refunded(first), 8880)
        self.assertTrue(self._incidents('double'))
        self._taken(charged)

    def test_code_of_another_amount(self):
        """Test that a code of more than the line wants by now is not sent back whole without a word."""
        first = self._shown()
        self.line['amount'] = '80.00'
        second = self._shown()
        self.assertNotEqual(first, second)
        self._comes(first)
        self._end(first.child_transaction_ids)
        kept = 8880 - self._refunded(first)
        self.assertIn(kept, (0, 8000))
        if kept:
            self.assertEqual(self._press('status', self.line)['phase'], 'paid')
        else:
            self.assertTrue(self._incidents('double'))

    def test_cancelled_line_takes_nothing(self):
        """Test that a code of a line that the cashier cancelled goes back."""
        tx = self._shown()
        self._press('cancel', self.line)
        self._comes(tx)
        self._end(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 8880)
        self.assertTrue(self._incidents('double'))

    # === THE NEXT ORDER === #

    def _parked(self):
        """Leave an order whose code is shown, as *next order* does, and have the code paid."""
        tx = self._shown()
        order = self._sync([{**self.line, 'status': 'waiting'}], state='draft')
        self.assertEqual(order.state, 'draft')
        return order, tx

    def test_parked_order_is_paid(self):
        """Test that the money of a parked order's code stays, and that the line says "paid" unasked."""
        order, tx = self._parked()
        self._comes(tx)
        self.assertEqual((tx.state, self._refunded(tx)), ('done', 0))
        self.assertEqual(self._press('status', self.line, False)['phase'], 'paid')
        self.assertEqual(order.state, 'draft')

    def test_tills_hear_of_a_parked_orders_money(self):
        """Test that the till is told which of its orders was paid while it shows another one."""
        _order, tx = self._parked()
        self.env.cr.precommit.run()
        self.env['bus.bus'].sudo().search([]).unlink()
        self._comes(tx)
        self.env.cr.precommit.run()
        sent = self.env['bus.bus'].sudo().search([]).mapped('message')
        # Guests hear it, too: the tills are told to ask, and not whose payment it is.
        self.assertTrue([message for message in sent if 'CN_WALLETS' in message], sent)

    def test_parked_orders_money_waits(self):
        """Test that it is not sent back at the next runs of the cron, and finishes the order later."""
        order, tx = self._parked()
        self._comes(tx)
        for _run in range(3):
            self._run_cron('cron_watch')
        self.assertEqual((self._press('status', self.line)['phase'], self._refunded(tx)), ('paid', 0))
        self.env['pos.order'].sync_from_ui([{
            'id': order.id, 'uuid': order.uuid, 'access_token': order.access_token,
            'session_id': self.session.id, 'state': 'paid',
            'name': order.name, 'user_id': self.env.uid, 'partner_id': False, 'to_invoice': False,
            'company_id': self.company.id, 'pricelist_id': False, 'fiscal_position_id': False,
            'amount_total': 88.8, 'amount_paid': 88.8, 'amount_tax': 0, 'amount_return': 0,
            'date_order': fields.Datetime.to_string(fields.Datetime.now()), 'lines': [],
            'payment_ids': [Command.update(order.payment_ids.id, {
                'uuid': self.line['uuid'], 'payment_status': 'done', 'amount': 88.8,
                'payment_method_id': self.button.id,
            })],
        }])
        self.assertEqual((order.state, order.payment_ids.cn_transaction_id), ('paid', tx))


@tagged('post_install', '-at_install')
class TestReversalJdPay(reversal_cases.ReversalCases):
    gateway = 'jd_pay'
    method_ref = 'payment_cn_wallets.payment_method_jd_pay'

    def test_revoke_that_fails(self):
        """Test that the money goes back by a refund, once, when JD could not give it back itself."""
        tx = self._cancelled()
        self._paid_arrives(tx)
        self._reversal_ends(tx, 'failure')
        self._time_passes(tx, hours=12)
        self.assertEqual(self._refunded(tx), 8880)
        self.assertEqual(self._press('status', self.line)['phase'], 'returned')
        self.assertEqual(tx.child_transaction_ids.mapped('state'), ['done'])

    def _part_is_given_back(self, tx):
        self.sandbox.post('console-refunds', out_trade_no=tx.cn_out_trade_no, amount=2664)

    def test_part_is_given_back_in_the_console(self):
        """Test that what somebody gave back is not taken for the reversal's: the rest goes back as well."""
        tx = self._cancelled()
        self._reversal_ends(tx, 'failure')
        self._part_is_given_back(tx)
        self._time_passes(tx, hours=12)
        self._time_passes(tx, hours=12)
        self.assertEqual(self._refunded(tx), 8880)
        done = tx.child_transaction_ids.filtered(lambda one: one.state == 'done')
        self.assertEqual(sum(done.mapped('amount')), -88.8)

    def test_part_is_gone_before_the_till_hears(self):
        """Test that a line of which a part is back already is not paid: the rest goes back, too."""
        self.assertEqual(self._press('charge', self.line, self._code(confirm=True))['phase'], 'paying')
        tx = self._tx(self.line)
        self.sandbox.pay(tx)
        self._part_is_given_back(tx)
        self._ask(tx)
        self.assertEqual(self._press('status', self.line)['phase'], 'returned')
        self._time_passes(tx)
        self.assertEqual(self._refunded(tx), 8880)


@tagged('post_install', '-at_install')
class TestReversalWechatPay(reversal_cases.ReversalCases):
    gateway = 'wechat_pay'


@tagged('post_install', '-at_install')
class TestReversalAlipay(reversal_cases.ReversalCases):
    gateway = 'alipay'
    method_ref = 'payment.payment_method_alipay'


@tagged('post_install', '-at_install')
class TestReversalQqWallet(reversal_cases.ReversalCases):
    gateway = 'qq_wallet'
    method_ref = 'payment_cn_wallets.payment_method_qq_wallet'
