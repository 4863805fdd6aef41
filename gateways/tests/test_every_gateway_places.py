# Part of payment_cn_wallets. License LGPL-3.
"""Store, till and cashier are sent along with what is charged, whatever they are called."""

import dataclasses

import pytest
from every_gateway import AMOUNT, channels, ids

from gateways.base import Outcome, Scene

# Seventeen characters, fifty-one bytes; every gateway has some shorter field.
LONG = '王小明早班收银一号机器南京东路旗舰'
PLACE = {'store_id': 'S-1', 'terminal_id': LONG, 'cashier_id': LONG, 'attach': f'S-1/{LONG}'}
# One way to pay of a gateway is enough: the fields are the same in all of them.
FIRST = {
    charge: {channel[0]: channel for channel in reversed(channels(charge=charge))}
    for charge in (True, False)
}


@pytest.mark.parametrize('channel', [*FIRST[True].values(), *FIRST[False].values()], ids=ids)
def test_place(shops, sandbox, channel):
    """Test that long Chinese names are cut to fit, and that the gateway knows where it was."""
    code, wallet, scene = channel
    shop = shops[code]
    if scene == Scene.CODE:
        request = dataclasses.replace(shop.a_charge(wallet), **PLACE)
        result = shop.gateway.charge(request)
        assert (result.outcome, result.amount) == (Outcome.PAID, AMOUNT), result
    else:
        request = dataclasses.replace(shop.an_order(wallet, scene), **PLACE)
        result = shop.gateway.order(request)
        assert result.outcome == Outcome.WAITING, result
    known = sandbox.order(request.out_trade_no)
    assert known['attach'] == PLACE['attach']
    kept = [value for value in known['extra'].values() if str(value).startswith('王小明')]
    assert all(LONG.startswith(value) for value in kept), known['extra']
