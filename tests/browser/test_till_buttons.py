# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium with two buttons for wallets: each shop has its reasons, and each button its contracts."""

import pytest
from every_case import dealt
from shop import Sandbox
from till import CUP_FEN, FAST, PANEL, VERY_SLOW, Till

WALLETS = {"wechat_pay": "Scan to pay", "alipay": "Alipay button"}


@pytest.fixture(scope="module")
def second_button(stack, open_tills):
    """The till's button with WeChat Pay and QQ Wallet, and a second one with Alipay."""
    open_tills.close()
    till, config = Till(stack, None, Sandbox(stack.sandbox_url)), stack.till()
    [first] = stack.rpc("pos.payment.method", "search", [[("use_payment_terminal", "=", "cn_wallets")]])
    [before] = stack.rpc("pos.payment.method", "read", [[first], ["cn_provider_ids", "journal_id"]])
    till.open_session()
    till.close_session()
    stack.rpc("pos.payment.method", "write", [[first], {
        "cn_provider_ids": [(6, 0, [stack.provider("wechat_pay"), stack.provider("qq_wallet")])]}])
    second = stack.rpc("pos.payment.method", "create", [{
        "name": "Alipay button", "payment_method_type": "terminal", "use_payment_terminal": "cn_wallets",
        "journal_id": before["journal_id"][0],
        "cn_provider_ids": [(6, 0, [stack.provider("alipay")])], "sequence": 5}])
    stack.rpc("pos.config", "write", [[config], {"payment_method_ids": [(4, second)]}])
    till.open_session()
    yield
    open_tills.close()
    till.close_session()
    stack.rpc("pos.config", "write", [[config], {"payment_method_ids": [(3, second)]}])
    stack.rpc("pos.payment.method", "write", [[second], {"active": False}])
    stack.rpc("pos.payment.method", "write", [[first], {"cn_provider_ids": [(6, 0, before["cn_provider_ids"])]}])
    till.open_session()


@pytest.fixture
def two_buttons(second_button, opened):
    """A till with both."""
    return opened(name="two buttons")


@pytest.mark.parametrize(("wallet", "screen", "delay"), dealt(
    [*WALLETS] * 2, ["products", "products", "payment", "payment"], [FAST, VERY_SLOW, VERY_SLOW, FAST]))
def test_each_button_takes_its_wallets(two_buttons, wallet, screen, delay):
    """Test that a scan goes to the button whose contracts its wallet is of, from the products and from the payment."""
    till = two_buttons
    till.sell()
    if screen == "payment":
        till.to_payment()
    till.scan(wallet, delay)
    till.paid()
    assert till.charged() == [CUP_FEN]
    assert till.page.evaluate("posmodel.getOrder().payment_ids.map((line) => line.payment_method_id.name)") == [
        WALLETS[wallet]]


def test_code_of_the_other_button(two_buttons):
    """Test that the cashier is told which button takes a code, when another one's is on the screen."""
    till = two_buttons
    till.pay()
    till.show_code()
    assert till.page.locator(f"{PANEL} [role=tab]").count() == 2
    till.scan("alipay")
    till.says("Press “Alipay button”, then scan")
    assert till.lines() == [(88.8, "pending", "")]
    assert till.charged() == []
    till.scan("wechat_pay")
    till.paid()
    assert till.charged() == [CUP_FEN]
    till.next_order()
    till.sell()
    till.scan("jd_pay")
    till.says("does not know this payment code")
    assert till.charged() == [CUP_FEN]
