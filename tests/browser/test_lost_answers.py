# Part of payment_cn_wallets. License LGPL-3.
"""Answers that get lost, and servers that die."""

import re

from shop import CODE, PAGE

# What a browser says when a server is gone: expected where we take it away.
GONE = re.compile(r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED")


def forget_gone(*pages):
    for page in pages:
        page.problems[:] = [problem for problem in page.problems if not GONE.search(problem)]


def test_lost_answer_to_the_order(shop):
    """Test that the page gets another code by itself when the gateway's answer was lost, and that it can be paid."""
    shop.sandbox.fault("reset", operation="order", when="after")
    page = shop.open()
    order = shop.quotation()
    page.goto(shop.payment_link("sale.order", order))
    shop.choose(page)
    first = shop.attempt(page)
    page.locator(f"{CODE}[src]:visible").wait_for()
    new = shop.attempt(page)
    assert new["id"] != first["id"]
    assert f"/payment/cn/checkout/{new['id']}/" in page.url
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(new["id"])
    # The gateway has booked the first one: it is watched until nobody can pay it any more.
    assert shop.sandbox.order(first["cn_out_trade_no"])["state"] == "waiting"
    first = shop.read(first["id"])
    assert (first["state"], first["cn_given_up"]) == ("draft", True)
    assert first["cn_next_query_at"]


def test_odoo_killed_while_the_gateway_answers(shop):
    """Test that a server killed between intent and answer leaves nothing behind: the same page shows a code again."""
    shop.sandbox.fault("timeout", operation="order", when="after", seconds=60)
    page = shop.open()
    order = shop.quotation()
    name = shop.stack.rpc("sale.order", "read", [[order], ["name"]])[0]["name"]
    page.goto(shop.payment_link("sale.order", order))
    shop.choose(page)
    first = shop.attempt(page)
    shop.stack.wait_for(lambda: shop.sandbox.orders_of(name), what="the order at the gateway")
    shop.stack.odoo.kill()
    page.locator("[data-trouble=lost]:visible").first.wait_for()
    shop.stack.start_odoo()
    page.locator(f"{CODE}[src]:visible").wait_for(timeout=40_000)
    new = shop.attempt(page)
    assert new["id"] != first["id"]
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(new["id"])
    assert len(shop.sandbox.orders_of(name)) == 2
    assert shop.read(first["id"])["cn_given_up"]
    forget_gone(page)


def test_paid_while_odoo_is_down(shop):
    """Test that a payment of which no notice could be delivered is found by the cron, with nobody waiting."""
    shop.sandbox.call("settings", {"notice_backoff": [0]})
    page = shop.open()
    tx = shop.link_to_code(page)
    number = tx["cn_out_trade_no"]
    shop.stack.odoo.kill()
    page.context.close()
    shop.sandbox.pay(number)
    shop.stack.wait_for(lambda: any(notice["attempts"] for notice in shop.sandbox.order(number)["notices"]),
                        what="the notice that nobody takes")
    shop.stack.start_odoo()
    assert shop.read(tx["id"])["state"] == "draft"

    def found():
        # Its next question is up to half a minute away, and none comes right after the order.
        shop.stack.sql(f"""UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC' - interval '1 s'
                            WHERE id = {tx['id']}""")
        shop.run_cron("cron_watch")
        return shop.read(tx["id"])["state"] == "done"

    shop.stack.wait_for(found, every=1, what="the cron to find the payment")
    shop.booked(tx["id"])
    assert not shop.notices(number)
    forget_gone(page)


def test_page_survives_a_restart_of_the_server(shop):
    """Test that a waiting page notices that the server is gone, comes back with it, and learns of the payment then."""
    page = shop.open()
    tx = shop.link_to_code(page)
    shop.stack.odoo.kill()
    page.locator(f"{PAGE} [data-trouble=lost]:visible").first.wait_for()
    shop.sandbox.pay(tx["cn_out_trade_no"])
    shop.stack.start_odoo()
    shop.moved_on(page)
    shop.booked(tx["id"])
    forget_gone(page)
