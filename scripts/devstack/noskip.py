# Part of payment_cn_wallets. License LGPL-3.
"""A plugin for pytest: a test that was skipped for want of a browser counts as failed.

Odoo skips its browser tests silently where Chromium or websocket-client is missing, and the run is green.
The variable DEVSTACK_NO_SKIP says what may not be skipped: ``browser``, or ``all`` for every test of the run.
"""

import os
import re

import pytest

_BROWSER = re.compile(r"chrom|websocket|playwright|browser|HttpCase|--odoo-http", re.I)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if os.environ.get("DEVSTACK_NO_SKIP") == "all" or _BROWSER.search(reason):
        report.outcome = "failed"
        report.longrepr = f"This test may not be skipped, but was: {reason}"
