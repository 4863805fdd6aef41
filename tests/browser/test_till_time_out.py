# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, when the customer never types the password, or does so when nobody wants it any more."""

import pytest
from every_case import every_case
from till import CASH, CUP_FEN, PANEL, SLOW
from till_clock import goes_back, let_pass
from till_scenes import Place

DIRECT = [Place("direct", wallet, "code") for wallet in ("wechat_pay", "alipay", "qq_wallet", "jd_pay")]
AGGREGATED = Place("huishouyin", "alipay", "code")
UNDONE = "Undone: nothing was charged"
# Longer than any gateway waits for a password, and longer than any of them makes a reverse wait.
LONG = 400


def types_password(counter, route, place):
    """Have a customer who is to type the password; give back the gateway's number."""
    route(place.route)
    counter.pay()
    counter.scan(place.wallet, confirm=True)
    counter.phase("paying")
    order = counter.mine()[-1]
    assert order["gateway"] == place.gateway
    return order["out_trade_no"]


def says_undone(counter, number):
    """The line is free, the till says why, and the gateway has undone the charge."""
    counter.phase("idle")
    counter.page.locator(f"{PANEL} .o_cn_detail", has_text=UNDONE).wait_for()
    assert counter.lines() == [(88.8, "pending", "")]
    order = counter.sandbox.order(number)
    assert (order["state"], order["charges"]) == ("failed", [])


def pay_cash(counter):
    """The customer pays with cash; give back the order as the server has it."""
    counter.choose(CASH)
    counter.page.wait_for_function("posmodel.getOrder().payment_ids[0]?.payment_method_id.is_cash_count")
    counter.page.locator(".validation-button").click()
    counter.paid()
    uuid = counter.page.evaluate("posmodel.getOrder().uuid")
    [order] = counter.stack.wait_for(lambda: counter.stack.rpc(
        "pos.order", "search_read", [[("uuid", "=", uuid), ("state", "=", "paid")]],
        {"fields": ["payment_ids"]}), what="the order at the server")
    lines = counter.stack.rpc("pos.payment", "read", [order["payment_ids"], ["amount", "cn_transaction_id"]])
    assert [(line["amount"], line["cn_transaction_id"]) for line in lines] == [(88.8, False)]


@pytest.mark.parametrize(("place", "then"), every_case(
    [(DIRECT[0], "cash"), (DIRECT[1], "scan")], [(place, then) for place in DIRECT for then in ("cash", "scan")]),
    ids=lambda one: getattr(one, "wallet", one))
def test_time_runs_out(counter, route, place, then):
    """Test that a password that is not typed in time ends in a reverse, of which the till tells."""
    number = types_password(counter, route, place)
    let_pass(counter, number, LONG)
    says_undone(counter, number)
    if then == "cash":
        pay_cash(counter)
        assert counter.kept() == 0
    else:
        counter.scan(place.wallet, SLOW)
        counter.paid()
        assert counter.booked()["cn_out_trade_no"] != number
        assert counter.kept() == CUP_FEN
    assert counter.incidents() == []


@pytest.mark.parametrize("then", every_case(["scan"], ["cash", "scan"]))
def test_time_runs_out_without_reverse(counter, route, then):
    """Test that the till says that it is not over yet where nothing can be reversed, and that the queue goes on."""
    number = types_password(counter, route, AGGREGATED)
    let_pass(counter, number, LONG)
    counter.phase("undoing")
    counter.titled("The payment is being undone")
    assert "goes back to the customer" in counter.page.locator(".o_cn_hint").inner_text()
    counter.choose(CASH)
    counter.says("under way")
    assert counter.lines() == [(88.8, "waiting", "")]
    counter.press("hand_over")
    counter.phase("idle")
    assert "being undone" in counter.page.locator(".o_cn_open").inner_text()
    if then == "cash":
        pay_cash(counter)
    else:
        counter.scan("wechat_pay")
        counter.paid()
        assert counter.booked()["cn_out_trade_no"] != number
    kept = counter.kept()
    assert kept == (CUP_FEN if then == "scan" else 0)
    counter.sandbox.pay(number)
    goes_back(counter, number, kept)
    assert [refund["amount"] for refund in counter.sandbox.order(number)["refunds"]] == [CUP_FEN]


def test_customer_gives_up_while_it_is_undone(counter, route):
    """Test that the till says that nothing was charged as soon as a gateway without reverse knows it."""
    number = types_password(counter, route, AGGREGATED)
    counter.press("cancel")
    counter.phase("undoing")
    counter.sandbox.pay(number, outcome="cancel", final=True)
    says_undone(counter, number)
    pay_cash(counter)
    assert counter.kept() == 0
    assert counter.incidents() == []


def test_customer_pays_what_was_cancelled(counter, route):
    """Test that the till says so when the customer paid after the cancel, and that this money is not the sale's."""
    number = types_password(counter, route, AGGREGATED)
    counter.press("cancel")
    counter.phase("undoing")
    counter.sandbox.pay(number)
    counter.phase("returned")
    counter.titled("Paid, and sent back")
    assert "money is being sent back" in counter.page.locator(".o_cn_detail").inner_text()
    assert counter.lines() == [(88.8, "pending", "")]
    counter.shot("returned-en_US")
    counter.scan("wechat_pay")
    counter.paid()
    assert counter.booked()["cn_out_trade_no"] != number
    goes_back(counter, number, kept=CUP_FEN)
    assert [one["kind"] for one in counter.incidents()] == ["double"]
