# Part of payment_cn_wallets. License LGPL-3.
"""The till in pictures: nothing is cut off or has to be scrolled, on a desk, a small desk and a phone."""

import pytest
from till import DESKTOP, PANEL, PHONE, SMALL, fits
from till_clock import run_out

LANGUAGES = ("zh_CN", "en_US")
DISPLAY = ".o_cn_display"
STANDING = {"width": 800, "height": 1280}
languages = pytest.mark.parametrize("lang", LANGUAGES)
sizes = pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])

# Whether the button stands in one line, and how far its box is from the middle of the sentence under it.
EXPIRED_CODE = """(code) => {
    const middle = (box) => (box.left + box.right) / 2;
    const label = document.createRange();
    label.selectNodeContents(code.querySelector(".o_cn_again"));
    const parts = [...label.getClientRects()].filter((box) => box.width);
    const oneLine = Math.max(...parts.map((box) => box.top)) < Math.min(...parts.map((box) => box.bottom));
    const [box, sentence] = [".o_cn_qr", ".o_cn_life"].map(
        (name) => code.querySelector(name).getBoundingClientRect());
    return [oneLine, Math.abs(middle(box) - middle(sentence))];
}"""


@languages
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("small", SMALL), ("phone", PHONE)])
def test_pictures(till, lang, size, viewport):
    """Test that nothing has to be scrolled or is cut off; the pictures are for people to look at."""
    page = till.open(lang, viewport)
    till.pay()
    till.show_code()
    fits(till, f"qr-{size}-{lang}")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    fits(till, f"paying-{size}-{lang}")
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.press("cancel")
    page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    fits(till, f"undoing-{size}-{lang}")


@languages
@sizes
def test_pictures_of_trouble(till, lang, size, viewport):
    """Test the same with a refusal, a code that has run out, a doubt, and a network that is gone."""
    page = till.open(lang, viewport)
    till.pay()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.customer_pays(outcome="cancel")
    till.phase("refused")
    fits(till, f"refused-{size}-{lang}")
    till.press("show")
    till.phase("qr")
    run_out(till, till.mine()[-1]["out_trade_no"])
    till.phase("expired")
    fits(till, f"expired-{size}-{lang}")
    one_line, aside = till.page.locator(".o_cn_code").evaluate(EXPIRED_CODE)
    assert one_line
    assert aside < 1
    till.sandbox.fault("reset", scope="global", operation="charge", times=1)
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    fits(till, f"unknown-{size}-{lang}")
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    till.phase("unknown")
    fits(till, f"offline-{size}-{lang}")
    till.sandbox.calm()
    page.context.set_offline(False)
    till.paid(timeout=40_000)
    till.forget_gone()


@languages
@sizes
def test_pictures_of_parts(till, lang, size, viewport):
    """Test the same with an order of which a part is paid, and with a refund."""
    page = till.open(lang, viewport)
    till.pay()
    till.show_code()
    page.keyboard.type("50", delay=300)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.scan("wechat_pay")
    till.phase("paid")
    fits(till, f"part-paid-{size}-{lang}")
    till.show_code()
    till.phase("qr")
    fits(till, f"rest-{size}-{lang}")
    till.customer_pays()
    till.paid()
    bring_back(till)
    till.choose()
    till.phase("idle")
    fits(till, f"refund-{size}-{lang}")
    till.sandbox.fault("refund_refused", scope="global", operation="refund")
    till.press("refund")
    till.phase("refused")
    fits(till, f"refund-refused-{size}-{lang}")
    till.sandbox.calm()
    till.press("refund")
    till.paid()


def bring_back(till):
    """From the receipt: everything that was just sold is brought back; ends on the payment screen."""
    till.page.evaluate("""() => {
        const sold = posmodel.getOrder();
        const refund = posmodel.addNewOrder();
        for (const line of sold.lines) {
            posmodel.models['pos.order.line'].create({
                order_id: refund, product_id: line.product_id, qty: -line.qty, price_unit: line.price_unit,
                tax_ids: line.tax_ids.map((tax) => ['link', tax]), refunded_orderline_id: line, price_type: 'automatic',
            });
        }
        refund.is_refund = true;
        posmodel.navigate('PaymentScreen', {orderUuid: refund.uuid});
    }""")
    till.page.locator(".payment-screen").wait_for()


@languages
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("standing", STANDING)])
def test_pictures_of_display(till, lang, size, viewport):
    """Test the same with the customer's screen, whether it lies or stands."""
    page = till.open(lang)
    display = till.display()
    display.set_viewport_size(viewport)

    def shows(phase):
        display.locator(f'{DISPLAY}[data-phase="{phase}"]').wait_for()
        fits(till, f"display-{phase}-{size}-{lang}", display, DISPLAY)

    till.pay()
    till.show_code()
    page.keyboard.type("50")
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.phase("qr")
    shows("qr")
    till.scan("alipay", confirm=True)
    shows("paying")
    till.customer_pays()
    shows("paid")
