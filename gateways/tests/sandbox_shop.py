# Part of payment_cn_wallets. License LGPL-3.
"""A gateway in front of the sandbox: what the tests of all gateways share.

The sandbox was written from the protocol's documents by other hands, signs with its own code, and
keeps a ledger: what the gateway says is compared with what really happened.
"""

import itertools
import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from gateways.base import (
    ChargeRequest,
    OrderRequest,
    Outcome,
    RefundRequest,
    Scene,
    Wallet,
)
from gateways.transport import Transport

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)
_run = f'{time.time_ns() // 1000:x}'


def number(prefix='T'):
    """Return an order number that was never used."""
    return f'{prefix}{_run}-{next(_numbers)}'


class Control:
    """The sandbox's control interface."""

    def __init__(self, url):
        self.url = url

    def __call__(self, method, path, values=None):
        request = urllib.request.Request(
            f'{self.url}/control/{path}',
            method=method,
            data=None if values is None else json.dumps(values).encode(),
            headers={'Content-Type': 'application/json'},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def fault(self, name, scope='next', **options):
        return self('POST', 'faults', {'fault': name, 'scope': scope, 'times': 1, **options})

    def pay(self, out_trade_no, **values):
        return self('POST', 'pay', {'out_trade_no': out_trade_no, **values})

    def order(self, out_trade_no):
        return self('GET', f'orders/{out_trade_no}')

    def code(self, wallet, **values):
        return self('POST', 'payment-codes', {'wallet': wallet, **values})['code']

    def set(self, **values):
        return self('POST', 'settings', values)


@pytest.fixture(scope='session')
def sandbox(tmp_path_factory):
    """A sandbox of its own, as a process."""
    data = tmp_path_factory.mktemp('sandbox')
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    log = (data / 'log').open('wb')
    process = subprocess.Popen(
        [sys.executable, '-m', 'sandbox', '--port', str(port), '--data', str(data / 'ledger')],
        cwd=ROOT,
        stdout=log,
        stderr=log,
    )
    control = Control(f'http://127.0.0.1:{port}')
    try:
        for _try in range(600):
            try:
                control('GET', 'health')
                break
            except OSError:
                assert process.poll() is None, (data / 'log').read_text()
                time.sleep(0.1)
        yield control
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@pytest.fixture
def control(sandbox):
    """The control interface, with everything as it was when the test is over."""
    before = sandbox('GET', 'settings')
    yield sandbox
    sandbox('DELETE', 'faults')
    sandbox('POST', 'settings', before)


@pytest.fixture(scope='session')
def merchants(sandbox):
    """The sandbox's merchants and their keys."""
    return sandbox('GET', 'merchants')


def making(gateway):
    """Return the fixture of a function that makes a gateway for one of the sandbox's merchants.

    :param gateway: its class; the sandbox's folder and its first merchant are called like its code
    """
    code = gateway.code

    @pytest.fixture(scope='session')
    def make(sandbox, merchants):
        transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)

        def build(merchant=code, /, clock=None, **changes):
            return gateway(
                {**merchants[merchant], **changes},
                endpoint=f'{sandbox.url}/{code}',
                transport=transport,
                clock=clock,
            )

        yield build
        transport.close()

    return make


class Requests:
    """Requests of one gateway's tests.

    :param number: makes order and refund numbers, from a prefix
    :param defaults: of its orders
    """

    def __init__(self, number=number, **defaults):
        self.number = number
        self.defaults = defaults

    def an_order(self, **changes):
        values = {
            'out_trade_no': self.number('SO'),
            'amount': 1234,
            'subject': '龙井茶 Tea & more',
            'wallet': Wallet.WECHAT_PAY,
            'scene': Scene.QR,
            'notify_url': 'http://127.0.0.1:1/notice',
        }
        return OrderRequest(**{**values, **self.defaults, **changes})

    def a_charge(self, code, **changes):
        values = {
            'out_trade_no': self.number('POS'), 'amount': 1234, 'subject': 'Tea', 'auth_code': code,
        }
        return ChargeRequest(**{**values, **changes})

    def a_refund(self, order, **changes):
        values = {
            'out_trade_no': order.out_trade_no,
            'out_refund_no': self.number('R'),
            'amount': order.amount,
            'total': order.amount,
        }
        return RefundRequest(**{**values, **changes})

    def paid_order(self, gateway, control, **changes):
        """Return an order that the payer paid."""
        order = self.an_order(**changes)
        assert gateway.order(order).outcome == Outcome.WAITING
        control.pay(order.out_trade_no)
        return order


def until(call, outcome, seconds=8):
    """Ask until the outcome is there, as the addon does."""
    limit = time.monotonic() + seconds
    while (result := call()).outcome != outcome and time.monotonic() < limit:
        time.sleep(0.1)
    assert result.outcome == outcome, result
    return result
