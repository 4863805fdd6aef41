# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, when somebody wants to take a payment for paid that no gateway confirmed."""

import contextlib
import json

from till import CUP_FEN

REASON = "Seen on the customer's phone, bill 4200001"
CASHIER = ("till_cashier", "till_cashier")


def doubt(till):
    """Have a till that does not know whether the customer has paid, and learns nothing."""
    till.pay()
    till.show_code()
    till.sandbox.fault("reset", scope="global", operation="charge", times=1)
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")


@contextlib.contextmanager
def nobody_else_asks(till):
    """Have nobody but a manager's press ask the gateway meanwhile; gives how to count what it was asked."""
    page, number = till.page, till.mine()[-1]["out_trade_no"]

    def only_look(route):
        question = route.request.post_data_json
        question["params"]["args"][2] = False
        route.continue_(post_data=json.dumps(question))

    page.route("**/cn_status", only_look)
    till.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC' + interval '1 hour'"
                   f" WHERE cn_out_trade_no = '{number}'")

    def asked():
        return len([call for call in till.sandbox.order(number)["calls"] if call["operation"] == "query"])

    for _question in range(2):  # one may have been on its way
        with page.expect_response("**/cn_status"):
            pass
    yield asked
    page.unroute("**/cn_status")


def say_why(till, reason=REASON):
    till.press("force")
    till.page.locator(".modal").wait_for()
    till.shot("force-en_US")
    fill_in(till, reason)


def fill_in(till, reason):
    till.page.locator(".modal textarea, .modal input").first.fill(reason)
    till.page.locator(".modal footer button.btn-primary, .modal-footer button.btn-primary").first.click()


def test_manager_takes_it_for_paid(counter):
    """Test that a manager's word closes the order after the gateway was asked, and that an accountant hears of it."""
    doubt(counter)
    number = counter.mine()[-1]["out_trade_no"]
    with nobody_else_asks(counter) as asked:
        before = asked()
        say_why(counter)
        counter.paid()
        assert counter.lines()[0][:2] == (88.8, "done")
        assert asked() == before + 1, "the gateway is asked, once, before a manager is believed"
    [incident] = counter.stack.wait_for(counter.incidents, what="the accountant's list")
    assert (incident["kind"], incident["state"]) == ("unproven", "open")
    assert REASON in incident["message"]
    assert "88.80" in incident["message"]
    assert counter.receipt().count(number) <= 1  # as bar code, to find it by; never as the gateway's
    counter.shot("forced-receipt-en_US")
    # The money turns out to be there: it belongs to this order, and does not go back.
    counter.sandbox.calm()

    def learned():
        counter.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC'"
                          f" - interval '1 second' WHERE cn_out_trade_no = '{number}'")
        counter.run_cron("cron_watch")
        return counter.stack.rpc("payment.transaction", "search_count", [[
            ("cn_out_trade_no", "=", number), ("state", "=", "done")]])

    counter.stack.wait_for(learned, timeout=40, every=2, what="the gateway's word")
    [tied] = counter.stack.rpc("pos.payment", "search_read", [[("payment_ref_no", "=", number)]],
                               {"fields": ["cn_transaction_id", "cn_receipt"]})
    assert tied["cn_transaction_id"]
    assert tied["cn_receipt"]["number"] == number
    assert counter.kept() == CUP_FEN


def test_gateway_says_yes(counter):
    """Test that the gateway's yes is the payment, and that no accountant is bothered with a manager's word."""
    doubt(counter)
    with nobody_else_asks(counter) as asked:
        before = asked()
        counter.press("force")
        counter.page.locator(".modal").wait_for()
        counter.sandbox.call("faults", method="DELETE")
        fill_in(counter, REASON)
        counter.paid()
        assert asked() == before + 1
    counter.booked()
    assert counter.incidents() == []


def test_reason_is_wanted(counter):
    """Test that nothing is taken for paid without a reason."""
    doubt(counter)
    say_why(counter, "..")
    counter.page.locator(".o_cn_alert", has_text="Say why").wait_for()
    counter.phase("unknown")
    assert counter.incidents() == []
    counter.sandbox.calm()
    counter.paid()


def test_cashier_is_not_asked(till):
    """Test that a cashier sees no such button, and goes on without the money."""
    stack = till.stack
    if not stack.rpc("res.users", "search", [[("login", "=", CASHIER[0])]]):
        groups = [stack.rpc("ir.model.data", "search_read", [[
            ("module", "=", module), ("name", "=", name)]], {"fields": ["res_id"]})[0]["res_id"]
            for module, name in (("base", "group_user"), ("point_of_sale", "group_pos_user"))]
        stack.rpc("res.users", "create", [[{
            "name": "Li Na", "login": CASHIER[0], "password": CASHIER[1], "lang": "en_US", "tz": "Asia/Shanghai",
            "group_ids": [(6, 0, groups)]}]])
    till.open("en_US", login=CASHIER)
    doubt(till)
    assert till.page.locator(".o_cn_hand_over").count() == 1
    assert till.page.locator(".o_cn_force").count() == 0
    till.press("hand_over")
    till.phase("idle")
    till.sandbox.calm()
    till.scan("wechat_pay")
    till.paid()
    assert till.booked()["payment_method_code"] == "wechat_pay"
