# Part of payment_cn_wallets. License LGPL-3.
"""Server processes are not held by those who wait: two of them, tills that wait, and a gateway that is slow.

While a gateway's answer is due, the request that asked holds its process. Nobody else waits as long as one is left.
"""

import contextlib
import threading
import time

import pytest
from shop import Sandbox
from till import CUP_FEN

from devstack.process import JsonSession
from devstack.stack import ADMIN, Stack

pytestmark = pytest.mark.alone

WORKERS = 2
LATE = 8  # s; less than the client's own limit
SOON = 2.0  # s: what somebody else's request may take meanwhile
WAITING = 10  # s


@pytest.fixture(scope="module")
def stack():
    stack = Stack.for_tests("workers", workers=WORKERS)
    with contextlib.ExitStack() as held:
        held.callback(stack.stop)
        yield stack.start()


@pytest.fixture
def sandbox(stack):
    sandbox = Sandbox(stack.sandbox_url)
    sandbox.calm()
    yield sandbox
    sandbox.calm()


class Somebody(threading.Thread):
    """Somebody else who uses the same server all the time: the back office."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.session = JsonSession(stack.url)
        self.session.log_in(stack.db, *ADMIN)
        self.done = threading.Event()
        self.times, self.error = [], None

    def ask(self):
        began = time.monotonic()
        self.session.call("/web/dataset/call_kw/res.partner/search_count", model="res.partner", method="search_count",
                          args=[[]], kwargs={})
        return time.monotonic() - began

    def run(self):
        try:
            while not self.done.is_set():
                self.times.append(self.ask())
                self.done.wait(0.2)
        except Exception as error:
            self.error = error


@contextlib.contextmanager
def others_go_on(stack):
    """See that somebody else's requests are answered soon meanwhile."""
    somebody = Somebody(stack)
    for _worker in range(2 * WORKERS):
        somebody.ask()  # each worker has loaded what it needs
    somebody.start()
    try:
        yield
    finally:
        somebody.done.set()
        somebody.join(60)
    assert not somebody.error
    assert len(somebody.times) > 5
    worst = max(somebody.times)
    assert worst < SOON, f"Somebody waited {worst:.1f} s; {len(somebody.times)} requests."


def tills_that_wait(opened, number):
    """Tills whose customers type their passwords; give them back with the gateway's numbers."""
    tills = [opened(name=f"till {till}") for till in range(number)]
    for till in tills:
        till.pay()
        till.scan("alipay", confirm=True)
        till.phase("paying")
    return tills, [order["out_trade_no"] for order in tills[0].mine()]


def all_pay(tills, numbers):
    for number in numbers:
        tills[0].sandbox.pay(number)
    for till in tills:
        till.paid(timeout=40_000)
        till.booked()
    assert tills[0].charged() == [CUP_FEN] * len(tills)


def test_waiting_for_the_password(stack, opened):
    """Test that as many tills as there are processes wait, and ask every few seconds, without holding anybody up."""
    tills, numbers = tills_that_wait(opened, WORKERS)
    with others_go_on(stack):
        tills[0].page.wait_for_timeout(WAITING * 1000)
    all_pay(tills, numbers)


def test_gateway_answers_late(stack, opened, sandbox):
    """Test that a till whose questions are answered late holds one process at most."""
    tills, numbers = tills_that_wait(opened, 1)
    sandbox.fault("slow", scope="global", operation="query", seconds=LATE)
    with others_go_on(stack):
        tills[0].page.wait_for_timeout(2 * WAITING * 1000)
    sandbox.call("faults", method="DELETE")
    all_pay(tills, numbers)


def test_gateway_charges_late(stack, opened, sandbox):
    """Test that a charge whose answer is late holds one process at most."""
    till = opened(name="till 0")
    till.pay()
    sandbox.fault("slow", scope="global", operation="charge", seconds=LATE)
    with others_go_on(stack):
        till.scan("alipay")
        till.paid(timeout=40_000)
    assert till.charged() == [CUP_FEN]
