# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: notices, credentials, openids."""

import json
from datetime import datetime, timezone

import pytest
import wechat_pay_witness as witness
from gateway_loopback import answering
from hypothesis import given, strategies as st
from wechat_pay_witness import make, merchant_key, notice, paid, signed

from gateways.base import CallFailed, NoticeRejected, Outcome, ReasonKind

NOW = int(datetime.now(timezone.utc).timestamp())


@pytest.fixture(scope='module')
def shop():
    return make()


# === NOTICES === #


def test_payment_notice(shop):
    """Test a genuine notice, and that who paid is masked in the record."""
    body = notice(paid())
    found = shop.parse_notice(signed(body), body)
    assert (found.kind, found.notice_id, found.currency) == ('payment', 'n1', 'CNY')
    assert (found.payment.outcome, found.payment.amount, found.payment.payer_amount) == (
        Outcome.PAID, 100, 90
    )
    assert found.merchant == {'appid': witness.APPID, 'mchid': witness.MCHID, 'sub_mchid': ''}
    assert 'oUpF8uMuAJO_M2pxb1Q9zN' not in str(found.raw)
    lower = {name.lower(): value for name, value in signed(body).items()}
    assert shop.parse_notice(lower, body).payment.amount == 100


def test_refund_notice(shop):
    """Test the notices of a refund, whose state has another name than in answers."""
    fields = {
        'mchid': witness.MCHID, 'out_trade_no': 'T20200101-0001', 'out_refund_no': 'R1',
        'refund_id': '503', 'success_time': '2020-01-01T08:00:00+08:00',
        'user_received_account': '招商银行信用卡0403', 'amount': {'total': 100, 'refund': 60},
    }
    for event, outcome in (
        ('SUCCESS', Outcome.PAID), ('ABNORMAL', Outcome.WAITING), ('CLOSED', Outcome.REFUSED)
    ):
        body = notice({**fields, 'refund_status': event}, 'refund', f'REFUND.{event}')
        found = shop.parse_notice(signed(body), body)
        assert (found.kind, found.refund.outcome, found.refund.amount) == ('refund', outcome, 60)
        assert found.refund.out_refund_no == 'R1'
        # Refunds name no application: it is not for the caller to stumble over.
        assert found.merchant['appid'] == witness.APPID
        assert '0403' not in str(found.raw)


def test_notice_of_a_partner():
    """Test that a service provider's numbers come under the names of the credentials."""
    partner = make(sub_mchid='1900000109', app_appid='wxapp')
    fields = {
        **paid(), 'sp_appid': witness.APPID, 'sp_mchid': witness.MCHID, 'sub_mchid': '1900000109',
    }
    del fields['appid'], fields['mchid']
    body = notice(fields)
    found = partner.parse_notice(signed(body), body)
    assert found.payment.outcome == Outcome.PAID
    assert found.merchant == {
        'appid': witness.APPID, 'mchid': witness.MCHID, 'sub_mchid': '1900000109'
    }


def test_notice_of_the_app(shop):
    """Test that our mobile application's appid counts as ours, and another one does not."""
    body = notice(paid(appid='wxapp'))
    assert shop.parse_notice(signed(body), body).merchant['appid'] == 'wxapp'
    found = make(app_appid='wxapp').parse_notice(signed(body), body)
    assert found.merchant['appid'] == witness.APPID
    assert found.payment.outcome == Outcome.PAID


def test_notice_of_another_merchant(shop):
    """Test that a genuine notice for somebody else says so."""
    body = notice(paid(mchid='1', out_trade_no='X'))
    assert shop.parse_notice(signed(body), body).merchant['mchid'] == '1'


def test_unknown_event(shop):
    """Test that a notice of a kind not known is taken, and says nothing about money."""
    body = notice({'mchid': witness.MCHID}, 'payscore', 'PAYSCORE.USER_OPEN_SERVICE')
    found = shop.parse_notice(signed(body), body)
    assert (found.kind, found.payment.outcome) == ('payment', Outcome.UNKNOWN)


def _changed(**changes):
    body = notice(paid())
    return {**signed(body), **changes}, body


BAD = {
    'unsigned': (lambda: ({}, notice(paid())), 'signature'),
    'no serial': (lambda: _changed(**{'Wechatpay-Serial': ''}), 'signature'),
    'other serial': (lambda: _changed(**{'Wechatpay-Serial': 'PUB_KEY_ID_2'}), 'signature'),
    'serial in lower case': (
        lambda: _changed(**{'Wechatpay-Serial': witness.PUBLIC_KEY_ID.lower()}), 'signature'
    ),
    'signature probe': (
        lambda: _changed(**{'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/Zm9v'}), 'signature'
    ),
    'signature as time': (lambda: _changed(**{'Wechatpay-Timestamp': 'Zm9v'}), 'malformed'),
    'old': (lambda: _changed(**{'Wechatpay-Timestamp': str(NOW - 400)}), 'expired'),
    'milliseconds': (lambda: _changed(**{'Wechatpay-Timestamp': f'{NOW}000'}), 'malformed'),
    'merchant key': (
        lambda: (signed(notice(paid()), merchant_key()), notice(paid())), 'signature'
    ),
    'v2 refund': (lambda: (signed(b'<xml/>'), b'<xml/>'), 'malformed'),
    'empty': (lambda: (signed(b''), b''), 'malformed'),
    'large': (lambda: (signed(b' ' * 70000), b' ' * 70000), 'malformed'),
    'list': (lambda: (signed(b'[]'), b'[]'), 'malformed'),
    'no resource': (lambda: (signed(b'{}'), b'{}'), 'malformed'),
}


@pytest.mark.parametrize('name', sorted(BAD))
def test_notice_refused(shop, name):
    """Test that a notice that is not the gateway's is refused with the right kind."""
    make_it, kind = BAD[name]
    headers, body = make_it()
    with pytest.raises(NoticeRejected) as caught:
        shop.parse_notice(headers, body)
    assert caught.value.kind == kind


def test_notice_re_serialised(shop):
    """Test that the raw bytes count: the same JSON written otherwise is refused."""
    body = notice(paid())
    with pytest.raises(NoticeRejected):
        shop.parse_notice(signed(body), json.dumps(json.loads(body), indent=1).encode())


@pytest.mark.parametrize(
    'resource',
    [
        witness.encrypted(paid(), key='b' * 32), witness.encrypted(b'not json'),
        {**witness.encrypted(paid()), 'algorithm': 'NONE'},
        {**witness.encrypted(paid()), 'associated_data': 'refund'},
        {**witness.encrypted(paid()), 'nonce': 'short'}, {**witness.encrypted(paid()), 'nonce': 7},
        {**witness.encrypted(paid()), 'ciphertext': '%%%'}, {}, None,
    ],
)
def test_notice_with_a_bad_resource(shop, resource):
    """Test that what does not decrypt is malformed, though it is signed."""
    body = notice(paid(), resource=resource)
    with pytest.raises(NoticeRejected) as caught:
        shop.parse_notice(signed(body), body)
    assert caught.value.kind == 'malformed'


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(
    st.sampled_from(['amount', 'payer', 'appid', 'mchid', 'out_trade_no', 'trade_state',
                     'success_time', 'out_refund_no', 'refund_status', 'transaction_id']),
    _json | st.sampled_from(['SUCCESS', 'T20200101-0001', witness.MCHID]),
), st.sampled_from(['TRANSACTION.SUCCESS', 'REFUND.SUCCESS', 'OTHER', '']))
def test_any_content(fields, event):
    """Test that no signed content, however odd, is paid unless it is whole, and none crashes."""
    shop = make()
    body = notice(fields, 'x', event)
    found = shop.parse_notice(signed(body), body)
    result = found.payment or found.refund
    if result.outcome == Outcome.PAID:
        assert type(result.amount) is int


def test_replies(shop):
    """Test what is answered to notices."""
    assert (shop.notice_reply(True).status, shop.notice_reply(True).body) == (204, b'')
    refused = shop.notice_reply(False)
    assert (refused.status, json.loads(refused.body)['code']) == (400, 'FAIL')


# === CREDENTIALS === #


@pytest.mark.parametrize(
    'changes',
    [
        {'api_v3_key': 'short'}, {'api_v3_key': 'é' * 32}, {'public_key_id': ''},
        {'public_key': ''}, {'codepay_api': 'v1'}, {'codepay_api': 'v2'}, {'sub_appid': 'wx'},
        {'private_key': 'x'}, {'certificate': 'x'}, {'public_key': 'x'},
        {'platform_certificates': 'x'}, {'mchid': ''},
    ],
)
def test_credentials_refused(changes):
    """Test that credentials that cannot be used are refused at once."""
    with pytest.raises(ValueError, match=r'.'):
        make(**changes)


# === OPENIDS === #


def test_openid(server):
    """Test both steps: where the browser goes, and what the code is worth."""
    gateway = make(server.url, app_secret='secret')
    address = gateway.authorise_url('https://shop.example/pay?a=1&b=2', 'abc123')
    assert address == (
        f'{server.url}/connect/oauth2/authorize?appid={witness.APPID}'
        '&redirect_uri=https%3A%2F%2Fshop.example%2Fpay%3Fa%3D1%26b%3D2'
        '&response_type=code&scope=snsapi_base&state=abc123#wechat_redirect'
    )
    assert make('').authorise_url('https://x.example', '1').startswith('https://open.weixin.qq.com/')
    server.script = [answering({'openid': 'oUpF8uMuAJO_M2pxb1Q9zN', 'expires_in': 7200})]
    assert gateway.openid_of('CODE1') == 'oUpF8uMuAJO_M2pxb1Q9zN'
    assert server.requests[0].target == (
        f'/sns/oauth2/access_token?appid={witness.APPID}&secret=secret&code=CODE1'
        '&grant_type=authorization_code'
    )


@pytest.mark.parametrize(
    ('answer', 'kind'),
    [
        ({'errcode': 40029, 'errmsg': 'invalid code'}, ReasonKind.BAD_CODE),
        ({'errcode': 40163, 'errmsg': 'code been used'}, ReasonKind.BAD_CODE),
        ({'errcode': 40125, 'errmsg': 'invalid appsecret'}, ReasonKind.BAD_KEY),
        ({'openid': 'oUpF8uMuAJO_M2pxb1Q9zN', 'is_snapshotuser': 1}, ReasonKind.CANCELLED),
        ({}, ReasonKind.NO_ANSWER), ({'openid': '../x'}, ReasonKind.NO_ANSWER),
        (b'<html>', ReasonKind.NO_ANSWER),
    ],
)
def test_openid_refused(server, answer, kind):
    """Test what can come instead of an openid."""
    server.script = [answering(answer)]
    with pytest.raises(CallFailed) as caught:
        make(server.url, app_secret='secret').openid_of('CODE1')
    assert caught.value.reason.kind == kind


def test_openid_mistakes():
    """Test that what WeChat cannot carry is refused here."""
    with pytest.raises(ValueError, match='state'):
        make().authorise_url('https://x.example', 'a-b')
    with pytest.raises(ValueError, match='app_secret'):
        make().openid_of('CODE1')
    with pytest.raises(ValueError, match='code'):
        make(app_secret='s').openid_of('a b')
