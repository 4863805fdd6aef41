# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: several payments for one order."""

import pytest
from every_case import every_case
from till import CASH, FAST, PANEL, SLOW, VERY_SLOW


def test_part_cash_part_wallet(counter):
    """Test that cash and a wallet pay together, and that a paid line stays as it is."""
    page = counter.page
    counter.pay()
    counter.choose(CASH)
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.show_code()
    assert counter.lines()[1][:2] == (38.8, "pending")
    counter.scan("wechat_pay", SLOW)
    counter.paid()
    assert [line[0] for line in counter.lines()] == [50, 38.8]
    assert counter.charged() == [3880]


@pytest.mark.parametrize("pace", every_case([FAST, VERY_SLOW], [FAST, SLOW, VERY_SLOW]))
def test_amount_right_before_a_scan(counter, pace):
    """Test that an amount stays that was typed a moment before the scan, whoever reads the scanner's keys."""
    page = counter.page
    counter.pay()
    counter.show_code()
    code = counter.code("wechat_pay")
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.type(code, pace)
    counter.phase("paid")
    assert [line[:2] for line in counter.lines()] == [(50, "done")]
    assert counter.charged() == [5000]


def test_two_wallets(counter):
    """Test that two wallets pay together, and that what is paid can't be changed or removed."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    counter.scan("wechat_pay")
    counter.phase("paid")
    counter.shot("part-paid-en_US")
    assert page.locator(".paymentline .delete-button").count() == 0
    for key in ("Backspace", "Delete", "Delete", "7"):
        page.keyboard.press(key)
        page.wait_for_timeout(250)
    assert counter.lines()[0][:2] == (50, "done")
    counter.show_code()
    counter.scan("alipay", SLOW)
    counter.paid()
    assert [line[:2] for line in counter.lines()] == [(50, "done"), (38.8, "done")]
    assert sorted(counter.charged()) == [3880, 5000]


def test_more_than_is_due(counter):
    """Test that a wallet is never charged more than is due."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.keyboard.type("500", delay=300)
    counter.says("at most what is due")
    assert counter.lines() == [(88.8, "pending", "")]


@pytest.fixture
def tips(stack, opened):
    """A till that takes tips."""
    till, [product] = stack.till(), stack.rpc("product.product", "search", [[("default_code", "=", "TIPS")]])
    before = stack.rpc("pos.config", "read", [[till], ["iface_tipproduct", "tip_product_id"]])[0]
    stack.rpc("pos.config", "write", [[till], {"iface_tipproduct": True, "tip_product_id": product}])
    yield opened(name="tips")
    stack.rpc("pos.config", "write", [[till], {
        "iface_tipproduct": before["iface_tipproduct"],
        "tip_product_id": before["tip_product_id"] and before["tip_product_id"][0]}])


def add_tip(till, yuan):
    till.page.locator(".payment-buttons button", has_text="Tip").click()
    keys = till.page.locator(".modal")
    keys.get_by_role("button", name=yuan, exact=True).click()
    keys.get_by_role("button", name="Confirm").click()
    keys.wait_for(state="detached")


@pytest.mark.parametrize("scene", ["qr", "code"])
def test_tip(tips, scene):
    """Test that a tip is on the code that is shown and in the amount that is charged."""
    till, page = tips, tips.page
    till.pay()
    till.show_code()
    add_tip(till, "5")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 93.8")
    till.stack.wait_for(lambda: till.mine()[-1]["amount"] == 9380, what="a code with the tip")
    till.phase("qr")
    till.shot("tip-en_US")
    if scene == "qr":
        till.customer_pays()
    else:
        till.scan("wechat_pay")
    till.paid()
    till.booked(9380)
    assert till.charged() == [9380]


def test_tip_while_the_password_is_typed(tips):
    """Test that a tip that comes too late for a charge changes nothing of it, and is paid beside it."""
    till, page = tips, tips.page
    till.pay()
    till.ask_for_password()
    add_tip(till, "5")
    assert till.lines() == [(88.8, "waiting", "")]
    till.customer_pays()
    till.phase("paid")
    page.locator(PANEL, has_text="5.00 is left").wait_for()
    till.show_code()
    till.scan("wechat_pay")
    till.paid()
    assert [line[:2] for line in till.lines()] == [(88.8, "done"), (5, "done")]
    assert sorted(till.charged()) == [500, 8880]
