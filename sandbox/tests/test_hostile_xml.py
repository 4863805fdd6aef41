# Part of payment_cn_wallets. License LGPL-3.
"""XML that attacks its reader, at every door of the sandbox that reads XML."""

import time

import pytest
import requests

from sandbox.jd_pay.server import CALLS as JD_CALLS
from sandbox.qq_wallet.server import CALLS as QQ_CALLS
from sandbox.server import MAX_BODY, Sandbox
from sandbox.tests.shop import Listener
from sandbox.wechat_pay.version2 import PATHS as V2_PATHS

# door -> name of its root element
DOORS = {
    **{f'wechat_pay/{path}': 'xml' for path in V2_PATHS},
    **{f'qq_wallet/{path}': 'xml' for path in QQ_CALLS},
    **{f'jd_pay/paygate/service/{name}': 'jdpay' for name in JD_CALLS},
}
BOMB = '<!ENTITY a "aaaaaaaaaa">' + ''.join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'
    for before, name in zip('abcdefgh', 'bcdefghi', strict=True)
)
SUBSETS = {
    'bomb': f'[{BOMB}<!ENTITY x "&i;">]',
    'file': '[<!ENTITY x SYSTEM "file:///etc/passwd">]',
    'address': '[<!ENTITY x SYSTEM "URL/entity">]',
    'parameter': '[<!ENTITY % p SYSTEM "URL/parameter">%p;<!ENTITY x "x">]',
    'external': 'SYSTEM "URL/dtd"',
}


@pytest.fixture(scope='module')
def sandbox(tmp_path_factory):
    """One sandbox for all: nothing here is ever booked."""
    running = Sandbox(str(tmp_path_factory.mktemp('hostile') / 'data'), port=0).start()
    yield running
    running.stop()


@pytest.fixture(scope='module')
def bait():
    """A server that nobody may call."""
    server = Listener()
    yield server
    server.stop()


def post(sandbox, door, body):
    started = time.monotonic()
    answer = requests.post(
        f'{sandbox.url}/{door}', data=body, headers={'Content-Type': 'application/xml'}, timeout=10
    )
    assert time.monotonic() - started < 5
    return answer


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
@pytest.mark.parametrize('name', SUBSETS)
def test_declarations(sandbox, bait, name, encoding):
    """Test that a declaration is refused at every door, in the protocol's words, and not looked up."""
    for door, root in DOORS.items():
        subset = SUBSETS[name].replace('URL', bait.url)
        body = (
            f'<!DOCTYPE {root} {subset}><{root}><mch_id>9990000101</mch_id>'
            f'<merchant>110000000001</merchant><note>&x;</note></{root}>'
        )
        answer = post(sandbox, door, body.encode(encoding))
        assert answer.status_code == 200, door
        assert ('<code>SBX' if root == 'jdpay' else 'FAIL') in answer.text, door
        assert 'root:' not in answer.text
        assert 'aaaaaaaaaa' not in answer.text
    assert bait.received == []
    assert requests.get(f'{sandbox.url}/control/ledger', timeout=5).json()['orders'] == []


@pytest.mark.parametrize('door', DOORS)
def test_bodies_without_end(sandbox, door):
    """Test that a body beyond the limit is not read, and one that nests is refused."""
    deep = '<a>' * 100_000 + '</a>' * 100_000
    answer = post(sandbox, door, f'<{DOORS[door]}>{deep}</{DOORS[door]}>'.encode())
    assert answer.status_code == 200
    assert ('<code>SBX' if DOORS[door] == 'jdpay' else 'FAIL') in answer.text
    assert post(sandbox, door, b' ' * (MAX_BODY + 1)).status_code == 413


def test_acknowledgement_with_a_declaration(sandbox):
    """Test that a shop's answer to a notice is read as carefully."""
    gateway = sandbox.app.gateways['qq_wallet']
    good = b'<xml><return_code>SUCCESS</return_code></xml>'
    assert gateway.acknowledged(200, good)
    entity = b'<!DOCTYPE xml [<!ENTITY s "SUCCESS">]><xml><return_code>&s;</return_code></xml>'
    for bad in (b'<!DOCTYPE xml>' + good, entity, good[:-3], b'', b'<xml>' + b'<a>' * 300):
        assert not gateway.acknowledged(200, bad)
