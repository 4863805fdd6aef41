# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what the customer takes home, the first time and when it is printed again."""

import io

import pytest
import zxingcpp
from every_case import every_case
from PIL import Image
from till import CUP_FEN

COUPON_FEN = 100
WORDS = {
    "zh_CN": ("支付宝", "钱包优惠", "顾客实付"),
    "en_US": ("Alipay", "Coupon of the wallet", "Paid by the customer"),
}


def bar_code(page):
    """Photograph the bar code of the receipt and read it."""
    picture = page.locator(".o_cn_receipt_code").first.screenshot()
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return found.text


@pytest.mark.parametrize("lang", every_case(["zh_CN"], WORDS))
def test_receipt(till, route, lang):
    """Test that the receipt says who paid what, and by which numbers the payment is found; reprinted too."""
    route("direct")
    # As fine as a receipt printer, for the bar code.
    page = till.open(lang, page=till.open_page(lang=lang, device_scale_factor=3))
    till.pay()
    till.show_code()
    till.sandbox.fault("coupon", operation="charge", coupon=COUPON_FEN)
    till.scan("alipay")
    till.paid()
    attempt = till.booked()
    till.shot(f"receipt-{lang}")
    first = till.receipt()
    for word in (*WORDS[lang], "1.00", "87.80", attempt["cn_out_trade_no"], attempt["provider_reference"]):
        assert word in first
    assert bar_code(page) == attempt["cn_out_trade_no"]
    page.reload()  # from here on the till knows what the server knows
    page.locator(".receipt-screen, .product-screen").first.wait_for(timeout=60_000)
    page.wait_for_function("window.posmodel?.getOrder() && !document.querySelector('.pos-loader')")
    again = page.evaluate("""async (number) => {
        const order = posmodel.models['pos.order'].find((one) =>
            one.payment_ids.some((line) => line.payment_ref_no === number))
            || (await posmodel.data.searchRead('pos.order', [['payment_ids.payment_ref_no', '=', number]]))[0];
        posmodel.setOrder(order);
        posmodel.navigate('ReceiptScreen', {orderUuid: order.uuid});
        return true;
    }""", attempt["cn_out_trade_no"])
    assert again
    page.locator(".receipt-screen .o_cn_receipt").wait_for()
    till.shot(f"receipt-again-{lang}")
    second = till.receipt()
    for word in (*WORDS[lang], "1.00", "87.80", attempt["cn_out_trade_no"], attempt["provider_reference"]):
        assert word in second
    assert bar_code(page) == attempt["cn_out_trade_no"]
    assert till.kept() == CUP_FEN
