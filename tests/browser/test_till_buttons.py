# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium with two buttons for wallets: each shop has its reasons, and each button its contracts."""

import re

import pytest
from till import CUP_FEN, FAST, PANEL, VERY_SLOW

SECOND = re.compile("Alipay button")


@pytest.fixture
def two_buttons(till):
    """The till's button with WeChat Pay and QQ Wallet, and a second one with Alipay."""
    stack, config = till.stack, till.stack.till()
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
    till.open("en_US")
    yield till
    till.page.close()
    till.close_session()
    stack.rpc("pos.config", "write", [[config], {"payment_method_ids": [(3, second)]}])
    stack.rpc("pos.payment.method", "write", [[second], {"active": False}])
    stack.rpc("pos.payment.method", "write", [[first], {"cn_provider_ids": [(6, 0, before["cn_provider_ids"])]}])
    till.open_session()


def test_each_button_takes_its_wallets(two_buttons):
    """Test that a scan goes to the button whose contracts its wallet is of, from the products and from the payment."""
    till = two_buttons
    page = till.page
    names = "posmodel.getOrder().payment_ids.map((line) => line.payment_method_id.name)"
    sold = 0
    for wallet, name in (("wechat_pay", "Scan to pay"), ("alipay", "Alipay button")):
        for to_payment, delay in ((False, FAST), (False, VERY_SLOW), (True, FAST), (True, VERY_SLOW)):
            till.sell()
            if to_payment:
                till.to_payment()
            till.scan(wallet, delay)
            till.paid()
            sold += 1
            assert till.charged() == [CUP_FEN] * sold
            assert page.evaluate(names) == [name]
            till.next_order()


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
