# Part of payment_cn_wallets. License LGPL-3.
"""Each gateway in each scene of the web, from the payment form to the books."""

import urllib.error
import urllib.parse
import urllib.request

import pytest
from every_case import dealt, every_case
from shop import _OPENER, CODE, PAGE, PHONE

from devstack.paths import SHOTS
from devstack.stack import GATEWAYS

LANGUAGES = ["zh_CN", "en_US"]
DESK = {"width": 1280, "height": 860}
ANDROID = ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
           " Chrome/130.0.0.0 Mobile Safari/537.36")
INSIDE = {
    "wechat_pay": f"{ANDROID} MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN",
    "alipay": f"{ANDROID} AliApp(AP/10.6.10.8000) AlipayClient/10.6.10.8000 Language/zh-Hans",
    "qq_wallet": f"{ANDROID} V1_AND_SQ_9.0.8 QQ/9.0.8.650 NetType/WIFI",
    "jd_pay": f"jdapp;android;12.0.0;;;{ANDROID}",
}
# What each app puts into pages. `cashier` is the test: it looks at what the page handed over, and pays or does not.
BRIDGES = {
    "wechat_pay": """setTimeout(() => {
        window.WeixinJSBridge = {invoke: (name, params, done) => window.cashier(name, params)
            .then((said) => done({err_msg: `get_brand_wcpay_request:${said}`}))};
        document.dispatchEvent(new Event('WeixinJSBridgeReady'));
    }, 300);""",
    "alipay": """setTimeout(() => {
        window.AlipayJSBridge = {call: (name, params, done) => window.cashier(name, params)
            .then((said) => done({resultCode: said}))};
        document.dispatchEvent(new Event('AlipayJSBridgeReady'));
    }, 300);""",
    "qq_wallet": """window.mqq = {tenpay: {pay: (params, done) => window.cashier('pay', params)
        .then((said) => done({resultCode: said}))}};""",
}
# How each app says that its cashier was left: paid, by the payer's "back", not opened.
WORDS = {
    "wechat_pay": ("ok", "cancel", "fail"),
    "alipay": ("9000", "6001", "4000"),
    "qq_wallet": (0, -1, -2),
}
BUTTON = f"{PAGE} [name=o_cn_open_wallet]:visible"
CASHIER = f"{PAGE} [name=o_cn_cashier]:visible"


@pytest.fixture
def only(stack):
    """Have one gateway offered, and no other: ``only("alipay", alipay_web_product="page")``."""
    changed = {}

    def publish(gateway, **values):
        for one in GATEWAYS:
            stack.rpc("payment.provider", "write", [[stack.provider(one)], {"is_published": one == gateway}])
        if values:
            [before] = stack.rpc("payment.provider", "read", [[stack.provider(gateway)], [*values]])
            changed[gateway] = {name: before[name] for name in values}
            stack.rpc("payment.provider", "write", [[stack.provider(gateway)], values])

    yield publish
    for gateway, values in changed.items():
        stack.rpc("payment.provider", "write", [[stack.provider(gateway)], values])
    for one in GATEWAYS:  # written, so that refused scenes are tried again
        stack.rpc("payment.provider", "write", [[stack.provider(one)], {
            "is_published": one == GATEWAYS[0], "state": "test"}])


class Cashier:
    """The cashier inside a wallet's app, in a page's browser.

    It takes what the app would take, by the sandbox's own door, and pays or is left as it is told.
    """

    def __init__(self, shop, page, wallet, gateway=None):
        self.shop, self.wallet, self.gateway = shop, wallet, gateway or wallet
        self.paid, self.closed, self.failed = WORDS[wallet]
        self.say = self.paid
        self.opened = []
        page.expose_function("cashier", self.open)
        page.add_init_script(BRIDGES[wallet])

    def open(self, _name, params):
        self.opened.append(params)
        if self.say != self.paid:
            return self.say
        door = f"{self.shop.stack.sandbox_url}/{self.gateway}/jsapi?{urllib.parse.urlencode(params)}"
        try:
            with _OPENER.open(door, timeout=20) as answer:
                token = urllib.parse.urlsplit(answer.url).path
        except urllib.error.HTTPError as refused:
            return f"{self.failed}: {refused.read().decode()}"
        self.shop.sandbox.pay(self.number(token))
        return self.paid

    def number(self, path):
        with _OPENER.open(f"{self.shop.stack.sandbox_url}{path}", timeout=20) as answer:
            return answer.read().decode().partition('data-out-trade-no="')[2].partition('"')[0]


def begin(shop, wallet, agent=None, lang="zh_CN", **options):
    """Open a payment link in a browser, and choose the wallet. Returns the page."""
    viewport = PHONE if agent else DESK
    page = shop.open(lang=lang, viewport=viewport, **({"user_agent": agent} if agent else {}), **options)
    page.order = shop.quotation()
    page.goto(shop.payment_link("sale.order", page.order))
    return page


def choose(shop, page, wallet):
    """Press the button of the form, and wait until the page knows how it is paid."""
    shop.choose(page, wallet)
    page.locator(f"{PAGE}[data-phase=waiting]").wait_for()
    return shop.attempt(page)


def shoot(page, name):
    """Photograph the page; nothing of it may stick out at the side."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"scene-{name}.png")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the screen"


def pay_there_and_come_back(shop, page, tx):
    """Pay on the wallet's page, and end on the shop's confirmation."""
    page.locator("button[name=action][value=pay]").click()
    page.wait_for_url(lambda url: url.startswith(shop.stack.url))
    shop.moved_on(page)
    return shop.booked(tx["id"])


# === CODES ===


@pytest.mark.parametrize("gateway", every_case(
    ["wechat_pay", "jd_pay"], ["wechat_pay", "alipay", "qq_wallet", "jd_pay"]))
def test_code_on_a_desk(shop, only, gateway):
    """Test that each direct gateway's code is scanned and paid."""
    only(gateway)
    page = begin(shop, gateway)
    tx = choose(shop, page, gateway)
    assert tx["cn_scene"] == "qr"
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


def test_qq_on_another_phone(shop, only):
    """Test that QQ, which has no page for phones, says that the code is for another phone."""
    only("qq_wallet")
    page = begin(shop, "qq_wallet", ANDROID, lang="en_US")
    tx = choose(shop, page, "qq_wallet")
    assert tx["cn_scene"] == "qr"
    assert page.locator(f"{PAGE} .o_cn_phone_only:visible").count() == 1
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


# === PAGES OF THE WALLETS ===


@pytest.mark.parametrize(("gateway", "lang"), dealt(["wechat_pay", "alipay", "jd_pay"], LANGUAGES))
def test_page_on_a_phone(shop, only, gateway, lang):
    """Test that a phone opens the wallet's page, pays there, and is sent back to the shop."""
    only(gateway)
    page = begin(shop, gateway, ANDROID, lang=lang)
    tx = choose(shop, page, gateway)
    assert tx["cn_scene"] == "h5"
    shoot(page, f"h5-{gateway}-{lang}")
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)


def test_who_comes_back_unpaid_from_jd(shop, only):
    """Test that the browser's "back" ends on the page, not in the form that leads away again."""
    only("jd_pay")
    page = begin(shop, "jd_pay", ANDROID)
    tx = choose(shop, page, "jd_pay")
    ours = page.url
    page.locator(BUTTON).click()
    page.locator("button[name=action][value=cancel]").wait_for()
    page.go_back()
    page.wait_for_url(lambda url: "/payment/cn/" in url)
    if "/payment/cn/go/" in page.url:
        page.locator(".o_cn_back").click()
    page.wait_for_url(ours)
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)


def test_form_without_scripts(shop, only, open_page):
    """Test that the way to JD is open to a browser without scripts: its code, scanned by another phone."""
    only("jd_pay")
    page = begin(shop, "jd_pay", ANDROID)
    tx = choose(shop, page, "jd_pay")
    address = page.locator(BUTTON).get_attribute("href")
    assert "/payment/cn/go/" in address
    plain = open_page(lang="en_US", viewport=PHONE, java_script_enabled=False)
    plain.goto(urllib.parse.urljoin(shop.stack.url, address))
    plain.screenshot(path=SHOTS / "scene-go-en_US.png")
    plain.locator("button.o_cn_next").click()
    plain.locator("button[name=action][value=pay]").click()
    plain.locator("[data-state=paid]").wait_for()
    shop.moved_on(page)
    shop.booked(tx["id"])


@pytest.mark.parametrize("lang", every_case(["en_US"], LANGUAGES))
def test_alipay_page_on_a_desk(shop, only, lang):
    """Test that a merchant without codes leads computers to Alipay's page for computers."""
    only("alipay", alipay_web_product="page")
    page = begin(shop, "alipay", lang=lang)
    tx = choose(shop, page, "alipay")
    assert tx["cn_scene"] == "h5"
    assert not page.locator(f"{CODE}:visible").count()
    assert "alipay.trade.page.pay" in page.locator(BUTTON).get_attribute("href")
    shoot(page, f"desk-alipay-{lang}")
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)


@pytest.mark.parametrize("lang", every_case(["zh_CN"], LANGUAGES))
def test_jd_cashier_on_a_desk(shop, only, lang):
    """Test that a shop whose contract has no codes goes on with JD's cashier by itself."""
    only("jd_pay")
    shop.sandbox.fault("not_enabled", operation="order", times=1)
    page = begin(shop, "jd_pay", lang=lang)
    tx = choose(shop, page, "jd_pay")
    assert tx["cn_scene"] == "h5"
    page.locator(BUTTON).wait_for()
    shoot(page, f"desk-jd-{lang}")
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)
    # The next shopper is not sent through the refusal.
    calls = len(shop.sandbox.call("ledger")["calls"])
    other = begin(shop, "jd_pay", lang=lang)
    assert choose(shop, other, "jd_pay")["cn_scene"] == "h5"
    assert not [call for call in shop.sandbox.call("ledger")["calls"][calls:] if call["operation"] == "order"]


def test_no_contract_for_wechat_h5(shop, only):
    """Test that a phone gets a code where the shop has no contract for pages, and pays once."""
    only("wechat_pay")
    shop.sandbox.fault("not_enabled", operation="order", times=1)
    page = begin(shop, "wechat_pay", ANDROID, lang="en_US")
    tx = choose(shop, page, "wechat_pay")
    assert tx["cn_scene"] == "qr"
    page.locator(f"{CODE}[src]:visible").wait_for()
    shoot(page, "no-h5-en_US")
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


def test_code_instead_of_the_page(shop, only):
    """Test that a phone without the app can ask for a code, which is a payment of its own."""
    only("wechat_pay")
    page = begin(shop, "wechat_pay", ANDROID, lang="en_US")
    first = choose(shop, page, "wechat_pay")
    page.locator(f"{PAGE} [name=o_cn_show_code]:visible").click()
    page.locator(f"{CODE}[src]:visible").wait_for()
    tx = shop.attempt(page)
    assert (tx["cn_scene"], tx["id"] != first["id"]) == ("qr", True)
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


# === INSIDE THE WALLETS ===


@pytest.mark.parametrize(("wallet", "lang"), dealt(["wechat_pay", "alipay", "qq_wallet"], LANGUAGES))
def test_cashier_inside_the_wallet(shop, only, wallet, lang):
    """Test that the cashier opens by itself, again by the button after a "back", and pays once."""
    only(wallet)
    page = begin(shop, wallet, INSIDE[wallet], lang=lang)
    cashier = Cashier(shop, page, wallet)
    cashier.say = cashier.closed
    tx = choose(shop, page, wallet)
    assert tx["cn_scene"] == "in_app"
    page.locator("[data-feedback=closed]:visible").nth(0).wait_for()
    page.locator("p[data-feedback=closed]:visible").wait_for()
    assert len(cashier.opened) == 1
    shoot(page, f"closed-{wallet}-{lang}")
    cashier.say = cashier.paid
    page.locator(CASHIER).click()
    shop.moved_on(page)
    assert cashier.opened == [cashier.opened[0]] * 2
    shop.booked(tx["id"])
    assert len(shop.stack.rpc("sale.order", "read", [[page.order], ["transaction_ids"]])[0]["transaction_ids"]) == 1


@pytest.mark.parametrize("wallet", ["wechat_pay", "alipay", "qq_wallet"])
def test_cashier_that_does_not_open(shop, only, wallet):
    """Test that a page whose cashier is closed to it says so and leads to the next way."""
    only(wallet)
    page = begin(shop, wallet, INSIDE[wallet], lang="en_US")
    cashier = Cashier(shop, page, wallet)
    cashier.say = cashier.failed
    first = choose(shop, page, wallet)
    page.locator("p[data-feedback=not_opened]:visible").wait_for()
    shoot(page, f"not-opened-{wallet}-en_US")
    page.locator(f"{PAGE} [name=o_cn_other_way]:visible").click()
    page.locator(f"{PAGE}:not([data-tx-id='{first['id']}'])").wait_for()
    page.locator(f"{BUTTON}, {CODE}[src]:visible").first.wait_for()
    tx = shop.attempt(page)
    shoot(page, f"other-way-{wallet}-en_US")
    if wallet == "alipay":
        assert tx["cn_scene"] == "h5"
        page.locator(BUTTON).click()
        pay_there_and_come_back(shop, page, tx)
    else:
        assert tx["cn_scene"] == "qr"
        shop.phone_pays(shop.scan(page))
        shop.moved_on(page)
        shop.booked(tx["id"])


@pytest.mark.parametrize(("wallet", "scene"), [("wechat_pay", "qr"), ("alipay", "h5")])
def test_payer_does_not_tell(shop, only, wallet, scene):
    """Test that a payer who refuses to be known pays in another way, and reads why."""
    only(wallet)
    page = begin(shop, wallet, INSIDE[wallet], lang="en_US")
    shop.sandbox.call("settings", {"payer_tells": "no"})
    tx = choose(shop, page, wallet)
    assert tx["cn_scene"] == scene
    assert "could not be opened right here" in page.locator("[name=o_cn_message]").inner_text()
    shoot(page, f"unknown-payer-{wallet}-en_US")
    if scene == "h5":
        page.locator(BUTTON).click()
        pay_there_and_come_back(shop, page, tx)
    else:
        shop.phone_pays(shop.scan(page))
        shop.moved_on(page)
        shop.booked(tx["id"])


def test_wechat_without_app_secret(shop, only):
    """Test that a shop that can't learn who pays does not send anybody to be asked."""
    only("wechat_pay", wechat_pay_app_secret=False)
    page = begin(shop, "wechat_pay", INSIDE["wechat_pay"], lang="en_US")
    tx = choose(shop, page, "wechat_pay")
    assert tx["cn_scene"] == "qr"
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])


def test_jd_inside_its_app(shop, only):
    """Test that JD's own browser posts the form."""
    only("jd_pay")
    page = begin(shop, "jd_pay", INSIDE["jd_pay"], lang="en_US")
    tx = choose(shop, page, "jd_pay")
    assert tx["cn_scene"] == "h5"
    assert page.locator(PAGE).get_attribute("data-way") == "page"
    shoot(page, "inside-jd-en_US")
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)


@pytest.mark.parametrize("wallet", ["wechat_pay", "alipay"])
def test_huishouyin_inside_the_wallet(shop, only, wallet):
    """Test that the aggregator's own page, which knows the payer, is opened inside the wallet."""
    only("huishouyin")
    page = begin(shop, wallet, INSIDE[wallet], lang="en_US")
    tx = choose(shop, page, wallet)
    assert tx["cn_scene"] == "in_app"
    shoot(page, f"inside-huishouyin-{wallet}-en_US")
    page.locator(BUTTON).click()
    pay_there_and_come_back(shop, page, tx)


def test_wechat_inside_alipay(shop, only):
    """Test that a browser inside another wallet's app, which blocks WeChat's page, shows a code."""
    only("wechat_pay")
    page = begin(shop, "wechat_pay", INSIDE["alipay"], lang="en_US")
    tx = choose(shop, page, "wechat_pay")
    assert tx["cn_scene"] == "qr"
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])
