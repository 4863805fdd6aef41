# Part of payment_cn_wallets. License LGPL-3.
"""What shoppers do in the tests: fill a cart, choose a wallet, scan the code with a phone, and pay."""

import contextlib
import io
import json
import urllib.request
import uuid
from datetime import datetime
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image
from playwright.sync_api import TimeoutError as Impatience

PHONE = {"width": 360, "height": 740}
PAGE = ".o_cn_checkout"
CODE = f"{PAGE} [name=o_cn_qr]"
PRESS_AGAIN = 4000  # ms
CANDY, CANDY_FEN = "jl006", 999
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Notes when the page first shows that the money is there; the note survives the page.
NOTE_PAID = """
addEventListener('DOMContentLoaded', () => {
    const page = document.querySelector('.o_cn_checkout');
    const look = () => page.dataset.phase === 'paid' && !sessionStorage.getItem('paid_at')
        && sessionStorage.setItem('paid_at', Date.now() / 1000);
    if (page) {
        new MutationObserver(look).observe(page, {attributes: true});
        look();
    }
});
"""


class Sandbox:
    """The sandbox's control interface."""

    def __init__(self, url):
        self.url = url

    def call(self, path, values=None, method=None):
        request = urllib.request.Request(
            f"{self.url}/control/{path}", None if values is None else json.dumps(values).encode(),
            {"Content-Type": "application/json"}, method=method)
        with _OPENER.open(request, timeout=60) as answer:
            return json.loads(answer.read())

    def order(self, number):
        return self.call(f"orders/{number}")

    def orders_of(self, subject):
        """The orders about a document, oldest first: a shopper can see its name in the wallet."""
        return [order for order in self.call("ledger")["orders"] if order["subject"].split()[-1] == subject]

    def fault(self, fault, scope="next", **values):
        return self.call("faults", {"fault": fault, "scope": scope, **values})

    def pay(self, number, **values):
        return self.call("pay", {"out_trade_no": number, **values})

    def forge(self, number, forged, url=None):
        """Send a forged notice, and return what was answered to it.

        :param url: where to, for an order of which the gateway sends no notices
        """
        more = {"notify_url": url} if url else {}
        [[delivery]] = self.call("notices", {"out_trade_no": number, "forged": forged, **more})["deliveries"]
        return delivery

    def calm(self):
        """Take back all faults and settings."""
        self.call("faults", method="DELETE")
        settings = self.call("settings")
        self.call("settings", dict.fromkeys(settings.get("settings", settings)))


def moment(text):
    """Unix time of one of the ledger's times."""
    return datetime.fromisoformat(text).timestamp()


class Shop:
    """The shop as its customers and its accountant use it."""

    def __init__(self, stack, open_page, sandbox):
        self.stack, self.open_page, self.sandbox = stack, open_page, sandbox

    # -- to the payment form ---------------------------------------------------------------------------------

    def open(self, **options):
        page = self.open_page(**options)
        page.add_init_script(NOTE_PAID)
        return page

    def fill_cart(self, page, product=CANDY):
        """From the shop's first page over a product's page to the cart."""
        page.goto(f"{self.stack.url}/shop")
        page.locator(f"a[href*='{product}']").first.click()
        self.press(page.locator("#add_to_cart"), lambda: page.wait_for_function(
            "performance.getEntriesByType('resource').some(one => one.name.endsWith('/shop/cart/add'))",
            timeout=PRESS_AGAIN))
        page.goto(f"{self.stack.url}/shop/cart")

    def change_cart(self, page, pieces):
        """Change the only line of the cart, in another tab of the same browser."""
        tab = page.context.new_page()
        tab.goto(f"{self.stack.url}/shop/cart")
        quantity = tab.locator("input.js_quantity:visible")
        for _again in range(5):  # before the shop's script runs, nothing comes of it
            with contextlib.suppress(Impatience):
                with tab.expect_response("**/shop/cart/update", timeout=PRESS_AGAIN):
                    quantity.fill(str(pieces))
                    quantity.dispatch_event("change")
                break
        else:
            raise AssertionError("The cart does not change.")
        tab.close()
        page.bring_to_front()

    def check_out(self, page, name="李雷"):
        """From the cart over the address of a guest to the payment form."""
        self.go_on(page, "/shop/address")
        for field, value in (("name", name), ("email", f"{uuid.uuid4().hex[:8]}@example.com"),
                             ("phone", "13800138000"), ("street", "南京西路 1 号"), ("city", "上海"),
                             ("zip", "200003")):
            page.fill(f"input[name={field}]", value)
        china = page.locator("select[name=country_id] option[code=CN]").get_attribute("value")
        page.select_option("select[name=country_id]", china)
        page.locator("select[name=state_id] option").nth(9).wait_for(state="attached")
        page.select_option("select[name=state_id]", index=9)
        self.go_on(page, "/shop/checkout", "/shop/payment")
        if "/shop/checkout" in page.url:
            self.go_on(page, "/shop/payment")

    def go_on(self, page, *paths):
        self.press(page.locator("[name=website_sale_main_button]:not(.disabled):visible").first,
                   lambda: page.wait_for_url(lambda url: urlsplit(url).path.endswith(paths), timeout=PRESS_AGAIN))

    @staticmethod
    def press(button, until):
        """Press a button of Odoo's shop until something comes of it: before its script runs, nothing does."""
        for _again in range(5):
            button.click()
            with contextlib.suppress(Impatience):
                return until()
        raise AssertionError("The button does nothing.")

    @staticmethod
    def choose(page, wallet="wechat_pay"):
        """Choose a wallet on a payment form and press the button; ends on the page with the code."""
        form = page.locator("form#o_payment_form")
        option = form.locator(f"input[data-payment-method-code={wallet}]")
        option.wait_for()
        form.locator(f"label[for='{option.get_attribute('id')}']").click()
        page.locator("[name=o_payment_submit_button]:not([disabled]):visible").first.click()
        page.locator(PAGE).wait_for()

    def to_code(self, page, wallet="wechat_pay", product=CANDY):
        """All the way from the shop to the code."""
        self.fill_cart(page, product)
        self.check_out(page)
        self.choose(page, wallet)
        page.locator(f"{CODE}[src]:visible").wait_for()
        return self.attempt(page)

    # -- documents that are paid in other ways ---------------------------------------------------------------

    def partner(self):
        number = uuid.uuid4().hex[:8]
        china = self.stack.rpc("res.country", "search", [[("code", "=", "CN")]])[0]
        return self.create("res.partner", name=f"韩梅梅 {number}", email=f"{number}@example.com", country_id=china,
                           street="淮海中路 88 号", city="上海", zip="200021")

    def create(self, model, **values):
        made = self.stack.rpc(model, "create", [[values]])
        return made[0] if isinstance(made, list) else made

    def product(self):
        return self.stack.rpc("product.product", "search", [[("default_code", "=", CANDY.upper())]])[0]

    def quotation(self):
        return self.create("sale.order", partner_id=self.partner(),
                           order_line=[(0, 0, {"product_id": self.product(), "product_uom_qty": 1})])

    def invoice(self):
        move = self.create("account.move", move_type="out_invoice", partner_id=self.partner(),
                           invoice_line_ids=[(0, 0, {"product_id": self.product(), "quantity": 1})])
        self.stack.rpc("account.move", "action_post", [[move]])
        return move

    def payment_link(self, model, record):
        context = {"active_model": model, "active_id": record, "active_ids": [record]}
        wizard = self.stack.rpc("payment.link.wizard", "create", [[{}]], {"context": context})
        return self.stack.rpc("payment.link.wizard", "read", [wizard, ["link"]])[0]["link"]

    def link_to_code(self, page, wallet="wechat_pay"):
        """The short way to a code: a quotation and its payment link."""
        order = self.quotation()
        page.goto(self.payment_link("sale.order", order))
        self.choose(page, wallet)
        page.locator(f"{CODE}[src]:visible").wait_for()
        return self.attempt(page)

    # -- the code and the phone ------------------------------------------------------------------------------

    def attempt(self, page):
        """The attempt that a page shows, read by the administrator."""
        return self.read(int(page.locator(PAGE).get_attribute("data-tx-id")))

    def read(self, attempt):
        fields = ["reference", "state", "amount", "is_live", "cn_out_trade_no", "cn_next_id", "cn_given_up",
                  "cn_next_query_at", "sale_order_ids", "invoice_ids", "payment_id", "is_post_processed", "cn_outcome",
                  "child_transaction_ids", "cn_scene", "cn_incident_ids"]
        return self.stack.rpc("payment.transaction", "read", [[attempt], fields])[0]

    @staticmethod
    def scan(page):
        """Photograph the code on the screen and read it, as a phone does."""
        picture = page.locator(f"{CODE}[src]:visible").screenshot()
        found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
        assert len(found) == 1, f"{len(found)} codes were found in the picture"
        return found[0].text

    def phone_pays(self, url, lang="zh_CN"):
        """Open what a code says on a phone, and press pay there. Returns the phone."""
        phone = self.open_page(lang=lang, viewport=PHONE)
        phone.goto(url)
        phone.locator("button[name=action][value=pay]").click()
        phone.locator("[data-state=paid]").wait_for()
        return phone

    @staticmethod
    def moved_on(page):
        """Wait for the page to leave by itself, and return when it first showed that it is paid."""
        page.wait_for_url(lambda url: "/payment/cn/" not in url and "/payment/status" not in url)
        noted = page.evaluate("sessionStorage.getItem('paid_at')")
        return float(noted) if noted else None

    # -- the books -------------------------------------------------------------------------------------------

    def order_state(self, order):
        return self.stack.rpc("sale.order", "read", [[order], ["state"]])[0]["state"]

    def booked(self, attempt, fen=CANDY_FEN, timeout=30):
        """Assert that the money of an attempt is in the books to the fen, once and in the right place."""
        tx = self.stack.wait_for(
            lambda: (now := self.read(attempt))["is_post_processed"] and now["payment_id"] and now,
            timeout=timeout, what="the payment in the books")
        assert tx["state"] == "done"
        assert tx["is_live"] is False
        assert round(tx["amount"] * 100) == fen
        for order in self.stack.rpc("sale.order", "read", [tx["sale_order_ids"], ["state", "amount_total"]]):
            assert order["state"] == "sale"
            assert round(order["amount_total"] * 100) == fen
        [invoice] = self.stack.rpc("account.move", "read", [tx["invoice_ids"], [
            "state", "payment_state", "amount_total", "amount_residual"]])
        assert invoice["state"] == "posted"
        assert invoice["payment_state"] in ("paid", "in_payment")
        assert round(invoice["amount_total"] * 100) == fen
        assert invoice["amount_residual"] == 0
        [payment] = self.stack.rpc("account.payment", "read", [[tx["payment_id"][0]], [
            "state", "amount", "is_reconciled", "reconciled_invoice_ids", "payment_type"]])
        assert payment["state"] in ("in_process", "paid")
        assert payment["payment_type"] == "inbound"
        assert round(payment["amount"] * 100) == fen
        assert payment["reconciled_invoice_ids"] == tx["invoice_ids"]
        charges = self.sandbox.order(tx["cn_out_trade_no"])["charges"]
        assert [charge["amount"] for charge in charges] == [fen]
        return tx

    def served(self, order, fen):
        """Assert that an order is confirmed, and its one invoice paid, for this much."""
        def confirmed():
            [now] = self.stack.rpc("sale.order", "read", [[order], [
                "state", "amount_total", "amount_paid", "invoice_ids"]])
            return now["state"] == "sale" and now["invoice_ids"] and now

        def settled(invoice):
            [now] = self.stack.rpc("account.move", "read", [[invoice], [
                "state", "amount_total", "amount_residual", "payment_state"]])
            return now["payment_state"] in ("paid", "in_payment") and now

        found = self.stack.wait_for(confirmed, timeout=30, what="the confirmed order")
        assert round(found["amount_total"] * 100) == round(found["amount_paid"] * 100) == fen
        [invoice] = found["invoice_ids"]
        paid = self.stack.wait_for(lambda: settled(invoice), timeout=30, what="the paid invoice")
        assert (paid["state"], paid["amount_residual"]) == ("posted", 0)
        assert round(paid["amount_total"] * 100) == fen

    def sent_back(self, number):
        """Wait until the gateway has sent money of an order back; give back the amounts."""
        return self.stack.wait_for(
            lambda: [one["amount"] for one in self.sandbox.order(number)["refunds"] if one["state"] == "success"],
            what="the refund at the gateway")

    def portal(self, order):
        """The address of an order's page in the portal."""
        return self.stack.url + self.stack.rpc("sale.order", "get_portal_url", [[order]])

    def address_of(self, order):
        """Whom mails about an order go to."""
        [found] = self.stack.rpc("sale.order", "read", [[order], ["partner_id"]])
        return self.stack.rpc("res.partner", "read", [[found["partner_id"][0]], ["email"]])[0]["email"]

    def notices(self, number):
        return self.stack.rpc("payment.cn.notice", "search_read", [[("number", "=", number)]],
                              {"fields": ["state", "copies", "reason"]})

    def incidents(self, *domain):
        return self.stack.rpc("payment.cn.incident", "search_read", [list(domain)],
                              {"fields": ["kind", "state", "count", "message", "transaction_id"]})

    def run_cron(self, name):
        """Run one of our scheduled actions now."""
        [found] = self.stack.rpc("ir.model.data", "search_read", [[
            ("module", "=", "payment_cn_wallets"), ("name", "=", name)]], {"fields": ["res_id"]})
        self.stack.rpc("ir.cron", "method_direct_trigger", [[found["res_id"]]])
