# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: a reload of the page in each phase of a payment, and of a refund."""

import pytest
from till import CASH, CUP_FEN, PANEL
from till_clock import goes_back


@pytest.fixture
def till(counter):
    return counter


def reload(till, phase):
    """Reload the page; it comes back with the same line in the same phase, and nothing was begun anew."""
    before, orders = till.lines(), [order["out_trade_no"] for order in till.mine()]
    uuid = till.page.evaluate("posmodel.getOrder().payment_ids[0].uuid")
    till.page.wait_for_timeout(500)  # the cart is remembered
    till.page.reload()
    till.phase(phase, timeout=60_000)
    assert till.lines() == before
    assert till.page.evaluate("posmodel.getOrder().payment_ids[0].uuid") == uuid
    assert [order["out_trade_no"] for order in till.mine()] == orders


def test_code_on_the_screen(till, route):
    """Test that the same code is on the screen again, and is paid."""
    route("direct")
    page = till.page
    till.pay()
    till.show_code()
    till.show_tab("qq_wallet")
    drawn = page.locator(f"{PANEL} .o_cn_qr svg").inner_html()
    reload(till, "qr")
    assert page.locator(f'{PANEL}[data-wallet="qq_wallet"] .o_cn_qr svg').inner_html() == drawn
    till.customer_pays()
    till.paid()
    assert till.booked()["payment_method_code"] == "qq_wallet"
    assert till.charged() == [CUP_FEN]


def test_nobody_knows(till):
    """Test that a doubt is a doubt after the reload, that it can be ended, and that it was one charge."""
    till.pay()
    till.show_code()
    till.sandbox.fault("reset", operation="charge")
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    reload(till, "unknown")
    till.titled("It is not known yet whether this was paid")
    till.choose(CASH)
    till.says("under way")
    till.sandbox.calm()
    till.paid()
    till.booked()
    assert till.charged() == [CUP_FEN]


@pytest.mark.parametrize("pays", [False, True])
def test_being_undone(till, route, pays):
    """Test that what is being undone still is, and that the till says how it ends."""
    route("huishouyin")
    till.pay()
    till.ask_for_password()
    number = till.mine()[-1]["out_trade_no"]
    till.press("cancel")
    till.phase("undoing")
    reload(till, "undoing")
    till.titled("The payment is being undone")
    if pays:
        till.sandbox.pay(number)
        till.phase("returned", timeout=30_000)
        goes_back(till, number, kept=0)
    else:
        till.sandbox.pay(number, outcome="cancel", final=True)
        till.phase("idle", timeout=30_000)
        till.page.locator(f"{PANEL} .o_cn_detail", has_text="Undone: nothing was charged").wait_for()
    till.scan("wechat_pay")
    till.paid()
    assert till.booked()["cn_out_trade_no"] != number
    assert till.kept() == CUP_FEN


def test_refund_under_way(till, route):
    """Test that a refund of which nobody knows is found again, is made once, and ends with the receipt."""
    route("direct")
    till.pay()
    till.scan("alipay")
    till.paid()
    number = till.mine()[-1]["out_trade_no"]
    till.refund()
    till.choose()
    till.phase("idle")
    for operation in ("refund", "query_refund"):
        till.sandbox.fault("http_5xx", scope="global", operation=operation)
    till.press("refund")
    till.phase("unknown")
    reload(till, "unknown")
    till.titled("Not known yet whether the refund was taken")
    assert till.lines() == [(-88.8, "waiting", "")]
    till.page.locator(".paymentline .delete-button").click()
    till.page.wait_for_timeout(1000)
    assert till.lines() == [(-88.8, "waiting", "")], "what may be on its way back is not paid out again"
    till.sandbox.calm()
    till.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC' - interval '1 second'"
                   " WHERE operation = 'refund' AND state = 'pending'")
    till.paid(timeout=40_000)
    assert [refund["amount"] for refund in till.sandbox.order(number)["refunds"]] == [CUP_FEN]
    assert till.booked_refund()["state"] == "done"
    assert till.kept() == 0
