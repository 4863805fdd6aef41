# Part of payment_cn_wallets. License LGPL-3.
"""Several tabs on one order."""

import itertools

import pytest
from shop import CODE, PAGE, moment

WATCHED = 10  # s


def test_two_tabs_show_the_same_code(shop):
    """Test that paying a second time for the same order shows the code that is there, and that both tabs move on."""
    page = shop.open()
    order = shop.quotation()
    link = shop.payment_link("sale.order", order)
    codes = []
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(link)
        shop.choose(tab)
        tab.locator(f"{CODE}[src]:visible").wait_for()
        codes.append((shop.attempt(tab)["id"], shop.scan(tab)))
    assert codes[0] == codes[1]
    shop.phone_pays(codes[0][1])
    shop.moved_on(page)
    shop.moved_on(other)
    shop.booked(codes[0][0])


@pytest.mark.alone
def test_four_tabs_ask_the_gateway_as_one(shop, capsys):
    """Test that however many tabs are open, the gateway is asked about an attempt at most every 3 s."""
    page = shop.open()
    tx = shop.link_to_code(page)
    tabs = [page.context.new_page() for _tab in range(3)]
    for tab in tabs:
        tab.goto(page.url)
        tab.locator(f"{PAGE}[data-phase=waiting]").wait_for()
    before = shop.stack.sql(f"SELECT xmin FROM payment_transaction WHERE id = {tx['id']}")
    page.wait_for_timeout(WATCHED * 1000)  # what is tested is how often something happens in this time
    calls = shop.sandbox.order(tx["cn_out_trade_no"])["calls"]
    asked = [moment(call["called_at"]) for call in calls if call["operation"] == "query"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    with capsys.disabled():
        print(f"\nfour tabs, {WATCHED} s: {len(asked)} questions, gaps {', '.join(f'{gap:.2f}' for gap in gaps)} s")
    assert len(asked) >= 2
    assert min(gaps) >= 2.9
    # Asking and polling wrote nothing.
    assert shop.stack.sql(f"SELECT xmin FROM payment_transaction WHERE id = {tx['id']}") == before
