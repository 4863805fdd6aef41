# Part of payment_cn_wallets. License LGPL-3.
"""The running whole, as the browser tests have it: Odoo on a clone of the demo, the sandbox, a till in Chromium."""

import contextlib
import os
import shutil
import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import sync_playwright
from shop import Sandbox
from till import DESKTOP, Till
from windows import NO_INTERNET

from devstack.host import chromium
from devstack.paths import ADDON
from devstack.process import ServerError
from devstack.stack import GATEWAYS, Stack

from .stopwatch import Stopwatch

DB = "bench"
PATIENCE = 30_000  # ms
SETTLE = 400  # ms
AGGREGATOR, *DIRECT = GATEWAYS


@contextlib.contextmanager
def opened():
    """Start everything, open the till, and give a ``Bench``; stop everything at the end."""
    stack = Stack.for_tests(DB)
    for folder in (stack.home.data / ADDON / stack.db, stack.sandbox_data):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.ExitStack() as held:
        held.callback(stack.stop)
        stack.start()
        playwright = held.enter_context(sync_playwright())
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        chrome = playwright.chromium.launch(executable_path=chromium(), args=[
            *arguments, "--disable-dev-shm-usage", NO_INTERNET])
        held.callback(chrome.close)
        context = chrome.new_context(locale="zh-CN", viewport=DESKTOP, timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE)
        yield Bench(stack, context.new_page(), chrome.version)


class Bench:
    """An open till, and the sandbox behind it."""

    def __init__(self, stack, page, chromium_version):
        self.stack, self.page, self.chromium_version = stack, page, chromium_version
        self.sandbox = Sandbox(stack.sandbox_url)
        self.watch = Stopwatch(page, self.sandbox)
        self.till = Till(stack, None, self.sandbox)
        self.aggregator = stack.provider(AGGREGATOR)
        self.postpone_housekeeping()
        self.till.open(page=page)
        # Odoo's service worker stands between a till and its server from the second time on that it is opened.
        page.wait_for_function("navigator.serviceWorker.getRegistration().then((one) => Boolean(one?.active))")
        page.reload()
        page.locator(".product-screen").wait_for()
        page.wait_for_function("navigator.serviceWorker.controller && window.posmodel?.getOrder()")

    def postpone_housekeeping(self):
        """In a new database all of Odoo's own scheduled jobs are due at once: they would be measured."""
        ours = self.stack.rpc("ir.model.data", "search_read", [[("module", "=", ADDON), ("model", "=", "ir.cron")]],
                              {"fields": ["res_id"]})
        others = self.stack.rpc("ir.cron", "search", [[("id", "not in", [one["res_id"] for one in ours])]])
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        for job in others:
            for left in reversed(range(PATIENCE // 1000)):
                try:
                    self.stack.rpc("ir.cron", "write", [job, {"nextcall": f"{tomorrow:%Y-%m-%d %H:%M:%S}"}])
                    break
                except ServerError:
                    if not left:
                        raise
                    time.sleep(1)  # it is running

    def route(self, gateway):
        """Have the wallets go through the aggregator, or each through its own gateway."""
        sequence = 0 if gateway == AGGREGATOR else 1000
        self.stack.rpc("payment.provider", "write", [[self.aggregator], {"sequence": sequence}])

    def settle(self):
        """Wait until what the last step began is over: the cashier's hand is on the way to the scanner."""
        self.page.wait_for_timeout(SETTLE)

    @property
    def number(self):
        """The merchant order number of the order that was paid last."""
        return self.page.evaluate("posmodel.getOrder().payment_ids[0].payment_ref_no")

    def finish(self):
        """From the receipt to the next order."""
        self.till.paid()
        self.till.next_order()
        self.page.wait_for_function("!posmodel.getOrder().lines.length")
