# Part of payment_cn_wallets. License LGPL-3.
"""Beside the till: what customers do at a kiosk in the tests, waiters at tables, and employees with PINs."""

import json
import urllib.request
from uuid import uuid4

from till import CUP, DESKTOP, GONE, Till
from windows import PATIENCE, become

from devstack.paths import SHOTS

PORTRAIT = {"width": 1080, "height": 1920}
TABLET = {"width": 1280, "height": 800}
PAGE = ".o_cn_kiosk"
CUP_FEN = 8880
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Kiosk:
    """One kiosk in a browser that nobody has logged in to."""

    def __init__(self, stack, open_page, sandbox):
        self.stack, self.open_page, self.sandbox = stack, open_page, sandbox
        [self.config] = stack.rpc("pos.config", "search_read", [[("name", "=", "Jasmine Lane kiosk")]],
                                  {"fields": ["access_token", "current_session_id", "payment_method_ids"]})
        self.known = {order["out_trade_no"] for order in self.orders()}
        self.page = None

    # -- at the kiosk --------------------------------------------------------------------------------------

    @property
    def url(self):
        return f"{self.stack.url}/pos-self/{self.config['id']}?access_token={self.config['access_token']}"

    def open(self, lang="zh_CN", viewport=PORTRAIT):
        """Open the kiosk on its first page."""
        self.page = page = self.open_page(lang=lang, viewport=viewport, mobile=False)
        page.goto(self.url, timeout=120_000)
        self.first_page(timeout=60_000)
        return page

    def first_page(self, timeout=PATIENCE):
        self.page.wait_for_function("window.posmodel?.router.activeSlot === 'default'", timeout=timeout)
        self.page.locator(".o_pos_landing_footer .btn").first.wait_for()

    def choose(self, product=CUP):
        """Touch the first page, and put a product into the cart."""
        self.page.locator(".o_pos_landing_footer .btn").last.click()
        self.page.locator(".o_self_product_box article", has_text=product).first.click()
        self.page.wait_for_function("posmodel.currentOrder.lines.length")

    def pay(self, product=CUP, code=True):
        """Choose something and go to the page on which it is paid."""
        self.choose(product)
        self.go_to_pay()
        if code:
            self.phase("qr")

    def go_to_pay(self):
        """From the products, or from the cart, to the payment."""
        if self.page.evaluate("posmodel.router.activeSlot") == "product_list":
            self.page.locator(".page-buttons .cart").click()
        self.page.locator(".o_self_cart_page .cart").click()
        self.page.locator(PAGE).wait_for()

    def press(self, name):
        self.page.locator(f".o_cn_{name}").click()

    # -- what is seen --------------------------------------------------------------------------------------

    def phase(self, *phases, timeout=PATIENCE):
        self.page.locator(", ".join(f'{PAGE}[data-phase="{phase}"]' for phase in phases)).wait_for(timeout=timeout)

    def confirmed(self, timeout=PATIENCE):
        """The page that thanks, with the number of the order."""
        self.page.wait_for_function("window.posmodel?.router.activeSlot === 'confirmation'", timeout=timeout)

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)  # what fades in has
        self.page.screenshot(path=SHOTS / f"kiosk-{name}.png")

    def forget_gone(self):
        self.page.problems[:] = [problem for problem in self.page.problems if not GONE.search(problem)]

    # -- in the database -----------------------------------------------------------------------------------

    def send_order(self):
        """Order a cup as the kiosk's browser does, without one; give back the order as the server has it."""
        [cup] = self.stack.rpc("product.product", "search_read", [[("list_price", "=", CUP_FEN / 100)]],
                               {"fields": ["taxes_id"]})
        line = {"uuid": str(uuid4()), "product_id": cup["id"], "qty": 1, "price_unit": CUP_FEN / 100,
                "price_subtotal": CUP_FEN / 100, "price_subtotal_incl": CUP_FEN / 100, "discount": 0,
                "tax_ids": [[4, tax] for tax in cup["taxes_id"]]}
        answer = self.knock("/pos-self-order/process-order/kiosk", table_identifier=None,
                            access_token=self.config["access_token"], order={
            "uuid": str(uuid4()), "session_id": self.config["current_session_id"][0], "state": "draft",
            "lines": [[0, 0, line]], "payment_ids": [],
            "amount_total": CUP_FEN / 100, "amount_paid": 0, "amount_tax": 0, "amount_return": 0})
        order = self.order()
        assert answer["pos.order"][0]["id"] == order["id"], answer
        assert order["amount_total"] == CUP_FEN / 100
        return order

    def order(self):
        """The newest order of the kiosk, as the server has it."""
        [order] = self.stack.rpc("pos.order", "search_read", [[("config_id", "=", self.config["id"])]], {
            "fields": ["state", "amount_total", "amount_paid", "payment_ids", "uuid", "access_token"],
            "limit": 1, "order": "id desc"})
        return order

    def payments(self, order):
        """Its payment lines: amount and the transaction that stands behind each."""
        return [(line["amount"], bool(line["cn_transaction_id"])) for line in self.stack.rpc(
            "pos.payment", "read", [order["payment_ids"], ["amount", "cn_transaction_id"]])]

    def closed(self, order=None, timeout=30):
        """Wait until the server has closed an order, and return it."""
        def look():
            found = self.order() if order is None else self.stack.rpc(
                "pos.order", "read", [[order["id"]], ["state", "amount_paid", "payment_ids"]])[0]
            return found if found["state"] == "paid" else None
        return self.stack.wait_for(look, timeout=timeout, what="the order to be closed")

    def attempts(self, order):
        """All attempts to pay an order, oldest first."""
        return self.stack.rpc("payment.transaction", "search_read", [
            [("cn_till_order", "=", order["uuid"]), ("operation", "!=", "refund")]], {
            "fields": ["state", "amount", "cn_given_up", "cn_kiosk", "cn_out_trade_no"], "order": "id"})

    # -- at the gateway ------------------------------------------------------------------------------------

    def orders(self):
        return self.sandbox.call("ledger")["orders"]

    def mine(self):
        """The gateway's orders of this test, oldest first."""
        return [order for order in self.orders() if order["out_trade_no"] not in self.known]

    def customer_pays(self, which=-1, **values):
        return self.sandbox.pay(self.mine()[which]["out_trade_no"], **values)

    def kept(self):
        """What the gateway took in this test and did not give back, fen."""
        total = 0
        for order in self.mine():
            if order["state"] == "paid":
                refunds = self.sandbox.order(order["out_trade_no"])["refunds"]
                total += order["amount"] - sum(r["amount"] for r in refunds if r["state"] == "success")
        return total

    # -- strangers -----------------------------------------------------------------------------------------

    def knock(self, path, **params):
        """Call one of the doors without a browser; give back the answer, or the name of the error."""
        request = urllib.request.Request(
            f"{self.stack.url}{path}",
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json"})
        with _OPENER.open(request, timeout=60) as response:
            answer = json.loads(response.read())
        return answer["error"]["data"]["name"].rpartition(".")[2] if "error" in answer else answer.get("result")

    def door(self, action, order, **changes):
        """Knock as the kiosk's browser does, with ``changes``."""
        return self.knock(f"/pos-self-order/cn/{action}", **{
            "access_token": self.config["access_token"], "order_id": order["id"],
            "order_token": order["access_token"], "method_id": self.config["payment_method_ids"][0], **changes})


class OtherTill(Till):
    """A till of the counter's stack: the restaurant's, the stall's, or that of the employees."""

    def __init__(self, stack, open_page, sandbox, name, login="admin"):
        super().__init__(stack, open_page, sandbox)
        self.login = login
        [self.config] = stack.rpc("pos.config", "search", [[("name", "=", name)]])

    def open(self, lang="en_US", viewport=DESKTOP, page=None):
        """Log in and open the till on its first screen, whatever that is."""
        self.page = page = page or self.open_page(lang=lang, viewport=viewport)
        become(page, self.stack, lang, (self.login, self.login))
        self.load()
        return page

    def load(self):
        """Load the till's page, as far as its first screen."""
        self.page.goto(f"{self.stack.url}/pos/ui/{self.config}?from_backend=1")
        self.page.wait_for_function(
            "window.posmodel?.router?.state?.current && !document.querySelector('.pos-loader')", timeout=120_000)

    def come_back(self, page, viewport):
        """Have a till that is open as `open` leaves it."""
        self.tidy(page, viewport)
        if page.evaluate("posmodel.config.module_pos_hr"):
            page.evaluate("sessionStorage.clear()")  # Odoo keeps who was logged in there
            self.load()
        elif page.evaluate("posmodel.config.module_pos_restaurant"):
            self.to_floor()
        else:
            self.start_order()

    def to_payment(self):
        """To the payment, unless the order was left there."""
        if self.page.locator(".product-screen").count():
            self.page.locator(".pay-order-button").first.click()
        self.page.locator(".payment-screen").wait_for()

    # -- at the restaurant ---------------------------------------------------------------------------------

    def sit_down(self, table):
        """Open a table: its products, or its payment where it was left there."""
        page = self.page
        self.to_floor()
        page.locator(".floor-map .table", has=page.locator(".label", has_text=str(table))).click()
        page.locator(".product-screen, .payment-screen").first.wait_for()

    def to_floor(self):
        """Leave the table with its order on it."""
        self.page.evaluate("posmodel.navigate('FloorScreen')")
        self.page.locator(".floor-map").wait_for()

    def leave_table(self):
        """Go to the floor, and wait until the server has the order; give back its uuid.

        An order that is on its way to the server can't be moved or merged: Odoo would put it back at its table when
        the answer comes.
        """
        uuid = self.page.evaluate("posmodel.getOrder().uuid")
        self.to_floor()
        self.stack.wait_for(lambda: self.stack.rpc("pos.order", "search_count", [[("uuid", "=", uuid)]]),
                            what="the order to be kept")
        self.page.wait_for_function("!posmodel.data.network.loading")
        return uuid

    def order(self):
        """The order on the screen, as the server has it."""
        uuid = self.page.evaluate("posmodel.getOrder().uuid")
        return self.stack.rpc("pos.order", "search_read", [[("uuid", "=", uuid)]], {
            "fields": ["state", "amount_total", "amount_paid", "tip_amount", "payment_ids", "access_token"]})

    # -- with employees ------------------------------------------------------------------------------------

    def work_as(self, name, pin):
        """An employee logs in at the till."""
        page = self.page
        page.locator(".login-overlay .open-register-btn").click()
        page.locator(".login-overlay .select-cashier").click()
        page.locator(".modal", has_text=name).get_by_text(name).click()
        self.enter_pin(pin)
        page.locator(".product-screen").wait_for()

    def enter_pin(self, pin):
        dialog = self.page.locator(".modal:has(.numpad)").last
        dialog.wait_for()
        self.page.keyboard.type(pin, delay=200)  # slower than a scanner
        dialog.locator("footer .btn-primary, .modal-footer .btn-primary").click()
        dialog.wait_for(state="detached")
