# Part of payment_cn_wallets. License LGPL-3.
"""One shop for each gateway in front of the sandbox, made from what the gateway says it offers.

Nothing here knows a protocol but for the few values that one of them wants (`WANTS`). A gateway
that is new in the registry is driven by every test that uses this.

Gateways times scenes times calls times faults are a thousand cases. An ordinary run strikes the
first scene of every gateway with all faults, every other one with those of `ALWAYS`, and deals the
rest out among them. With EVERY_CASE=1 in the environment none is left out.
"""

import dataclasses
import itertools
import os
import time
import urllib.error

import gateways
from gateways.base import (
    ChargeRequest,
    Operation,
    OrderRequest,
    Outcome,
    RefundRequest,
    Scene,
)
from gateways.transport import Transport

CODES = gateways.codes()
AMOUNT = 1234
# What an order needs beyond what every order has: gateway -> scene -> fields.
WANTS = {
    'wechat_pay': {
        Scene.IN_APP: {'payer_id': 'oSandboxWeChatPayer000000001'},
        Scene.MINI: {'payer_id': 'oSandboxMiniProgram00000001'},
    },
    'alipay': {scene: {'payer_id': '2088000000000001'} for scene in (Scene.IN_APP, Scene.MINI)},
    'huishouyin': {Scene.MINI: {'payer_id': 'oSandboxMiniProgram00000001'}},
}
# Credentials that the sandbox does not hand out.
MORE = {'huishouyin': {'mini_appid': 'wxmini0000000001'}}
# The gateway is not asked: the order is signed here and placed by the payer's own device.
SIGNED_HERE = {
    ('alipay', Scene.APP), ('alipay', Scene.H5), ('jd_pay', Scene.H5),
}
# So that nobody waits: reverse and close at once, refunds done at once.
HURRY = {'earliest_reverse': 0, 'qq_wait': 0, 'refund_delay': 0, 'notice_backoff': [0, 0.1, 0.1]}

# The answer does not come, or nothing in it may be believed, or it says that nobody knows.
LOST = (
    'timeout', 'reset', 'http_5xx', 'garbage', 'truncated', 'empty', 'oversized', 'redirect',
    'bad_signature', 'unsigned', 'foreign_answer', 'system_error', 'data_error',
)
# Turned away at the door: nothing was booked.
DOOR = (
    'missing_parameter', 'invalid_parameter', 'unknown_app', 'not_approved', 'not_enabled',
    'wrong_key', 'clock',
)
NO_CLOCK = ('qq_wallet', 'jd_pay')  # their requests are good at any time
ALWAYS = ('http_5xx',)
_all_cases = bool(os.environ.get('EVERY_CASE'))

_numbers = itertools.count(1)
_run = f'{time.time_ns() // 1000:x}'


def number(prefix='E'):
    """Return a number that was never used, in characters that every protocol takes."""
    return f'{prefix}{_run}x{next(_numbers)}'


def channels(*, charge):
    """Return (gateway, wallet, scene) of every way to pay, of charges or of orders."""
    return [
        (code, wallet, scene)
        for code in CODES
        for wallet, scene in gateways.get(code).channels
        if scene != Scene.SHOP_CODE
        and (scene == Scene.CODE) == charge
        and (code, scene) not in SIGNED_HERE
    ]


def offering(operation):
    """Return the gateways that have an operation."""
    return [code for code in CODES if operation in gateways.get(code).operations]


def struck(places, faults, *, whole=False, always=ALWAYS):
    """Return (place, fault) of the cases to run; see the top of this file.

    :param places: channels, or codes of gateways
    :param whole: the first place of each gateway is struck by all faults
    """
    dealt, seen, found = itertools.cycle(fault for fault in faults if fault not in always), set(), []
    for place in places:
        code = place if isinstance(place, str) else place[0]
        some = {*always, next(dealt), next(dealt)}
        every = _all_cases or (whole and code not in seen)
        seen.add(code)
        found += [(place, fault) for fault in faults if every or fault in some]
    return found


def ids(case):
    """Return how a place is written in the name of a test."""
    return case if isinstance(case, str) else '-'.join(getattr(p, 'value', p) for p in case)


class Shop:
    """A gateway and the sandbox behind it.

    :param gateway: with time for slow machines
    :param hasty: the same merchant, with little patience, for time-outs
    """

    def __init__(self, code, control, merchant, notify_url='http://127.0.0.1:1/notice'):
        self.code = code
        self.control = control
        self.notify_url = notify_url
        self.transports = [
            Transport(connect_timeout=2, read_timeout=patience, total_timeout=10)
            for patience in (5, 0.15)
        ]
        self.gateway, self.hasty = (
            gateways.get(code)(
                {**merchant, **MORE.get(code, {})}, endpoint=f'{control.url}/{code}', transport=transport
            )
            for transport in self.transports
        )

    def close(self):
        for transport in self.transports:
            transport.close()

    def has(self, operation):
        return operation in self.gateway.operations

    # === WHAT IS ASKED FOR === #

    def an_order(self, wallet=None, scene=None):
        """Return an order; without wallet and scene by the first channel that we ask for."""
        if wallet is None:
            _code, wallet, scene = next(
                found for found in channels(charge=False) if found[0] == self.code
            )
        return OrderRequest(
            out_trade_no=number(), amount=AMOUNT, subject='龙井茶 Tea', wallet=wallet, scene=scene,
            notify_url=self.notify_url, return_url='http://127.0.0.1:1/back',
            **WANTS.get(self.code, {}).get(scene, {}),
        )

    def a_charge(self, wallet=None, confirm=False):
        """Return a charge of a fresh payment code."""
        if wallet is None:
            wallet = next(found[1] for found in channels(charge=True) if found[0] == self.code)
        return ChargeRequest(
            out_trade_no=number(), amount=AMOUNT, subject='Tea', wallet=wallet,
            auth_code=self.control.code(wallet.value, confirm=confirm), notify_url=self.notify_url,
        )

    def a_refund(self, order, amount=AMOUNT):
        return RefundRequest(order.out_trade_no, number('R'), amount, AMOUNT)

    def paid(self):
        """Return an order that the payer paid."""
        order = self.an_order()
        result = self.gateway.order(order)
        assert result.outcome == Outcome.WAITING, result
        self.control.pay(order.out_trade_no)
        return order

    # === FAULTS === #

    def spoil(self, fault, operation, **options):
        """Let a fault strike every call of an operation, until `mend`. Return who calls then."""
        more = {'timeout': {'seconds': 0.3}, 'oversized': {'bytes': 1_100_000}}.get(fault, {})
        self.control.fault(
            fault, 'global', operation=operation, times=None, **{**more, **options}
        )
        return self.hasty if fault == 'timeout' else self.gateway

    def mend(self):
        self.control('DELETE', 'faults')

    # === WHAT REALLY HAPPENED === #

    def books(self, order):
        """Return what the sandbox's ledger says of an order."""
        try:
            shown = self.control.order(order.out_trade_no)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return Books(known=False)
        return Books(
            known=True,
            charges=[row['amount'] for row in shown['charges']],
            refunds=[row['amount'] for row in shown['refunds'] if row['state'] != 'failure'],
        )


@dataclasses.dataclass
class Books:
    """One order in the ledger."""

    known: bool
    charges: list = dataclasses.field(default_factory=list)
    refunds: list = dataclasses.field(default_factory=list)

    @property
    def held(self):
        """Return what the shop holds of the payer's money."""
        return sum(self.charges) - sum(self.refunds)


def until(call, outcome, seconds=8):
    """Ask until the outcome is there, as the addon does."""
    limit = time.monotonic() + seconds
    while (result := call()).outcome != outcome and time.monotonic() < limit:
        time.sleep(0.02)
    assert result.outcome == outcome, result
    return result


def undo(shop, order):
    """Give the money of an attempt back, as the gateway can: reverse, else refund."""
    if shop.has(Operation.REVERSE):
        result = until(lambda: shop.gateway.reverse(order.out_trade_no), Outcome.REFUSED)
        assert result.closed or not shop.books(order).known
        return
    refund = shop.a_refund(order)
    shop.gateway.refund(refund)
    until(
        lambda: shop.gateway.query_refund(refund.out_refund_no, out_trade_no=order.out_trade_no),
        Outcome.PAID,
    )
