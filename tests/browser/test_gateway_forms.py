# Part of payment_cn_wallets. License LGPL-3.
"""How an administrator sets the direct gateways up: numbers typed, files uploaded, connection tested."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from every_case import dealt

from devstack.paths import SHOTS
from devstack.stack import remember

PHONE = {"width": 390, "height": 844}
GATEWAYS = ("wechat_pay", "alipay", "qq_wallet", "jd_pay")
FILES = {
    "wechat_pay": ("certificate", "private_key", "public_key"),
    "alipay": ("private_key", "alipay_public_key"),
    "qq_wallet": (),
    "jd_pay": ("private_key", "jd_public_key"),
}


@pytest.fixture
def empty(stack):
    """A gateway's record without credentials; they are entered again afterwards."""
    emptied = []

    def emptying(gateway):
        record = stack.provider(gateway)
        stack.rpc("payment.provider", "action_reset_credentials", [[record]])
        emptied.append(gateway)
        return record

    yield emptying
    for gateway in emptied:
        stack.set_up_provider(gateway, stack.merchants()[gateway])


def open_form(page, stack, record):
    page.goto(f"{stack.url}/odoo/action-payment.action_payment_provider/{record}")
    page.locator(".o_form_view .o_form_sheet").wait_for(timeout=60_000)  # the first loads all scripts


def upload(page, field, name, content):
    """Choose a file, as a person does, and wait until the form has looked at it."""
    with page.expect_response(lambda answer: "onchange" in answer.url):
        page.locator(f"[name={field}] input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.locator(f"[name={field}]", has_text="Uploading").wait_for(state="detached")


def save(page):
    with page.expect_response(lambda answer: "web_save" in answer.url) as saved:
        page.locator(".o_form_button_save").click()
    return saved.value.json()


@pytest.mark.parametrize(("gateway", "lang"), dealt(GATEWAYS, ["zh_CN", "en_US"]))
def test_form_has_its_own_fields_only(log_in, stack, gateway, lang):
    """Test that each gateway's form is complete, in both languages, on a desk and on a phone."""
    page = log_in(lang)
    open_form(page, stack, stack.provider(gateway))
    names = page.locator(".o_notebook .tab-pane.active .o_field_widget:visible").evaluate_all(
        "all => all.map(one => one.getAttribute('name'))")
    others = [name for name in names if name.startswith(tuple(f"{other}_" for other in (*GATEWAYS, "huishouyin")
                                                              if other != gateway))]
    assert not others
    assert len([name for name in names if name.startswith(f"{gateway}_")]) >= 6
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"form-{gateway}-{lang}.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.screenshot(path=SHOTS / f"form-{gateway}-{lang}-phone.png", full_page=True)
    page.locator("[name=action_cn_test_connection]").click()
    # It works; what only a payment can show (an app secret, an operator's password) is told with it.
    page.locator(".o_notification_bar.bg-warning").first.wait_for()
    assert page.locator(".o_notification_bar.bg-danger").count() == 0


@pytest.mark.parametrize("gateway", ["wechat_pay", "alipay", "jd_pay"])
def test_files_are_uploaded(office, stack, empty, gateway):
    """Test that numbers and files as the sandbox hands them out make a connection that works."""
    merchant = stack.merchants()[gateway]
    record = empty(gateway)
    open_form(office, stack, record)
    for name, value in merchant.items():
        if name not in FILES[gateway] and office.locator(f"[name={gateway}_{name}] input").count():
            office.locator(f"[name={gateway}_{name}] input").fill(value)
    for name in FILES[gateway]:
        upload(office, f"{gateway}_{name}_file", f"{name}.pem", merchant[name].encode())
    office.screenshot(path=SHOTS / f"form-{gateway}-filled.png", full_page=True)
    save(office)
    office.locator("[name=action_cn_test_connection]").click()
    office.locator(".o_notification", has_text="accepted the signature").wait_for()
    office.wait_for_function(
        "name => document.querySelector(`[name=${name}] input:not([type=file])`)?.value.startsWith('public part')",
        arg=f"{gateway}_private_key_file")


def test_wrong_file_is_refused_before_saving(office, stack, empty):
    """Test that an administrator is told at once, and can choose another file."""
    record = empty("wechat_pay")
    open_form(office, stack, record)
    upload(office, "wechat_pay_certificate_file", "apiclient_cert.pem", b"this is no certificate")
    told = office.locator(".o_notification, .modal", has_text="can't be read").first
    told.wait_for()
    office.screenshot(path=SHOTS / "form-wrong-file.png")


def test_p12_fills_both(office, stack, empty):
    """Test that the one file of WeChat Pay's merchant platform is certificate and key."""
    merchant = stack.merchants()["wechat_pay"]
    record = empty("wechat_pay")
    key = serialization.load_pem_private_key(merchant["private_key"].encode(), None)
    made = pkcs12.serialize_key_and_certificates(
        b"merchant", key, x509.load_pem_x509_certificate(merchant["certificate"].encode()), None,
        serialization.BestAvailableEncryption(merchant["mchid"].encode()))
    remember(merchant["private_key"])
    open_form(office, stack, record)
    for name in ("mchid", "appid", "api_v3_key", "public_key_id"):
        office.locator(f"[name=wechat_pay_{name}] input").fill(merchant[name])
    upload(office, "wechat_pay_public_key_file", "pub_key.pem", merchant["public_key"].encode())
    upload(office, "wechat_pay_certificate_file", "apiclient_cert.p12", made)
    office.screenshot(path=SHOTS / "form-p12.png", full_page=True)
    save(office)
    [now] = stack.rpc("payment.provider", "read", [[record], ["wechat_pay_private_key"]])
    assert now["wechat_pay_private_key"].strip() == merchant["private_key"].strip()
