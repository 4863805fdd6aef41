# Part of payment_cn_wallets. License LGPL-3.
"""The ledger: one charge whatever happens, nothing lost when the sandbox dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from sandbox.ledger import InUse, Ledger
from sandbox.server import Sandbox
from sandbox.tests.conftest import ROOT
from sandbox.tests.shop import Client, Control, Listener, until


def dawdling(read):
    """Return a method that reads, and then lets others act before its caller does."""

    def slow(*args):
        found = read(*args)
        time.sleep(0.002)
        return found

    return slow


@pytest.fixture(autouse=True)
def _dawdle(monkeypatch):
    """Dawdle after each read: whoever does not hold the ledger's lock acts on what is old by then."""
    for name in ('one', 'all'):
        monkeypatch.setattr(Ledger, name, dawdling(getattr(Ledger, name)))


def together(count, action):
    """Run an action in so many threads that start at the same moment; return the results."""
    barrier, results = threading.Barrier(count), []

    def run(index):
        barrier.wait(10)
        results.append(action(index))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == count
    return results


def test_one_charge_of_one_order(client, control, listener):
    """Test that eight payers who pay one order at once are charged once, and told so."""
    client.order('L1', fee=1000)

    def pay(_index):
        body = {'out_trade_no': 'L1'}
        return requests.post(f'{client.url}/control/pay', json=body, timeout=20).status_code

    assert sorted(together(8, pay)) == [200] + [409] * 7
    ledger = control.get('ledger')
    assert [row['amount'] for row in ledger['charges']] == [1000]
    assert len(ledger['notices']) == 1


def test_one_order_of_one_number(client, control):
    """Test that eight requests for one order number at once get one and the same code."""
    shops = [Client(client.url, client.merchant, client.notify_url) for _ in range(8)]
    codes = together(8, lambda index: shops[index].order('L2')['code_url'])
    assert len(set(codes)) == 1
    assert len(control.get('ledger')['orders']) == 1


def test_one_use_of_one_payment_code(client, control):
    """Test that a payment code scanned by eight tills at once pays one of them."""
    code = control.post('payment-codes', wallet='alipay')['code']
    shops = [Client(client.url, client.merchant, client.notify_url) for _ in range(8)]
    states = together(8, lambda index: shops[index].charge(code, f'L3-{index}')['trade_status'])
    assert sorted(states) == ['Failure'] * 7 + ['Success']
    assert len(control.get('ledger')['charges']) == 1


def test_refunds_at_once_never_exceed_the_payment(client, control):
    """Test that eight refunds of 30 at once out of 100 give back 90."""
    client.order('L4', fee=100)
    control.post('pay', out_trade_no='L4')
    shops = [Client(client.url, client.merchant, client.notify_url) for _ in range(8)]
    answers = together(8, lambda index: shops[index].refund('L4', f'L4-{index}', 30))
    assert sum(answer['result_code'] == 'SUCCESS' for answer in answers) == 3
    assert sum(row['amount'] for row in control.get('ledger')['refunds']) == 90


def test_one_refund_of_one_number(client, control):
    """Test that a refund repeated eight times at once is one refund."""
    client.order('L5', fee=100)
    control.post('pay', out_trade_no='L5')
    shops = [Client(client.url, client.merchant, client.notify_url) for _ in range(8)]
    answers = together(8, lambda index: shops[index].refund('L5', 'L5-R', 60))
    assert len({answer['hy_refund_no'] for answer in answers}) == 1
    assert len(control.get('ledger')['refunds']) == 1


# === RESTART === #


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Process:
    """The sandbox as a user runs it."""

    def __init__(self, data, port, *options):
        environment = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
        self.log = []
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'sandbox', '--port', str(port), '--data', str(data), *options],
            cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
        )
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()
        self.url = f'http://127.0.0.1:{port}'
        self.control = Control(self.url)
        until(self._answers, 20)

    def _answers(self):
        try:
            return requests.get(f'{self.url}/control/health', timeout=1).status_code == 200
        except requests.RequestException:
            return self.process.poll() is not None

    def end(self, number=signal.SIGKILL):
        """End the process and return its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(15)
        self.reader.join(5)
        self.process.stderr.close()
        return code


def test_restart(tmp_path, listener):
    """Test that orders, charges, refunds, faults, settings and pending notices survive a kill."""
    data, port = tmp_path / 'data', free_port()
    quiet_port = free_port()
    first = Process(data, port)
    try:
        first.control.post('settings', notice_backoff=[0, 0.2, 0.2, 0.2, 0.2, 60, 60],
                           refund_delay=1)
        merchant = first.control.get('merchants')['huishouyin']
        # nobody listens yet: the notice has to be retried
        shop = Client(first.url, merchant, f'http://127.0.0.1:{quiet_port}/notice')
        code_url = shop.order('K1', fee=700)['code_url']
        shop.order('K2', fee=800)
        first.control.post('faults', fault='coupon', coupon=50, scope='K3')
        first.control.post('pay', out_trade_no='K1')
        until(lambda: first.control.get('orders/K1')['notices'][0]['attempts'] >= 1)
        shop.refund('K1', 'K1-R', 100)
    finally:
        first.end()
    late = Listener(quiet_port)
    second = Process(data, port)
    try:
        assert second.control.get('merchants')['huishouyin'] == merchant
        assert late.wait(1, 10)[0]['out_trade_no'] == 'K1'
        shop = Client(second.url, merchant, shop.notify_url)
        assert shop.query('K1')['trade_status'] == 'Success'
        assert shop.order('K2', fee=800)['result_code'] == 'SUCCESS'
        until(lambda: shop.refund_status('K1-R') == 'Success')
        shop.order('K3')
        second.control.post('pay', out_trade_no='K3')
        assert shop.query('K3')['coupon_amt'] == 50
        assert requests.get(code_url, timeout=5).status_code == 200
        assert len(second.control.get('ledger')['charges']) == 2
        # the old sandbox's data can't be shared with a second one
        with pytest.raises(InUse):
            Sandbox(str(data), port=0)
        assert second.end(signal.SIGTERM) == 0
    finally:
        if second.process.poll() is None:
            second.end()
        late.stop()


def test_nothing_secret_in_log_and_ledger(tmp_path, listener):
    """Test that no key, signature or payment code is in the log or in the ledger's dump."""
    running = Process(tmp_path / 'data', free_port(), '--log-level', 'DEBUG')
    try:
        merchants = running.control.get('merchants')
        shop = Client(running.url, merchants['huishouyin'], listener.url)
        code = running.control.post('payment-codes', wallet='alipay')['code']
        shop.charge(code, 'M1')
        option = '{"open_id": "oVerySecretPerson"}'
        shop.order('M2', channel='WX_APPLET', pay_option=option, wx_js_code='verysecretjscode')
        running.control.post('pay', out_trade_no='M2')
        sign = listener.wait(1)[0]['sign']
        running.control.post('faults', fault='reset', times=1)
        with pytest.raises(requests.RequestException):
            shop.query('M2')
        requests.get(f'{running.url}/codes/alipay', timeout=5)
        requests.get(f'{running.url}/q/unknown', timeout=5)
        dump = requests.get(f'{running.url}/control/ledger', timeout=5).text
        order = requests.get(f'{running.url}/control/orders/M2', timeout=5).text
    finally:
        running.end(signal.SIGTERM)
    log = ''.join(running.log)
    assert 'FAULT reset' in log
    assert 'charge M1' in log
    keys = [
        value for merchant in merchants.values() for name, value in merchant.items()
        if name.endswith(('key', 'passwd'))
    ]
    for secret in (code, sign, 'oVerySecretPerson', 'verysecretjscode', *keys):
        for text in (log, dump, order):
            assert secret not in text
    assert 'Traceback' not in log


def test_port_taken_and_not_loopback(tmp_path):
    """Test the command line's refusals: in words, with an exit code, without a trace."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        for host, port, words, code in (
            ('127.0.0.1', taken.getsockname()[1], 'taken', 1), ('0.0.0.0', 0, 'loopback', 2),
            ('192.0.2.1', 0, 'loopback', 2), ('::', 0, 'loopback', 2),
        ):
            start = time.time()
            result = subprocess.run(
                [sys.executable, '-m', 'sandbox', '--host', host, '--port', str(port),
                 '--data', str(tmp_path / 'd')],
                cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
            )
            assert result.returncode == code, result.stderr
            assert words in result.stderr
            assert 'Traceback' not in result.stderr
            assert time.time() - start < 15


def test_stopping_does_not_wait(tmp_path, listener):
    """Test that a held connection and a shop that does not answer don't keep it from stopping."""
    running = Process(tmp_path / 'data', free_port())
    listener.delay = 8
    try:
        shop = Client(running.url, running.control.get('merchants')['huishouyin'], listener.url)
        shop.order('W1')
        running.control.post('faults', fault='timeout', seconds=60, operation='query')

        def hold():
            with pytest.raises(requests.RequestException):
                shop.query('W1')

        held = threading.Thread(target=hold)
        held.start()
        running.control.post('pay', out_trade_no='W1')
        listener.wait(1)
        start = time.time()
        assert running.end(signal.SIGTERM) == 0
        assert time.time() - start < 4
        held.join(5)
        assert 'Traceback' not in ''.join(running.log)
    finally:
        if running.process.poll() is None:
            running.end()
