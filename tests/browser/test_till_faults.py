# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, while everything goes wrong between shop, gateway and payer, in each scene."""

import pytest
from every_case import every_case
from till import CASH, CUP_FEN, PANEL
from till_clock import goes_back
from till_scenes import places, see_paid, struck

COUPON_FEN = 100
# What no gateway signed, and what it signed, but for something else.
FORGED = ("signature", "unsigned", "wrong_key", "malformed", "amount", "merchant_own_key", "order")
# No notice is sent of a payment code's charge.
SILENT = ("huishouyin", "alipay", "wechat_pay")


def begin(counter, place, **code):
    """Have money under way: a scanned code, or one on the screen."""
    counter.pay()
    if place.scene == "code":
        counter.scan(place.wallet, place.pace, **code)
    else:
        counter.prefer(place.method)
        counter.choose()


def wait_for_payer(counter, place):
    """Have a payer who types the password, or scans, in good time."""
    begin(counter, place, confirm=True)
    waits(counter, place)


def waits(counter, place):
    counter.phase("paying" if place.scene == "code" else "qr")
    [(amount, status, _name)] = counter.lines()
    assert (amount, status) == (88.8, "waiting" if place.scene == "code" else "pending")
    assert counter.charged() == []


def pay_cash(counter):
    """The line is free: the customer pays with cash."""
    counter.choose(CASH)
    counter.page.wait_for_function("posmodel.getOrder().payment_ids.length === 1"
                                   " && posmodel.getOrder().payment_ids[0].payment_method_id.is_cash_count")
    counter.page.locator(".validation-button").click()
    counter.paid()


def told(counter, number):
    """Wait until all notices of an order are delivered, and give back what the server made of them."""
    counter.stack.wait_for(
        lambda: (sent := counter.sandbox.order(number)["notices"])
        and all(one["state"] == "delivered" for one in sent), what="the notices' delivery")
    return counter.stack.wait_for(
        lambda: (kept := counter.stack.rpc("payment.cn.notice", "search_read", [[("number", "=", number)]],
                                           {"fields": ["state"]}))
        and all(one["state"] != "new" for one in kept) and kept, what="the notices' processing")


# -- the payer ---------------------------------------------------------------------------------------------------


def password(counter, place):
    """The payer must type the password, and types a wrong one first."""
    wait_for_payer(counter, place)
    counter.customer_pays(outcome="wrong_password")
    if place.scene == "code":
        counter.titled("The customer is entering the password")
        assert counter.page.locator(".o_cn_countdown").inner_text()
    waits(counter, place)
    counter.customer_pays()
    see_paid(counter, place)
    assert counter.incidents() == []


def payer_cancels(counter, place):
    """The payer does not want to, and pays after all: with a new code, or the one on the screen."""
    wait_for_payer(counter, place)
    counter.customer_pays(outcome="cancel")
    if place.scene == "code":
        counter.phase("refused")
        counter.titled("Not paid")
        assert counter.page.locator(".o_cn_detail").inner_text()
        assert counter.lines() == [(88.8, "pending", "")]
        assert counter.charged() == []
        counter.scan(place.wallet, place.pace)
    else:
        waits(counter, place)
        counter.customer_pays()
    see_paid(counter, place)
    assert counter.incidents() == []


def payer_walks_off(counter, place):
    """The payer ends the order in the wallet, and takes cash out of the purse."""
    wait_for_payer(counter, place)
    counter.customer_pays(outcome="cancel", final=True)
    if place.scene == "code":
        counter.phase("refused")
    pay_cash(counter)
    assert counter.kept() == 0
    assert counter.incidents() == []


def coupon(counter, place):
    """The wallet gives a coupon: the shop is owed the whole, and the receipt says who paid what."""
    if place.scene == "code":
        counter.sandbox.fault("coupon", operation="charge", coupon=COUPON_FEN)
        begin(counter, place)
    else:
        wait_for_payer(counter, place)
        counter.customer_pays(coupon=COUPON_FEN)
    attempt = see_paid(counter, place, coupon=COUPON_FEN)
    assert round(attempt["cn_payer_amount"] * 100) == CUP_FEN - COUPON_FEN
    assert counter.incidents() == []


# -- the gateway's answers ---------------------------------------------------------------------------------------


def answer_lost(counter, place, fault="timeout", **values):
    """The gateway has charged, or made the code, and its answer does not come."""
    operation = "charge" if place.scene == "code" else "order"
    counter.sandbox.fault(fault, operation=operation, **values)
    if place.scene == "qr":
        begin(counter, place)
        gets_no_code(counter, place)
        return
    counter.sandbox.fault("http_5xx", scope="global", operation="query")
    counter.sandbox.fault("drop", scope="global", operation="notice")
    begin(counter, place)
    counter.phase("unknown")
    counter.titled("It is not known yet whether this was paid")
    counter.choose(CASH)
    counter.says("under way")
    assert counter.lines() == [(88.8, "waiting", "")]
    counter.sandbox.calm()
    see_paid(counter, place)
    assert len(counter.mine()) == 1
    assert counter.incidents() == []


def gets_no_code(counter, place):
    """The till says so; the next press brings a code, and what nobody saw nobody pays."""
    counter.page.locator(f'{PANEL}:is([data-phase="idle"], [data-phase="refused"]) .o_cn_show').wait_for()
    assert counter.page.locator(".o_cn_words").inner_text().strip()
    counter.press("show")
    counter.phase("qr")
    counter.customer_pays()
    see_paid(counter, place)
    assert counter.incidents() == []


def time_out(counter, place):
    answer_lost(counter, place, "timeout", seconds=1)


def server_error(counter, place):
    answer_lost(counter, place, "http_5xx")


def never_arrived(counter, place):
    """The connection broke before the gateway knew of anything."""
    if place.scene == "qr":
        answer_lost(counter, place, "reset_before")
        return
    counter.sandbox.fault("reset_before", operation="charge")
    counter.sandbox.fault("http_5xx", scope="global", operation="query")
    begin(counter, place)
    counter.phase("unknown")
    counter.press("hand_over")
    counter.phase("idle")
    counter.sandbox.calm()
    counter.scan(place.wallet, place.pace)
    see_paid(counter, place)


def questions_fail(counter, place):
    """The payer has paid, but notices and answers are lost: the till does not guess."""
    counter.sandbox.fault("drop", scope="global", operation="notice")
    wait_for_payer(counter, place)
    counter.sandbox.fault("garbage", scope="global", operation="query")
    counter.customer_pays()
    counter.stack.wait_for(lambda: any(call["fault"].startswith("garbage") for call in counter.sandbox.order(
        counter.mine()[-1]["out_trade_no"])["calls"]), what="a question that goes wrong")
    counter.page.wait_for_timeout(300)
    counter.page.locator(f'{PANEL}:is([data-phase="paying"], [data-phase="unknown"], [data-phase="qr"])').wait_for()
    assert counter.lines()[0][1] in ("waiting", "pending")
    counter.sandbox.call("faults", method="DELETE")
    see_paid(counter, place)
    assert counter.incidents() == []


def paid_after_all(counter, place):
    """Two payments come: one that is not wanted any more goes back, of two codes one."""
    counter.sandbox.fault("drop", scope="global", operation="notice")
    wait_for_payer(counter, place)
    first = counter.mine()[-1]["out_trade_no"]
    if place.scene == "code":
        counter.sandbox.fault("http_5xx", scope="global", operation="query")
        counter.sandbox.fault("http_5xx_before", scope="global", operation="reverse")
        counter.customer_pays()
        counter.press("cancel")
        counter.phase("undoing")
        counter.titled("The payment is being undone")
        counter.press("hand_over")
        counter.phase("idle")
        counter.sandbox.calm()
        counter.scan(place.wallet, place.pace)
    else:
        counter.press("refresh")
        counter.stack.wait_for(lambda: len(counter.mine()) == 2, what="another code")
        counter.phase("qr")
        counter.sandbox.pay(first)
        counter.sandbox.call("faults", method="DELETE")
        counter.customer_pays()
    counter.paid()
    taken = counter.booked()["cn_out_trade_no"]
    assert place.scene == "qr" or taken != first
    [spare] = {one["out_trade_no"] for one in counter.mine()} - {taken}
    goes_back(counter, spare, kept=CUP_FEN)
    [back] = counter.sandbox.order(spare)["refunds"]
    assert back["amount"] == CUP_FEN
    # Where a gateway can reverse, the charge never was; what was refunded is on the accountant's list.
    sent_back = back["out_refund_no"].startswith("L")
    assert [one["kind"] for one in counter.incidents()] == (["double"] if sent_back else [])
    assert sent_back or place.scene == "code"


def pay_as_usual(counter, place):
    """The customer pays, and the till sees it; give back the attempt."""
    wait_for_payer(counter, place)
    counter.customer_pays()
    return see_paid(counter, place)


# -- notices -----------------------------------------------------------------------------------------------------


def told_and_still_paid(counter, place, attempt):
    """Every notice was taken, and changed nothing of what was paid."""
    assert {notice["state"] for notice in told(counter, attempt["cn_out_trade_no"])} == {"done"}
    see_paid(counter, place)
    assert counter.incidents() == []


def doubled(counter, place):
    """Eight copies of a notice arrive at the same moment."""
    counter.sandbox.fault("duplicate", scope="global", operation="notice", copies=8)
    attempt = pay_as_usual(counter, place)
    told_and_still_paid(counter, place, attempt)


def late(counter, place):
    """The notice comes when the till knows long since."""
    counter.sandbox.fault("late", scope="global", operation="notice", seconds=5)
    attempt = pay_as_usual(counter, place)
    told_and_still_paid(counter, place, attempt)


def reordered(counter, place):
    """What was true before the payment is told after it."""
    counter.sandbox.fault("reorder", scope="global", operation="notice")
    attempt = pay_as_usual(counter, place)
    assert told(counter, attempt["cn_out_trade_no"])
    see_paid(counter, place)
    assert counter.incidents() == []


def lost(counter, place):
    """No notice ever comes."""
    counter.sandbox.fault("drop", scope="global", operation="notice")
    attempt = pay_as_usual(counter, place)
    assert not counter.stack.rpc("payment.cn.notice", "search_count", [[
        ("number", "=", attempt["cn_out_trade_no"])]])
    assert counter.incidents() == []


def forged(counter, place):
    """Somebody says that it was paid; of a charge, too, of which the gateway itself says nothing."""
    wait_for_payer(counter, place)
    number = counter.mine()[-1]["out_trade_no"]
    [provider] = counter.stack.rpc("payment.provider", "read", [[counter.stack.provider(place.gateway)], [
        "cn_notice_url"]])
    for kind in FORGED:
        delivery = counter.sandbox.forge(number, kind, provider["cn_notice_url"])
        assert delivery["status"] < 500, kind
    waits(counter, place)
    assert {one["kind"] for one in counter.incidents()} == {"notice"}
    kept = counter.stack.rpc("payment.cn.notice", "search_read", [[("number", "=", number)]], {"fields": ["state"]})
    assert {notice["state"] for notice in kept} <= {"refused"}
    counter.customer_pays()
    see_paid(counter, place)


# -- refunds -----------------------------------------------------------------------------------------------------


def refund_stuck(counter, place):
    """The gateway takes a refund and does not finish it for days: the till is done, the books wait."""
    begin(counter, place)
    if place.scene == "qr":
        counter.phase("qr")
        counter.customer_pays()
    attempt = see_paid(counter, place)
    number = attempt["cn_out_trade_no"]
    counter.sandbox.fault("refund_stuck", scope="global", operation="refund", times=1)
    counter.refund()
    counter.choose()
    counter.titled("Refund to the wallet that paid")
    counter.press("refund")
    if place.gateway == "alipay":  # does not say that it takes a refund before it is done
        counter.titled("Not known yet whether the refund was taken")
        counter.page.locator(".paymentline .delete-button").click()
        counter.page.wait_for_timeout(1500)
        counter.titled("Not known yet whether the refund was taken")
        assert counter.lines()[0][:2] == (-88.8, "waiting"), "what may be on its way back is not paid out again"
        [processed] = counter.sandbox.order(number)["refunds"]
        counter.sandbox.call("refunds", {"out_refund_no": processed["out_refund_no"]})
        counter.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC'"
                          f" - interval '1 second' WHERE cn_out_refund_no = '{processed['out_refund_no']}'")
        counter.run_cron("cron_watch")
        counter.paid()
        counter.stack.wait_for(lambda: counter.booked_refund()["state"] == "done", what="the end of the refund")
        assert counter.kept() == 0
        return
    counter.paid()
    assert counter.lines()[0][:2] == (-88.8, "done")
    refund = counter.booked_refund()
    assert refund["cn_out_refund_no"] in counter.receipt()
    assert refund["state"] == "pending"
    [processed] = counter.sandbox.order(number)["refunds"]
    assert (processed["state"], processed["amount"]) == ("processing", CUP_FEN)
    assert counter.kept() == CUP_FEN
    counter.sandbox.call("refunds", {"out_refund_no": processed["out_refund_no"]})
    counter.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC' - interval '1 second'"
                      f" WHERE id = {refund['id']}")
    counter.run_cron("cron_watch")
    counter.stack.wait_for(lambda: counter.booked_refund()["state"] == "done", what="the end of the refund")
    assert counter.kept() == 0
    assert counter.incidents() == []


# what goes wrong -> the gateways that can't make it
PAYER = {password: (), payer_cancels: (), payer_walks_off: ()}
ANSWERS = {time_out: (), server_error: (), never_arrived: (), questions_fail: (), paid_after_all: (), refund_stuck: ()}
NOTICES = (doubled, late, reordered, lost)
FAULTS = {
    "code": {**PAYER, coupon: (), **ANSWERS, **dict.fromkeys(NOTICES, SILENT), forged: ()},
    "qr": {**PAYER, coupon: (), **ANSWERS, **dict.fromkeys(NOTICES, ()), forged: ()},
}
CASES = [case for scene, faults in FAULTS.items() for case in struck(scene, faults)]


# What is forged of a charge, at every gateway that tells of none.
CASES += [(place, forged) for place in every_case([], places("code"))
          if place.gateway in SILENT and (place, forged) not in CASES]


def named(place, fault):
    return f"{fault.__name__}-{place.name}-{place.pace}" if place.pace else f"{fault.__name__}-{place.name}"


@pytest.mark.parametrize(("place", "fault"), CASES, ids=[named(*case) for case in CASES])
def test_fault(counter, route, place, fault):
    """Test that one payment line is one charge or none, whatever goes wrong, and that the screen says what is true."""
    route(place.route)
    fault(counter, place)
