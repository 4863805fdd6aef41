# Part of payment_cn_wallets. License LGPL-3.
"""The HTTP edge against a real server that misbehaves."""

import os
import socket
import threading
import time

import pytest
import requests
from gateway_loopback import (
    answering,
    close,
    dripping,
    half_chunk,
    reset,
    short,
    silent,
    then_close,
)  # fmt: skip

from gateways.transport import (
    Answer,
    NoAnswer,
    NotSent,
    Transport,
    within,
)  # fmt: skip


@pytest.fixture
def transport():
    """A transport with short limits."""
    result = Transport(connect_timeout=1, read_timeout=0.5, total_timeout=2, max_bytes=10_000)
    yield result
    result.close()


def post(transport, server, **options):
    return transport.post(f'{server.url}/pay?x=1', b'{"a": 1}', {'X-Test': 'y'}, **options)


# === ANSWERS === #


def test_answer_is_returned_whole(server, transport):
    """Test that status, headers and the exact bytes come back."""
    server.script = [answering(b'\xff{}', status=400, headers={'Wechatpay-Serial': 'S1'})]
    answer = post(transport, server)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (400, b'\xff{}')
    assert answer.headers['wechatpay-serial'] == 'S1'
    [request] = server.requests
    assert (request.method, request.target, request.body) == ('POST', '/pay?x=1', b'{"a": 1}')
    assert request.headers['x-test'] == 'y'
    assert request.headers['accept-encoding'] == 'identity'


def test_connection_is_kept_alive(server, transport):
    """Test that a second call uses the first one's connection."""
    for _call in range(3):
        post(transport, server)
    assert server.connections == 1


def test_threads_do_not_mix_answers(server, transport):
    """Test that calls at the same time each get their own answer."""
    server.default = lambda exchange: exchange.answer(exchange.body)
    wrong = []

    def call(number):
        for step in range(10):
            body = f'{number}-{step}'.encode()
            if transport.post(server.url, body, {}).body != body:
                wrong.append(body)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert server.connections <= 8


def test_cookies_are_not_kept(server, transport):
    """Test that a gateway cannot plant state in the pool."""
    server.script = [answering(headers={'Set-Cookie': 'session=1; Path=/'})]
    post(transport, server)
    post(transport, server)
    assert 'cookie' not in server.requests[1].headers


def test_environment_changes_nothing(server, transport, monkeypatch, tmp_path):
    """Test that a proxy, a CA bundle or a .netrc in the environment is not picked up."""
    (tmp_path / '.netrc').write_text('machine 127.0.0.1 login me password secret\n')
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('HTTP_PROXY', 'http://127.0.0.1:1')
    monkeypatch.setenv('http_proxy', 'http://127.0.0.1:1')
    monkeypatch.setenv('ALL_PROXY', 'http://127.0.0.1:1')
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', '/nowhere')
    post(transport, server)
    assert 'authorization' not in server.requests[0].headers


def test_named_proxy_is_used(server):
    """Test that a proxy that was named carries the call."""
    transport = Transport(proxy=server.url)
    transport.post('http://127.0.0.1:1/x', b'', {})
    assert server.requests[0].target == 'http://127.0.0.1:1/x'


def test_limits_do_not_go_through_the_session(server, transport, monkeypatch):
    """Test that Odoo's test suite, which compares a session's time-out with 10, can be used."""
    original = requests.Session.send

    def guard(session, request, **options):
        assert not options.get('timeout')
        return original(session, request, **options)

    monkeypatch.setattr(requests.Session, 'send', guard)
    post(transport, server)
    server.script = [silent]
    with pytest.raises(NoAnswer, match='in time'):
        post(transport, server)


# === NOT SENT === #


def unused_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def test_refused_connection_is_not_sent(transport):
    """Test that nothing left when nobody listens."""
    with pytest.raises(NotSent, match='refused'):
        transport.post(f'http://127.0.0.1:{unused_port()}/', b'', {})


def test_unknown_host_is_not_sent(transport):
    """Test that nothing left when the name means nothing."""
    with pytest.raises(NotSent, match='host name'):
        transport.post('https://no-such-host.invalid/', b'', {})


def test_connect_timeout_is_not_sent():
    """Test that nothing left when the connection was not made in time."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    # Fill the queue of connections that wait to be accepted: the next one gets no answer.
    waiting = [socket.socket() for _ in range(3)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(('127.0.0.1', port))
    try:
        with pytest.raises(NotSent):
            Transport(connect_timeout=0.3).post(f'http://127.0.0.1:{port}/', b'', {})
    finally:
        for one in [*waiting, listener]:
            one.close()


def test_unreachable_proxy_is_not_sent():
    """Test that nothing left when the proxy does not listen."""
    transport = Transport(proxy=f'http://127.0.0.1:{unused_port()}')
    with pytest.raises(NotSent):
        transport.post('https://127.0.0.1:1/x', b'', {})


def test_refusing_proxy_is_not_sent(server):
    """Test that a proxy that refuses the tunnel has not sent the request."""
    server.script = [answering(status=403)]
    with pytest.raises(NotSent):
        Transport(proxy=server.url).post('https://127.0.0.1:1/x', b'secret', {})
    assert server.requests[0].method == 'CONNECT'
    assert len(server.requests) == 1


# === NO ANSWER === #


@pytest.mark.parametrize(
    'action', [reset, close, short, half_chunk, silent], ids=lambda action: action.__name__
)
def test_lost_answer_is_no_answer_and_sent_once(server, transport, action):
    """Test that a request that left is never called unsent, and never sent twice."""
    server.script = [action]
    with pytest.raises(NoAnswer):
        post(transport, server)
    assert len(server.requests) == 1


@pytest.mark.parametrize('status', [500, 502, 503, 504, 599])
def test_5xx_is_no_answer(server, transport, status):
    """Test that a server error is no answer, with its status and beginning for the record."""
    server.script = [answering(b'<html>', status=status)]
    with pytest.raises(NoAnswer) as caught:
        post(transport, server)
    assert (caught.value.status, caught.value.body) == (status, b'<html>')


@pytest.mark.parametrize('status', [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(server, transport, status):
    """Test that a redirect is no answer: a payment goes where it was sent."""
    server.script = [answering(status=status, headers={'Location': '/elsewhere'})]
    with pytest.raises(NoAnswer):
        post(transport, server)
    assert [request.target for request in server.requests] == ['/pay?x=1']


@pytest.mark.parametrize('length', [20_001, None], ids=['announced', 'not announced'])
def test_oversized_answer_is_no_answer(server, transport, length):
    """Test that an answer over the limit is dropped, and the connection with it."""
    headers = {'Content-Length': None} if length is None else {}
    server.script = [then_close(answering(b' ' * 20_001, headers=headers))]
    with pytest.raises(NoAnswer, match='too large'):
        post(transport, server)
    post(transport, server)
    assert server.connections == 2


def test_larger_limit_can_be_given(server, transport):
    """Test that a statement may be larger than an ordinary answer."""
    server.script = [answering(b' ' * 20_001)]
    assert len(post(transport, server, max_bytes=30_000).body) == 20_001


def test_dripping_answer_ends(server):
    """Test that a byte now and then does not hold a worker."""
    transport = Transport(read_timeout=1, total_timeout=0.6)
    server.script = [dripping]
    started = time.monotonic()
    with pytest.raises(NoAnswer, match='too long'):
        post(transport, server)
    assert time.monotonic() - started < 3


def test_answer_without_length_that_is_cut_is_no_answer(server):
    """Test that what was cut at the limit is not taken for the end of the answer."""

    def endless(exchange):
        exchange.send(b'HTTP/1.1 200 X\r\n\r\n{}')
        silent(exchange)

    server.script = [endless]
    with pytest.raises(NoAnswer):
        post(Transport(read_timeout=5, total_timeout=0.5), server)


def test_slow_answer_within_the_limit(server, transport):
    """Test that an answer that takes a while is an answer."""

    def slow(exchange):
        exchange.stopping.wait(0.3)
        exchange.answer(b'late')

    server.script = [slow]
    assert post(transport, server).body == b'late'


# === REPEATING === #


@pytest.mark.parametrize('action', [reset, close, short, half_chunk])
def test_broken_connection_is_tried_again_where_harmless(server, transport, action):
    """Test that a query is repeated once when its connection broke."""
    server.script = [action, answering(b'ok')]
    assert post(transport, server, repeatable=True).body == b'ok'
    assert len(server.requests) == 2


def test_tried_again_only_once(server, transport):
    """Test that a repeatable call is not repeated for ever."""
    server.default = reset
    with pytest.raises(NoAnswer):
        post(transport, server, repeatable=True)
    assert len(server.requests) == 2


@pytest.mark.parametrize('action', [silent, answering(status=503)], ids=['silent', '503'])
def test_timeouts_and_5xx_are_not_tried_again(server, transport, action):
    """Test that whoever waited is not made to wait twice."""
    server.script = [action]
    with pytest.raises(NoAnswer):
        post(transport, server, repeatable=True)
    assert len(server.requests) == 1


def test_stale_connection_is_ambiguous(server, transport):
    """Test that a reset on a kept connection is no answer for a call that can't be repeated."""
    server.script = [answering(), reset]
    post(transport, server)
    with pytest.raises(NoAnswer):
        post(transport, server)
    assert server.connections == 1
    assert len(server.requests) == 2


def test_connection_closed_while_idle_is_noticed(server, transport):
    """Test that a connection that the server closed meanwhile costs nothing."""
    server.script = [then_close(answering()), answering(b'ok')]
    post(transport, server)
    time.sleep(0.1)  # the close has to arrive
    assert post(transport, server).body == b'ok'
    assert server.connections == 2


def test_long_idle_pool_is_not_trusted_for_a_charge(server):
    """Test that a call that can't be repeated gets a fresh connection after a long pause."""
    transport = Transport(idle_limit=0)
    post(transport, server)
    post(transport, server, repeatable=True)
    assert server.connections == 1
    post(transport, server)
    assert server.connections == 2


# === FORKS === #


def test_forked_worker_does_not_share_sockets(server, transport):
    """Test that parent and child each have a connection of their own, and both work."""
    server.default = lambda exchange: exchange.answer(exchange.body)
    post(transport, server)
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        result = b'failed'
        try:
            result = transport.post(server.url, b'child', {}).body
        finally:
            os.write(write_end, result)
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 100) == b'child'
    assert transport.post(server.url, b'parent', {}).body == b'parent'
    assert [request.number for request in server.requests] == [1, 2, 1]
    os.close(read_end)
    os.close(write_end)


# === ALL CALLS TOGETHER === #


def test_calls_together_have_a_limit(server, transport):
    """Test that whoever waits for several calls waits no longer than was said, and only they."""
    server.script = [silent, answering(b'{}')]
    started = time.monotonic()
    with within(0.3), within(60):
        with pytest.raises(NoAnswer):
            post(transport, server, read_timeout=5)
        with pytest.raises(NotSent):
            post(transport, server)
    assert time.monotonic() - started < 2
    assert len(server.requests) == 1
    assert post(transport, server).status == 200
