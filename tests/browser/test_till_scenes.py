# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium: every wallet in every scene, directly and through Huishouyin, for scanners of any pace."""

import pytest
from till_scenes import CARRIED, METHODS, SALES, see_paid


@pytest.mark.parametrize(("place", "pace"), SALES, ids=[
    f"{place.name}-{pace}" if pace else place.name for place, pace in SALES])
def test_sale(counter, route, place, pace):
    """Test that one scan sells, whoever scans, whatever the wallet and however slow the scanner."""
    route(place.route)
    counter.pay()
    counter.show_code()
    if place.scene == "code":
        counter.scan(place.wallet, pace)
    else:
        counter.show_tab(place.method)
        counter.customer_pays()
    see_paid(counter, place)
    assert counter.incidents() == []


def test_table_is_complete(counter):
    """Test that what is tried is what the till offers."""
    offered = counter.page.evaluate("""() => {
        const [method] = posmodel.models['pos.payment.method'].filter((one) => one.cn_till_setup);
        const {wallets, ranges} = method.cn_till_setup;
        return {qr: wallets.map((one) => one.code), code: ranges.map((one) => one.wallet)};
    }""")
    for scene, wallets in offered.items():
        tried = {wallet for scenes in CARRIED.values() for wallet in scenes[scene]}
        assert {METHODS.get(wallet, wallet) for wallet in tried} == set(wallets)
