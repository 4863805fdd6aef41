# Part of payment_cn_wallets. License LGPL-3.
"""Fixtures of the gateway tests. They need neither Odoo nor a database."""

import importlib.util
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))
# The package is imported as top-level `gateways`: the addon around it needs Odoo.
if importlib.util.find_spec('gateways') is None:
    sys.path.append(str(_HERE.parent.parent))

# They assert for the tests: say what was compared, as in a test.
pytest.register_assert_rewrite('sandbox_faults', 'sandbox_shop')

from alipay_sandbox import alipay, make_alipay  # noqa: E402, F401
from every_gateway import CODES, HURRY, Shop  # noqa: E402
from gateway_loopback import Loopback  # noqa: E402
from huishouyin_sandbox import make_shop, shop  # noqa: E402, F401
from huishouyin_witness import make  # noqa: E402
from hypothesis import settings  # noqa: E402
from jd_pay_sandbox import jd, make_jd  # noqa: E402, F401
from qq_wallet_files import client_files  # noqa: E402, F401
from qq_wallet_sandbox import make_qq, qq  # noqa: E402, F401
from sandbox_shop import control, merchants, sandbox  # noqa: E402, F401
from wechat_pay_sandbox import early, make_wechat, wechat  # noqa: E402, F401

settings.register_profile('gateways', max_examples=200, deadline=None, database=None)
settings.load_profile('gateways')


@pytest.fixture
def server():
    """A real HTTP server on a loopback port that does what a test tells it."""
    loopback = Loopback()
    yield loopback
    loopback.stop()


@pytest.fixture
def gateway(server):
    """Huishouyin's gateway, with that server as its endpoint."""
    return make(server)


@pytest.fixture(scope='module')
def shops(sandbox, merchants):  # noqa: F811
    """A shop for each gateway, in front of a sandbox that makes nobody wait."""
    before = sandbox('GET', 'settings')
    sandbox.set(**HURRY)
    found = {code: Shop(code, sandbox, merchants[code]) for code in CODES}
    yield found
    for one in found.values():
        one.close()
    sandbox('DELETE', 'faults')
    sandbox('POST', 'settings', before)
