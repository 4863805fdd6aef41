# Part of payment_cn_wallets. License LGPL-3.
"""The WSGI application: gateways, control interface, phone page."""

import logging
import os
import threading

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from .control import Control
from .exchange import Dropped
from .faults import Faults
from .gateway import Box, discover
from .ledger import Ledger
from .network import Network
from .notices import Notices
from .phone import Phone
from .settings import Settings

_logger = logging.getLogger('sandbox')

HEADER = ('X-Sandbox', 'payment_cn_wallets')
LOCAL_NAMES = ('127.0.0.1', 'localhost', '[::1]')


class Application:
    """Everything behind the port.

    :param path: file of the ledger
    :param remote: requests may name hosts other than loopback
    """

    def __init__(self, path, *, remote=False):
        self.ledger = Ledger(path)
        self.settings = Settings(self.ledger)
        self.faults = Faults(self.ledger)
        self.network = Network(self.ledger, self.settings, self.faults)
        self.stopping = threading.Event()
        self.remote = remote
        self.box = Box(
            self.ledger, self.settings, self.faults, self.network, self.stopping,
            folder=os.path.dirname(os.path.abspath(path)),
        )
        self.gateways = {server.code: server(self.box) for server in discover()}
        self.notices = Notices(
            self.ledger, self.settings, self.faults, self.network, self.gateways
        )
        self.network.plan_notice = self.notices.plan
        self.network.plan_refund_notice = self.notices.plan_refund
        self.network.after_commit = self.notices.wake
        self.control = Control(self)
        self.phone = Phone(self)

    def start(self, url):
        """Begin to send notices. `url` is the sandbox's own address."""
        self.box.base_url[:] = [url.rstrip('/')]
        self.notices.start()

    def stop(self):
        """Let go of everything that waits, and close the ledger."""
        self.stopping.set()
        self.notices.stop()
        self.ledger.close()

    def _is_local_name(self, request):
        host = request.host.rsplit(':', 1)[0] if not request.host.endswith(']') else request.host
        return host in LOCAL_NAMES or host.startswith('127.')

    def _dispatch(self, request):
        # a page on the Internet whose name resolves to this machine must not reach us
        if not self.remote and not self._is_local_name(request):
            return Response("unknown host name", status=421)
        head, _slash, rest = request.path.lstrip('/').partition('/')
        if head in self.gateways:
            return self.gateways[head].handle(request, rest)
        if head == 'control':
            return self.control.handle(request, rest)
        return self.phone.handle(request)

    def __call__(self, environ, start_response):
        request = Request(environ)
        request.max_content_length = 2_000_000
        try:
            response = self._dispatch(request)
        except HTTPException as error:
            response = error.get_response(environ)
        except Dropped:
            raise
        except Exception:
            if self.stopping.is_set():
                raise Dropped("stopping") from None
            _logger.exception("%s %s failed", request.method, request.path)
            response = Response("the sandbox itself failed; see its log", status=500)
        response.headers[HEADER[0]] = HEADER[1]
        return response(environ, start_response)
