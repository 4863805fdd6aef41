# Part of payment_cn_wallets. License LGPL-3.
"""Fixtures of the gateway tests. They need neither Odoo nor a database."""

import sys
from pathlib import Path

import pytest

# The package is imported as top-level `gateways`: the addon around it needs Odoo.
_HERE = Path(__file__).resolve().parent
for _folder in (str(_HERE), str(_HERE.parent.parent)):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)

from gateway_loopback import Loopback  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile('gateways', max_examples=200, deadline=None, database=None)
settings.load_profile('gateways')


@pytest.fixture
def server():
    """A real HTTP server on a loopback port that does what a test tells it."""
    loopback = Loopback()
    yield loopback
    loopback.stop()
