# Part of payment_cn_wallets. License LGPL-3.
"""The end of the day in Chromium: what each wallet brought through each gateway, to the fen, on screen and on paper."""

import re

from till import CANDY, CASH, CUP

POPUP = ".close-pos-popup"
CUP_YUAN, CANDY_YUAN = 88.80, 9.99
# The till's printer, which nobody has here, shows what it was given.
PRINTER = """() => {
    posmodel.hardwareProxy.printer = {
        printReceipt: async (report) => {
            window.printed = report.innerText || report.textContent;
            window.printedRows = [...report.querySelectorAll(".pos-receipt-left-padding")].map((row) => [
                row.firstChild.textContent.trim(), row.querySelector(".pos-receipt-right-align")?.textContent.trim()]);
            return {successful: true};
        },
    };
}"""


def yuan(text):
    [amount] = re.findall(r"-?[\d,]+\.\d\d", text.replace("- ", "-"))
    return float(amount.replace(",", ""))


def sell(till, product, wallet=None):
    till.pay(product)
    if wallet:
        till.scan(wallet)
    else:
        till.choose(CASH)
        till.page.locator(".validation-button").click()
    till.paid()


def gateway_names(till):
    ids = {code: till.stack.provider(code) for code in ("huishouyin", "wechat_pay")}
    rows = till.stack.rpc("payment.provider", "read", [list(ids.values()), ["name"]], {"context": {"lang": "en_US"}})
    names = {row["id"]: row["name"] for row in rows}
    return names[ids["huishouyin"]], names[ids["wechat_pay"]]


def test_totals_of_the_day(till, no_open_tills, route):
    """Test that wallets, gateways and refunds are added up, apart from cash, on the popup and on the till's report."""
    till.open_session()
    till.close_session()
    till.open_session()
    route("huishouyin")
    page = till.open("en_US")
    sell(till, CUP, "alipay")
    till.next_order()
    sell(till, CANDY, "alipay")
    till.next_order()
    sell(till, CUP)
    till.next_order()
    route("direct")
    sell(till, CANDY, "wechat_pay")
    till.next_order()
    sell(till, CUP, "wechat_pay")
    till.refund()
    till.choose()
    till.press("refund")
    till.paid()
    till.next_order()
    aggregator, direct = gateway_names(till)

    page.evaluate(PRINTER)
    page.locator(".pos-topheader .fa-bars").click()
    page.locator(".pos-burger-menu-items .dropdown-item", has_text="Close Register").click()
    page.locator(POPUP).wait_for()
    rows = [row.locator("span").all() for row in page.locator(f"{POPUP} .o_cn_total").all()]
    shown = [(" ".join(row[0].inner_text().split()), yuan(row[-1].inner_text())) for row in rows]
    expected = {
        f"Alipay ({aggregator}) × 2": round(CUP_YUAN + CANDY_YUAN, 2),
        (f"WeChat Pay ({direct})" if direct != "WeChat Pay" else direct) + " × 2": round(CUP_YUAN + CANDY_YUAN, 2),
        "Refunds × 1": -CUP_YUAN,
    }
    assert sorted(shown) == sorted(expected.items())
    overview = page.locator(f"{POPUP} .payment-methods-overview > div", has=page.locator(".o_cn_total"))
    total = yuan(overview.locator("div").first.inner_text())
    assert total == round(sum(expected.values()), 2) == round(CUP_YUAN + 2 * CANDY_YUAN, 2)
    till.shot("closing-totals-en_US")

    page.locator(f"{POPUP} .fa-print").click()
    page.wait_for_function("window.printed")
    printed = {name: float(amount) for name, amount in page.evaluate("printedRows") if name in (
        f"Alipay, {aggregator}", ", ".join(dict.fromkeys(("WeChat Pay", direct))))}
    assert printed == {
        f"Alipay, {aggregator}": round(CUP_YUAN + CANDY_YUAN, 2),
        ", ".join(dict.fromkeys(("WeChat Pay", direct))): CANDY_YUAN,
    }, page.evaluate("printed")
