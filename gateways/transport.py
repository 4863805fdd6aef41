# Part of payment_cn_wallets. License LGPL-3.
"""HTTP to a gateway, with an answer to the one question that matters: was it sent?

Three endings, never two:

- `Answer`: the gateway (or something in front of it) answered, whole, below 500, no redirect;
- `NotSent` is raised when no byte of the request left this machine: name not found, connection
  refused or timed out, TLS handshake failed. Nothing happened, another try is safe;
- `NoAnswer` is raised for everything else: read time-out, reset, 5xx, redirect, too large, cut
  short. The gateway may have done what was asked.

Deliberate choices:

- TLS is always verified; another CA bundle can be named, none can't. Plain http is accepted for
  loopback addresses only (the sandbox, tests).
- `trust_env` is off: no proxy, CA bundle or .netrc is picked up from the environment of the
  process, because a payment must not change its way with a variable. A shop behind a proxy names
  it: `Transport(proxy='http://…')`.
- Connections are kept alive per process: the pool is keyed by process id, so forked workers never
  share a socket. A pool that idled long is replaced before a call that must not be repeated, since
  a server closing a connection at that moment cannot be told from one that took the request.
- Cookies are never kept, redirects never followed, compressed answers not asked for.
- Besides the limit of each single read there is a limit of the whole call, so that a server that
  drips one byte at a time cannot hold a worker; and one of all calls together (`within`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3

from .addresses import check_url
from .connections import Call, ClientCertificate, WatchedAdapter
from .transport_outcomes import Answer, ConnectionBroken, Exchange, NoAnswer, NotSent, TransportError

_logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 3.05  # seconds; a little over TCP's first retransmissions
READ_TIMEOUT = 10.0  # seconds between two pieces of an answer
TOTAL_TIMEOUT = 20.0  # seconds for the whole call
MAX_BYTES = 1024 * 1024  # of an ordinary answer
IDLE_LIMIT = 15.0  # seconds; older pools are replaced before a call that can't be repeated

_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


class _Patience(threading.local):
    end: float | None = None


_patience = _Patience()


@contextlib.contextmanager
def within(seconds: float):
    """Let all calls of this thread together take so many seconds: a browser waits for them.

    A call that is cut short ends as any other one that took too long: as one of which nothing is
    known. One for which no time is left is not sent.
    """
    before, end = _patience.end, time.monotonic() + seconds
    _patience.end = end if before is None else min(before, end)
    try:
        yield
    finally:
        _patience.end = before


class Transport:
    """A pool of connections with limits. Safe to share between threads and to fork.

    :param ca_bundle: path of a CA bundle that replaces the built-in one
    :param proxy: URL of an http proxy, or ''
    :param connect_timeout: seconds to make a connection, for each address of the host (name
        resolution has the system's own limit)
    :param read_timeout: seconds to wait for each piece of an answer
    :param total_timeout: seconds for the whole call
    :param max_bytes: size of the largest answer accepted
    :param idle_limit: seconds after which a pool is not trusted for calls that can't be repeated
    :param observer: called with an `Exchange` after each call
    :param check: what addresses have to pass, in place of `addresses.check_url`
    :param may_reach: what the machine behind a name has to pass before anything is sent: takes its
        address, and whether TLS follows
    :param tells_path: whether paths may be logged: some receivers have a secret in theirs
    """

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        proxy: str = '',
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        total_timeout: float = TOTAL_TIMEOUT,
        max_bytes: int = MAX_BYTES,
        idle_limit: float = IDLE_LIMIT,
        observer: Callable[[Exchange], None] | None = None,
        check: Callable = check_url,
        may_reach: Callable[[str, bool], bool] | None = None,
        tells_path: bool = True,
    ):
        if ca_bundle is not None and (not isinstance(ca_bundle, str) or not ca_bundle):
            raise ValueError("ca_bundle is the path of a file; TLS verification has no off switch")
        self._ca_bundle = ca_bundle
        self._proxies = {'http': proxy, 'https': proxy} if proxy else {}
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.total_timeout = total_timeout
        self.max_bytes = max_bytes
        self._idle_limit = idle_limit
        self._observer = observer
        self._check = check
        self._may_reach = may_reach
        self._tells_path = tells_path
        self._reset()
        _transports.add(self)

    # === POOL === #

    def _reset(self):
        """Forget all connections without closing them: in a forked child they are the parent's."""
        self._lock = threading.Lock()
        self._sessions = {}  # (pid, host, certificate) -> (session, monotonic time of last use)

    def close(self) -> None:
        """Close the idle connections of this process."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for session, _used in sessions.values():
            session.close()

    def _session(self, host: str, certificate: ClientCertificate | None, repeatable: bool):
        """Return the session for a host: one each, so that replacing it disturbs no other."""
        key = (os.getpid(), host, certificate.fingerprint if certificate else '')
        moment = time.monotonic()
        with self._lock:
            session, used = self._sessions.get(key, (None, moment))
            if session is None or (not repeatable and moment - used > self._idle_limit):
                # The old one is not closed: a thread may be using it. It goes with its last user.
                session = self._new_session(certificate)
            self._sessions[key] = (session, moment)
        return session

    def _new_session(self, certificate):
        session = requests.Session()
        session.trust_env = False
        session.headers.clear()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.verify = self._ca_bundle or True
        session.proxies = dict(self._proxies)
        context = certificate.context() if certificate else None
        adapter = WatchedAdapter(context, pool_connections=4, pool_maxsize=16)
        session.mount('https://', adapter)
        session.mount('http://', adapter)
        return session

    # === CALLS === #

    def post(self, url: str, body: bytes, headers: Mapping[str, str], **options) -> Answer:
        """POST; options as in `request`."""
        return self.request('POST', url, body=body, headers=headers, **options)

    def get(self, url: str, headers: Mapping[str, str] | None = None, **options) -> Answer:
        """GET; options as in `request`."""
        return self.request('GET', url, headers=headers, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        max_bytes: int | None = None,
        read_timeout: float | None = None,
        total_timeout: float | None = None,
        certificate: ClientCertificate | None = None,
    ) -> Answer:
        """Make one call.

        :param repeatable: the protocol says that sending this twice does what sending it once
            does. Then, and only then, a connection that broke is tried once more. Time-outs and
            5xx are not: whoever waits has waited enough, and will ask again anyway
        :param max_bytes: size of the largest answer accepted, when other than usual
        :param read_timeout: seconds, when other than usual
        :param total_timeout: seconds, when other than usual
        :param certificate: client certificate for the handshake
        :raise NotSent: when nothing left this machine
        :raise NoAnswer: when it did, or may have, and no whole answer below 500 came back
        :raise ValueError: when the address is not https (or http to loopback), or a header or the
            client certificate can't be used
        """
        parts = self._check(url)
        path = parts.path if self._tells_path else ''
        started = time.monotonic()
        limits = (
            max_bytes or self.max_bytes,
            self.connect_timeout,
            read_timeout or self.read_timeout,
            total_timeout or self.total_timeout,
        )
        all_headers = {
            'User-Agent': 'payment_cn_wallets',
            'Accept': '*/*',
            'Accept-Encoding': 'identity',
            **(headers or {}),
        }
        error = None
        for _try in range(2 if repeatable else 1):
            session = self._session(parts.netloc, certificate, repeatable)
            try:
                status, answer_headers, content = self._once(
                    session, method, url, body, all_headers, limits
                )
            except ConnectionBroken as broken:
                error = broken
            except TransportError as other:
                error = other
                break
            else:
                seconds = time.monotonic() - started
                self._tell(Exchange(method, parts.netloc, path, seconds, status, 'answer'))
                return Answer(status, answer_headers, content, seconds)
        self._tell(
            Exchange(
                method,
                parts.netloc,
                path,
                time.monotonic() - started,
                getattr(error, 'status', None),
                'not_sent' if isinstance(error, NotSent) else 'no_answer',
                str(error),
            )
        )
        raise error

    def _once(self, session, method, url, body, headers, limits):
        max_bytes, *timeouts = limits
        if _patience.end is not None:
            left = _patience.end - time.monotonic()
            if left <= 0:
                raise NotSent("no time is left")
            timeouts = [min(seconds, left) for seconds in timeouts]
        connect_timeout, read_timeout, total_timeout = timeouts
        with Call(total_timeout, (connect_timeout, read_timeout), self._may_reach) as call:
            try:
                response = session.request(
                    method,
                    url,
                    data=body,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                )
                with response:
                    result = _read(response, max_bytes)
                if call.cut:  # an answer without a length ends where it was cut
                    raise NoAnswer("the answer took too long")
                return result
            except ConnectionBroken:
                if call.cut:  # and so it looks short
                    raise NoAnswer("the answer took too long") from None
                raise
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader) as error:
                raise ValueError("address or headers cannot be sent") from error
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _classify(error, call) from None  # the text of `error` may quote the request

    def _tell(self, exchange: Exchange):
        _logger.info(
            "%s %s%s: %s %s in %d ms %s",
            exchange.method,
            exchange.host,
            exchange.path,
            exchange.outcome,
            exchange.status or '-',
            exchange.seconds * 1000,
            exchange.detail,
        )
        if self._observer:
            try:
                self._observer(exchange)
            except Exception:  # an answer about money must not be lost to whoever watches
                _logger.exception("The observer of a gateway call failed")


def _classify(error: Exception, call: Call) -> TransportError:
    """Tell from what the connection was doing whether the request can have left."""
    if not call.sent:
        return NotSent(_why_not_sent(error))
    if call.cut:
        return NoAnswer("the answer took too long")
    timeouts = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)
    if isinstance(error, timeouts) or 'timed out' in str(error):
        return NoAnswer("no answer in time")
    return ConnectionBroken(f"the connection broke ({type(error).__name__})")


def _why_not_sent(error: Exception) -> str:
    """Return a few words that quote nothing."""
    text = repr(error)
    if isinstance(error, requests.exceptions.SSLError):
        trusted = 'CERTIFICATE_VERIFY' not in text
        return "TLS handshake failed" + ('' if trusted else ": certificate not trusted")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "connection timed out"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not be used"
    if any(word in text for word in ('getaddrinfo', 'NameResolution', 'Name or service', 'gaierr')):
        return "host name not found"
    if 'refused' in text:
        return "connection refused"
    if 'not allowed' in text:
        return "this address is not allowed"
    return "no connection"


def _read(response, max_bytes: int):
    """Read an answer whole, within its limit.

    :return: status, headers with names in lower case, body
    """
    status = response.status_code
    body = bytearray()
    for chunk in response.raw.stream(16 * 1024, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise NoAnswer("the answer is too large", status)
    # urllib3 before 2 does not mind an answer that is shorter than announced.
    announced = response.headers.get('Content-Length', '')
    chunked = 'chunked' in response.headers.get('Transfer-Encoding', '').lower()
    if announced.isascii() and announced.isdigit() and not chunked:
        if response.raw.tell() < int(announced):
            raise ConnectionBroken("the answer was cut short", status)
    if status >= 500 or 300 <= status < 400:
        raise NoAnswer(f"HTTP status {status}", status, bytes(body[:4096]))
    return status, {name.lower(): value for name, value in response.headers.items()}, bytes(body)


# === SHARED POOL === #

_shared: Transport | None = None
_shared_lock = threading.Lock()


def shared() -> Transport:
    """Return the transport of this process, for gateways that were given none."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Transport()
        return _shared


def _after_fork():
    """Give a forked child locks that nobody holds, and no connection of its parent."""
    global _shared_lock
    _shared_lock = threading.Lock()
    for transport in list(_transports):
        transport._reset()


os.register_at_fork(after_in_child=_after_fork)
