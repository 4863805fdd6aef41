# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: orders that change, and cashiers who go on with another one, while a code is shown."""

import pytest
from till import CANDY, CASH, CUP_FEN, PANEL

CANDY_FEN = 999
BOTH_FEN = CUP_FEN + CANDY_FEN
PRODUCTS = "posmodel.navigate('ProductScreen', {orderUuid: posmodel.getOrder().uuid})"
# The last line of the order is taken off again.
TAKE_OFF = "posmodel.getOrder().removeOrderline(posmodel.getOrder().lines.at(-1))"
LINES_OF = "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).payment_ids.map((one) => one.amount)"
PAY_CASH = """() => {
    const cash = posmodel.config.payment_method_ids.find((one) => one.is_cash_count);
    posmodel.validateOrderFast(cash);
}"""


# -- the order becomes smaller -----------------------------------------------------------------------------------


@pytest.fixture
def two_things(counter):
    """A code for a cup and a candy, and the products on the screen."""
    counter.sell()
    counter.sell(CANDY)
    counter.page.wait_for_function("posmodel.getOrder().lines.length === 2")
    counter.to_payment()
    counter.show_code()
    counter.page.evaluate(PRODUCTS)
    counter.page.locator(".product-screen").wait_for()
    return counter


@pytest.mark.parametrize("way", ["code", "scan"])
def test_less_is_due(two_things, way):
    """Test that a code asks for what is due, though something was taken off after it had been shown."""
    till, page = two_things, two_things.page
    assert till.mine()[-1]["amount"] == BOTH_FEN
    display = till.display()
    page.bring_to_front()
    page.evaluate(TAKE_OFF)
    till.stack.wait_for(lambda: till.mine()[-1]["amount"] == CUP_FEN, what="a code for what is due")
    display.locator('.o_cn_display[data-phase="qr"] .o_cn_display_amount', has_text="88.80").wait_for()
    display.close()
    till.to_payment()
    till.phase("qr")
    if way == "scan":
        till.scan("alipay")
    else:
        till.customer_pays()
    till.paid()
    assert till.lines()[0][:2] == (88.8, "done")
    assert till.charged() == [CUP_FEN]


def test_scan_at_once(two_things):
    """Test that a scan that comes with the change charges what is due."""
    till, page = two_things, two_things.page
    page.evaluate(f"() => {{ {TAKE_OFF}; }}")
    till.to_payment()
    till.scan("alipay")
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_less_is_due_while_the_password_is_typed(counter):
    """Test that an order for which too much was charged meanwhile does not end by itself with change."""
    page = counter.page
    counter.sell()
    counter.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    counter.to_payment()
    counter.ask_for_password()
    page.evaluate(TAKE_OFF)
    assert counter.lines() == [(98.79, "waiting", "")]
    counter.customer_pays()
    counter.phase("paid")
    page.wait_for_function("posmodel.getOrder().change === -9.99")
    assert not page.locator(".receipt-screen").count()
    page.locator(".validation-button").click()
    counter.paid()
    assert counter.charged() == [BOTH_FEN]


def test_more_cash(counter):
    """Test that a wallet is asked for less when the customer gives more cash."""
    page = counter.page
    counter.pay()
    counter.choose(CASH)
    page.keyboard.type("50", delay=200)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.show_code()
    page.locator(".paymentline", has_text=CASH).click()
    page.keyboard.type("70", delay=200)
    page.wait_for_function("posmodel.getOrder().payment_ids[1].amount === 18.8")
    counter.stack.wait_for(lambda: counter.mine()[-1]["amount"] == 1880, what="a code for what is due")
    counter.customer_pays()
    counter.paid()
    assert counter.charged() == [1880]


def test_paid_while_the_amount_is_deleted(counter):
    """Test that a payment on its way is not lost when the cashier deletes the amount, and that its line can go."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.keyboard.press("Delete")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 0")
    page.keyboard.press("Delete")
    page.locator(PANEL).wait_for(state="detached")
    counter.show_code()
    page.keyboard.press("Delete")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 0")
    counter.customer_pays()
    counter.paid()
    assert counter.lines()[0][:2] == (88.8, "done")
    counter.booked()


# -- another order -----------------------------------------------------------------------------------------------


@pytest.fixture
def slow(counter):
    """The server's answers about codes, held back until the test lets them go."""
    held = []
    routes = ["**/cn_status", "**/cn_hand_over"]

    def keep(route):
        held.append(route)

    def hold():
        for route in routes:
            counter.page.route(route, keep)

    def let_go():
        for one in held:
            one.continue_()
        for route in routes:
            counter.page.unroute(route)

    yield hold, let_go
    for route in routes:
        counter.page.unroute(route)


@pytest.mark.parametrize("way", ["button", "quick"])
def test_another_order_meanwhile(counter, slow, way):
    """Test that cash that was pressed for one order is not taken for another, opened while a code was let go of."""
    page, (hold, let_go) = counter.page, slow
    counter.pay()
    other = page.evaluate("posmodel.getOrder().uuid")
    counter.start_order()
    counter.pay()
    first = page.evaluate("posmodel.getOrder().uuid")
    counter.show_code()
    if way == "quick":
        page.evaluate(PRODUCTS)
        page.locator(".product-screen").wait_for()
    hold()
    page.evaluate(PAY_CASH) if way == "quick" else counter.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_method_id.payment_terminal"
                           ".entries.values().next().value.state.leaving")
    counter.show_order(other, "PaymentScreen" if way == "button" else "ProductScreen")
    let_go()
    page.wait_for_function(f"(uuid) => ({LINES_OF})(uuid).length === 0", arg=first)
    page.wait_for_function("!posmodel.data.network.loading")
    assert page.evaluate(LINES_OF, other) == []
    assert page.evaluate("posmodel.getOrder().uuid") == other
    assert not page.locator(".receipt-screen").count()


@pytest.mark.parametrize("way", ["quick", "tab"])
def test_order_of_another_till(counter, till, way):
    """Test that an order whose customer types the password at another till is not paid in cash as well."""
    other, there = counter, counter.page
    here = till.open("en_US")
    till.pay()
    till.ask_for_password()
    uuid = till.send_order()
    if way == "tab":
        other.pay()
    other.fetch_order(uuid)
    other.show_order(uuid, "ProductScreen" if way == "quick" else "PaymentScreen")
    there.evaluate(PAY_CASH) if way == "quick" else other.choose(CASH)
    other.says("under way")
    assert other.lines() == [(88.8, "waiting", "")]
    if way == "quick":
        other.to_payment()
    other.phase("paying")
    here.close()
    other.customer_pays()
    other.paid()
    assert till.charged() == [CUP_FEN]
    assert till.kept() == CUP_FEN


# -- what the server says is older than what the till knows ------------------------------------------------------


def test_late_answer_about_the_order(counter):
    """Test that a payment stays paid though the server's answer about its order is older."""
    page, held = counter.page, []
    counter.pay()
    counter.show_code()
    page.keyboard.type("50", delay=200)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.scan("alipay", confirm=True)
    counter.phase("paying")
    page.route("**/sync_from_ui", lambda route: held.append((route, route.fetch())))
    page.evaluate("void posmodel.syncAllOrders({orders: [posmodel.getOrder()], force: true})")
    counter.stack.wait_for(lambda: page.wait_for_timeout(50) or held, what="the order at the server")
    counter.customer_pays()
    counter.phase("paid")
    with page.expect_response("**/sync_from_ui"):
        for route, response in held:
            route.fulfill(response=response)
    page.unroute("**/sync_from_ui")
    page.wait_for_function("typeof posmodel.getOrder().id === 'number'")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_status === 'done'")
    assert counter.lines()[0][:2] == (50, "done")
    counter.choose(CASH)
    page.locator(".validation-button").click()
    counter.paid()
    assert counter.charged() == [5000]
