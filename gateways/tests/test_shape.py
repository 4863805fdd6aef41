# Part of payment_cn_wallets. License LGPL-3.
"""The shape of this package: one for all gateways, and what it may know."""

import ast
from pathlib import Path

import pytest

import gateways
from gateways.base import Gateway, Operation
from gateways.client import Client

PACKAGE = Path(gateways.__file__).resolve().parent
FILES = {
    '__init__', 'capabilities', 'client', 'codes', 'gateway', 'notice', 'requests', 'responses',
    'results', 'signing', 'statement',
}
SOURCES = [
    path for path in PACKAGE.rglob('*.py') if 'tests' not in path.relative_to(PACKAGE).parts
]
every_gateway = pytest.mark.parametrize('code', gateways.codes())


def imported(path):
    """Return the first part of every absolute import, and the names that relative ones reach for
    outside of the package."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition('.')[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition('.')[0]
        elif isinstance(node, ast.ImportFrom) and node.level > depth:
            yield node.module or '..'


@every_gateway
def test_files_of_one_name(code):
    """Test that whoever knows one gateway finds everything in another one."""
    assert {path.stem for path in (PACKAGE / code).glob('*.py')} >= FILES


@every_gateway
def test_a_gateway_has_a_client(code):
    """Test that a gateway is put together, and inherits the interface only."""
    gateway = gateways.get(code)
    assert gateway.__bases__ == (Gateway,)
    module = gateway.__module__.rpartition('.')[0]
    clients = [client for client in _subclasses(Client) if client.__module__.startswith(module)]
    assert clients
    assert all(client.__bases__ == (Client,) for client in clients)


def _subclasses(of):
    return [found for one in of.__subclasses__() for found in (one, *_subclasses(one))]


@every_gateway
def test_console_has_an_address(code):
    """Test that a form can lead to the vendor's own pages, safely."""
    assert gateways.get(code).console_url.startswith('https://')
    assert gateways.get(code).console_url.endswith('/')


@every_gateway
def test_operations_name_their_page(code):
    """Test that whoever doubts an operation knows where the vendor says so."""
    gateway = gateways.get(code)
    named = {Operation.ORDER, Operation.CHARGE, Operation.QUERY, Operation.CLOSE, Operation.REVERSE,
             Operation.REFUND, Operation.QUERY_REFUND}
    for operation in named & gateway.operations:
        text = getattr(gateway, operation.value).__doc__
        assert any(word in text for word in ('Page: ', 'Pages: ', 'Source: ')), operation


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_it_may_know(path):
    """Test that clients of gateways know neither Odoo, nor the addon, nor their witness."""
    assert not set(imported(path)) & {'odoo', 'models', 'controllers', 'tools', 'sandbox', '..'}
    assert len(path.read_text().splitlines()) <= 400
