# Part of payment_cn_wallets. License LGPL-3.
"""A plugin of pytest: the addon's models are imported in the reverse order.

Odoo puts the classes of a model on top of one another in the order of their imports. Nothing of this addon may depend
on that order, so its Odoo tests run with the one that nobody wrote down, and the browser tests with the usual one.
"""

import ast
from importlib.machinery import SourceFileLoader

from devstack.paths import ADDON

FOLDERS = f"/{ADDON}/models/"


def reverse(source, path):
    """Return the code of a package whose ``from . import a, b`` imports b before a.

    :param bytes source: of an ``__init__.py``
    :param str path: of the file, for tracebacks
    """
    tree = ast.parse(source, path)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and not node.module:
            node.names.reverse()
    return compile(tree, path, "exec")


def get_code(loader, name, original=SourceFileLoader.get_code):
    """As the original, which would take cached byte code of the usual order."""
    path = loader.get_filename(name)
    if FOLDERS in path and path.endswith("/__init__.py"):
        return reverse(loader.get_data(path), path)
    return original(loader, name)


SourceFileLoader.get_code = get_code
