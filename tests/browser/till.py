# Part of payment_cn_wallets. License LGPL-3.
"""What a cashier does in the tests: sell, press the button, scan, wait. And the customer: type, pay, scan."""

import re

from wedge import type_as_scanner
from windows import PATIENCE, become

from devstack.paths import SHOTS
from devstack.process import ServerError
from devstack.stack import ADMIN

PANEL = ".o_cn_panel"
DESKTOP = {"width": 1440, "height": 900}
SMALL = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
# Milliseconds from key to key: a scanner with a cable, one with Bluetooth, one with Bluetooth and an empty battery.
FAST, SLOW, VERY_SLOW = 5, 60, 200
# Close and reverse at once, refunds done soon: nobody waits for the gateways' minutes.
HURRY = {"qq_wait": 0, "earliest_reverse": 0}
CUP_FEN = 8880
WALLETS = ("wechat_pay", "alipay", "qq_wallet", "jd_pay")
CUP, CANDY = re.compile("青花瓷茶杯|Blue-and-White Teacup"), re.compile("芝麻糖|Sesame Candy")
CANDY_CODE = "JL006"
BUTTON, CASH = re.compile("扫码收款|Scan to pay|退回钱包|Refund to the wallet"), re.compile("现金|Cash")
# What drives the wallets' buttons, one terminal a button.
TERMINALS = ("posmodel.models['pos.payment.method'].map((one) => one.payment_terminal)"
             ".filter((terminal) => terminal?.entries)")
# No wallet line of the order is open.
SETTLED = """posmodel.getOrder().payment_ids.every((line) => line.payment_status === "done"
    || line.payment_method_id.use_payment_terminal !== "cn_wallets")"""
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
        self.last_incident = max(stack.rpc("payment.cn.incident", "search", [[]]), default=0)

    # -- at the till ---------------------------------------------------------------------------------------

    def open(self, lang="zh_CN", viewport=DESKTOP, page=None, login=ADMIN):
        """Log in and open the till on the products, with an order of its own."""
        self.small = viewport["width"] < 600
        self.page = page = page or self.open_page(lang=lang, viewport=viewport)
        become(page, self.stack, lang, login)
        self.load()
        return page

    def load(self):
        """Load the till's page."""
        page = self.page
        page.goto(f"{self.stack.url}/pos/ui/{self.stack.till()}?from_backend=1{self.query}")
        page.locator(".product-screen").wait_for(timeout=60_000)
        # On the screen, and ready: what is scanned before the till has its order goes nowhere.
        page.wait_for_function("window.posmodel?.getOrder() && !document.querySelector('.pos-loader')")

    def start_order(self):
        """Begin a new order at a till that is open, whatever its screen shows."""
        self.page.evaluate("""() => {
            document.querySelectorAll('.o_notification_close').forEach((button) => button.click());
            posmodel.addNewOrder();
            posmodel.navigate('ProductScreen', {orderUuid: posmodel.getOrder().uuid});
        }""")
        self.page.locator(".product-screen").wait_for()

    def forget_orders(self):
        """Take away the orders that tests before left open at this till."""
        self.page.evaluate("""() => posmodel.models['pos.order']
            .filter((order) => !order.finalized && order !== posmodel.getOrder())
            .forEach((order) => posmodel.data.localDeleteCascade(order))""")

    def another_tab(self):
        """Close the tab; give back a new one of the same browser."""
        gone = self.page
        self.page = gone.another_tab()
        gone.close()
        return self.page

    def fetch_order(self, uuid):
        """Learn of an order that another till has sent to the server."""
        self.page.evaluate("(uuid) => posmodel.data.loadServerOrders([['uuid', '=', uuid]])", uuid)

    def show_order(self, uuid, screen="PaymentScreen"):
        """Go on with an order, as a press on its tab does."""
        self.page.evaluate("""([uuid, screen]) => {
            posmodel.setOrder(posmodel.models['pos.order'].getBy('uuid', uuid));
            posmodel.navigate(screen, {orderUuid: uuid});
        }""", [uuid, screen])

    def come_back(self, page, viewport):
        """Have a till that is open as `open` leaves it, whatever the test before did to it."""
        self.tidy(page, viewport)
        self.start_order()

    def tidy(self, page, viewport):
        """Take back what the test before did to a till that is open."""
        self.page, self.small = page, viewport["width"] < 600
        for other in page.context.pages:
            if other != page:
                other.close()  # the customer's screen
        page.context.set_offline(False)
        page.unroute_all()
        page.set_viewport_size(viewport)
        if not page.evaluate("Boolean(window.posmodel?.getOrder())"):
            self.load()
        page.evaluate("""() => {
            localStorage.removeItem('payment_cn_wallets.wallet');
            posmodel.dialog.closeAll();
            posmodel.numpadMode = 'quantity';
        }""")

    def sell(self, product=CUP):
        """Put a product into the cart; the cup costs 88.80, the candy 9.99."""
        self.page.locator(".product", has_text=product).first.click()
        self.page.wait_for_function("posmodel.getOrder().lines.length")

    def pay(self, product=CUP):
        """Sell something and go to the payment screen."""
        self.sell(product)
        self.to_payment()

    def to_payment(self):
        self.page.locator(".pay-button" if self.small else ".pay-order-button").first.click()
        self.page.locator(".payment-screen").wait_for()

    def choose(self, name=BUTTON):
        self.page.locator(".paymentmethod", has_text=name).click()

    def prefer(self, wallet):
        """Have the button show this wallet's code: the one that was used last."""
        self.page.evaluate("(code) => localStorage.setItem('payment_cn_wallets.wallet', code)", wallet)

    def show_code(self):
        """Press the one button, and see the code."""
        self.choose()
        self.page.locator(".o_cn_qr svg").wait_for()

    def ask_for_password(self, wallet="alipay"):
        """Show the code, scan the customer's instead, and see that the wallet waits for the password."""
        self.show_code()
        self.scan(wallet, confirm=True)
        self.phase("paying")

    def show_tab(self, wallet):
        """Press a wallet's tab, and see its code."""
        self.page.locator(f'{PANEL} [role=tab][data-wallet="{wallet}"]').click()
        self.page.locator(f'{PANEL}[data-phase="qr"][data-wallet="{wallet}"] .o_cn_qr svg').wait_for()

    def refund(self):
        """From the receipt: find the order again, take one piece back, and go to the payment screen."""
        page = self.page
        name = page.evaluate("posmodel.getOrder().pos_reference")
        self.next_order()
        page.locator("button", has_text="Orders").first.click()
        page.locator(".ticket-screen .dropdown-toggle").first.click()
        page.locator(".dropdown-item, .o-dropdown-item").filter(has_text="Paid").first.click()
        page.locator(".order-row", has_text=name).click()
        page.locator(".ticket-screen .orderline").first.click()
        page.keyboard.type("1")
        page.wait_for_timeout(300)
        page.locator("button", has_text="Refund").last.click()
        page.locator(".payment-screen").wait_for()

    def send_order(self):
        """Send the order to the server, as it stands; give back its uuid."""
        self.page.evaluate("posmodel.syncAllOrders({orders: [posmodel.getOrder()], force: true})")
        return self.page.evaluate("posmodel.getOrder().uuid")

    def press(self, name):
        self.page.locator(f".o_cn_{name}").click()

    def next_order(self):
        self.page.locator(".receipt-screen [name=done]:visible").first.click()
        self.page.locator(".product-screen").wait_for()

    # -- scanning ------------------------------------------------------------------------------------------

    def code(self, wallet="wechat_pay", **values):
        return self.sandbox.call("payment-codes", {"wallet": wallet, **values})["code"]

    def type(self, text, delay=FAST, end="Enter"):
        if text.isdigit():
            type_as_scanner(self.page, [*text, end] if end else text, delay)
            return
        self.page.keyboard.type(text, delay=delay)
        if end:
            self.page.keyboard.press(end)

    def scan(self, wallet="wechat_pay", delay=FAST, end="Enter", **values):
        self.type(self.code(wallet, **values), delay, end)

    # -- what is seen --------------------------------------------------------------------------------------

    def phase(self, phase, timeout=PATIENCE):
        self.page.locator(f'{PANEL}[data-phase="{phase}"]').wait_for(timeout=timeout)
        if phase == "paid":  # the till draws it before it writes it down
            self.page.wait_for_function(SETTLED)

    def paid(self, timeout=PATIENCE):
        self.page.locator(".receipt-screen").wait_for(timeout=timeout)

    def titled(self, text):
        self.page.locator(f"{PANEL} .o_cn_title", has_text=text).wait_for()

    def says(self, text):
        self.page.locator(".o_notification", has_text=text).last.wait_for()

    def lines(self):
        """The payment lines of the order: amount, status, wallet."""
        return [tuple(line) for line in self.page.evaluate(
            "posmodel.getOrder().payment_ids.map((l) => [l.amount, l.payment_status || '', l.card_type || ''])")]

    def receipt(self):
        """What the receipt on the screen says."""
        return self.page.locator(".receipt-screen .pos-receipt").first.inner_text()

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

    def booked(self, fen=CUP_FEN):
        """Wait until the server has the order that the receipt shows; give back the attempt of its one wallet line.

        The line is tied to what the gateway confirmed, for the whole amount, and nothing else is booked for it.
        """
        uuid = self.page.evaluate("posmodel.getOrder().uuid")
        domain = [("pos_order_id.uuid", "=", uuid), ("payment_method_id.use_payment_terminal", "=", "cn_wallets")]
        [line] = self.stack.wait_for(
            lambda: self.stack.rpc("pos.payment", "search_read", [domain], {"fields": [
                "amount", "cn_transaction_id", "payment_ref_no", "transaction_id", "cn_receipt"]}),
            what="the order at the server")
        assert line["cn_transaction_id"], "no gateway confirmed this line"
        [attempt] = self.stack.rpc("payment.transaction", "read", [[line["cn_transaction_id"][0]], [
            "state", "amount", "cn_out_trade_no", "provider_code", "provider_reference", "payment_method_code",
            "cn_payer_amount", "cn_scene", "cn_given_up", "payment_id", "child_transaction_ids"]])
        assert attempt["state"] == "done"
        assert not attempt["cn_given_up"]
        assert not attempt["payment_id"], "the session books it, and nobody else"
        assert round(line["amount"] * 100) == round(attempt["amount"] * 100) == fen
        assert line["payment_ref_no"] == attempt["cn_out_trade_no"]
        # JD Pay has no number of its own for a charge.
        assert line["transaction_id"] == (attempt["provider_reference"] or attempt["cn_out_trade_no"])
        assert attempt["provider_reference"] or attempt["provider_code"] == "jd_pay"
        charges = self.sandbox.order(attempt["cn_out_trade_no"])["charges"]
        assert [charge["amount"] for charge in charges] == [fen]
        return attempt

    def booked_refund(self):
        """Wait until the server has the refund that the receipt shows; give it back, tied to its line."""
        uuid = self.page.evaluate("posmodel.getOrder().uuid")
        [line] = self.stack.wait_for(
            lambda: self.stack.rpc("pos.payment", "search_read", [[("pos_order_id.uuid", "=", uuid)]],
                                   {"fields": ["amount", "cn_transaction_id", "payment_ref_no"]}),
            what="the refund at the server")
        [refund] = self.stack.rpc("payment.transaction", "read", [[line["cn_transaction_id"][0]], [
            "state", "operation", "amount", "cn_out_refund_no", "source_transaction_id"]])
        assert refund["operation"] == "refund"
        assert (refund["amount"], refund["cn_out_refund_no"]) == (line["amount"], line["payment_ref_no"])
        return refund

    def run_cron(self, name):
        """Run one of our scheduled actions now, or as soon as it has ended."""
        [found] = self.stack.rpc("ir.model.data", "search_read", [[
            ("module", "=", "payment_cn_wallets"), ("name", "=", name)]], {"fields": ["res_id"]})

        def ran():
            try:
                self.stack.rpc("ir.cron", "method_direct_trigger", [[found["res_id"]]])
            except ServerError as error:
                if "already executing" not in str(error) + str(error.said):
                    raise
                return False
            return True

        self.stack.wait_for(ran, what=f"{name} to end, and run again")

    def incidents(self):
        """What accountants were told of in this test, oldest first."""
        return self.stack.rpc("payment.cn.incident", "search_read", [[("id", ">", self.last_incident)]],
                              {"fields": ["kind", "state", "message", "transaction_id"], "order": "id"})

    def kept(self):
        """What customers paid in this test and did not get back, in fen."""
        mine = [self.sandbox.order(order["out_trade_no"]) for order in self.mine()]
        took = sum(charge["amount"] for order in mine for charge in order["charges"])
        return took - sum(refund["amount"] for order in mine for refund in order["refunds"]
                          if refund["state"] == "success")

    def keeps(self, amount):
        """Wait until that is kept: "paid" on a refund says that a gateway took it on, not that it is through."""
        self.stack.wait_for(lambda: self.kept() == amount, timeout=60, what="the refund's end")

    def customer_pays(self, **values):
        """The customer pays the newest order: types the password, or scans the code on the screen."""
        return self.sandbox.pay(self.mine()[-1]["out_trade_no"], **values)

    def open_session(self):
        """Open a session, when there is none."""
        till = self.stack.till()
        self.stack.rpc("pos.config", "open_ui", [[till]])
        [session] = self.stack.rpc("pos.session", "search", [[("config_id", "=", till), ("state", "!=", "closed")]])
        self.stack.rpc("pos.session", "set_opening_control", [[session], 0, ""])

    def close_session(self):
        """Close the session with the cash that should be there, and without orders that nobody paid."""
        [session] = self.stack.rpc("pos.session", "search", [
            [("config_id", "=", self.stack.till()), ("state", "!=", "closed")]])
        drafts = self.stack.rpc("pos.order", "search", [[("session_id", "=", session), ("state", "=", "draft")]])
        if drafts:  # Odoo's method wants some
            self.stack.rpc("pos.order", "action_pos_order_cancel", [drafts])
        cash = self.stack.rpc("pos.session", "get_closing_control_data", [[session]])["default_cash_details"]["amount"]
        self.stack.rpc("pos.session", "post_closing_cash_details", [[session], cash])
        assert self.stack.rpc("pos.session", "close_session_from_ui", [[session]]) == {"successful": True}

    def display(self):
        """The customer's screen: a window of the same browser."""
        page = self.page.context.new_page()
        page.problems, page.strangers = self.page.problems, self.page.strangers
        token, device = self.page.evaluate("[posmodel.config.access_token, localStorage.getItem('device_uuid')]")
        page.goto(f"{self.stack.url}/pos_customer_display/{self.stack.till()}/{device}?access_token={token}")
        page.locator(".o_customer_display").wait_for()
        return page


# Wait until nothing moves any more (Odoo fades the amount in), but for what turns for ever.
COME_TO_REST = """async () => {
    const frames = async (count) => {
        for (; count; count--) { // a tab in the background draws nothing
            await Promise.race([new Promise(requestAnimationFrame), new Promise((done) => setTimeout(done, 50))]);
        }
    };
    await document.fonts.ready;
    await frames(2);
    const ends = () => document.getAnimations().filter(
        (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity);
    while (ends().length) {
        await Promise.allSettled(ends().map((one) => one.finished));
        await frames(2);
    }
}"""

# What of an element is not all on the screen, or does not fit into its box. Icons have wide boxes.
CUT_OFF = """(element) => [...element.querySelectorAll("*:not(i, svg, svg *)")].filter((one) => {
    const box = one.getBoundingClientRect();
    const out = box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
    return box.width && (out || (one.clientWidth && one.scrollWidth > one.clientWidth + 1));
}).map((one) => `${one.className || one.tagName}: ${one.textContent.trim()}`)"""


def fits(till, name, page=None, element=PANEL):
    """Take a picture, and see that nothing of the panel or the page has to be scrolled or is cut off."""
    page = page or till.page
    page.evaluate(COME_TO_REST)
    till.shot(name, page)
    for box in (element, "html"):
        high, room, wide, width = page.locator(box).evaluate(
            "(el) => [el.scrollHeight, el.clientHeight, el.scrollWidth, el.clientWidth]")
        assert high <= room + 1, f"{box} has to be scrolled: {high} in {room}"
        assert wide <= width + 1, f"{box} is too wide: {wide} in {width}"
    assert page.locator(element).evaluate(CUT_OFF) == []
