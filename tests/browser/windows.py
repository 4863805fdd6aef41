# Part of payment_cn_wallets. License LGPL-3.
"""Pages of browsers, and what goes wrong in them."""

import re
from urllib.parse import urlsplit

from devstack.paths import SHOTS
from devstack.stack import ADMIN

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
# How long a page may take. Two cores are shared by Odoo, PostgreSQL, the sandbox and Chromium, and a machine may be
# five times as slow as another one. A wait ends when what is awaited is there; what has to be quick measures it.
PATIENCE = 40_000

# Nothing gets out to the internet: the browser finds no host there. With a route of Playwright's, each request would
# be held until it was looked at, and nothing would come from the browser's cache.
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
LOOPBACK = ("127.0.0.1", "localhost", None)
ODOO_FONTS = ("fonts.googleapis.com", "fonts.gstatic.com")

# What a browser says on its console without anything being wrong with the page.
HARMLESS = re.compile(r"net::ERR_ABORTED|favicon|third-party cookie", re.I)


class Contexts:
    """Playwright's browser contexts, to be used again: nothing of a test is left in one but what it has fetched.

    Odoo's scripts are ten megabytes. A context that has them in its cache need not fetch and compile them anew.
    """

    def __init__(self, chrome):
        self.chrome = chrome
        self.free = {}
        self.kinds = {}

    def take(self, **options):
        kind = repr(sorted(options.items()))
        free = self.free.setdefault(kind, [])
        if free:
            return free.pop()
        context = self.chrome.new_context(**options)
        self.kinds[context] = kind
        context.on("close", lambda _context: self.kinds.pop(context, None))
        return context

    def give_back(self, context, *origins):
        """Take what a test left: pages, cookies, what its pages have stored, and a network that is away."""
        if context not in self.kinds:
            return  # a test has closed it
        context.set_offline(False)
        blank = context.new_page()
        for page in context.pages:
            if page != blank:
                page.close()
        browser = context.new_cdp_session(blank)
        for origin in origins:
            browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        browser.detach()
        blank.close()
        context.clear_cookies()
        self.free[self.kinds[context]].append(context)

    def close(self):
        for context in list(self.kinds):
            context.close()


class Windows:
    """Pages, each of a browser of its own: ``open(lang="en_US", viewport=PHONE)``.

    ``page.problems`` has what went wrong in the browser: console errors, exceptions, failed requests. A test
    fails when there is anything left in it at its end.
    """

    def __init__(self, used, stack):
        self.used, self.stack = used, stack
        self.contexts, self.pages = [], []

    def open(self, lang="zh_CN", viewport=DESKTOP, mobile=None, **options):
        mobile = viewport["width"] < 600 if mobile is None else mobile
        context = self.used.take(locale=lang.replace("_", "-"), viewport=viewport, is_mobile=mobile,
                                 has_touch=mobile, timezone_id="Asia/Shanghai", **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": "frontend_lang", "value": lang, "url": self.stack.url}])
        return self._tab(context)

    def _tab(self, context):
        page = context.new_page()
        page.problems = []
        page.strangers = set()
        page.another_tab = lambda: self._instead(page)
        page.on("request", lambda request: _note_stranger(page, request.url))
        page.on("console", lambda message: message.type == "error" and _note(
            page, message.text, message.location["url"]))
        page.on("pageerror", lambda error: _note(page, f"exception: {error}"))
        self.pages.append(page)
        return page

    def _instead(self, page):
        """Open another tab in the place of one that is to be closed; what is noted of both is one list."""
        tab = self._tab(page.context)
        tab.problems, tab.strangers = page.problems, page.strangers
        self.pages[self.pages.index(page)] = self.pages.pop()
        return tab

    def left(self):
        """What went wrong and was not expected."""
        left = [problem for page in self.pages for problem in page.problems]
        return left + [f"asks {host} on the internet" for page in self.pages for host in page.strangers]

    def judge(self, item):
        """Fail a test that left problems behind; take pictures of what failed. Gives back whether it did."""
        failed, left = getattr(item, "report", None) and item.report.failed, self.left()
        if failed or left:
            _shoot(self.pages, item.name)
        if failed:
            print(*left, sep="\n")  # beside the test's own failure, as what may have caused it
        if not failed:
            assert not left, "the browser's console says:\n" + "\n".join(left)
        return bool(failed)

    def give_back(self, item):
        """Judge a test. Unless all is well, close: the next test begins with what nothing has happened to."""
        calm = False
        try:
            calm = not self.judge(item)
        finally:
            if not calm:
                self.close()

    def close(self):
        for context in self.contexts:
            self.used.give_back(context, self.stack.url, self.stack.sandbox_url)
        self.contexts, self.pages = [], []


def become(page, stack, lang, login=ADMIN):
    """Make the page one of a user who speaks this language and has logged in."""
    page.context.add_cookies([{"name": "session_id", "value": stack.cookie(lang, login), "url": stack.url,
                               "httpOnly": True}])


def shoot(page, name):
    """Photograph a page, and assert that nothing of it sticks out at the side."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the screen"


def _note(page, text, url=""):
    if not HARMLESS.search(text) and urlsplit(url).hostname not in ODOO_FONTS:
        page.problems.append(text)


def _note_stranger(page, url):
    """Note hosts of the internet that a page asks for. The fonts are named by Odoo's own themes."""
    host = urlsplit(url).hostname
    if host not in LOOPBACK and host not in ODOO_FONTS:
        page.strangers.add(host)


def _shoot(pages, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        if not page.is_closed():
            page.screenshot(path=SHOTS / f"{re.sub(r'[^a-zA-Z0-9]+', '-', name)}-{number}.png", full_page=True)
