# Part of payment_cn_wallets. License LGPL-3.
"""What a cashier does in the tests: sell, press the button, scan, wait. And the customer: type, pay, scan."""

import re

from devstack.paths import SHOTS

PANEL = ".o_cn_panel"
DESKTOP = {"width": 1440, "height": 900}
SMALL = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
# Milliseconds from key to key: a scanner with a cable, one with Bluetooth, one with Bluetooth and an empty battery.
FAST, SLOW, VERY_SLOW = 5, 60, 200
WALLETS = ("wechat_pay", "alipay", "qq_wallet", "jd_pay")
CUP, CANDY = re.compile("青花瓷茶杯|Blue-and-White Teacup"), re.compile("芝麻糖|Sesame Candy")
BUTTON, CASH = re.compile("扫码收款|Scan to pay"), re.compile("现金|Cash")
# What the browser says when we took the network away.
GONE = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|Connection lost|WebSocket|"
                  r"couldn't be established|Failed to fetch", re.I)


class Till:
    """One till in a browser of its own."""

    def __init__(self, stack, open_page, sandbox):
        self.stack, self.open_page, self.sandbox = stack, open_page, sandbox
        self.page = None
        self.small = False
        self.query = ""
        self.known = {order["out_trade_no"] for order in self.orders()}

    # -- at the till ---------------------------------------------------------------------------------------

    def open(self, lang="zh_CN", viewport=DESKTOP, page=None):
        """Log in and open the till on the products, with an order of its own."""
        [me] = self.stack.rpc("res.users", "search", [[("login", "=", "admin")]])
        self.stack.rpc("res.users", "write", [[me], {"lang": lang}])
        self.small = viewport["width"] < 600
        self.page = page = page or self.open_page(lang=lang, viewport=viewport)
        page.goto(f"{self.stack.url}/web/login?redirect=/pos/ui/{self.stack.till()}?from_backend=1{self.query}")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.locator("form.oe_login_form button[type=submit]").click()
        page.locator(".product-screen").wait_for(timeout=60_000)
        # On the screen, and ready: what is scanned before the till has its order goes nowhere.
        page.wait_for_function("window.posmodel?.getOrder() && !document.querySelector('.pos-loader')")
        return page

    def sell(self, product=CUP):
        """Put a product into the cart; the cup costs 88.80, the candy 9.99."""
        self.page.locator(".product", has_text=product).first.click()
        self.page.wait_for_function("posmodel.getOrder().lines.length")

    def pay(self, product=CUP):
        """Sell something and go to the payment screen."""
        self.sell(product)
        self.page.locator(".pay-button" if self.small else ".pay-order-button").first.click()
        self.page.locator(".payment-screen").wait_for()

    def choose(self, name=BUTTON):
        self.page.locator(".paymentmethod", has_text=name).click()

    def show_code(self):
        """Press the one button, and see the code."""
        self.choose()
        self.page.locator(".o_cn_qr svg").wait_for()

    def press(self, name):
        self.page.locator(f".o_cn_{name}").click()

    def next_order(self):
        self.page.locator(".receipt-screen [name=done]:visible").first.click()
        self.page.locator(".product-screen").wait_for()

    # -- scanning ------------------------------------------------------------------------------------------

    def code(self, wallet="wechat_pay", **values):
        return self.sandbox.call("payment-codes", {"wallet": wallet, **values})["code"]

    def type(self, text, delay=FAST, end="Enter"):
        self.page.keyboard.type(text, delay=delay)
        if end:
            self.page.keyboard.press(end)

    def scan(self, wallet="wechat_pay", delay=FAST, end="Enter", **values):
        self.type(self.code(wallet, **values), delay, end)

    # -- what is seen --------------------------------------------------------------------------------------

    def phase(self, phase, timeout=15_000):
        self.page.locator(f'{PANEL}[data-phase="{phase}"]').wait_for(timeout=timeout)

    def paid(self, timeout=20_000):
        self.page.locator(".receipt-screen").wait_for(timeout=timeout)

    def says(self, text):
        self.page.locator(".o_notification", has_text=text).last.wait_for()

    def lines(self):
        """The payment lines of the order: amount, status, wallet."""
        return [tuple(line) for line in self.page.evaluate(
            "posmodel.getOrder().payment_ids.map((l) => [l.amount, l.payment_status || '', l.card_type || ''])")]

    def shot(self, name, page=None):
        SHOTS.mkdir(parents=True, exist_ok=True)
        (page or self.page).screenshot(path=SHOTS / f"till-{name}.png")

    def forget_gone(self, page=None):
        page = page or self.page
        page.problems[:] = [problem for problem in page.problems if not GONE.search(problem)]

    # -- at the gateway ------------------------------------------------------------------------------------

    def orders(self):
        return self.sandbox.call("ledger")["orders"]

    def mine(self):
        """The gateway's orders of this test, oldest first."""
        return [order for order in self.orders() if order["out_trade_no"] not in self.known]

    def charged(self):
        """What was paid in this test, in fen, one number a payment."""
        return [order["amount"] for order in self.mine() if order["state"] == "paid"]

    def customer_pays(self, **values):
        """The customer pays the newest order: types the password, or scans the code on the screen."""
        return self.sandbox.pay(self.mine()[-1]["out_trade_no"], **values)

    def display(self):
        """The customer's screen: a window of the same browser."""
        page = self.page.context.new_page()
        page.problems, page.strangers = self.page.problems, self.page.strangers
        token, device = self.page.evaluate("[posmodel.config.access_token, localStorage.getItem('device_uuid')]")
        page.goto(f"{self.stack.url}/pos_customer_display/{self.stack.till()}/{device}?access_token={token}")
        page.locator(".o_customer_display").wait_for()
        return page
