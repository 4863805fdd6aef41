# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: waiting for the password, doubt, and how a queue goes on."""

from till import CASH, CUP_FEN, PANEL


def test_password(counter):
    """Test that the till waits for the password, and goes on by itself."""
    counter.pay()
    counter.ask_for_password()
    assert counter.lines() == [(88.8, "waiting", "")]
    assert counter.page.locator(".o_cn_countdown").inner_text()
    counter.customer_pays()
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_cancel(counter):
    """Test that a cancelled payment is undone before another way to pay is taken."""
    counter.pay()
    counter.ask_for_password()
    counter.choose(CASH)
    counter.says("under way")
    assert counter.lines() == [(88.8, "waiting", "")]
    counter.press("cancel")
    counter.page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    if counter.page.locator(".o_cn_hand_over").count():
        counter.press("hand_over")
    counter.phase("idle")
    counter.choose(CASH)
    counter.page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    counter.page.locator(".validation-button").click()
    counter.paid()
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
