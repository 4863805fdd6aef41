# Part of payment_cn_wallets. License LGPL-3.
"""Fixtures of the browser tests: a running stack, and Chromium looking at it.

Run them with ``scripts/test tests/browser``. A test takes ``stack`` (see ``scripts/devstack/stack.py``) and
``page``, or ``open_page`` when it wants another language, another screen, or more than one shopper.
"""

import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright
from shop import Sandbox, Shop

from devstack.host import chromium
from devstack.paths import ADDON, SHOTS
from devstack.stack import Stack

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
# How long a page may take. Two cores are shared by Odoo, PostgreSQL, the sandbox and Chromium.
PATIENCE = 15_000

# A pattern, which the browser's side looks at alone: a function would make each request wait for the test.
ABROAD = re.compile(r"^(https?|wss?)://(?!(127\.0\.0\.1|localhost)[:/])")
LOOPBACK = ("127.0.0.1", "localhost", None)
ODOO_FONTS = ("fonts.googleapis.com", "fonts.gstatic.com")

COUNTER_MODULES = "pos_self_order,pos_restaurant,pos_hr,pos_online_payment"

# What a browser says on its console without anything being wrong with the page.
HARMLESS = re.compile(r"net::ERR_ABORTED|favicon|third-party cookie", re.I)


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
    path = chromium()
    assert path, "Chromium is missing: scripts/test installs it"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*arguments, "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chrome, stack, request):
    """Open a page of its own shopper: ``open_page(lang="en_US", viewport=PHONE)``.

    ``page.problems`` has what went wrong in the browser: console errors, exceptions, failed requests. A test
    fails when there is anything left in it at its end.
    """
    contexts, pages = [], []

    def opening(lang="zh_CN", viewport=DESKTOP, mobile=None, **options):
        mobile = viewport["width"] < 600 if mobile is None else mobile
        context = chrome.new_context(locale=lang.replace("_", "-"), viewport=viewport, is_mobile=mobile,
                                     has_touch=mobile, timezone_id="Asia/Shanghai", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.route(ABROAD, _answer_empty)
        context.add_cookies([{"name": "frontend_lang", "value": lang, "url": stack.url}])
        page = context.new_page()
        page.problems = []
        page.strangers = set()
        page.on("request", lambda request: _note_stranger(page, request.url))
        page.on("console", lambda message: message.type == "error" and _note(page, message.text))
        page.on("pageerror", lambda error: _note(page, f"exception: {error}"))
        pages.append(page)
        return page

    yield opening
    failed = getattr(request.node, "report", None) and request.node.report.failed
    left = [problem for page in pages for problem in page.problems]
    left += [f"asks {host} on the internet" for page in pages for host in page.strangers]
    if failed or left:
        _shoot(pages, request.node.name)
    for context in contexts:
        context.close()
    if not failed:
        assert not left, "the browser's console says:\n" + "\n".join(left)


@pytest.fixture
def sandbox(stack):
    """The sandbox's control interface. Faults and settings are taken back after the test."""
    sandbox = Sandbox(stack.sandbox_url)
    sandbox.calm()
    yield sandbox
    sandbox.calm()


@pytest.fixture
def shop(stack, open_page, sandbox):
    """What shoppers and accountants do: see ``shop.py``."""
    return Shop(stack, open_page, sandbox)


@pytest.fixture
def page(open_page):
    """One shopper at a desktop, in Chinese."""
    return open_page()


@pytest.fixture
def log_in(shop):
    """Log the administrator in: ``log_in("en_US")`` gives a page of the back office."""
    [me] = shop.stack.rpc("res.users", "search", [[("login", "=", "admin")]])

    def logging_in(lang, **options):
        shop.stack.rpc("res.users", "write", [[me], {"lang": lang}])
        page = shop.open(lang=lang, **options)
        page.goto(f"{shop.stack.url}/web/login")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.locator("form.oe_login_form button[type=submit]").click()
        page.wait_for_url("**/odoo**")
        return page

    yield logging_in
    shop.stack.rpc("res.users", "write", [[me], {"lang": "zh_CN"}])


@pytest.fixture
def office(log_in):
    """The administrator's browser, logged in, in English."""
    return log_in("en_US")


def _note(page, text):
    if not HARMLESS.search(text):
        page.problems.append(text)


def _note_stranger(page, url):
    """Note hosts of the internet that a page asks for. The fonts are named by Odoo's own themes."""
    host = urlsplit(url).hostname
    if host not in LOOPBACK and host not in ODOO_FONTS:
        page.strangers.add(host)


def _answer_empty(route):
    """Let nothing out to the internet: what is asked from there (a font of the website's CSS) comes back empty."""
    route.fulfill(status=200, content_type="text/css", body="")


def _shoot(pages, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        if not page.is_closed():
            page.screenshot(path=SHOTS / f"{re.sub(r'[^a-zA-Z0-9]+', '-', name)}-{number}.png", full_page=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell fixtures how their test went."""
    outcome = yield
    if call.when == "call":
        item.report = outcome.get_result()
