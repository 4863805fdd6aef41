# Part of payment_cn_wallets. License LGPL-3.
"""What can be shown of credentials without money, key by key, in front of the sandbox."""

import dataclasses
from datetime import datetime, timedelta, timezone

import pytest
from every_gateway import CODES
from sandbox_shop import number
from wechat_pay_sandbox import an_order

from gateways.base import Operation, ReasonKind

# Of the sandbox's merchants: only a payment, a notice or a refund shows these.
UNPROVED = {
    'alipay': ['mini_app_id', 'seller_id'],
    'wechat_pay': ['api_key', 'api_v3_key', 'app_appid', 'app_secret', 'mini_app_secret', 'mini_appid'],
    'qq_wallet': ['app_key', 'op_user_id', 'op_user_passwd'],
    'jd_pay': ['app_id', 'md5_key', 'owner'],
    'huishouyin': ['mini_appid'],
}


def soon(order):
    return dataclasses.replace(
        order, expires_at=datetime.now(timezone.utc) + timedelta(minutes=5), amount=1
    )


@pytest.mark.parametrize('code', CODES)
def test_what_is_proved(shops, code):
    """Test that both calls go through, and that what is left is told."""
    shop = shops[code]
    asked, order = shop.gateway.probe(), soon(shop.an_order())
    assert asked.ok, asked
    ordered = shop.gateway.probe_order(order)
    assert ordered.ok, ordered
    left = shop.gateway.unproved(asked.proven | ordered.proven)
    assert sorted(left) == UNPROVED[code]
    # Alipay makes the trade when its code is scanned: there is nothing to close.
    if shop.has(Operation.CLOSE) and not shop.gateway.timings.earliest_close and code != 'alipay':
        assert shop.control.order(order.out_trade_no)['state'] == 'closed'


@pytest.mark.parametrize('code', CODES)
def test_orders_that_are_refused(shops, code):
    """Test that a merchant whose questions are answered and whose orders are not is told so."""
    shop = shops[code]
    shop.spoil('not_enabled', 'order')
    try:
        assert shop.gateway.probe().ok
        probe = shop.gateway.probe_order(soon(shop.an_order()))
    finally:
        shop.mend()
    assert (probe.ok, probe.proven) == (False, frozenset())
    assert probe.reason.kind == ReasonKind.NOT_ENABLED


@pytest.mark.parametrize(
    ('changes', 'blamed'),
    [
        ({'appid': 'wx0000000000000000'}, {'appid'}),
        ({'public_key_id': 'PUB_KEY_ID_0000000000000000000000000000000'}, {'public_key', 'public_key_id'}),
    ],
)
def test_wrong_numbers_of_wechat_pay(make_wechat, changes, blamed):
    """Test that what no question shows is shown by an order, and which number it is."""
    gateway = make_wechat(**changes)
    assert gateway.probe().ok
    probe = gateway.probe_order(soon(an_order()))
    assert (probe.ok, set(probe.blamed)) == (False, blamed)


def test_api_v3_key_of_wechat_pay(make_wechat):
    """Test that the certificates prove that key, and that a wrong one is named."""
    assert 'api_v3_key' in make_wechat('wechat_pay_certificate').probe().proven
    wrong = make_wechat('wechat_pay_certificate', api_v3_key='x' * 32).probe()
    assert (wrong.ok, wrong.blamed) == (False, ('api_v3_key',))
    assert 'api_v3_key' not in wrong.proven


def test_order_that_cannot_be_sent(make_wechat):
    """Test that an address which the protocol can't carry is an answer, too."""
    probe = make_wechat().probe_order(
        soon(an_order(out_trade_no=number(), notify_url='http://192.168.1.5/n'))
    )
    assert (probe.ok, probe.reason.kind) == (False, ReasonKind.PARAMETER)
