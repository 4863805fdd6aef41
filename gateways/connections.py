# Part of payment_cn_wallets. License LGPL-3.
"""Connections that note what they are doing, so that "was it sent?" need not be guessed.

Whether a request left this machine can't be told reliably from the exception that requests raises
(an `SSLError` may be a handshake that failed or an answer that was cut). So the connection classes
here write into the present call's `Call` when they connect and when they send.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import urllib3
from requests.adapters import HTTPAdapter


class Call:
    """What the connection of one call is doing, and its limits.

    :param seconds: after that many seconds the connection is cut, whatever it is doing
    :param timeouts: seconds to connect, seconds to wait for each piece of the answer
    :param may_reach: takes the address that a connection leads to, and whether TLS follows; says
        whether anything may be sent there
    """

    def __init__(
        self, seconds: float, timeouts: tuple[float, float],
        may_reach: Callable[[str, bool], bool] | None = None,
    ):
        self.timeouts = timeouts
        self.may_reach = may_reach
        self.phase = 'idle'  # 'idle', 'connecting', 'connected', 'sending'
        self.sock = None
        self.cut = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    @property
    def sent(self) -> bool:
        """Whether any byte of the request may have left."""
        return self.phase == 'sending'

    def __enter__(self):
        _local.call = self
        self._timer.start()
        return self

    def __exit__(self, *_exc):
        self._timer.cancel()
        _local.call = None

    def _cut(self):
        self.cut = True
        if self.sock is not None:
            # The plain socket's shutdown: the one of SSLSocket would pull the TLS object away from
            # under the thread that is reading from it.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _Local(threading.local):
    call: Call | None = None


_local = _Local()


class _Watched:
    """Part of a connection class that notes connecting and sending."""

    uses_tls = False

    def _new_conn(self):
        """Connect, and leave at once where nothing may be sent: names lead elsewhere at any time."""
        sock, call = super()._new_conn(), _local.call
        if call and call.may_reach and not call.may_reach(sock.getpeername()[0], self.uses_tls):
            sock.close()
            raise urllib3.exceptions.NewConnectionError(self, "the address is not allowed")
        return sock

    def connect(self):
        call = _local.call
        if call:
            call.phase = 'connecting'
        super().connect()
        if call:
            call.phase = 'connected'

    def send(self, data):
        if self.sock is None and self.auto_open:
            self.connect()
        call = _local.call
        # While connecting, what is sent goes to a proxy and is not the request.
        if call and call.phase != 'connecting':
            # Kept here: the connection lets go of its socket when the answer will close it.
            call.sock, call.phase = self.sock, 'sending'
        return super().send(data)


class _HTTPConnection(_Watched, urllib3.connection.HTTPConnection):
    pass


class _HTTPSConnection(_Watched, urllib3.connection.HTTPSConnection):
    uses_tls = True


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOLS = {'http': _HTTPPool, 'https': _HTTPSPool}


class WatchedAdapter(HTTPAdapter):
    """Adapter of requests with watched connections, no retries, and maybe a client certificate.

    :param context: TLS context to use instead of the default one
    """

    def __init__(self, context: ssl.SSLContext | None = None, **kwargs):
        self._context = context
        super().__init__(max_retries=0, **kwargs)

    def send(self, request, *args, timeout=None, **kwargs):
        # The limits come with the call and not through the session, where two limits are not
        # expected by everybody: Odoo's test suite compares the session's with a number.
        call = _local.call
        if timeout is None and call:
            timeout = call.timeouts
        return super().send(request, *args, timeout=timeout, **kwargs)

    def init_poolmanager(self, *args, **kwargs):
        if self._context is not None:
            kwargs['ssl_context'] = self._context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args, **kwargs):
        if self._context is not None:
            kwargs['ssl_context'] = self._context
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate that a gateway wants to see in the handshake.

    :param certificate: PEM, with the chain when there is one
    :param private_key: PEM, not encrypted
    """

    certificate: bytes
    private_key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Return what tells two certificates apart."""
        return hashlib.sha256(self.certificate + b'\0' + self.private_key).hexdigest()

    def context(self) -> ssl.SSLContext:
        """Return a TLS context that shows this certificate and verifies the server.

        Python loads certificates from files only: one is made for that moment, readable by its
        owner alone.

        :raise ValueError: when certificate and key can't be read or don't belong together
        """
        context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        descriptor, path = tempfile.mkstemp(suffix='.pem')
        try:
            with os.fdopen(descriptor, 'wb') as file:
                file.write(self.private_key.strip() + b'\n' + self.certificate.strip() + b'\n')
            # A password is given so that an encrypted key is an error, not a question on a console.
            context.load_cert_chain(path, password='')
        except ssl.SSLError as error:
            raise ValueError("client certificate and key cannot be used together") from error
        finally:
            os.unlink(path)
        return context
