# Part of payment_cn_wallets. License LGPL-3.
"""The till in pictures: nothing is cut off or has to be scrolled, on a desk, a small desk and a phone."""

import pytest
from till import DESKTOP, PANEL, PHONE, SMALL, fits


@pytest.mark.parametrize("lang", ["zh_CN", "en_US"])
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("small", SMALL), ("phone", PHONE)])
def test_pictures(till, lang, size, viewport):
    """Test that nothing has to be scrolled or is cut off; the pictures are for people to look at."""
    page = till.open(lang, viewport)
    till.pay()
    till.show_code()
    fits(till, f"qr-{size}-{lang}")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    fits(till, f"paying-{size}-{lang}")
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.press("cancel")
    page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    fits(till, f"undoing-{size}-{lang}")
