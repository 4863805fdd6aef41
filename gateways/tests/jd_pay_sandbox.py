# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's gateway with the sandbox as its endpoint."""

import pytest
from sandbox_shop import Requests, making, number as any_number

from gateways.base import Wallet
from gateways.jd_pay import JdPay


def number(prefix='T'):
    """Return an order number that was never used, short enough for JD."""
    return any_number(prefix)[:30]


make_jd = making(JdPay)
_requests = Requests(
    number,
    subject='龙井茶 Tea & more <best>',
    wallet=Wallet.JD_PAY,
    return_url='http://127.0.0.1:1/back',
)
an_order, a_charge = _requests.an_order, _requests.a_charge
a_refund, paid_order = _requests.a_refund, _requests.paid_order


@pytest.fixture(scope='session')
def jd(make_jd):
    """The gateway of the sandbox's first merchant."""
    return make_jd()
