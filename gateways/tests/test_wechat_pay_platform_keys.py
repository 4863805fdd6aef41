# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: which host is asked, how often, and whose signature is believed."""

from datetime import datetime, timedelta, timezone

import pytest
import wechat_pay_witness as witness
from gateway_loopback import answering, close
from wechat_pay_shop import (
    NUMBER,
    a_charge,
    gateway_fixture,  # noqa: F401
    say_fixture,  # noqa: F401
)
from wechat_pay_witness import make, paid, platform_key

from gateways.base import CallFailed, NoticeRejected, Outcome, ReasonKind
from gateways.transport import Transport
from gateways.wechat_pay import WechatPay, platform_keys

# === HOSTS AND REPEATING === #


def test_backup_host(server, say):
    """Test that the backup host is asked when the first cannot be reached, and only then."""
    server.script = [say.ok(paid()), say.error(500, 'SYSTEM_ERROR'), close, say.ok(paid())]
    transport = Transport(connect_timeout=1, read_timeout=1, total_timeout=3)
    gateway = WechatPay(witness.credentials(), transport=transport)
    gateway.client.hosts = ('http://127.0.0.1:1', server.url)
    assert gateway.charge(a_charge()).outcome == Outcome.PAID
    gateway.client.hosts = (server.url, 'http://127.0.0.1:1')
    assert gateway.charge(a_charge()).reason.code == 'SYSTEM_ERROR'
    assert gateway.charge(a_charge()).reason.kind == ReasonKind.NO_ANSWER
    assert len(server.requests) == 3
    gateway.client.hosts = ('http://127.0.0.1:1', 'http://127.0.0.1:1')
    result = gateway.charge(a_charge())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_SENT)


def test_repeated_with_another_signature(server, gateway, say):
    """Test that a broken query is repeated once, signed anew."""
    server.script = [close, say.ok(paid())]
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    first, second = (seen.headers['authorization'] for seen in server.requests)
    assert first != second


# === CERTIFICATES === #


@pytest.fixture
def platform(server, say, monkeypatch):
    """A merchant with platform certificates, and what the gateway downloads."""
    monkeypatch.setattr(platform_keys, '_downloaded', {})
    serial, other = '5A' * 20, '1' * 40
    certificate = witness.certificate(platform_key(1), 'Tenpay.com sign', serial)
    box = witness.encrypted(witness.pem(certificate).encode(), 'certificate')
    rows = {'data': [{'serial_no': serial, 'encrypt_certificate': box}]}
    gateway = make(server.url, public_key='', public_key_id='')
    return gateway, serial, other, rows


def test_certificates_are_downloaded_once(server, say, platform):
    """Test that an answer signed with an unknown certificate makes us look for it, once."""
    gateway, serial, other, rows = platform
    signed = {'key': platform_key(1), 'serial': serial}
    server.script = [
        say.ok(paid(), **signed), say.ok(rows, **signed), say.ok(paid(), **signed),
        say.ok(paid(), key=platform_key(1), serial=other),
    ]
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    assert gateway.query(NUMBER).reason.code == 'unknown_serial'
    assert [seen.target for seen in server.requests].count('/v3/certificates') == 1
    assert 'wechatpay-serial' not in server.requests[0].headers


def test_old_notice_signed_with_a_certificate_that_is_not_known(server, say, platform):
    """Test that a notice is as young as it came, while the certificate is downloaded today."""
    gateway, serial, _other, rows = platform
    came = datetime.now(timezone.utc) - timedelta(days=3)
    body = witness.notice(paid())
    headers = witness.signed(body, platform_key(1), serial, int(came.timestamp()))
    server.script = [say.ok(rows, key=platform_key(1), serial=serial)]
    with pytest.raises(NoticeRejected, match='too long ago'):
        gateway.parse_notice(headers, body)
    assert gateway.parse_notice(headers, body, received_at=came).payment.amount == 100
    signed_at = server.requests[0].headers['authorization'].partition('timestamp="')[2]
    assert abs(int(signed_at.partition('"')[0]) - datetime.now(timezone.utc).timestamp()) < 60


def test_certificate_counts_at_the_moment_of_the_notice(platform, monkeypatch):
    """Test that a certificate which has ended since still verifies what came before."""
    gateway, serial, _other, _rows = platform
    now = datetime.now(timezone.utc)
    ended = witness.certificate(platform_key(1), 'Tenpay.com sign', serial, days=-5, age=10)
    gateway = make(
        gateway.endpoint, public_key='', public_key_id='', platform_certificates=witness.pem(ended)
    )
    monkeypatch.setattr(platform_keys.Downloaded, 'due', lambda self, unknown: False)
    body = witness.notice(paid())
    for came, good in ((now - timedelta(days=6), True), (now, False)):
        headers = witness.signed(body, platform_key(1), serial, int(came.timestamp()))
        if good:
            assert gateway.parse_notice(headers, body, received_at=came).payment
        else:
            with pytest.raises(NoticeRejected, match='not known'):
                gateway.parse_notice(headers, body, received_at=came)


def test_certificates_that_are_not_genuine(server, say, platform):
    """Test that downloaded certificates are refused with another APIv3 key or signature."""
    gateway, serial, other, rows = platform
    bad_box = witness.encrypted(b'x', 'certificate', key='b' * 32)
    bad = {'data': [{'serial_no': serial, 'encrypt_certificate': bad_box}]}
    server.script = [
        say.ok(bad, key=platform_key(1), serial=serial), say.ok(rows, serial=serial),
        say.ok({'data': []}), say.ok(rows, serial=other), say.error(404, 'RESOURCE_NOT_EXISTS'),
        answering(b'', status=502), close, close,
    ]
    for _try in range(7):
        with pytest.raises(CallFailed):
            gateway.download_certificates()


def test_both_kinds_of_keys(server, say, platform):
    """Test a switch: answers signed with either are believed, and the public key is asked for."""
    _gateway, serial, _other, _rows = platform
    certificate = witness.pem(witness.certificate(platform_key(1), 'Tenpay.com sign', serial))
    gateway = make(server.url, platform_certificates=certificate)
    platform_keys.downloaded(
        gateway.endpoint, witness.MCHID, witness.API_V3_KEY
    ).tried = platform_keys.time.monotonic()  # no download now
    server.script = [
        say.ok(paid()), say.ok(paid(), key=platform_key(1), serial=serial),
        say.ok(paid(), key=platform_key(), serial=serial),
    ]
    outcomes = [gateway.query(NUMBER).outcome for _call in range(3)]
    assert outcomes == [Outcome.PAID, Outcome.PAID, Outcome.UNKNOWN]
    assert server.requests[0].headers['wechatpay-serial'] == witness.PUBLIC_KEY_ID


def test_public_key_mode_never_downloads(server, gateway, say):
    """Test that a merchant with the public key alone does not ask for certificates."""
    server.script = [say.ok(paid(), serial='B' * 40)]
    assert gateway.query(NUMBER).reason.code == 'unknown_serial'
    assert len(server.requests) == 1
