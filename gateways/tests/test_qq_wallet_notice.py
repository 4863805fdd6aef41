# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's notices: verified over the raw values, or refused."""

import pytest
from hypothesis import given, strategies as st
from qq_wallet_witness import CREDENTIALS, KEY, MERCHANT, signature, xml

from gateways.base import NoticeRejected, Outcome
from gateways.qq_wallet import QqWallet

FIELDS = {
    'appid': '1007033799', 'mch_id': MERCHANT, 'nonce_str': '6c1f3d4b5a697887',
    'sign': '16ED7FF489A7974F4E376ABE04DA6EA0', 'device_info': '', 'trade_type': 'NATIVE',
    'trade_state': 'SUCCESS', 'bank_type': 'BALANCE', 'fee_type': 'CNY', 'total_fee': '888',
    'cash_fee': '800', 'coupon_fee': '88', 'transaction_id': '1353933301461607211903715555',
    'out_trade_no': 'T20240102030405', 'attach': '', 'time_end': '20240102030501',
    'openid': '0123456789ABCDEF',
}  # fmt: skip
GATEWAY = QqWallet({**CREDENTIALS, 'app_id': ''})


def notice(key=KEY, **changes):
    fields = {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}
    fields['sign'] = changes.get('sign') or signature(fields, key)
    return xml(fields)


def test_vector():
    """Test V5, the notice of the protocol page, as it comes."""
    found = GATEWAY.parse_notice({}, xml(FIELDS))
    payment = found.payment
    assert (payment.outcome, payment.amount, payment.payer_amount) == (Outcome.PAID, 888, 800)
    assert payment.out_trade_no == 'T20240102030405'
    assert payment.gateway_trade_no == '1353933301461607211903715555'
    assert payment.paid_at.isoformat() == '2024-01-02T03:05:01+08:00'
    assert (found.kind, found.currency, found.notice_id) == ('payment', 'CNY', '')
    assert found.merchant['mch_id'] == MERCHANT
    assert found.raw['openid'] != FIELDS['openid']
    assert found.raw['sign'] == '***'


@pytest.mark.parametrize(
    ('state', 'outcome'),
    [
        ('SUCCESS', Outcome.PAID), ('REFUND', Outcome.PAID), ('REVOKED', Outcome.REFUSED),
        ('CLOSED', Outcome.REFUSED), ('USERPAYING', Outcome.WAITING), ('OTHER', Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_state_is_looked_at(state, outcome):
    """Test that a notice is not taken for a payment because it is a notice."""
    assert GATEWAY.parse_notice({}, notice(trade_state=state)).payment.outcome == outcome


def test_fields_that_were_added_and_raw_values():
    """Test that all received fields take part, as they are."""
    body = notice(new_field='x', attach=' a&b <中> \n')
    assert GATEWAY.parse_notice({}, body).raw['attach'] == ' a&b <中> \n'
    with pytest.raises(NoticeRejected) as caught:
        GATEWAY.parse_notice({}, body.replace(b'<new_field>x', b'<new_field>y'))
    assert caught.value.kind == 'signature'


@pytest.mark.parametrize(
    'body',
    [
        notice(key='other'), notice(sign='x'), notice(sign='16ED7FF489A7974F4E376ABE04DA6EA0', attach='x'),
        xml({**FIELDS, 'total_fee': '1'}), xml({**FIELDS, 'sign': ''}),
        xml({k: v for k, v in FIELDS.items() if k != 'sign'}),
    ],
)  # fmt: skip
def test_not_the_gateways(body):
    """Test that what is not signed with our key is refused."""
    with pytest.raises(NoticeRejected) as caught:
        GATEWAY.parse_notice({}, body)
    assert caught.value.kind == 'signature'


@pytest.mark.parametrize(
    'body',
    [
        b'', b'<xml/>x', b'a=1&sign=2', b'{}', xml(FIELDS)[:-3], xml(FIELDS) * 2,
        b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xml(FIELDS),
        xml(FIELDS).replace(b'<attach></attach>', b'<attach></attach><attach></attach>'),
        notice(attach='x' * 70000), notice(trade_state=''), notice(out_trade_no=''),
        notice(total_fee=''), notice(total_fee='1.0'), notice(total_fee='-1'),
        notice(total_fee='８'), notice(total_fee='x', trade_state='CLOSED'),
    ],
)  # fmt: skip
def test_malformed(body):
    """Test that what is no notice is refused, however well it is signed."""
    with pytest.raises(NoticeRejected) as caught:
        GATEWAY.parse_notice({}, body)
    assert caught.value.kind == 'malformed'


def test_currency_is_told():
    """Test that another currency is there to be compared, and the amount as well."""
    found = GATEWAY.parse_notice({}, notice(fee_type='USD'))
    assert (found.currency, found.payment.amount) == ('USD', 888)


def fits(gateway, body):
    found = gateway.parse_notice({}, body)
    return all(
        found.merchant[name] == gateway.credentials.get(name, '') for name in gateway.merchant_fields
    )


def test_merchant():
    """Test that another merchant or application shows, and an optional one does not."""
    ours = QqWallet({**CREDENTIALS, 'app_id': '1007033799', 'sub_mch_id': '7'})
    assert fits(GATEWAY, notice())
    assert fits(GATEWAY, notice(appid=None))
    assert not fits(GATEWAY, notice(mch_id='1900000110'))
    assert not fits(GATEWAY, notice(mch_id=None))
    assert fits(ours, notice(sub_mch_id='7'))
    assert fits(ours, notice(appid=None))
    assert not fits(ours, notice(sub_mch_id='8'))
    assert not fits(ours, notice(appid='1'))


def test_replies():
    """Test the two answers that the protocol knows."""
    assert GATEWAY.notice_reply(True).body == b'<xml><return_code>SUCCESS</return_code></xml>'
    refused = GATEWAY.notice_reply(False)
    assert b'<return_code>FAIL</return_code><return_msg>' in refused.body
    assert refused.status == 200


@given(st.binary(max_size=300))
def test_any_bytes(body):
    """Test that nothing is ever believed, or raised, but a rejection."""
    for candidate in (body, b'<xml>' + body + b'</xml>'):
        with pytest.raises(NoticeRejected):
            GATEWAY.parse_notice({'Content-Type': 'text/xml'}, candidate)
