# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's gateway with the sandbox as its endpoint."""

import pytest
from huishouyin_sandbox import number as huishouyin_number

from gateways.base import ChargeRequest, OrderRequest, Outcome, RefundRequest, Scene, Wallet
from gateways.jd_pay import JdPay
from gateways.transport import Transport


def number(prefix='T'):
    """Return an order number that was never used, short enough for JD."""
    return huishouyin_number(prefix)[:30]


@pytest.fixture(scope='session')
def make_jd(sandbox, merchants):
    """Return a function that makes a gateway for one of the sandbox's merchants."""
    transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)

    def build(name='jd_pay', clock=None, **changes):
        return JdPay(
            {**merchants[name], **changes},
            endpoint=f'{sandbox.url}/jd_pay',
            transport=transport,
            clock=clock,
        )

    yield build
    transport.close()


@pytest.fixture(scope='session')
def jd(make_jd):
    """The gateway of the sandbox's first merchant."""
    return make_jd()


def an_order(**changes):
    values = {
        'out_trade_no': number('J'),
        'amount': 1234,
        'subject': '龙井茶 Tea & more <best>',
        'wallet': Wallet.JD_PAY,
        'scene': Scene.QR,
        'notify_url': 'http://127.0.0.1:1/notice',
        'return_url': 'http://127.0.0.1:1/back',
    }
    return OrderRequest(**{**values, **changes})


def a_charge(code, **changes):
    values = {'out_trade_no': number('P'), 'amount': 1234, 'subject': 'Tea', 'auth_code': code}
    return ChargeRequest(**{**values, **changes})


def a_refund(order, **changes):
    values = {
        'out_trade_no': order.out_trade_no,
        'out_refund_no': number('R'),
        'amount': order.amount,
        'total': order.amount,
    }
    return RefundRequest(**{**values, **changes})


def paid_order(jd, control, **changes):
    """Return an order that the payer paid."""
    order = an_order(**changes)
    assert jd.order(order).outcome == Outcome.WAITING
    control.pay(order.out_trade_no)
    return order
