# Part of payment_cn_wallets. License LGPL-3.
"""Which rows of the table of decisions were reached."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.addons.payment_cn_wallets.models.money import decision, executor


class Rows:
    """Collects the names of the rows by which the executor had it decided."""

    all = frozenset(row.decision.row for row in decision.ROWS)

    def __init__(self):
        self.reached = set()

    @contextmanager
    def collected(self):
        """Look at every decision that is made."""
        def decide(facts):
            found = decision.decide(facts)
            self.reached.add(found.row)
            return found

        with patch.object(executor, 'decide', decide):
            yield
