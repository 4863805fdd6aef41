# Part of payment_cn_wallets. License LGPL-3.
"""The till on a phone in Chromium: little room, no keyboard, and the same rules."""

import pytest
from till import CASH, CUP_FEN, PANEL, PHONE, fits


@pytest.fixture
def till(opened):
    return opened("en_US", PHONE)


def set_amount(till, amount):
    """Press the payment line, and enter another amount on the phone's keys."""
    page = till.page
    page.locator(".paymentline.selected .payment-infos").click()
    keys = page.locator(".modal")
    for _digit in "88.80":
        keys.locator("button", has_text="⌫").click()
    for digit in amount:
        keys.get_by_role("button", name=digit, exact=True).click()
    keys.get_by_role("button", name="Confirm").click()
    keys.wait_for(state="detached")


def test_part_of_it(till):
    """Test that an amount is entered on the phone's keys, and that the rest is paid in another way."""
    page = till.page
    till.pay()
    till.show_code()
    set_amount(till, "50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    page.locator(f'{PANEL}[data-phase="qr"] .o_cn_amount', has_text="50.00").wait_for()
    fits(till, "phone-part-en_US")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    assert page.locator(".paymentmethod").count() == 0
    till.customer_pays()
    till.phase("paid")
    till.page.locator(PANEL, has_text="38.80 is left").wait_for()
    fits(till, "phone-part-paid-en_US")
    till.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids.length === 2")
    page.locator(".validation-button.highlight").click()
    till.paid()
    assert [line[0] for line in till.lines()] == [50, 38.8]
    till.booked(5000)
    till.shot("phone-receipt-en_US")


def test_cancel(till, route):
    """Test that a payment is cancelled on a phone, that the other ways to pay are back, and that it is paid again."""
    route("direct")
    page = till.page
    till.pay()
    till.ask_for_password()
    till.press("cancel")
    till.phase("idle")
    page.locator(".o_cn_detail", has_text="nothing was charged").wait_for()
    assert page.locator(".paymentmethod").count() == 2
    fits(till, "phone-cancelled-en_US")
    till.press("show")
    till.phase("qr")
    till.customer_pays()
    till.paid()
    till.booked()
    assert till.charged() == [CUP_FEN]


def test_removed(till):
    """Test that the ways to pay are there again when the code is put away."""
    page = till.page
    till.pay()
    till.show_code()
    page.locator(".paymentline .delete-button").click()
    page.locator(PANEL).wait_for(state="detached")
    till.choose(CASH)
    assert till.lines() == [(88.8, "", "")]
    assert till.charged() == []
