# Part of payment_cn_wallets. License LGPL-3.
"""The ledger: one SQLite file that survives restarts and crashes of the sandbox.

All amounts are integer fen, all `*_at` columns Unix seconds (UTC).
"""

import contextlib
import fcntl
import json
import os
import sqlite3
import threading

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL, merchant TEXT NOT NULL, out_trade_no TEXT NOT NULL,
    bill_no TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE,
    wallet TEXT NOT NULL, scene TEXT NOT NULL, channel TEXT NOT NULL, shop TEXT NOT NULL,
    subject TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
    coupon INTEGER NOT NULL DEFAULT 0, payer_amount INTEGER,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'user_paying', 'paid', 'failed', 'expired')),
    event TEXT NOT NULL DEFAULT '', wrong_passwords INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL, expires_at REAL, paid_at REAL,
    confirm_at REAL, confirm_outcome TEXT NOT NULL DEFAULT '',
    wallet_trade_no TEXT NOT NULL DEFAULT '', bar_code TEXT NOT NULL DEFAULT '',
    bank_type TEXT NOT NULL DEFAULT '', payer_id TEXT NOT NULL DEFAULT '',
    notify_url TEXT NOT NULL DEFAULT '', return_url TEXT NOT NULL DEFAULT '',
    attach TEXT NOT NULL DEFAULT '', extra TEXT NOT NULL DEFAULT '{}',
    fingerprint TEXT NOT NULL DEFAULT '',
    UNIQUE (gateway, merchant, out_trade_no)
);
CREATE INDEX IF NOT EXISTS orders_state ON orders (state);
-- the payer's account was debited: the unique order makes a second charge impossible
CREATE TABLE IF NOT EXISTS charges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL UNIQUE REFERENCES orders (id),
    amount INTEGER NOT NULL, payer_amount INTEGER NOT NULL, charged_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    gateway TEXT NOT NULL, merchant TEXT NOT NULL, out_refund_no TEXT NOT NULL,
    refund_no TEXT NOT NULL UNIQUE, wallet_refund_no TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('processing', 'success', 'failure')),
    planned TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL, due_at REAL, finished_at REAL,
    UNIQUE (gateway, merchant, out_refund_no)
);
CREATE TABLE IF NOT EXISTS shop_codes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL, merchant TEXT NOT NULL, code_no TEXT NOT NULL UNIQUE,
    shop TEXT NOT NULL, name TEXT NOT NULL, amount INTEGER, notify_url TEXT NOT NULL DEFAULT '',
    extra TEXT NOT NULL DEFAULT '{}', created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS payment_codes (
    code TEXT PRIMARY KEY, wallet TEXT NOT NULL, confirm INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL, expires_at REAL NOT NULL, used_by INTEGER REFERENCES orders (id)
);
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    gateway TEXT NOT NULL, kind TEXT NOT NULL, forged TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'dropped')),
    attempts INTEGER NOT NULL DEFAULT 0, max_attempts INTEGER,
    created_at REAL NOT NULL, next_at REAL
);
CREATE INDEX IF NOT EXISTS notices_due ON notices (state, next_at);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    notice_id INTEGER NOT NULL REFERENCES notices (id),
    sent_at REAL NOT NULL, seconds REAL NOT NULL, status INTEGER, answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL, operation TEXT NOT NULL, path TEXT NOT NULL,
    out_trade_no TEXT NOT NULL DEFAULT '', request TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT '', fault TEXT NOT NULL DEFAULT '',
    called_at REAL NOT NULL, seconds REAL
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL, operation TEXT NOT NULL, fault TEXT NOT NULL,
    stage TEXT NOT NULL, moment TEXT NOT NULL, times INTEGER,
    hits INTEGER NOT NULL DEFAULT 0, options TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# children first, so that foreign keys hold while everything is deleted
TABLES = (
    'deliveries', 'notices', 'charges', 'refunds', 'payment_codes', 'orders', 'shop_codes',
    'calls', 'faults', 'settings',
)


class InUse(OSError):
    """The ledger belongs to a sandbox that is running."""


class Ledger:
    """A small store around one connection, shared by all threads under one lock.

    The transactions are short; one lock makes them strictly serial, which is what makes
    "never two charges of one order" easy to see.

    :param path: database file; the folder is created, readable by its owner only
    """

    def __init__(self, path):
        self.folder = os.path.dirname(os.path.abspath(path))
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        # two sandboxes over one ledger would send every notice twice
        self._guard = open(f'{path}.lock', 'w')  # noqa: SIM115  held as long as we live
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._guard.close()
            raise InUse(f"another sandbox uses {path}") from None
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.executescript(SCHEMA)

    def close(self):
        """Close the file. Nothing may be called after that."""
        with self._lock:
            self._db.close()
            self._guard.close()

    @contextlib.contextmanager
    def transaction(self):
        """Run the block in one write transaction; nested blocks join the outer one."""
        with self._lock:
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self
            except BaseException:
                self._depth -= 1
                if not self._depth:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if not self._depth:
                self._db.execute("COMMIT")

    def all(self, sql, *args):
        """Return the rows as dictionaries."""
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, args)]

    def one(self, sql, *args):
        """Return the first row, or None."""
        with self._lock:
            row = self._db.execute(sql, args).fetchone()
            return dict(row) if row else None

    def run(self, sql, *args):
        """Execute a statement and return the number of rows that it changed."""
        with self._lock:
            return self._db.execute(sql, args).rowcount

    def insert(self, table, **values):
        """Insert a row and return its id."""
        names = ', '.join(values)
        marks = ', '.join('?' * len(values))
        with self._lock:
            sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
            return self._db.execute(sql, list(values.values())).lastrowid

    def reset(self):
        """Forget everything."""
        with self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")

    # === SETTINGS === #

    def settings(self):
        """Return the stored settings by name."""
        rows = self.all("SELECT name, value FROM settings")
        return {row['name']: json.loads(row['value']) for row in rows}

    def set_setting(self, name, value):
        """Store one setting; None puts the default back."""
        with self.transaction():
            self.run("DELETE FROM settings WHERE name = ?", name)
            if value is not None:
                self.insert('settings', name=name, value=json.dumps(value))
