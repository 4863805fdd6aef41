# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult
from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle


@tagged('post_install', '-at_install')
class TestVisitorLimits(CnCommon, HttpCase):
    """How much one visitor may ask of the public pages, and for how long notices are kept."""

    has_order = False

    def setUp(self):
        super().setUp()
        self._forget_visitors()
        self.addCleanup(self._forget_visitors)

    def _forget_visitors(self):
        for path in throttle._folder(self.env.cr.dbname).glob('visitor-*'):
            path.unlink()

    def _call(self, name, tx):
        answer = self.url_open(f'/payment/cn/checkout/{name}', json={
            'jsonrpc': '2.0', 'id': 1, 'method': 'call', 'params': {'tx_id': tx.id, 'token': tx._cn_token()},
        }).json()
        return 'TooManyRequests' if 'TooMany' in str(answer.get('error')) else bool(answer.get('result'))

    def test_visitors_are_limited(self):
        """Test that one browser is stopped, and another one behind the same address is not."""
        tx = self._ordered()
        with patch.dict(const.VISITOR_LIMITS, {'poll': (3, 600), 'renew': (1, 600)}):
            self.authenticate(None, None)
            answers = [self._call('poll', tx) for _number in range(5)]
            self.assertEqual(answers, [True] * 3 + ['TooManyRequests'] * 2)
            self.assertEqual(
                [self._call('renew', tx) for _number in range(2)], [True, 'TooManyRequests']
            )
            self.authenticate(None, None)
            self.assertEqual(self._call('poll', tx), True)

    def test_addresses_are_limited(self):
        """Test that an address with a new session for each call is stopped in the end."""
        tx = self._ordered()
        with patch.dict(const.VISITOR_LIMITS, {'check': (1, 601)}), patch.object(const, 'ADDRESS_FACTOR', 3):
            answers = []
            for _number in range(4):
                self.authenticate(None, None)
                answers.append(self._call('check', tx))
        self.assertEqual(answers, [True] * 3 + ['TooManyRequests'])

    def test_every_door_is_limited(self):
        """Test that no public route of the checkout is without a limit."""
        tx = self._ordered()
        with patch.dict(const.VISITOR_LIMITS, dict.fromkeys(const.VISITOR_LIMITS, (0, 600))):
            self.authenticate(None, None)
            for name in ('start', 'poll', 'check', 'renew', 'leave'):
                self.assertEqual(self._call(name, tx), 'TooManyRequests', name)
            for page in ('checkout', 'return', 'go', 'back'):
                answer = self.url_open(f'/payment/cn/{page}/{tx.id}/{tx._cn_token()}')
                self.assertEqual(answer.status_code, 429, page)
            self.assertEqual(self.url_open('/payment/cn/payer?state=x').status_code, 429)

    def test_rubbish_notices_are_limited(self):
        """Test that forged notices are not looked at for ever, and that genuine ones are not counted."""
        address = f'/payment/cn/notice/{self.provider.id}'
        with patch.object(const, 'REFUSED_NOTICES', (3, 602)):
            codes = [self.url_open(address, data=b'x').status_code for _number in range(5)]
        self.assertEqual(codes[3:], [429, 429])
        self.assertNotIn(429, codes[:3])

    # === HOW LONG NOTICES ARE KEPT === #

    def _notice(self, tx, days):
        notice = self.env['payment.cn.notice'].sudo().create({
            'provider_id': self.provider.id, 'kind': 'payment', 'number': tx.cn_out_trade_no,
            'digest': str(uuid4()), 'transaction_id': tx.id, 'state': 'done',
        })
        self.env.cr.execute(
            "UPDATE payment_cn_notice SET create_date = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(days=days), notice.id),
        )
        return notice

    def test_old_notices_are_deleted(self):
        """Test that they are kept as long as an administrator says, and while anything is open."""
        self.assertEqual(self.provider.cn_keep_notice_days, 730)
        paid, unpaid, told = self._paid(), self._ordered(), self._paid()
        for tx in (paid, told):
            tx._post_process()
        refund = paid._refund(10)
        told._cn_incident('contradiction', "x")
        notices = {name: self._notice(tx, days) for name, tx, days in (
            ('old', paid, 731), ('young', paid, 729), ('unpaid', unpaid, 731), ('told', told, 731),
        )}
        collect = self.env['payment.cn.notice'].sudo()._gc_notices
        collect()
        self.assertTrue(all(notice.exists() for notice in notices.values()), "a refund is open")
        refund.write({'state': 'done', 'cn_next_query_at': False, 'is_post_processed': True})
        collect()
        left = {name for name, notice in notices.items() if notice.exists()}
        self.assertEqual(left, {'young', 'unpaid', 'told'})
        told.cn_incident_ids.action_done()
        unpaid._cn_apply(PaymentResult(Outcome.REFUSED, closed=True))
        self.provider.cn_keep_notice_days = 0
        collect()
        self.assertTrue(notices['told'].exists(), "0 keeps them")
        self.provider.cn_keep_notice_days = 700
        collect()
        self.assertFalse([name for name, notice in notices.items() if notice.exists()])

    def test_notices_are_not_deleted_too_soon(self):
        """Test that a notice is kept for as long as its gateway may send it again."""
        with self.assertRaises(ValidationError):
            self.provider.cn_keep_notice_days = const.LEAST_NOTICE_DAYS - 1


@tagged('post_install', '-at_install')
class TestWhoseLine(till_common.TillSaleCommon):
    """What a cashier could ask for past the till's screens."""

    gateway = 'wechat_pay'

    def _call(self, name, line, *arguments):
        """Call a button past the till, which would store the refund order first."""
        return getattr(self.button.with_user(self.cashier).with_context(lang='en_US'), f'cn_{name}')(line, *arguments)

    def test_no_refund_without_a_refund_order(self):
        """Test that a cashier gives nothing back but by an order that says so."""
        order = self._sold()
        tx = order.payment_ids.cn_transaction_id
        line = self._line('-88.80')
        with self.assertRaisesRegex(UserError, "refund order"):
            self._call('refund', line, order.uuid)
        other = self._sold()
        self._keep_refund_order(line, other.uuid)  # of another sale
        with self.assertRaisesRegex(UserError, "refund order"):
            self._call('refund', line, order.uuid)
        small = self._line('-10.00')
        self._keep_refund_order(small, order.uuid)
        with self.assertRaisesRegex(UserError, "refund order"):
            self._call('refund', {**small, 'amount': '-88.80'}, order.uuid)
        self.assertFalse(tx.child_transaction_ids)
        self._call('refund', small, order.uuid)
        self.assertEqual(tx.child_transaction_ids.amount, -10)
        # Another line of it: all of the order is on its way.
        with self.assertRaisesRegex(UserError, "refund order"):
            self._call('refund', self._line('-10.00', order=small['order']), order.uuid)

    def test_line_of_another_till_is_let_alone(self):
        """Test that nobody lets go of, cancels or asks about a line with a forged order."""
        line = self._line()
        self._call('charge', line, self._code(confirm=True))
        forged = {**line, 'order': str(uuid4())}
        for name, arguments in (
            ('hand_over', ()), ('hand_over', (True,)), ('cancel', ()), ('status', ()), ('force', ("I say so",)),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "another order"):
                self._call(name, forged, *arguments)
        tx = self._tx(line)
        self.assertEqual((tx.state, tx.cn_given_up, tx.cn_reversing), ('pending', False, False))
        # Its own order is good at whichever till of the company.
        self.assertEqual(self._call('status', line)['phase'], 'paying')
