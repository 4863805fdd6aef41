# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: money that goes back, and another till that goes on."""

from till import CASH, CUP_FEN, PANEL, SLOW


def test_refund(counter):
    """Test that money goes back to the wallet that paid, after one press, and never twice."""
    till = counter
    till.pay()
    till.scan("wechat_pay")
    till.paid()
    till.refund()
    till.choose()
    till.phase("idle")
    till.shot("refund-en_US")
    till.choose()  # pressed twice
    till.scan()
    till.says("nothing is charged")
    assert till.lines() == [(-88.8, "", "")]
    till.press("refund")
    till.paid()
    assert till.lines()[0][:2] == (-88.8, "done")
    number = next(order["out_trade_no"] for order in till.mine() if order["state"] == "paid")
    assert [refund["amount"] for refund in till.sandbox.order(number)["refunds"]] == [CUP_FEN]


def test_keys_on_a_refund(till, button):
    """Test that keys begin no refund, where the wallets stand first, and that none turns it into a sale."""
    button(sequence=-1)
    page = till.open("en_US")
    till.pay()
    till.scan("wechat_pay")
    till.paid()
    number = till.mine()[-1]["out_trade_no"]
    till.refund()
    page.keyboard.press("Backspace")
    page.keyboard.type("20", delay=300)
    till.phase("idle")
    assert till.lines() == [(-88.8, "", "")]
    assert not till.sandbox.order(number)["refunds"]
    till.sandbox.fault("refund_refused", scope="global")
    till.press("refund")
    till.phase("refused")
    for key in ("5", "+", "Delete", "Delete", "Backspace"):
        page.keyboard.press(key)
        page.wait_for_timeout(250)
    assert till.lines() == [(-88.8, "retry", "")]  # its number at the gateway stands for this amount
    assert not page.locator(f"{PANEL} .o_cn_show").count()
    till.sandbox.calm()
    till.press("refund")
    till.paid()
    till.keeps(0)


def test_one_of_two_gateways_refuses(counter):
    """Test that the line becomes what was taken, and that only the rest is given back in another way."""
    till, page = counter, counter.page
    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.scan("wechat_pay")
    till.phase("paid")
    till.show_code()
    till.scan("alipay", SLOW)
    till.paid()
    numbers = {order["amount"]: order["out_trade_no"] for order in till.mine() if order["state"] == "paid"}
    till.sandbox.fault("refund_refused", operation="refund", scope=numbers[3880])
    till.refund()
    till.choose()
    till.press("refund")
    till.phase("partly")
    till.titled("Refunded in part")
    assert "38.80" in page.locator(f"{PANEL} .o_cn_detail").inner_text()
    assert "50.00" in page.locator(f"{PANEL} .o_cn_amount").inner_text()
    page.wait_for_function("posmodel.getOrder().payment_ids[0].getPaymentStatus() === 'done'")
    assert [line[:2] for line in till.lines()] == [(-50, "done")]
    till.shot("refund-partly-en_US")
    till.choose(CASH)
    assert [line[0] for line in till.lines()] == [-50, -38.8]
    page.locator(".validation-button:visible").click()
    till.paid()
    till.keeps(3880)
    uuid = page.evaluate("posmodel.getOrder().uuid")
    tied = till.stack.wait_for(lambda: till.stack.rpc("pos.payment", "search_read", [[
        ("pos_order_id.uuid", "=", uuid), ("payment_method_id.use_payment_terminal", "=", "cn_wallets")]],
        {"fields": ["amount", "cn_transaction_id"]}), what="the refund at the server")
    assert [(line["amount"], bool(line["cn_transaction_id"])) for line in tied] == [(-50, True)]
    assert not [incident for incident in till.incidents() if incident["kind"] == "unproven"]


def test_another_till_goes_on(counter, till):
    """Test that an order that was kept while the customer typed the password is finished at another till."""
    other = counter
    page = till.open()
    till.pay()
    till.ask_for_password()
    uuid = till.send_order()
    other.fetch_order(uuid)
    other.show_order(uuid)
    other.phase("paying")
    page.close()
    other.customer_pays()
    other.paid()
    assert till.charged() == [CUP_FEN]
    [tied] = till.stack.rpc("pos.payment", "search_read", [[("pos_order_id.uuid", "=", uuid)]],
                            {"fields": ["cn_transaction_id"]})
    assert tied["cn_transaction_id"]
