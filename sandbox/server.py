# Part of payment_cn_wallets. License LGPL-3.
"""The HTTP server: threads, loopback only unless told otherwise."""

import contextlib
import io
import ipaddress
import logging
import os
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import HEADER, Application

_logger = logging.getLogger('sandbox')


class NotLoopback(ValueError):
    """The sandbox was asked to listen where others could reach it."""


def check_host(host, allow_remote=False):
    """Raise unless `host` is a loopback address, or remote access was allowed expressly."""
    if allow_remote or host == 'localhost':
        return
    try:
        loopback = ipaddress.ip_address(host.strip('[]')).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise NotLoopback(
            f"{host} is not a loopback address. Whoever reaches the sandbox can read its ledger and"
            " approve any payment in it: a shop that was left pointing at it would hand out goods"
            " for nothing. Use --allow-remote if that is what you want (a test on a real phone)."
        )


MAX_BODY = 2_000_000


class Handler(WSGIRequestHandler):
    """Keeps connections alive, as the real gateways do, and writes no access log.

    Werkzeug's own handler closes each connection, because it drains whatever follows the request.
    Here the body is read before the application runs, so the next request begins where it should.
    Calls are logged by the exchange, masked.
    """

    protocol_version = 'HTTP/1.1'
    timeout = 60  # seconds that a silent client may keep a thread
    wbufsize = 65536  # head and body leave in one packet

    def run_wsgi(self):
        """Override to serve one request and keep the connection."""
        length = self.headers.get('Content-Length', '0')
        chunked = 'chunked' in self.headers.get('Transfer-Encoding', '').lower()
        if chunked or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            status = '411 Length Required' if chunked else '413 Content Too Large'
            self._respond(status, [HEADER, ('Content-Length', '0')], ())
            return
        if self.headers.get('Expect', '').lower().strip() == '100-continue':
            self.wfile.write(b'HTTP/1.1 100 Continue\r\n\r\n')
            self.wfile.flush()
        environ = self.make_environ()
        environ['wsgi.input'] = io.BytesIO(self.rfile.read(int(length)))
        head = []
        try:
            blocks = self.server.app(environ, lambda *given: head.extend(given[:2]))
            self._respond(*head, blocks)
        except (ConnectionError, TimeoutError, ValueError):
            # cut by a fault (a ValueError is a write to the closed socket), or by the client
            self.close_connection = True

    def _respond(self, status, headers, blocks):
        code, _blank, reason = status.partition(' ')
        self.send_response(int(code), reason)
        sized = code in ('204', '304')
        for name, value in headers:
            if name.lower() != 'date':  # written by send_response
                self.send_header(name, value)
            sized = sized or name.lower() == 'content-length'
        if not sized:
            self.close_connection = True  # the end of the answer is the end of the connection
        if self.close_connection:
            self.send_header('Connection', 'close')
        self.end_headers()
        for block in blocks:
            self.wfile.write(block)
        self.wfile.flush()
        if hasattr(blocks, 'close'):
            blocks.close()

    def finish(self):
        """Override: who hangs up in the middle of an answer is no error here."""
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_request(self, code='-', size='-'):
        """Override to keep addresses with tokens out of the log."""

    def log_error(self, format_, *args):
        """Override to use our logger."""
        _logger.debug(format_, *args)


class Sandbox:
    """A sandbox that is listening.

    :param data: folder of the ledger
    :param port: 0 takes a free one
    :param public_url: address by which phones reach it, when that is not host and port
    """

    def __init__(self, data, host='127.0.0.1', port=8970, *, allow_remote=False, public_url=''):
        check_host(host, allow_remote)
        self.app = Application(os.path.join(data, 'ledger.sqlite3'), remote=allow_remote)
        try:
            self._server = make_server(host, port, self.app, threaded=True, request_handler=Handler)
        except BaseException:
            self.app.stop()
            raise
        self._server.daemon_threads = True
        self.port = self._server.server_port
        shown = f'[{host}]' if ':' in host else host
        self.url = (public_url or f'http://{shown}:{self.port}').rstrip('/')
        self.app.start(self.url)
        self._thread = None

    def serve_forever(self):
        """Serve until `stop` is called from another thread."""
        self._server.serve_forever(poll_interval=0.05)

    def start(self):
        """Serve in a thread of its own, and return self."""
        self._thread = threading.Thread(target=self.serve_forever, name='sandbox', daemon=True)
        self._thread.start()
        return self

    def stop(self):
        """Stop serving and sending. What is pending stays in the ledger."""
        self.app.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        if self._thread:
            self._thread.join(5)
        self.app.stop()
