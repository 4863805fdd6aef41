# Part of payment_cn_wallets. License LGPL-3.
"""Notices that are lost, repeated or forged."""

from shop import CANDY_FEN

# kinds of forgeries -> what the accountant, who reads Chinese here, is told
FORGERIES = {
    "signature unsigned wrong_key merchant malformed": "并非用 汇收银 的密钥签名",
    "merchant_own_key": "商户不符",
    "amount": "应为",
    "order": "没有这笔支付",
}


def test_lost_notice_is_made_up_for_by_a_query(shop):
    """Test that the page moves on and the order is paid when no notice ever comes."""
    shop.sandbox.fault("drop", times=None)
    page = shop.open()
    tx = shop.to_code(page)
    shop.phone_pays(shop.scan(page))
    shop.moved_on(page)
    shop.booked(tx["id"])
    assert not shop.notices(tx["cn_out_trade_no"])


def test_eight_notices_at_once_are_one_payment(shop):
    """Test that eight copies of a notice at the same moment are stored once and booked once."""
    shop.sandbox.fault("duplicate", copies=8)
    page = shop.open()
    tx = shop.link_to_code(page)
    number = tx["cn_out_trade_no"]
    shop.sandbox.pay(number)
    shop.moved_on(page)
    tx = shop.booked(tx["id"])
    told = shop.stack.wait_for(
        lambda: all(one["state"] == "delivered" for one in shop.sandbox.order(number)["notices"])
        and shop.sandbox.order(number)["notices"], what="the acknowledgement of all copies")
    deliveries = [delivery for notice in told for delivery in notice["deliveries"]]
    assert len(deliveries) >= 8
    assert {delivery["status"] for delivery in deliveries} == {200}
    # It is processed by a cron when the page was just asking about the payment.
    shop.stack.wait_for(lambda: [notice["state"] for notice in shop.notices(number)] == ["done"],
                        what="the one notice to be processed")
    payments = shop.stack.rpc("account.payment", "search_count", [[("payment_transaction_id", "=", tx["id"])]])
    assert payments == 1
    assert len(tx["invoice_ids"]) == 1
    [order] = shop.stack.rpc("sale.order", "read", [tx["sale_order_ids"], ["invoice_ids"]])
    assert len(order["invoice_ids"]) == 1


def test_forged_notices_move_nothing(shop):
    """Test that forged notices change no attempt, that an accountant hears of them, and that true money still comes."""
    page = shop.open()
    tx = shop.link_to_code(page)
    number = tx["cn_out_trade_no"]
    for forged, words in FORGERIES.items():
        for kind in forged.split():
            delivery = shop.sandbox.forge(number, kind)
            assert delivery["status"] < 500
            assert "Traceback" not in delivery["answer"]
        shop.stack.wait_for(lambda words=words: any(words in one["message"] for one in shop.incidents(
            ("kind", "=", "notice"), ("state", "=", "open"))), what=f"an incident that says {words}")
    assert shop.read(tx["id"])["state"] == "draft"
    assert shop.order_state(tx["sale_order_ids"][0]) in ("draft", "sent")
    shop.sandbox.pay(number)
    shop.moved_on(page)
    shop.booked(tx["id"], CANDY_FEN)
