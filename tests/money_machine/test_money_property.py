# Part of payment_cn_wallets. License LGPL-3.
"""Money under sequences of events that are drawn at random: see `money_machine`.

An ordinary run repeats a few sequences. `MONEY_SEQUENCES=2000 scripts/test
tests/money_machine/test_money_property.py -- -rP` runs as many as one likes, and prints the seed,
figures, and the rows of the table of decisions that were not reached. `MONEY_SEED` repeats a run.
Runs of different seeds add up.
"""

import os
import random
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tests.money_machine.rows import Rows
from odoo.addons.payment_cn_wallets.tests.money_machine.shop import ShopMachine
from odoo.addons.payment_cn_wallets.tests.money_machine.till import TillMachine
from odoo.addons.payment_cn_wallets.tests.money_machine.world import World

STEPS = 15
# Of each hundred sequences.
SHARES = {ShopMachine: 60, TillMachine: 40}
# Sequences of a run without a number: the same each time.
SHORT = 12
# So many sequences reach every row of the table of decisions.
LONG = 2000
# What goes wrong on purpose is logged as such.
QUIET = ('odoo.addons.payment_cn_wallets', 'odoo.sql_db', 'odoo.addons.point_of_sale')


def _say(text):
    """Write what pytest shows of a test that failed, and of all with `-rP`. It has no log of Odoo's."""
    sys.stderr.write(f'{text}\n')


@tagged('post_install', '-at_install')
class TestMoneyProperty(till_common.TillSaleCommon):
    """The machines, as often as the environment says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world = World(cls)
        cls.addClassCleanup(cls.world.stop)

    def setUp(self):
        super().setUp()
        self.world.case = self

    def _run(self, machine, sequences, chosen):
        """Run a machine. What it finds is shrunk and printed, to be repeated by its seed.

        :param int chosen: seed; the same sequences each time when None
        """
        factory = type(machine.__name__, (machine,), {'world': self.world})
        started = time.monotonic()
        options = settings(
            max_examples=sequences, stateful_step_count=STEPS, deadline=None, database=None,
            derandomize=chosen is None, print_blob=False, report_multiple_bugs=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        if chosen is not None:
            factory = seed(chosen)(factory)
            _say(f"{machine.__name__}: MONEY_SEED={chosen}")
        with mute_logger(*QUIET), self.rows.collected():
            run_state_machine_as_test(factory, settings=options)
        _say(f"{machine.__name__}: {sequences} sequences in {time.monotonic() - started:.1f} s")

    def test_money(self):
        """Test that money is where it belongs, whatever happens in shop and till.

        A short run repeats the same sequences. A long one is drawn from a seed, and must have come
        by every row of the table of decisions.
        """
        self.rows = Rows()
        chosen, number = (os.environ.get(f'MONEY_{name}') for name in ('SEED', 'SEQUENCES'))
        drawn = int(chosen or random.SystemRandom().randrange(10**9))
        for machine, share in SHARES.items():
            machine.prepare(self.world)
            if number:
                self._run(machine, max(1, int(number) * share // 100), drawn)
            else:
                self._run(machine, SHORT * share // 100, None)
        missing = self.rows.all - self.rows.reached
        _say(f"Rows that were not reached: {sorted(missing)}")
        self.assertTrue(self.rows.reached)
        if number and int(number) >= LONG:
            self.assertEqual(missing, set())
