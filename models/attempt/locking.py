# Part of payment_cn_wallets. License LGPL-3.

from odoo import models
from odoo.modules import module
from odoo.tools import SQL


class PaymentTransaction(models.Model):
    """Commits and locks: who decides about money is alone with it."""

    _inherit = 'payment.transaction'

    def _cn_commit(self):
        """Commit, so that intent is in the database before the gateway is called, and so that no
        database transaction stays open while the network is waited for. Tests of a single
        transaction can't commit; what depends on it is tested with cursors of its own.

        Shops that let PostgreSQL commit without waiting for the disk (`synchronous_commit`) are
        fast and may lose their last second in a crash. Not this one: money may move now.
        """
        if not module.current_test:
            self.env.cr.execute(SQL(
                "SELECT set_config('synchronous_commit', 'on', true)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            ))
            self.env.cr.commit()  # pylint: disable=invalid-commit

    def _cn_lock(self):
        """Lock the attempt's row and read it anew.

        Under Odoo's isolation level, a change that somebody else committed in the meantime raises
        a serialization failure, and the caller's transaction is repeated.
        """
        self.ensure_one()
        self.env.flush_all()
        # That somebody was quicker is no error: whoever called repeats it.
        self.env.cr.execute(SQL(
            "SELECT id FROM payment_transaction WHERE id = %s FOR NO KEY UPDATE", self.id
        ), log_exceptions=False)
        self.invalidate_recordset()

    def _cn_touch(self, records):
        """Make transactions that decide about the same records follow one another.

        A lock alone would not do: the second one would go on with its old snapshot. An update
        makes it fail and start again, and then it sees what the first one did.
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE %s SET write_date = write_date WHERE id IN %s",
            SQL.identifier(records._table), tuple(sorted(records.ids)),
        ), log_exceptions=False)
