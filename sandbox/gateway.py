# Part of payment_cn_wallets. License LGPL-3.
"""What a gateway's server in the sandbox has to offer.

A new gateway is one package beside this file whose `SERVER` is a subclass of `GatewayServer`; it
is found by itself and mounted under `/<code>/`.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Box:
    """Everything that a gateway's server works with."""

    ledger: object
    settings: object
    faults: object
    network: object
    stopping: object  # threading.Event, set when the sandbox stops
    base_url: list = field(default_factory=list)  # one element, known once the port is bound
    folder: str = ''  # of the ledger, for what a gateway keeps in a file of its own

    @property
    def url(self):
        """Return the address of the sandbox, without a slash at its end."""
        return self.base_url[0]


class GatewayServer(ABC):
    """One gateway's protocol over the shared network."""

    code = ''

    def __init__(self, box):
        self.box = box

    def bind_next(self, operation, number):
        """Tie the faults that wait for "the next order" to this one, when it is a new one."""
        if operation in ('order', 'charge') and number:
            if not self.box.ledger.one("SELECT 1 FROM orders WHERE out_trade_no = ?", number):
                self.box.faults.bind_next(number)

    @abstractmethod
    def merchants(self):
        """Return the seeded merchants: name -> credentials, as `/control/merchants` shows them."""

    @abstractmethod
    def handle(self, request, path):
        """Answer a request under `/<code>/`. `path` is what follows that."""

    @abstractmethod
    def notice(self, order, forged=''):
        """Return (headers, body bytes) of the notice of an order's state, or of a forgery."""

    def refund_notice(self, order, refund):
        """Return (url, headers, body bytes) of the notice that a refund ended, or None."""
        return None  # noqa: RET501  an answer like any other

    def console_refund(self, order, refund, notify_url=''):
        """Tell the shop of a refund that was made at the console, where the protocol does.

        Called inside the transaction that booked it.

        :param notify_url: what the merchant entered in the console for such notices
        """
        return None  # noqa: RET501  most tell nothing

    @abstractmethod
    def acknowledged(self, status, answer):
        """Say whether the shop's answer to a notice was the one that the protocol wants."""

    def pay_shop_code(self, shop_code, wallet, amount):
        """Book an order for a printed counter code; amount in fen. Return the order."""
        raise NotImplementedError(f"{self.code} has no counter codes")


def discover():
    """Return the server classes of all packages of the sandbox that have one."""
    package = importlib.import_module(__package__)
    servers = []
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg or module.name == 'tests':
            continue
        server = getattr(importlib.import_module(f'{__package__}.{module.name}'), 'SERVER', None)
        if server:
            servers.append(server)
    return servers
