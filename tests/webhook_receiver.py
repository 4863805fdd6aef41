# Part of payment_cn_wallets. License LGPL-3.
"""A system of the merchant's own, on loopback: written from the text of "Standard Webhooks", not from our code."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds


class NotGenuine(Exception):
    """The message must not be believed."""


def verify(secret, headers, payload, now=None):
    """Return what a message says, as the specification has it verified.

    :param str secret: `whsec_` and base64
    :param dict headers: names in lower case
    :param bytes payload: as it came
    """
    msg_id, timestamp = headers['webhook-id'], headers['webhook-timestamp']
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE:
        raise NotGenuine("too old, or too new")
    key = base64.b64decode(secret[len('whsec_'):])
    content = '{}.{}.{}'.format(msg_id, timestamp, payload.decode('utf-8'))
    expected = hmac.digest(key, content.encode('utf-8'), hashlib.sha256)
    for versioned in headers['webhook-signature'].split(' '):
        version, _comma, signature = versioned.partition(',')
        if version == 'v1' and hmac.compare_digest(base64.b64decode(signature), expected):
            return json.loads(payload)
    raise NotGenuine("no signature fits")


class Receiver:
    """A running server on a free port of loopback.

    `answers` holds (status, headers, body) of the next requests; 204 when it is empty. `caught` has
    what came: (path, headers, body).
    """

    def __init__(self):
        self.answers, self.caught = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                outer.caught.append((
                    self.path, {name.lower(): value for name, value in self.headers.items()}, body,
                ))
                status, headers, text = outer.answers.pop(0) if outer.answers else (204, {}, b'')
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args):
                """Keep the log of the tests for the tests."""

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self._server.server_port
        self.url = f'http://127.0.0.1:{self.port}/events?shop=1'
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
