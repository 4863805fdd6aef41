# Part of payment_cn_wallets. License LGPL-3.
"""The doors of a kiosk, which stand open to anybody: strangers, floods, the end of the day. No browser knocks."""

import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest
from counter import CUP_FEN, Kiosk


@pytest.fixture
def stack(counter_stack):
    return counter_stack


@pytest.fixture
def kiosk(stack, sandbox):
    """The kiosk, of which nobody has opened a page."""
    return Kiosk(stack, None, sandbox)


# -- strangers ---------------------------------------------------------------------------------------------------


@pytest.fixture
def order(kiosk):
    """An order that waits to be paid with WeChat Pay, of a customer whose browser is gone."""
    order = kiosk.send_order()
    assert kiosk.door("show", order, value="wechat_pay")["phase"] == "qr"
    return order


def test_pressed_twice(kiosk, order):
    """Test that however often and from however many screens it is asked for, an order has one code."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: kiosk.door("show", order, value="wechat_pay"), range(8)))
    assert {answer["phase"] for answer in answers} == {"qr"}
    assert len({answer["qr_svg"] for answer in answers}) == 1
    assert len(kiosk.mine()) == 1
    kiosk.customer_pays()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: kiosk.door("status", order, value=True), range(8)))
    order = kiosk.closed(order)
    assert kiosk.payments(order) == [(88.8, True)]
    assert kiosk.door("status", {**kiosk.order()}, value=True)["phase"] == "paid"
    assert kiosk.kept() == CUP_FEN


def test_wrong_tokens(kiosk, order):
    """Test that nothing is told without both tokens, nor for payment methods of other kinds and tills."""
    for refused, changes in (
        ("Unauthorized", {"access_token": "x"}), ("Unauthorized", {"access_token": ""}),
        ("Unauthorized", {"access_token": False}), ("Unauthorized", {"access_token": None}),
        ("Unauthorized", {"access_token": [kiosk.config["access_token"]]}),
        ("NotFound", {"order_token": "x"}), ("NotFound", {"order_token": False}),
        ("NotFound", {"order_token": [order["access_token"]]}),
        ("NotFound", {"order_id": order["id"] + 1000}), ("NotFound", {"order_id": "x"}),
        ("NotFound", {"order_id": True}), ("NotFound", {"method_id": 0}),
        ("NotFound", {"method_id": kiosk.config["payment_method_ids"][0] + 1}),
    ):
        for action in ("show", "status", "charge", "cancel", "hand_over"):
            assert kiosk.door(action, order, **changes) == refused, (action, changes)
    [till] = kiosk.stack.rpc("pos.config", "search_read", [[("name", "=", "Jasmine Lane till")]],
                             {"fields": ["access_token"]})
    assert kiosk.door("status", order, access_token=till["access_token"]) == "Unauthorized"
    assert len(kiosk.attempts(order)) == 1


def test_what_a_kiosk_may_not(kiosk, order):
    """Test that nothing is taken for paid or refunded there, and that no amount is taken from a browser."""
    for action in ("force", "refund", "write"):
        with pytest.raises(urllib.error.HTTPError):
            kiosk.door(action, order)
    assert kiosk.door("show", order, value="wechat_pay", amount="0.01", uuid="x")["amount"] == "88.80"
    assert kiosk.knock("/web/dataset/call_kw/pos.payment.method/cn_status", model="pos.payment.method",
                       method="cn_status", args=[[1], {}], kwargs={}) == "SessionExpiredException"
    assert [one["amount"] for one in kiosk.attempts(order)] == [88.8]


def test_order_that_brings_its_own_payment(kiosk, stack, order):
    """Test that a payment line that nobody proved does not lower what is asked for."""
    stack.shell(f"""
order = env['pos.order'].browse({order['id']})
order.add_payment({{'pos_order_id': order.id, 'amount': 80,
                    'payment_method_id': order.session_id.payment_method_ids[:1].id}})
env.cr.commit()
""")
    assert kiosk.door("show", order, value="wechat_pay") == "UserError"
    assert kiosk.door("charge", order, value="1" * 18) == "UserError"


def test_guest_writes_payments(kiosk, order):
    """Test that no payment comes in with an order, whether new, somebody else's, or named by its number."""
    stack, button = kiosk.stack, kiosk.config["payment_method_ids"][0]
    [other] = stack.rpc("pos.payment", "search_read", [[]], {"fields": ["uuid", "pos_order_id"], "limit": 1}) or [None]
    sent = {
        "uuid": order["uuid"], "access_token": order["access_token"],
        "session_id": kiosk.config["current_session_id"][0], "state": "draft", "lines": [],
        "amount_total": 88.8, "amount_paid": 88.79, "amount_tax": 0, "amount_return": 0,
        "payment_ids": [[0, 0, {"payment_method_id": button, "amount": 88.79, "cn_transaction_id": 1,
                                "payment_status": "done"}]],
    }
    if other:
        sent["payment_ids"].append([4, other["id"]])
        sent["relations_uuid_mapping"] = {
            "pos.order": {order["uuid"]: {"payment_ids": [other["uuid"]]}},
            "pos.payment": {other["uuid"]: {"pos_order_id": order["uuid"]}},
        }
    answer = kiosk.knock("/pos-self-order/process-order/kiosk", order=sent, table_identifier=None,
                         access_token=kiosk.config["access_token"])
    assert answer["pos.order"][0]["id"] == order["id"], answer
    assert answer["pos.payment"] == []
    assert kiosk.order()["payment_ids"] == []
    assert kiosk.door("show", order, value="alipay")["amount"] == "88.80"
    if other:
        [still] = stack.rpc("pos.payment", "read", [[other["id"]], ["pos_order_id"]])
        assert still["pos_order_id"] == other["pos_order_id"]


def test_removed_by_the_staff(kiosk, order):
    """Test that a kiosk can ask about a cancelled order and leave it, and that its code is given up."""
    kiosk.stack.rpc("pos.order", "action_pos_order_cancel", [[order["id"]]])
    assert kiosk.attempts(order)[0]["cn_given_up"]
    for action in ("status", "cancel", "hand_over"):
        assert kiosk.door(action, order, value=True)["phase"] == "idle", action
    assert kiosk.door("show", order, value="alipay") == "UserError"


def test_flood(kiosk, order):
    """Test that payment codes can't be tried out, and the gateway not be flooded with orders."""
    known = len(kiosk.mine())
    codes = [kiosk.sandbox.call("payment-codes", {"wallet": "alipay"})["code"] for _ in range(12)]
    kiosk.sandbox.fault("bad_code", scope="global")
    answers = [kiosk.door("charge", order, value=code) for code in codes]
    assert answers[-1] == "UserError"
    tried = [answer for answer in answers if answer != "UserError"]
    assert 1 <= len(tried) <= 8
    assert {answer["phase"] for answer in tried} <= {"refused", "unknown"}
    assert kiosk.kept() == 0
    assert len(kiosk.mine()) - known <= 8


# -- closing -----------------------------------------------------------------------------------------------------


def test_session_is_closed(kiosk, stack, order):
    """Test that closing leaves nothing of the wallets open unnoticed; a payment that comes then goes back."""
    config = kiosk.config["id"]
    stack.rpc("pos.config", "action_close_kiosk_session", [[config]])
    try:
        assert kiosk.door("status", order) == "Unauthorized"
        kiosk.customer_pays()
        stack.wait_for(lambda: kiosk.mine()[-1]["state"] == "paid" and kiosk.kept() == 0, timeout=120,
                       what="the money to go back")
    finally:
        stack.rpc("pos.config", "action_open_wizard", [[config]])
