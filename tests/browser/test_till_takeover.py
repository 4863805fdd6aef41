# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: an order that is open at two tills at once."""

import pytest
from till import CUP_FEN, SETTLED


@pytest.fixture
def till(counter):
    return counter


@pytest.fixture
def other(till, opened):
    """A second till."""
    return opened(name="second")


def take_over(till, other):
    """Open the order of a till at another one, too; give back its uuid."""
    uuid = till.send_order()
    other.fetch_order(uuid)
    other.show_order(uuid)
    return uuid


def one_of_each(till, uuid, fen=CUP_FEN):
    """One order, one line, one charge; the line is tied to the charge, and nobody has to look into it."""
    assert till.charged() == [fen]
    assert till.kept() == fen
    orders = till.stack.rpc("pos.order", "search_read", [[("uuid", "=", uuid)]], {
        "fields": ["state", "amount_total", "amount_paid", "payment_ids", "lines"]})
    assert [(order["state"], order["amount_total"], order["amount_paid"]) for order in orders] == [
        ("paid", fen / 100, fen / 100)]
    assert len(orders[0]["lines"]) == 1
    [line] = till.stack.rpc("pos.payment", "read", [orders[0]["payment_ids"], ["amount", "cn_transaction_id", "uuid"]])
    assert (round(line["amount"] * 100), bool(line["cn_transaction_id"])) == (fen, True)
    [tx] = till.stack.rpc("payment.transaction", "search_read", [
        [("cn_till_order", "=", uuid), ("state", "=", "done")]],
        {"fields": ["cn_given_up", "cn_till_line", "cn_out_trade_no"]})
    assert (tx["id"], tx["cn_till_line"], tx["cn_given_up"]) == (
        line["cn_transaction_id"][0], line["uuid"], False)
    assert till.incidents() == []
    # What else was on a screen for this order was given up.
    open_ones = till.stack.rpc("payment.transaction", "search_count", [[
        ("cn_till_order", "=", uuid), ("state", "in", ("draft", "pending")), ("cn_given_up", "=", False)]])
    assert not open_ones


def both_end(till, other):
    """Both tills show the receipt, and both can go on."""
    for one in (till, other):
        one.paid(timeout=40_000)
        [(amount, status, _wallet)] = one.lines()
        assert (amount, status) == (88.8, "done")
    for one in (till, other):
        one.next_order()


def test_password_at_both(till, other):
    """Test that two tills that wait for the same password both end with the receipt, of one charge."""
    till.pay()
    till.ask_for_password()
    uuid = take_over(till, other)
    other.phase("paying")
    till.phase("paying")
    till.customer_pays()
    both_end(till, other)
    one_of_each(till, uuid)


def test_code_at_both(till, other):
    """Test that the second till shows the code that is on the first one's screen, and both see it paid."""
    till.pay()
    till.show_code()
    uuid = take_over(till, other)
    other.phase("qr")
    assert len(till.mine()) == 1, "the second till made a code of its own"
    till.phase("qr")
    till.customer_pays()
    both_end(till, other)
    one_of_each(till, uuid)


def test_both_scan(till, other):
    """Test that two codes of two customers, scanned at two tills for the same line, are one charge."""
    till.pay()
    till.show_code()
    uuid = take_over(till, other)
    other.phase("qr")
    first, second = till.code("wechat_pay", confirm=True), other.code("alipay", confirm=True)
    till.type(first)
    other.type(second)
    till.phase("paying")
    other.phase("paying")
    under_way = [order for order in till.mine() if order["scene"] == "code"]
    assert len(under_way) == 1
    till.sandbox.pay(under_way[0]["out_trade_no"])
    both_end(till, other)
    one_of_each(till, uuid)


def test_one_cancels(till, other):
    """Test that a payment that one till cancels ends at both, and that only one of them charges anew."""
    till.pay()
    till.ask_for_password()
    first = till.mine()[-1]["out_trade_no"]
    uuid = take_over(till, other)
    other.phase("paying")
    other.press("cancel")
    other.phase("undoing")
    till.phase("undoing")
    till.sandbox.pay(first, outcome="cancel", final=True)
    other.phase("idle", timeout=30_000)
    till.phase("idle", timeout=30_000)
    till.scan("wechat_pay")
    till.paid()
    other.page.wait_for_function(SETTLED, timeout=40_000)  # Odoo tells the other tills of a session
    other.scan("alipay")
    other.page.wait_for_timeout(1500)
    one_of_each(till, uuid)
