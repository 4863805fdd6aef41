# Part of payment_cn_wallets. License LGPL-3.
"""A kiosk that nobody can get stuck at: reloads, refusals, late money, and orders that do not get finished."""

import json

import pytest
from counter import CUP_FEN, PAGE


@pytest.fixture
def stack(counter_stack):
    return counter_stack


def refuse(route):
    """What the server answers when it will not do something, as to an order that was cancelled."""
    route.fulfill(content_type="application/json", body=json.dumps({
        "jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error", "data": {
            "name": "odoo.exceptions.UserError", "message": "This order was cancelled.", "arguments": [],
            "context": {}, "debug": ""}}}))


# -- after a reload ----------------------------------------------------------------------------------------------


def test_reload_while_the_gateway_is_slow(kiosk, sandbox):
    """Test that a reload does not wait for a gateway: the same code is there, and what is paid by it is the order's."""
    page = kiosk.open()
    kiosk.pay()
    sandbox.fault("slow", scope="global", operation="query", seconds=12)
    page.reload()
    page.wait_for_function("window.posmodel?.router.activeSlot === 'payment'")
    kiosk.phase("qr")
    assert len(kiosk.mine()) == 1
    sandbox.calm()
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


def test_reload_without_an_answer(kiosk):
    """Test that a payment is not forgotten when the server does not answer: the kiosk follows it, and tells."""
    page = kiosk.open()
    kiosk.pay()
    page.route("**/cn/status", lambda route: None)  # never answered
    page.reload()
    kiosk.first_page(timeout=30_000)
    kiosk.customer_pays()
    kiosk.closed()
    page.unroute("**/cn/status")
    kiosk.confirmed(timeout=40_000)
    page.wait_for_function("posmodel.walletPayments.size === 0 && !posmodel.walletMemory")
    assert kiosk.kept() == CUP_FEN


def test_reload_without_an_answer_and_without_money(kiosk):
    """Test that a code that nobody sees any more is given up as soon as the server answers."""
    page = kiosk.open()
    kiosk.pay()
    order = kiosk.order()
    page.route("**/cn/status", lambda route: route.abort())
    page.reload()
    kiosk.first_page(timeout=30_000)
    page.unroute("**/cn/status")
    kiosk.stack.wait_for(lambda: kiosk.attempts(order)[0]["cn_given_up"], timeout=40, what="the code to be given up")
    page.wait_for_function("posmodel.walletPayments.size === 0 && !posmodel.walletMemory")
    kiosk.forget_gone()
    page.problems[:] = [problem for problem in page.problems if "ERR_FAILED" not in problem]


def test_back_after_a_reload(kiosk):
    """Test that Back leads to the cart where the payment is the browser's first page, and one can pay there."""
    page = kiosk.open()
    kiosk.pay()
    again = page.context.new_page()
    again.problems, again.strangers = page.problems, page.strangers
    page.close()
    kiosk.page = again
    again.goto(kiosk.url)
    again.wait_for_function("window.posmodel?.router.activeSlot === 'payment'")
    kiosk.phase("qr")
    kiosk.press("back")
    again.locator(".o_self_cart_page").wait_for()
    kiosk.go_to_pay()
    kiosk.phase("qr")
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


# -- the server will not -----------------------------------------------------------------------------------------


def test_refused_before_it_began(kiosk):
    """Test that a customer whose order can't be paid reads why, and can start over."""
    page = kiosk.open("en_US")
    page.route("**/cn/*", refuse)
    kiosk.pay(code=False)
    kiosk.phase("barred")
    assert "This order was cancelled." in page.locator(f"{PAGE} h1").inner_text()
    assert page.locator(".o_cn_back, .o_cn_retry").count() == 0
    kiosk.shot("barred-en_US")
    kiosk.press("start_over")
    kiosk.first_page()
    page.wait_for_function("posmodel.walletPayments.size === 0 && !posmodel.walletMemory")
    page.unroute("**/cn/*")
    kiosk.pay()
    kiosk.customer_pays()
    kiosk.confirmed()


def test_refused_and_nobody_there(kiosk):
    """Test that the kiosk is free for the next customer when the one before left it in the middle of a refusal."""
    page = kiosk.open()
    page.route("**/cn/*", refuse)
    kiosk.pay(code=False)
    kiosk.phase("barred")
    page.evaluate("posmodel.walletPage.state.waited = 44")
    kiosk.first_page()


def test_back_is_refused(kiosk):
    """Test that Back leads back though the server has nothing more to do with the payment."""
    page = kiosk.open()
    kiosk.pay()
    page.route("**/cn/*", refuse)
    kiosk.press("back")
    page.locator(".o_self_cart_page").wait_for()
    page.wait_for_function("posmodel.walletPayments.size === 0")


def test_refused_for_a_moment(kiosk):
    """Test that the payment goes on when the server takes it again."""
    page = kiosk.open()
    kiosk.pay()
    page.route("**/cn/status", refuse)
    kiosk.phase("barred")
    page.unroute("**/cn/status")
    kiosk.phase("qr")
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


# -- the next customer -------------------------------------------------------------------------------------------


def test_late_money_of_the_one_before(kiosk, stack):
    """Test that the next customer's payment stays on the screen when the one before has paid after all."""
    page = kiosk.open("en_US")
    kiosk.pay()
    first = kiosk.order()
    # Nothing that the kiosk says reaches the server: the code of before is still good.
    page.route("**/cn/*", lambda route: route.abort())
    page.locator(".o_cn_trouble").wait_for(timeout=30_000)
    kiosk.press("start_over")
    kiosk.first_page()
    kiosk.choose()
    kiosk.customer_pays(0)
    kiosk.closed(first)
    kiosk.go_to_pay()
    page.unroute("**/cn/*")
    kiosk.phase("qr")
    page.locator(".o_notification", has_text="has been paid").wait_for(timeout=30_000)
    assert page.evaluate("posmodel.router.activeSlot") == "payment"
    kiosk.phase("qr")
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == 2 * CUP_FEN
    kiosk.forget_gone()
    page.problems[:] = [problem for problem in page.problems if "ERR_FAILED" not in problem]


def test_order_that_does_not_get_finished(kiosk):
    """Test that a customer whose money was taken is sent to the staff, and the kiosk free again after a while."""
    page = kiosk.open("en_US")
    kiosk.pay()

    def taken(route):
        answer = route.fetch().json()
        answer["result"].update(phase="unknown", taken=True, message="", ask_in=0)
        route.fulfill(json=answer)

    page.route("**/cn/status", taken)
    page.locator(f"{PAGE} h1", has_text="Paid").wait_for()
    page.evaluate("posmodel.walletPage.state.waited = 20")
    page.locator(f"{PAGE} .o_cn_detail", has_text="show this to our staff").wait_for()
    page.locator(".o_cn_start_over").wait_for()
    page.evaluate("posmodel.walletPage.state.waited = 60")
    page.locator(".o_cn_goes").wait_for()
    page.evaluate("posmodel.walletPage.state.waited = 89")
    kiosk.first_page()
    page.unroute_all(behavior="ignoreErrors")  # an answer may still be on its way


# -- what the customer takes home --------------------------------------------------------------------------------


def test_printed_receipt(kiosk):
    """Test that the kiosk's receipt has the wallet, the numbers, and the bar code by which the order is found."""
    page = kiosk.open("en_US")
    page.evaluate("""() => posmodel.printer.setPrinter({ printReceipt: async (el) => {
        window.printed = [el.innerText, el.querySelector(".o_cn_receipt_code")?.alt];
        return { successful: true };
    }})""")
    kiosk.pay()
    kiosk.customer_pays()
    kiosk.confirmed()
    text, number = page.wait_for_function("window.printed").json_value()
    [attempt] = kiosk.attempts(kiosk.order())
    assert number == attempt["cn_out_trade_no"]
    assert number in text
    assert "WeChat Pay" in text
