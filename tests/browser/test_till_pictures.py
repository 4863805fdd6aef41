# Part of payment_cn_wallets. License LGPL-3.
"""The till in pictures: nothing is cut off or has to be scrolled, on a desk, a small desk and a phone.

Each state is reached once in each language, and its window made as large as each screen is. On a phone that says that
it is one, the till is tried in `test_till_phone.py`.
"""

import pytest
from till import DESKTOP, PANEL, PHONE, SMALL, fits
from till_clock import run_out

DISPLAY = ".o_cn_display"
SIZES = {"desktop": DESKTOP, "small": SMALL, "phone": PHONE}
DISPLAY_SIZES = {"desktop": DESKTOP, "standing": {"width": 800, "height": 1280}}

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


@pytest.fixture(params=["zh_CN", "en_US"])
def lang(request):
    return request.param


@pytest.fixture
def till(opened, lang):
    return opened(lang)


@pytest.fixture
def fits_everywhere(till, lang):
    """See that what the till shows fits each screen; then the window is a desk's again."""
    def look(name, also=lambda: None):
        for size, viewport in SIZES.items():
            till.page.set_viewport_size(viewport)
            fits(till, f"{name}-{size}-{lang}")
            also()
        till.page.set_viewport_size(DESKTOP)

    return look


def test_pictures(till, fits_everywhere):
    """Test that nothing has to be scrolled or is cut off; the pictures are for people to look at."""
    till.pay()
    till.show_code()
    fits_everywhere("qr")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    fits_everywhere("paying")
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.press("cancel")
    till.page.locator(f'{PANEL}:is([data-phase="undoing"], [data-phase="idle"])').wait_for()
    fits_everywhere("undoing")


def test_pictures_of_trouble(till, fits_everywhere):
    """Test the same with a refusal, a code that has run out, a doubt, and a network that is gone."""
    page = till.page
    till.pay()
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.customer_pays(outcome="cancel")
    till.phase("refused")
    fits_everywhere("refused")
    till.press("show")
    till.phase("qr")
    run_out(till, till.mine()[-1]["out_trade_no"])
    till.phase("expired")

    def stands_in_the_middle():
        one_line, aside = page.locator(".o_cn_code").evaluate(EXPIRED_CODE)
        assert one_line
        assert aside < 1

    fits_everywhere("expired", stands_in_the_middle)
    till.sandbox.fault("reset", scope="global", operation="charge", times=1)
    till.sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    fits_everywhere("unknown")
    page.context.set_offline(True)
    page.locator(".o_cn_trouble").wait_for()
    till.phase("unknown")
    fits_everywhere("offline")
    till.sandbox.calm()
    page.context.set_offline(False)
    till.paid(timeout=40_000)
    till.forget_gone()


def test_pictures_of_parts(till, fits_everywhere):
    """Test the same with an order of which a part is paid, and with a refund."""
    page = till.page
    till.pay()
    till.show_code()
    page.keyboard.type("50", delay=300)
    page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    till.scan("wechat_pay")
    till.phase("paid")
    fits_everywhere("part-paid")
    till.show_code()
    till.phase("qr")
    fits_everywhere("rest")
    till.customer_pays()
    till.paid()
    bring_back(till)
    till.choose()
    till.phase("idle")
    fits_everywhere("refund")
    till.sandbox.fault("refund_refused", scope="global", operation="refund")
    till.press("refund")
    till.phase("refused")
    fits_everywhere("refund-refused")
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


def test_pictures_of_display(till, lang):
    """Test the same with the customer's screen, whether it lies or stands."""
    page = till.page
    display = till.display()

    def shows(phase):
        display.locator(f'{DISPLAY}[data-phase="{phase}"]').wait_for()
        for size, viewport in DISPLAY_SIZES.items():
            display.set_viewport_size(viewport)
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
