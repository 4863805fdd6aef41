# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: buttons that a nervous hand presses twice, and the bar codes of every wallet's bill."""

import pytest
from every_case import every_case
from till import BUTTON, CUP_FEN, FAST, PANEL
from till_scenes import CARRIED, METHODS

SELECTED = "(uuid) => posmodel.orderFinder.tickets?.getSelectedOrder()?.uuid === uuid"
WAYS = every_case([("direct", "wechat_pay"), ("huishouyin", "alipay")],
                  [(route, wallet) for route, scenes in CARRIED.items() for wallet in scenes["code"]])


def press_twice(till, selector, **options):
    """Two clicks before the till has drawn what came of the first."""
    till.page.locator(selector, **options).evaluate("(button) => { button.click(); button.click(); }")


def test_button(counter):
    """Test that pressing the button twice makes one line and one code, with two clicks and with a double click."""
    for twice in (lambda: press_twice(counter, ".paymentmethod", has_text=BUTTON),
                  lambda: counter.page.locator(".paymentmethod", has_text=BUTTON).dblclick()):
        known = len(counter.mine())
        counter.pay()
        twice()
        counter.page.locator(".o_cn_qr svg").wait_for()
        counter.page.wait_for_timeout(1000)
        assert counter.lines() == [(88.8, "pending", "")]
        assert len(counter.mine()) == known + 1
        counter.customer_pays()
        counter.paid()
        counter.next_order()
    assert counter.charged() == [CUP_FEN, CUP_FEN]


def test_cancel(counter):
    """Test that a payment is undone once, and the next one charged once."""
    counter.pay()
    counter.ask_for_password()
    press_twice(counter, ".o_cn_cancel")
    counter.page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    if counter.page.locator(".o_cn_hand_over").count():
        press_twice(counter, ".o_cn_hand_over")
    counter.phase("idle")
    counter.scan("wechat_pay")
    counter.paid()
    assert counter.charged() == [CUP_FEN]
    assert counter.kept() == CUP_FEN


def test_refund(counter):
    """Test that money goes back once."""
    counter.pay()
    counter.scan("wechat_pay")
    counter.paid()
    counter.refund()
    press_twice(counter, ".paymentmethod", has_text=BUTTON)
    counter.phase("idle")
    press_twice(counter, ".o_cn_refund")
    counter.paid()
    number = next(order["out_trade_no"] for order in counter.mine() if order["state"] == "paid")
    assert [refund["amount"] for refund in counter.sandbox.order(number)["refunds"]] == [CUP_FEN]
    assert len(counter.lines()) == 1
    counter.keeps(0)


def leads_to(till, number, uuid):
    """Scan the bar code of a bill in another order, and see the order that it was of."""
    till.start_order()
    till.type(number, FAST)
    till.page.locator(".ticket-screen").wait_for()
    till.page.wait_for_function(SELECTED, arg=uuid)
    assert till.page.locator(".o_notification").count() == 0


@pytest.mark.parametrize(("way", "wallet"), WAYS)
def test_bill(counter, route, way, wallet):
    """Test that each number on the customer's bill, and on the receipt, leads to the order."""
    route(way)
    counter.pay()
    counter.scan(wallet)
    counter.paid()
    attempt = counter.booked()
    assert attempt["payment_method_code"] == METHODS.get(wallet, wallet)
    uuid = counter.page.evaluate("posmodel.getOrder().uuid")
    [tx] = counter.stack.rpc("payment.transaction", "search_read", [[
        ("cn_out_trade_no", "=", attempt["cn_out_trade_no"])]], {
        "fields": ["cn_out_trade_no", "provider_reference", "cn_wallet_reference"]})
    numbers = {tx["cn_out_trade_no"], tx["provider_reference"], tx["cn_wallet_reference"]} - {False, ""}
    if way == "huishouyin":
        numbers.add(counter.sandbox.order(tx["cn_out_trade_no"])["bar_code"])  # one of its own
    for number in sorted(numbers):
        leads_to(counter, number, uuid)


def test_bill_of_a_code_on_the_screen(counter, route):
    """Test that the bar code of the bill is known, which an aggregator's notice does not name."""
    route("huishouyin")
    counter.pay()
    counter.show_code()
    counter.customer_pays()
    counter.paid()
    uuid = counter.page.evaluate("posmodel.getOrder().uuid")
    order = counter.sandbox.order(counter.mine()[-1]["out_trade_no"])
    counter.stack.wait_for(lambda: counter.stack.rpc("payment.transaction", "search_count", [[
        ("cn_out_trade_no", "=", order["out_trade_no"]), ("cn_bill_bar_code", "=", order["bar_code"])]]),
        what="the bill's own number, which is asked for when the receipt is shown")
    assert len({order["out_trade_no"], order["wallet_trade_no"], order["bar_code"]}) == 3
    for number in (order["wallet_trade_no"], order["bar_code"]):
        leads_to(counter, number, uuid)
