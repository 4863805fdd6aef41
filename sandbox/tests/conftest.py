# Part of payment_cn_wallets. License LGPL-3.
"""Fixtures of the sandbox's tests. They need neither Odoo nor a database.

Run from the repository root:
`python -m pytest --import-mode=importlib --confcutdir=sandbox/tests sandbox/tests`
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    # the package is imported as top-level `sandbox`: the addon around it needs Odoo
    sys.path.insert(0, str(ROOT))

from sandbox.server import Sandbox  # noqa: E402
from sandbox.tests.shop import Client, Control, Listener  # noqa: E402


@pytest.fixture
def sandbox(tmp_path):
    """A sandbox that listens on a free port, with a ledger of its own."""
    running = Sandbox(str(tmp_path / 'data'), port=0).start()
    running.app.settings.update({'refund_delay': 0.05, 'notice_backoff': [0, 0.1, 0.1, 0.1]})
    yield running
    running.stop()


@pytest.fixture
def control(sandbox):
    """The control interface."""
    return Control(sandbox.url)


@pytest.fixture
def listener():
    """A shop's notice address, which answers what a test wants."""
    server = Listener()
    yield server
    server.stop()


@pytest.fixture
def client(sandbox, control, listener):
    """A shop that speaks Huishouyin's protocol, written independently of the sandbox."""
    return Client(sandbox.url, control.get('merchants')['huishouyin'], listener.url)
