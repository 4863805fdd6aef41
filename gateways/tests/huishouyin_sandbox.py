# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from sandbox_shop import Requests, making

import gateways

make_shop = making(gateways.get('huishouyin'))
_requests = Requests()
an_order, a_charge = _requests.an_order, _requests.a_charge
a_refund, paid_order = _requests.a_refund, _requests.paid_order


@pytest.fixture(scope='session')
def shop(make_shop):
    """The gateway of the sandbox's first merchant."""
    return make_shop()
