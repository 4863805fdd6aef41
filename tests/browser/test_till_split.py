# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: several payments for one order."""

from till import CASH, SLOW


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
