# Part of payment_cn_wallets. License LGPL-3.
"""A keyboard-wedge scanner: it types its codes, and does not wait until the page is done with a key."""

import time


def type_as_scanner(page, keys, delay):
    """Press keys at a scanner's pace, whose clock the browser is told.

    A real one's events have the time at which the key was pressed, however busy the page is. Playwright's keyboard
    presses the next key when the page has handled the one before, and the event's time is that.

    :param keys: digits, and "Enter" and "Tab"
    :param delay: between two keys, in ms
    """
    browser = page.context.new_cdp_session(page)
    begin = time.time()
    try:
        for number, key in enumerate(keys):
            pressed = begin + number * delay / 1000
            if pressed > time.time():
                page.wait_for_timeout(1000 * (pressed - time.time()))
            values = {**_values(key), "timestamp": pressed}
            browser.send("Input.dispatchKeyEvent", {"type": "keyDown" if values["text"] else "rawKeyDown", **values})
            browser.send("Input.dispatchKeyEvent", {"type": "keyUp", **values, "text": ""})
    finally:
        browser.detach()


def _values(key):
    if key in ("Enter", "Tab"):
        code = {"Enter": 13, "Tab": 9}[key]
        return {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": "\r" if key == "Enter" else ""}
    return {"key": key, "code": f"Digit{key}", "windowsVirtualKeyCode": ord(key), "text": key}
