# Part of payment_cn_wallets. License LGPL-3.
"""Money that comes when nobody expects it any more."""

from shop import CODE, PAGE


def test_paid_after_the_shopper_gave_up(shop):
    """Test that the order is confirmed by an old code's notice when the shopper has gone back and left."""
    page = shop.open()
    tx = shop.to_code(page)
    url = shop.scan(page)
    page.locator("[name=o_cn_back]").click()
    page.wait_for_url("**/shop/payment**")
    page.context.close()
    assert shop.stack.wait_for(lambda: shop.read(tx["id"])["cn_given_up"], what="the note that the shopper left")
    shop.phone_pays(url)
    tx = shop.booked(tx["id"])
    assert len(tx["sale_order_ids"]) == 1


def test_second_payment_goes_back(shop):
    """Test that of two codes for one order the second one's money is sent back, and that it is told."""
    page = shop.open()
    tx = shop.link_to_code(page)
    old = shop.scan(page)
    shop.sandbox.order(tx["cn_out_trade_no"])
    page.locator("[name=o_cn_back]").click()
    page.wait_for_url(lambda url: "/payment/cn/" not in url)
    shop.choose(page)
    page.locator(f"{CODE}[src]:visible").wait_for()
    new = shop.attempt(page)
    assert new["id"] != tx["id"]
    shop.sandbox.pay(new["cn_out_trade_no"])
    shop.moved_on(page)
    shop.booked(new["id"])
    shop.phone_pays(old)
    refunds = shop.stack.wait_for(
        lambda: [one for one in shop.sandbox.order(tx["cn_out_trade_no"])["refunds"] if one["state"] == "success"],
        what="the refund at the gateway")
    assert [one["amount"] for one in refunds] == [999]
    assert shop.incidents(("transaction_id", "=", tx["id"]), ("kind", "=", "double"))
    assert not shop.sandbox.order(new["cn_out_trade_no"])["refunds"]


def test_expired_code_is_renewed_in_place(shop):
    """Test that a dead code is replaced on the same page, that the new one pays, and the old one's money comes back."""
    page = shop.open()
    tx = shop.link_to_code(page)
    old = shop.scan(page)
    shop.stack.sql(f"UPDATE payment_transaction SET cn_expires_at = now() at time zone 'UTC' WHERE id = {tx['id']}")
    page.reload()
    page.locator(f"{PAGE} [name=o_cn_renew]:visible").click()
    page.locator(f"{PAGE}[data-phase=waiting]:not([data-tx-id='{tx['id']}'])").wait_for()
    page.locator(f"{CODE}[src]:visible").wait_for()
    new = shop.attempt(page)
    url = shop.scan(page)
    assert url != old
    shop.phone_pays(url)
    shop.moved_on(page)
    shop.booked(new["id"])
    shop.phone_pays(old)
    shop.stack.wait_for(lambda: shop.sandbox.order(tx["cn_out_trade_no"])["refunds"], what="the refund")
    assert shop.read(tx["id"])["cn_next_id"][0] == new["id"]
