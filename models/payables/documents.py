# Part of payment_cn_wallets. License LGPL-3.
"""What sale orders and invoices have in common: money that is counted on records of the back office."""

from odoo.fields import Command

from .base import Payable


class Documents(Payable):
    """Records of one model that payments are tied to by `transaction_ids`."""

    # The attempt's field that names the records.
    field = ''

    def records(self):
        """Return what is paid."""
        return self.attempt[self.field]

    def documents(self):
        """Override: orders and invoices, for whoever shows them."""
        return [docs for docs in (self.attempt.sale_order_ids, self.attempt.invoice_ids) if docs]

    def lock(self):
        """Override: a lock alone would not do, the second one would go on with its old snapshot.

        An update makes it fail and start again, and then it sees what the first one did.
        """
        for docs in self.documents():
            self.attempt._cn_touch(docs)

    def siblings(self):
        """Override: by the documents."""
        tx = self.attempt
        found = tx.sale_order_ids.transaction_ids | tx.invoice_ids.transaction_ids
        return found.filtered(lambda one: one.operation != 'refund') - tx

    def changed(self):
        """Override: what is counted of the documents' payments is not true any more."""
        for docs in self.documents():
            docs.invalidate_recordset(['amount_paid'])

    def renewal_values(self):
        """Override: the same documents."""
        return {
            name: [Command.set(self.attempt[name].ids)]
            for name in ('sale_order_ids', 'invoice_ids') if self.attempt[name]
        }

    def kept_elsewhere(self, transactions):
        """Return what other payments brought and kept, fen.

        :param payment.transaction transactions: all payments of what is paid, of every provider
        """
        return sum(tx._cn_kept_fen() for tx in transactions - self.attempt)

    def paid_otherwise(self, moves, transactions):
        """Return what came in for invoices past these payments, a bank transfer for instance, fen.

        Credit notes are no money. What was paid back on them is, the other way round.

        :param account.move moves: posted invoices and credit notes
        :param payment.transaction transactions: payments that are counted by themselves
        """
        total = 0
        for move in moves:
            sign = 1 if move.move_type == 'out_invoice' else -1
            for partial in move._get_all_reconciled_invoice_partials():
                counterpart = partial['aml']
                if counterpart.move_id.move_type != 'entry' or partial['is_exchange']:
                    continue
                if counterpart.payment_id.payment_transaction_id not in transactions:
                    total += sign * self.fen(partial['amount'])
            # Without an outstanding account, Odoo registers payments that have no entry.
            bare = move.matched_payment_ids.filtered(lambda payment: (
                not payment.move_id and payment.state in ('in_process', 'paid')
                and payment.payment_transaction_id not in transactions
            ))
            total += sign * sum(self.fen(payment.amount) for payment in bare)
        return total
