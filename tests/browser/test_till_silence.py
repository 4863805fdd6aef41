# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, at a gateway that charges and then says nothing for longer than anybody waits."""

import time

from till import CASH, CUP_FEN

READ_TIMEOUT = 10  # s: of `gateways.transport`
SILENT = READ_TIMEOUT + 15  # s


def test_silence_after_the_charge(counter, route):
    """Test that the server gives up on its own, that nobody knows then, and that the one charge is found by asking."""
    route("direct")
    counter.pay()
    counter.sandbox.fault("timeout", operation="charge", seconds=SILENT)
    counter.sandbox.fault("http_5xx", scope="global", operation="query")
    began = time.monotonic()
    counter.scan("alipay")
    counter.phase("charging")
    counter.titled("Charging")
    counter.stack.wait_for(counter.charged, what="the charge")
    counter.choose(CASH)
    counter.says("under way")
    with counter.page.expect_response("**/cn_charge", timeout=30_000) as answer:
        counter.phase("unknown", timeout=30_000)
    took = time.monotonic() - began
    assert answer.value.json()["result"]["phase"] == "unknown"
    assert READ_TIMEOUT - 1 < took < SILENT - 5, f"The server gave up after {took:.1f} s."
    counter.titled("It is not known yet whether this was paid")
    assert counter.lines() == [(88.8, "waiting", "")]
    counter.sandbox.call("faults", method="DELETE")
    counter.paid()
    counter.booked()
    assert counter.charged() == [CUP_FEN]
    assert len(counter.mine()) == 1
    assert counter.incidents() == []
