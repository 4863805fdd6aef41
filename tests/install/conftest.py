# Part of payment_cn_wallets. License LGPL-3.
"""Databases to install the addon into: each a clone of a template without it."""

import json

import pytest

from devstack.stack import TOOLCHAIN, Stack


@pytest.fixture
def database(request):
    """A database in which the addon has never been, with or without Odoo's demo data."""
    kind = getattr(request, 'param', 'base')
    template = json.loads(TOOLCHAIN.read_text())[kind]
    stack = Stack.for_tests(f'install_{kind}', template=template)
    yield stack
    stack.home.drop(stack.db)
