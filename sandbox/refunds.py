# Part of payment_cn_wallets. License LGPL-3.
"""The wallet network's refunds.

State of a refund: processing, then success or failure, as it was planned when it was booked or as the
control interface says. Amounts are integer fen, times Unix seconds.
"""

import time

from . import wallets


class Refused(Exception):
    """The network refuses, and nothing was booked. `kind` is for programs."""

    def __init__(self, kind, message=''):
        super().__init__(message or kind)
        self.kind = kind


class Refunds:
    """The part of the network that gives money back. It needs the attributes of `Network`."""

    def refund_of(self, **columns):
        """Return one refund by its columns, or None."""
        where = ' AND '.join(f"{name} = ?" for name in columns)
        return self.ledger.one(f"SELECT * FROM refunds WHERE {where}", *columns.values())

    def refunds_of(self, order_id):
        """Return the refunds of an order, oldest first."""
        return self.ledger.all("SELECT * FROM refunds WHERE order_id = ? ORDER BY id", order_id)

    def _refunded(self, order):
        """Return what went back, or is on its way, of an order; fen."""
        return self.ledger.one(
            "SELECT COALESCE(SUM(amount), 0) AS sum FROM refunds"
            " WHERE order_id = ? AND state != 'failure'", order['id'],
        )['sum']

    def refund(self, order, out_refund_no, amount, *, reversal=False):
        """Give money back. The same number again returns the same refund.

        :param reversal: whether the shop undoes a charge, by a protocol that does so with a refund
        :raise Refused: 'duplicate' (number used with another amount or order), 'not_paid',
            'too_much', 'refused' (fault)
        """
        key = {
            'gateway': order['gateway'], 'merchant': order['merchant'],
            'out_refund_no': out_refund_no,
        }
        with self.ledger.transaction():
            existing = self.refund_of(**key)
            if existing:
                if existing['order_id'] != order['id'] or existing['amount'] != amount:
                    raise Refused('duplicate', "this refund number was used with other content")
                return existing
            if self.order(id=order['id'])['state'] != 'paid':
                raise Refused('not_paid', "this order is not paid")
            taken = self._refunded(order)
            if taken + amount > order['amount']:
                raise Refused('too_much', "more than what is left of this order")
            found = self.faults.take_all('refund', 'refund', (order['out_trade_no'], out_refund_no))
            if reversal:
                found = {**found, **self._reversal_faults(order, out_refund_no)}
            if 'refund_refused' not in found:
                self._book_refund(order, amount, found, key)
        if 'refund_refused' in found:
            raise Refused('refused', "the wallet refuses this refund")
        self.after_commit()
        return self.refund_of(**key)

    def console_refund(self, order, amount=None, number='', *, processing=False, tell=None):
        """Give money back as somebody does in the gateway's console, of which the shop knows nothing.

        :param amount: fen; None: all that is left
        :param number: the refund's; None: the console makes one
        :param processing: whether it stays under way until it is ended by hand
        :param tell: called inside the transaction with order and refund: what the protocol tells
        :return: the refund
        :raise Refused: as `refund`
        """
        with self.ledger.transaction():
            order = self.order(id=order['id'])
            rest = order['amount'] - self._refunded(order)
            amount = rest if amount is None else amount
            if order['state'] != 'paid' or order['event'] == 'reversed':
                raise Refused('not_paid', "this order is not paid")
            if not 0 < amount <= rest:
                raise Refused('too_much', "more than what is left of this order")
            key = {
                'gateway': order['gateway'], 'merchant': order['merchant'],
                'out_refund_no': number or self._bill_no('CONSOLE')[:30],
            }
            if self.refund_of(**key):
                raise Refused('duplicate', "this refund number was used")
            self._book_refund(order, amount, {'refund_stuck': {'options': {}}}, key)
            refund = self.refund_of(**key)
            if not processing:
                self._end_refund(refund['id'], 'success', time.time())
            if tell:
                tell(self.order(id=order['id']), self.refund_of(**key))
        self.after_commit()
        return self.refund_of(**key)

    def _reversal_faults(self, order, out_refund_no=''):
        keys = (order['out_trade_no'], out_refund_no)
        found = self.faults.take_all('reverse', 'reverse', keys)
        return {'refund_stuck': found['reverse_stuck']} if 'reverse_stuck' in found else {}

    def is_reversing(self, order):
        """Say whether the money of a charge that was undone is still on its way to the payer."""
        return order['event'] == 'reversed' and any(
            row['state'] == 'processing' for row in self.refunds_of(order['id'])
        )

    def _book_refund(self, order, amount, found, key):
        now = time.time()
        due = now + self.settings['refund_delay']
        planned = 'failure' if 'refund_fails' in found else 'success'
        if 'refund_fails' in found:
            due = now + found['refund_fails']['options'].get(
                'seconds', self.settings['refund_delay']
            )
        if 'refund_stuck' in found:
            seconds = found['refund_stuck']['options'].get('seconds')
            due = None if seconds is None else now + seconds
        self.ledger.insert(
            'refunds', order_id=order['id'], refund_no=self._bill_no('RF'),
            wallet_refund_no=wallets.WALLETS[order['wallet']].trade_no(), amount=amount,
            state='processing', planned=planned, created_at=now, due_at=due,
            reason='' if planned == 'success' else "the payer's account can't be credited", **key,
        )

    def finish_refund(self, refund_id, outcome, finished_at=None):
        """End a refund that is in processing, whatever was planned for it."""
        state = {'success': 'success', 'failure': 'failure'}[outcome]
        with self.ledger.transaction():
            changed = self._end_refund(refund_id, state, finished_at or time.time())
        self.after_commit()
        return changed

    def _end_refund(self, refund_id, state, finished_at):
        changed = self.ledger.run(
            "UPDATE refunds SET state = ?, planned = ?, finished_at = ?"
            " WHERE id = ? AND state = 'processing'", state, state, finished_at, refund_id,
        )
        if changed:
            self.plan_refund_notice(self.refund_of(id=refund_id))
        return changed
