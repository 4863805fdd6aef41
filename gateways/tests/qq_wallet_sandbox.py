# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from sandbox_shop import Requests, making, number

from gateways.base import Wallet
from gateways.qq_wallet import QqWallet

make_qq = making(QqWallet)
_requests = Requests(wallet=Wallet.QQ_WALLET)
an_order, a_refund, paid = _requests.an_order, _requests.a_refund, _requests.paid_order


@pytest.fixture
def qq(make_qq, control):
    """The gateway of the sandbox's first merchant; closing needs no waiting."""
    control.set(qq_wait=0)
    return make_qq()


def charge(control, **changes):
    """Return a charge of a fresh payment code."""
    changes.setdefault('out_trade_no', number('QP'))
    return _requests.a_charge(control.code('qq_wallet'), **changes)
