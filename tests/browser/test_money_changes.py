# Part of payment_cn_wallets. License LGPL-3.
"""Orders that change while their code is on the screen: what the shopper sees of it, and where the money goes."""

import email
from email import policy

import pytest
from shop import CANDY_FEN, CODE, PAGE, PHONE
from windows import DESKTOP, shoot

PIECES = 600
MANY_FEN = PIECES * CANDY_FEN
STATUS, RENEW = "[name=o_cn_status]", "[name=o_cn_renew]"
ODOO_DOUBTS = "[name=order_confirmation] .alert-warning"


def in_phase(page, phase, lang):
    """Wait until the page is in a phase, and photograph it on both screens; give back what it says."""
    page.locator(f"{PAGE}[data-phase={phase}]").wait_for()
    before = page.viewport_size
    for screen, size in {"desk": DESKTOP, "phone": PHONE}.items():
        page.set_viewport_size(size)
        shoot(page, f"{phase}-{lang}-{screen}")
    page.set_viewport_size(before)
    return page.locator(STATUS).inner_text()


@pytest.fixture
def mails_to(shop):
    """The mails about money that goes back that somebody got: their texts."""
    def read(address):
        mails = [email.message_from_bytes(path.read_bytes(), policy=policy.default)
                 for path in shop.stack.mail.mails()]
        return [mail.get_body(("plain", "html")).get_content() for mail in mails
                if address in mail["To"] and ("退回" in mail["Subject"] or "goes back" in mail["Subject"])]

    return read


def test_cart_grows_in_another_tab(shop):
    """Test that money for the cart as it was confirms nothing, and that the rest can be paid by a button."""
    page = shop.open()
    tx = shop.to_code(page)
    scanned, [order] = shop.scan(page), tx["sale_order_ids"]
    shop.change_cart(page, PIECES)
    said = in_phase(page, "changed", "zh_CN")
    assert "9.99" in said
    assert "5,994.00" in said
    assert not page.locator(CODE).is_visible()
    shop.phone_pays(scanned)
    said = in_phase(page, "short", "zh_CN")
    for amount in ("9.99", "5,994.00", "5,984.01"):
        assert amount in said
    assert shop.order_state(order) == "draft"
    page.locator(RENEW).click()
    page.locator(f"{PAGE}[data-phase=waiting]:not([data-tx-id='{tx['id']}'])").wait_for()
    page.locator("[name=o_cn_amount]", has_text="5,984.01").wait_for()
    rest = shop.attempt(page)
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    page.wait_for_url("**/shop/confirmation")
    assert not page.locator(ODOO_DOUBTS).count()
    shop.served(order, MANY_FEN)
    for one in (tx, rest):
        assert not shop.sandbox.order(one["cn_out_trade_no"])["refunds"]


def test_cart_shrinks_in_another_tab(shop, mails_to):
    """Test that of too much what is due stays and confirms the order, and that the shopper hears of the rest."""
    page = shop.open(lang="en_US")
    shop.fill_cart(page)
    shop.change_cart(page, 2)
    page.reload()
    shop.check_out(page)
    shop.choose(page)
    page.locator(f"{CODE}[src]:visible").wait_for()
    tx = shop.attempt(page)
    scanned, [order] = shop.scan(page), tx["sale_order_ids"]
    shop.change_cart(page, 1)
    said = in_phase(page, "changed", "en_US")
    assert "9.99" in said
    assert "19.98" in said
    shop.phone_pays(scanned)
    shop.moved_on(page)
    page.wait_for_url("**/shop/confirmation")
    assert not page.locator(ODOO_DOUBTS).count()
    assert "9.99" in page.locator("[name=o_cn_portal_returns]").inner_text()
    shop.served(order, CANDY_FEN)
    assert shop.sent_back(tx["cn_out_trade_no"]) == [CANDY_FEN]
    [told] = shop.stack.wait_for(lambda: mails_to(shop.address_of(order)), what="the mail")
    assert "9.99" in told
    page.goto(shop.portal(order))
    assert "9.99" in page.locator("[name=o_cn_portal_returns]").inner_text()


def test_rest_does_not_come(shop, mails_to):
    """Test that the portal leads to what is missing, and that page and portal say when the money goes back."""
    page = shop.open(lang="en_US")
    tx = shop.link_to_code(page)
    [order] = tx["sale_order_ids"]
    [line] = shop.stack.rpc("sale.order.line", "search", [[("order_id", "=", order)]])
    shop.stack.rpc("sale.order.line", "write", [[line], {"product_uom_qty": PIECES}])
    page.locator(f"{PAGE}[data-phase=changed]").wait_for()
    shop.sandbox.pay(tx["cn_out_trade_no"])
    assert "5,984.01" in in_phase(page, "short", "en_US")
    page.locator("[name=o_cn_details]").click()
    assert "5,984.01" in page.locator("[name=o_cn_portal_short]").inner_text()
    page.locator("[name=o_cn_portal_short] a").click()
    page.locator(f"{PAGE}[data-phase=short]").wait_for()
    over = "now() at time zone 'UTC' - interval '1 minute'"
    shop.stack.sql(f"UPDATE payment_transaction SET cn_held_until = {over}, cn_next_query_at = {over} "
                   f"WHERE id = {tx['id']}")
    shop.run_cron("cron_watch")
    said = in_phase(page, "returned", "en_US")
    assert "9.99" in said
    assert "WeChat Pay" in said
    assert shop.sent_back(tx["cn_out_trade_no"]) == [CANDY_FEN]
    [told] = shop.stack.wait_for(lambda: mails_to(shop.address_of(order)), what="the mail")
    assert "9.99" in told
    assert shop.order_state(order) == "draft"
