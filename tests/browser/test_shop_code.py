# Part of payment_cn_wallets. License LGPL-3.
"""The printed code of a counter, in the payer's hand: each wallet, phones, and browsers that can't pay.

The pictures of docs/counter.md are made here: REFRESH_PICTURES=1 scripts/test tests/browser/test_shop_code.py
"""

import io
import os
import urllib.parse

import pypdfium2
import pytest
import zxingcpp
from every_case import dealt
from PIL import Image
from shop import CODE, PHONE
from test_scenes import ANDROID, BUTTON, CASHIER, DESK, INSIDE, LANGUAGES, Cashier
from windows import shoot

from devstack.paths import ROOT, SHOTS

WECOM = f"{ANDROID} wxwork/4.1.0 MicroMessenger/7.0.1 NetType/WIFI Language/zh"
MINI_PROGRAM = f"{INSIDE['wechat_pay']} miniProgram/wx1234567890abcdef"
HARMONY = ("Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0"
           " Safari/537.36 HuaweiBrowser/5.1.9.301")
FIELD = "#o_cn_amount"
KEYS = ".o_cn_keys button"
# A thumb's width, CSS pixels.
THUMB = 44


@pytest.fixture
def counter_code(shop):
    """Make a shop code that sends each wallet to its own gateway: ``counter_code(amounts=[30])``."""
    def making(gateways=("wechat_pay", "alipay", "qq_wallet", "jd_pay"), amounts=(), **values):
        made = shop.create(
            "payment.cn.shop.code", **{"name": "Counter 2", **values}, label="5 号桌", shop_name="西湖茶馆",
            way_ids=[(0, 0, {"provider_id": shop.stack.provider(one)}) for one in gateways],
            amount_ids=[(0, 0, {"amount": amount, "name": name}) for amount, name in amounts])
        [code] = shop.stack.rpc("payment.cn.shop.code", "read", [[made], ["token", "url"]])
        return {**code, "address": f"{shop.stack.url}/cn/{code['token']}"}

    return making


def scan(shop, code, agent, lang="zh_CN", **options):
    """Open a code's page as an app does that has scanned it."""
    page = shop.open(lang=lang, viewport=PHONE, user_agent=agent, **options)
    page.goto(code["address"])
    return page


def type_amount(page, keys):
    for key in keys:
        page.locator(f"{KEYS}[data-key='{key}']").tap()


def keep_picture(image, name):
    """Keep a picture for the documents, as small as it gets."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    image = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    image.save(SHOTS / f"readme-{name}.png", optimize=True)
    if os.environ.get("REFRESH_PICTURES"):
        image.save(ROOT / "static" / "description" / f"{name}.png", optimize=True)


def attempt_of(shop, code):
    [tx] = shop.stack.rpc("payment.transaction", "search_read", [[("cn_shop_code_id", "=", code["id"])]], {
        "fields": ["state", "amount", "cn_scene", "cn_payer_note", "payment_id", "partner_id", "cn_out_trade_no"]})
    return tx


def end_on_receipt(shop, page, code):
    """Wait for the receipt, and for the walk-in customer's payment in the books."""
    page.wait_for_url("**/payment/cn/receipt/**")
    tx = shop.stack.wait_for(lambda: (now := attempt_of(shop, code))["payment_id"] and now,
                             timeout=30, what="the payment in the books")
    [payment] = shop.stack.rpc("account.payment", "read", [[tx["payment_id"][0]], [
        "state", "amount", "partner_id", "reconciled_invoice_ids"]])
    assert (payment["amount"], payment["partner_id"]) == (tx["amount"], tx["partner_id"])
    assert payment["reconciled_invoice_ids"] == []
    charges = shop.sandbox.order(tx["cn_out_trade_no"])["charges"]
    assert [charge["amount"] for charge in charges] == [round(tx["amount"] * 100)]
    text = page.locator("main").inner_text()
    assert f"{tx['amount']:.2f}" in text
    assert tx["cn_out_trade_no"] in text
    return tx


@pytest.mark.parametrize(("wallet", "lang"), dealt(["wechat_pay", "alipay", "qq_wallet", "jd_pay"], LANGUAGES))
def test_inside_the_wallet(shop, counter_code, wallet, lang):
    """Test that a wallet's own browser shows a keypad and one button, and the payment ends on a receipt."""
    code = counter_code()
    page = scan(shop, code, INSIDE[wallet], lang)
    if wallet != "jd_pay":
        Cashier(shop, page, wallet)
    page.locator(KEYS).first.wait_for()
    shoot(page, f"shop-code-empty-{wallet}-{lang}")
    assert page.locator("button[name=wallet]").count() == 1
    for key in page.locator(KEYS).all():
        box = key.bounding_box()
        assert min(box["width"], box["height"]) >= THUMB
    assert page.locator("button[name=wallet]").bounding_box()["y"] < PHONE["height"] - THUMB, "one must scroll to pay"
    type_amount(page, ["1", "2", ".", "5", "5", "7", "back"])
    assert page.locator(FIELD).input_value() == "12.5"
    page.locator("input[name=note]").fill("两杯龙井")
    shoot(page, f"shop-code-typed-{wallet}-{lang}")
    if wallet == "alipay":
        keep_picture(Image.open(io.BytesIO(page.screenshot())), "counter_page")
    page.locator("button[name=wallet]").tap()
    if wallet == "jd_pay":
        page.locator(BUTTON).click()
        page.locator("button[name=action][value=pay]").click()
    tx = end_on_receipt(shop, page, code)
    assert (tx["amount"], tx["cn_payer_note"]) == (12.5, "两杯龙井")
    assert tx["cn_scene"] == ("h5" if wallet == "jd_pay" else "in_app")
    shoot(page, f"shop-code-receipt-{wallet}-{lang}")
    # Who scans once more is shown what was paid, and pays again by pressing so.
    page.goto(code["address"])
    assert page.locator("body").get_attribute("data-state") == "paid"
    shoot(page, f"shop-code-paid-{wallet}-{lang}")
    page.locator("[name=o_cn_again]").tap()
    page.locator(KEYS).first.wait_for()


@pytest.mark.parametrize(("agent", "lang"), [(ANDROID, "zh_CN"), (HARMONY, "en_US")])
def test_phone_browser(shop, counter_code, agent, lang):
    """Test that a phone's own browser offers the wallets that have a page for it, and pays there."""
    code = counter_code()
    page = scan(shop, code, agent, lang, color_scheme="dark")
    page.locator(KEYS).first.wait_for()
    offered = [one.get_attribute("value") for one in page.locator("button[name=wallet]").all()]
    assert sorted(offered) == ["alipay", "jd_pay", "wechat_pay"]
    type_amount(page, ["8"])
    shoot(page, f"shop-code-phone-dark-{lang}")
    page.locator("button[name=wallet][value=alipay]").tap()
    page.locator(BUTTON).click()
    page.locator("button[name=action][value=pay]").click()
    assert end_on_receipt(shop, page, code)["cn_scene"] == "h5"


@pytest.mark.parametrize(("where", "agent", "viewport", "lang"), [
    ("wecom", WECOM, PHONE, "zh_CN"), ("mini-program", MINI_PROGRAM, PHONE, "en_US"),
    ("desk", None, DESK, "zh_CN"), ("alipay-not-taken", INSIDE["alipay"], PHONE, "en_US"),
])
def test_dead_end(shop, counter_code, where, agent, viewport, lang):
    """Test that a browser that can't pay says what to do, and shows the page's own address: no code of a wallet."""
    code = counter_code(["wechat_pay"])
    options = {"user_agent": agent} if agent else {}
    page = shop.open(lang=lang, viewport=viewport, **options)
    page.goto(code["address"])
    assert page.locator("body").get_attribute("data-state") == "elsewhere"
    picture = page.locator("img.o_cn_code:visible")
    picture.evaluate("image => image.decode()")
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())).convert("L"))
    assert found.text == code["url"]
    assert urllib.parse.urlsplit(found.text).path == f"/cn/{code['token']}"
    shoot(page, f"shop-code-{where}-{lang}")
    assert not shop.stack.rpc("payment.transaction", "search_count", [[("cn_shop_code_id", "=", code["id"])]])


def test_amounts_of_the_shop(shop, counter_code):
    """Test a fixed amount, amounts to choose from, one that is too high, and a code that is switched off."""
    fixed = counter_code(amounts=[(30, "成人票")])
    page = scan(shop, fixed, INSIDE["wechat_pay"])
    shoot(page, "shop-code-fixed-zh_CN")
    assert not page.locator(KEYS).count()
    several = counter_code(amounts=[(30, "成人票"), (15, "儿童票"), (80, "家庭套票")])
    page = scan(shop, several, INSIDE["alipay"])
    page.get_by_text("儿童票").tap()
    shoot(page, "shop-code-several-zh_CN")
    Cashier(shop, page, "alipay")
    page.locator("button[name=wallet]").tap()
    assert end_on_receipt(shop, page, several)["amount"] == 15
    limited = counter_code(maximum_amount=100)
    page = scan(shop, limited, INSIDE["wechat_pay"])
    type_amount(page, "100")
    type_amount(page, "1")
    page.locator("button[name=wallet]").tap()
    page.locator(".o_cn_error:visible").wait_for()
    assert page.locator(FIELD).input_value() == "1001"
    shoot(page, "shop-code-limit-zh_CN")
    shop.stack.rpc("payment.cn.shop.code", "write", [[limited["id"]], {"active": False}])
    page.goto(limited["address"])
    assert page.locator("body").get_attribute("data-state") == "off"
    shoot(page, "shop-code-off-zh_CN")


def test_cashier_that_was_left(shop, counter_code):
    """Test that who leaves the cashier comes back to the keypad, and another amount is the only one to be paid."""
    code = counter_code()
    page = scan(shop, code, INSIDE["wechat_pay"], "en_US")
    cashier = Cashier(shop, page, "wechat_pay")
    cashier.say = cashier.closed
    type_amount(page, "8")
    page.locator("button[name=wallet]").tap()
    page.locator("p[data-feedback=closed]:visible").wait_for()
    shoot(page, "shop-code-left-en_US")
    page.locator("[name=o_cn_back]:visible").tap()
    page.locator(FIELD).wait_for()
    shoot(page, "shop-code-again-en_US")
    type_amount(page, "9")
    page.locator("button[name=wallet]").tap()
    page.locator(CASHIER).wait_for()
    cashier.say = cashier.paid
    page.locator(CASHIER).tap()
    page.wait_for_url("**/payment/cn/receipt/**")
    paid = shop.stack.rpc("payment.transaction", "search_read", [[("cn_shop_code_id", "=", code["id"])]], {
        "fields": ["state", "amount", "cn_next_id", "cn_given_up"], "order": "id"})
    assert [(one["amount"], one["state"] == "done") for one in paid] == [(8, False), (9, True)]
    assert page.locator(f"{CODE}:visible").count() == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_claimed_in_the_office(shop, counter_code, log_in, lang):
    """Test that an accountant sees what came in, reads what becomes of it, and claims it for an invoice."""
    code = counter_code(name=f"Counter {lang}")
    payer = scan(shop, code, INSIDE["alipay"])
    Cashier(shop, payer, "alipay")
    type_amount(payer, "10")
    payer.locator("input[name=note]").fill("李雷")
    payer.locator("button[name=wallet]").tap()
    tx = end_on_receipt(shop, payer, code)
    invoice = shop.invoice()
    [found] = shop.stack.rpc("account.move", "read", [[invoice], ["name", "amount_total"]])
    assert found["amount_total"] < tx["amount"]
    page = log_in(lang)
    page.goto(f"{shop.stack.url}/odoo/shop-codes/{code['id']}")
    page.locator(".o_form_view [name=url]").first.wait_for()
    shoot(page, f"shop-code-form-{lang}")
    page.goto(f"{shop.stack.url}/odoo/counter-payments")
    row = page.locator("tr.o_data_row", has_text=f"Counter {lang}")
    row.locator("button[name=action_cn_claim]").wait_for()
    shoot(page, f"counter-payments-{lang}")
    if lang == "en_US":
        keep_picture(Image.open(io.BytesIO(page.screenshot())).crop((0, 0, 1440, 400)), "counter_list")
    row.locator("button[name=action_cn_claim]").click()
    field = page.locator(".modal [name=invoice_id] input")
    field.fill(found["name"])
    page.locator(".modal .o-autocomplete--dropdown-item", has_text=found["name"]).first.click()
    page.locator(".modal [name=sentence]", has_text="0.01").wait_for()
    shoot(page, f"counter-claim-{lang}")
    page.locator(".modal button[name=action_claim]").click()
    page.locator(".o_form_view [name=payment_state], .o_form_view .o_form_statusbar").first.wait_for()
    page.locator(".modal").wait_for(state="detached")
    [paid] = shop.stack.rpc("account.move", "read", [[invoice], ["payment_state", "amount_residual"]])
    assert (paid["payment_state"] in ("paid", "in_payment"), paid["amount_residual"]) == (True, 0)
    assert shop.sent_back(tx["cn_out_trade_no"]) == [1]


def test_poster_is_printed(shop, counter_code, office):
    """Test that the print menu's PDF has the shop's logo, and a code that a camera reads from the paper."""
    code = counter_code()
    answer = office.request.get(
        f"{shop.stack.url}/report/pdf/payment_cn_wallets.poster_a5/{code['id']}", timeout=60_000)
    assert answer.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.body())
    assert len(pdf) == 1
    paper = pdf[0].render(scale=2).to_pil()
    [found] = zxingcpp.read_barcodes(paper.convert("L"))
    assert found.text == code["url"]
    keep_picture(paper.resize((paper.width // 2, paper.height // 2)), "counter_poster")


def test_mini_program_that_says_so_late(shop, counter_code):
    """Test that a web-view which only its script can tell from WeChat is a dead end as well."""
    page = shop.open(lang="zh_CN", viewport=PHONE, user_agent=INSIDE["wechat_pay"])
    page.add_init_script("""setTimeout(() => {
        window.__wxjs_environment = 'miniprogram';
        document.dispatchEvent(new Event('WeixinJSBridgeReady'));
    }, 300);""")
    page.goto(counter_code()["address"])
    page.locator("body[data-state=elsewhere]").wait_for()
    page.locator("img.o_cn_code").wait_for()


def test_code_of_the_demo(shop):
    """Test that the address which scripts/demo prints is that of a code."""
    page = shop.open(lang="en_US", viewport=PHONE, user_agent=ANDROID)
    page.goto(shop.stack.shop_code())
    page.locator(KEYS).first.wait_for()
    assert shop.stack.shop_code() == page.url.replace("/en/", "/")
