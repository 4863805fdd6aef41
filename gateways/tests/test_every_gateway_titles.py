# Part of payment_cn_wallets. License LGPL-3.
"""The title of the payer's bill, as each gateway is told it."""

import dataclasses

import pytest
from every_gateway import CODES

NAME = '上海市浦东新区陆家嘴金融贸易区世纪大道一百号环球金融中心龙井茶叶有限责任公司零售部'


@pytest.mark.parametrize('code', CODES)
def test_number_of_the_order_is_on_the_bill(shops, code):
    """Test that a long name, and one of emoji, leave the order's number where the payer sees it."""
    shop = shops[code]
    for name, begin in ((NAME, '上海市'), ('🍵', ('🍵', '＊'))):
        order = dataclasses.replace(shop.an_order(), subject=name, document='S00012')
        shop.gateway.order(order)
        title = shop.control.order(order.out_trade_no)['subject']
        assert title.endswith(' S00012')
        assert title.startswith(begin)
    charge = dataclasses.replace(shop.a_charge(), subject=NAME, document='S00013')
    shop.gateway.charge(charge)
    assert shop.control.order(charge.out_trade_no)['subject'].endswith(' S00013')
