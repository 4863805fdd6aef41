# Part of payment_cn_wallets. License LGPL-3.
"""What must be true: after every step, and when everything has come to its end.

Each check raises by a line of its own: hypothesis tells failures apart by it.
"""

from collections import Counter

from . import doors

# What may come again and again: the same trouble counts up.
REPEATED = {'refund', 'notice', 'unknown', 'contradiction', 'follow_up', 'amount'}


class Violated(AssertionError):
    """Money is not where it belongs."""


def describe(machine):
    """Return what there is, for whoever reads a counterexample."""
    lines = [
        f"{doc.name} {doc.states()}, should be kept: {doc.low} to {doc.high}, held: {doc.held}"
        for doc in machine.docs
    ]
    for one in machine.attempts:
        tx = one.tx
        lines.append(
            f"{one}: {tx.provider_code} {doors.fen(tx.amount)} {tx.state}"
            f" learned={one.learned} late={one.late}"
            f" charged={machine.network.charged(one.number)} kept={machine.network.kept(one.number)}"
            f" booked={doors.booked(tx)} refundable={doors.refundable(tx)}"
        )
        lines.extend(
            f"  refund {child.cn_out_refund_no}: {doors.fen(child.amount)} {child.state}"
            for child in doors.refunds(tx)
        )
        lines.extend(
            f"  ledger: refund {row['out_refund_no']} of {row['amount']} {row['state']}"
            for row in machine.network.refunds(one.number)
        )
        lines.extend(
            f"  incident {incident.kind} x{incident.count}" for incident in doors.incidents(tx)
        )
    return '\n'.join(lines)


def fail(machine, sentence):
    """Return the error to raise."""
    return Violated(f"{sentence}\n{describe(machine)}")


# === AT ANY MOMENT === #


def nothing_goes_on_without_money(machine, doc):
    """No order is confirmed, and no invoice posted, but by hand or on enough money that stays."""
    if doc.is_confirmed() and not doc.suffices(machine.known(doc)):
        raise fail(machine, f"The {doc.name} went on with {machine.known(doc)} of {doc.asked()} fen.")


def always(machine):
    """No more goes back than came in, each refund under a number of its own, in states that make sense."""
    if machine.flight.nonsense:
        raise fail(machine, f"The table of states refused {machine.flight.nonsense.pop()}.")
    for attempt in machine.attempts:
        if doors.is_paid(attempt.tx) and not machine.network.charged(attempt.number):
            raise fail(machine, f"Nobody paid {attempt}.")
        rows = doors.refund_rows(attempt.tx)
        if not rows:
            continue
        if doors.going_back(attempt.tx) > doors.fen(attempt.tx.amount):
            raise fail(machine, f"More goes back than came in with {attempt}.")
        if len({number for number, *_more in rows}) < len(rows):
            raise fail(machine, f"Two refunds of {attempt} have one number.")


# === AT THE END === #


def settled(machine):
    """Everything has come to its end: ledger, books and documents agree, and people were told."""
    failures = doors.failures(machine.transactions())
    if failures:
        raise fail(machine, f"What follows a payment fails: {failures}")
    for attempt in machine.attempts:
        _learned(machine, attempt)
    for doc in machine.docs:
        kept = sum(machine.network.kept(attempt.number) for attempt in machine.of(doc))
        if kept > doc.high:
            raise fail(machine, f"{kept} fen are kept for the {doc.name}, which is too much.")
        if kept < doc.low:
            raise fail(machine, f"{kept} fen are kept for the {doc.name}, which is too little.")
    for attempt in machine.attempts:
        _booked(machine, attempt)
    for doc in machine.docs:
        _document(machine, doc)
    for attempt in machine.attempts:
        _told(machine, attempt)


def _learned(machine, attempt):
    charged = machine.network.charged(attempt.number)
    if charged > machine.past(attempt) and not attempt.learned:
        raise fail(machine, f"The shop does not know that {attempt} was paid.")
    if doors.open_refunds(doors.refunds(attempt.tx)):
        raise fail(machine, f"A refund of {attempt} has no end.")


def _counted(machine, attempt):
    """Return what the shop should count of an attempt, fen: what the gateway keeps of it.

    Where the gateway does not say how much went back in its console, an accountant looks: until
    then it may count what it had.
    """
    kept, hidden = machine.network.kept(attempt.number), machine.hidden(attempt)
    return kept + hidden if attempt.learned else kept


def _booked(machine, attempt):
    kept = _counted(machine, attempt)
    booked = attempt.doc.booked(attempt.tx)
    if booked is not None and booked != kept:
        raise fail(machine, f"The books keep {booked} of {attempt}, the gateway {kept}.")
    if attempt.learned and doors.refundable(attempt.tx) != kept:
        raise fail(
            machine, f"Of {attempt}, {doors.refundable(attempt.tx)} fen seem refundable, not {kept}."
        )


def _document(machine, doc):
    kept = sum(_counted(machine, attempt) for attempt in machine.of(doc))
    states = doc.states()
    if 'order' in states and states['paid'] != kept:
        raise fail(machine, f"The order counts {states['paid']} fen as paid, not {kept}.")
    moves = doc.moves().filtered(lambda move: move.state == 'posted')
    if not moves:
        return
    total, residual = (sum(doors.fen(move[name]) for move in moves) for name in (
        'amount_total', 'amount_residual',
    ))
    # Money that is too little may be matched, or wait as the customer's credit. What a gateway refused to
    # give back pays nothing: an accountant was told. A credit note that nobody has matched takes nothing
    # off an invoice that was made after it.
    refused = sum(doors.refused_returns(attempt.tx) for attempt in machine.of(doc))
    notes = sum(
        doors.fen(note.amount_residual) for note in moves.reversal_move_ids if note.state == 'posted'
    )
    for counted in (kept, kept - doc.held, kept - doc.loose, kept - refused):
        lacking = total - doc.others() - counted
        if residual in (max(0, lacking), max(0, lacking + notes)):
            return
    raise fail(
        machine,
        f"{residual} fen of {total} are open, though {kept} are kept and {doc.others()} came"
        " otherwise.",
    )


def _told(machine, attempt):
    incidents = doors.incidents(attempt.tx)
    kinds = Counter((one.transaction_id.id, one.kind) for one in incidents)
    # Each refund in a console is told. Of what WeChat Pay does not say how much it was, whenever it
    # says so: it is open until somebody has looked.
    consoles = len(machine.network.console_refunds(attempt.number))
    often = REPEATED | ({'gone'} if machine.hidden(attempt) else set())
    again = [
        one.kind for one in incidents if one.kind not in often and (
            max(one.count, kinds[one.transaction_id.id, one.kind])
            > (max(1, consoles) if one.kind == 'gone' else 1)
        )
    ]
    if again:
        raise fail(machine, f"Somebody was told twice of {attempt}: {again}")
    automatic = sum(
        -doors.fen(one.amount) for one in doors.refunds(attempt.tx)
        if one.state == 'done' and one not in attempt.by_shop and not doors.is_of_console(one)
    )
    if automatic and 'double' not in incidents.mapped('kind'):
        raise fail(machine, f"Nobody was told that money of {attempt} went back.")
    if incidents or not machine.network.charged(attempt.number):
        return
    if machine.network.by_console(attempt.number):
        raise fail(machine, f"Nobody was told that {attempt} was refunded past the shop.")
    if not attempt.learned:
        return
    if attempt.late and attempt.doc.tells_late():
        raise fail(machine, f"Nobody was told that {attempt} was paid late.")
    if attempt.doc.held:
        raise fail(machine, f"Nobody was told that {attempt} is too little.")
