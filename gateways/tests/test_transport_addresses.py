# Part of payment_cn_wallets. License LGPL-3.
"""The HTTP edge: addresses that may be called, and what is told of a call."""

import logging

import pytest
from gateway_loopback import answering, reset

from gateways.addresses import check_url, is_loopback, is_public
from gateways.transport import NoAnswer, Transport, shared


@pytest.mark.parametrize(
    'url',
    [
        'http://pay.heemoney.com/v1/x', 'http://192.168.1.1/x', 'ftp://127.0.0.1/', 'https://', '',
        'https://me:secret@pay.heemoney.com/', 'file:///etc/passwd', 'http://127.0.0.1.evil.com/',
        'http://localhost.evil.com/', 'http://0.0.0.0/', '//pay.heemoney.com/',
    ],
)  # fmt: skip
def test_address_that_may_not_be_called(url):
    """Test that plain http leaves this machine under no name."""
    with pytest.raises(ValueError):  # noqa: PT011
        check_url(url)
    with pytest.raises(ValueError):  # noqa: PT011
        Transport().get(url)


def test_addresses_that_may_be_called():
    """Test that https and loopback are fine."""
    for url in ('https://pay.heemoney.com/v1', 'http://127.0.0.1:8970/x', 'http://[::1]/x'):
        assert check_url(url).geturl() == url
    assert is_loopback('127.8.8.8')
    assert is_loopback('localhost')
    assert not is_loopback('8.8.8.8')


@pytest.mark.parametrize('bundle', [False, '', True])
def test_verification_cannot_be_switched_off(bundle):
    """Test that a CA bundle is a path or left out."""
    with pytest.raises(ValueError, match='no off switch'):
        Transport(ca_bundle=bundle)


def test_log_and_observer_tell_no_secret(server, caplog):
    """Test that a call is told without its query, headers and bodies."""
    seen = []
    transport = Transport(observer=seen.append)
    caplog.set_level(logging.DEBUG, logger='gateways')
    server.script = [answering(b'BODYSECRET')]
    transport.post(f'{server.url}/v1/pay?q=QUERYSECRET', b'SENTSECRET', {'X': 'HEADSECRET'})
    server.script = [reset]
    with pytest.raises(NoAnswer):
        transport.post(f'{server.url}/v1/pay?q=QUERYSECRET', b'SENTSECRET', {'X': 'HEADSECRET'})
    ours = [r.getMessage() for r in caplog.records if r.name.startswith('gateways')]
    assert len(ours) == 2
    assert 'SECRET' not in ' '.join(ours) + repr(seen)
    assert [(e.outcome, e.status, e.path) for e in seen] == [
        ('answer', 200, '/v1/pay'), ('no_answer', None, '/v1/pay'),
    ]  # fmt: skip


def test_failing_observer_loses_no_answer(server, caplog):
    """Test that an answer about money survives whoever watches."""

    def broken(exchange):
        raise RuntimeError

    assert Transport(observer=broken).post(f'{server.url}/pay', b'', {}).status == 200


def test_shared_transport_is_one():
    """Test that gateways share their pool."""
    assert shared() is shared()


@pytest.mark.parametrize(
    ('host', 'public'),
    [
        ('shop.example.com', True), ('shop.example.com.', True), ('xn--fiq228c.cn', True),
        ('8.8.8.8', True), ('2001:4860:4860::8888', True),
        ('', False), ('localhost', False), ('odoo', False), ('127.0.0.1', False),
        ('192.168.1.5', False), ('10.0.0.1', False), ('169.254.1.1', False), ('::1', False),
        ('fd00::1', False), ('till.local', False), ('Odoo.LAN', False), ('a.home.arpa', False),
        ('x.internal', False),
    ],
)
def test_which_hosts_others_may_reach(host, public):
    """Test that names and addresses that mean something in one's own network only are told."""
    assert is_public(host) == public
