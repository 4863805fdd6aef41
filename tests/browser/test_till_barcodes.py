# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: payment codes among the bar codes of products, with and without the rules of GS1."""

import pytest
from every_case import every_case
from till import CANDY_CODE, CUP_FEN, FAST, GONE, SLOW, VERY_SLOW

PREFIXES = {
    **dict.fromkeys(("10", "11", "12", "13", "14", "15"), "wechat_pay"),
    **dict.fromkeys(("25", "26", "27", "28", "29", "30"), "alipay"),
    "18": "jd_pay", "91": "qq_wallet", "62": "unionpay",
}
GTIN = "06901234567892"
# A product with its expiry date, as GS1 writes it: 24 digits.
GS1_CODE = f"01{GTIN}17261231"
# 18 digits that begin as WeChat Pay's do. (With 10 they are a lot's, by Odoo's own rules.)
PACKAGE_CODE = "119876543210987654"


def code_of(till, prefix):
    """A payment code that begins with ``prefix``."""
    for _attempt in range(500):
        code = till.code(PREFIXES[prefix])
        if code.startswith(prefix):
            return code
    raise AssertionError(f"no code begins with {prefix}")


@pytest.fixture
def gs1(stack, product, opened):
    """Open a till whose company's bar codes are read by GS1: ``gs1(fallback=True)``."""
    [till] = stack.rpc("pos.config", "read", [[stack.till()], ["company_id", "fallback_nomenclature_id"]])
    company = till["company_id"][0]
    [before] = stack.rpc("res.company", "read", [[company], ["nomenclature_id"]])

    def nomenclature(module, name):
        [found] = stack.rpc("ir.model.data", "search_read", [[("module", "=", module), ("name", "=", name)]],
                            {"fields": ["res_id"]})
        return found["res_id"]

    def setting(fallback):
        stack.rpc("res.company", "write", [[company], {
            "nomenclature_id": nomenclature("barcodes_gs1_nomenclature", "default_gs1_nomenclature")}])
        stack.rpc("pos.config", "write", [[stack.till()], {
            "fallback_nomenclature_id": fallback and nomenclature("barcodes", "default_barcode_nomenclature")}])
        return opened(name=f"GS1, fallback {fallback}")

    yield setting
    stack.rpc("res.company", "write", [[company], {"nomenclature_id": before["nomenclature_id"][0]}])
    stack.rpc("pos.config", "write", [[stack.till()], {
        "fallback_nomenclature_id": till["fallback_nomenclature_id"] and till["fallback_nomenclature_id"][0]}])


@pytest.fixture(scope="module")
def product(stack):
    """A product with a bar code of 14 digits."""
    product = stack.rpc("product.product", "create", [{
        "name": "GS1", "barcode": GTIN, "list_price": 5, "available_in_pos": True, "taxes_id": [(5,)]}])
    yield product
    stack.rpc("product.product", "write", [[product], {"active": False, "barcode": False}])


@pytest.fixture
def package(stack):
    """A packaging of the candy, with a bar code that could be a payment code."""
    [candy] = stack.rpc("product.product", "search", [[("default_code", "=", CANDY_CODE)]])
    [uom] = [one["res_id"] for one in stack.rpc("ir.model.data", "search_read", [[
        ("module", "=", "uom"), ("name", "=", "product_uom_pack_6")]], {"fields": ["res_id"]})]
    stack.rpc("product.product", "write", [[candy], {"uom_ids": [(4, uom)]}])
    barcode = stack.rpc("product.uom", "create", [{"product_id": candy, "uom_id": uom, "barcode": PACKAGE_CODE}])
    yield
    stack.rpc("product.uom", "unlink", [[barcode]])
    stack.rpc("product.product", "write", [[candy], {"uom_ids": [(3, uom)]}])


@pytest.mark.parametrize("fallback", [False, True], ids=["strict", "fallback"])
def test_payment_codes_among_the_rules_of_gs1(gs1, fallback):
    """Test that each wallet's codes are charged on both screens, though GS1 takes them for lots, dates and counts.

    Each prefix on one screen here, and on the other one with the other setting.
    """
    till = gs1(fallback)
    for number, prefix in enumerate(PREFIXES):
        till.sell()
        if number % 2 == fallback:
            till.to_payment()
        till.type(code_of(till, prefix))
        till.paid()
        assert till.charged() == [CUP_FEN] * (number + 1), f"prefix {prefix}"
        till.next_order()


@pytest.mark.parametrize("delay", every_case([SLOW], [FAST, SLOW]))
def test_products_with_gs1(gs1, delay):
    """Test that a product's long code sells it, is no bill of a wallet, and is no strange wallet's code."""
    till = gs1(False)
    page, asked = till.page, []

    def note(request):
        if "cn_find" in request.url:
            asked.append(request.url)

    page.on("request", note)
    till.type(GS1_CODE, delay)
    page.wait_for_function("posmodel.getOrder().lines.length === 1")
    till.type(f"01{GTIN}", delay)
    page.wait_for_function("posmodel.getOrder().lines[0].qty === 2")
    till.to_payment()
    till.type(f"01{GTIN}", delay)
    till.says("This is no payment code")
    assert till.lines() == []
    assert not asked
    till.scan("alipay", delay)
    till.paid()
    assert till.charged() == [1000]
    page.remove_listener("request", note)


def test_strange_codes_with_gs1(gs1):
    """Test that what GS1 can't take apart, and nobody sells, is told apart from products."""
    till = gs1(False)
    till.sell()
    for code, words in (("999999999999999999", "does not know this payment code"),
                        ("https://qr.alipay.com/fkx00000", "This is not a payment code"),
                        ("00123456789012345678", "does not know this payment code")):
        till.type(code)
        till.says(words)
        till.page.evaluate("document.querySelectorAll('.o_notification_close').forEach((button) => button.click())")
        till.page.locator(".o_notification").wait_for(state="detached")
    assert till.charged() == []


@pytest.mark.parametrize("delay", every_case([FAST, VERY_SLOW], [FAST, SLOW, VERY_SLOW]))
def test_strange_codes_off_the_payment_screen(counter, delay):
    """Test that a code of no wallet is called so among the products and the orders, and charges nothing."""
    page = counter.page
    counter.sell()
    for orders in (False, True):
        if orders and delay == VERY_SLOW:
            break  # Odoo takes keys for numbers there
        if orders:
            page.locator("button", has_text="Orders").first.click()
            page.locator(".ticket-screen").wait_for()
            page.locator("input:focus").evaluate_all("(inputs) => inputs.forEach((input) => input.blur())")
        for code, words in (("999999999999999999", "does not know this payment code"),
                            ("https://qr.alipay.com/fkx00000", "This is not a payment code")):
            if delay == VERY_SLOW and code.startswith("https"):
                continue
            page.evaluate("document.querySelectorAll('.o_notification_close').forEach((button) => button.click())")
            page.locator(".o_notification").first.wait_for(state="detached")
            counter.type(code, delay)
            counter.says(words)
            assert page.locator(".o_notification").count() == 1, "and nothing else is said"
    assert counter.charged() == []
    assert page.evaluate("posmodel.models['pos.order'].find((one) => one.state === 'draft' && one.lines.length)"
                         ".lines.map((line) => line.qty)") == [1]


def test_packaging_that_looks_like_a_payment_code(till, package):
    """Test that a packaging's bar code sells it, and is not charged."""
    page = till.open("en_US")
    till.type(PACKAGE_CODE)
    page.wait_for_function("posmodel.getOrder().lines[0]?.qty === 6")
    till.to_payment()
    till.type(PACKAGE_CODE)
    till.says("This is no payment code")
    assert till.lines() == []
    assert till.mine() == []


def test_bill_while_the_server_is_slow(counter):
    """Test that a bill's number waits for a slow server, and what is scanned after it does not."""
    page = counter.page
    page.route("**/cn_find", lambda route: None)  # never answered
    counter.type("4200001234202611271234567890")
    [barcode] = [one["barcode"] for one in counter.stack.rpc("product.product", "search_read", [[
        ("default_code", "=", CANDY_CODE)]], {"fields": ["barcode"]})]
    counter.type(barcode)
    page.wait_for_function("posmodel.getOrder().lines.length === 1", timeout=1500)
    counter.scan("alipay")
    counter.paid()
    assert counter.charged() == [999]
    page.unroute("**/cn_find")
    page.problems[:] = [problem for problem in page.problems if not GONE.search(problem)]
