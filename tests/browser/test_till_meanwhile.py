# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what a customer pays after the cashier went on, and an order that grows under its code."""

import pytest
from till import CANDY, CUP_FEN

CANDY_FEN = 999
PRODUCTS = "posmodel.navigate('ProductScreen', {orderUuid: posmodel.getOrder().uuid})"
# The cup's price, as the notification of an order that was paid says it.
PAID = ".o_notification:has-text('88.80')"
MARK = ".o_cn_paid_mark"


@pytest.fixture
def left(counter):
    """An order whose code is on the customer's screen, and the next one, with which the cashier went on."""
    counter.forget_orders()
    counter.pay()
    counter.show_code()
    counter.first = counter.page.evaluate("posmodel.getOrder().uuid")
    counter.start_order()
    counter.sell(CANDY)
    return counter


@pytest.mark.parametrize("way", ["notification", "tab", "list"])
def test_paid_after_the_next_order(left, way):
    """Test that the cashier is told of money for an order that she left, sees which, and that it ends when opened."""
    page = left.page
    assert not page.locator(MARK).count()
    left.customer_pays()
    page.locator(PAID).wait_for()
    page.locator(MARK).first.wait_for()
    assert page.evaluate("posmodel.getOrder().uuid") != left.first
    assert page.evaluate("posmodel.router.state.current") == "ProductScreen"
    if way == "notification":
        page.locator(PAID).locator("button", has_text="Open the order").click()
    elif way == "list":
        page.locator("button", has_text="Orders").first.click()
        page.locator(".order-row").nth(1).wait_for()
        marked = page.locator(".order-row", has=page.locator(MARK))
        marked.first.wait_for()
        left.shot("paid-mark-en_US")
        assert marked.count() == marked.locator(MARK).count() == 1
        marked.dblclick()
    else:
        page.locator(".floating-order-container", has=page.locator(MARK)).locator("button").first.click()
    left.paid()
    assert page.evaluate("posmodel.getOrder().uuid") == left.first
    assert not page.locator(PAID).count()
    assert not page.locator(MARK).count()
    assert left.charged() == [CUP_FEN]
    left.booked()


def test_paid_among_the_products(counter):
    """Test that a code that is paid while the products are on the screen is told of, and its order can be finished."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.evaluate(PRODUCTS)
    page.locator(".product-screen").wait_for()
    counter.customer_pays()
    page.locator(PAID).wait_for()
    counter.to_payment()
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize("way", ["tab", "new code"])
def test_first_of_two_codes_is_paid(counter, way):
    """Test that the line takes the code that the customer scanned before the cashier had another one shown."""
    counter.pay()
    counter.show_code()
    [first] = counter.mine()
    if way == "tab":
        counter.show_tab("qq_wallet")
    else:
        counter.press("refresh")
    counter.stack.wait_for(lambda: len(counter.mine()) == 2, what="another code")
    counter.phase("qr")
    counter.sandbox.pay(first["out_trade_no"])
    counter.paid()
    assert counter.booked()["cn_out_trade_no"] == first["out_trade_no"]
    assert counter.kept() == CUP_FEN
    assert counter.incidents() == []


def test_order_grows_under_its_code(counter):
    """Test that a product that is added while a code is shown is on the next code, which takes its place."""
    page = counter.page
    counter.pay()
    counter.show_code()
    display = counter.display()
    page.bring_to_front()
    page.evaluate(PRODUCTS)
    page.locator(".product-screen").wait_for()
    counter.sell(CANDY)
    counter.stack.wait_for(lambda: counter.mine()[-1]["amount"] == CUP_FEN + CANDY_FEN, what="all of it")
    display.locator('.o_cn_display[data-phase="qr"] .o_cn_display_amount', has_text="98.79").wait_for()
    display.close()
    counter.to_payment()
    counter.phase("qr")
    counter.customer_pays()
    counter.paid()
    assert counter.charged() == [CUP_FEN + CANDY_FEN]
