# Part of payment_cn_wallets. License LGPL-3.
"""What the tests of WeChat Pay's gateway against a server that misbehaves share."""

import pytest
from wechat_pay_witness import Answers, make

from gateways.base import ChargeRequest, OrderRequest, RefundRequest, Scene, Wallet

NUMBER = 'T20200101-0001'
CODE = '134567890123456789'


@pytest.fixture(name='say')
def say_fixture(server):
    """Signs answers, for the server to give."""
    return Answers(server)


@pytest.fixture(name='gateway')
def gateway_fixture(server):
    """WeChat Pay's gateway, with that server as its endpoint."""
    return make(server.url)


def an_order(**changes):
    return OrderRequest(**{
        'out_trade_no': NUMBER, 'amount': 100, 'subject': '龙井茶 🍵 Tea',
        'wallet': Wallet.WECHAT_PAY, 'scene': Scene.QR,
        'notify_url': 'https://shop.example/notice', **changes,
    })


def a_charge(**changes):
    return ChargeRequest(**{
        'out_trade_no': NUMBER, 'amount': 100, 'subject': 'Tea', 'auth_code': CODE, **changes,
    })


def a_refund(**changes):
    return RefundRequest(**{
        'out_trade_no': NUMBER, 'out_refund_no': 'R1', 'amount': 60, 'total': 100, **changes,
    })


def refund_fields(**changes):
    return {
        'refund_id': '50300', 'out_refund_no': 'R1', 'out_trade_no': NUMBER, 'status': 'PROCESSING',
        'amount': {'refund': 60, 'total': 100, 'currency': 'CNY'}, **changes,
    }
