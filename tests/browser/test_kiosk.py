# Part of payment_cn_wallets. License LGPL-3.
"""Paying at a kiosk of pos_self_order: the code, the scanner, walking away, reloading, and strangers at its doors."""

import pytest
from counter import CUP_FEN, PAGE, PORTRAIT, TABLET, Kiosk


@pytest.fixture
def stack(counter_stack):
    return counter_stack


@pytest.fixture
def kiosk(stack, open_page, sandbox):
    sandbox.calm()
    return Kiosk(stack, open_page, sandbox)


# -- paying ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "viewport", "name"), [
    ("zh_CN", PORTRAIT, "portrait"), ("en_US", PORTRAIT, "portrait"), ("zh_CN", TABLET, "tablet"),
    ("en_US", TABLET, "tablet"),
])
def test_code_is_scanned(kiosk, lang, viewport, name):
    """Test that the customer scans and pays, and that the order is closed without another touch."""
    page = kiosk.open(lang, viewport)
    kiosk.pay()
    assert "88.80" in page.locator(".o_cn_amount").inner_text()
    code, screen = page.locator(".o_cn_qr").bounding_box(), page.locator(PAGE).bounding_box()
    assert code["width"] >= min(viewport.values()) * 0.4
    assert code["y"] + code["height"] <= screen["y"] + screen["height"]
    assert page.locator(".o_cn_countdown").inner_text().strip()
    kiosk.shot(f"code-{name}-{lang}")
    kiosk.customer_pays()
    kiosk.confirmed()
    order = kiosk.order()
    assert (order["state"], order["amount_paid"]) == ("paid", 88.8)
    assert kiosk.payments(order) == [(88.8, True)]
    assert kiosk.kept() == CUP_FEN
    kiosk.shot(f"confirmed-{name}-{lang}")
