# Part of payment_cn_wallets. License LGPL-3.

import sys

from odoo.models import MetaModel
from odoo.tests import BaseCase, tagged

MODELS = 'odoo.addons.payment_cn_wallets.models.'


@tagged('post_install', '-at_install')
class TestImportOrder(BaseCase):
    """The order of imports decides nothing: the runner of these tests turns it around."""

    def test_parts_of_models_lie_in_the_order_that_was_asked_for(self):
        """Test that the runner's plugin turns the order around, and that nothing else does."""
        modules = [
            part.__module__.removeprefix(MODELS)
            for part in MetaModel._module_to_models__['payment_cn_wallets']
            if part.__module__.startswith(MODELS)
        ]
        turned = 'devstack.reversed_imports' in sys.modules
        folders = list(dict.fromkeys(name.partition('.')[0] for name in modules))
        self.assertGreater(len(folders), 4)
        self.assertEqual(folders, sorted(folders, reverse=turned))
        files = list(dict.fromkeys(name for name in modules if name.startswith('attempt.')))
        self.assertGreater(len(files), 4)
        self.assertEqual(files, sorted(files, reverse=turned))
