# Part of payment_cn_wallets. License LGPL-3.
"""What is measured at the till, and the limits.

Rounds of all rows take turns, so that other work on the machine slows all of them alike.
"""

import dataclasses
import functools
import random

from till import CANDY

from gateways import get

from .shop import AGGREGATOR, DIRECT

SCAN_LIMIT = 150  # ms over the gateway's own time, p95
CODE_LIMIT = 1000  # ms after the gateway's booking, p95
FRAME_LIMIT = 100  # ms
STEAL_LIMIT = 10  # ms: the unit in which Linux counts it
TRIES = 8  # for a scan that the host does not disturb
SCAN_GAP = 800  # ms from key to key: for the till, the second key begins another scan (``MAX_GAP`` in scanner.js)
WARM_UP = 2  # rounds that don't count: a till that has been open for a minute is what cashiers have
SLOW_ANSWER = 0.4  # s
FAST, SLOW = 5, 60  # ms from key to key
NAMES = {"huishouyin": "Huishouyin", "wechat_pay": "WeChat Pay", "alipay": "Alipay", "qq_wallet": "QQ Wallet",
         "jd_pay": "JD Pay"}


@dataclasses.dataclass(frozen=True)
class Scanned:
    """A kind of scan.

    :param name: of the row
    :param gateway: through which it is charged
    :param wallet: whose code it is
    :param delay: ms from key to key
    :param end: the scanner's last key; empty for one that sends digits only
    :param begin: "code" (the button was pressed, a code is on the screen), "payment" (the payment screen, nothing
        pressed) or "products" (the product screen: sold in one step)
    :param seconds: by which the sandbox holds its answer back
    """

    name: str
    gateway: str = AGGREGATOR
    wallet: str = "wechat_pay"
    delay: int = FAST
    end: str = "Enter"
    begin: str = "code"
    seconds: float = 0


SCANS = [
    *(Scanned(NAMES[gateway], gateway, wallet)
      for gateway, wallet in ((AGGREGATOR, "wechat_pay"), *zip(DIRECT, DIRECT, strict=True))),
    Scanned(f"{SLOW} ms from key to key", wallet="alipay", delay=SLOW),
    Scanned("payment screen, no button pressed", begin="payment"),
    Scanned("product screen, in one step", begin="products"),
    Scanned(f"gateway takes {SLOW_ANSWER * 1000:.0f} ms longer", seconds=SLOW_ANSWER),
    Scanned("scanner without Enter", end=""),
    Scanned("the same, where more digits may come", wallet="alipay", end=""),
]


@dataclasses.dataclass(frozen=True)
class Shown:
    """A code on the screen that the customer scans and pays.

    :param name: of the row
    :param gateway: that made it
    :param wallet: that it is for
    :param notices: whether the gateway's notice arrives; otherwise the till's questions are all there is
    """

    name: str
    gateway: str = AGGREGATOR
    wallet: str = "alipay"
    notices: bool = True

    @property
    def limit(self):
        """ms from the gateway's booking to "paid", p95."""
        return CODE_LIMIT + (0 if self.notices else poll_gap() * 1000)


CODES = [
    *(Shown(f"{NAMES[gateway]}: its notice arrives", gateway, wallet)
      for gateway, wallet in ((AGGREGATOR, "alipay"), *zip(DIRECT, DIRECT, strict=True))),
    Shown(f"{NAMES[AGGREGATOR]}: no notice arrives, it is asked", notices=False),
]


def scans(bench, rounds, tell):
    """Measure every row of ``SCANS``.

    A scan during which the host of this machine gave the processor to others measures those: it is made again. That is
    decided by what the kernel counted, not by how long the scan took. So is one whose keys came so far apart that they
    were two scans.

    :return: row -> list of ``stopwatch.Scan``, one a round; how many were made again
    """
    found, again = {row: [] for row in SCANS}, 0
    for turn in range(rounds + WARM_UP):
        for gateway in (AGGREGATOR, DIRECT[0]):
            bench.route(gateway)
            for row in SCANS:
                if (row.gateway == AGGREGATOR) == (gateway == AGGREGATOR):
                    tell(f"scans, round {turn + 1} of {rounds + WARM_UP}: {row.name}")
                    measured, more = undisturbed(
                        functools.partial(_scan, bench, row), TRIES if turn >= WARM_UP else 1)
                    if turn >= WARM_UP:
                        found[row].append(measured)
                        again += more + measured.retyped
    return found, again


def undisturbed(measure, tries):
    """Measure until the host leaves the machine its processor.

    :param measure: gives a ``stopwatch.Scan``
    :param tries: after so many the last one counts, disturbed or not
    :return: the scan that counts; how many were made before it
    """
    measured, again = measure(), 0
    while measured.stolen > STEAL_LIMIT and again + 1 < tries:
        measured, again = measure(), again + 1
    return measured, again


def _scan(bench, row):
    till = bench.till
    if row.seconds:
        bench.sandbox.fault("slow", operation="charge", seconds=row.seconds)
    code = till.code(row.wallet)
    if row.begin == "products":
        till.sell(CANDY)
    else:
        till.pay(CANDY)
    if row.begin == "code":
        till.show_code()
    bench.settle()
    retyped = type_as_one_scan(functools.partial(_type, bench, code, row))
    till.paid()
    number = bench.number
    order = bench.sandbox.order(number)
    assert (order["gateway"], order["wallet"]) == (row.gateway, row.wallet), "it went another way"
    measured = dataclasses.replace(bench.watch.scan(number), retyped=retyped)
    bench.finish()
    return measured


def _type(bench, code, row):
    bench.watch.clear()
    bench.till.type(code, row.delay, row.end)
    return bench.watch.widest_gap()


def type_as_one_scan(type_code):
    """Have a code typed until it is one scan. Chromium's page, which takes each key from us, was held up otherwise.

    :param type_code: types it, and gives the longest time from key to key, ms
    :return: how often it was pulled apart before
    """
    for retyped in range(TRIES):
        if type_code() <= SCAN_GAP:
            return retyped
    raise RuntimeError(f"Keys come {SCAN_GAP} ms apart, {TRIES} times in a row: this machine is too busy.")


def codes(bench, rounds, tell):
    """Measure how soon a code on the screen shows "paid", for every row of ``CODES``.

    :return: row -> list of ms, one a round
    """
    found = {row: [] for row in CODES}
    for turn in range(rounds + WARM_UP):
        for gateway in (AGGREGATOR, DIRECT[0]):
            bench.route(gateway)
            for row in CODES:
                if (row.gateway == AGGREGATOR) == (gateway == AGGREGATOR):
                    tell(f"codes on the screen, round {turn + 1} of {rounds + WARM_UP}: {row.name}")
                    measured = _code(bench, row)
                    if turn >= WARM_UP:
                        found[row].append(measured)
    return found


def _code(bench, row):
    till = bench.till
    if not row.notices:
        bench.sandbox.fault("drop")
    till.prefer(row.wallet)
    till.pay(CANDY)
    till.show_code()
    # Anywhere between two questions to the gateway.
    bench.page.wait_for_timeout(random.uniform(0.5, poll_gap()) * 1000)
    bench.watch.clear()
    till.customer_pays()
    till.paid()
    number = bench.number
    order = bench.sandbox.order(number)
    assert (order["gateway"], order["wallet"]) == (row.gateway, row.wallet), "it went another way"
    measured = bench.watch.since_paid(number)
    bench.sandbox.calm()
    bench.finish()
    return measured


def poll_gap():
    """Seconds between two questions to the gateway, as it allows them at the beginning."""
    return get(AGGREGATOR).timings.poll_schedule[0]


def waiting(bench, seconds, tell):
    """Follow the frames while the till waits, and, to compare, while nothing goes on.

    :return: phase -> frames, longest frame, longest task (ms)
    """
    bench.route(AGGREGATOR)
    till, found = bench.till, {}

    def follow(phase):
        tell(f"frames, {seconds} s: {phase}")
        bench.settle()
        found[phase] = bench.watch.follow(seconds)

    follow("products, nothing goes on")
    till.pay(CANDY)
    till.show_code()
    follow("code on the screen")
    till.scan("alipay", confirm=True)
    till.phase("paying")
    follow("customer types the password")
    till.customer_pays()
    bench.finish()
    till.pay(CANDY)
    bench.sandbox.fault("reset", operation="charge")
    bench.sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")
    follow("not known whether it was paid")
    bench.sandbox.calm()
    bench.finish()
    till.pay(CANDY)
    till.scan("alipay", confirm=True)
    till.phase("paying")
    till.press("cancel")
    till.phase("undoing")
    follow("payment is being undone")
    till.customer_pays(outcome="cancel", final=True)
    till.phase("idle")
    till.scan("alipay")
    bench.finish()
    return found
