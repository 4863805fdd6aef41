# Part of payment_cn_wallets. License LGPL-3.
"""What goes into a gateway's calls. Money in fen, times aware.

Import them from `base`, which is the whole interface in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .enums import Device, Scene, Wallet


@dataclass(frozen=True)
class OrderRequest:
    """An order that the payer pays on a device of their own (scenes qr, in_app, h5, app, mini).

    :param out_trade_no: merchant order number, never used before
    :param amount: fen
    :param subject: who or what is paid; gateways cut it to their limit
    :param document: the number that the payer knows it by. It follows the subject on the bill and
        stays whole: the subject is cut for it
    :param expires_at: after that the order need not be payable (sent where the protocol can)
    :param client_ip: payer's address for h5/app, the server's for qr; IPv4 or IPv6
    :param device: where the payer's browser runs: gateways that have a cashier for computers and
        another one for phones choose by it (scene h5)
    """

    out_trade_no: str
    amount: int
    subject: str
    wallet: Wallet
    scene: Scene
    notify_url: str
    return_url: str = ''
    client_ip: str = '127.0.0.1'
    expires_at: datetime | None = None
    attach: str = ''
    payer_id: str = ''  # openid or buyer id, for in_app and mini
    document: str = ''
    device: Device = Device.PHONE
    store_id: str = ''
    terminal_id: str = ''
    cashier_id: str = ''
    desk_no: str = ''
    extra: Mapping[str, str] = field(default_factory=dict)  # gateway's own options


@dataclass(frozen=True)
class ChargeRequest:
    """A charge of the payment code that the shop scanned (scene code).

    :param wallet: None when the gateway itself recognises the code
    :param auth_code: the scanned code; never logged
    """

    out_trade_no: str
    amount: int
    subject: str
    auth_code: str = field(repr=False)
    wallet: Wallet | None = None
    document: str = ''
    client_ip: str = '127.0.0.1'
    attach: str = ''
    store_id: str = ''
    terminal_id: str = ''
    cashier_id: str = ''
    desk_no: str = ''
    extra: Mapping[str, str] = field(default_factory=dict)
    notify_url: str = ''  # for protocols that send a notice of a charge too


@dataclass(frozen=True)
class RefundRequest:
    """Give back `amount` fen of an attempt of `total` fen.

    `out_refund_no` is the idempotency key: the same number on every retry of the same refund.
    """

    out_trade_no: str
    out_refund_no: str
    amount: int
    total: int
    gateway_trade_no: str = ''
    reason: str = ''
    notify_url: str = ''


@dataclass(frozen=True)
class ShopCodeRequest:
    """A printed code for a counter (scene shop_code): the payer types the amount.

    :param name: what the gateway's console calls it
    :param amount: fen, when the code is for one fixed amount
    """

    name: str
    notify_url: str = ''
    amount: int | None = None
    store_id: str = ''
    desk_no: str = ''
    note: str = ''
    style: str = ''
