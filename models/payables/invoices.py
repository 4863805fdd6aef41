# Part of payment_cn_wallets. License LGPL-3.
"""Customer invoices, posted or still drafts."""

from .documents import Documents


class Invoices(Documents):
    """What invoices lack: their residual amounts, less money that is not matched with them yet."""

    kind = 'invoice'
    field = 'invoice_ids'

    def due(self):
        """Override: what is posted is already taken off the residual amount.

        By more than stays of a payment, while money of it is on its way back; and by the attempt's
        own money, which Odoo matches with an invoice that is posted after it came.
        """
        invoices = self._wanting()
        if not invoices:
            return 0
        posted = invoices.filtered(lambda move: move.state == 'posted')
        return (
            sum(self._residual(move) for move in invoices) + self._matched(self.attempt, posted)
            - sum(tx._cn_kept_fen() - self._matched(tx, posted)
                  for tx in invoices.transaction_ids - self.attempt)
        )

    def serves(self, fen):
        """Override: whoever meant to pay all of it is asked for the rest first."""
        return self.attempt.cn_meant == 'part' or fen >= (self.due() or 0)

    def posts(self):
        """Override: a draft is posted by money that suffices for it, or was meant as a part of it."""
        has_drafts = any(move.state == 'draft' for move in self._wanting())
        return not has_drafts or self.serves(self.attempt._cn_kept_fen())

    def _wanting(self):
        return self.records().filtered(
            lambda move: move.state != 'cancel' and move.move_type == 'out_invoice'
        )

    def _residual(self, move):
        """Return what an invoice lacks, fen; with its early payment discount where that was asked for."""
        if move.state != 'posted':
            return self.fen(move.amount_total)
        asked = move._get_invoice_next_payment_values()
        if asked.get('installment_state') == 'epd' and (
            self.fen(asked['amount_due']) == self.attempt._cn_fen()
        ):
            return self.fen(asked['amount_due'])
        return self.fen(move.amount_residual)

    def _matched(self, tx, moves):
        """Return how much of a payment is matched with invoices, fen."""
        return sum(
            self.fen(partial['amount'])
            for move in moves for partial in move._get_all_reconciled_invoice_partials()
            if tx.payment_id and partial['aml'].payment_id == tx.payment_id
        )
