# Part of payment_cn_wallets. License LGPL-3.
"""A web server that keeps the notices that the sandbox sends, as they came."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Catcher:
    """A running server on a free port of loopback.

    :param gateways.base.Reply reply: what the gateway wants to hear
    """

    def __init__(self, reply):
        self.caught = []
        caught = self.caught

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                caught.append((dict(self.headers.items()), body))
                self.send_response(reply.status)
                self.send_header('Content-Type', reply.content_type)
                if reply.status != 204:
                    self.send_header('Content-Length', str(len(reply.body)))
                self.end_headers()
                if reply.status != 204:
                    self.wfile.write(reply.body)

            def log_message(self, *_args):
                """Keep the log of the tests for the tests."""

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}'
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def wait(self, count=1, seconds=10):
        """Return the first notices, once there are so many."""
        end = time.monotonic() + seconds
        while len(self.caught) < count and time.monotonic() < end:
            time.sleep(0.02)
        if len(self.caught) < count:
            raise AssertionError(f"{len(self.caught)} of {count} notices came")
        return self.caught[:count]
