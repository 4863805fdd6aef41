# Part of payment_cn_wallets. License LGPL-3.
"""What administrators and accountants see and press."""

import pytest

from devstack.paths import SHOTS

PAID, PART = 999, 400


@pytest.fixture
def provider(stack):
    """The gateway's record; its key is put back afterwards."""
    [found] = stack.rpc("payment.provider", "search_read", [[("code", "=", "huishouyin")]],
                        {"fields": ["huishouyin_key"]})
    yield found["id"]
    stack.rpc("payment.provider", "write", [[found["id"]], {"huishouyin_key": found["huishouyin_key"]}])


@pytest.fixture
def paid(shop):
    """An attempt that is paid and booked."""
    page = shop.open()
    tx = shop.link_to_code(page)
    shop.sandbox.pay(tx["cn_out_trade_no"])
    shop.moved_on(page)
    return shop.booked(tx["id"])


def open_record(office, shop, action, record):
    office.goto(f"{shop.stack.url}/odoo/action-{action}/{record}")
    office.locator(".o_form_view .o_form_sheet").wait_for(timeout=60_000)  # the first loads all scripts


def shoot(office, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    office.screenshot(path=SHOTS / f"office-{name}.png", animations="disabled")


def test_provider_form_shows_its_own_fields(office, shop, provider):
    """Test that the form shows this gateway's credentials, and those of no other."""
    open_record(office, shop, "payment.action_payment_provider", provider)
    office.locator("[name=huishouyin_key]").wait_for()
    names = office.locator(".o_notebook .tab-pane.active .o_field_widget:visible").evaluate_all(
        "all => all.map(one => one.getAttribute('name'))")
    ours = [name for name in names if name.startswith("huishouyin_")]
    assert ours == [f"huishouyin_{name}" for name in (
        "app_id", "mch_uid", "key", "mini_appid", "isv_app_id", "isv_mch_uid")]
    assert set(names) - set(ours) == {"cn_sandbox_url", "cn_hold_days", "cn_keep_notice_days"}
    # What a first setup needs stands above the fold.
    for name in ("cn_notice_url", "cn_responsible_id", "action_cn_test_connection"):
        box = office.locator(f"[name={name}]").first.bounding_box()
        assert box["y"] + box["height"] < office.viewport_size["height"], name
    shoot(office, "provider")


def test_connection_is_tested(office, shop, provider):
    """Test that a good connection is called good."""
    open_record(office, shop, "payment.action_payment_provider", provider)
    office.locator("[name=action_cn_test_connection]").click()
    office.locator(".o_notification", has_text="accepted the signature").wait_for()
    shoot(office, "connection")


def test_wrong_key_is_named(office, shop, provider):
    """Test that a wrong key is said to be wrong, in plain words."""
    open_record(office, shop, "payment.action_payment_provider", provider)
    office.locator("[name=huishouyin_key] input").fill("0123456789ABCDEF0123456789ABCDEF")
    office.locator("[name=action_cn_test_connection]").click()
    told = office.locator(".o_notification").first
    told.wait_for()
    assert "key" in told.inner_text().lower(), told.inner_text()
    shoot(office, "wrong-key")


def test_part_is_refunded(office, shop, paid):
    """Test that an accountant gives a part back: money, transaction and books follow."""
    open_record(office, shop, "payment_cn_wallets.action_cn_transactions", paid["id"])
    shoot(office, "transaction")
    office.locator("button[name=action_cn_refund]").click()
    dialog = office.locator(".modal")
    dialog.locator("[name=amount] input").fill(f"{PART / 100:.2f}")
    shoot(office, "refund")
    dialog.locator("button[name=action_refund]").click()
    dialog.wait_for(state="hidden")
    [refund] = shop.stack.wait_for(lambda: [one for one in shop.sandbox.order(paid["cn_out_trade_no"])["refunds"]
                                            if one["state"] == "success"], what="the refund at the gateway")
    assert refund["amount"] == PART
    [child] = shop.read(paid["id"])["child_transaction_ids"]
    open_record(office, shop, "payment_cn_wallets.action_cn_transactions", child)
    ask = office.locator("button[name=action_cn_query]:visible")
    if ask.count():  # else the gateway's notice was quicker
        ask.click()
    shop.stack.wait_for(lambda: shop.read(child)["state"] == "done", what="the refund's confirmation")
    payment = shop.stack.wait_for(lambda: shop.read(child)["payment_id"], what="the refund in the books")
    [booked] = shop.stack.rpc("account.payment", "read", [[payment[0]], ["amount", "payment_type", "state"]])
    assert round(booked["amount"] * 100) == PART
    assert booked["payment_type"] == "outbound"
    assert booked["state"] in ("in_process", "paid")
    open_record(office, shop, "payment_cn_wallets.action_cn_transactions", paid["id"])
    office.locator("button[name=action_cn_refund]").wait_for()
    shoot(office, "refunded")
    assert round(shop.stack.rpc("payment.transaction", "read", [[paid["id"]], ["cn_refundable_amount"]])[0][
        "cn_refundable_amount"] * 100) == PAID - PART


def test_notices_are_listed(office, shop, paid):
    """Test that the administrator finds a payment's notice and its state."""
    office.goto(f"{shop.stack.url}/odoo/action-payment_cn_wallets.action_cn_notice")
    row = office.locator("tr.o_data_row", has_text=paid["cn_out_trade_no"])
    row.wait_for()
    assert "Processed" in row.inner_text()
    shoot(office, "notices")


def test_incident_is_listed_and_done(office, shop):
    """Test that an accountant finds what a forged notice left, and takes it off the list."""
    page = shop.open()
    tx = shop.link_to_code(page)
    shop.sandbox.forge(tx["cn_out_trade_no"], "amount")
    office.goto(f"{shop.stack.url}/odoo/action-payment_cn_wallets.action_cn_incident")
    row = office.locator("tr.o_data_row", has_text=tx["reference"])
    row.first.wait_for()
    shoot(office, "incidents")
    row.first.locator("td").nth(1).click()
    office.locator(".o_form_view button[name=action_done]").click()
    shop.stack.wait_for(lambda: [one["state"] for one in shop.incidents(("transaction_id", "=", tx["id"]))] == ["done"],
                        what="the incident off the list")
    shoot(office, "incident")
