# Part of payment_cn_wallets. License LGPL-3.
"""Notices: planned in the transaction that moved the money, sent until they are acknowledged.

A notice row holds the exact bytes that are sent, so every retry is the same notice. Rows that are
pending when the sandbox dies are sent after its restart.
"""

import ipaddress
import json
import logging
import threading
import time
from urllib.parse import urlsplit

import requests

_logger = logging.getLogger('sandbox.notices')

MAX_COPIES = 32


def is_loopback(url):
    """Say whether a URL leads to this machine. Names other than `localhost` are not looked up."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ''
        parts.port  # noqa: B018  raises ValueError when it is no port
    except ValueError:
        return False
    if parts.scheme not in ('http', 'https') or parts.username is not None:
        return False
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Notices:
    """Plans and sends notices.

    :param gateways: the gateway servers by code
    """

    def __init__(self, ledger, settings, faults, network, gateways):
        self.ledger = ledger
        self.settings = settings
        self.faults = faults
        self.network = network
        self.gateways = gateways
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._busy = set()
        self._busy_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name='notices', daemon=True)

    # === PLANNING === #

    def plan(self, order):
        """Write the notices of an order's new state. Called inside the transaction."""
        if not order['notify_url']:
            return
        found = self.faults.take_all('notice', 'notice', (order['out_trade_no'],))
        delay, copies = 0, 1
        if 'forge' in found:
            options = found['forge']['options']
            for _copy in range(options.get('copies', 1)):
                self.write(order, forged=options.get('forged', 'signature'))
            delay = 0.5  # the forgery arrives first
        if 'late' in found:
            delay = found['late']['options'].get('seconds', 10)
        if 'duplicate' in found:
            copies = min(found['duplicate']['options'].get('copies', 2), MAX_COPIES)
        if 'reorder' in found:
            # a notice of the state before overtakes nothing: it arrives after the last one
            self.write(order, delay=delay + 0.5, state='waiting', retry=False)
        state = 'dropped' if 'drop' in found else 'pending'
        for _copy in range(copies):
            self.write(order, delay=delay, status=state)

    def plan_refund(self, refund):
        """Write the notice of a refund that ended. Called inside the transaction."""
        order = self.network.order(id=refund['order_id'])
        made = self.gateways[order['gateway']].refund_notice(order, refund)
        if not made:
            return
        url, headers, body = made
        now = time.time()
        self.ledger.insert(
            'notices', order_id=order['id'], gateway=order['gateway'], kind='refund', url=url,
            headers=json.dumps(headers), body=body, state='pending', created_at=now,
            next_at=now + self.settings['notice_backoff'][0],
        )

    def write(self, order, *, forged='', delay=0.0, state=None, status='pending', retry=True):
        """Write one notice and return its id.

        :param forged: name of a forgery (see `faults.FORGERIES`), or ''
        :param state: order state that the notice tells, instead of the true one
        :param status: 'pending', or 'dropped' for one that is never sent
        """
        told = dict(order)
        if state or (forged and order['state'] != 'paid'):
            # a forgery claims a payment that never was
            told['state'] = state or 'paid'
            told['paid_at'] = order['paid_at'] or time.time()
            told['payer_amount'] = order['payer_amount'] or order['amount']
        headers, body = self.gateways[order['gateway']].notice(told, forged)
        now = time.time()
        # waits count from the attempt before; the first one from now
        first = self.settings['notice_backoff'][0]
        return self.ledger.insert(
            'notices', order_id=order['id'], gateway=order['gateway'], kind='payment',
            forged=forged, url=order['notify_url'], headers=json.dumps(headers), body=body,
            state=status, max_attempts=None if retry and not forged else 1,
            created_at=now, next_at=now + first + delay,
        )

    def send_now(self, orders, *, copies=1, forged='', state=None, delay=0.0, seconds=15.0):
        """Send notices and wait for the answers. These are not retried.

        :param orders: sent in this order, one after the other unless there are several copies,
            which go out at the same time
        :return: one list of deliveries for each order
        """
        results = []
        if delay:
            self._stopping.wait(delay)
        for order in orders:
            with self.ledger.transaction():
                ids = [
                    self.write(order, forged=forged, state=state, retry=False, delay=10**6)
                    for _copy in range(min(copies, MAX_COPIES))
                ]
            barrier = threading.Barrier(len(ids))
            threads = [self._spawn(id_, barrier) for id_ in ids]
            end = time.time() + seconds
            for thread in threads:
                thread.join(max(0, end - time.time()))
            results.append(
                self.ledger.all(
                    "SELECT notice_id, status, answer, seconds FROM deliveries WHERE notice_id IN"
                    f" ({', '.join('?' * len(ids))}) ORDER BY id", *ids,
                )
            )
        return results

    # === SENDING === #

    def start(self):
        """Begin to send what is due, including what an earlier run left."""
        self._thread.start()

    def stop(self):
        """Stop sending. What is pending stays in the ledger."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def wake(self):
        """Look at once for something to send."""
        self._wake.set()

    def _run(self):
        while not self._stopping.is_set():
            self._wake.wait(0.2)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self.network.advance()
                self._send_due()
            except Exception:
                # the sender must outlive any surprise, or notices would silently stop
                _logger.exception("notices: a round failed")

    def _send_due(self):
        rows = self.ledger.all(
            "SELECT id FROM notices WHERE state = 'pending' AND next_at <= ?"
            " ORDER BY next_at, id LIMIT 64", time.time(),
        )
        for row in rows:
            with self._busy_lock:
                if row['id'] in self._busy or len(self._busy) >= MAX_COPIES:
                    continue
                self._busy.add(row['id'])
            self._spawn(row['id'])

    def _spawn(self, notice_id, barrier=None):
        # daemon threads: a shop that does not answer must not keep us from stopping
        thread = threading.Thread(
            target=self._deliver_safely, args=(notice_id, barrier), name='notice', daemon=True
        )
        thread.start()
        return thread

    def _deliver_safely(self, notice_id, barrier):
        try:
            self._deliver(notice_id, barrier)
        except Exception:
            _logger.exception("notice %s: could not be handled", notice_id)
        finally:
            with self._busy_lock:
                self._busy.discard(notice_id)

    def _deliver(self, notice_id, barrier=None):
        notice = self.ledger.one("SELECT * FROM notices WHERE id = ?", notice_id)
        if not notice:
            return  # the ledger was reset
        if barrier:
            barrier.wait(10)
        start = time.time()
        status, answer = self._post(notice)
        seconds = time.time() - start
        if self._stopping.is_set():
            return  # the ledger is being closed: it stays pending and is sent again
        accepted = self.gateways[notice['gateway']].acknowledged(status, answer)
        attempts = notice['attempts'] + 1
        backoff = self.settings['notice_backoff']
        limit = notice['max_attempts'] or len(backoff)
        state, next_at = 'pending', None
        if accepted:
            state = 'delivered'
        elif attempts >= limit:
            state = 'given_up'
        else:
            next_at = time.time() + backoff[min(attempts, len(backoff) - 1)]
        with self.ledger.transaction():
            changed = self.ledger.run(
                "UPDATE notices SET state = ?, attempts = ?, next_at = ? WHERE id = ?",
                state, attempts, next_at, notice_id,
            )
            if changed:
                self.ledger.insert(
                    'deliveries', notice_id=notice_id, sent_at=start, seconds=seconds,
                    status=status, answer=answer[:200].decode('utf-8', 'replace'),
                )
        _logger.info(
            "notice %s %sattempt %s: %s, %s", notice_id,
            f"(forged: {notice['forged']}) " if notice['forged'] else '',
            attempts, status or 'no answer', state,
        )

    def _post(self, notice):
        if not is_loopback(notice['url']):  # checked when the order came; never trust one check
            return None, b'refused: not a loopback address'
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy between two programs of one machine
                with session.post(
                    notice['url'], data=notice['body'], headers=json.loads(notice['headers']),
                    timeout=(3, self.settings['notice_timeout']), allow_redirects=False,
                    stream=True,
                ) as response:
                    return response.status_code, response.raw.read(1024, decode_content=True)
        except (requests.RequestException, OSError) as error:
            return None, type(error).__name__.encode()
