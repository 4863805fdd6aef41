# Part of payment_cn_wallets. License LGPL-3.
"""Servers that are killed and started again in the middle of a sale, with the till open all the time.

Nobody reloads the page, nobody presses anything that has to do with the crash. In the end there is one charge at the
gateway, one order in the database, and the two are tied.
"""

import contextlib

import psutil
import pytest
from open_tills import DOWN
from shop import Sandbox
from till import CASH, PANEL, Till

from devstack.stack import Stack

CUP_FEN = 8880
# How long a till may take from the restart to the receipt: it asks a server that is gone every eight seconds.
RECOVERY = 45_000


@pytest.fixture
def till(stack, opened):
    """A till of which each wallet goes through its own gateway: those can reverse."""
    aggregator = stack.provider("huishouyin")
    [before] = stack.rpc("payment.provider", "read", [[aggregator], ["sequence"]])
    stack.rpc("payment.provider", "write", [[aggregator], {"sequence": 1000}])
    yield opened(kind=RestartTill)
    stack.start()
    stack.rpc("payment.provider", "write", [[aggregator], {"sequence": before["sequence"]}])


@pytest.fixture
def database(stack):
    """PostgreSQL, to be stopped. Odoo's cron threads don't survive that, so that it is started anew for other tests.

    The cluster of the tests trades safety for speed: it is stopped in order, since a kill would lose what a real one
    keeps. That an intent is on the disk before money moves is tested in test_till_race.py.
    """
    yield stack.postgres
    if not stack.postgres.running():
        stack.start_postgres()
    stack.restart_odoo()


class RestartTill(Till):
    """What happens to the servers, and what must be true in the end."""

    def lost(self):
        """The till says that the server is gone."""
        self.page.locator(".o_cn_trouble").wait_for()

    def order_uuid(self):
        return self.page.evaluate("posmodel.getOrder().uuid")

    def show_first_code(self):
        """Sell something and show its code; give back the order's uuid."""
        self.pay()
        self.show_code()
        return self.order_uuid()

    def wait_at_gateway(self, state, what):
        """Wait until the gateway's newest order of this test is in a state."""
        return self.stack.wait_for(lambda: [order for order in self.mine()[-1:] if order["state"] == state], what=what)

    def booked(self, uuid, fen=CUP_FEN):
        """One order, paid once, its line tied to the attempt that the gateway has; nothing else is open."""
        self.page.problems[:] = [problem for problem in self.page.problems if not DOWN.search(problem)]
        assert self.charged() == [fen]
        [order] = self.stack.wait_for(lambda: self.stack.rpc(
            "pos.order", "search_read", [[("uuid", "=", uuid), ("state", "in", ("paid", "done"))]],
            {"fields": ["payment_ids", "amount_paid"]}), timeout=60, what="the order in the database")
        payments = self.stack.rpc("pos.payment", "read", [order["payment_ids"], ["amount", "cn_transaction_id"]])
        wallet = [payment for payment in payments if payment["cn_transaction_id"]]
        assert [round(payment["amount"] * 100) for payment in wallet] == [fen]
        [tx] = self.stack.rpc("payment.transaction", "read", [[wallet[0]["cn_transaction_id"][0]], [
            "state", "cn_out_trade_no", "cn_till_order", "cn_given_up"]])
        paid = next(one["out_trade_no"] for one in self.mine() if one["state"] == "paid")
        assert (tx["state"], tx["cn_out_trade_no"], tx["cn_till_order"]) == ("done", paid, uuid)
        assert not tx["cn_given_up"]
        assert not self.stack.rpc("payment.cn.incident", "search_count", [[("transaction_id", "=", tx["id"])]])


# -- Odoo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wallet", ["wechat_pay", "alipay"])
def test_killed_while_the_gateway_answers(till, wallet):
    """Test that a charge whose answer nobody heard is found, and not made again."""
    uuid = till.show_first_code()
    till.sandbox.fault("timeout", operation="charge", seconds=60)
    till.scan(wallet)
    till.wait_at_gateway("paid", "the charge")
    till.stack.odoo.kill()
    till.phase("unknown")
    till.stack.start_odoo()
    till.paid(RECOVERY)
    till.booked(uuid)


def test_killed_before_the_gateway_was_asked(till):
    """Test that a charge that never left is not made by anybody afterwards, and that the next scan sells."""
    uuid = till.show_first_code()
    page = till.page
    page.route("**/cn_charge", lambda route: (till.stack.odoo.kill(), route.continue_()))
    till.scan("alipay")
    till.phase("unknown")
    page.unroute("**/cn_charge")
    till.stack.start_odoo()
    page.locator(f'{PANEL}:is([data-phase="idle"], [data-phase="qr"])').wait_for(timeout=RECOVERY)
    assert till.charged() == []
    till.scan("alipay")
    till.paid()
    till.booked(uuid)


@pytest.mark.parametrize("when", ["down", "up"])
def test_killed_while_the_password_is_typed(till, when):
    """Test that the customer may go on typing, and that the till hears of it afterwards."""
    till.pay()
    uuid = till.order_uuid()
    till.ask_for_password()
    till.stack.odoo.kill()
    till.lost()
    if when == "down":
        till.customer_pays()
    till.stack.start_odoo()
    if when == "up":
        till.page.locator(".o_cn_trouble").wait_for(state="detached", timeout=RECOVERY)
        till.phase("paying")
        till.customer_pays()
    till.paid(RECOVERY)
    till.booked(uuid)


@pytest.mark.parametrize("notices", [True, False])
def test_code_paid_while_odoo_is_down(till, notices):
    """Test that a code on the screen that was paid meanwhile is found, whether or not a notice comes again."""
    if not notices:
        till.sandbox.fault("drop")
    uuid = till.show_first_code()
    till.stack.odoo.kill()
    till.customer_pays()
    till.lost()
    till.stack.start_odoo()
    till.paid(RECOVERY)
    till.booked(uuid)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_in_the_middle_of_a_reverse(till, moment):
    """Test that a cancelled charge is undone after the restart, wherever the reverse was, and the line is free."""
    page = till.page
    till.pay()
    uuid = till.order_uuid()
    till.ask_for_password()
    first = till.mine()[-1]["out_trade_no"]
    till.sandbox.fault("timeout", first, operation="reverse", when=moment, seconds=60)
    till.press("cancel")
    till.stack.wait_for(lambda: till.stack.rpc("payment.transaction", "search_count", [
        [("cn_out_trade_no", "=", first), ("cn_reversing", "=", True)]]), what="the reverse to begin")
    if moment == "after":
        till.wait_at_gateway("failed", "the reverse")
    till.stack.odoo.kill()
    till.lost()
    till.sandbox.calm()
    till.stack.start_odoo()
    till.phase("idle", RECOVERY)
    assert till.sandbox.order(first)["state"] == "failed"
    assert till.lines() == [(88.8, "pending", "")]
    till.choose(CASH)
    page.wait_for_function("posmodel.getOrder().payment_ids[0]?.payment_method_id.is_cash_count")
    page.locator(".paymentline .delete-button").click()
    till.scan("wechat_pay")
    till.paid()
    till.booked(uuid)


def test_killed_in_the_middle_of_a_refund(till):
    """Test that a refund whose answer nobody heard is found, and not made again."""
    page = till.page
    till.pay()
    till.scan("alipay")
    till.paid()
    number, sold = till.mine()[-1]["out_trade_no"], till.order_uuid()
    till.next_order()
    page.evaluate("""(sold) => {
        const paid = posmodel.models['pos.order'].find((order) => order.uuid === sold);
        const refund = posmodel.getOrder();
        for (const line of paid.lines) {
            posmodel.models['pos.order.line'].create({
                order_id: refund, product_id: line.product_id, qty: -line.qty, price_unit: line.price_unit,
                tax_ids: line.tax_ids.map((tax) => ['link', tax]), refunded_orderline_id: line, price_type: 'automatic',
            });
        }
        refund.is_refund = true;
    }""", sold)
    page.locator(".pay-order-button").first.click()
    page.locator(".payment-screen").wait_for()
    till.choose()
    till.phase("idle")
    uuid = till.order_uuid()
    till.sandbox.fault("timeout", number, operation="refund", seconds=60)
    till.press("refund")
    till.stack.wait_for(lambda: till.sandbox.order(number)["refunds"], what="the refund at the gateway")
    till.stack.odoo.kill()
    till.phase("unknown")
    till.sandbox.calm()
    till.stack.start_odoo()
    till.paid(RECOVERY)
    assert [refund["amount"] for refund in till.sandbox.order(number)["refunds"]] == [CUP_FEN]
    assert till.lines()[0][:2] == (-88.8, "done")
    [order] = till.stack.wait_for(lambda: till.stack.rpc("pos.order", "search_read", [
        [("uuid", "=", uuid), ("state", "in", ("paid", "done"))]], {"fields": ["payment_ids"]}),
        timeout=60, what="the refund order in the database")
    [payment] = till.stack.rpc("pos.payment", "read", [order["payment_ids"], ["amount", "cn_transaction_id"]])
    assert payment["amount"] == -88.8
    [tx] = till.stack.rpc("payment.transaction", "read", [
        [payment["cn_transaction_id"][0]], ["operation", "cn_out_refund_no"]])
    assert tx["operation"] == "refund"
    assert tx["cn_out_refund_no"] == till.sandbox.order(number)["refunds"][0]["out_refund_no"]
    page.problems[:] = [problem for problem in page.problems if not DOWN.search(problem)]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_payment_and_order(till, moment):
    """Test that an order that was paid but did not reach the database, or of which the till never heard, comes once."""
    uuid = till.show_first_code()
    page = till.page

    def die(route):
        if moment == "after":
            route.fetch()  # the server stores the order, and its answer is lost
        till.stack.odoo.kill()
        route.abort("connectionreset")

    page.route("**/pos.order/sync_from_ui", die, times=1)
    till.scan("alipay")
    till.stack.wait_for(lambda: (page.wait_for_timeout(50), not till.stack.odoo.running())[1], what="the crash")
    page.wait_for_timeout(500)
    till.stack.start_odoo()
    till.paid(RECOVERY)
    till.booked(uuid)
    count = till.stack.rpc("pos.order", "search_count", [[("uuid", "=", uuid)]])
    assert count == 1


def test_next_sale_after_a_restart(till):
    """Test that a till that was idle when its server died sells as before."""
    till.stack.odoo.kill()
    till.stack.start_odoo()
    till.pay()
    till.show_code()
    uuid = till.order_uuid()
    till.customer_pays()
    till.paid(RECOVERY)
    till.booked(uuid)


# -- PostgreSQL and the gateway ----------------------------------------------------------------------------------


@pytest.mark.alone
def test_database_restarted_while_the_password_is_typed(till, database):
    """Test that a database that is restarted under a running Odoo loses nothing."""
    till.pay()
    uuid = till.order_uuid()
    till.ask_for_password()
    database.stop()
    till.lost()
    till.customer_pays()
    till.stack.start_postgres()
    till.paid(RECOVERY)
    till.booked(uuid)


@pytest.mark.alone
def test_database_stops_while_the_gateway_answers(till, database):
    """Test that an answer that could not be stored is asked for again."""
    uuid = till.show_first_code()
    till.sandbox.fault("slow", operation="charge", seconds=4)
    till.scan("alipay")
    till.wait_at_gateway("paid", "the charge")
    database.stop()
    till.lost()
    till.stack.start_postgres()
    till.paid(RECOVERY)
    till.booked(uuid)


def test_gateway_restarted_while_the_password_is_typed(till):
    """Test that the till waits for a gateway that is gone, and hears from it afterwards."""
    till.pay()
    uuid = till.order_uuid()
    till.ask_for_password()
    till.stack.sandbox.kill()
    till.page.wait_for_timeout(4000)  # the gateway is asked in vain
    till.page.locator(f'{PANEL}:is([data-phase="paying"], [data-phase="unknown"])').wait_for()
    assert till.lines() == [(88.8, "waiting", "")]
    till.stack.start_sandbox()
    till.customer_pays()
    till.paid(RECOVERY)
    till.booked(uuid)


def test_scan_while_the_gateway_is_down(till):
    """Test that a scan that did not reach the gateway says so, and that the next one sells."""
    uuid = till.show_first_code()
    first, second = till.code("alipay"), till.code("alipay")
    till.stack.sandbox.kill()
    till.type(first)
    till.phase("refused")
    till.stack.start_sandbox()
    till.type(second)
    till.paid()
    till.booked(uuid)


# -- worker processes --------------------------------------------------------------------------------------------


def test_worker_killed_while_the_gateway_answers(open_page):
    """Test the same with worker processes, and without the websocket, which needs a proxy there: the till asks."""
    stack = Stack.for_tests("workers", workers=2)
    with contextlib.ExitStack() as held:
        held.callback(stack.stop)
        stack.start()
        till = RestartTill(stack, open_page, Sandbox(stack.sandbox_url))
        till.open()
        till.pay()
        till.show_code()
        uuid = till.order_uuid()
        till.sandbox.fault("timeout", operation="charge", seconds=60)
        till.scan("alipay")
        till.wait_at_gateway("paid", "the charge")
        for worker in psutil.Process(stack.odoo.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that ended by itself just now
                worker.kill()
        till.paid(RECOVERY)
        assert stack.odoo.running()
        till.booked(uuid)
