# Part of payment_cn_wallets. License LGPL-3.
"""The wallets together with Odoo's other modules for the till: tables, tips, employees."""

import re
from functools import partial

import pytest
from counter import CUP_FEN, OtherTill
from till import CANDY, CUP, PANEL

RESTAURANT, STAFF = "Jasmine Lane restaurant", "Jasmine Lane staff"


@pytest.fixture
def stack(counter_stack):
    return counter_stack


@pytest.fixture
def restaurant(opened):
    """The restaurant's till, on its floor."""
    return opened(name=RESTAURANT, kind=partial(OtherTill, name=RESTAURANT))


# -- tables ------------------------------------------------------------------------------------------------------


def test_table_pays(restaurant):
    """Test that a table pays by wallet, and that no tip is asked for that nobody could charge any more."""
    page = restaurant.page
    restaurant.sit_down(1)
    restaurant.sell()
    restaurant.to_payment()
    restaurant.show_code()
    assert page.evaluate("posmodel.getOrder().payment_ids[0].canBeAdjusted()") is False
    restaurant.customer_pays()
    assert page.evaluate("posmodel.config.set_tip_after_payment")
    restaurant.paid()
    assert not page.locator(".tip-screen").count()
    [order] = restaurant.order()
    assert (order["state"], order["amount_paid"], order["tip_amount"]) == ("paid", 88.8, 0)
    assert restaurant.charged() == [CUP_FEN]


def test_tip_before_the_payment(restaurant):
    """Test that a tip that is added first is charged with the rest."""
    page = restaurant.page
    restaurant.sit_down(1)
    restaurant.sell()
    restaurant.to_payment()
    page.evaluate("posmodel.setTip(10)")
    page.wait_for_function("posmodel.getOrder().remainingDue === 98.8")
    restaurant.show_code()
    restaurant.scan()
    restaurant.paid()
    assert restaurant.charged() == [9880]
    [order] = restaurant.order()
    assert order["amount_paid"] == 98.8


def test_split_bill(restaurant):
    """Test that two guests of a table pay their own parts, each with a payment of its own."""
    page = restaurant.page
    restaurant.sit_down(2)
    restaurant.sell(CUP)
    restaurant.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    page.locator(".more-btn").click()
    page.locator(".modal button", has_text="Split").click()
    page.locator(".splitbill-screen .orderline", has_text=CANDY).click()
    page.locator(".pay-split-order").click()
    page.locator(".payment-screen").wait_for()
    restaurant.show_code()
    restaurant.scan("alipay")
    restaurant.paid()
    assert restaurant.charged() == [999]
    page.locator(".receipt-screen button.validation").first.click()
    restaurant.to_floor()
    page.locator(".floor-map .table", has=page.locator(".label", has_text="2")).click()
    page.locator(".splitbill-screen .orderline", has_text=CUP).click()  # Odoo goes on where it was split
    page.locator(".pay-split-order").click()
    page.locator(".payment-screen").wait_for()
    restaurant.show_code()
    restaurant.scan("wechat_pay")
    restaurant.paid()
    assert restaurant.charged() == [999, CUP_FEN]


def test_another_till_finishes(restaurant, stack, open_page, sandbox):
    """Test that a table whose guest is typing the password can be finished by another till: one charge."""
    page = restaurant.page
    restaurant.sit_down(3)
    restaurant.sell()
    restaurant.to_payment()
    restaurant.ask_for_password()
    uuid = page.evaluate("posmodel.getOrder().payment_ids[0].uuid")
    restaurant.to_floor()
    page.evaluate("posmodel.syncAllOrders({ orders: posmodel.getOpenOrders() })")
    other = OtherTill(stack, open_page, sandbox, RESTAURANT)
    other.known = restaurant.known
    there = other.open()
    other.sit_down(3)
    there.wait_for_function("posmodel.getOrder().payment_ids.length === 1")
    assert there.evaluate("posmodel.getOrder().payment_ids[0].uuid") == uuid
    other.to_payment()
    other.phase("paying")
    other.shot("restaurant-another-till-en_US")
    page.close()
    other.customer_pays()
    other.paid()
    assert other.charged() == [CUP_FEN]
    [order] = other.order()
    assert stack.rpc("pos.payment", "search_count", [[("pos_order_id", "=", order["id"]),
                                                     ("cn_transaction_id", "!=", False)]]) == 1


def test_order_moves_to_another_table(restaurant):
    """Test that a payment that is under way goes with its order when the guests change tables."""
    page = restaurant.page
    restaurant.sit_down(1)
    restaurant.sell()
    restaurant.to_payment()
    restaurant.ask_for_password()
    uuid = restaurant.leave_table()
    page.evaluate("""async (uuid) => {
        const table = posmodel.models["restaurant.table"].find((one) => one.table_number === 4);
        const order = posmodel.models["pos.order"].getBy("uuid", uuid);
        for (let tries = 0; tries < 5 && order.table_id.table_number !== 4; tries++) {
            await posmodel.transferOrder(uuid, table);
            await new Promise((resolve) => setTimeout(resolve, 800));
        }
    }""", uuid)
    page.wait_for_function(
        "(uuid) => posmodel.models['pos.order'].getBy('uuid', uuid).table_id.table_number === 4", arg=uuid)
    restaurant.customer_pays()
    restaurant.sit_down(4)
    restaurant.to_payment()
    restaurant.paid()
    assert restaurant.charged() == [CUP_FEN]


@pytest.fixture
def two_tables(restaurant):
    """An order of one candy at table 4, and one of a cup that is being paid at table 2."""
    restaurant.sit_down(4)
    restaurant.sell(CANDY)
    restaurant.sit_down(2)
    restaurant.sell(CUP)
    restaurant.to_payment()
    restaurant.show_code()
    return restaurant


def merge(restaurant):
    """Move the order on the screen to table 4."""
    uuid = restaurant.leave_table()
    restaurant.page.evaluate("""(uuid) => {
        const table = posmodel.models["restaurant.table"].find((one) => one.table_number === 4);
        return posmodel.transferOrder(uuid, table);
    }""", uuid)


def pay_table(restaurant, number):
    """The rest of a table's order is paid by a scanned code."""
    restaurant.sit_down(number)
    restaurant.to_payment()
    restaurant.show_code()
    restaurant.scan("wechat_pay")
    restaurant.paid()
    restaurant.page.locator(".receipt-screen [name=done]:visible").first.click()
    restaurant.page.locator(".floor-map").wait_for()


def pay_half(restaurant):
    """A wallet pays 50 of the order on the screen."""
    restaurant.page.keyboard.type("50", delay=200)
    restaurant.page.wait_for_function("posmodel.getOrder().payment_ids[0].amount === 50")
    restaurant.scan("alipay")
    restaurant.phase("paid")


def test_order_with_money_is_not_merged(two_tables):
    """Test that what a wallet paid stays with what it was paid for."""
    restaurant = two_tables
    pay_half(restaurant)
    merge(restaurant)
    restaurant.says("Finish it before you merge it")
    pay_table(restaurant, 2)
    pay_table(restaurant, 4)
    assert restaurant.charged() == [5000, 3880, 999]
    assert restaurant.kept() == 5000 + 3880 + 999


def test_order_with_a_code_is_merged(two_tables):
    """Test that a code that nobody paid is given up when its order becomes part of another."""
    restaurant = two_tables
    merge(restaurant)
    pay_table(restaurant, 4)
    assert restaurant.charged() == [CUP_FEN + 999]
    restaurant.sandbox.pay(restaurant.mine()[0]["out_trade_no"])  # the first code: somebody had a picture of it
    restaurant.stack.wait_for(lambda: restaurant.kept() == CUP_FEN + 999, timeout=120, every=1,
                              what="the money of the old code to go back")


PARENT = "(number) => posmodel.models['restaurant.table'].find((one) => one.table_number === number).parent_id"


def link(restaurant, number):
    """Drop the table of the order on the screen on another one, as the floor plan does."""
    uuid = restaurant.leave_table()
    restaurant.page.evaluate("""([uuid, number]) => {
        const parent = posmodel.models["restaurant.table"].find((one) => one.table_number === number);
        const table = posmodel.models["pos.order"].getBy("uuid", uuid).table_id;
        posmodel.mergeTableOrders(uuid, parent);
        posmodel.data.write("restaurant.table", [table.id], { parent_id: parent.id });
    }""", [uuid, number])


SLOW_WRITE = """(pause) => {
    const { orm } = posmodel.data, write = orm.write;
    orm.write = async function () {
        const wait = pause;
        pause = 0;
        await new Promise((resolve) => setTimeout(resolve, wait));
        return write.apply(orm, arguments);
    };
}"""


@pytest.mark.parametrize("pause", [0, 1500], ids=["", "server is slow"])
def test_tables_with_money_are_not_linked(two_tables, pause):
    """Test that a table whose order can't be merged stays a table of its own."""
    restaurant, page = two_tables, two_tables.page
    pay_half(restaurant)
    page.evaluate(SLOW_WRITE, pause)
    link(restaurant, 4)
    restaurant.says("Finish it before you merge it")
    page.wait_for_timeout(pause)
    page.wait_for_function(f"!({PARENT})(2) && !posmodel.data.network.loading")
    tables = [("table_number", "=", 2), ("parent_id", "=", False)]
    restaurant.stack.wait_for(lambda: restaurant.stack.rpc("restaurant.table", "search_count", [tables]),
                              what="the table to be one of its own at the server")
    restaurant.to_floor()
    pay_table(restaurant, 2)
    pay_table(restaurant, 4)
    assert restaurant.kept() == CUP_FEN + 999


def test_linked_table_with_money_stays(two_tables):
    """Test that a table is not taken apart from another one that would be left with less than was paid."""
    restaurant, page = two_tables, two_tables.page
    link(restaurant, 4)
    page.wait_for_function("posmodel.getOrder()?.lines.length === 2")
    restaurant.sit_down(4)
    restaurant.to_payment()
    restaurant.show_code()
    pay_half(restaurant)
    restaurant.to_floor()
    page.wait_for_function("!posmodel.data.network.loading")
    page.evaluate("""() => {
        const table = posmodel.models["restaurant.table"].find((one) => one.table_number === 2);
        posmodel.restoreOrdersToOriginalTable(posmodel.getActiveOrdersOnTable(table.rootTable)[0], table);
        posmodel.data.write("restaurant.table", [table.id], { parent_id: null });
    }""")
    restaurant.says("Finish it before you split it")
    page.wait_for_function(f"({PARENT})(2)?.table_number === 4")
    pay_table(restaurant, 4)
    assert restaurant.charged()[-2:] == [5000, CUP_FEN + 999 - 5000]


def test_money_is_not_split_off(restaurant):
    """Test that a guest's part is split off as long as what a wallet paid stays covered, and not beyond."""
    page = restaurant.page
    restaurant.sit_down(2)
    restaurant.sell(CUP)
    restaurant.sell(CANDY)
    page.wait_for_function("posmodel.getOrder().lines.length === 2")
    restaurant.to_payment()
    restaurant.show_code()
    pay_half(restaurant)
    page.evaluate("posmodel.navigate('SplitBillScreen', {orderUuid: posmodel.getOrder().uuid})")
    page.locator(".splitbill-screen .orderline", has_text=CUP).click()
    page.locator(".pay-split-order").click()
    restaurant.says("Finish it before you split it")
    assert page.locator(".splitbill-screen").count()
    page.locator(".splitbill-screen .orderline", has_text=CUP).click()
    page.locator(".splitbill-screen .orderline", has_text=CANDY).click()
    page.locator(".pay-split-order").click()
    page.locator(".payment-screen").wait_for()
    restaurant.show_code()
    restaurant.scan("wechat_pay")
    restaurant.paid()
    assert restaurant.charged() == [5000, 999]


# -- employees ---------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(opened):
    """The till of the employees, at which nobody has logged in. The user who opened it is no manager."""
    return opened(name=STAFF, kind=partial(OtherTill, name=STAFF, login="till"))


def doubt(till, sandbox):
    """A charge whose answer was lost, at a gateway that can't be asked."""
    till.sell()
    till.to_payment()
    till.show_code()
    sandbox.fault("reset", operation="charge")
    sandbox.fault("http_5xx", scope="global", operation="query")
    till.scan("alipay")
    till.phase("unknown")


def employee(stack, name):
    [found] = stack.rpc("hr.employee", "search", [[("name", "=", name)]])
    return found


def force(till, **changes):
    """Call the server as a browser could that leaves out what the screen asks for."""
    return till.page.evaluate("""async ([changes, pin, manager]) => {
        const line = posmodel.getOrder().payment_ids[0];
        const values = { uuid: line.uuid, order: line.pos_order_id.uuid, reference: "x", amount: "88.80",
                         session: posmodel.session.id, partner: 0, cashier: "x", ...changes };
        try {
            const method = line.payment_method_id.id;
            return await posmodel.env.services.orm.silent.call("pos.payment.method", "cn_force",
                [[method], values, "seen on the phone", pin, manager]);
        } catch (error) {
            return error.data.message;
        }
    }""", [{key: value for key, value in changes.items() if key not in ("pin", "manager")},
           changes.get("pin", ""), changes.get("manager", 0)])


def test_employee_sells(staff, stack):
    """Test that the employee's name goes with the payment."""
    staff.work_as("Li Lei", "1111")
    staff.sell()
    staff.to_payment()
    staff.show_code()
    staff.scan()
    staff.paid()
    [tx] = stack.rpc("payment.transaction", "search_read", [
        [("cn_out_trade_no", "=", staff.mine()[-1]["out_trade_no"])]], {"fields": ["cn_till_cashier"]})
    assert tx["cn_till_cashier"] == "Li Lei"


def test_cashier_takes_nothing_for_paid(staff, stack, sandbox):
    """Test that an employee who is no manager can't, whatever the browser claims."""
    staff.work_as("Li Lei", "1111")
    doubt(staff, sandbox)
    cashier, manager = employee(stack, "Li Lei"), employee(stack, "Han Meimei")
    assert "Only a manager" in force(staff)
    assert "Only a manager" in force(staff, employee=cashier, pin="1111")
    assert "Only a manager" in force(staff, employee=manager, manager=cashier, pin="1111")
    assert "Only a manager" in force(staff, employee=True)
    assert "PIN nor the badge of Han Meimei" in force(staff, employee=manager)
    assert "too quick" in force(staff, employee=manager, pin="2468")
    staff.phase("unknown")
    sandbox.calm()
    staff.paid()
    assert staff.charged() == [CUP_FEN]


@pytest.mark.parametrize(("works", "pin", "proof"), [("Li Lei", "1111", "0412468013"), ("Han Meimei", "2468", "2468")])
def test_manager_takes_it_for_paid(staff, stack, sandbox, works, pin, proof):
    """Test that a manager, at the till or called to it, shows a badge or PIN, and answers for it."""
    page = staff.page
    stack.rpc("hr.employee", "write", [[employee(stack, "Han Meimei")], {"barcode": "0412468013"}])
    staff.work_as(works, pin)
    doubt(staff, sandbox)

    def press(typed):
        staff.press("force")
        page.locator(".modal textarea").fill("Seen on the customer's phone")
        page.locator(".modal footer .btn-primary").click()
        page.locator(".o_cn_manager .btn-primary", has_text="Han Meimei").wait_for()
        page.locator(".o_cn_manager input:focus").wait_for()
        staff.shot("manager-en_US")
        staff.type(typed)  # as a scanner does: Enter at its end
        page.locator(".o_cn_manager").wait_for(state="detached")

    press("9999")
    page.locator(".o_cn_alert", has_text="PIN").wait_for()
    page.wait_for_timeout(2500)  # after wrong PINs the server waits
    press(proof)
    page.locator(f'{PANEL}[data-phase="forced"], .receipt-screen').first.wait_for()
    [incident] = stack.rpc("payment.cn.incident", "search_read", [[("kind", "=", "unproven")]], {
        "fields": ["message"], "limit": 1, "order": "id desc"})
    assert re.search("Han Meimei", incident["message"])
    sandbox.calm()
