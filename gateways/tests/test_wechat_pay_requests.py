# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: what is sent, and what cannot be."""

import json
import re
from datetime import datetime, timezone

import pytest
import wechat_pay_witness as witness
from wechat_pay_shop import (
    NUMBER,
    a_charge,
    a_refund,
    an_order,
    gateway_fixture,  # noqa: F401
    refund_fields,
    say_fixture,  # noqa: F401
)
from wechat_pay_witness import make, merchant_key, paid

from gateways.base import Outcome, Scene, UnsupportedOperation, Wallet
from gateways.wechat_pay import signing


def test_request_is_signed_as_sent(server, gateway, say):
    """Test method, path, headers, body and signature of an order as the server sees them."""
    server.script = [say.ok({'code_url': 'weixin://wxpay/bizpayurl?pr=1'})]
    result = gateway.order(an_order(expires_at=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert result.next_step.code_url == 'weixin://wxpay/bizpayurl?pr=1'
    (seen,) = server.requests
    assert (seen.method, seen.target) == ('POST', '/v3/pay/transactions/native')
    headers = seen.headers
    assert headers['wechatpay-serial'] == witness.PUBLIC_KEY_ID
    assert headers['user-agent']
    scheme, _blank, rest = headers['authorization'].partition(' ')
    given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    assert (scheme, given['serial_no'], given['mchid']) == (
        'WECHATPAY2-SHA256-RSA2048', witness.SERIAL, witness.MCHID
    )
    message = signing.request_message(
        'POST', seen.target, given['timestamp'], given['nonce_str'], seen.body
    )
    assert signing.verify(merchant_key().public_key(), message, given['signature'])
    assert json.loads(seen.body) == {
        'appid': witness.APPID, 'mchid': witness.MCHID, 'description': '龙井茶 Tea',
        'out_trade_no': NUMBER, 'notify_url': 'https://shop.example/notice',
        'amount': {'total': 100, 'currency': 'CNY'}, 'time_expire': '2026-01-01T08:00:00+08:00',
    }


def test_partner_mode(server, say):
    """Test the paths, numbers and parameters of a service provider."""
    partner = make(server.url, sub_mchid='1900000109', sub_appid='wxsub')
    both = {'sp_mchid': witness.MCHID, 'sub_mchid': '1900000109'}
    answer = {
        **paid(), 'sp_appid': witness.APPID, 'sub_appid': 'wxsub', **both,
        'payer': {'sub_openid': 'oSubOpenid'},
    }
    del answer['appid'], answer['mchid']
    server.script = [
        say.ok({'prepay_id': 'wx1'}), say.ok(answer), say.ok(None, 204),
        say.ok(answer), say.ok({'out_trade_no': NUMBER, **both}),
        say.ok({**answer, 'trade_state': 'REVOKED'}),
        say.ok(refund_fields(**both)), say.ok(refund_fields()),
        say.ok({**answer, 'sub_mchid': '1900000999'}),
    ]
    step = partner.order(an_order(scene=Scene.IN_APP, payer_id='oSubOpenid')).next_step
    assert step.sdk_params['appId'] == 'wxsub'
    found = partner.query(NUMBER)
    assert (found.outcome, found.amount, found.payer_id) == (Outcome.PAID, 100, 'oSubOpenid')
    assert partner.close(NUMBER).closed
    assert partner.charge(a_charge()).outcome == Outcome.PAID
    assert partner.reverse(NUMBER).closed
    assert partner.refund(a_refund()).outcome == Outcome.WAITING
    assert partner.query_refund('R1').outcome == Outcome.WAITING
    other = partner.query(NUMBER)
    assert (other.outcome, other.reason.code) == (Outcome.UNKNOWN, 'mismatch')
    root, query = '/v3/pay/partner/transactions', f'?sp_mchid={witness.MCHID}&sub_mchid=1900000109'
    assert [seen.target for seen in server.requests[:8]] == [
        f'{root}/jsapi', f'{root}/out-trade-no/{NUMBER}{query}',
        f'{root}/out-trade-no/{NUMBER}/close', f'{root}/codepay',
        f'{root}/out-trade-no/{NUMBER}/reverse', f'{root}/out-trade-no/{NUMBER}{query}',
        '/v3/refund/domestic/refunds', '/v3/refund/domestic/refunds/R1?sub_mchid=1900000109',
    ]
    order, closed, undone, back = (json.loads(server.requests[at].body) for at in (0, 2, 4, 6))
    assert order['payer'] == {'sub_openid': 'oSubOpenid'}
    assert (order['sp_appid'], order['sub_appid'], closed) == (witness.APPID, 'wxsub', both)
    assert undone == {'sp_appid': witness.APPID, 'sub_appid': 'wxsub', **both}
    assert back['sub_mchid'] == '1900000109'


@pytest.mark.parametrize(
    'changes',
    [
        {'out_trade_no': 'T1'}, {'out_trade_no': 'T' * 33}, {'out_trade_no': 'T2020|0001'},
        {'amount': 0}, {'notify_url': ''}, {'notify_url': 'https://shop.example/n?x=1'},
        {'notify_url': 'http://shop.example/n'}, {'attach': 'x' * 129}, {'attach': '🍵'},
        {'scene': Scene.IN_APP}, {'scene': Scene.H5, 'client_ip': 'nobody'},
        {'extra': {'unknown': '1'}},
    ],
)
def test_what_cannot_be_carried(server, gateway, changes):
    """Test that a field that the protocol cannot carry never leaves."""
    with pytest.raises(ValueError, match=r'.'):
        gateway.order(an_order(**changes))
    assert not server.requests


def test_unsupported(gateway):
    """Test that other wallets and scenes are refused."""
    for changes in ({'wallet': Wallet.ALIPAY}, {'scene': Scene.CODE}, {'scene': Scene.SHOP_CODE}):
        with pytest.raises(UnsupportedOperation):
            gateway.order(an_order(**changes))
    with pytest.raises(UnsupportedOperation):
        gateway.charge(a_charge(wallet=Wallet.ALIPAY))
    with pytest.raises(ValueError, match='payment code'):
        gateway.charge(a_charge(auth_code='281234567890123456', wallet=Wallet.WECHAT_PAY))
