# Part of payment_cn_wallets. License LGPL-3.
"""The HTTP server: threads, loopback only unless told otherwise."""

import ipaddress
import logging
import os
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import Application

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


class Handler(WSGIRequestHandler):
    """Without the access log: calls are logged by the exchange, masked."""

    timeout = 60  # seconds that a silent client may keep a thread

    def log_request(self, code='-', size='-'):
        """Override to keep addresses with tokens out of the log."""

    def log_error(self, format_, *args):
        """Override to use our logger."""
        _logger.debug(format_, *args)

    def connection_dropped(self, error, environ=None):
        """Override: connections are cut on purpose here."""


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
        self._server.serve_forever(poll_interval=0.2)

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
