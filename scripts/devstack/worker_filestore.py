# Part of payment_cn_wallets. License LGPL-3.
"""A plugin of pytest: each worker of pytest-odoo has the attachments of its copy of the database for itself.

pytest-odoo has all workers share one folder. At the end of each class Odoo's tests delete the files that their own
database does not know, and with them those of the other workers.
"""

import contextlib
import os
import shutil
from pathlib import Path

import pytest_odoo

from odoo.tools import config


@contextlib.contextmanager
def own_filestore(original, name):
    """Have a folder with hard links to the attachments of the original: Odoo never changes one in place."""
    if original == name:
        yield
        return
    there = Path(config.filestore(name))
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(config.filestore(original), there, copy_function=os.link)
    try:
        yield
    finally:
        shutil.rmtree(there, ignore_errors=True)


pytest_odoo._shared_filestore = own_filestore
