# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium."""

import pytest
from till import Till


@pytest.fixture
def till(stack, open_page, sandbox):
    return Till(stack, open_page, sandbox)


def test_scan(till):
    page = till.open()
    till.sell()
    till.shot("products")
    till.press_payment()
    till.press_button()
    page.locator(".o_cn_qr svg").wait_for()
    till.shot("qr")
    till.scan("wechat_pay")
    till.paid()
    till.shot("receipt")
