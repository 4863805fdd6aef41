# Part of payment_cn_wallets. License LGPL-3.
"""What daily statements have in common: the ways in which they disagree with the ledger."""


def spoil(rows, faults, start, stranger, is_refund):
    """Apply the faults of a statement: a file that does not agree with the ledger.

    :param rows: payments and refunds, oldest first, with `at`, `amount` and `fee`; changed in place
    :param faults: those that strike, by name
    :param start: Unix time of the beginning of the day
    :param stranger: makes the row of a payment that nobody knows, of a Unix time
    :param is_refund: says whether a row is one
    :return: the rows
    """
    payments = [row for row in rows if not is_refund(row)]
    for name, column in (('differing_amount', 'amount'), ('differing_fee', 'fee')):
        if name in faults and payments:
            payments[0][column] += faults[name]['options'].get('difference', 1)
    if 'missing_row' in faults and payments:
        rows.remove(payments[-1])
    if 'extra_row' in faults:
        rows.append(stranger(rows[-1]['at'] if rows else start))
    return rows
