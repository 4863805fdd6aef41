# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: reloads, closed tabs, and a network that is not there."""

import contextlib

import pytest
from playwright.sync_api import Error
from till import CASH, CUP_FEN, PANEL


@pytest.fixture
def till(counter):
    return counter


def test_reload_while_the_password_is_typed(till):
    """Test that a reload of the page loses nothing."""
    page = till.page
    till.pay()
    till.ask_for_password()
    page.reload()
    till.phase("paying", timeout=60_000)
    assert till.lines() == [(88.8, "waiting", "")]
    till.customer_pays()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_tab_closed_while_the_code_is_shown(till):
    """Test that what was paid while the tab was closed is found when the till is opened again."""
    till.pay()
    till.show_code()
    url = till.page.url
    again = till.another_tab()
    till.customer_pays()
    again.goto(url)
    again.locator(".receipt-screen, .payment-screen").first.wait_for(timeout=60_000)
    again.wait_for_function("posmodel.getOrder()?.payment_ids[0]?.payment_status === 'done'", timeout=30_000)
    till.paid()  # by itself, in a second: what the next test begins would be left for it
    assert till.charged() == [CUP_FEN]


@pytest.mark.parametrize("place", ["payment", "products"])
def test_tab_dies_with_the_scan(till, place):
    """Test that a charge is found again whose tab died when it left, before anything was drawn of it."""
    page = till.page
    till.sell() if place == "products" else till.pay()
    page.wait_for_timeout(1000)  # the cart is remembered; what the scan adds to it is not yet
    code = till.code("wechat_pay")
    with page.expect_request("**/cn_charge"):
        till.type(code)
    with contextlib.suppress(Error):  # nobody is left to answer
        page.goto("chrome://crash", timeout=2000)
    again = till.another_tab()
    again.goto(f"{till.stack.url}/pos/ui/{till.stack.till()}")
    again.wait_for_function("window.posmodel?.models?.['pos.payment'].find((one) => one.payment_status === 'done')",
                            timeout=60_000)
    assert till.charged() == [CUP_FEN]


def test_no_network(till):
    """Test that the till says that the server can't be reached, waits, and recovers by itself."""
    page = till.page
    till.pay()
    till.ask_for_password()
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    page.locator(".o_cn_offline").wait_for()
    till.shot("offline-en_US")
    till.customer_pays()
    page.context.set_offline(False)
    till.paid(timeout=40_000)
    till.forget_gone()
    assert till.charged() == [CUP_FEN]


def test_scan_without_network(till):
    """Test that a scan that did not reach the server is neither lost in silence nor charged later."""
    page = till.page
    till.pay()
    till.show_code()
    page.context.set_offline(True)
    till.scan("alipay")
    till.phase("unknown")
    till.shot("scan-offline-en_US")
    page.context.set_offline(False)
    page.locator(f'{PANEL}:is([data-phase="idle"], [data-phase="qr"])').wait_for(timeout=30_000)
    assert till.charged() == []
    till.scan("alipay")
    till.paid()
    till.forget_gone()
    assert till.charged() == [CUP_FEN]


def test_queue_goes_on_without_network(till):
    """Test that a doubt does not hold the queue up while the server is gone, and that its money goes back."""
    page = till.page
    till.pay()
    till.ask_for_password()
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.press("cancel")
    till.phase("undoing")
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    till.press("hand_over")
    page.locator(PANEL).wait_for(state="detached")
    till.choose(CASH)
    assert till.lines() == [(88.8, "", "")]
    page.context.set_offline(False)
    number = till.mine()[-1]["out_trade_no"]
    till.stack.wait_for(lambda: till.stack.rpc("payment.transaction", "search_count", [
        [("cn_out_trade_no", "=", number), ("cn_given_up", "=", True)]]), timeout=40, what="the server to know")
    till.sandbox.calm()
    till.forget_gone()


def test_cash_without_network(till):
    """Test that a code on the screen holds nothing up while the server is gone, and is given up for cash."""
    page = till.page
    till.pay()
    till.show_code()
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    till.choose(CASH)
    page.locator(PANEL).wait_for(state="detached")
    assert till.lines() == [(88.8, "", "")]
    page.locator(".validation-button").click()
    till.paid()
    uuid = page.evaluate("posmodel.getOrder().uuid")
    page.context.set_offline(False)
    number = till.mine()[-1]["out_trade_no"]
    till.stack.wait_for(lambda: till.stack.rpc("payment.transaction", "search_count", [
        [("cn_out_trade_no", "=", number), ("cn_given_up", "=", True)]]), timeout=40, what="the server to know")
    [order] = till.stack.wait_for(lambda: till.stack.rpc("pos.order", "search_read", [
        [("uuid", "=", uuid), ("state", "=", "paid")]], {"fields": ["amount_paid", "payment_ids"]}),
        timeout=40, what="the order at the server")
    assert order["amount_paid"] == 88.8
    [line] = till.stack.rpc("pos.payment", "read", [order["payment_ids"], ["amount", "payment_method_id"]])
    assert CASH.search(line["payment_method_id"][1])
    till.forget_gone()
    assert till.charged() == []


def test_code_is_removed_without_network(till):
    """Test that the line of a code goes at once while the server is gone, and that money for it goes back."""
    page = till.page
    till.pay()
    till.show_code()
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    till.customer_pays()
    number = till.mine()[-1]["out_trade_no"]
    till.stack.wait_for(lambda: till.stack.rpc("payment.transaction", "search_count", [
        [("cn_out_trade_no", "=", number), ("state", "=", "done")]]), timeout=40, what="the server to know")
    page.locator(".paymentline .delete-button").click()
    page.locator(PANEL).wait_for(state="detached")
    page.context.set_offline(False)
    till.says("The money is being sent back")
    till.stack.wait_for(lambda: till.kept() == 0, timeout=60, every=1, what="the money to go back")
    till.forget_gone()
    assert till.charged() == [CUP_FEN]
