# Part of payment_cn_wallets. License LGPL-3.
"""The wallets beside `pos_online_payment`, whose line waits for its guest on a page of the shop.

Odoo makes the online payment last, of what the server knows to be unpaid. Where it comes to nothing, the order is
deleted from the server; not in restaurants.
"""

from functools import partial

import pytest
from counter import CUP_FEN, OtherTill
from every_case import every_case
from till import CASH

RESTAURANT, STALL = "Jasmine Lane restaurant", "Jasmine Lane stall"


@pytest.fixture
def stack(counter_stack):
    return counter_stack


class OnlineTill(OtherTill):
    """A till with both buttons."""

    def begin(self):
        """Sell something, and go to the payment screen."""
        page = self.page
        if page.locator(".floor-map").count():
            self.sit_down(1)
        self.sell()
        self.to_payment()
        return page

    def type_amount(self, amount, which):
        self.page.keyboard.type(amount, delay=200)  # slower than a scanner
        self.page.wait_for_function("([amount, which]) => posmodel.getOrder().payment_ids[which].amount === amount",
                                    arg=[float(amount), which])

    def scan_part(self, amount):
        """Take a part by scanning the customer's code."""
        self.show_code()
        self.type_amount(amount, 0)
        self.scan("wechat_pay")
        self.phase("paid")

    def choose_online(self):
        lines = self.page.evaluate("posmodel.getOrder().payment_ids.length")
        self.page.locator(".paymentmethod", has_text="Online payment").click()
        self.page.wait_for_function("(lines) => posmodel.getOrder().payment_ids.length === lines", arg=lines + 1)

    def validate(self):
        self.page.locator(".validation-button:visible").click()

    def asks_online(self):
        """The code that leads the guest to the page of the online payment."""
        self.page.locator(".modal img, .modal canvas").first.wait_for()

    def guest_pays(self, shop):
        """The guest follows the code, and pays by wallet on its page."""
        self.guest_page = self.guest(shop)
        shop.choose(self.guest_page, "alipay")
        self.guest_page.locator(".o_cn_checkout [name=o_cn_qr][src]:visible").wait_for()
        self.customer_pays()

    def guest(self, shop):
        [order] = self.order()
        page = shop.open(lang="en_US")
        page.goto(f"{self.stack.url}/pos/pay/{order['id']}?access_token={order['access_token']}")
        return page

    def booked(self, *lines):
        """The order is paid by these lines: amount, by our button, online."""
        self.paid(timeout=40_000)
        [order] = self.stack.wait_for(lambda: [one for one in self.order() if one["state"] == "paid"],
                                      what="the order to be paid")
        assert order["amount_paid"] == 88.8
        found = self.stack.rpc("pos.payment", "read", [
            order["payment_ids"], ["amount", "cn_transaction_id", "online_account_payment_id"]])
        assert sorted((line["amount"], bool(line["cn_transaction_id"]), bool(line["online_account_payment_id"]))
                      for line in found) == sorted(lines)


# One after the other, so that each till is opened once.
everywhere = pytest.mark.parametrize("place", [RESTAURANT, STALL], scope="module")
somewhere = pytest.mark.parametrize("place", every_case([STALL], [RESTAURANT, STALL]), scope="module")


@pytest.fixture
def till(opened, place):
    return opened(name=place, kind=partial(OnlineTill, name=place))


@somewhere
def test_wallet_alone(till):
    """Test that an order that the server knows already is paid as ever."""
    till.begin()
    till.page.evaluate("posmodel.syncAllOrders({ orders: [posmodel.getOrder()] })")
    till.page.wait_for_function("posmodel.getOrder().isSynced")
    till.show_code()
    till.scan("wechat_pay")
    till.booked((88.8, True, False))
    assert till.charged() == [CUP_FEN]


@somewhere
def test_wallet_first(till, shop):
    """Test an order that is paid in part by a scanned code, and for the rest on the page of an online payment."""
    till.begin()
    till.scan_part("38.8")
    till.choose_online()
    till.validate()
    till.asks_online()
    till.guest_pays(shop)
    till.booked((38.8, True, False), (50, False, True))
    assert sorted(till.charged()) == [3880, 5000]


@somewhere
def test_online_line_first(till, shop):
    """Test that an online payment that was chosen first waits for the scanned code, and then asks for its part."""
    till.begin()
    till.choose_online()
    till.type_amount("50", 0)
    till.show_code()
    till.scan("wechat_pay")
    till.asks_online()  # nobody pressed anything
    till.shot("online-line-first-en_US")
    assert till.charged() == [3880]
    till.guest_pays(shop)
    till.booked((38.8, True, False), (50, False, True))
    assert sorted(till.charged()) == [3880, 5000]


@everywhere
def test_guest_has_no_phone(till):
    """Test that what a wallet paid stays when the online payment comes to nothing, and is not paid twice."""
    page = till.begin()
    till.scan_part("38.8")
    till.choose_online()
    till.validate()
    till.asks_online()
    page.locator(".modal .btn-close").click()
    page.locator(".modal").wait_for(state="detached")
    online = page.locator(".paymentline", has_text="Online payment").locator(".delete-button")
    page.wait_for_timeout(1000)  # what Odoo does with the order on the server
    if online.count():
        online.click()
    till.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids.some((one) => one.amount === 50)")
    till.validate()
    till.booked((38.8, True, False), (50, False, False))
    assert till.charged() == [3880]
    till.run_cron("cron_follow_up")
    assert till.kept() == 3880


@somewhere
def test_paid_twice(till, shop):
    """Test that a new code still belongs to the order, and that of two paid codes one goes back."""
    till.begin()
    till.choose_online()
    till.validate()
    till.asks_online()
    [order] = till.order()
    guest = till.guest(shop)
    shop.choose(guest, "alipay")
    guest.locator(".o_cn_checkout [name=o_cn_qr][src]:visible").wait_for()
    first = shop.attempt(guest)
    # What the page's button does when the code has run out.
    token = guest.locator(".o_cn_checkout").get_attribute("data-token")
    guest.evaluate("""([tx_id, token]) => fetch("/payment/cn/checkout/renew", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", method: "call", params: { tx_id, token } }),
    }).then((answer) => answer.json())""", [first["id"], token])
    number, again = (one["out_trade_no"] for one in till.mine())
    till.sandbox.pay(number)
    till.sandbox.pay(again)
    till.paid(timeout=40_000)
    till.stack.wait_for(lambda: any(
        refund["state"] == "success" for one in (number, again)
        for refund in till.sandbox.order(one)["refunds"]), timeout=120, what="the other payment to go back")
    found = till.stack.rpc("payment.transaction", "search_read", [
        [("cn_out_trade_no", "in", [number, again])]], {"fields": ["pos_order_id", "cn_refund_reserved", "state"]})
    assert [tx["state"] for tx in found] == ["done", "done"]
    kept = [tx for tx in found if not tx["cn_refund_reserved"]]
    assert [tx["pos_order_id"][0] for tx in kept] == [order["id"]]
    till.booked((88.8, False, True))
