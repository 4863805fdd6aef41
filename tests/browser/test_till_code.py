# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: the code that the customer scans is the gateway's, large, at once, and runs out in time."""

import io

import pytest
import zxingcpp
from PIL import Image
from till import CUP_FEN, DESKTOP, PANEL, PHONE, SMALL, TERMINALS
from till_clock import run_out
from till_scenes import CARRIED, METHODS

DISPLAY, DISPLAY_QR = ".o_cn_display", ".o_cn_display_qr"
QR = f"{PANEL} .o_cn_qr"
SHARE_OF_DISPLAY = 0.4  # of the shorter side, as at the kiosk
# At the till there are tabs, the amount and the buttons beside it. Of the shorter side.
SHARE_OF_TILL = {"desktop": 0.4, "small": 0.3, "phone": 0.55}
SIZES = {"desktop": DESKTOP, "small": SMALL, "phone": PHONE}
SAME_TIME = 1000  # ms from screen to screen
# Notes when the code of which wallet is drawn first. The clock is the machine's.
NOTE_CODES = """(selector) => {
    window.codesSeen = {};
    const look = () => {
        const box = document.querySelector(`${selector}[data-phase="qr"]`);
        if (box?.querySelector("svg")) {
            window.codesSeen[box.dataset.wallet] ??= Date.now();
        }
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


def read_code(box):
    """Photograph a code and read it, as the customer's phone does."""
    picture = box.page.screenshot(clip=box.bounding_box())
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert len(found) == 1, f"{len(found)} codes were found in the picture"
    assert found[0].format == zxingcpp.BarcodeFormat.QRCode
    return found[0].text


def share(svg):
    """How much of its screen's shorter side a code takes; it is square, and all of it is on the screen."""
    box, screen = svg.bounding_box(), svg.page.viewport_size
    assert abs(box["width"] - box["height"]) < 2
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= screen["width"]
    assert box["y"] + box["height"] <= screen["height"]
    return box["width"] / min(screen.values())


def numbers(till, wallet):
    """The gateway's orders for a wallet's codes, oldest first."""
    return [order["out_trade_no"] for order in till.mine() if METHODS.get(order["wallet"], order["wallet"]) == wallet]


@pytest.mark.parametrize("way", CARRIED)
def test_codes_are_the_gateways(counter, route, way):
    """Test that each wallet's code says on both screens, at the same time, what its gateway gave, and leads there."""
    route(way)
    till, page = counter, counter.page
    display = till.display()
    page.evaluate(NOTE_CODES, PANEL)
    display.evaluate(NOTE_CODES, DISPLAY)
    till.pay()
    till.show_code()
    wallets = page.locator(f"{PANEL} [role=tab]").evaluate_all("(tabs) => tabs.map((tab) => tab.dataset.wallet)")
    assert len(wallets) >= 4
    carried = {METHODS.get(wallet, wallet) for wallet in CARRIED[way]["qr"]}
    texts = []
    for wallet in wallets:
        till.show_tab(wallet)
        shown = display.locator(f'{DISPLAY}[data-phase="qr"][data-wallet="{wallet}"] svg')
        shown.wait_for()
        [number] = numbers(till, wallet)
        order = till.sandbox.order(number)
        assert order["amount"] == CUP_FEN
        if wallet in carried:
            assert order["gateway"] == (wallet if way == "direct" else way)
        texts.append(order["code_url"])
        assert read_code(page.locator(QR)) == order["code_url"]
        assert read_code(display.locator(DISPLAY_QR)) == order["code_url"]
        assert share(shown) >= SHARE_OF_DISPLAY
        late = display.evaluate("codesSeen")[wallet] - page.evaluate("codesSeen")[wallet]
        assert abs(late) < SAME_TIME, f"The customer's screen shows {wallet} {late} ms later."
    assert len(set(texts)) == len(wallets), "each code is another order's"
    till.sandbox.call("pay", {"code_url": read_code(page.locator(QR))})
    till.paid()
    assert till.booked()["cn_out_trade_no"] == number
    display.locator(DISPLAY).wait_for(state="detached")


def test_customers_screen_does_not_go_back(counter, route):
    """Test that the customer's screen keeps the till's newest code when an older one comes late over the server."""
    route("direct")
    till, page = counter, counter.page
    display = till.display()
    page.evaluate("""() => {
        window.told = [];
        new BroadcastChannel("UPDATE_CUSTOMER_DISPLAY").onmessage = (event) => told.push(event.data);
    }""")
    till.prefer("wechat_pay")
    till.pay()
    till.show_code()
    display.locator(f'{DISPLAY}[data-phase="qr"][data-wallet="wechat_pay"] svg').wait_for()
    till.show_tab("qq_wallet")
    display.locator(f'{DISPLAY}[data-phase="qr"][data-wallet="qq_wallet"] svg').wait_for()
    display.wait_for_timeout(1000)  # what really comes over the server has come
    page.evaluate("""() => new BroadcastChannel("UPDATE_CUSTOMER_DISPLAY").postMessage(
        told.find(({cnWallet}) => cnWallet?.phase === "qr" && cnWallet.wallet === "wechat_pay"))""")
    display.wait_for_timeout(500)
    assert display.locator(DISPLAY).get_attribute("data-wallet") == "qq_wallet"
    number = numbers(till, "qq_wallet")[-1]
    assert read_code(display.locator(DISPLAY_QR)) == till.sandbox.order(number)["code_url"]
    till.customer_pays()
    till.paid()
    display.locator(DISPLAY).wait_for(state="detached")


@pytest.mark.parametrize("size", SIZES)
def test_code_is_large(opened, size):
    """Test that the till's own screen, too, shows a code that is large, and that a phone can read it."""
    till = opened("en_US", SIZES[size])
    page = till.page
    till.pay()
    till.show_code()
    assert share(page.locator(f"{QR} svg")) >= SHARE_OF_TILL[size]
    assert read_code(page.locator(QR)) == till.sandbox.order(till.mine()[-1]["out_trade_no"])["code_url"]


# -- how long it lives -------------------------------------------------------------------------------------------


def seconds_left(till):
    text = till.page.locator(f"{PANEL} .o_cn_life span").inner_text().strip()
    minutes, seconds = text.split(":")
    return int(minutes) * 60 + int(seconds)


def server_knows(till):
    """Wait until the server, which counts fractions of a second, has told the till that a code has run out."""
    till.page.wait_for_function(
        f"posmodel.getOrder().payment_ids.map(({{ uuid }}) => {TERMINALS}[0].entries.get(uuid))"
        ".every((entry) => entry.state.status.phase !== 'qr')")


def code_runs_out(till, way, route):
    """Have a code on the screen that runs out; give back its number."""
    route(way)
    till.pay()
    till.show_code()
    return till.mine()[-1]["out_trade_no"]


@pytest.mark.parametrize("way", CARRIED)
def test_code_runs_out(counter, route, way):
    """Test that a code is counted down and runs out, that there is a new one, and that the old one may be paid yet."""
    old = code_runs_out(counter, way, route)
    before = seconds_left(counter)
    assert 0 < before <= 15 * 60
    counter.page.wait_for_function(
        f"(before) => document.querySelector('{PANEL} .o_cn_life span').textContent.trim() !== before",
        arg=f"{before // 60}:{before % 60:02}")
    assert before - 5 <= seconds_left(counter) < before
    run_out(counter, old, seconds=5)
    counter.page.locator(f"{PANEL} .o_cn_life .o_cn_soon").wait_for()
    assert seconds_left(counter) <= 5
    counter.phase("qr")
    counter.phase("expired")
    counter.page.locator(f"{PANEL} .o_cn_life", has_text="This code has run out").wait_for()
    assert counter.page.locator(f"{QR} svg").count() == 0
    assert counter.lines() == [(88.8, "pending", "")]
    server_knows(counter)
    counter.press("again")
    counter.phase("qr")
    new = counter.mine()[-1]["out_trade_no"]
    assert new != old
    assert read_code(counter.page.locator(QR)) == counter.sandbox.order(new)["code_url"]
    assert seconds_left(counter) > 60
    counter.sandbox.pay(old)
    counter.paid()
    assert counter.booked()["cn_out_trade_no"] == old
    assert counter.kept() == CUP_FEN
    assert counter.incidents() == []


@pytest.mark.parametrize("way", CARRIED)
def test_code_is_paid_in_its_last_second(counter, route, way):
    """Test that money for a code that has just run out is the sale's, when nothing else was begun for it."""
    old = code_runs_out(counter, way, route)
    run_out(counter, old)
    counter.phase("expired")
    counter.sandbox.pay(old)
    counter.paid()
    assert counter.booked()["cn_out_trade_no"] == old
    assert counter.kept() == CUP_FEN
    assert counter.incidents() == []
