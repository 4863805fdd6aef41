# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: scanner, code on the screen, waiting, doubt, and what goes wrong in between."""

import pytest
from till import CANDY, CASH, DESKTOP, FAST, PANEL, PHONE, SLOW, SMALL, VERY_SLOW, WALLETS, Till

CUP_FEN = 8880


@pytest.fixture
def till(stack, open_page, sandbox):
    sandbox.call("settings", {"qq_wait": 0, "earliest_reverse": 0})
    return Till(stack, open_page, sandbox)


# -- scanner -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [FAST, SLOW, VERY_SLOW])
def test_every_wallet(till, delay):
    """Test that one scan sells, whatever wallet it is and however slow the scanner."""
    till.open()
    for number, wallet in enumerate(WALLETS, 1):
        till.pay()
        till.show_code()
        till.scan(wallet, delay)
        till.paid()
        [(amount, status, name)] = till.lines()
        assert (amount, status) == (88.8, "done")
        assert name
        assert till.charged() == [CUP_FEN] * number
        till.next_order()


def test_scan_before_the_button(till):
    """Test that a scan on the payment screen is a press of the button as well."""
    till.open()
    till.pay()
    till.scan("alipay", SLOW)
    till.paid()
    assert till.charged() == [CUP_FEN]


@pytest.mark.parametrize("delay", [FAST, SLOW])
def test_sale_in_one_step(till, delay):
    """Test that a scan on the product screen sells, with what is in the cart and nothing else."""
    page = till.open("en_US")
    till.scan()
    till.says("Nothing is to be paid yet")
    till.sell()
    till.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    till.scan("wechat_pay", delay)
    till.paid()
    assert till.charged() == [CUP_FEN + 999]
    assert page.evaluate("posmodel.getOrder().lines.map((line) => line.qty)") == [1, 1]


def test_scanner_without_end_of_line(till):
    """Test that a scanner that sends no Enter is understood."""
    till.open()
    till.pay()
    till.show_code()
    till.scan("wechat_pay", SLOW, end=None)
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_scanned_twice(till):
    """Test that a nervous hand charges once."""
    till.open()
    till.pay()
    till.show_code()
    first, second = till.code(), till.code("alipay")
    till.type(first)
    till.type(second)
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_what_is_no_payment_code(till):
    """Test that other codes charge nothing, change nothing, and say what to do."""
    till.open("en_US")
    till.pay()
    till.show_code()
    till.type("6900000000006")
    till.says("This is no payment code")
    till.type("999999999999999999", SLOW)
    till.says("does not know this payment code")
    till.type("https://qr.alipay.com/fkx00000")
    till.says("not a payment code")
    till.page.wait_for_timeout(500)
    assert till.lines() == [(88.8, "pending", "")]
    assert till.charged() == []
    till.scan()
    till.paid()


def test_refused_code(till, sandbox):
    """Test that a refusal is said on the panel, and that the next scan works."""
    till.open("en_US")
    till.pay()
    till.show_code()
    sandbox.fault("no_balance", operation="charge")
    till.scan("alipay")
    till.phase("refused")
    till.shot("refused-en_US")
    assert till.lines() == [(88.8, "pending", "")]
    till.scan("wechat_pay")
    till.paid()
    assert till.charged() == [CUP_FEN]


# -- code on the screen ------------------------------------------------------------------------------------------


def test_code_on_both_screens(till):
    """Test that the customer scans the till or the customer's screen, and that nobody presses anything."""
    page = till.open("en_US")
    display = till.display()
    till.pay()
    till.show_code()
    display.locator('.o_cn_display[data-phase="qr"] svg').wait_for()
    till.shot("display-qr-en_US", display)
    page.locator(f"{PANEL} [role=tab]", has_text="QQ Wallet").click()
    page.locator(f'{PANEL}[data-phase="qr"][data-wallet="qq_wallet"]').wait_for()
    display.locator('.o_cn_display[data-wallet="qq_wallet"] svg').wait_for()
    till.customer_pays()
    till.paid()
    display.locator(".o_cn_display").wait_for(state="detached")
    assert till.charged() == [CUP_FEN]


def test_display_tells_the_customer(till):
    """Test that the customer's screen asks for the password and thanks."""
    page = till.open("en_US")
    display = till.display()
    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.scan("alipay", confirm=True)
    display.locator('.o_cn_display[data-phase="paying"]').wait_for()
    till.shot("display-paying-en_US", display)
    till.customer_pays()
    display.locator('.o_cn_display[data-phase="paid"]').wait_for()
    till.shot("display-paid-en_US", display)


def test_amount_retires_the_code(till):
    """Test that a code for another amount is gone at once, and that only the new one is paid."""
    page = till.open()
    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.locator(f'{PANEL}[data-phase="making"]').wait_for()
    page.locator(".o_cn_qr svg").wait_for()
    assert till.mine()[-1]["amount"] == 5000
    till.customer_pays()
    till.phase("paid")
    assert till.lines()[0][:2] == (50, "done")
    till.choose(CASH)
    page.locator(".validation-button").click()
    till.paid()
    assert till.charged() == [5000]


def test_removed_code(till):
    """Test that a code on the screen goes with its line, at the gateway too."""
    page = till.open()
    till.pay()
    till.show_code()
    page.locator(".paymentline .delete-button").click()
    page.locator(PANEL).wait_for(state="detached")
    assert till.lines() == []
    till.choose(CASH)
    assert till.lines() == [(88.8, "", "")]
    uuid = till.stack.rpc("payment.transaction", "search_read", [
        [("cn_out_trade_no", "=", till.mine()[-1]["out_trade_no"])]], {"fields": ["cn_given_up"]})
    assert uuid[0]["cn_given_up"]


# -- waiting and doubt -------------------------------------------------------------------------------------------


def test_password(till):
    """Test that the till waits for the password, and goes on by itself."""
    till.open()
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    assert till.lines() == [(88.8, "waiting", "")]
    assert till.page.locator(".o_cn_countdown").inner_text()
    till.customer_pays()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_cancel(till):
    """Test that a cancelled payment is undone before another way to pay is taken."""
    till.open("en_US")
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.choose(CASH)
    till.says("under way")
    assert till.lines() == [(88.8, "waiting", "")]
    till.press("cancel")
    till.page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    if till.page.locator(".o_cn_hand_over").count():
        till.press("hand_over")
    till.phase("idle")
    till.choose(CASH)
    till.page.wait_for_function("posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    till.page.locator(".validation-button").click()
    till.paid()
    assert till.charged() == []


def test_unknown_then_paid(till, sandbox):
    """Test that a doubt stays a doubt until the gateway tells, and that it was one charge."""
    till.open("en_US")
    till.pay()
    till.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="all", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    till.page.wait_for_timeout(2500)
    till.phase("unknown")
    till.shot("unknown-en_US")
    till.type(till.code())
    till.says("under way")
    till.page.locator(".validation-button").click(force=True)
    sandbox.calm()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_go_on_without_it(till, sandbox):
    """Test that the queue goes on at once after a doubt."""
    till.open("en_US")
    till.pay()
    till.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="all", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    till.press("hand_over")
    till.phase("idle")
    till.shot("handed-over-en_US")
    sandbox.calm()
    till.scan("wechat_pay")
    till.paid()
    assert len(till.charged()) == 2  # the first goes back by itself
    first = next(order["out_trade_no"] for order in till.mine()
                 if order["wallet"] == "alipay" and order["state"] == "paid")
    till.stack.wait_for(lambda: any(
        refund["state"] == "success" for refund in till.sandbox.order(first)["refunds"]) or
        till.sandbox.order(first)["state"] != "paid", timeout=90, what="the money to go back")


# -- what goes wrong in between ----------------------------------------------------------------------------------


def test_reload_while_the_password_is_typed(till):
    """Test that a reload of the page loses nothing."""
    page = till.open()
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    page.reload()
    till.phase("paying", timeout=60_000)
    assert till.lines() == [(88.8, "waiting", "")]
    till.customer_pays()
    till.paid()
    assert till.charged() == [CUP_FEN]


def test_tab_closed_while_the_code_is_shown(till):
    """Test that what was paid while the tab was closed is found when the till is opened again."""
    page = till.open()
    till.pay()
    till.show_code()
    url = page.url
    again = page.context.new_page()
    again.problems, again.strangers = page.problems, page.strangers
    page.close()
    till.customer_pays()
    till.page = again
    again.goto(url)
    again.locator(".receipt-screen, .payment-screen").first.wait_for(timeout=60_000)
    again.wait_for_function("posmodel.getOrder()?.payment_ids[0]?.payment_status === 'done'", timeout=30_000)
    assert till.charged() == [CUP_FEN]


def test_no_network(till):
    """Test that the till says that the server can't be reached, waits, and recovers by itself."""
    page = till.open("en_US")
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
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
    page = till.open("en_US")
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
    page = till.open("en_US")
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.sandbox.fault("http_5xx", scope="all", operation="query")
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


# -- several payments --------------------------------------------------------------------------------------------


def test_part_cash_part_wallet(till):
    """Test that cash and a wallet pay together, and that a paid line stays as it is."""
    page = till.open()
    till.pay()
    till.choose(CASH)
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.show_code()
    assert till.lines()[1][:2] == (38.8, "pending")
    till.scan("wechat_pay", SLOW)
    till.paid()
    assert [line[0] for line in till.lines()] == [50, 38.8]
    assert till.charged() == [3880]


def test_two_wallets(till):
    """Test that two wallets pay together, and that what is paid can't be changed or removed."""
    page = till.open()
    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.scan("wechat_pay")
    till.phase("paid")
    till.shot("part-paid-zh_CN")
    assert page.locator(".paymentline .delete-button").count() == 0
    for key in ("Backspace", "Delete", "Delete", "7"):
        page.keyboard.press(key)
        page.wait_for_timeout(250)
    assert till.lines()[0][:2] == (50, "done")
    till.show_code()
    till.scan("alipay", SLOW)
    till.paid()
    assert [line[:2] for line in till.lines()] == [(50, "done"), (38.8, "done")]
    assert sorted(till.charged()) == [3880, 5000]


def test_more_than_is_due(till):
    """Test that a wallet is never charged more than is due."""
    page = till.open("en_US")
    till.pay()
    till.show_code()
    page.keyboard.type("500", delay=300)
    till.says("at most what is due")
    assert till.lines() == [(88.8, "pending", "")]


# -- refunds and other tills -------------------------------------------------------------------------------------


def test_refund(till):
    """Test that money goes back to the wallet that paid, after one press, and never twice."""
    page = till.open("en_US")
    till.pay()
    till.scan("wechat_pay")
    till.paid()
    till.next_order()
    page.locator("button", has_text="Orders").first.click()
    page.locator(".ticket-screen .dropdown-toggle").first.click()
    page.locator(".dropdown-item, .o-dropdown-item").filter(has_text="Paid").first.click()
    page.locator(".order-row").first.click()
    page.locator(".ticket-screen .orderline").first.click()
    page.keyboard.type("1")
    page.wait_for_timeout(300)
    page.locator("button", has_text="Refund").last.click()
    page.locator(".payment-screen").wait_for()
    till.choose()
    till.phase("idle")
    till.shot("refund-en_US")
    till.choose()  # pressed twice
    till.scan()
    till.says("nothing is charged")
    assert till.lines() == [(-88.8, "", "")]
    till.press("refund")
    till.paid()
    assert till.lines()[0][:2] == (-88.8, "done")
    number = next(order["out_trade_no"] for order in till.mine() if order["state"] == "paid")
    assert [refund["amount"] for refund in till.sandbox.order(number)["refunds"]] == [CUP_FEN]


def test_another_till_goes_on(till, open_page):
    """Test that an order that was kept while the customer typed the password is finished at another till."""
    page = till.open()
    till.pay()
    till.show_code()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    uuid = page.evaluate("posmodel.getOrder().uuid")
    page.evaluate("posmodel.syncAllOrders({orders: [posmodel.getOrder()], force: true})")
    other = Till(till.stack, open_page, till.sandbox)
    other.known = till.known
    second = other.open()
    second.evaluate("""(uuid) => {
        const order = posmodel.models['pos.order'].getBy('uuid', uuid);
        posmodel.setOrder(order);
        posmodel.navigate('PaymentScreen', {orderUuid: uuid});
    }""", uuid)
    other.phase("paying")
    page.close()
    other.customer_pays()
    other.paid()
    assert till.charged() == [CUP_FEN]
    [tied] = till.stack.rpc("pos.payment", "search_read", [[("pos_order_id.uuid", "=", uuid)]],
                            {"fields": ["cn_transaction_id"]})
    assert tied["cn_transaction_id"]


# -- pictures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh_CN", "en_US"])
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("small", SMALL), ("phone", PHONE)])
def test_pictures(till, lang, size, viewport):
    """Test that nothing has to be scrolled or is cut off; the pictures are for people to look at."""
    page = till.open(lang, viewport)
    till.pay()
    till.show_code()
    _fits(till, f"qr-{size}-{lang}")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    _fits(till, f"paying-{size}-{lang}")
    till.sandbox.fault("http_5xx", scope="all", operation="query")
    till.press("cancel")
    page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    _fits(till, f"undoing-{size}-{lang}")


def _fits(till, name):
    page = till.page
    page.wait_for_timeout(1200)  # Odoo fades the amount in
    till.shot(name)
    for element in (PANEL, "html"):
        high, room, wide, width = page.locator(element).evaluate(
            "(el) => [el.scrollHeight, el.clientHeight, el.scrollWidth, el.clientWidth]")
        assert high <= room + 1, f"{element} has to be scrolled: {high} in {room}"
        assert wide <= width + 1, f"{element} is too wide: {wide} in {width}"
