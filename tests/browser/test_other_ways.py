# Part of payment_cn_wallets. License LGPL-3.
"""Invoices and orders that are paid from outside the shop."""

import pytest
from shop import CODE


def test_invoice_is_paid_in_the_portal(shop):
    """Test that a customer pays a posted invoice on its portal page."""
    invoice = shop.invoice()
    link = shop.stack.rpc("account.move", "preview_invoice", [[invoice]])["url"]
    page = shop.open()
    page.goto(shop.stack.url + link if link.startswith("/") else link)
    page.locator("[data-bs-target='#pay_with']:visible, [href='#pay_with']:visible").first.click()
    page.locator("#pay_with.show").wait_for()
    shop.choose(page, "alipay")
    page.locator(f"{CODE}[src]:visible").wait_for()
    tx = shop.attempt(page)
    assert tx["invoice_ids"] == [invoice]
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])
    assert "/my/invoices/" in page.url


@pytest.mark.parametrize("model", ["sale.order", "account.move"])
def test_payment_link_is_paid(shop, model):
    """Test that a payment link that was sent to a customer leads to a code, and back to the document when paid."""
    record = shop.quotation() if model == "sale.order" else shop.invoice()
    page = shop.open()
    page.goto(shop.payment_link(model, record))
    shop.choose(page)
    page.locator(f"{CODE}[src]:visible").wait_for()
    tx = shop.attempt(page)
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    tx = shop.booked(tx["id"])
    assert tx["sale_order_ids" if model == "sale.order" else "invoice_ids"] == [record]
    assert "/my/" in page.url or "/payment/confirmation" in page.url
