# Part of payment_cn_wallets. License LGPL-3.
"""What a cashier sees of payments by the printed code at her till, and claims for the order on her screen."""

import pytest
from shop import Shop
from test_scenes import INSIDE, Cashier
from test_shop_code import attempt_of, scan, type_amount
from till import CANDY, PHONE
from windows import DESKTOP, shoot


@pytest.fixture
def code_at_till(stack):
    """A shop code that lies at the demo's till; it lies there no more after the test."""
    [made] = stack.rpc("payment.cn.shop.code", "create", [[{
        "name": "Counter", "shop_name": "西湖茶馆", "label": "柜台", "config_id": stack.till(),
        "way_ids": [(0, 0, {"provider_id": stack.provider("alipay")})]}]])
    [code] = stack.rpc("payment.cn.shop.code", "read", [[made], ["token"]])
    yield {"id": made, "address": f"{stack.url}/cn/{code['token']}"}
    stack.rpc("payment.cn.shop.code", "write", [[made], {"config_id": False}])


def pay(stack, open_page, sandbox, code, keys):
    """Pay by the printed code, as a customer in front of the till."""
    shop = Shop(stack, open_page, sandbox)
    payer = scan(shop, code, INSIDE["alipay"])
    Cashier(shop, payer, "alipay")
    type_amount(payer, keys)
    payer.locator("input[name=note]").fill("两颗糖")
    payer.locator("button[name=wallet]").tap()
    payer.wait_for_url("**/payment/cn/receipt/**")
    return attempt_of(shop, code)


@pytest.mark.parametrize(("lang", "viewport"), [("zh_CN", DESKTOP), ("en_US", PHONE)])
def test_claimed_for_the_order(till, stack, open_page, sandbox, code_at_till, lang, viewport):
    """Test that the till tells of a payment at once, and the order on the screen is paid by it."""
    page = till.open(lang=lang, viewport=viewport)
    till.sell(CANDY)
    till.to_payment()
    page.locator("[name=o_cn_counter]").wait_for()
    tx = pay(stack, open_page, sandbox, code_at_till, "9.99")
    page.bring_to_front()
    page.locator(".o_notification", has_text="9.99").wait_for()
    shoot(page, f"till-counter-told-{lang}")
    page.locator("[name=o_cn_counter]").click()
    page.locator(".o_cn_counter_payment", has_text="9.99").wait_for()
    shoot(page, f"till-counter-list-{lang}")
    page.locator("[name=o_cn_claim]").click()
    till.paid()
    shoot(page, f"till-counter-receipt-{lang}")
    [now] = stack.rpc("payment.transaction", "read", [[tx["id"]], ["cn_till_line", "cn_claimed_by", "cn_verdict"]])
    assert now["cn_verdict"] == "kept"
    assert now["cn_till_line"]
    assert now["cn_claimed_by"]
