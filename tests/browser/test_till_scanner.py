# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what a scanner types, at whatever pace, and what is no payment code."""

import re

import pytest
from every_case import dealt, every_case
from till import CANDY, CANDY_CODE, CASH, CUP_FEN, FAST, SLOW, VERY_SLOW, WALLETS


def barcode_of(till, code=CANDY_CODE):
    """The bar code of a product."""
    [product] = till.stack.rpc("product.product", "search_read", [[("default_code", "=", code)]],
                               {"fields": ["barcode"]})
    return product["barcode"]


def test_very_slow_scanner(counter):
    """Test that one scan after the other sells, of wallets with short and with long codes, with an empty battery."""
    for number, wallet in enumerate(every_case(("wechat_pay", "alipay"), WALLETS), 1):
        counter.pay()
        counter.show_code()
        counter.scan(wallet, VERY_SLOW)
        counter.paid()
        [(amount, status, name)] = counter.lines()
        assert (amount, status) == (88.8, "done")
        assert name
        assert counter.charged() == [CUP_FEN] * number
        counter.next_order()


def test_scan_before_the_button(counter):
    """Test that a scan on the payment screen is a press of the button as well."""
    counter.pay()
    counter.scan("alipay", SLOW)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize("delay", every_case([FAST], [FAST, SLOW, VERY_SLOW]))
def test_sale_in_one_step(counter, delay):
    """Test that a scan on the product screen sells, with what is in the cart and nothing else."""
    page = counter.page
    counter.scan()
    counter.says("Nothing is to be paid yet")
    counter.sell()
    counter.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    counter.scan("wechat_pay", delay)
    counter.paid()
    assert counter.charged() == [CUP_FEN + 999]
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [1, 1]


def test_slow_sale_in_one_step(counter):
    """Test that the payment screen tells that a scan among the products is being charged, when that takes a while."""
    counter.sell()
    counter.sandbox.fault("slow", operation="charge", seconds=2)
    counter.scan("alipay")
    counter.phase("charging")
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_cashier_goes_on_before_the_answer(counter):
    """Test that a sale in one step takes nobody away from where she went, and ends when its order is opened again."""
    page = counter.page
    counter.sell()
    counter.sandbox.fault("slow", operation="charge", seconds=1)
    page.evaluate("""async (code) => {
        posmodel.barcodeReader.scan(code);
        await new Promise((resolve) => setTimeout(resolve, 20));  // sent, and not answered
        window.soldInOneStep = posmodel.getOrder();
        posmodel.navigate("TicketScreen");
    }""", counter.code("alipay"))
    page.wait_for_function("soldInOneStep.payment_ids[0]?.payment_status === 'done'")
    assert page.evaluate("posmodel.router.state.current") == "TicketScreen"
    page.evaluate("""() => {
        posmodel.setOrder(soldInOneStep);
        posmodel.navigate("PaymentScreen", {orderUuid: soldInOneStep.uuid});
    }""")
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize(("end", "mode"), dealt(["Enter", "Tab", None], ["quantity", "price", "discount"]))
def test_very_slow_scan_among_the_products(counter, end, mode):
    """Test that a scanner whose battery is empty sells in one step, and that no quantity, price or discount suffers."""
    page = counter.page
    lines = "posmodel.getOrder().lines.map((line) => [line.qty, line.price_unit, line.discount || 0])"
    counter.sell()
    counter.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    page.evaluate("(mode) => { posmodel.numpadMode = mode; }", mode)
    before = page.evaluate(lines)
    counter.scan("wechat_pay", VERY_SLOW, end=end)
    counter.paid()
    assert counter.charged() == [CUP_FEN + 999]
    assert page.evaluate(lines) == before


def test_very_slow_scan_of_what_is_sold(counter):
    """Test that a product's code sells it at whatever pace, and changes nothing that is in the cart."""
    page = counter.page
    counter.sell()
    counter.type(barcode_of(counter), VERY_SLOW)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    page.wait_for_timeout(400)
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [1, 1]


def test_quantity_right_before_a_product(counter):
    """Test that a quantity that was typed just before a product is scanned stays."""
    page = counter.page
    counter.sell()
    page.keyboard.type("3")
    page.wait_for_timeout(300)
    counter.type(barcode_of(counter))
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    page.wait_for_timeout(400)
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [3, 1]


@pytest.mark.parametrize(("code", "delay"), dealt(
    ["69012345", "6901234567892", "4200001234202611271234567890"], [VERY_SLOW, FAST, SLOW]))
def test_what_no_payment_code_does_to_amounts(counter, code, delay):
    """Test that no bar code becomes an amount of money, at whatever pace it is typed."""
    page = counter.page
    counter.pay()
    counter.choose(CASH)
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    page.wait_for_timeout(1000)  # a person takes the next thing into the hand
    counter.show_code()
    page.wait_for_timeout(1000)
    before = counter.lines()
    counter.type(code, delay)
    counter.says("This is no payment code")
    page.wait_for_timeout(400)
    assert counter.lines() == before == [(50, "", ""), (38.8, "pending", "")]
    counter.scan("alipay", delay)
    counter.paid()
    assert counter.charged() == [3880]


@pytest.mark.parametrize(("text", "amount"), [("12345.67", 12345.67), ("1234<<<5678", 15678)])
def test_amounts_may_be_long_and_mistyped(counter, text, amount):
    """Test that digits with a dot, or that were taken back in between, are an amount still."""
    page = counter.page
    counter.pay()
    counter.choose(CASH)
    page.evaluate("document.activeElement.blur()")
    for key in text:
        page.keyboard.press("Backspace" if key == "<" else key, delay=200)
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert counter.lines() == [(amount, "", "")]
    assert page.locator(".o_notification").count() == 0


@pytest.mark.parametrize("delay", every_case([FAST, VERY_SLOW], [FAST, SLOW, VERY_SLOW]))
def test_scan_into_a_popup(counter, delay):
    """Test that a payment code that is scanned while a number is asked for is no number, and is not charged."""
    page = counter.page
    counter.pay()
    counter.show_code()
    answer = page.evaluate_handle("""async () => {
        const { makeAwaitable } = odoo.loader.modules.get("@point_of_sale/app/utils/make_awaitable_dialog");
        const { NumberPopup } = odoo.loader.modules.get(
            "@point_of_sale/app/components/popups/number_popup/number_popup");
        window.answered = "not yet";
        makeAwaitable(posmodel.dialog, NumberPopup, { title: "How much?", startingValue: "7" })
            .then((value) => { window.answered = value; });
    }""")
    assert answer
    popup = page.locator(".modal", has_text="How much?")
    popup.wait_for()
    counter.scan("wechat_pay", delay)
    counter.says("Close the window that is open")
    page.wait_for_timeout(400)
    assert page.evaluate("window.answered") == "not yet"
    popup.locator(".popup-input", has_text=re.compile(r"^\s*7\s*$")).wait_for()
    assert counter.charged() == []
    page.keyboard.type("12", delay=250)
    popup.locator(".popup-input", has_text=re.compile(r"^\s*12\s*$")).wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function("window.answered !== 'not yet'")
    assert page.evaluate("window.answered") == "12"
    popup.wait_for(state="detached")
    counter.scan("wechat_pay", delay)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize("delay", [FAST, VERY_SLOW])
def test_scan_behind_a_window_among_the_products(counter, delay):
    """Test that nothing is sold in one step while a window asks for something about what is sold."""
    page = counter.page
    counter.sell()
    page.evaluate("""() => {
        const { AlertDialog } = odoo.loader.modules.get("@web/core/confirmation_dialog/confirmation_dialog");
        posmodel.dialog.add(AlertDialog, { title: "Which colour?", body: "Red" });
    }""")
    page.locator(".modal", has_text="Which colour?").wait_for()
    counter.scan("alipay", delay)
    counter.says("Close the window that is open")
    assert page.locator(".modal", has_text="Which colour?").count() == 1
    assert counter.mine() == []
    page.locator(".modal button.btn-primary").click()
    counter.scan("alipay", delay)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize(("wallet", "cut"), every_case(
    [("alipay", 16), ("wechat_pay", 17)], [("alipay", 5), ("alipay", 16), ("wechat_pay", 17)]))
def test_scanner_that_stutters(counter, wallet, cut):
    """Test that a code is charged whole when the scanner, or the till, stops for breath in the middle of it."""
    counter.pay()
    counter.show_code()
    code = counter.code(wallet)
    counter.type(code[:cut], end=None)
    counter.page.wait_for_timeout(350)
    counter.type(code[cut:])
    counter.paid()
    assert len(counter.mine()) == 2, "the code on the screen, and one charge"
    assert counter.charged() == [CUP_FEN]
    assert counter.page.locator(".o_notification").count() == 0


def test_scanner_without_end_of_line(counter):
    """Test that a scanner that sends no Enter is understood."""
    counter.pay()
    counter.show_code()
    counter.scan("wechat_pay", SLOW, end=None)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize(("screen", "delay"), dealt(["payment", "products"], [FAST, SLOW]))
def test_the_same_code_twice(counter, screen, delay):
    """Test that a scanner that reads the same code twice charges once, on both screens."""
    counter.sell()
    if screen == "payment":
        counter.to_payment()
    code = counter.code()
    counter.type(code, delay)
    counter.type(code, delay)
    counter.paid()
    counter.page.wait_for_timeout(500)
    assert len(counter.mine()) == 1
    assert counter.charged() == [CUP_FEN]


def test_scanned_twice(counter):
    """Test that a nervous hand charges once."""
    counter.pay()
    counter.show_code()
    first, second = counter.code(), counter.code("alipay")
    counter.type(first)
    counter.type(second)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_what_is_no_payment_code(counter):
    """Test that other codes charge nothing, change nothing, and say what to do."""
    counter.pay()
    counter.show_code()
    counter.type("6900000000006")
    counter.says("This is no payment code")
    counter.type("999999999999999999", SLOW)
    counter.says("does not know this payment code")
    counter.type("https://qr.alipay.com/fkx00000")
    counter.says("not a payment code")
    counter.page.wait_for_timeout(500)
    assert counter.lines() == [(88.8, "pending", "")]
    assert counter.charged() == []
    counter.scan()
    counter.paid()


def test_refused_code(counter, sandbox):
    """Test that a refusal is said on the panel, and that the next scan works."""
    counter.pay()
    counter.show_code()
    sandbox.fault("no_balance", operation="charge")
    counter.scan("alipay")
    counter.phase("refused")
    counter.shot("refused-en_US")
    assert counter.lines() == [(88.8, "pending", "")]
    counter.scan("wechat_pay")
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_expired_code(counter, sandbox):
    """Test that a code that is too old is refused in words that say what to do, and that the fresh one works."""
    counter.pay()
    counter.show_code()
    sandbox.call("settings", {"code_lifetime": 0})
    old = counter.code("wechat_pay")
    sandbox.call("settings", {"code_lifetime": None})
    counter.type(old)
    counter.phase("refused")
    detail = counter.page.locator(".o_cn_detail").inner_text()
    assert "refresh" in detail.lower()
    counter.shot("expired-code-en_US")
    assert counter.lines() == [(88.8, "pending", "")]
    counter.scan("wechat_pay")
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_products_and_payment_codes_in_the_wrong_moment(counter):
    """Test that a product is sold on its own screen only, and that no amount suffers from a scan."""
    page = counter.page
    barcode = barcode_of(counter)
    counter.type(barcode)
    page.wait_for_function("posmodel.getOrder().lines.length === 1")
    counter.pay()
    counter.choose(CASH)
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.type(barcode, SLOW)
    counter.says("This is no payment code")
    assert counter.lines() == [(50, "", "")]
    assert page.evaluate("posmodel.getOrder().lines.length") == 2
    counter.type("999999999999999999")
    counter.says("does not know this payment code")
    assert counter.lines() == [(50, "", "")]
    counter.scan("alipay", SLOW)
    counter.paid()
    assert [line[0] for line in counter.lines()] == [50, 48.79]
    assert counter.charged() == [4879]


@pytest.mark.parametrize("delay", every_case([SLOW], [FAST, SLOW]))
def test_switched_off_on_the_products(till, button, delay):
    """Test that a shop that does not want the sale in one step is told to press the button."""
    button(cn_scan_on_products=False)
    page = till.open("en_US")
    till.sell()
    till.scan("alipay", delay)
    till.says("Press “Payment” first")
    assert page.locator(".product-screen").count() == 1
    assert till.lines() == []
    assert till.charged() == []
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [1]


def test_scan_after_the_receipt(counter):
    """Test that a scan too many, when all is paid, charges nothing and says what to do."""
    counter.pay()
    counter.scan("alipay")
    counter.paid()
    counter.scan("alipay")
    counter.says("Press “Payment” first")
    assert counter.charged() == [CUP_FEN]
