# Part of payment_cn_wallets. License LGPL-3.
"""The server and the control interface."""

import ast
import socket
import time

import pytest
import requests

from sandbox.masks import masked, masked_body
from sandbox.server import NotLoopback, Sandbox, check_host
from sandbox.settings import SETTINGS
from sandbox.tests.conftest import ROOT
from sandbox.tests.shop import until


@pytest.mark.parametrize('host', ['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])
def test_loopback(host):
    """Test the addresses on which the sandbox listens."""
    check_host(host)


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '', '192.168.1.5', '10.0.0.1', 'shop.example'])
def test_not_loopback(host, tmp_path):
    """Test that it refuses all others, unless told."""
    with pytest.raises(NotLoopback, match='allow-remote'):
        Sandbox(str(tmp_path), host, 0)
    check_host(host, allow_remote=True)


def test_every_answer_says_what_it_is(sandbox):
    """Test the header, also on errors."""
    for method, path in (
        ('GET', '/'), ('GET', '/nothing'), ('GET', '/control/health'), ('POST', '/control/pay'),
        ('GET', '/control/nothing'), ('POST', '/huishouyin/v1/payquery'), ('PUT', '/'),
        ('GET', '/assets/phone.css'), ('GET', '/huishouyin/files/x.csv'), ('DELETE', '/q/x'),
    ):
        answer = requests.request(method, sandbox.url + path, timeout=5)
        assert answer.headers['X-Sandbox'] == 'payment_cn_wallets', path
    answer = requests.post(sandbox.url + '/', data=b'x' * 2_100_000, timeout=5)
    assert answer.status_code == 413
    assert answer.headers['X-Sandbox']


def test_connections_are_kept(sandbox):
    """Test that many requests share one connection, whatever the server read of them."""
    session = requests.Session()
    for _ in range(5):
        session.get(sandbox.url + '/control/health', timeout=5)
        session.post(sandbox.url + '/huishouyin/v1/nothing', data=b'x' * 9999, timeout=5)
        session.post(sandbox.url + '/huishouyin/v1/payquery', json={}, timeout=5)
    [pool] = session.adapters['http://'].poolmanager.pools._container.values()
    assert pool.num_connections == 1


@pytest.mark.parametrize('request_text', [
    b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n',
    b'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    b'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n',
    b'nonsense\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
])
def test_malformed_requests(sandbox, request_text):
    """Test that malformed requests end in an error and leave the server alive."""
    with socket.create_connection(('127.0.0.1', sandbox.port), 5) as connection:
        connection.sendall(request_text)
        answer = connection.recv(4096)
    assert b'200 OK' not in answer
    assert requests.get(sandbox.url + '/control/health', timeout=5).status_code == 200


def test_clients_that_hang_up(sandbox, control, capfd):
    """Test that a client who goes away in the middle of an answer leaves no trace in the log."""
    control.post('faults', fault='oversized', bytes=20_000_000)
    for _ in range(3):
        answer = requests.post(
            sandbox.url + '/huishouyin/v1/payquery', json={}, stream=True, timeout=5
        )
        answer.close()
    until(lambda: len(control.get('ledger')['calls']) == 3)
    time.sleep(0.2)
    assert 'Traceback' not in capfd.readouterr().err


# === CONTROL === #


def test_health_and_merchants(control, sandbox):
    """Test what others configure themselves from."""
    health = control.get('health')
    assert health['status'] == 'ok'
    assert {'alipay', 'huishouyin', 'jd_pay', 'qq_wallet', 'wechat_pay'} <= set(health['gateways'])
    assert health['url'] == sandbox.url
    merchant = control.get('merchants')['huishouyin']
    assert set(merchant) == {'app_id', 'mch_uid', 'key'}
    assert len(merchant['key']) == 24


def test_settings(control):
    """Test that settings are checked, all or none, and that null puts the default back."""
    assert set(control.get('settings')) == set(SETTINGS)
    assert control.post('settings', refund_delay=7)['refund_delay'] == 7
    assert control.post('settings', refund_delay=None)['refund_delay'] == 1.0
    for wrong in ({'nonsense': 1}, {'time_format': 'x'}, {'refund_delay': -1},
                  {'notice_backoff': []}, {'refund_delay': 5, 'sign_form': 'x'},
                  {'fee_rate': '2'}, {'fee_rate': 'x'}):
        assert control.post('settings', expect=400, **wrong)['error']
    assert control.get('settings')['refund_delay'] == 1.0


@pytest.mark.parametrize(('path', 'values', 'expect'), [
    ('pay', {}, 400), ('pay', {'out_trade_no': 'nobody'}, 404), ('nothing', {}, 404),
    ('pay', {'out_trade_no': 'Y1', 'outcome': 'x'}, 409),
    ('pay', {'out_trade_no': 'Y1', 'coupon': 1.5}, 400),
    ('pay', {'out_trade_no': 'Y1', 'coupon': 1201}, 409),
    ('pay', {'out_trade_no': 'Y1', 'paid_at': 'now'}, 400),
    ('pay', {'out_trade_no': 'Y1', 'nonsense': 1}, 400),
    ('refunds', {'out_refund_no': 'nobody'}, 404), ('payment-codes', {'wallet': 'x'}, 400),
])
def test_mistakes_of_the_caller(client, control, path, values, expect):
    """Test that mistakes are answered in words and change nothing."""
    client.order('Y1')
    assert control.post(path, expect=expect, **values)['error']
    assert control.get('orders/Y1')['state'] == 'waiting'


def test_reset(client, control):
    """Test that a reset forgets everything but the merchants."""
    client.order('Z1')
    control.post('pay', out_trade_no='Z1')
    control.post('faults', fault='reset')
    before = control.get('merchants')
    control.post('reset')
    ledger = control.get('ledger')
    assert not any(ledger[name] for name in ('orders', 'charges', 'notices', 'calls', 'faults'))
    assert control.get('merchants') == before
    assert client.order('Z1')['result_code'] == 'SUCCESS'


def test_masks():
    """Test that secrets are masked however deep they sit."""
    values = {'sign': 'ABCDEF', 'biz_content': '{"auth_bar_code": "130000000000000000", "a": "b"}'}
    assert masked(values) == {
        'sign': 'AB****', 'biz_content': {'auth_bar_code': '13********', 'a': 'b'},
    }
    assert masked([{'openid': ''}]) == [{'openid': ''}]
    assert masked_body(b'a=1&sign=XYZ12') == {'a': '1', 'sign': 'XY***'}
    assert masked_body(b'{"sign": "XYZ12"}') == {'sign': 'XY***'}
    assert masked_body(b'\x00\xff') == '2 bytes'


def test_independence():
    """Test that the sandbox imports neither Odoo nor the product: it is a witness."""
    for path in (ROOT / 'sandbox').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                assert name.split('.')[0] not in ('odoo', 'gateways', 'models', 'controllers'), path
