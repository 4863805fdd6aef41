# Part of payment_cn_wallets. License LGPL-3.

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from odoo.addons.payment_cn_wallets.tools import throttle

DB = 'cn_throttle_test'


@tagged('post_install', '-at_install')
class TestThrottle(BaseCase):

    def setUp(self):
        super().setUp()
        throttle.forget(DB, 'key')
        self.addCleanup(throttle.forget, DB, 'key')

    def _at(self, now):
        return patch.object(throttle.time, 'time', lambda: now)

    def test_many_askers_one_question(self):
        """Test that of many tabs at once one may ask."""
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _i: throttle.acquire(DB, 'key', (3,)), range(64)))
        self.assertEqual(answers.count(True), 1)

    def test_gaps_grow(self):
        """Test that the schedule's gaps are kept, the last one for ever."""
        asked = []
        for now in range(1000, 1040):
            with self._at(now):
                if throttle.acquire(DB, 'key', (3, 5, 10)):
                    asked.append(now - 1000)
        self.assertEqual(asked, [0, 3, 8, 18, 28, 38])

    def test_looking_does_not_take(self):
        """Test that polling tells the wait and leaves the right to ask alone."""
        self.assertEqual(throttle.seconds_left(DB, 'key', (3,)), 0)
        self.assertTrue(throttle.acquire(DB, 'key', (3,)))
        self.assertGreater(throttle.seconds_left(DB, 'key', (3,)), 2)

    def test_clock_set_back_does_not_silence(self):
        """Test that a clock that jumps back leaves the gateway reachable."""
        with self._at(10 ** 9):
            throttle.acquire(DB, 'key', (3,))
        with self._at(10 ** 6):
            self.assertTrue(throttle.acquire(DB, 'key', (3,)))

    def test_damaged_file_is_read_as_never_asked(self):
        """Test that a half-written file does no harm."""
        throttle.acquire(DB, 'key', (3,))
        (throttle._folder(DB) / 'key').write_text('{"at": ')
        self.assertEqual(throttle.seconds_left(DB, 'key', (3,)), 0)
        self.assertTrue(throttle.acquire(DB, 'key', (3,)))

    def test_old_files_go(self):
        """Test that attempts of yesterday leave nothing behind."""
        throttle.acquire(DB, 'key', (3,))
        with self._at(throttle.time.time() + 2 * throttle.MAX_AGE):
            throttle.collect_garbage(DB)
        self.assertFalse((throttle._folder(DB) / 'key').exists())
