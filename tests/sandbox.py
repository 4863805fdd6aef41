# Part of payment_cn_wallets. License LGPL-3.
"""The sandbox as a process of its own, and what tests tell it to do."""

import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

_logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]


def free_port():
    """Return a TCP port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


_shared = []


def shared_sandbox():
    """Return the sandbox that all tests of this process share, started for the first that asks; it ends with them.

    Each test resets it before it begins, and so finds it as it started.
    """
    if not _shared:
        _shared.append(Sandbox())
    return _shared[0]


# Odoo's tests end every child process that a class of tests leaves, so the sandbox is not one: its parent is a shell
# that waits until the pipe to the tests is closed, which is when they end it or end themselves, in whatever way.
_KEEPER = '''
exec 3<&0
(
    "$@" 3<&- &
    cat <&3 >/dev/null
    kill $!
    wait $!
    [ -z "$FOLDER_TO_REMOVE" ] || rm -rf "$FOLDER_TO_REMOVE"
) &
'''


class Sandbox:
    """A running sandbox.

    :param Path data: its data folder; a temporary one when None
    """

    def __init__(self, data=None):
        self.data = Path(data or tempfile.mkdtemp(prefix='cn_sandbox_'))
        self.url = f'http://127.0.0.1:{free_port()}'
        with open(self.data / 'sandbox.log', 'ab') as log:
            shell = subprocess.Popen(
                [
                    'sh', '-c', _KEEPER, 'sh', sys.executable, '-m', 'sandbox',
                    '--port', self.url.rpartition(':')[2], '--data', str(self.data),
                ],
                cwd=ROOT,
                env={
                    **os.environ, 'PYTHONUNBUFFERED': '1',
                    'FOLDER_TO_REMOVE': '' if data else str(self.data),
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._pipe = shell.stdin
        shell.wait(10)
        # Tests of Odoo count and block what goes through `requests`; this is no part of them.
        self._http = requests.Session()
        for _attempt in range(1200):
            try:
                if self.get('health')['status'] == 'ok':
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError(f"sandbox did not start, see {self.data}")

    def stop(self):
        """End the process and forget its data."""
        self._pipe.close()

    # === CONTROL === #

    def get(self, path):
        """Read from the control interface."""
        answer = self._http.get(f'{self.url}/control/{path}', timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path, **values):
        """Call the control interface."""
        answer = self._http.post(f'{self.url}/control/{path}', json=values, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def reset(self):
        """Forget orders and faults."""
        self.post('reset')

    def fault(self, fault, **values):
        """Have something go wrong; see sandbox/README.md."""
        return self.post('faults', fault=fault, **values)

    def pay(self, tx, **values):
        """Pay an attempt as its payer would."""
        return self.post('pay', out_trade_no=tx.cn_out_trade_no, **values)

    def order(self, tx):
        """Return what the sandbox knows about an attempt."""
        return self.get(f'orders/{tx.cn_out_trade_no}')

    def credentials(self, gateway):
        """Return the seeded merchant of a gateway."""
        return self.get('merchants')[gateway]
