# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: waiting for the password, doubt, and how a queue goes on."""

from urllib.error import HTTPError

import pytest
from till import CASH, CUP_FEN, PANEL
from till_clock import goes_back


def test_password(counter):
    """Test that the till waits for the password, and goes on by itself."""
    counter.pay()
    counter.ask_for_password()
    assert counter.lines() == [(88.8, "waiting", "")]
    assert counter.page.locator(".o_cn_countdown").inner_text()
    counter.customer_pays()
    counter.paid()
    assert counter.charged() == [CUP_FEN]


@pytest.mark.parametrize("way", ["direct", "huishouyin"])
def test_cancel(counter, route, way):
    """Test that a cancelled payment is undone before another way to pay is taken, and that the till says which it is.

    Where a gateway can reverse, nothing can be paid any more. Where it can't, the customer still may: it goes back.
    """
    route(way)
    page = counter.page
    counter.pay()
    counter.ask_for_password()
    number = counter.mine()[-1]["out_trade_no"]
    counter.choose(CASH)
    counter.says("under way")
    assert counter.lines() == [(88.8, "waiting", "")]
    counter.press("cancel")
    if way == "direct":
        counter.phase("idle")
        page.locator(f"{PANEL} .o_cn_detail", has_text="Undone: nothing was charged").wait_for()
        assert counter.sandbox.order(number)["state"] == "failed"
        with pytest.raises(HTTPError):
            counter.sandbox.pay(number)
    else:
        counter.phase("undoing")
        counter.titled("The payment is being undone")
        counter.choose(CASH)
        counter.says("under way")
        counter.press("hand_over")
        counter.phase("idle")
        page.locator(".o_cn_open", has_text="the money goes back by itself").wait_for()
    counter.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    page.locator(".validation-button").click()
    counter.paid()
    assert [line[0] for line in counter.lines()] == [88.8]
    assert counter.kept() == 0
    if way == "huishouyin":
        counter.sandbox.pay(number)
        assert counter.charged() == [CUP_FEN]
        goes_back(counter, number, kept=0)
    else:
        assert counter.charged() == []


def test_unknown_then_paid(counter, sandbox):
    """Test that a doubt stays a doubt until the gateway tells, and that it was one charge."""
    counter.pay()
    counter.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    counter.scan("alipay")
    counter.phase("unknown")
    counter.page.wait_for_timeout(2500)
    counter.phase("unknown")
    counter.shot("unknown-en_US")
    counter.type(counter.code())
    counter.says("under way")
    counter.page.locator(".validation-button").click(force=True)
    sandbox.calm()
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_go_on_without_it(counter, sandbox):
    """Test that the queue goes on at once after a doubt."""
    counter.pay()
    counter.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    counter.scan("alipay")
    counter.phase("unknown")
    counter.press("hand_over")
    counter.phase("idle")
    counter.shot("handed-over-en_US")
    sandbox.calm()
    counter.scan("wechat_pay")
    counter.paid()
    assert len(counter.charged()) == 2  # the first goes back by itself
    first = next(order["out_trade_no"] for order in counter.mine()
                 if order["wallet"] == "alipay" and order["state"] == "paid")
    counter.stack.wait_for(lambda: any(
        refund["state"] == "success" for refund in counter.sandbox.order(first)["refunds"]) or
        counter.sandbox.order(first)["state"] != "paid", timeout=90, what="the money to go back")
