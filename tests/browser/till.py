# Part of payment_cn_wallets. License LGPL-3.
"""What a cashier does in the tests: sell, press the button, scan, wait."""

import re

from devstack.paths import SHOTS

PANEL = ".o_cn_panel"
DESKTOP = {"width": 1440, "height": 900}
SMALL = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
# Keys of a scanner: none of these may be kept anywhere.
FAST, SLOW, VERY_SLOW = 5, 60, 200


class Till:
    def __init__(self, stack, open_page, sandbox):
        self.stack, self.open_page, self.sandbox = stack, open_page, sandbox
        self.page = None
        self.small = False
        self.debug = ""

    def open(self, lang="zh_CN", viewport=DESKTOP, page=None):
        """Log in and open the till on the products."""
        stack = self.stack
        [me] = stack.rpc("res.users", "search", [[("login", "=", "admin")]])
        stack.rpc("res.users", "write", [[me], {"lang": lang}])
        self.small = viewport["width"] < 600
        self.page = page = page or self.open_page(lang=lang, viewport=viewport)
        page.goto(f"{stack.url}/web/login?redirect=/pos/ui/{stack.till()}?from_backend=1" + self.debug)
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.locator("form.oe_login_form button[type=submit]").click()
        page.locator(".product-screen").wait_for(timeout=60_000)
        return page

    def sell(self, product="JL002"):
        """Put a product into the cart; the cup costs 88.80."""
        name = {"JL002": re.compile("青花瓷茶杯|Blue-and-White Teacup"), "JL006": re.compile("芝麻糖|Sesame Candy")}
        self.page.locator(".product", has_text=name[product]).first.click()

    def press_payment(self):
        if self.small:
            self.page.locator(".pay-button, .btn-switchpane.pay-button").first.click()
        else:
            self.page.locator(".pay-order-button").first.click()
        self.page.locator(".payment-screen").wait_for()

    def press_button(self, name=re.compile("扫码收款|Scan to pay")):
        self.page.locator(".paymentmethod", has_text=name).click()

    def code(self, wallet, **values):
        return self.sandbox.call("payment-codes", {"wallet": wallet, **values})["code"]

    def type(self, code, delay=FAST, end="Enter"):
        self.page.keyboard.type(code, delay=delay)
        if end:
            self.page.keyboard.press(end)

    def scan(self, wallet, delay=FAST, **values):
        self.type(self.code(wallet, **values), delay)

    def phase(self, phase, timeout=15_000):
        self.page.locator(f'{PANEL}[data-phase="{phase}"]').wait_for(timeout=timeout)

    def paid(self, timeout=15_000):
        self.page.locator(".receipt-screen").wait_for(timeout=timeout)

    def shot(self, name, page=None):
        SHOTS.mkdir(parents=True, exist_ok=True)
        (page or self.page).screenshot(path=SHOTS / f"till-{name}.png")
