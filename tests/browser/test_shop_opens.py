# Part of payment_cn_wallets. License LGPL-3.
"""The shop stands: both languages, its products, and the provider set up against the sandbox."""

import pytest

PROVIDER = ["code", "state", "is_published", "cn_sandbox_url"]


@pytest.mark.parametrize(("lang", "tea"), [("zh_CN", "西湖龙井"), ("en_US", "Longjing Green Tea")])
def test_shop_opens(open_page, stack, lang, tea):
    page = open_page(lang=lang)
    page.goto(f"{stack.url}/shop")
    page.get_by_role("link", name=tea).first.wait_for()
    assert page.locator("html").get_attribute("lang") == lang.replace("_", "-")
    assert "¥" in page.locator(".oe_product_cart").first.inner_text()


def test_provider_points_at_the_sandbox(stack):
    [provider] = stack.rpc("payment.provider", "search_read", [[("code", "=", "huishouyin")]], {"fields": PROVIDER})
    assert provider["state"] == "test"
    assert provider["is_published"]
    assert provider["cn_sandbox_url"] == stack.gateway_url


def test_mails_come_to_the_sink(stack):
    before = len(stack.mail.mails())
    mail = stack.rpc("mail.mail", "create", [{
        "subject": "A trial", "body_html": "<p>你好</p>", "email_to": "someone@example.com"}])
    stack.rpc("mail.mail", "send", [[mail] if isinstance(mail, int) else mail])
    stack.wait_for(lambda: len(stack.mail.mails()) > before, what="the mail")
