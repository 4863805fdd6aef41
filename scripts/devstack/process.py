# Part of payment_cn_wallets. License LGPL-3.
"""A child process with its log, which does not outlive us."""

import contextlib
import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .console import Problem, die_with_parent


class Process:
    """A server that we start, wait for, stop and kill."""

    def __init__(self, name, log):
        self.name = name
        self.log = Path(log)
        self._popen = None

    @property
    def pid(self):
        return self._popen.pid if self._popen else None

    def running(self):
        return self._popen is not None and self._popen.poll() is None

    def start(self, command, *, url, timeout, **kwargs):
        """Start it and wait until ``url`` answers."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # Its own session: Ctrl-C in the terminal comes to us alone, and we stop everything in order.
        with open(self.log, "ab") as out:
            self._popen = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, start_new_session=True,
                                           preexec_fn=die_with_parent, **kwargs)  # noqa: PLW1509
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if not self.running():
                raise Problem(f"{self.name} stopped right after its start (exit code {self._popen.returncode}).",
                              *self.tail())
            if answers(url):
                return
            time.sleep(0.2)
        self.stop()
        raise Problem(f"{self.name} did not answer within {timeout} s.", *self.tail())

    def stop(self, timeout=20):
        """End it in order (SIGTERM), by force when that takes too long."""
        if self.running():
            self._popen.terminate()
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._end_group()

    def kill(self):
        """Kill it and its children at once (SIGKILL), as a crash would."""
        if self._popen is None:
            return
        self._end_group()
        self._popen.wait(10)

    def _end_group(self):
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def tail(self, count=12):
        lines = self.log.read_text(errors="replace").splitlines()[-count:]
        return [*lines, f"The whole log: {self.log}"]


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


def answers(url):
    """True when a server answers there, with whatever status; of a mail server, when it takes connections."""
    try:
        address = urllib.parse.urlsplit(url)
        if address.scheme == "smtp":
            with socket.create_connection((address.hostname, address.port), timeout=5):
                return True
        with _OPENER.open(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def get_json(url, timeout=10):
    with _OPENER.open(url, timeout=timeout) as answer:
        return json.loads(answer.read())


class ServerError(RuntimeError):
    """Odoo's answer to a call that went wrong; ``said`` is its message alone."""

    def __init__(self, data):
        self.said = data.get("message", "")
        super().__init__(f"{data.get('name')}: {self.said}\n{data.get('debug', '')}")


class JsonSession:
    """A logged-in user of Odoo's web client."""

    def __init__(self, url):
        self.url = url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                                   urllib.request.HTTPCookieProcessor(self._cookies))

    def log_in(self, db, login, password):
        """Log in as a user."""
        answer = self.call("/web/session/authenticate", db=db, login=login, password=password)
        if not answer.get("uid"):
            raise Problem(f"The user {login} cannot log in.")

    @property
    def cookie(self):
        """What a browser has to show to be this user."""
        return next(cookie.value for cookie in self._cookies if cookie.name == "session_id")

    def call(self, path, **params):
        """Call a JSON route; what goes wrong on the server is raised here with its traceback."""
        request = urllib.request.Request(
            self.url + path, json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=120) as answer:
            got = json.loads(answer.read())
        if "error" in got:
            raise ServerError(got["error"].get("data") or {})
        return got.get("result")
