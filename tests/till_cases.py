# Part of payment_cn_wallets. License LGPL-3.

import contextlib

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.gateways.base import NoticeRejected
from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tests.catcher import Catcher
from odoo.addons.payment_cn_wallets.tests.gateway_cases import NOTICE
from odoo.addons.payment_cn_wallets.tools import throttle

# What no gateway signed, and what it signed, but for something else.
FORGED = ('signature', 'unsigned', 'wrong_key', 'malformed', 'amount', 'merchant_own_key', 'order')


class TillCases(till_common.TillCommon):
    """What every gateway must do at a till."""

    allow_inherited_tests_method = True
    gateway = 'wechat_pay'
    can_reverse = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scanned = 'wechat_pay' if cls.gateway == 'huishouyin' else cls.gateway

    def setUp(self):
        super().setUp()
        self.line = self._line()

    def _scan(self, line=None, **values):
        return self._press('charge', line or self.line, self._code(self.scanned, **values))

    def _charged(self):
        """Return how much money the gateway took for the line, fen, and gave back."""
        took = back = 0
        for order in self.sandbox.get('ledger')['orders']:
            if order['state'] == 'paid':
                took += order['amount']
                back += sum(r['amount'] for r in self.sandbox.get(
                    f"orders/{order['out_trade_no']}")['refunds'] if r['state'] == 'success')
        return took, back

    # === SCANNER === #

    def test_scanned_code_is_charged(self):
        """Test that one scan is one charge, with a receipt."""
        status = self._scan()
        self.assertEqual(status['phase'], 'paid', status)
        self.assertEqual(self._charged(), (8880, 0))
        receipt = status['receipt']
        self.assertEqual(receipt['number'], self._tx(self.line).cn_out_trade_no)
        self.assertEqual(receipt['payer_amount'], '88.80')
        self.assertEqual(self._tx(self.line).cn_till_cashier, '7')

    def test_gateway_knows_the_till(self):
        """Test that store, till and cashier are sent along, in both scenes, however long a name is."""
        self.till.write({'cn_store_number': 'SH-0007', 'cn_terminal_number': 'T_2'})
        line = self._line(cashier="王小明 早班收银一号机器 南京东路旗舰店")
        self.assertEqual(self._scan(line)['phase'], 'paid')
        shown = self._line(cashier="王小明 早班收银一号机器 南京东路旗舰店")
        self.assertEqual(self._press('show', shown, self.method.code)['phase'], 'qr')
        for one in (line, shown):
            known = self.sandbox.order(self._tx(one))
            self.assertEqual(known['attach'], "SH-0007/T_2/王小明 早班收银一号机器 南京东路旗舰店")
            sent = known['extra']
            if self.gateway in ('huishouyin', 'alipay'):
                names = ('store_uid', 'device_code', 'clerk_uid')
                if self.gateway == 'alipay':
                    names = ('store_id', 'terminal_id', 'operator_id')
                store, terminal, cashier = (sent[name] for name in names)
                self.assertEqual((store, terminal), ('SH-0007', 'T_2'))
                self.assertTrue(cashier.startswith("王小明"), cashier)

    def test_numbers_that_no_gateway_takes(self):
        """Test that a store or till is not given a number with which nothing could be paid."""
        for number in ("南京东路店", "a b", "S/1"):
            with self.assertRaises(ValidationError):
                self.till.cn_store_number = number
            with self.assertRaises(ValidationError):
                self.till.cn_terminal_number = number

    def test_scanned_twice_is_charged_once(self):
        """Test that a second scan for a line that is paid charges nothing."""
        self._scan()
        status = self._scan()
        self.assertEqual(status['phase'], 'paid')
        self.assertEqual(self._charged(), (8880, 0))
        self.assertEqual(len(self.env['payment.transaction']._cn_till_attempts(
            self.line['uuid'])), 1)

    def test_coupon_is_on_the_receipt(self):
        """Test that the customer sees what a coupon gave, and the shop is owed the whole."""
        self.sandbox.fault('coupon', coupon=100)
        status = self._scan()
        if status['phase'] != 'paid':
            status = self._status(self.line)
        self.assertEqual(status['phase'], 'paid')
        self.assertEqual(self._tx(self.line).amount, 88.8)
        receipt = status['receipt']
        if not receipt['complete']:  # Huishouyin says so only when it is asked
            self.assertEqual((receipt['payer_amount'], receipt['coupon']), ('88.80', ''))
            receipt = self._press('status', self.line, True)['receipt']
        self.assertTrue(receipt['complete'])
        self.assertEqual((receipt['payer_amount'], receipt['coupon']), ('87.80', '1.00'))

    def test_password_is_typed(self):
        """Test that the till waits while the customer types the password, and asks."""
        status = self._scan(confirm=True)
        self.assertEqual(status['phase'], 'paying')
        self.assertGreater(status['left'], 0)
        self.assertEqual(self._status(self.line)['phase'], 'paying')
        self.sandbox.pay(self._tx(self.line))
        self.assertEqual(self._status(self.line)['phase'], 'paid')
        self.assertEqual(self._charged(), (8880, 0))

    @mute_logger(*NOTICE)
    def test_forged_notices_of_a_charge(self):
        """Test that no forgery calls a charge paid, also at gateways that send no notice of a charge."""
        catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(catcher.stop)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', catcher.url)
        self.provider.invalidate_recordset(['cn_notice_url'])
        self._scan(confirm=True)
        tx = self._tx(self.line)
        for forged in FORGED:
            self.sandbox.post('notices', out_trade_no=tx.cn_out_trade_no, forged=forged,
                              notify_url=self.provider.cn_notice_url)
        refused = 0
        for headers, body in catcher.wait(len(FORGED)):
            with contextlib.suppress(NoticeRejected):
                notice = self.env['payment.cn.notice'].sudo()._cn_receive(
                    self.provider, headers, body, '127.0.0.1'
                )
                notice._cn_process()
                self.assertEqual(notice.state, 'refused')
                refused += 1
        self.assertEqual(refused, 3)
        self.assertEqual((tx.state, self._status(self.line)['phase']), ('pending', 'paying'))
        self.assertTrue(self.env['payment.cn.incident'].search([
            ('provider_id', '=', self.provider.id), ('kind', '=', 'notice'),
        ]))
        self.sandbox.pay(tx)
        self.assertEqual(self._status(self.line)['phase'], 'paid')
        self.assertEqual(self._charged(), (8880, 0))

    def test_bad_code(self):
        """Test that a code that the wallet refuses charges nothing, and the next scan works."""
        self.sandbox.fault('bad_code', times=1)
        status = self._scan()
        if status['phase'] == 'unknown':
            status = self._status(self.line)
        self.assertEqual(status['phase'], 'refused', status)
        self.assertTrue(status['message'])
        self.assertEqual(self._charged(), (0, 0))
        self.assertEqual(self._scan()['phase'], 'paid')
        self.assertEqual(self._charged(), (8880, 0))

    def test_what_is_no_payment_code(self):
        """Test that a product's bar code charges nothing and says what to do."""
        for code in ('5901234123457', '', 'abc', '9' * 70):
            status = self._press('charge', self.line, code)
            self.assertEqual(status['phase'], 'idle')
            self.assertIn("payment code", status['message'])
        self.assertFalse(self._tx(self.line))

    def test_lost_answers(self):
        """Test that a doubtful charge stays doubtful until the gateway tells, and is made once."""
        for fault in ('reset', 'http_5xx', 'garbage', 'system_error'):
            with self.subTest(fault=fault):
                self.sandbox.reset()
                line = self._line()
                self.sandbox.fault(fault, operation='charge', times=1)
                status = self._scan(line)
                self.assertEqual(status['phase'], 'unknown', status)
                self.assertEqual(self._scan(line)['phase'], 'unknown')
                status = self._status(line)
                self.assertEqual(status['phase'], 'paid', status)
                self.assertEqual(self._charged(), (8880, 0))

    def test_cron_finds_what_the_till_forgot(self):
        """Test that a till that died while waiting loses no money."""
        self.sandbox.fault('reset', operation='charge', times=1)
        self._scan()
        tx = self._tx(self.line)
        self._let_pass(tx, seconds=31)
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self._run_cron('cron_watch')
        self.assertEqual(tx.state, 'done')
        self.assertEqual(self._press('status', self.line)['phase'], 'paid')

    # === UNDOING === #

    def _old_enough(self, tx):
        """Let as much time pass as the gateway wants before a charge is undone."""
        self.sandbox.post('settings', qq_wait=0, earliest_reverse=0, refund_delay=0)
        self._let_pass(tx, seconds=301)

    def test_cancel_undoes_the_charge(self):
        """Test that a cancelled line holds no money, and can be charged again."""
        self._scan(confirm=True)
        tx = self._tx(self.line)
        self._old_enough(tx)
        status = self._press('cancel', self.line)
        if self.can_reverse:
            self.assertEqual((status['phase'], tx.state), ('idle', 'cancel'), status)
            self.assertEqual(self._scan()['phase'], 'paid')
            self.assertEqual(self._charged()[0] - self._charged()[1], 8880)
        else:
            self.assertEqual(status['phase'], 'undoing')
            self.sandbox.pay(tx)
            status = self._status(self.line)
            self.assertEqual(status['phase'], 'returned')

    def test_cancel_after_the_customer_paid(self):
        """Test that money that was taken meanwhile goes back, and nothing is booked as paid."""
        self._scan(confirm=True)
        tx = self._tx(self.line)
        self.sandbox.pay(tx)
        self._old_enough(tx)
        status = self._press('cancel', self.line)
        for _question in range(3):
            if status['phase'] not in ('idle', 'returned'):
                status = self._status(self.line)
        self.assertIn(status['phase'], ('idle', 'returned'), status)
        for refund in tx.child_transaction_ids:
            for _question in range(3):
                refund.cn_next_query_at = False
                refund._cn_advance_refund()
                if refund.state == 'pending':
                    self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
            self.assertEqual(refund.state, 'done')
        took, back = self._charged()
        self.assertEqual(took, back)

    def test_time_out_undoes_the_charge(self):
        """Test that a customer who never types the password does not hold the till up."""
        self._scan(confirm=True)
        tx = self._tx(self.line)
        self._old_enough(tx)
        status = self._status(self.line)
        self.assertTrue(tx.cn_reversing)
        self.assertEqual(status['phase'], 'idle' if self.can_reverse else 'undoing', status)

    def test_too_early_to_undo(self):
        """Test that the till is told to wait where a gateway reverses only later."""
        earliest = self.provider._cn_gateway().timings.earliest_reverse
        if not earliest:
            self.assertEqual(earliest, 0)
            return
        self._scan(confirm=True)
        self.assertEqual(self._press('cancel', self.line)['phase'], 'undoing')
        self.assertEqual(self._tx(self.line).state, 'pending')

    def test_doubtful_attempt_is_handed_over(self):
        """Test that the queue goes on: the line is charged anew, and the old money goes back."""
        self.sandbox.fault('reset', operation='charge', times=1)
        self._scan()
        old = self._tx(self.line)
        status = self._press('hand_over', self.line)
        self.assertEqual(status['phase'], 'idle')
        self.assertEqual(self._scan()['phase'], 'paid')
        new = self._tx(self.line)
        self.assertNotEqual(old, new)
        self._old_enough(old)
        for _question in range(4):
            throttle.forget(self.env.cr.dbname, old._cn_throttle_key())
            if old.state == 'pending':
                old._cn_watch()
        for refund in old.child_transaction_ids:
            for _question in range(3):
                refund.cn_next_query_at = False
                refund._cn_advance_refund()
                if refund.state == 'pending':
                    self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        self.assertIn(old.state, ('cancel', 'done'))
        self.assertEqual(new.state, 'done')
        self.assertEqual(self._press('status', self.line)['phase'], 'paid')

    # === QR CODE === #

    def test_code_on_the_screen(self):
        """Test that the customer's scan pays the line."""
        status = self._press('show', self.line, self.method.code)
        self.assertEqual(status['phase'], 'qr')
        self.assertIn('<svg', status['qr_svg'])
        again = self._press('show', self.line, self.method.code)
        self.assertEqual(again['qr_svg'], status['qr_svg'])
        self.sandbox.pay(self._tx(self.line))
        self.assertEqual(self._status(self.line)['phase'], 'paid')

    def test_no_code_for_the_screen(self):
        """Test that a gateway that gave no code blocks nothing: what nobody saw nobody pays."""
        self.sandbox.fault('http_5xx', operation='order', times=1)
        status = self._press('show', self.line, self.method.code)
        if status['phase'] != 'refused':
            self.assertEqual(status['phase'], 'idle', status)
        self.assertTrue(status['message'])
        self.assertEqual(self._press('show', self.line, self.method.code)['phase'], 'qr')
        self.assertEqual(self._scan()['phase'], 'paid')

    def test_scan_instead_of_the_code_on_the_screen(self):
        """Test that a scan after a code was shown is one charge; a payment by both goes back."""
        self._press('show', self.line, self.method.code)
        shown = self._tx(self.line)
        self.assertEqual(self._scan()['phase'], 'paid')
        self.sandbox.pay(shown)
        self._ask(shown)
        self.assertEqual(shown.state, 'done')
        self.assertTrue(shown.child_transaction_ids)
        self.assertEqual(self._press('status', self.line)['phase'], 'paid')

    def test_amount_is_deleted(self):
        """Test that a line whose amount was deleted is asked about, and its code let go of."""
        deleted = {**self.line, 'amount': '0.00'}
        self.assertEqual(self._press('status', deleted)['phase'], 'idle')
        self._press('show', self.line, self.method.code)
        self.assertEqual(self._press('status', deleted, True)['phase'], 'qr')
        self.assertEqual(self._press('hand_over', deleted)['phase'], 'idle')
        self.assertTrue(self._tx(self.line).cn_given_up)
        for action, argument in (('show', self.method.code), ('charge', self._code(self.scanned))):
            with self.assertRaisesRegex(UserError, "nothing to pay"):
                self._press(action, deleted, argument)

    def test_paid_after_the_amount_was_deleted(self):
        """Test that a payment in flight is told with its amount to a line that asks for none."""
        deleted = {**self.line, 'amount': '0.00'}
        self._press('show', self.line, self.method.code)
        self.sandbox.pay(self._tx(self.line))
        status = self._status(deleted)
        self.assertEqual((status['phase'], status['amount']), ('paid', '88.80'))

    # === WHO MAY === #

    def test_strangers(self):
        """Test that only cashiers charge, for open sessions of their till, amounts that make sense."""
        nobody = new_test_user(self.env, 'cn_nobody', groups='base.group_user')
        with self.assertRaises(UserError):  # AccessError is one
            self.button.with_user(nobody).cn_charge(self.line, self._code(self.scanned))
        for wrong in (
            {'amount': '0'}, {'amount': '1e99'}, {'amount': 'x'}, {'amount': '0.001'},
            {'session': 0}, {'session': 'x'}, {'uuid': 'x'}, {'order': ''},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self._press('charge', {**self.line, **wrong}, self._code(self.scanned))
        self.assertFalse(self.sandbox.get('ledger')['orders'])

    def test_setup_has_no_secrets(self):
        """Test that the till learns wallets and ranges, and nothing that must stay on the server."""
        setup = self.button.with_user(self.cashier).cn_till_setup
        self.assertIn(self.method.code, [wallet['code'] for wallet in setup['wallets']])
        self.assertTrue(setup['ranges'])
        text = str(setup)
        for value in self.credentials.values():
            self.assertNotIn(value, text)
