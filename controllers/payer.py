# Part of payment_cn_wallets. License LGPL-3.
"""Which payers the wallets have named to this browser. Kept in its session, for a few attempts."""

import secrets
import time

from odoo.http import request
from odoo.tools import consteq

from .. import const

_KEY = 'cn_payers'
_KEPT = 6  # attempts
_LIFE = 600  # seconds that a browser may take to the wallet and back


def _entries():
    found = request.session.get(_KEY)
    return found if isinstance(found, dict) else {}


def _note(tx_id, **changes):
    """Change what is noted of an attempt. The session only sees what is assigned."""
    entries = {key: dict(value) for key, value in _entries().items() if key != str(tx_id)}
    entry = {**_entries().get(str(tx_id), {}), **changes}
    kept = dict(list(entries.items())[1 - _KEPT:])
    request.session[_KEY] = {**kept, str(tx_id): entry}


def is_here(tx):
    """Tell whether the wallet told this browser that its user is the payer of an attempt."""
    return _entries().get(str(tx.id), {}).get('is') == 'here'


def remember(tx, here):
    """Note whether this browser's user is the payer of an attempt.

    :param bool here: False: somebody else is
    """
    _note(tx.id, **{'is': 'here' if here else 'other'})


def new_state(tx):
    """Return the `state` for one trip to the wallet, or '' when there were too many already.

    :rtype: str
    """
    tries = _entries().get(str(tx.id), {}).get('tries', 0) + 1
    if tries > const.PAYER_TRIES:
        return ''
    state = secrets.token_hex(16)
    _note(tx.id, state=state, until=time.time() + _LIFE, tries=tries)
    return state


def is_settled(tx):
    """Tell whether this browser knows whether its user is the payer."""
    return bool(_entries().get(str(tx.id), {}).get('is'))


def take_state(state):
    """Return the id of the attempt that a state was made for, once; 0 when it is none of ours.

    :param str state: as the browser brought it back
    :rtype: int
    """
    found = 0
    for tx_id, entry in _entries().items():
        # All are compared, each in constant time.
        if entry.get('state') and consteq(entry['state'].encode(), state.encode()) and entry['until'] > time.time():
            found = int(tx_id)
    if found:
        _note(found, state='', until=0)
    return found
