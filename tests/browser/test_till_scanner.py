# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what a scanner types, at whatever pace, and what is no payment code."""

import pytest
from till import CANDY, CANDY_CODE, CASH, CUP_FEN, FAST, SLOW, VERY_SLOW, WALLETS


def test_very_slow_scanner(counter):
    """Test that one scan after the other sells, whatever wallet it is, with a scanner whose battery is empty."""
    for number, wallet in enumerate(WALLETS, 1):
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


@pytest.mark.parametrize("delay", [FAST, SLOW])
def test_sale_in_one_step(till, delay):
    """Test that a scan on the product screen sells, with what is in the cart and nothing else."""
    page = till.open("en_US")
    till.scan()
    till.says("Nothing is to be paid yet")
    till.sell()
    till.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    till.scan("wechat_pay", delay)
    till.paid()
    assert till.charged() == [CUP_FEN + 999]
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [1, 1]


def test_scanner_without_end_of_line(counter):
    """Test that a scanner that sends no Enter is understood."""
    counter.pay()
    counter.show_code()
    counter.scan("wechat_pay", SLOW, end=None)
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize(("wallet", "cut"), [("alipay", 5), ("alipay", 16), ("wechat_pay", 17)])
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
    [barcode] = [one["barcode"] for one in counter.stack.rpc("product.product", "search_read", [[
        ("default_code", "=", CANDY_CODE)]], {"fields": ["barcode"]})]
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


@pytest.mark.parametrize("delay", [FAST, SLOW])
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
