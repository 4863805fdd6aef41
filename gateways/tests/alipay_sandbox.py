# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from sandbox_shop import Requests, making, number as any_number

from gateways.alipay import Alipay
from gateways.base import Wallet


def number(prefix='T'):
    """Return an order number that was never used; Alipay's documents allow no `-`."""
    return any_number(prefix).replace('-', '_')


make_alipay = making(Alipay)
_requests = Requests(
    number,
    subject='龙井茶 Tea & more=1/2',
    wallet=Wallet.ALIPAY,
    notify_url='http://127.0.0.1:1/notice?x=1&y=2',
)
an_order, a_charge = _requests.an_order, _requests.a_charge
a_refund, paid_order = _requests.a_refund, _requests.paid_order


@pytest.fixture(scope='session')
def alipay(make_alipay):
    """The gateway of the sandbox's first merchant of Alipay."""
    return make_alipay()
