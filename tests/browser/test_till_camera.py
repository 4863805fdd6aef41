# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium with a camera for a scanner: a device that plays a film, read by Odoo's own reader."""

import pytest
import zxingcpp
from till import CUP_FEN, DESKTOP, HURRY, PHONE, Till
from windows import NO_INTERNET, Contexts, Windows
from zxingcpp import BarcodeFormat

from devstack.host import chromium

WIDTH, HEIGHT = 640, 480
# A hand is never still: right, down and how near it is. Of codes that stand still, Odoo's reader never finds one in a
# hundred, whatever they say.
HAND = ((0, 0, 0), (9, 1, -1), (-8, 0, 1), (4, -2, 0), (-13, 9, -1), (21, 0, 1))


def film(path, code, kind=BarcodeFormat.QRCode):
    """Write a film of a phone that shows a payment code, as a camera would deliver it (YUV4MPEG2, gray).

    Without a code it is one of a white wall.
    """
    frames = []
    if not code:
        frames = [b"FRAME\n" + b"\xeb" * (WIDTH * HEIGHT) + b"\x80" * (WIDTH * HEIGHT // 2)]
    for right, down, near in HAND if code else ():
        picture = memoryview(zxingcpp.write_barcode_to_image(
            zxingcpp.create_barcode(code, kind), scale=4 + near if kind == BarcodeFormat.QRCode else 2))
        high, wide = picture.shape[:2]
        flat = picture.tobytes()
        top, left = (HEIGHT - high) // 2 + down, (WIDTH - wide) // 2 + right
        rows = [bytearray(b"\xeb" * WIDTH) for _row in range(HEIGHT)]
        for number in range(high):
            # What a camera makes of black and white: 16 to 235.
            rows[top + number][left:left + wide] = bytes(
                16 + point * 219 // 255 for point in flat[number * wide:(number + 1) * wide])
        frames.append(b"FRAME\n" + b"".join(rows) + b"\x80" * (WIDTH * HEIGHT // 2))
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + b"".join(frames))


@pytest.fixture(scope="module")
def camera(chrome, tmp_path_factory):
    """A Chromium whose camera plays ``film.y4m``, and that file."""
    path = tmp_path_factory.mktemp("camera") / "film.y4m"
    film(path, "0")
    browser = chrome.browser_type.launch(executable_path=chromium(), args=[
        "--no-sandbox", "--disable-dev-shm-usage", NO_INTERNET, "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={path}"])
    yield Contexts(browser), path
    browser.close()


@pytest.fixture
def camera_till(camera, stack, sandbox, request):
    sandbox.call("settings", {**HURRY, "code_lifetime": 300})
    windows = Windows(camera[0], stack)
    yield Till(stack, windows.open, sandbox)
    try:
        windows.judge(request.node)
    finally:
        windows.close()


@pytest.mark.parametrize(("kind", "viewport"), [(BarcodeFormat.Code128, DESKTOP), (BarcodeFormat.QRCode, PHONE)],
                         ids=["bar", "qr"])
def test_camera(camera, camera_till, kind, viewport):
    """Test that the camera reads the customer's phone, and that its code is charged as a scanner's is."""
    till = camera_till
    till.open("en_US", viewport)
    till.pay()
    till.show_code()
    film(camera[1], till.code("alipay"), kind)
    till.shot(f"camera-button-{kind.name}")
    till.press("camera")
    till.page.locator(".modal video").wait_for()
    till.paid()
    assert till.booked()["payment_method_code"] == "alipay"
    assert till.charged() == [CUP_FEN]


def test_camera_sees_something_else(camera, camera_till):
    """Test that a product in front of the camera charges nothing, and that the cashier is told."""
    till = camera_till
    till.open("en_US")
    till.pay()
    till.show_code()
    film(camera[1], "6901234567892", BarcodeFormat.EAN13)
    till.press("camera")
    till.says("This is no payment code")
    till.phase("qr")
    assert till.charged() == []


@pytest.mark.parametrize("way", ["qr", "scanner"])
def test_paid_while_the_camera_looks(camera, camera_till, way):
    """Test that the camera is off as soon as the payment came in another way."""
    till = camera_till
    page = till.open("en_US")
    page.evaluate("""() => {
        const devices = navigator.mediaDevices;
        const open = devices.getUserMedia.bind(devices);
        window.streams = [];
        devices.getUserMedia = async (wanted) => {
            window.streams.push(await open(wanted));
            return window.streams.at(-1);
        };
    }""")
    till.pay()
    till.show_code()
    film(camera[1], "")
    till.press("camera")
    page.locator(".modal video").wait_for()
    page.wait_for_function("window.streams.length === 1")
    if way == "qr":
        till.customer_pays()
    else:
        till.scan("alipay")
    till.paid()
    page.locator(".modal").wait_for(state="detached")
    page.wait_for_function("window.streams[0].getTracks().every((track) => track.readyState === 'ended')")
    assert till.charged() == [CUP_FEN]
