# Part of payment_cn_wallets. License LGPL-3.
"""What tests on several database connections share. They commit, and clean up after themselves."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, common, get_db_name
from odoo.tools import SQL

from odoo.addons.payment_cn_wallets.tests.sandbox import shared_sandbox


def forget_at_gateways(transactions):
    """Make attempts removable: what a gateway has heard of is kept for ever otherwise."""
    transactions.env.cr.execute(SQL(
        "UPDATE payment_transaction SET state = 'draft', cn_outcome = NULL, cn_verdict = NULL,"
        " cn_unclaimed_at = NULL, cn_ordered_at = NULL WHERE id IN %s", (0, *transactions.ids),
    ))
    transactions.invalidate_recordset()


class RaceCases(BaseCase):
    """A sandbox, and connections whose commits are real: what a test of one transaction must not do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.sandbox = shared_sandbox()

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        return common._super_send(s, r, **kw)

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.startPatcher(patch.object(module, 'current_test', None))
        self.addCleanup(self._clean_up)
        with self._env() as env:
            cny = env.ref('base.CNY')
            self.cny_was_active = cny.active
            cny.active = True

    @contextmanager
    def _env(self):
        """A connection of its own, which commits at the end."""
        with sql_db.db_connect(get_db_name()).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _clean_up(self):
        with self._env() as env:
            self._remove(env)
            env.ref('base.CNY').active = self.cny_was_active

    def _remove(self, env):
        """Remove what the test made, however far it came."""
        raise NotImplementedError

    def _credentials(self):
        """Return what a provider of Huishouyin needs to reach the sandbox."""
        return {
            **{f'huishouyin_{name}': value
               for name, value in self.sandbox.credentials('huishouyin').items()},
            'cn_sandbox_url': f'{self.sandbox.url}/huishouyin',
            'state': 'test',
        }
