# Part of payment_cn_wallets. License LGPL-3.
"""How often a gateway is asked, remembered outside of the database.

Pages poll once a second. That must not write to the database, and however many tabs and workers
there are, a gateway is asked about one attempt at most every few seconds. All workers share the
data folder, so a small locked file per attempt is their common memory.
"""

import fcntl
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

from odoo.tools import config

# Older files belong to attempts that nobody asks about any more.
MAX_AGE = 86400


def _folder(dbname):
    return Path(config['data_dir']) / 'payment_cn_wallets' / dbname


@contextmanager
def _locked(dbname, key):
    folder = _folder(dbname)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / key, 'a+', encoding='ascii') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        try:
            state = json.loads(file.read() or '{}')
            state = {'at': float(state['at']), 'count': int(state['count'])}
        except (ValueError, KeyError, TypeError):
            state = {'at': 0.0, 'count': 0}
        yield file, state


def _wait(state, schedule, now):
    """Seconds until the next question is due, 0 when it is."""
    if not state['count']:
        return 0.0
    gap = schedule[min(state['count'], len(schedule)) - 1]
    # A clock that was set back must not silence the questions.
    age = now - state['at']
    return 0.0 if age < 0 else max(0.0, gap - age)


def seconds_left(dbname, key, schedule):
    """Return how long to wait until `acquire` may succeed. Reads only.

    :param str dbname: database
    :param str key: what is asked about
    :param tuple schedule: growing gaps between questions, seconds; the last one repeats
    :rtype: float
    """
    try:
        state = json.loads((_folder(dbname) / key).read_text('ascii') or '{}')
        state = {'at': float(state['at']), 'count': int(state['count'])}
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
    return _wait(state, schedule, time.time())


def acquire(dbname, key, schedule):
    """Take the right to ask now; False when somebody asked too recently.

    Same parameters as `seconds_left`.
    """
    with _locked(dbname, key) as (file, state):
        now = time.time()  # not before: whoever held the lock may have asked since
        if _wait(state, schedule, now) > 0:
            return False
        file.seek(0)
        file.truncate()
        file.write(json.dumps({'at': now, 'count': state['count'] + 1}))
        file.flush()
        return True


def spend(dbname, key, most, seconds):
    """Count one more of something that may happen so often; False when it has happened too often.

    :param str dbname: database
    :param str key: what is counted
    :param int most: how often
    :param float seconds: in which time; it begins with the first one
    :rtype: bool
    """
    with _locked(dbname, key) as (file, state):
        now = time.time()
        if not 0 <= now - state['at'] < seconds:
            state = {'at': now, 'count': 0}
        if state['count'] >= most:
            return False
        file.seek(0)
        file.truncate()
        file.write(json.dumps({'at': state['at'], 'count': state['count'] + 1}))
        return True


def is_spent(dbname, key, most, seconds):
    """Tell whether `spend` would refuse. Reads only; same parameters."""
    try:
        state = json.loads((_folder(dbname) / key).read_text('ascii') or '{}')
        return 0 <= time.time() - float(state['at']) < seconds and int(state['count']) >= most
    except (OSError, ValueError, KeyError, TypeError):
        return False


def restart(dbname, key):
    """Let the gaps grow from the shortest one again: something may have happened.

    The shortest gap since the last question still has to pass.
    """
    with _locked(dbname, key) as (file, state):
        file.seek(0)
        file.truncate()
        file.write(json.dumps({'at': state['at'], 'count': min(state['count'], 1)}))
        file.flush()


def forget(dbname, key):
    """Drop what is remembered about a key."""
    (_folder(dbname) / key).unlink(missing_ok=True)


def collect_garbage(dbname):
    """Drop what nobody has touched for a day."""
    limit = time.time() - MAX_AGE
    folder = _folder(dbname)
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.stat().st_mtime < limit:
                Path(entry.path).unlink(missing_ok=True)
