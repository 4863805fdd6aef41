# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: a part of a sale is brought back days later, with nothing but the bill in the wallet."""

import pytest
from every_case import every_case
from till import CUP_FEN, FAST, SLOW

DAYS = 3
SELECTED = "(uuid) => posmodel.orderFinder.tickets?.getSelectedOrder()?.uuid === uuid"
# A scanner that is as fast as most, and one with Bluetooth.
ROUTES = [("direct", "wechat_pay", FAST), ("huishouyin", "alipay", SLOW)]


def days_later(till):
    """Close the session, let days pass, and open the till again."""
    till.page.context.close()
    till.close_session()
    for table, fields in (("pos_order", ("date_order", "create_date")), ("pos_payment", ("payment_date",)),
                          ("payment_transaction", ("create_date", "last_state_change", "cn_ordered_at"))):
        older = ", ".join(f"{field} = {field} - interval '{DAYS} days'" for field in fields)
        till.stack.sql(f"UPDATE {table} SET {older}")
    till.open_session()
    till.open("en_US")


@pytest.mark.parametrize(("way", "wallet", "pace"), every_case(ROUTES[1:], ROUTES))
def test_a_part_days_later(till, no_open_tills, route, way, wallet, pace):
    """Test that one of two cups goes back to the wallet that paid, in another session, found by the wallet's bill."""
    route(way)
    till.open("en_US")
    till.sell()
    till.sell()
    till.page.wait_for_function("posmodel.getOrder().lines[0].qty === 2")
    till.to_payment()
    till.scan(wallet)
    till.paid()
    sold = till.booked(2 * CUP_FEN)
    uuid = till.page.evaluate("posmodel.getOrder().uuid")
    first_session = till.page.evaluate("posmodel.session.id")
    assert sold["provider_code"] == (wallet if way == "direct" else way)
    # What the customer's wallet shows. Without an aggregator that is the gateway's number, too.
    number = till.sandbox.order(sold["cn_out_trade_no"])["wallet_trade_no"]
    days_later(till)
    page = till.page
    assert page.evaluate("posmodel.session.id") != first_session
    assert not page.evaluate("(uuid) => Boolean(posmodel.models['pos.order'].getBy('uuid', uuid))", uuid)

    till.type(number, pace)
    page.locator(".ticket-screen").wait_for()
    page.wait_for_function(SELECTED, arg=uuid)
    page.locator(".ticket-screen .orderline").first.click()
    page.keyboard.type("1")
    page.wait_for_function("Object.values(posmodel.linesToRefund).some((one) => one.qty === 1)")
    page.locator("button", has_text="Refund").last.click()
    page.locator(".payment-screen").wait_for()
    till.choose()
    till.phase("idle")
    assert till.lines() == [(-88.8, "", "")]
    till.press("refund")
    till.paid()
    assert till.lines()[0][:2] == (-88.8, "done")
    order = till.stack.wait_for(lambda: (known := till.sandbox.order(sold["cn_out_trade_no"]))
                                and known["refunds"][0]["state"] == "success" and known, what="the refund's end")
    assert [refund["amount"] for refund in order["refunds"]] == [CUP_FEN]
    assert till.kept() == CUP_FEN
    refund = till.booked_refund()
    assert refund["source_transaction_id"][0] == sold["id"]
    assert refund["cn_out_refund_no"] == order["refunds"][0]["out_refund_no"]
    assert refund["cn_out_refund_no"] in till.receipt()
    # The closing lists what other tests have left in the session.
    mine = {sold["id"], refund["id"]}
    assert not [one for one in till.incidents() if one["transaction_id"] and one["transaction_id"][0] in mine]

    # What is left can still be given back, and no more than that.
    [left] = till.stack.rpc("payment.transaction", "read", [[sold["id"]], ["cn_refundable_amount"]])
    assert round(left["cn_refundable_amount"] * 100) == CUP_FEN
    till.close_session()
    till.open_session()
