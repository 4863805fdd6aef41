# Part of payment_cn_wallets. License LGPL-3.
"""Every wallet in every scene, directly and through Huishouyin, and what a sale leaves behind.

Wallets times scenes times routes times faults are some three hundred sales. An ordinary run sells once with every
wallet in every scene at both paces of scanners, and deals the faults of each scene out among the wallets: each at both
paces, with another wallet each time. With EVERY_CASE=1 in the environment none is left out.
"""

import os
import re
from typing import NamedTuple

import pytest
from till import CUP_FEN, FAST, SLOW, WALLETS

_all_cases = bool(os.environ.get("EVERY_CASE"))

# route -> scene -> the wallets that it carries
CARRIED = {
    "direct": {"code": WALLETS, "qr": WALLETS},
    "huishouyin": {"code": ("wechat_pay", "alipay", "unionpay"),
                   "qr": ("wechat_pay", "alipay", "qq_wallet", "unionpay")},
}
# Wallets that Odoo calls otherwise.
METHODS = {"unionpay": "unionpay_wallet"}
# Milliseconds from key to key.
PACES = {"code": (FAST, SLOW), "qr": (None,)}


class Place(NamedTuple):
    """A way to pay.

    :param route: `direct` or `huishouyin`
    :param wallet: as the sandbox calls it
    :param scene: `code` (the cashier scans) or `qr` (the customer scans)
    :param pace: of the scanner, milliseconds from key to key
    """

    route: str
    wallet: str
    scene: str
    pace: int = FAST

    @property
    def gateway(self):
        return self.wallet if self.route == "direct" else self.route

    @property
    def method(self):
        return METHODS.get(self.wallet, self.wallet)

    @property
    def name(self):
        return f"{self.scene}-{self.wallet}-{self.route}"


def places(scene, without=()):
    """The ways to pay in a scene, a wallet's one after the other.

    :param without: gateways that can't do what is wanted
    """
    found = [Place(route, wallet, scene) for route, scenes in CARRIED.items() for wallet in scenes[scene]]
    return sorted((place for place in found if place.gateway not in without), key=lambda place: place.wallet)


def _sales():
    """(place, pace): each wallet in each scene at each pace, by one of its routes after the other."""
    for scene, paces in PACES.items():
        for number, pace in enumerate(paces):
            for wallet in dict.fromkeys(place.wallet for place in places(scene)):
                ways = [place for place in places(scene) if place.wallet == wallet]
                for place in ways if _all_cases else [ways[number % len(ways)]]:
                    yield place, pace


SALES = list(_sales())


def struck(scene, faults):
    """(place, fault) of what goes wrong in a scene.

    :param faults: name of a fault -> gateways that can't make it
    """
    found = []
    for number, (name, without) in enumerate(faults.items()):
        ways = places(scene, without)
        for turn, pace in enumerate(PACES[scene]):
            # Three is prime to seven and eight: neighbours are another wallet by another route.
            chosen = ways if _all_cases else [ways[3 * (number + turn) % len(ways)]]
            found += [(place._replace(pace=pace), name) for place in chosen]
    return found


def see_paid(counter, place, fen=CUP_FEN, coupon=0):
    """See that the order is paid: on the screen, on the receipt, in the books, and once at the gateway.

    :param fen: what the shop is owed
    :param coupon: how much of it the wallet pays, fen
    :return: the attempt, see `Till.booked`
    """
    counter.paid()
    [(amount, status, _name)] = counter.lines()
    assert (round(amount * 100), status) == (fen, "done")
    attempt = counter.booked(fen)
    assert (attempt["provider_code"], attempt["payment_method_code"], attempt["cn_scene"]) == (
        place.gateway, place.method, place.scene)
    receipt = counter.receipt()
    assert attempt["cn_out_trade_no"] in receipt
    assert (attempt["provider_reference"] or "") in receipt
    who_paid = re.search(r"Coupon of the wallet\s*¥?\s*([0-9.]+).*Paid by the customer\s*¥?\s*([0-9.]+)", receipt, re.S)
    assert bool(who_paid) == bool(coupon), receipt
    if coupon:
        assert [float(yuan) * 100 for yuan in who_paid.groups()] == pytest.approx([coupon, fen - coupon])
    assert counter.kept() == fen
    return attempt
