# Part of payment_cn_wallets. License LGPL-3.
"""The till in a Chromium that calls itself Chrome on Android: Odoo has the scanner's keys in an input of its own."""

import pytest
from every_case import every_case
from till import CUP_FEN, FAST, PHONE, SLOW, VERY_SLOW

AGENT = ("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/130.0.0.0 Mobile Safari/537.36")


@pytest.fixture
def phone(opened):
    till = opened("en_US", PHONE, user_agent=AGENT)
    assert till.page.locator(".o-barcode-input").count() == 1, "Odoo takes this for another browser"
    return till


@pytest.mark.parametrize("delay", every_case([FAST, VERY_SLOW], [FAST, SLOW, VERY_SLOW]))
def test_scan(phone, delay):
    """Test that scanners of any pace sell, on the products and on the payment screen."""
    phone.sell()
    phone.scan("wechat_pay", delay)
    phone.paid()
    phone.next_order()
    phone.pay()
    phone.show_code()
    phone.scan("alipay", delay)
    phone.paid()
    assert phone.charged() == [CUP_FEN, CUP_FEN]


@pytest.mark.parametrize(("wallet", "cut"), every_case(
    [("alipay", 5)], [("alipay", 5), ("alipay", 16), ("wechat_pay", 17)]))
def test_scanner_that_stutters(phone, wallet, cut):
    """Test that a code is charged whole when the scanner stops for breath in the middle of it."""
    phone.pay()
    phone.show_code()
    code = phone.code(wallet)
    phone.type(code[:cut], end=None)
    phone.page.wait_for_timeout(350)
    phone.type(code[cut:])
    phone.paid()
    assert len(phone.mine()) == 2, "the code on the screen, and one charge"
    assert phone.charged() == [CUP_FEN]
    assert phone.page.locator(".o_notification").count() == 0


@pytest.mark.parametrize("delay", every_case([VERY_SLOW], [FAST, VERY_SLOW]))
def test_products_on_the_payment_screen(phone, delay):
    """Test that a product's code is no amount and no payment, and that the cashier is told."""
    phone.pay()
    phone.show_code()
    phone.type("6901234567892", delay)
    phone.says("This is no payment code")
    assert phone.lines() == [(88.8, "pending", "")]
    assert phone.charged() == []
