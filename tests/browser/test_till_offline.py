# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, while the server can't be reached and nobody has begun to pay with a wallet."""

from till import BUTTON, CASH


def test_cash_is_taken_without_network(counter):
    """Test that the wallets' button says so, that cash is taken all the same, and that the sale reaches the server."""
    till, page = counter, counter.page
    page.context.set_offline(True)
    till.pay()
    button = page.locator(".paymentmethod", has_text=BUTTON)
    button.locator(".o_cn_offline", has_text="No connection").wait_for()
    assert not page.locator(".paymentmethod", has_text=CASH).locator(".o_cn_offline").count()
    till.shot("button-offline-en_US")
    till.choose(CASH)
    assert till.lines() == [(88.8, "", "")]
    page.locator(".validation-button").click()
    till.paid()
    page.locator(".modal button", has_text="Continue with limited functionality").click()  # Odoo's own warning
    uuid = page.evaluate("posmodel.getOrder().uuid")
    till.next_order()
    assert not till.stack.rpc("pos.order", "search_count", [[("uuid", "=", uuid)]])
    page.context.set_offline(False)
    [order] = till.stack.wait_for(lambda: till.stack.rpc(
        "pos.order", "search_read", [[("uuid", "=", uuid), ("state", "=", "paid")]],
        {"fields": ["amount_paid", "payment_ids"]}), timeout=60, what="the cash sale at the server")
    assert order["amount_paid"] == 88.8
    [line] = till.stack.rpc("pos.payment", "read", [order["payment_ids"], ["cn_transaction_id"]])
    assert not line["cn_transaction_id"]
    assert till.mine() == []
    # And the wallets are there again, for the next customer.
    till.pay()
    button.locator(".o_cn_offline").wait_for(state="detached")
    till.scan("wechat_pay")
    till.paid()
    till.booked()
    till.forget_gone()


def test_wallet_is_chosen_without_network(counter):
    """Test that the button that says "No connection" may be pressed: cash makes it way, and later it gives a code."""
    till, page = counter, counter.page
    till.pay()
    page.context.set_offline(True)
    till.choose()
    page.locator(".o_cn_trouble").wait_for()
    page.locator(".paymentmethod", has_text=BUTTON).locator(".o_cn_offline").wait_for()
    till.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids.length === 1"
                           " && posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    page.locator(".paymentline .delete-button").click()
    page.context.set_offline(False)
    till.show_code()
    till.customer_pays()
    till.paid()
    till.booked()
    till.forget_gone()
