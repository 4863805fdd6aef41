# Part of payment_cn_wallets. License LGPL-3.

import contextlib
import sys
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import money_cases, till_common

ROOT = Path(till_common.__file__).resolve().parents[1]
# Of `models/`. There were 38 to be read before payables asked the questions.
FILES_OF_A_SCAN = 19


@contextlib.contextmanager
def entered():
    """Collect the addon's files of which some function is called, relative to its folder."""
    files = set()

    def note(frame, event, _value):
        if event == 'call' and frame.f_code.co_name != '<module>':
            files.add(frame.f_code.co_filename)

    found = set()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)
        for name in files:
            path = Path(name).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / 'tests'):
                found.add(str(path.relative_to(ROOT)))


@tagged('post_install', '-at_install')
class TestRoomsOfTheWeb(money_cases.MoneyCases):
    """What a web payment has to do with."""

    def test_web_payment_enters_no_till_file(self):
        """Test that money for an order is taken in, decided about, booked and followed up without the till."""
        tx = self._code_of_order(self._order())
        self.sandbox.pay(tx)
        with entered() as files:
            tx._cn_query()
            tx._post_process()
        self.assertEqual((tx.state, tx.cn_verdict, tx.is_post_processed), ('done', 'kept', True))
        self.assertIn('models/money/executor.py', files)
        self.assertIn('models/payables/sale_orders.py', files)
        self.assertFalse({name for name in files if name.startswith(('models/pos/', 'wizards/pos'))})
        self.assertNotIn('models/payables/till_line.py', files)


@tagged('post_install', '-at_install')
class TestRoomsOfTheTill(till_common.TillCommon):
    """What a scanned code has to do with."""

    def test_scan_enters_few_files(self):
        """Test that a charge needs a handful of files, from the till's request to its answer."""
        line, code = self._line(), self._code('wechat_pay')
        with entered() as files:
            status = self._press('charge', line, code)
        self.assertEqual(status['phase'], 'paid')
        self.assertIn('models/payables/till_line.py', files)
        models = {name for name in files if name.startswith('models/')}
        self.assertLessEqual(len(models), FILES_OF_A_SCAN, sorted(models))
