# Part of payment_cn_wallets. License LGPL-3.
"""Databases to install the addon into: each a clone of a template without it, or of one into which it was installed."""

import json

import pytest

from devstack.stack import TOOLCHAIN, Stack

ADDON = 'payment_cn_wallets'


def install(stack):
    """Install the addon as an administrator does on the command line."""
    stack.home.update(stack.db, '-i', ADDON, log='install.log', sentence="not installed")


def template(kind):
    """Return the name of a template database."""
    return json.loads(TOOLCHAIN.read_text())[kind]


@pytest.fixture
def database(request):
    """A database in which the addon has never been, with or without Odoo's demo data."""
    kind = getattr(request, 'param', 'base')
    stack = Stack.for_tests(f'install_{kind}', template=template(kind))
    yield stack
    stack.home.drop(stack.db)


@pytest.fixture(scope='session')
def first():
    """A database into which the addon was installed just now. Nothing else is done in it."""
    stack = Stack.for_tests('install_first', template=template('base'))
    install(stack)
    yield stack
    stack.home.drop(stack.db)


@pytest.fixture
def installed(first):
    """A copy of that database."""
    stack = Stack.for_tests('install_copy', template=first.db)
    yield stack
    stack.home.drop(stack.db)
