# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

import requests
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import file_open, mute_logger

from odoo.addons.payment_cn_wallets import gateways
from odoo.addons.payment_cn_wallets.gateways.base import NoticeRejected, Operation
from odoo.addons.payment_cn_wallets.tests.catcher import Catcher
from odoo.addons.payment_cn_wallets.tests.common import CnCommon

NOTICE = (
    'odoo.addons.payment_cn_wallets.models.records.notice',
    'odoo.addons.payment_cn_wallets.models.records.notice_processing',
)


class GatewayCases(CnCommon):
    """What every gateway must do in Odoo, against its sandbox. Subclasses name the gateway."""

    allow_inherited_tests_method = True
    # Protocols without refund notices have none to catch.
    refund_notices = False

    def setUp(self):
        super().setUp()
        self.order = self._order()
        self.gateway_class = gateways.get(self.gateway)

    def _sent_notices(self, pay, count=1, **values):
        """Return an attempt, and the notices about it that the sandbox sent."""
        catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(catcher.stop)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', catcher.url)
        self.provider.invalidate_recordset(['cn_notice_url'])
        self.assertTrue(self.provider.cn_notice_url.startswith(catcher.url))
        tx = self._ordered(order=self.order, **values)
        pay(tx)
        return tx, catcher

    def _take(self, notice):
        headers, body = notice
        stored = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, headers, body, '127.0.0.1'
        )
        if stored:
            stored._cn_process()
        return stored

    def _advance(self, refund):
        refund.cn_next_query_at = False
        refund._cn_advance_refund()

    def _settle(self, refund):
        """Have the sandbox end the refund, and learn of it."""
        if refund.state == 'pending':
            self._advance(refund)
        for known in self.sandbox.order(self._source(refund))['refunds']:
            if known['state'] != 'success':
                self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        if refund.state == 'pending':
            self._advance(refund)

    @staticmethod
    def _source(refund):
        return refund.source_transaction_id

    # === PAYING === #

    def test_code_is_shown_and_paid(self):
        """Test that an order has a code, and that a question finds it paid and books it."""
        tx = self._ordered(order=self.order)
        self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'waiting'))
        self.assertTrue(tx.cn_code_url)
        self._ask(tx)
        self.assertEqual(tx.state, 'draft')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('done', 'paid'))
        self.assertTrue(tx.provider_reference)
        self.assertTrue(tx.cn_paid_at)
        self.assertEqual(tx.cn_payer_amount, 88.8)
        tx._post_process()
        self.assertEqual(self.order.state, 'sale')
        self.assertEqual(tx.payment_id.amount, 88.8)

    def test_coupon_lowers_what_the_payer_pays_only(self):
        """Test that the shop is owed the whole amount."""
        tx = self._ordered(order=self.order)
        self.sandbox.pay(tx, coupon=100)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        tx._post_process()
        self.assertEqual(tx.payment_id.amount, 88.8)

    def test_lost_answers_are_not_failures(self):
        """Test that a doubtful order is neither failed nor placed twice."""
        for fault in ('reset', 'http_5xx', 'garbage', 'system_error'):
            with self.subTest(fault=fault):
                self.sandbox.reset()
                tx = self._attempt(order=self._order())
                self.sandbox.fault(fault, operation='order', times=2)
                tx._cn_place_order('127.0.0.1')
                self.assertIn(tx.state, ('draft',))
                self.assertEqual(tx.cn_outcome, 'unknown')
                tx._cn_place_order('127.0.0.1')
                orders = self.sandbox.get('ledger')['orders']
                self.assertLessEqual(len(orders), 1)
                self._ask(tx)
                self.assertNotEqual(tx.state, 'error')

    def test_doubtful_questions_change_nothing(self):
        """Test that no broken, forged or foreign answer ends an attempt."""
        tx = self._ordered(order=self.order)
        self.sandbox.pay(tx)
        faults = [
            'reset', 'http_5xx', 'garbage', 'truncated', 'empty', 'system_error', 'foreign_answer',
            'unsigned', 'bad_signature', 'not_found',
        ]
        for fault in faults:
            with self.subTest(fault=fault):
                self.sandbox.fault(fault, operation='query', times=2)
                self._ask(tx)
                self.assertEqual(tx.state, 'draft')
                self.assertFalse(tx.cn_paid_at)
                self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')

    def test_wrong_amount_is_not_booked(self):
        """Test that an answer about another amount goes to an accountant."""
        tx = self._ordered(order=self.order)
        self.sandbox.pay(tx)
        self.sandbox.fault('wrong_amount', operation='query')
        self._ask(tx)
        self.assertNotEqual(tx.state, 'done')
        self.assertFalse(tx.payment_id)

    def test_cron_finds_the_payment(self):
        """Test that a shop that no notice reaches learns of the payment."""
        tx = self._ordered(order=self.order)
        self.sandbox.pay(tx)
        self._let_pass(tx, seconds=40)
        self._run_cron('cron_watch')
        self.assertEqual(tx.state, 'done')

    def test_nobody_paid(self):
        """Test that an attempt that nobody can pay any more is cancelled."""
        tx = self._ordered(order=self.order)
        timings = self.gateway_class.timings
        self.sandbox.fault('expire', scope=tx.cn_out_trade_no)
        self._let_pass(tx, seconds=timings.dead_after + 60)
        tx._cn_watch()
        self.assertEqual(tx.state, 'cancel')
        self.assertFalse(tx.cn_next_query_at)

    def test_late_money_goes_back(self):
        """Test that a payment after another one for the same order is refunded by itself."""
        first = self._ordered(order=self.order)
        first.cn_given_up = True
        second = self._paid(order=self.order)
        second._post_process()
        self.sandbox.pay(first)
        self._ask(first)
        self.assertEqual(first.state, 'done')
        refund = first.child_transaction_ids
        self.assertEqual(refund.cn_out_refund_no, f'L{first.cn_out_trade_no}')
        self._settle(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(self._refunded(first), 8880)
        self.assertEqual(self._refunded(second), 0)

    # === NOTICES === #

    def test_real_notice_books_once(self):
        """Test that the gateway's own bytes are verified, stored once and booked once."""
        tx, catcher = self._sent_notices(self.sandbox.pay)
        notice = catcher.wait()[0]
        stored = self._take(notice)
        self.assertEqual((stored.state, stored.reason), ('done', False))
        self.assertEqual((tx.state, stored.transaction_id), ('done', tx))
        for _copy in range(3):
            self.assertFalse(self._take(notice))
        self.assertEqual(self.env['payment.cn.notice'].search_count(
            [('number', '=', tx.cn_out_trade_no)]
        ), 1)

    def test_notice_that_is_processed_late(self):
        """Test that a notice that came in time may be processed when there is time for it."""
        tx, catcher = self._sent_notices(self.sandbox.pay)
        headers, body = catcher.wait()[0]
        stored = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, headers, body, '127.0.0.1'
        )
        with freeze_time(fields.Datetime.now() + timedelta(minutes=30)):
            stored._cn_process()
        self.assertEqual((stored.state, tx.state), ('done', 'draft'), "it is only a reason to ask by then")
        tx._cn_watch()
        self.assertEqual(tx.state, 'done')

    @mute_logger(*NOTICE)
    def test_forged_notices_are_refused(self):
        """Test that no forgery of any kind books anything."""
        def pay(tx):
            for forged in ('signature', 'unsigned', 'wrong_key', 'malformed'):
                self.sandbox.post('notices', out_trade_no=tx.cn_out_trade_no, forged=forged)

        tx, catcher = self._sent_notices(pay)
        for notice in catcher.wait(4):
            with self.assertRaises(NoticeRejected):
                self._take(notice)
        self.assertEqual(tx.state, 'draft')
        self.assertFalse(tx.cn_paid_at)

    def test_notice_must_fit(self):
        """Test that a rightly signed notice of another amount or merchant is refused."""
        def pay(tx):
            for forged in ('amount', 'merchant_own_key', 'order'):
                self.sandbox.post('notices', out_trade_no=tx.cn_out_trade_no, forged=forged)

        tx, catcher = self._sent_notices(pay)
        for notice in catcher.wait(3):
            stored = self._take(notice)
            self.assertEqual(stored.state, 'refused')
        self.assertEqual(tx.state, 'draft')
        self.assertTrue(self.env['payment.cn.incident'].search([
            ('provider_id', '=', self.provider.id), ('kind', '=', 'notice'),
        ]))

    def test_refund_notices(self):
        """Test that a refund's notice ends the refund, or has it asked about."""
        if not self.refund_notices:
            self.assertFalse(self.refund_notices)
            return
        tx, catcher = self._sent_notices(self.sandbox.pay)
        self._take(catcher.wait()[0])
        tx._post_process()
        refund = tx._refund(30)
        self._advance(refund)
        if refund.state == 'pending':
            self.sandbox.post('refunds', out_refund_no=refund.cn_out_refund_no)
        stored = self._take(catcher.wait(2)[1])
        self.assertEqual((stored.kind, stored.state), ('refund', 'done'))
        self.assertEqual(stored.transaction_id, refund)
        if refund.state == 'pending':
            self.assertLessEqual(refund.cn_next_query_at, fields.Datetime.now())
            self._advance(refund)
        self.assertEqual(refund.state, 'done')
        self.assertEqual(tx.cn_refund_reserved, 30)

    # === REFUNDS === #

    def test_whole_and_part_refund(self):
        """Test that parts are given back under numbers of their own, never more than the whole."""
        tx = self._paid(order=self.order)
        tx._post_process()
        first = tx._refund(30)
        self._settle(first)
        second = tx._refund()
        self._settle(second)
        self.assertEqual((first.state, second.state), ('done', 'done'))
        self.assertNotEqual(first.cn_out_refund_no, second.cn_out_refund_no)
        self.assertEqual(self._refunded(tx), 8880)
        with self.assertRaises(UserError):
            tx._refund(0.01)

    def test_refund_whose_answer_was_lost(self):
        """Test that a doubtful refund is found again under its number and made once."""
        tx = self._paid(order=self.order)
        for fault in ('reset', 'http_5xx', 'system_error'):
            self.sandbox.fault(fault, operation='refund', times=2)
            refund = tx._refund(10)
            self._advance(refund)
            self.assertEqual(refund.state, 'pending', fault)
            self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)
            self._settle(refund)
            self._settle(refund)
            self.assertEqual(refund.state, 'done', fault)
        self.assertEqual(self._refunded(tx), 3000)

    def test_refund_that_stays_in_processing(self):
        """Test that a refund is done only when the gateway says that the money went back."""
        tx = self._paid(order=self.order)
        self.sandbox.fault('refund_stuck', operation='refund', times=1)
        refund = tx._refund(20)
        for _question in range(3):
            self._advance(refund)
            self.assertEqual(refund.state, 'pending')
        self.assertEqual(self._refunded(tx), 0)
        self._settle(refund)
        self.assertEqual(refund.state, 'done')

    @mute_logger('odoo.addons.payment_cn_wallets.models.attempt.refund')
    def test_refused_refund_goes_again_under_its_number(self):
        """Test that a refusal frees the amount, and that the next try can't be a second refund."""
        tx = self._paid(order=self.order)
        self.sandbox.fault('refund_refused', operation='refund', times=1)
        refund = tx._refund(20)
        self._advance(refund)
        self.assertEqual(refund.state, 'error')
        self.assertEqual(tx.cn_refundable_amount, 88.8)
        self.assertTrue(self.env['payment.cn.incident'].search([
            ('transaction_id', '=', refund.id), ('kind', '=', 'refund'),
        ]))
        again = tx._refund(20)
        self.assertEqual((again, again.state), (refund, 'pending'))
        self.assertEqual(tx.cn_refundable_amount, 68.8)
        self._settle(again)
        self.assertEqual(again.state, 'done', again.cn_reason)
        self.assertEqual(self._refunded(tx), 2000)

    # === CLOSING === #

    def test_expired_attempt_is_closed(self):
        """Test that what can be closed is closed, so that nobody pays it late."""
        if not self.gateway_class.supports(Operation.CLOSE):
            self.assertFalse(self.gateway_class.timings.earliest_close)
            return
        tx = self._ordered(order=self.order)
        self.sandbox.post('settings', qq_wait=0)
        self._let_pass(tx, seconds=self.gateway_class.timings.qr_lifetime + 10)
        tx._cn_watch()
        # Alipay can't close a code that nobody has scanned: there is no trade yet.
        scanned = self.gateway != 'alipay'
        self.assertEqual(tx.state, 'cancel' if scanned else 'draft')
        if scanned:
            with self.assertRaises(requests.HTTPError):
                self.sandbox.pay(tx)

    def test_too_early_to_close_is_asked_instead(self):
        """Test that an attempt given up early does not wait for the time to close."""
        tx = self._ordered(order=self.order)
        tx._cn_give_up()
        self.sandbox.pay(tx)
        self._let_pass(tx, seconds=35)
        tx._cn_watch()
        self.assertEqual(tx.state, 'done')

    # === SETTING UP === #

    def test_connection(self):
        """Test that the button says whether the credentials work, with and without."""
        provider = self.provider.with_context(lang='en_US')
        said = provider.action_cn_test_connection()['params']
        gateway = provider._cn_gateway()
        proven = gateway.proved_by('probe') | gateway.proved_by('order')
        left = gateway.unproved(proven)
        self.assertEqual(said['type'], 'warning' if left else 'success', said['message'])
        for names, words in ((proven, "Proved: %s."), (left, "Not proved: %s.")):
            labels = provider._cn_labels([
                one.name for one in gateway.credential_fields if one.name in names
            ])
            self.assertEqual(words % labels in said['message'], bool(names), said['message'])
        self.sandbox.fault('not_enabled', operation='order', when='before')
        said = provider.action_cn_test_connection()['params']
        self.assertEqual(said['type'], 'danger')
        self.assertIn("are refused", said['message'])
        self.sandbox.fault('wrong_key', operation='query', when='before')
        said = provider.action_cn_test_connection()['params']
        self.assertEqual(said['type'], 'danger')
        self.assertIn("key", said['message'])

    def test_secrets(self):
        """Test that every credential is for administrators, and gone from a neutralized copy."""
        model = self.env['payment.provider']
        for field in self.gateway_class.credential_fields:
            definition = model._fields[f'{self.gateway}_{field.name}']
            self.assertEqual(definition.groups, 'base.group_system', field.name)
            self.assertFalse(definition.copy, field.name)
        self.env.flush_all()
        with file_open('payment_cn_wallets/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(any(self.provider._cn_credentials().values()))
        self.assertEqual(self.provider.state, 'disabled')

    def test_reset_forgets_everything(self):
        """Test that the button to reset empties all credentials, keys in the store included."""
        store = [self.provider[name] for name in self.provider._cn_store_fields()]
        self.provider.action_reset_credentials()
        left = {name: value for name, value in self.provider._cn_credentials().items() if value}
        # What is chosen from a list is back at its first choice.
        self.assertLessEqual(left.items(), {
            'codepay_api': 'v3', 'sign_type': 'MD5', 'web_product': 'qr',
        }.items())
        self.assertFalse(any(record.exists() for record in store))
