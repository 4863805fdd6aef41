# Part of payment_cn_wallets. License LGPL-3.
"""What a gateway says of itself: the credentials that it wants, and its protocol's times.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class CredentialField:
    """One thing that the merchant must (or may) enter for a gateway.

    The addon stores it in the provider field `<gateway code>_<name>`.

    :param kind: 'text' is typed. The others are uploaded as files: 'private_key' and 'certificate'
        are the merchant's own, 'file' is what the gateway hands out (its public key, its
        certificates)
    :param proved_by: what shows that it is right, without money: 'probe' (`Gateway.probe`), 'order'
        (an order that the gateway accepts) or '' (nothing does); 'choice' is no number and no key
    """

    name: str
    required: bool = True
    secret: bool = False
    kind: str = 'text'
    proved_by: str = ''


@dataclass(frozen=True)
class Timings:
    """What the protocol says about time. Seconds, unless a name says otherwise."""

    qr_lifetime: int  # how long we offer a QR
    dead_after: int  # after that many seconds from the order, nobody can pay it any more
    page_lifetime: int = 0  # how long we offer the wallet's page (h5); 0: as long as a QR
    poll_schedule: tuple[int, ...] = (3, 3, 3, 5, 5, 10, 10, 15, 30)  # waits between queries
    poll_limit: int = 90  # scene `code`: how long the payer may take to confirm
    earliest_close: int = 0  # from the order
    earliest_reverse: int = 0  # from the charge
    latest_reverse: int = 0  # from the charge; 0: no reverse
    refund_window: timedelta = timedelta(days=365)
    refund_poll_schedule: tuple[int, ...] = (10, 30, 60, 300, 900, 3600)
    statement_ready_hour: int = 10  # Beijing time, for the day before
