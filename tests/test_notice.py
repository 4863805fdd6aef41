# Part of payment_cn_wallets. License LGPL-3.

import json
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets import const, gateways
from odoo.addons.payment_cn_wallets.gateways.base import NoticeRejected
from odoo.addons.payment_cn_wallets.gateways.huishouyin import signing
from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle

NOTICE = (
    'odoo.addons.payment_cn_wallets.models.records.notice',
    'odoo.addons.payment_cn_wallets.models.records.notice_processing',
)
# What the gateway's protocol takes for an acknowledgement.
ACKNOWLEDGED = ('ok', 'success')
FORM = 'application/x-www-form-urlencoded'


@tagged('post_install', '-at_install')
class TestNotice(CnCommon):

    def test_notice_books_the_payment(self):
        """Test that a well-signed notice is stored, processed and linked."""
        tx = self._ordered(order=self._order())
        notice = self._receive(self._notice_body(tx))
        self.assertEqual((notice.state, notice.transaction_id), ('done', tx))
        self.assertEqual(tx.state, 'done')

    def test_copies_are_stored_once(self):
        """Test that a notice sent again changes nothing."""
        tx = self._ordered()
        body = self._notice_body(tx)
        self.assertTrue(self._receive(body))
        for _copy in range(7):
            self.assertFalse(self._receive(body))
        [notice] = self.env['payment.cn.notice'].search([('number', '=', tx.cn_out_trade_no)])
        self.assertEqual(notice.copies, 8)
        # Its form tells what it said, and shows no payer.
        self.assertEqual((notice.amount, notice.outcome), (88.8, 'paid'))
        self.assertIn(tx.cn_out_trade_no, notice.content_text)
        notice.sudo().content = False
        self.assertIn(tx.cn_out_trade_no, notice.content_text)

    def test_notices_in_the_wrong_order(self):
        """Test that an old 'not paid yet' after 'paid' does no harm."""
        tx = self._ordered()
        self._receive(self._notice_body(tx))
        notice = self._receive(self._notice_body(tx, trade_status='Undeal'))
        self.assertEqual((notice.state, tx.state), ('done', 'done'))

    def test_json_and_form(self):
        """Test that both encodings are read, as the protocol names neither."""
        tx = self._ordered()
        values = self._notice_fields(tx)
        values['sign'] = signing.sign(values, self.credentials['key'])
        notice = self._receive(json.dumps(values).encode(), 'application/json')
        self.assertEqual((notice.state, tx.state), ('done', 'done'))

    def test_notice_must_fit_its_attempt(self):
        """Test that a well-signed notice of something else is refused and reported."""
        for changes in (
            {'total_fee': '8879'},
            {'total_fee': '888000'},
            {'app_id': 'another'},
            {'mch_uid': '1234567890123'},
            {'out_trade_no': '9' * 28},
        ):
            with self.subTest(**changes):
                tx = self._ordered()
                notice = self._receive(self._notice_body(tx, **changes))
                self.assertEqual((notice.state, tx.state), ('refused', 'draft'))
                self.assertTrue(notice.reason)
                incident = self.env['payment.cn.incident'].search(
                    [('provider_id', '=', self.provider.id), ('kind', '=', 'notice')], limit=1
                )
                self.assertEqual(incident.state, 'open')

    def test_notice_of_another_provider(self):
        """Test that an attempt is not believed paid through another gateway's address."""
        tx = self._ordered()
        other = self.provider.copy({'company_id': self.company.id})
        other.write({
            f'huishouyin_{name}': value
            for name, value in self.credentials.items() if name in ('app_id', 'mch_uid', 'key')
        })
        notice = self.env['payment.cn.notice'].sudo()._cn_receive(
            other, {'Content-Type': FORM}, self._notice_body(tx), '127.0.0.1'
        )
        notice._cn_process()
        self.assertEqual((notice.state, tx.state), ('refused', 'draft'))

    def test_forged_notice_is_not_stored(self):
        """Test that nothing that is not signed by the gateway enters the database."""
        tx = self._ordered()
        for body in (
            self._notice_body(tx, key='0' * 24),
            self._notice_body(tx, sign=''),
            self._notice_body(tx) + b'&total_fee=1',
            self._notice_body(tx).replace(b'trade_status=Success', b'trade_status=Failure'),
        ):
            with self.assertRaises(NoticeRejected):
                self._receive(body)
        self.assertFalse(self.env['payment.cn.notice'].search(
            [('number', '=', tx.cn_out_trade_no)]
        ))
        self.assertEqual(tx.state, 'draft')

    @mute_logger(*NOTICE)
    def test_failed_processing_can_be_repeated(self):
        """Test that a notice whose processing broke is kept and done again by the button."""
        tx = self._ordered()
        with patch.object(type(tx), '_cn_apply', side_effect=RuntimeError("disk full")):
            notice = self._receive(self._notice_body(tx))
        self.assertEqual((notice.state, notice.reason), ('failed', "disk full"))
        self.assertEqual(tx.state, 'draft')
        notice.action_process_again()
        self.assertEqual((notice.state, tx.state), ('done', 'done'))

    @mute_logger(*NOTICE)
    def test_cron_processes_what_is_left(self):
        """Test that a stored notice is processed even if the request that brought it died."""
        tx = self._ordered()
        notice = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, {'Content-Type': FORM}, self._notice_body(tx), '127.0.0.1'
        )
        self._run_cron('cron_notices')
        self.assertEqual((notice.state, tx.state), ('done', 'done'))

    def _left_behind(self):
        """Return an attempt and its notice, as a request leaves them that died; and no triggers."""
        tx = self._ordered()
        notice = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, {'Content-Type': FORM}, self._notice_body(tx), '127.0.0.1'
        )
        self._triggers().unlink()
        return tx, notice

    def _triggers(self):
        cron = self.env.ref('payment_cn_wallets.cron_notices')
        return self.env['ir.cron.trigger'].search([('cron_id', '=', cron.id)])

    def test_collision_is_tried_again_at_once(self):
        """Test that a notice that met somebody else at its payment is processed in the same run."""
        tx, notice = self._left_behind()
        apply, met = type(tx)._cn_apply, []

        def collide_twice(self, *args, **kwargs):
            if len(met) < 2:
                met.append(self)
                raise psycopg2.errors.SerializationFailure
            return apply(self, *args, **kwargs)
        with patch.object(type(tx), '_cn_apply', collide_twice):
            self._run_cron('cron_notices')
        self.assertEqual(len(met), 2)
        self.assertEqual((notice.state, tx.state, notice.tries), ('done', 'done', 1))
        self.assertFalse(self._triggers())

    def test_endless_collision_does_not_hold_the_cron(self):
        """Test that a notice that collides again and again is left to a run that begins at once."""
        tx, notice = self._left_behind()
        with patch.object(
            type(tx), '_cn_apply', side_effect=psycopg2.errors.SerializationFailure
        ) as apply:
            self._run_cron('cron_notices')
        self.assertEqual((notice.state, apply.call_count), ('new', 5))
        # Odoo wakes its workers for triggers that are due, and for no others.
        self.assertLessEqual(self._triggers().call_at, fields.Datetime.now())
        self._run_cron('cron_notices')
        self.assertEqual((notice.state, tx.state), ('done', 'done'))

    def test_trouble_of_the_database_does_not_keep_the_cron_busy(self):
        """Test that a notice the database has trouble with waits for the next round, and nobody for it."""
        tx, notice = self._left_behind()
        other_tx, other_notice = self._left_behind()
        apply = type(tx)._cn_apply

        def time_out(self, *args, **kwargs):
            if self == tx:
                raise psycopg2.errors.QueryCanceled
            return apply(self, *args, **kwargs)
        with patch.object(type(tx), '_cn_apply', time_out), mute_logger(*NOTICE):
            self._run_cron('cron_notices')
        self.assertEqual((notice.state, tx.state), ('new', 'draft'))
        self.assertEqual((other_notice.state, other_tx.state), ('done', 'done'))
        self.assertFalse(self._triggers())
        self._run_cron('cron_notices')
        self.assertEqual((notice.state, tx.state), ('done', 'done'))


@tagged('post_install', '-at_install')
class TestNoticeDoor(CnCommon, HttpCase):

    def _post(self, body, content_type=FORM, provider=None, **headers):
        return self.url_open(
            f'/payment/cn/notice/{(provider or self.provider).id}',
            data=body, headers={'Content-Type': content_type, **headers}, timeout=30,
        )

    def _assert_acknowledged(self, answer):
        self.assertEqual(answer.status_code, 200)
        self.assertIn(answer.text, ACKNOWLEDGED)

    def test_notice_is_acknowledged_and_booked(self):
        """Test the way of a notice through the door."""
        tx = self._ordered(order=self._order())
        answer = self._post(self._notice_body(tx))
        self._assert_acknowledged(answer)
        tx.invalidate_recordset()
        self.assertEqual(tx.state, 'done')
        again = self._post(self._notice_body(tx))
        self._assert_acknowledged(again)

    def test_acknowledged_though_processing_fails(self):
        """Test that what we can't process is kept, not sent again for ever."""
        tx = self._ordered()
        with mute_logger(*NOTICE), \
                patch.object(type(tx), '_cn_apply', side_effect=RuntimeError("broken")):
            answer = self._post(self._notice_body(tx))
        self._assert_acknowledged(answer)
        notice = self.env['payment.cn.notice'].search([('number', '=', tx.cn_out_trade_no)])
        self.assertEqual(notice.state, 'failed')

    @mute_logger(*NOTICE, 'odoo.http', 'werkzeug')
    def test_malformed_bodies_are_answered(self):
        """Test that rubbish of every kind is answered without a traceback and changes nothing."""
        tx = self._ordered()
        good = self._notice_body(tx)
        bodies = [
            (b'', FORM),
            (b'', ''),
            (b'\x00' * 64, FORM),
            (b'\xff\xfe\xfd', 'application/json'),
            (b'{', 'application/json'),
            (b'[]', 'application/json'),
            (b'null', 'application/json'),
            (b'{"sign": {"a": []}}', 'application/json'),
            (b'[' * 20000, 'application/json'),
            (b'{"a":' * 5000, 'application/json'),
            (b'{"out_trade_no": 1e400}', 'application/json'),
            (good, 'application/json'),
            (b'--x\r\nContent-Disposition: form-data\r\n\r\n', 'multipart/form-data; boundary=x'),
            (good, 'application/x-www-form-urlencoded; charset=utf-7'),
            (good, 'application/x-www-form-urlencoded; charset=nonsense'),
            (b'sign=' + b'A' * 32, FORM),
            (good + b'&sign=' + b'A' * 32, FORM),
            (b'%zz=%', FORM),
            (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', 'text/xml'),
            (good[:-5], FORM),
            (good.replace(b'8880', b'8881'), FORM),
            (good.replace(b'8880', '８８８０'.encode()), FORM),
        ]
        stored = self.env['payment.cn.notice'].search_count([])
        with self.assertNoLogs('odoo.addons.payment_cn_wallets', level='ERROR'):
            for body, content_type in bodies:
                with self.subTest(body=body[:60], content_type=content_type):
                    answer = self._post(body, content_type)
                    self.assertLess(answer.status_code, 500)
                    self.assertNotIn(answer.text, ACKNOWLEDGED)
                    self.assertNotIn('Traceback', answer.text)
        self.assertEqual(self.env['payment.cn.notice'].search_count([]), stored)
        tx.invalidate_recordset()
        self.assertEqual((tx.state, tx.cn_outcome), ('draft', 'waiting'))

    @mute_logger(*NOTICE, 'odoo.http', 'werkzeug')
    def test_too_large_or_elsewhere(self):
        """Test that a body past the limit, a foreign provider and other methods are refused."""
        self.assertEqual(self._post(b'a' * (const.NOTICE_MAX_BYTES + 1)).status_code, 413)
        demo = self.env['payment.provider'].sudo().search(
            [('code', '!=', 'huishouyin')], limit=1
        )
        self.assertEqual(self._post(b'x', provider=demo).status_code, 404)
        self.assertEqual(self.url_open('/payment/cn/notice/999999', data=b'x').status_code, 404)
        self.assertEqual(
            self.url_open(f'/payment/cn/notice/{self.provider.id}').status_code, 405
        )

    def test_provider_that_is_not_set_up(self):
        """Test that nobody listens at an address for which there are no keys, whatever is sent."""
        for code in gateways.codes():
            provider = self.provider.sudo().copy({'code': code, 'state': 'disabled'})
            with self.subTest(code=code), self.assertNoLogs('odoo.http', level='ERROR'):
                self.assertEqual(self._post(b'x', provider=provider).status_code, 404)

    def _call_of_cron(self):
        """Return when the cron of notices is to come, from now on."""
        cron = self.env.ref('payment_cn_wallets.cron_notices')
        return self.env['ir.cron.trigger'].search([('cron_id', '=', cron.id)]).mapped('call_at')

    def test_cron_does_not_come_for_what_its_request_processes(self):
        """Test that the cron comes later, and at once only when the request could not do it."""
        self.env['ir.cron.trigger'].search([]).unlink()
        tx = self._ordered()
        self._assert_acknowledged(self._post(self._notice_body(tx)))
        later = fields.Datetime.now() + timedelta(seconds=30)
        self.assertGreater(min(self._call_of_cron()), later)
        with patch.object(
            type(tx), '_cn_apply', side_effect=psycopg2.errors.SerializationFailure
        ):
            self._assert_acknowledged(self._post(self._notice_body(tx, time_end='20260101120001')))
        self.assertLess(min(self._call_of_cron()), later)

    @mute_logger(*NOTICE)
    def test_forged_notices_are_reported_once_an_hour(self):
        """Test that an administrator hears of forgeries without drowning in them."""
        throttle.forget(self.env.cr.dbname, f'rejected-{self.provider.id}')
        tx = self._ordered()
        for _copy in range(5):
            answer = self._post(self._notice_body(tx, key='0' * 24))
            self.assertNotIn(answer.text, ACKNOWLEDGED)
        incidents = self.env['payment.cn.incident'].search(
            [('provider_id', '=', self.provider.id), ('kind', '=', 'notice')]
        )
        self.assertEqual(incidents.mapped('count'), [1])

    def test_disabled_provider_still_hears_late_notices(self):
        """Test that switching the provider off does not make it deaf to money under way."""
        tx = self._ordered()
        self.provider.state = 'disabled'
        self._assert_acknowledged(self._post(self._notice_body(tx)))
        tx.invalidate_recordset()
        self.assertEqual(tx.state, 'done')
