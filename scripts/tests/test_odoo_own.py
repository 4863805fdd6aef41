# Part of payment_cn_wallets. License LGPL-3.
"""What is read from the log of Odoo's own tests."""

from devstack.odoo_own import failures

LOG = b"""\
2026-12-01 10:00:00,000 7 INFO own odoo.addons.sale.tests.test_sale: Starting TestSale.test_good ...
2026-12-01 10:00:01,000 7 ERROR own odoo.addons.sale.tests.test_sale: FAIL: TestSale.test_bad
Traceback (most recent call last):
AssertionError: ERROR of nothing
2026-12-01 10:00:02,000 7 ERROR own odoo.addons.sale.tests.test_other: ERROR: setUpClass (odoo.addons.sale.tests.TestX)
2026-12-01 10:00:02,000 7 ERROR own odoo.addons.sale.tests.test_sale: FAIL: Subtest TestSale.test_parts (part=1)
2026-12-01 10:00:03,000 7 ERROR own odoo.tests.result: 2 failed, 1 error(s) of 40 tests when loading database 'own'
"""


def test_failures():
    """Test that each failed test is found by its name, and how many were run."""
    names, number = failures(LOG)
    assert number == 40
    assert names == {"TestSale.test_bad", "TestSale.test_parts", "setUpClass (odoo.addons.sale.tests.TestX)"}


def test_nothing_was_run():
    """Test that a log of nothing says nothing."""
    assert failures(b"odoo: no module named payment\n") == (set(), 0)
