# Part of payment_cn_wallets. License LGPL-3.
"""Faults: everything that goes wrong between a shop and a wallet, on demand.

A fault has a *stage*, the place where it acts:

- `call`: the HTTP exchange; `moment` says whether it strikes before or after the booking
- `pay`: how the payer behaves when a payment code is charged, and what an order is like
- `refund`, `reverse`, `notice`, `statement`: the things of that name

At most one `call` fault strikes one request; faults of other stages add up.
"""

import json

HTTP_OPERATIONS = (
    'order', 'charge', 'query', 'refund', 'query_refund', 'statement', 'settlements', 'shop_code',
    'close', 'reverse',
)
OPERATIONS = (*HTTP_OPERATIONS, 'notice', 'any')

# name -> (stage, operations where it makes sense, default moment)
CATALOGUE = {
    # the HTTP exchange
    'timeout': ('call', HTTP_OPERATIONS, 'after'),
    'reset': ('call', HTTP_OPERATIONS, 'after'),
    'http_5xx': ('call', HTTP_OPERATIONS, 'after'),
    'garbage': ('call', HTTP_OPERATIONS, 'after'),
    'truncated': ('call', HTTP_OPERATIONS, 'after'),
    'empty': ('call', HTTP_OPERATIONS, 'after'),
    'oversized': ('call', HTTP_OPERATIONS, 'after'),
    'redirect': ('call', HTTP_OPERATIONS, 'after'),
    'slow': ('call', HTTP_OPERATIONS, 'after'),
    'bad_signature': ('call', HTTP_OPERATIONS, 'after'),
    'unsigned': ('call', HTTP_OPERATIONS, 'after'),
    'foreign_answer': ('call', HTTP_OPERATIONS, 'after'),
    'wrong_amount': ('call', ('order', 'charge', 'query', 'refund', 'query_refund'), 'after'),
    'system_error': ('call', HTTP_OPERATIONS, 'after'),
    'data_error': ('call', HTTP_OPERATIONS, 'after'),
    'missing_parameter': ('call', HTTP_OPERATIONS, 'before'),
    'invalid_parameter': ('call', HTTP_OPERATIONS, 'before'),
    'unknown_app': ('call', HTTP_OPERATIONS, 'before'),
    'not_approved': ('call', HTTP_OPERATIONS, 'before'),
    'not_enabled': ('call', HTTP_OPERATIONS, 'before'),
    'wrong_key': ('call', HTTP_OPERATIONS, 'before'),
    'clock': ('call', HTTP_OPERATIONS, 'before'),
    'not_found': ('call', ('query', 'query_refund'), 'before'),
    'stale': ('call', ('query', 'query_refund'), 'after'),
    # the payer and the order
    'user_paying': ('pay', ('charge',), ''),
    'payer_cancels': ('pay', ('charge',), ''),
    'wrong_password': ('pay', ('charge',), ''),
    'no_balance': ('pay', ('charge',), ''),
    'bad_code': ('pay', ('charge',), ''),
    'expire': ('pay', ('order', 'charge'), ''),
    'coupon': ('pay', ('order', 'charge'), ''),
    # refunds
    'refund_stuck': ('refund', ('refund',), ''),
    'refund_fails': ('refund', ('refund',), ''),
    'refund_refused': ('refund', ('refund',), ''),
    # a charge that was paid and is undone
    'reverse_stuck': ('reverse', ('reverse',), ''),
    # notices
    'drop': ('notice', ('notice',), ''),
    'duplicate': ('notice', ('notice',), ''),
    'late': ('notice', ('notice',), ''),
    'reorder': ('notice', ('notice',), ''),
    'forge': ('notice', ('notice',), ''),
    # statements
    'extra_row': ('statement', ('statement',), ''),
    'missing_row': ('statement', ('statement',), ''),
    'differing_amount': ('statement', ('statement',), ''),
    'differing_fee': ('statement', ('statement',), ''),
    'moved_columns': ('statement', ('statement',), ''),
}
FORGERIES = (
    'signature', 'unsigned', 'wrong_key', 'amount', 'merchant', 'merchant_own_key', 'order',
    'malformed',
)
# numbers that a fault may carry -> upper bound
NUMBERS = {
    'seconds': 86400, 'coupon': 10**10, 'copies': 32, 'status': 599, 'bytes': 10**8,
    'difference': 10**10,
}


class Faults:
    """The faults that are set, stored in the ledger so that they survive a restart."""

    def __init__(self, ledger):
        self._ledger = ledger

    def add(self, values):
        """Set a fault.

        :param values: `fault`, and optionally `scope` ('global', 'next' or an order number),
            `operation`, `times` (None: for ever), `when` ('before'/'after') and the options in
            `NUMBERS`, `forged`, `outcome`
        :return: the stored fault
        :raise ValueError: when something in it makes no sense
        """
        values = dict(values)
        name = str(values.pop('fault', ''))
        moment = values.pop('when', None)
        for suffix in ('before', 'after'):
            if name not in CATALOGUE and name.endswith('_' + suffix):
                name, moment = name[: -len(suffix) - 1], suffix
        if name not in CATALOGUE:
            raise ValueError(f"no such fault: {name!r}; there are {', '.join(CATALOGUE)}")
        stage, operations, default_moment = CATALOGUE[name]
        if moment not in (None, 'before', 'after'):
            raise ValueError("when must be 'before' or 'after'")
        operation = values.pop('operation', None) or 'any'
        if operation not in OPERATIONS:
            raise ValueError(f"operation must be one of {', '.join(OPERATIONS)}")
        if operation != 'any' and operation not in operations:
            raise ValueError(f"{name} has no meaning for {operation}; only {', '.join(operations)}")
        scope = str(values.pop('scope', None) or 'global')
        times = values.pop('times', None)
        if times is not None and (isinstance(times, bool) or not isinstance(times, int)
                                  or times < 1):
            raise ValueError("times must be a positive integer or null")
        options = {}
        for option, value in values.items():
            options[option] = self._check_option(option, value)
        fault_id = self._ledger.insert(
            'faults', scope=scope, operation=operation, fault=name, stage=stage, times=times,
            moment=(moment or default_moment) if stage == 'call' else '',
            options=json.dumps(options),
        )
        return self._read(
            self._ledger.one("SELECT * FROM faults WHERE id = ?", fault_id)
        )

    @staticmethod
    def _check_option(name, value):
        if name in NUMBERS:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{name} must be a number")
            lowest = -NUMBERS[name] if name == 'difference' else 0
            if not lowest <= value <= NUMBERS[name]:
                raise ValueError(f"{name} must lie between {lowest} and {NUMBERS[name]}")
            return value if name == 'seconds' else int(value)
        if name == 'forged':
            if value not in FORGERIES:
                raise ValueError(f"forged must be one of {', '.join(FORGERIES)}")
            return value
        if name == 'outcome':
            if value not in ('pay', 'cancel', 'never'):
                raise ValueError("outcome must be pay, cancel or never")
            return value
        raise ValueError(f"no such option: {name}")

    @staticmethod
    def _read(row):
        return {**row, 'options': json.loads(row['options'])}

    def all(self):
        """Return the faults that can still strike."""
        rows = self._ledger.all("SELECT * FROM faults WHERE times IS NULL OR times > 0 ORDER BY id")
        return [self._read(row) for row in rows]

    def used(self):
        """Return the faults that have struck as often as they should."""
        rows = self._ledger.all("SELECT * FROM faults WHERE times <= 0 ORDER BY id")
        return [self._read(row) for row in rows]

    def clear(self, scope=None, fault_id=None):
        """Take faults away: all, those of one scope, or one. Return how many."""
        if fault_id is not None:
            return self._ledger.run("DELETE FROM faults WHERE id = ?", fault_id)
        if scope is not None:
            return self._ledger.run("DELETE FROM faults WHERE scope = ?", scope)
        return self._ledger.run("DELETE FROM faults")

    def bind_next(self, out_trade_no):
        """Tie the faults that wait for "the next order" to the order that has now come."""
        self._ledger.run("UPDATE faults SET scope = ? WHERE scope = 'next'", out_trade_no)

    def _take(self, stage, operation, keys):
        return [
            fault
            for fault in self.all()
            if fault['stage'] == stage
            and fault['operation'] in ('any', operation)
            and operation in CATALOGUE[fault['fault']][1]
            and (fault['scope'] == 'global' or fault['scope'] in keys)
        ]

    def _hit(self, fault):
        self._ledger.run(
            "UPDATE faults SET hits = hits + 1, times = times - 1 WHERE id = ?", fault['id']
        )
        return fault

    def take_one(self, stage, operation, keys):
        """Return the first fault that strikes here and use it up once, or None.

        :param keys: numbers that a scope may name (order number, refund number)
        """
        with self._ledger.transaction():
            for fault in self._take(stage, operation, keys):
                return self._hit(fault)
        return None

    def take_all(self, stage, operation, keys):
        """Return every fault that strikes here, by name, each used up once."""
        with self._ledger.transaction():
            found = {}
            for fault in self._take(stage, operation, keys):
                if fault['fault'] not in found:
                    found[fault['fault']] = self._hit(fault)
            return found
