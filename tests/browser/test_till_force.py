# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, when somebody wants to take a payment for paid that no gateway confirmed."""

import pytest
from till import CUP_FEN, Till

REASON = "Seen on the customer's phone, bill 4200001"
CASHIER = ("till_cashier", "till_cashier")


@pytest.fixture
def doubtful(till, sandbox):
    """A till that does not know whether the customer has paid, and learns nothing."""
    def opening(till=till, **options):
        till.open("en_US", **options)
        sandbox.fault("reset", operation="charge")
        sandbox.fault("http_5xx", scope="global", operation="query")
        till.pay()
        till.show_code()
        till.scan("alipay")
        till.phase("unknown")
        return till

    return opening


def say_why(till, reason=REASON):
    till.press("force")
    till.page.locator(".modal").wait_for()
    till.shot("force-en_US")
    till.page.locator(".modal textarea, .modal input").first.fill(reason)
    till.page.locator(".modal footer button.btn-primary, .modal-footer button.btn-primary").first.click()


def test_manager_takes_it_for_paid(doubtful):
    """Test that a manager's word closes the order after the gateway was asked, and that an accountant hears of it."""
    till = doubtful()
    number = till.mine()[-1]["out_trade_no"]
    asked = len(till.sandbox.order(number)["calls"])
    say_why(till)
    till.paid()
    assert till.lines()[0][:2] == (88.8, "done")
    assert len(till.sandbox.order(number)["calls"]) > asked, "the gateway is asked first"
    [incident] = till.stack.wait_for(till.incidents, what="the accountant's list")
    assert (incident["kind"], incident["state"]) == ("unproven", "open")
    assert REASON in incident["message"]
    assert "88.80" in incident["message"]
    till.shot("forced-receipt-en_US")
    # The money turns out to be there: it belongs to this order, and does not go back.
    till.sandbox.calm()
    assert till.charged() == [CUP_FEN]
    assert till.kept() == CUP_FEN


def test_gateway_says_yes(doubtful, sandbox):
    """Test that nobody is believed who is right: the gateway's yes is the payment, and no accountant is bothered."""
    till = doubtful()
    till.page.route("**/cn_status*", lambda route: route.abort())  # the till does not learn of it by itself
    sandbox.call("faults", method="DELETE")
    if till.page.locator(".o_cn_force").count():
        say_why(till)
    till.page.unroute("**/cn_status*")
    till.paid()
    till.booked()
    assert till.incidents() == []
    till.forget_gone()


def test_reason_is_wanted(doubtful):
    """Test that nothing is taken for paid without a reason."""
    till = doubtful()
    say_why(till, "..")
    till.page.locator(".o_cn_notice", has_text="Say why").wait_for()
    till.phase("unknown")
    assert till.incidents() == []


def test_cashier_is_not_asked(stack, open_page, doubtful, sandbox):
    """Test that a cashier sees no such button, and goes on without the money."""
    if not stack.rpc("res.users", "search", [[("login", "=", CASHIER[0])]]):
        groups = [stack.rpc("ir.model.data", "search_read", [[
            ("module", "=", module), ("name", "=", name)]], {"fields": ["res_id"]})[0]["res_id"]
            for module, name in (("base", "group_user"), ("point_of_sale", "group_pos_user"))]
        stack.rpc("res.users", "create", [[{
            "name": "Li Na", "login": CASHIER[0], "password": CASHIER[1], "lang": "en_US", "tz": "Asia/Shanghai",
            "group_ids": [(6, 0, groups)]}]])
    till = doubtful(Till(stack, open_page, sandbox), login=CASHIER)
    assert till.page.locator(".o_cn_force").count() == 0
    till.press("hand_over")
    till.phase("idle")
    sandbox.calm()
    till.scan("wechat_pay")
    till.paid()
    assert till.booked()["payment_method_code"] == "wechat_pay"
