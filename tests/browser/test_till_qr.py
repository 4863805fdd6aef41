# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: the code on the till's and the customer's screen."""

from till import CASH, CUP_FEN, PANEL


def test_code_on_both_screens(counter):
    """Test that the customer scans the till or the customer's screen, and that nobody presses anything."""
    till, page = counter, counter.page
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


def test_display_tells_the_customer(counter):
    """Test that the customer's screen asks for the password and thanks."""
    till, page = counter, counter.page
    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    display = till.display()
    display.locator('.o_cn_display[data-phase="qr"] svg').wait_for()  # opened just now, and not "Welcome"
    till.scan("alipay", confirm=True)
    till.titled("The customer is entering the password in Alipay")
    display.locator('.o_cn_display[data-phase="paying"]').wait_for()
    till.shot("display-paying-en_US", display)
    till.customer_pays()
    display.locator('.o_cn_display[data-phase="paid"]').wait_for()
    till.shot("display-paid-en_US", display)
    display.locator(".o_cn_display").wait_for(state="detached")  # there is more to be paid


def test_amount_retires_the_code(counter):
    """Test that a code for another amount is gone at once, and that only the new one is paid."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.keyboard.type("50")
    page.locator(f'{PANEL}[data-phase="making"]').wait_for()
    page.locator(".o_cn_qr svg").wait_for()
    assert counter.mine()[-1]["amount"] == 5000
    counter.customer_pays()
    counter.phase("paid")
    assert counter.lines()[0][:2] == (50, "done")
    counter.choose(CASH)
    page.locator(".validation-button").click()
    counter.paid()
    assert counter.charged() == [5000]


def test_removed_code(counter):
    """Test that a code on the screen goes with its line, at the gateway too."""
    page = counter.page
    counter.pay()
    counter.show_code()
    page.locator(".paymentline .delete-button").click()
    page.locator(PANEL).wait_for(state="detached")
    assert counter.lines() == []
    counter.choose(CASH)
    assert counter.lines() == [(88.8, "", "")]
    uuid = counter.stack.rpc("payment.transaction", "search_read", [
        [("cn_out_trade_no", "=", counter.mine()[-1]["out_trade_no"])]], {"fields": ["cn_given_up"]})
    assert uuid[0]["cn_given_up"]
