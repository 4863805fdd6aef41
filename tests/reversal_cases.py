# Part of payment_cn_wallets. License LGPL-3.

from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult, Reason, ReasonKind
from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tests.catcher import Catcher

REFUND = 'odoo.addons.payment_cn_wallets.models.attempt.refund'


class ReversalCases(till_common.TillCommon):
    """A reversal that is under way when "paid" arrives. Subclasses name the gateway."""

    allow_inherited_tests_method = True

    def setUp(self):
        super().setUp()
        self.line = self._line()
        self.sandbox.post('settings', qq_wait=0, earliest_reverse=0, refund_delay=0)
        self.catcher = Catcher(self.provider._cn_gateway().notice_reply(True))
        self.addCleanup(self.catcher.stop)
        self.env['ir.config_parameter'].sudo().set_param('web.base.url', self.catcher.url)
        self.provider.invalidate_recordset(['cn_notice_url'])

    def _cancelled(self):
        """Return an attempt that was paid while it was cancelled; its reversal is under way."""
        self.sandbox.fault('reverse_stuck')
        status = self._press('charge', self.line, self._code(confirm=True))
        self.assertEqual(status['phase'], 'paying')
        tx = self._tx(self.line)
        self._let_pass(tx, seconds=301)
        self.sandbox.pay(tx)
        self.assertEqual(self._press('cancel', self.line)['phase'], 'undoing')
        [refund] = self.sandbox.order(tx)['refunds']
        self.assertEqual(refund['state'], 'processing')
        return tx

    def _paid_arrives(self, tx):
        """Have the news that it was paid come in, by notice where the gateway sends one."""
        if self.sandbox.order(tx)['notify_url']:
            headers, body = self.catcher.wait(1)[0]
            notice = self.env['payment.cn.notice'].sudo()._cn_receive(
                self.provider, headers, body, '127.0.0.1'
            )
            notice._cn_process()
        else:
            self._ask(tx)

    def _time_passes(self, tx, hours=1):
        for _round in range(4):
            for one in tx | tx.child_transaction_ids:
                self._let_pass(one, hours=hours)
                till_common.throttle.forget(self.env.cr.dbname, one._cn_throttle_key())
            self.env.flush_all()
            self._run_cron('cron_watch')

    def _reversal_ends(self, tx, outcome='success'):
        for refund in self.sandbox.order(tx)['refunds']:
            if refund['state'] == 'processing':
                self.sandbox.post('refunds', out_refund_no=refund['out_refund_no'], outcome=outcome)

    def _nobody_pays_twice(self, tx):
        """Assert that the money is back once, that the books have none, and that nobody is misled."""
        self.assertEqual(self._refunded(tx), 8880)
        self.assertIn(self._press('status', self.line)['phase'], ('idle', 'returned'))
        self.assertFalse(tx.child_transaction_ids.filtered(lambda one: one.state in ('error', 'pending')))
        tx._post_process()
        tx.child_transaction_ids._post_process()
        booked = (tx | tx.child_transaction_ids).payment_id.mapped('amount_signed')
        self.assertEqual(sum(booked), 0)
        incidents = self.env['payment.cn.incident'].search([
            ('transaction_id', 'in', (tx | tx.child_transaction_ids).ids), ('kind', '=', 'refund'),
        ])
        self.assertFalse(incidents, incidents.mapped('message'))

    @mute_logger(REFUND)
    def test_paid_arrives_while_the_reversal_is_under_way(self):
        """Test that no second refund is sent, and none reported as refused: the reversal is asked about."""
        tx = self._cancelled()
        self._paid_arrives(tx)
        calls = [call['operation'] for call in self.sandbox.order(tx)['calls']]
        self.assertNotIn('refund', calls)
        self._time_passes(tx)
        self.assertNotIn('refund', [c['operation'] for c in self.sandbox.order(tx)['calls']])
        self._reversal_ends(tx)
        self._time_passes(tx)
        self._nobody_pays_twice(tx)

    @mute_logger(REFUND)
    def test_reversal_ends_before_paid_arrives(self):
        """Test that "paid" that comes when all is back books nothing and sends nothing."""
        tx = self._cancelled()
        self._reversal_ends(tx)
        self._paid_arrives(tx)
        self._time_passes(tx)
        self._nobody_pays_twice(tx)

    @mute_logger(REFUND)
    def test_reversal_ends_at_the_next_question(self):
        """Test that the till, which goes on asking, hears that it was undone."""
        tx = self._cancelled()
        self._paid_arrives(tx)
        self._reversal_ends(tx)
        for _question in range(3):
            till_common.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
            self._press('status', self.line, True)
        self._time_passes(tx)
        self._nobody_pays_twice(tx)

    @mute_logger(REFUND)
    def test_paid_arrives_after_a_premature_no(self):
        """Test that "paid" is taken in after "refused", and that the reversal is asked about all the same."""
        tx = self._cancelled()
        tx._cn_apply(PaymentResult(Outcome.REFUSED, reason=Reason(ReasonKind.OTHER)))
        self.assertEqual((tx.state, tx.cn_reversal_sent), ('error', True))
        self._paid_arrives(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('error', 'paid'))
        self._reversal_ends(tx)
        self._time_passes(tx)
        self.assertEqual((tx.state, tx.cn_outcome), ('error', 'refused'))
        self._nobody_pays_twice(tx)

    def test_reversal_that_never_arrived(self):
        """Test that a reversal is sent again that was lost on its way, or with the server that sent it."""
        self._press('charge', self.line, self._code(confirm=True))
        tx = self._tx(self.line)
        self._let_pass(tx, seconds=301)
        self.sandbox.fault('reset', operation='reverse', when='before', times=9)
        self.assertEqual(self._press('cancel', self.line)['phase'], 'undoing')
        self.assertEqual(self.sandbox.order(tx)['state'], 'user_paying')
        self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)
        for _question in range(2):
            status = self._status(self.line)
        self.assertEqual(self.sandbox.order(tx)['state'], 'failed')
        self.assertEqual(status['phase'], 'idle')
        self.assertEqual(self._refunded(tx), 0)
