# Part of payment_cn_wallets. License LGPL-3.
"""The wallets under other settings of Odoo's till: rounding, receipts that nobody waits for, invoices, quick cash."""

import pytest
from every_case import dealt
from till import CASH, PANEL


@pytest.fixture
def configure(stack):
    """Change the till's settings until the test ends."""
    till, before = stack.till(), {}

    def change(**values):
        [now] = stack.rpc("pos.config", "read", [[till], list(values)], {"load": False})
        before.update({name: value for name, value in now.items() if name != "id" and name not in before})
        stack.rpc("pos.config", "write", [[till], values])

    yield change
    if before:
        stack.rpc("pos.config", "write", [[till], {
            name: [(6, 0, value)] if isinstance(value, list) else value for name, value in before.items()}])


@pytest.fixture
def rounding(stack):
    """Fen are dropped: 抹零."""
    accounts = stack.rpc("account.account", "search", [[("account_type", "in", ("income_other", "expense"))]],
                         {"limit": 1})
    return stack.rpc("account.cash.rounding", "create", [{
        "name": "抹零", "rounding": 0.1, "rounding_method": "DOWN", "strategy": "add_invoice_line",
        "profit_account_id": accounts[0], "loss_account_id": accounts[0]}])


def price(till, yuan):
    """Give the one piece in the cart another price."""
    till.page.evaluate("(yuan) => posmodel.getOrder().lines[0].setUnitPrice(yuan)", yuan)
    till.page.wait_for_function("(yuan) => posmodel.getOrder().priceIncl === yuan", arg=yuan)


@pytest.mark.parametrize(("rounded", "scene"), dealt(["all", "cash"], ["qr", "code"]))
def test_rounding(till, no_open_tills, configure, rounding, rounded, scene):
    """Test that a wallet pays the rounded amount where all payments are rounded, and every fen where only cash is.

    The session closes with the difference in its books, which Odoo finds only while the setting is on.
    """
    cash_only, fen = {"all": (False, 8880), "cash": (True, 8887)}[rounded]
    configure(cash_rounding=True, rounding_method=rounding, only_round_cash_method=cash_only)
    till.open("en_US")
    till.sell()
    price(till, 88.87)
    till.to_payment()
    till.show_code()
    if scene == "qr":
        till.customer_pays()
    else:
        till.scan("wechat_pay")
    till.paid()
    till.booked(fen)
    assert till.charged() == [fen]
    till.page.close()
    till.close_session()
    till.open_session()


def test_receipt_is_printed_and_skipped(till, configure):
    """Test that a till that prints by itself and skips the receipt is ready for the next sale."""
    configure(iface_print_auto=True, iface_print_skip_screen=True)
    page = till.open("en_US")
    page.evaluate("window.print = () => { window.printed = (window.printed || 0) + 1; }")
    till.sell()
    uuid = page.evaluate("posmodel.getOrder().uuid")
    till.scan("wechat_pay")
    page.wait_for_function("(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).state === 'paid'", arg=uuid)
    page.wait_for_function("posmodel.router.state.current === 'ProductScreen'", timeout=30_000)
    assert page.evaluate("posmodel.getOrder().lines.length") == 0
    till.sell()
    till.scan("alipay")
    page.wait_for_function("posmodel.router.state.current === 'FeedbackScreen'")
    page.wait_for_function("posmodel.router.state.current === 'ProductScreen'", timeout=30_000)
    assert till.charged() == [8880, 8880]


def test_no_automatic_validation(till, configure):
    """Test that the cashier ends the sale where the till does not: a scan that is not for one step only pays."""
    configure(auto_validate_terminal_payment=False)
    page = till.open("en_US")
    till.pay()
    till.show_code()
    till.scan("wechat_pay")
    till.phase("paid")
    page.wait_for_timeout(1000)
    assert page.locator(".payment-screen").count()
    page.locator(".validation-button:visible").click()
    till.paid()
    till.booked()
    assert till.charged() == [8880]


def test_invoice(counter):
    """Test that an order that was paid by wallet is invoiced, and the invoice paid."""
    till, page = counter, counter.page
    till.pay()
    page.evaluate("""() => {
        const order = posmodel.getOrder();
        order.setPartner(posmodel.models["res.partner"].find((one) => one.name && one.id !== 1));
        order.setToInvoice(true);
    }""")
    till.show_code()
    with page.expect_download(timeout=60_000):
        till.scan("wechat_pay")
    till.paid()
    till.booked()
    uuid = page.evaluate("posmodel.getOrder().uuid")
    [order] = till.stack.rpc("pos.order", "search_read", [[("uuid", "=", uuid)]], {"fields": ["account_move", "state"]})
    [move] = till.stack.rpc("account.move", "read", [[order["account_move"][0]], ["payment_state", "amount_residual"]])
    assert (move["payment_state"], move["amount_residual"]) == ("paid", 0)


@pytest.mark.parametrize("state", ["code", "password"])
def test_quick_cash(opened, stack, configure, state):
    """Test that Odoo's one-click cash ends a sale whose code nobody paid, and waits for one that is being paid."""
    [cash] = stack.rpc("pos.payment.method", "search", [[
        ("config_ids", "=", stack.till()), ("is_cash_count", "=", True)]])
    configure(use_fast_payment=True, fast_payment_method_ids=[(6, 0, [cash])])
    till = opened(name="quick cash")
    page = till.page
    till.pay()
    if state == "code":
        till.show_code()
    else:
        till.ask_for_password()
    page.evaluate("posmodel.navigate('ProductScreen', { orderUuid: posmodel.getOrder().uuid })")
    quick = page.locator(".product-screen .validation button", has_text=CASH)
    if state == "password":
        quick.click()
        till.says("under way")
        assert [line[1] for line in till.lines()] == ["waiting"]
        page.locator(".pay-order-button").first.click()
        till.phase("paying")
        till.customer_pays()
        till.paid()
        till.booked()
        assert till.kept() == 8880
        return
    quick.click()
    till.paid()
    assert [line[0] for line in till.lines()] == [88.8]
    assert not page.locator(PANEL).count()
    till.customer_pays()
    till.stack.wait_for(lambda: till.kept() == 0, timeout=120, every=1, what="the money of the old code to go back")
