# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what a scanner types, at whatever pace, and what is no payment code."""

import pytest
from till import CANDY, CUP_FEN, FAST, SLOW, VERY_SLOW, WALLETS


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
