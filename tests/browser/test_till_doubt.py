# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: waiting for the password, doubt, and how a queue goes on."""

from till import CASH, CUP_FEN, PANEL


def test_password(till):
    """Test that the till waits for the password, and goes on by itself."""
    till.open()
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    assert till.lines() == [(88.8, "waiting", "")]
    assert till.page.locator(".o_cn_countdown").inner_text()
    till.customer_pays()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_cancel(till):
    """Test that a cancelled payment is undone before another way to pay is taken."""
    till.open("en_US")
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.choose(CASH)
    till.says("under way")
    assert till.lines() == [(88.8, "waiting", "")]
    till.press("cancel")
    till.page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    if till.page.locator(".o_cn_hand_over").count():
        till.press("hand_over")
    till.phase("idle")
    till.choose(CASH)
    till.page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    till.page.locator(".validation-button").click()
    till.paid()
    assert till.charged() == []


def test_unknown_then_paid(till, sandbox):
    """Test that a doubt stays a doubt until the gateway tells, and that it was one charge."""
    till.open("en_US")
    till.pay()
    till.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    till.page.wait_for_timeout(2500)
    till.phase("unknown")
    till.shot("unknown-en_US")
    till.type(till.code())
    till.says("under way")
    till.page.locator(".validation-button").click(force=True)
    sandbox.calm()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_go_on_without_it(till, sandbox):
    """Test that the queue goes on at once after a doubt."""
    till.open("en_US")
    till.pay()
    till.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    till.press("hand_over")
    till.phase("idle")
    till.shot("handed-over-en_US")
    sandbox.calm()
    till.scan("wechat_pay")
    till.paid()
    assert len(till.charged()) == 2  # the first goes back by itself
    first = next(order["out_trade_no"] for order in till.mine()
                 if order["wallet"] == "alipay" and order["state"] == "paid")
    till.stack.wait_for(lambda: any(
        refund["state"] == "success" for refund in till.sandbox.order(first)["refunds"]) or
        till.sandbox.order(first)["state"] != "paid", timeout=90, what="the money to go back")
