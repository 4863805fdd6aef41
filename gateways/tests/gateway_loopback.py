# Part of payment_cn_wallets. License LGPL-3.
"""An HTTP server on a loopback port that misbehaves on demand.

Each request is answered by the next action of its script. An action is a callable that gets the
`Exchange`; it may answer, wait, or cut the connection.
"""

import contextlib
import json
import socket
import socketserver
import struct
import threading
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One request, and the connection to answer on."""

    method: str
    target: str
    headers: dict
    body: bytes
    connection: socket.socket
    number: int  # of the connection, from 1
    stopping: threading.Event

    def send(self, data: bytes):
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def answer(self, body=b'{}', status=200, headers=None, length=None):
        """Send a whole answer; `length` overrides what is announced."""
        lines = [f'HTTP/1.1 {status} X']
        all_headers = {
            'Content-Type': 'application/json',
            'Content-Length': str(len(body) if length is None else length),
            **(headers or {}),
        }
        lines += [f'{name}: {value}' for name, value in all_headers.items() if value is not None]
        self.send('\r\n'.join([*lines, '', '']).encode() + body)


class Stop(Exception):
    """Close the connection."""


def answering(body=b'{}', **options):
    """Return an action that answers."""
    if not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
    return lambda exchange: exchange.answer(body, **options)


def reset(exchange):
    """Cut the connection with a TCP reset, without an answer."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    raise Stop


def close(exchange):
    """Close the connection without an answer."""
    raise Stop


def silent(exchange):
    """Never answer."""
    exchange.stopping.wait(10)
    raise Stop


def short(exchange):
    """Announce more than is sent, then close."""
    exchange.answer(b'{"a": 1', length=500)
    raise Stop


def half_chunk(exchange):
    """Close in the middle of a chunked answer."""
    exchange.send(
        b'HTTP/1.1 200 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
        b'20\r\n{"return_code"'
    )
    raise Stop


def dripping(exchange):
    """Send a byte at a time, for ever."""
    exchange.send(b'HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n')
    while not exchange.stopping.wait(0.05):
        try:
            exchange.connection.sendall(b' ')
        except OSError:
            raise Stop from None


def then_close(action):
    """Answer as if the connection stayed open, then close it."""

    def act(exchange):
        action(exchange)
        raise Stop

    return act


@dataclass
class Loopback:
    """The server. `script` holds the actions to come; `requests` what was asked."""

    context: object = None  # TLS context, for https
    default: object = staticmethod(answering())
    script: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    connections: int = 0

    def __post_init__(self):
        self.stopping = threading.Event()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(Stop, OSError, ValueError):
                    outer.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def shutdown_request(self, request):
                # No polite shutdown: a reset must stay a reset.
                self.close_request(request)

            def handle_error(self, request, client_address):
                pass

        self._server = Server(('127.0.0.1', 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def url(self):
        scheme = 'https' if self.context else 'http'
        host = 'localhost' if self.context else '127.0.0.1'
        return f'{scheme}://{host}:{self.port}'

    def stop(self):
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(self, connection):
        self.connections += 1
        number = self.connections
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        try:
            reader = connection.makefile('rb')
            while True:
                exchange = self._read(reader, connection, number)
                self.requests.append(exchange)
                action = self.script.pop(0) if self.script else self.default
                action(exchange)
                if exchange.headers.get('connection', '').lower() == 'close':
                    return
        finally:
            reader.close()
            connection.close()

    def _read(self, reader, connection, number):
        line = reader.readline()
        if not line:
            raise Stop
        method, target, _version = line.decode().split()
        headers = {}
        while (line := reader.readline().strip()):
            name, _colon, value = line.decode('latin-1').partition(':')
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get('content-length') or 0))
        return Exchange(method, target, headers, body, connection, number, self.stopping)
