# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from huishouyin_sandbox import a_charge, an_order as any_order, number

from gateways.base import Outcome, Wallet
from gateways.qq_wallet import QqWallet
from gateways.transport import Transport


@pytest.fixture(scope='session')
def make_qq(sandbox, merchants):
    """Return a function that makes a gateway for one of the sandbox's merchants."""
    transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)

    def build(merchant='qq_wallet', **changes):
        return QqWallet(
            {**merchants[merchant], **changes},
            endpoint=f'{sandbox.url}/qq_wallet',
            transport=transport,
        )

    yield build
    transport.close()


@pytest.fixture
def qq(make_qq, control):
    """The gateway of the sandbox's first merchant; closing needs no waiting."""
    control.set(qq_wait=0)
    return make_qq()


def an_order(**changes):
    return any_order(**{'out_trade_no': number('QQ'), 'wallet': Wallet.QQ_WALLET, **changes})


def charge(control, **changes):
    """Return a charge of a fresh payment code."""
    changes.setdefault('out_trade_no', number('QP'))
    return a_charge(control.code('qq_wallet'), **changes)


def paid(qq, control, **changes):
    """Return an order that the payer paid."""
    order = an_order(**changes)
    assert qq.order(order).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    return order
