# Part of payment_cn_wallets. License LGPL-3.
"""Money that goes back without the shop's refund: at the console, and by reversals that take time."""

import json
from urllib.parse import parse_qs

import pytest

from sandbox.tests import test_alipay, test_jd_pay, test_qq_wallet, test_wechat_pay
from sandbox.tests.shop import beijing, until

CODES = ('huishouyin', 'wechat_pay', 'alipay', 'qq_wallet', 'jd_pay')


@pytest.fixture
def shops(sandbox, control, listener):
    """A shop at each gateway that has something of its own to say."""
    merchants = control.get('merchants')
    return {
        'wechat_pay': test_wechat_pay.Hand(sandbox, merchants['wechat_pay']),
        'qq_wallet': test_qq_wallet.Shop(sandbox.url, merchants['qq_wallet'], listener.url),
        'jd_pay': test_jd_pay.Shop(sandbox.url, merchants['jd_pay'], listener.url),
        'alipay': merchants['alipay'],
    }


def book(sandbox, gateway, *, scene='code', notify_url='', number='T000001'):
    """Write an order of 100 fen straight into the network, and return its number."""
    servers = sandbox.app.gateways
    merchant = next(iter(servers[gateway].merchants().values()))
    accounts = {
        'huishouyin': 'mch_uid', 'alipay': 'seller_id', 'qq_wallet': 'mch_id',
        'jd_pay': 'merchant', 'wechat_pay': 'mchid',
    }
    sandbox.app.network.place_order(
        number, scene=scene, gateway=gateway, merchant=merchant[accounts[gateway]],
        out_trade_no=number, subject='tea', amount=100, channel='MICROPAY',
        wallet='wechat_pay' if gateway == 'huishouyin' else gateway, shop='shop', extra={},
        notify_url=notify_url,
    )
    return number


def trade_state(hand, number):
    """Return what WeChat Pay says of an order."""
    path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={hand.merchant['mchid']}"
    return hand.call('GET', path).json()['trade_state']


# === AT THE CONSOLE === #


@pytest.mark.parametrize('gateway', CODES)
def test_console_refunds(sandbox, control, gateway):
    """Test that they are in the ledger, whole or in part, and never more than was paid."""
    number = book(sandbox, gateway)
    control.post('console-refunds', out_trade_no=number, expect=409)
    control.post('pay', out_trade_no=number)
    part = control.post('console-refunds', out_trade_no=number, amount=30)
    assert (part['amount'], part['state']) == (30, 'success')
    control.post('console-refunds', out_trade_no=number, amount=71, expect=409)
    rest = control.post('console-refunds', out_trade_no=number, out_refund_no='MINE1')
    assert (rest['amount'], rest['out_refund_no']) == (70, 'MINE1')
    control.post('console-refunds', out_trade_no=number, expect=409)
    assert sum(r['amount'] for r in control.get(f'orders/{number}')['refunds']) == 100


@pytest.mark.parametrize('body', [
    {'amount': 0.5}, {'amount': True}, {'notify_url': 'http://example.com/'}, {'other': 1},
])
def test_console_refunds_are_checked(sandbox, control, body):
    """Test that mistakes of the caller are told, and book nothing."""
    number = book(sandbox, 'alipay')
    control.post('pay', out_trade_no=number)
    control.post('console-refunds', out_trade_no=number, expect=400, **body)
    assert not control.get(f'orders/{number}')['refunds']


def test_console_refund_that_takes_time(sandbox, control):
    """Test that it holds its amount, and ends when it is told to."""
    number = book(sandbox, 'jd_pay')
    control.post('pay', out_trade_no=number)
    begun = control.post('console-refunds', out_trade_no=number, processing=True)
    assert begun['state'] == 'processing'
    control.post('console-refunds', out_trade_no=number, amount=1, expect=409)
    ended = control.post('refunds', out_refund_no=begun['out_refund_no'])
    assert ended['state'] == 'success'


def test_what_queries_say_after_a_console_refund(sandbox, control, shops):
    """Test the protocols' own words for it, after a part and after the whole."""
    for gateway in ('wechat_pay', 'qq_wallet', 'alipay'):
        number = book(sandbox, gateway, number=f'T_{gateway}')
        control.post('pay', out_trade_no=number)
        said = []
        for amount in (30, 70):
            control.post('console-refunds', out_trade_no=number, amount=amount)
            if gateway == 'wechat_pay':
                said.append(trade_state(shops[gateway], number))
            elif gateway == 'qq_wallet':
                said.append(shops[gateway].call('query', out_trade_no=number)['trade_state'])
            else:
                node, _root = test_alipay.call(sandbox, test_alipay.signed(
                    shops[gateway], test_alipay.QUERY, {'out_trade_no': number}
                ))
                said.append(node['trade_status'])
        assert said == {
            'alipay': ['TRADE_SUCCESS', 'TRADE_CLOSED'],
        }.get(gateway, ['REFUND', 'REFUND'])


def test_jd_lists_console_refunds(sandbox, control, shops):
    """Test that JD Pay's list of an order's refunds has those of the console."""
    number = book(sandbox, 'jd_pay')
    control.post('pay', out_trade_no=number)
    control.post('console-refunds', out_trade_no=number, amount=30, out_refund_no='C1')
    listed = shops['jd_pay'].call('queryRefund', oTradeNum=number, tradeType='1')
    assert '<tradeNum>C1</tradeNum>' in listed
    assert '<status>2</status>' in shops['jd_pay'].call('query', tradeNum=number, tradeType='0')


def test_alipay_tells_the_payments_address(sandbox, control, listener):
    """Test that its notice has the sum of all refunds, and the state at the last fen."""
    listener.answers += [(200, b'success')] * 3
    number = book(sandbox, 'alipay', notify_url=listener.url)
    control.post('pay', out_trade_no=number)
    listener.wait(1)
    for amount in (30, 70):
        control.post('console-refunds', out_trade_no=number, amount=amount)
    until(lambda: len(listener.received) == 3)
    told = [{k: v[0] for k, v in parse_qs(body.decode()).items()}
            for _at, _headers, body in listener.received[1:]]
    assert sorted((one['refund_fee'], one['trade_status']) for one in told) == [
        ('0.30', 'TRADE_SUCCESS'), ('1.00', 'TRADE_CLOSED'),
    ]


def test_wechat_tells_the_consoles_address(sandbox, control, listener):
    """Test that it tells the address that was entered in the console, and nobody without one."""
    number = book(sandbox, 'wechat_pay')
    control.post('pay', out_trade_no=number)
    control.post('console-refunds', out_trade_no=number, amount=10)
    control.post('console-refunds', out_trade_no=number, amount=20, notify_url=listener.url)
    until(lambda: listener.received)
    assert json.loads(listener.received[0][2])['event_type'] == 'REFUND.SUCCESS'
    begun = control.post(
        'console-refunds', out_trade_no=number, processing=True, notify_url=listener.url
    )
    control.post('refunds', out_refund_no=begun['out_refund_no'])
    until(lambda: len(listener.received) == 2)
    kinds = [notice['kind'] for notice in control.get(f'orders/{number}')['notices']]
    assert kinds == ['refund', 'refund']


# === REVERSALS === #


def test_reversal_of_wechat_pay(sandbox, control, shops):
    """Test that the order goes on to be called paid until the money is back."""
    control.post('settings', earliest_reverse=0)
    control.post('faults', fault='reverse_stuck', times=1)
    hand = shops['wechat_pay']
    number = book(sandbox, 'wechat_pay')
    control.post('pay', out_trade_no=number)
    body = json.dumps({'appid': hand.merchant['appid'], 'mchid': hand.merchant['mchid']}).encode()
    for _again in range(2):
        path = f'/v3/pay/transactions/out-trade-no/{number}/reverse'
        assert hand.call('POST', path, body).status_code == 200
        assert trade_state(hand, number) == 'SUCCESS'
    [refund] = control.get(f'orders/{number}')['refunds']
    assert refund['state'] == 'processing'
    control.post('console-refunds', out_trade_no=number, expect=409)
    control.post('refunds', out_refund_no=refund['out_refund_no'])
    assert trade_state(hand, number) == 'REVOKED'


def test_reversal_of_qq_wallet(sandbox, control, shops):
    """Test that it asks for another call, and gives back once."""
    control.post('settings', qq_wait=0)
    control.post('faults', fault='reverse_stuck', times=1)
    shop = shops['qq_wallet']
    number = book(sandbox, 'qq_wallet')
    control.post('pay', out_trade_no=number)
    for _again in range(2):
        assert shop.give_back('reverse', out_trade_no=number)['recall'] == 'Y'
        assert shop.call('query', out_trade_no=number)['trade_state'] == 'SUCCESS'
    [refund] = control.get(f'orders/{number}')['refunds']
    control.post('refunds', out_refund_no=refund['out_refund_no'])
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'REVOKED'
    assert shop.give_back('reverse', out_trade_no=number)['err_code'] == 'ORDERREVERSED'


def test_reversal_of_jd_pay(sandbox, control, shops):
    """Test that the revoke is under way, that its payment counts as paid, and its end."""
    control.post('faults', fault='reverse_stuck', times=1)
    shop = shops['jd_pay']
    number = book(sandbox, 'jd_pay')
    control.post('pay', out_trade_no=number)
    revoke = {'oTradeNum': number, 'amount': '100', 'currency': 'CNY', 'tradeTime': beijing()}
    for _again in range(2):
        assert '<status>0</status>' in shop.call('revoke', tradeNum='V1', **revoke)
        assert '<status>2</status>' in shop.call('query', tradeNum=number, tradeType='0')
    assert shop.call('refund', tradeNum='R1', **revoke) == 'SBX0015'
    control.post('refunds', out_refund_no='V1')
    found = shop.call('query', tradeNum='V1', tradeType='1', oTradeNum=number)
    assert '<status>1</status>' in found


def test_reversal_of_alipay(sandbox, control, shops):
    """Test that a cancel is to be called again while its refund is under way."""
    control.post('faults', fault='reverse_stuck', times=1)
    number = book(sandbox, 'alipay')
    control.post('pay', out_trade_no=number)

    def cancel():
        values = test_alipay.signed(
            shops['alipay'], 'alipay.trade.cancel', {'out_trade_no': number}
        )
        return test_alipay.call(sandbox, values)[0]

    assert cancel()['retry_flag'] == 'Y'
    [refund] = control.get(f'orders/{number}')['refunds']
    control.post('refunds', out_refund_no=refund['out_refund_no'])
    assert cancel()['action'] == 'refund'


def test_other_faults_leave_reversals_alone(sandbox, control, shops):
    """Test that a fault of refunds does not strike a reversal of WeChat Pay, and the other way round."""
    control.post('settings', qq_wait=0)
    control.post('faults', fault='reverse_stuck', times=1)
    shop = shops['qq_wallet']
    number = book(sandbox, 'qq_wallet')
    control.post('pay', out_trade_no=number)
    shop.give_back('refund', out_trade_no=number, out_refund_no='R1', refund_fee=10)
    until(lambda: control.get(f'orders/{number}')['refunds'][0]['state'] == 'success')
    assert shop.give_back('reverse', out_trade_no=number)['recall'] == 'Y'
