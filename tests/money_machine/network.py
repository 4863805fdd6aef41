# Part of payment_cn_wallets. License LGPL-3.
"""The gateways' side: what they keep, what they tell, and what goes wrong on the way."""

import contextlib
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

# Nothing happens at the gateways but what an event says: refunds end, and notices leave, on command.
# Their clocks can't be turned: what they would do after minutes only, they do at once.
STILL = {'refund_delay': 10**8, 'notice_backoff': [0], 'earliest_reverse': 0, 'qq_wait': 0}

# Numbers of refunds that somebody makes in the gateway's console.
CONSOLE = 'CONSOLE'


class Inbox:
    """A web server that keeps the notices of all gateways in the order in which they came."""

    def __init__(self):
        self.caught = []
        caught = self.caught

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                caught.append((self.path, dict(self.headers.items()), body))
                self.send_response(503)  # what becomes of it is decided later
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_args):
                """Keep the log of the tests for the tests."""

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}'
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()


class Network:
    """What the machines know of the sandbox, and do there.

    The ledger is read where it lies: that is quicker than to ask, and nobody's opinion.
    """

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.inbox = Inbox()
        self._db = sqlite3.connect(
            f"file:{sandbox.data / 'ledger.sqlite3'}?mode=ro", uri=True, timeout=10
        )
        self._db.row_factory = sqlite3.Row

    def stop(self):
        """Close what is open."""
        self.inbox.stop()
        self._db.close()

    def reset(self):
        """Forget everything; nothing moves by itself from now on."""
        self.sandbox.reset()
        self.sandbox.post('settings', **STILL)
        self.inbox.caught.clear()

    def _rows(self, sql, *arguments):
        return [dict(row) for row in self._db.execute(sql, arguments)]

    # === WHAT THE LEDGER SAYS === #

    def order(self, number):
        """Return what the ledger has of an attempt, or None."""
        return next(iter(self._rows("SELECT * FROM orders WHERE out_trade_no = ?", number)), None)

    def charged(self, number):
        """Return what the payer was charged, fen."""
        return self._rows(
            "SELECT COALESCE(SUM(c.amount), 0) AS fen FROM charges c"
            " JOIN orders o ON o.id = c.order_id WHERE o.out_trade_no = ?", number,
        )[0]['fen']

    def refunds(self, number=None):
        """Return the refunds of an attempt, or all."""
        return self._rows(
            "SELECT r.*, o.out_trade_no FROM refunds r JOIN orders o ON o.id = r.order_id"
            " WHERE o.out_trade_no = ? OR ? IS NULL ORDER BY r.id", number, number,
        )

    def kept(self, number):
        """Return what the gateway keeps of an attempt for the shop, fen."""
        return self.charged(number) - sum(
            refund['amount'] for refund in self.refunds(number) if refund['state'] == 'success'
        )

    def console_refunds(self, number):
        """Return the refunds that somebody made in the gateway's console."""
        return [row for row in self.refunds(number) if row['out_refund_no'].startswith(CONSOLE)]

    def by_console(self, number, followed=()):
        """Return what somebody gave back in the gateway's console, fen.

        :param followed: numbers of refunds that are left out
        """
        return self._going(
            number, lambda refund: refund.startswith(CONSOLE) and refund not in followed
        )

    def going(self, number):
        """Return what went back, or is on its way back, fen."""
        return self._going(number, lambda refund: True)

    def has_refund(self, number):
        """Tell whether a refund has arrived at its gateway."""
        return bool(self._rows("SELECT 1 FROM refunds WHERE out_refund_no = ?", number))

    def past(self, number, ours):
        """Return what went back otherwise than by refunds of these numbers, fen."""
        return self._going(number, lambda refund: refund not in ours)

    def _going(self, number, wanted):
        return sum(
            refund['amount'] for refund in self.refunds(number)
            if refund['state'] != 'failure' and wanted(refund['out_refund_no'])
        )

    def payable(self, number):
        """Tell whether the payer could pay an attempt now."""
        order = self.order(number)
        return bool(order) and order['state'] in ('waiting', 'user_paying')

    # === WHAT HAPPENS THERE === #

    def pay(self, number, **values):
        """Pay as the payer would, and catch the notice of it.

        :return: whether the gateway took it
        :rtype: bool
        """
        if not self.payable(number):
            return False
        try:
            self.sandbox.post('pay', out_trade_no=number, **values)
        except requests.HTTPError:
            return False
        self._wait_for_notices()
        return True

    def _wait_for_notices(self):
        """Wait until the inbox has what is told: the same sequence must be the same each time.

        :raise AssertionError: when it does not come
        """
        end = time.monotonic() + 30
        while self._rows("SELECT 1 FROM notices WHERE state = 'pending' LIMIT 1"):
            if time.monotonic() > end:
                raise AssertionError("the sandbox does not send its notices")
            time.sleep(0.002)

    def end_refund(self, refund, outcome='success'):
        """End a refund that the gateway is making."""
        self.sandbox.post('refunds', out_refund_no=refund['out_refund_no'], outcome=outcome)
        self._wait_for_notices()

    def refund_in_console(self, number, fen, url):
        """Give a payment back, whole or in part; the shop is told where the protocol does that.

        :param str url: where notices go; '' where none come
        """
        count = len(self.refunds(number))
        self.sandbox.post(
            'console-refunds', out_trade_no=number, amount=fen, notify_url=url,
            out_refund_no=f'{CONSOLE}{count}{number[-20:]}',
        )
        self._wait_for_notices()

    def tell(self, number, state):
        """Send a notice of an order that says something, true or not, where there are notices."""
        if (order := self.order(number)) and order['notify_url']:
            self.sandbox.post('notices', out_trade_no=number, state=state)

    def fail_next(self, fault, operation):
        """Have one call go wrong."""
        self.sandbox.fault(fault, operation=operation, times=1)

    def heal(self):
        """Have nothing go wrong any more."""
        with contextlib.closing(self.sandbox._http.delete(
            f'{self.sandbox.url}/control/faults', timeout=10
        )) as answer:
            answer.raise_for_status()
