# Part of payment_cn_wallets. License LGPL-3.
"""Each wallet, on desks and on phones."""

import pytest
from shop import CODE, PAGE, PHONE

ANDROID = ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
           " Chrome/130.0.0.0 Mobile Safari/537.36")


@pytest.mark.parametrize("wallet", ["alipay", "qq_wallet", "unionpay_wallet"])
def test_wallet_pays_by_code(shop, wallet):
    """Test that the wallet's code scans, names that wallet at the gateway, and pays."""
    page = shop.open(lang="en_US")
    tx = shop.link_to_code(page, wallet)
    assert tx["cn_scene"] == "qr"
    assert shop.sandbox.order(tx["cn_out_trade_no"])["wallet"] == wallet.replace("unionpay_wallet", "unionpay")
    shop.phone_pays(shop.scan(page), lang="en_US")
    shop.moved_on(page)
    shop.booked(tx["id"])


def test_jd_on_a_desk_shows_a_code_for_the_camera(shop):
    """Test that JD, which has no code of its own here, shows its page's address as a code to scan by camera."""
    page = shop.open()
    tx = shop.link_to_code(page, "jd_pay")
    assert tx["cn_scene"] == "h5"
    assert page.locator(PAGE).get_attribute("data-way") == "camera"
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


@pytest.mark.parametrize("wallet", ["wechat_pay", "jd_pay"])
def test_phone_opens_the_wallet(shop, wallet):
    """Test that a phone is offered the wallet's own page, comes back from it, and moves on."""
    page = shop.open(viewport=PHONE, user_agent=ANDROID)
    page.goto(shop.payment_link("sale.order", shop.quotation()))
    shop.choose(page, wallet)
    button = page.locator(f"{PAGE} [name=o_cn_open_wallet]:visible")
    button.wait_for()
    tx = shop.attempt(page)
    assert tx["cn_scene"] == "h5"
    assert not page.locator(f"{CODE}:visible").count()
    button.click()
    page.locator("button[name=action][value=pay]").click()
    shop.stack.wait_for(lambda: shop.sandbox.order(tx["cn_out_trade_no"])["state"] == "paid", what="the payment")
    page.wait_for_url(lambda url: url.startswith(shop.stack.url))
    shop.moved_on(page)
    shop.booked(tx["id"])


def test_phone_comes_back_unpaid(shop):
    """Test that a payer who cancels in the wallet and comes back finds the button again and can pay then."""
    page = shop.open(viewport=PHONE, user_agent=ANDROID)
    page.goto(shop.payment_link("sale.order", shop.quotation()))
    shop.choose(page)
    button = page.locator(f"{PAGE} [name=o_cn_open_wallet]:visible")
    button.wait_for()
    tx, ours = shop.attempt(page), page.url
    button.click()
    page.locator("button[name=action][value=cancel]").click()
    page.locator("[role=alert]").wait_for()
    page.goto(ours)
    button.wait_for()
    shop.sandbox.pay(tx["cn_out_trade_no"])
    shop.moved_on(page)
    shop.booked(tx["id"])
