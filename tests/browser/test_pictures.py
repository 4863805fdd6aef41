# Part of payment_cn_wallets. License LGPL-3.
"""Pages on small and large screens in both languages; the README's pictures are made of the same pages.

    REFRESH_PICTURES=1 scripts/test tests/browser/test_pictures.py
"""

import os

import pytest
from every_case import dealt
from PIL import Image
from windows import shoot

from devstack.paths import ROOT, SHOTS

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
SCREENS = {"desk": DESK, "phone": PHONE}
README = {"checkout": {"width": 1200, "height": 820}, "phone": {"width": 412, "height": 800}}


@pytest.mark.parametrize(("lang", "screen"), dealt(["zh_CN", "en_US"], [*SCREENS]))
def test_pages_fit(shop, lang, screen):
    """Test that the way from the payment form to the confirmation fits the screen, with no phone's link in the way."""
    page = shop.open(lang=lang, viewport=SCREENS[screen])
    shop.fill_cart(page)
    shop.check_out(page)
    for option in page.locator("#o_payment_form [name=o_payment_option]").all():
        option.scroll_into_view_if_needed()  # pictures come when they are looked at
    page.wait_for_function("[...document.querySelectorAll('#o_payment_form img')].every(one => one.naturalWidth > 0)")
    page.evaluate("window.scrollTo(0, 0)")
    shoot(page, f"form-{lang}-{screen}")
    shop.choose(page)
    page.locator(".o_cn_checkout[data-phase=waiting]").wait_for()
    page.locator("[name=o_cn_countdown]:not(:empty)").wait_for()
    shoot(page, f"code-{lang}-{screen}")
    tx = shop.attempt(page)
    url = shop.sandbox.order(tx["cn_out_trade_no"])["code_url"]
    phone = shop.open_page(lang=lang, viewport=PHONE)
    phone.goto(url)
    shoot(phone, f"wallet-{lang}-{screen}")
    phone.locator("button[name=action][value=pay]").click()
    phone.locator("[data-state=paid]").wait_for()
    shop.moved_on(page)
    page.wait_for_url("**/shop/confirmation")
    shoot(page, f"confirmation-{lang}-{screen}")


def test_pictures_of_the_readme(shop):
    """Test that the README's two pictures can be made; with REFRESH_PICTURES=1 they are put in their place."""
    page = shop.open(lang="en_US", viewport=README["checkout"])
    shop.to_code(page, product="jl001")
    page.locator("[name=o_cn_countdown]:not(:empty)").wait_for()
    phone = shop.open_page(lang="en_US", viewport=README["phone"], device_scale_factor=2)
    phone.goto(shop.scan(page))
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name, shown in (("checkout", page), ("phone", phone)):
        path = SHOTS / f"readme-{name}.png"
        shown.screenshot(path=path)
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        assert path.stat().st_size < 150_000
        if os.environ.get("REFRESH_PICTURES"):
            small.save(ROOT / "static" / "description" / f"{name}.png", optimize=True)
