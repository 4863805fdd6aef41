# Part of payment_cn_wallets. License LGPL-3.
"""Every wallet in every scene, directly and through Huishouyin, and what a sale leaves behind.

Wallets times scenes times routes times faults are some three hundred sales. An ordinary run sells once with every
wallet in every scene, by one route after the other and at one pace of scanners after the other, and deals the faults of
each scene out among the wallets. What each gateway does with each of them is tested at the server's level, where a
fault is met; see `every_case`.
"""

import re
from typing import NamedTuple

import pytest
from every_case import EVERY_CASE, every_case
from till import CUP_FEN, FAST, SLOW, WALLETS

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
    """(place, pace): each wallet in each scene, by one of its routes and at one of the paces after the other."""
    for turn, (scene, paces) in enumerate(PACES.items()):
        for number, wallet in enumerate(dict.fromkeys(place.wallet for place in places(scene))):
            ways = [place for place in places(scene) if place.wallet == wallet]
            yield from every_case(
                [(ways[(number + turn) % len(ways)], paces[number // 2 % len(paces)])],
                [(place, pace) for place in ways for pace in paces])


SALES = list(_sales())


def struck(scene, faults):
    """(place, fault) of what goes wrong in a scene.

    :param faults: name of a fault -> gateways that can't make it
    """
    found = []
    for number, (name, without) in enumerate(faults.items()):
        ways = places(scene, without)
        if EVERY_CASE:
            found += [(place._replace(pace=pace), name) for place in ways for pace in PACES[scene]]
        else:  # Three is prime to seven and eight: neighbours are another wallet by another route.
            found.append((ways[3 * number % len(ways)]._replace(pace=PACES[scene][0]), name))
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
