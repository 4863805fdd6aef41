# Part of payment_cn_wallets. License LGPL-3.
"""The end of the day, and what customers bring back: closing the session, finding orders by their bills."""

from uuid import uuid4

import pytest
from every_case import dealt, every_case
from till import CUP_FEN, DESKTOP, FAST, PHONE, SLOW

POPUP = ".close-pos-popup"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SELECTED = "(uuid) => posmodel.orderFinder.tickets?.getSelectedOrder()?.uuid === uuid"


def _sold(till, wallet="wechat_pay"):
    """Sell a cup and go on; give back the number on the receipt."""
    till.pay()
    till.scan(wallet)
    till.paid()
    uuid = till.page.evaluate("posmodel.getOrder().uuid")
    till.next_order()
    return uuid, till.mine()[-1]["out_trade_no"]


def _popup(till):
    page = till.page
    page.locator(".pos-topheader .fa-bars").click()
    page.locator(".pos-burger-menu-items .dropdown-item").last.click()
    page.locator(POPUP).wait_for()


# Among the orders Odoo reads the keys by its own clock, which ends a scan after 150 ms without a key.
@pytest.mark.alone
@pytest.mark.parametrize("delay", every_case([SLOW], [FAST, SLOW]))
def test_order_is_found_by_its_bill(counter, delay):
    """Test that a bill's bar code leads from the products, and from another order, to the right order."""
    till, page = counter, counter.page
    first, number = _sold(till)
    second, other = _sold(till, "alipay")
    till.type(number, delay)
    page.locator(".ticket-screen").wait_for()
    page.wait_for_function(SELECTED, arg=first)
    till.shot("found-en_US")
    gateway_number = till.stack.rpc("payment.transaction", "search_read", [[("cn_out_trade_no", "=", other)]],
                                    {"fields": ["provider_reference"]})[0]["provider_reference"]
    # The search bar has the focus, and then the list of what was sold.
    for scanned, wanted in ((gateway_number, second), (number, first), (other, second)):
        till.type(scanned, delay)
        page.wait_for_function(SELECTED, arg=wanted)
        page.locator(".ticket-screen .orderline").first.click()
        page.locator("input:focus").evaluate_all("(inputs) => inputs.forEach((input) => input.blur())")
    page.wait_for_timeout(400)
    # Not one digit became a quantity to be refunded.
    assert page.evaluate("Object.values(posmodel.linesToRefund).filter((one) => one.qty).length") == 0
    assert page.locator(".modal").count() == 0
    page.locator("button", has_text="Refund").last.click()
    page.locator(".payment-screen").wait_for()
    till.choose()
    till.press("refund")
    till.paid()
    assert [refund["amount"] for refund in till.sandbox.order(other)["refunds"]] == [8880]
    assert not till.sandbox.order(number)["refunds"]


def test_number_that_nobody_knows(counter):
    """Test that other long bar codes go where they went before."""
    counter.type("4200" + "7" * 24)
    counter.says("could not find any product")
    assert counter.page.locator(".product-screen").count() == 1


def test_payment_code_in_the_search(counter):
    """Test that a code is charged, and not searched for, when it is scanned with the cursor in the search."""
    page = counter.page
    counter.sell()
    search = page.get_by_placeholder("Search products...")
    search.fill("cup")
    search.focus()
    counter.scan()
    counter.paid()
    assert counter.charged() == [CUP_FEN]


def test_payment_code_among_the_orders(counter):
    """Test that a payment code is not searched for, and that the cashier reads what to do."""
    page = counter.page
    page.locator(".orders-button").click()
    page.locator(".ticket-screen input:focus").wait_for()
    counter.scan()
    counter.says("Press “Payment” first")
    assert counter.charged() == []


@pytest.mark.parametrize(("lang", "size"), dealt(["zh_CN", "en_US"], ["desktop", "phone"]))
def test_closing_shows_each_wallet(opened, lang, size):
    """Test that the totals of the wallets are shown, and that nobody is asked to count them."""
    till = opened(lang, SIZES[size])
    page = till.page
    _sold(till, "alipay")
    till.pay()
    till.show_code()
    _popup(till)
    rows = page.locator(f"{POPUP} .o_cn_total").all_inner_texts()
    assert any("Alipay" in row or "支付宝" in row for row in rows)
    reason = "Its code was shown, and may still be paid." if lang == "en_US" else "二维码已出示，仍可能被付款。"
    assert reason in page.locator(f"{POPUP} .o_cn_closing_open .o_cn_listed").first.inner_text()
    # Cash and cards are counted as ever; the wallets are not.
    button = till.stack.rpc("pos.payment.method", "search", [[("use_payment_terminal", "=", "cn_wallets")]])
    names = [row["name"] for row in till.stack.rpc("pos.payment.method", "read", [button, ["name"]],
                                                   {"context": {"lang": lang}})]
    assert not [label for label in page.locator(f"{POPUP} .mb-3 > span").all_inner_texts() if
                any(label.startswith(name) for name in names)]
    page.wait_for_timeout(500)
    till.shot(f"closing-{size}-{lang}")
    page.locator(f"{POPUP} .o_cn_closing_open").scroll_into_view_if_needed()
    till.shot(f"closing-open-{size}-{lang}")


def test_session_is_closed_with_a_code_on_the_screen(till, no_open_tills):
    """Test that a session closes, that its payments are booked one by one, and that the open code is gone."""
    page = till.open("en_US")
    _uuid, number = _sold(till)
    session = page.evaluate("posmodel.session.id")
    # The code of another till, which was switched off since.
    method = page.evaluate("posmodel.config.payment_method_ids.find((one) => one.payment_terminal?.entries).id")
    shown = till.stack.rpc("pos.payment.method", "cn_show", [[method], {
        "uuid": str(uuid4()), "order": str(uuid4()), "reference": "of another till", "amount": "5.00",
        "session": session}, "alipay"])
    assert shown["phase"] == "qr"
    open_number = till.mine()[-1]["out_trade_no"]
    _popup(till)
    page.locator(f"{POPUP} .fa-clone").first.click()  # the cash is what it should be
    page.locator(f"{POPUP} button.highlight").click()
    till.stack.wait_for(lambda: till.stack.rpc("pos.session", "read", [[session], ["state"]])[0]["state"] == "closed",
                        timeout=60, what="the session to be closed")
    try:
        [tx] = till.stack.rpc("payment.transaction", "search_read", [[("cn_out_trade_no", "=", number)]],
                              {"fields": ["payment_id"]})
        [payment] = till.stack.rpc("account.payment", "read", [[tx["payment_id"][0]], [
            "amount", "payment_reference", "pos_session_id", "state"]])
        assert (payment["amount"], payment["payment_reference"]) == (88.8, number)
        assert payment["pos_session_id"][0] == session
        page.get_by_text("Open Register").wait_for()  # where the till goes by itself
        page.goto(f"{till.stack.url}/report/html/point_of_sale.sale_details_report/{session}")
        table = page.locator("#cn_wallets")
        assert "WeChat Pay" in table.inner_text()
        table.scroll_into_view_if_needed()
        till.shot("session-report-en_US")
        assert till.stack.rpc("payment.transaction", "search_count", [
            [("cn_out_trade_no", "=", open_number), ("cn_given_up", "=", True)]]) == 1
    finally:
        till.open_session()
