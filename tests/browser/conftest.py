# Part of payment_cn_wallets. License LGPL-3.
"""Fixtures of the browser tests: a running stack, and Chromium looking at it.

Run them with ``scripts/test tests/browser``. A test takes ``stack`` (see ``scripts/devstack/stack.py``) and
``page``, or ``open_page`` when it wants another language, another screen, or more than one shopper.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
from counter import Kiosk
from open_tills import OpenTills
from playwright.sync_api import sync_playwright
from shop import Sandbox, Shop
from till import HURRY, Till
from windows import NO_INTERNET, Contexts, Windows, become
from xdist.scheduler import LoadScopeScheduling

from devstack.host import headless_chromium
from devstack.paths import ADDON
from devstack.stack import Stack

COUNTER_MODULES = "pos_self_order,pos_restaurant,pos_hr,pos_online_payment"


@pytest.fixture(scope="session")
def stack():
    """PostgreSQL, Odoo with its cron threads, the sandbox and the mail sink, on a fresh demo shop."""
    stack = Stack.for_tests("browser")
    # The documents of the run before had the same numbers: forget its orders, and when they were asked about.
    for folder in (stack.home.data / ADDON / stack.db, stack.sandbox_data):
        shutil.rmtree(folder, ignore_errors=True)
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def counter_stack():
    """A stack of its own with Odoo's other modules for the till, for ``test_kiosk.py`` and its like.

    They are installed after the addon. Such a module has a fixture ``stack`` that gives this one.
    """
    stack = Stack.for_tests("counter")
    for folder in (stack.home.data / ADDON / stack.db, stack.sandbox_data):
        shutil.rmtree(folder, ignore_errors=True)
    stack.home.update(stack.db, "-i", COUNTER_MODULES, log="counter.log", sentence="Not installed.")
    stack.start()  # sets up the providers: a till that takes online payments wants a published one
    try:
        stack.odoo.stop()
        stack.home.shell(stack.db, "counter.py", log="counter.log", sentence="The kiosk could not be set up.")
        stack.start_odoo()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def chrome():
    path = headless_chromium()
    assert path, "Chromium is missing: scripts/test installs it"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[
            *arguments, "--disable-dev-shm-usage", NO_INTERNET])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chrome):
    contexts = Contexts(chrome)
    yield contexts
    contexts.close()


@pytest.fixture
def open_page(contexts, stack, request):
    """Open a page of its own shopper: ``open_page(lang="en_US", viewport=PHONE)``."""
    windows = Windows(contexts, stack)
    yield windows.open
    try:
        windows.judge(request.node)
    finally:
        windows.close()


@pytest.fixture
def till(stack, open_page, sandbox):
    """A till that nobody has opened yet, at gateways that undo at once: see ``till.py``."""
    sandbox.call("settings", HURRY)
    return Till(stack, open_page, sandbox)


@pytest.fixture
def kiosk(stack, open_page, sandbox):
    """The kiosk of ``counter_stack``."""
    sandbox.calm()
    return Kiosk(stack, open_page, sandbox)


@pytest.fixture(scope="session")
def open_tills(contexts):
    """The tills that stay open: close them before something is done to all tills."""
    tills = OpenTills(contexts)
    yield tills
    tills.close()


@pytest.fixture(scope="module")
def open_tills_of_the_module(open_tills):
    yield open_tills
    # Each order is told to each till. What no other file needs is not told any more.
    open_tills.close(but=["en_US"])


@pytest.fixture
def opened(open_tills_of_the_module, stack, sandbox, request):
    """Take a till that stays open from test to test: ``opened("zh_CN", PHONE)``. Its order is new."""
    taken = []

    def take(*kind, **options):
        sandbox.call("settings", HURRY)
        till, windows = open_tills_of_the_module.take(stack, sandbox, *kind, **options)
        taken.append(windows)
        return till

    yield take
    with contextlib.ExitStack() as after:
        for windows in taken:
            after.callback(windows.give_back, request.node)


@pytest.fixture
def counter(opened):
    """A till in English that stays open from test to test."""
    return opened()


@pytest.fixture
def no_open_tills(open_tills):
    """Close the tills that stay open, for a test that does something to all tills: it closes their session."""
    open_tills.close()


@pytest.fixture
def button(stack):
    """Change the till's button for a test: ``button(cn_announce=True)``. Open the till after it."""
    [method] = stack.rpc("pos.payment.method", "search", [[("use_payment_terminal", "=", "cn_wallets")]])
    before = {}

    def changing(**values):
        [now] = stack.rpc("pos.payment.method", "read", [[method], list(values)])
        before.update({name: now[name] for name in values if name not in before})
        stack.rpc("pos.payment.method", "write", [[method], values])

    yield changing
    if before:
        stack.rpc("pos.payment.method", "write", [[method], before])


@pytest.fixture(scope="module")
def route(stack):
    """Send wallets directly or through Huishouyin: whose provider stands first takes what several carry."""
    huishouyin = stack.provider("huishouyin")
    [before] = stack.rpc("payment.provider", "read", [[huishouyin], ["sequence"]])
    now = []

    def routing(way):
        if now != [way]:
            sequence = {"huishouyin": 1, "direct": 99}[way]
            stack.rpc("payment.provider", "write", [[huishouyin], {"sequence": sequence}])
            now[:] = [way]

    yield routing
    stack.rpc("payment.provider", "write", [[huishouyin], {"sequence": before["sequence"]}])


@pytest.fixture
def sandbox(stack):
    """The sandbox's control interface. Faults and settings are taken back after the test."""
    sandbox = Sandbox(stack.sandbox_url)
    sandbox.calm()
    yield sandbox
    sandbox.calm()


@pytest.fixture
def shop(stack, open_page, sandbox):
    """What shoppers and accountants do: see ``shop.py``. The accountant reads Chinese, whatever a till spoke."""
    stack.speak("zh_CN")
    return Shop(stack, open_page, sandbox)


@pytest.fixture
def page(open_page):
    """One shopper at a desktop, in Chinese."""
    return open_page()


@pytest.fixture
def log_in(shop):
    """Log the administrator in: ``log_in("en_US")`` gives a page of the back office."""

    def logging_in(lang, **options):
        page = shop.open(lang=lang, **options)
        become(page, shop.stack, lang)
        page.goto(f"{shop.stack.url}/odoo")
        return page

    yield logging_in
    shop.stack.speak("zh_CN")


@pytest.fixture
def office(log_in):
    """The administrator's browser, logged in, in English."""
    return log_in("en_US")


class ByStack(LoadScopeScheduling):
    """Has the tests of a file run in one worker, at the till that stays open.

    Those of the counter's stack, which takes a minute to install, are in one worker all together.
    """

    on_counter_stack = frozenset(path.name for path in Path(__file__).parent.glob("test_*.py")
                                 if "counter_stack" in path.read_text())

    def _split_scope(self, nodeid):
        name = nodeid.partition("::")[0].rpartition("/")[2]
        return "counter" if name in self.on_counter_stack else name


def pytest_xdist_make_scheduler(config, log):
    return ByStack(config, log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell fixtures how their test went."""
    outcome = yield
    if call.when == "call":
        item.report = outcome.get_result()
