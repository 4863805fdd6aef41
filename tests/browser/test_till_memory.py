# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: what a tab keeps of the sales of a day."""

from till import CASH, CUP_FEN

FIRST_SALES = 2  # of each kind: what is loaded, made or kept once
SALES = 4
AFTER_END = 6000  # ms: a screen lets go of everything 5 s after its end
WATCH_DELETIONS = """() => {
    const store = IDBObjectStore.prototype;
    const deleting = store.delete;
    window.deletions = 0;
    store.delete = function () {
        window.deletions += 1;
        return deleting.apply(this, arguments);
    };
}"""


def sell_by_wallet(till):
    till.pay()
    till.show_code()
    till.scan("alipay")
    till.paid()
    till.next_order()


def sell_in_one_step(till):
    till.sell()
    till.scan("wechat_pay")
    till.paid()
    till.next_order()


def sell_for_cash(till):
    till.pay()
    till.choose(CASH)
    till.page.locator(".validation-button:visible").click()
    till.paid()
    till.next_order()


def kept(till):
    """The elements and the listeners that the tab has after a thorough cleaning."""
    till.page.wait_for_timeout(AFTER_END)
    browser = till.page.context.new_cdp_session(till.page)
    for _ in range(2):
        browser.send("HeapProfiler.collectGarbage")
    found = browser.send("Memory.getDOMCounters")
    browser.detach()
    return found["nodes"], found["jsEventListeners"]


def test_tab_keeps_nothing(till):
    """Test that a tab keeps no element of the sales that it made, nor a listener, and forgets each sale once."""
    till.open("en_US")
    for sell in (sell_by_wallet, sell_in_one_step, sell_for_cash) * FIRST_SALES:
        sell(till)
    nodes, listeners = kept(till)
    for sell in (sell_by_wallet, sell_in_one_step, sell_for_cash):
        for _ in range(SALES):
            sell(till)
        more_nodes, more_listeners = kept(till)
        assert more_nodes - nodes < 100 * SALES, sell  # the screens of one sale have twenty times as many
        assert more_listeners - listeners < SALES, sell
        nodes, listeners = more_nodes, more_listeners
    assert till.charged() == [CUP_FEN] * 2 * (FIRST_SALES + SALES)
    forgets_each_sale_once(till)


def forgets_each_sale_once(till):
    """What was sold leaves the browser's memory once, not again with every sale of the day."""
    page = till.page
    page.evaluate(WATCH_DELETIONS)
    sell_in_one_step(till)
    page.wait_for_timeout(2000)
    assert page.evaluate("window.deletions") == 3  # an order, a line, a payment
    left = page.evaluate("""() => new Promise((resolve) => {
        const {db} = posmodel.data.indexedDB;
        const asked = db.transaction(["pos.payment"]).objectStore("pos.payment").getAll();
        asked.onsuccess = () => resolve(asked.result.length);
    })""")
    assert left == 0
