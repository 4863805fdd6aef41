# Part of payment_cn_wallets. License LGPL-3.
"""Paying at a kiosk of pos_self_order: the code, the scanner, walking away, reloading."""

import pytest
from counter import CUP_FEN, PAGE, PORTRAIT, TABLET
from every_case import every_case
from till import FAST, SLOW
from wedge import type_as_scanner


@pytest.fixture
def stack(counter_stack):
    return counter_stack


# -- paying ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "viewport", "name"), [
    ("zh_CN", PORTRAIT, "portrait"), ("en_US", TABLET, "tablet"),
])
def test_code_is_scanned(kiosk, lang, viewport, name):
    """Test that the customer scans and pays, and that the order is closed without another touch."""
    page = kiosk.open(lang, viewport)
    kiosk.pay()
    assert "88.80" in page.locator(".o_cn_amount").inner_text()
    code, screen = page.locator(".o_cn_qr").bounding_box(), page.locator(PAGE).bounding_box()
    assert abs(code["width"] - code["height"]) < 2
    assert code["width"] >= min(viewport.values()) * 0.4
    assert code["y"] + code["height"] <= screen["y"] + screen["height"]
    assert page.locator(".o_cn_countdown").inner_text().strip()
    kiosk.shot(f"code-{name}-{lang}")
    kiosk.customer_pays()
    kiosk.confirmed()
    order = kiosk.order()
    assert (order["state"], order["amount_paid"]) == ("paid", 88.8)
    assert kiosk.payments(order) == [(88.8, True)]
    assert kiosk.kept() == CUP_FEN
    kiosk.shot(f"confirmed-{name}-{lang}")


def test_other_wallet(kiosk):
    """Test that each wallet has its own code, and that only one of them brings money."""
    page = kiosk.open("en_US")
    kiosk.pay()
    page.locator(".o_cn_tabs button", has_text="Alipay").click()
    page.locator(f'{PAGE}[data-phase="qr"][data-wallet="alipay"]').wait_for()
    first, second = kiosk.mine()
    assert (first["wallet"], second["wallet"]) == ("wechat_pay", "alipay")
    kiosk.sandbox.pay(first["out_trade_no"])
    kiosk.customer_pays()
    kiosk.confirmed()
    kiosk.stack.wait_for(lambda: kiosk.kept() == CUP_FEN, timeout=120, what="the first payment to go back")
    assert kiosk.payments(kiosk.order()) == [(88.8, True)]


def test_gateway_gives_no_code(kiosk, sandbox):
    """Test that a code that could not be made is said so, and made anew."""
    kiosk.open()
    sandbox.fault("http_5xx", operation="order")
    kiosk.pay(code=False)
    kiosk.phase("idle")
    kiosk.shot("no-code-zh_CN")
    kiosk.press("retry")
    kiosk.phase("qr")
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


# -- the scanner -------------------------------------------------------------------------------------------------


def scan(kiosk, wallet="alipay", delay=FAST, **values):
    """The customer holds the phone's payment code to the kiosk's scanner."""
    code = kiosk.sandbox.call("payment-codes", {"wallet": wallet, **values})["code"]
    type_as_scanner(kiosk.page, [*code, "Enter"], delay)


@pytest.mark.parametrize("delay", every_case([FAST], [FAST, SLOW]))
def test_payment_code(kiosk, delay):
    """Test that the phone's payment code is charged at once, instead of the code on the screen."""
    kiosk.open()
    kiosk.pay()
    scan(kiosk, "wechat_pay", delay)
    kiosk.confirmed()
    assert [order["state"] for order in kiosk.mine()].count("paid") == 1
    assert kiosk.payments(kiosk.order()) == [(88.8, True)]
    assert kiosk.kept() == CUP_FEN


@pytest.mark.parametrize("delay", every_case([SLOW], [FAST, SLOW]))
def test_what_is_no_payment_code(kiosk, delay):
    """Test that a product's bar code neither leaves the payment nor changes the order."""
    page = kiosk.open("en_US")
    kiosk.pay()
    type_as_scanner(page, [*"6900000000006", "Enter"], delay)
    page.locator(".o_cn_alert", has_text="no payment code").wait_for()
    kiosk.phase("qr")
    assert page.evaluate("posmodel.currentOrder.lines.length") == 1
    kiosk.customer_pays()
    kiosk.confirmed()


@pytest.mark.parametrize("delay", every_case([SLOW], [FAST, SLOW]))
def test_password_and_cancel(kiosk, delay):
    """Test that the kiosk waits for the password, and that a cancelled payment is undone before another one."""
    page = kiosk.open("en_US")
    kiosk.pay()
    scan(kiosk, delay=delay, confirm=True)
    kiosk.phase("paying")
    assert not page.locator(".o_cn_back").count()
    kiosk.shot("paying-en_US")
    kiosk.press("cancel")
    kiosk.phase("undoing", "idle")
    if page.locator(".o_cn_hand_over").count():
        kiosk.shot("undoing-en_US")
        kiosk.press("hand_over")
    kiosk.phase("idle")
    assert "cancelled" in page.locator(f"{PAGE} h1").inner_text()
    kiosk.press("retry")
    kiosk.phase("qr")
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


def test_unknown_is_not_failed(kiosk, sandbox):
    """Test that a lost answer is a question, on which the customer can't pay twice."""
    page = kiosk.open()
    kiosk.pay()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    scan(kiosk)
    kiosk.phase("unknown")
    kiosk.shot("unknown-zh_CN")
    scan(kiosk, "wechat_pay")
    page.wait_for_timeout(2000)
    kiosk.phase("unknown")
    sandbox.calm()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


# -- walking away ------------------------------------------------------------------------------------------------


def test_back(kiosk):
    """Test that a customer may go back and change the order; a code of before brings nothing."""
    page = kiosk.open()
    kiosk.pay()
    kiosk.press("back")
    page.locator(".o_self_cart_page").wait_for()
    [old] = kiosk.attempts(kiosk.order())
    assert old["cn_given_up"]
    assert old["cn_kiosk"]
    page.locator(".o_self_cart_page .oi-plus, .o_self_cart_page .fa-plus").first.click()
    kiosk.go_to_pay()
    kiosk.phase("qr")
    assert [order["amount"] for order in kiosk.mine()] == [CUP_FEN, 2 * CUP_FEN]
    kiosk.customer_pays(0)
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.order()["amount_paid"] == 177.6
    kiosk.stack.wait_for(lambda: kiosk.kept() == 2 * CUP_FEN, timeout=120, what="the first payment to go back")


def test_abandoned(kiosk):
    """Test that a kiosk that nobody touches is free for the next customer, and its code given up."""
    page = kiosk.open()
    kiosk.pay()
    page.evaluate("posmodel.walletPage.state.waited = 150")
    page.locator(".o_cn_goes").wait_for()
    kiosk.shot("abandoned-zh_CN")
    page.evaluate("posmodel.walletPage.state.waited = 179")
    kiosk.first_page()
    order = kiosk.order()
    kiosk.stack.wait_for(lambda: kiosk.attempts(order)[0]["cn_given_up"], what="the code to be given up")
    assert page.evaluate("posmodel.models['pos.order'].length") == 0
    assert order["state"] == "draft"
    page.wait_for_function("posmodel.walletPayments.size === 0 && !posmodel.walletMemory")


def test_left_without_network(kiosk):
    """Test that the next customer need not wait, and that the code of the one before is given up later."""
    page = kiosk.open("en_US")
    kiosk.pay()
    order = kiosk.order()
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for(timeout=30_000)
    kiosk.press("start_over")
    kiosk.first_page()
    assert not kiosk.attempts(order)[0]["cn_given_up"]
    page.context.set_offline(False)
    page.reload()
    kiosk.first_page(timeout=60_000)
    kiosk.stack.wait_for(lambda: kiosk.attempts(order)[0]["cn_given_up"], what="the code to be given up")
    kiosk.pay()
    kiosk.customer_pays()
    kiosk.confirmed()
    kiosk.forget_gone()
    assert kiosk.kept() == CUP_FEN


def test_paid_while_going_back(kiosk):
    """Test that money that came a second before the customer pressed Back is not sent away."""
    page = kiosk.open()
    kiosk.pay()
    # No word of it reaches the kiosk before it asks for itself; an answer that is under way would set its clock again.
    page.wait_for_function("""() => {
        const [payment] = posmodel.walletPayments.values();
        payment.hint = () => {};
        clearTimeout(payment.timer);
        return !payment.state.inFlight;
    }""")
    kiosk.customer_pays()
    kiosk.press("back")
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN
    assert kiosk.payments(kiosk.order()) == [(88.8, True)]


# -- what goes wrong in between ----------------------------------------------------------------------------------


def test_reload(kiosk):
    """Test that a reload shows the same code again, and that it is one payment."""
    page = kiosk.open()
    kiosk.pay()
    page.reload()
    page.wait_for_function("window.posmodel?.router.activeSlot === 'payment'")
    kiosk.phase("qr")
    assert len(kiosk.mine()) == 1
    kiosk.customer_pays()
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN


def test_browser_is_gone(kiosk):
    """Test that the server closes the order by itself, and that the kiosk says so when it is back."""
    page = kiosk.open()
    kiosk.pay()
    again = page.context.new_page()
    again.problems, again.strangers = page.problems, page.strangers
    page.close()
    kiosk.customer_pays()
    order = kiosk.closed()
    assert kiosk.payments(order) == [(88.8, True)]
    kiosk.page = again
    again.goto(kiosk.url)
    kiosk.confirmed()
    assert kiosk.kept() == CUP_FEN
    assert len(kiosk.attempts(kiosk.order())) == 1


def test_no_network(kiosk):
    """Test that the kiosk says that it has no connection, and finds what was paid meanwhile."""
    page = kiosk.open("en_US")
    kiosk.pay()
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for(timeout=30_000)
    kiosk.shot("offline-en_US")
    kiosk.customer_pays()
    page.context.set_offline(False)
    kiosk.confirmed(timeout=40_000)
    kiosk.forget_gone()
    assert kiosk.kept() == CUP_FEN


def test_server_is_restarted(kiosk, stack):
    """Test that a restart of Odoo while the customer pays loses nothing."""
    kiosk.open()
    kiosk.pay()
    stack.odoo.kill()
    kiosk.customer_pays()
    stack.start_odoo()
    kiosk.confirmed(timeout=60_000)
    kiosk.page.problems.clear()
    assert kiosk.payments(kiosk.order()) == [(88.8, True)]
    assert kiosk.kept() == CUP_FEN


# -- the order goes another way ----------------------------------------------------------------------------------


def test_order_was_cancelled(kiosk):
    """Test that money for an order that was cancelled goes back."""
    kiosk.open()
    kiosk.pay()
    order = kiosk.order()
    assert kiosk.knock("/pos-self-order/remove-order", access_token=kiosk.config["access_token"],
                       order_id=order["id"], order_access_token=order["access_token"]) is None
    kiosk.customer_pays()
    kiosk.stack.wait_for(lambda: kiosk.mine()[-1]["state"] == "paid" and kiosk.kept() == 0, timeout=120,
                         what="the money to go back")
    kiosk.page.problems.clear()


def test_order_was_paid_at_the_counter(kiosk, stack):
    """Test that money for an order that the counter took other money for goes back."""
    page = kiosk.open()
    kiosk.pay()
    order = kiosk.order()
    stack.shell(f"""
order = env['pos.order'].browse({order['id']})
order.add_payment({{'pos_order_id': order.id, 'amount': order.amount_total,
                    'payment_method_id': order.session_id.payment_method_ids[:1].id}})
order._process_saved_order(False)
env.cr.commit()
""")
    kiosk.customer_pays()
    kiosk.stack.wait_for(lambda: kiosk.mine()[-1]["state"] == "paid" and kiosk.kept() == 0, timeout=120,
                         what="the money to go back")
    assert len(kiosk.order()["payment_ids"]) == 1
    page.close()
