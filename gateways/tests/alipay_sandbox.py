# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from huishouyin_sandbox import number as any_number

from gateways.alipay import Alipay
from gateways.base import ChargeRequest, OrderRequest, Outcome, RefundRequest, Scene, Wallet
from gateways.transport import Transport


def number(prefix='T'):
    """Return an order number that was never used; Alipay's documents allow no `-`."""
    return any_number(prefix).replace('-', '_')


@pytest.fixture(scope='session')
def make_alipay(sandbox, merchants):
    """Return a function that makes a gateway for one of the sandbox's merchants."""
    transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)

    def build(merchant='alipay', clock=None, **changes):
        return Alipay(
            {**merchants[merchant], **changes},
            endpoint=f'{sandbox.url}/alipay',
            transport=transport,
            clock=clock,
        )

    yield build
    transport.close()


@pytest.fixture(scope='session')
def alipay(make_alipay):
    """The gateway of the sandbox's first merchant of Alipay."""
    return make_alipay()


def an_order(**changes):
    values = {
        'out_trade_no': number('SO'),
        'amount': 1234,
        'subject': '龙井茶 Tea & more=1/2',
        'wallet': Wallet.ALIPAY,
        'scene': Scene.QR,
        'notify_url': 'http://127.0.0.1:1/notice?x=1&y=2',
    }
    return OrderRequest(**{**values, **changes})


def a_charge(code, **changes):
    values = {'out_trade_no': number('POS'), 'amount': 1234, 'subject': 'Tea', 'auth_code': code}
    return ChargeRequest(**{**values, **changes})


def a_refund(order, **changes):
    values = {
        'out_trade_no': order.out_trade_no,
        'out_refund_no': number('R'),
        'amount': order.amount,
        'total': order.amount,
    }
    return RefundRequest(**{**values, **changes})


def paid_order(shop, control, **changes):
    """Return an order that the payer paid."""
    order = an_order(**changes)
    assert shop.order(order).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    return order
