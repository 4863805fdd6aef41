# Part of payment_cn_wallets. License LGPL-3.
"""Two signed fields sent as one: the text that was signed is the same, and one field is gone."""

import itertools
import json
from urllib.parse import parse_qsl, urlencode

import alipay_witness
import huishouyin_witness
import pytest
import qq_wallet_witness

import gateways
from gateways import text
from gateways.alipay import notice as alipay_notice
from gateways.base import NoticeRejected
from gateways.huishouyin import notice as huishouyin_notice
from gateways.qq_wallet import notice as qq_wallet_notice

QQ_FIELDS = {
    'appid': '1007033799', 'bank_type': 'BALANCE', 'cash_fee': '800', 'coupon_fee': '88',
    'fee_type': 'CNY', 'mch_id': qq_wallet_witness.CREDENTIALS['mch_id'], 'nonce_str': 'n',
    'openid': 'o', 'out_trade_no': 'SO1-1', 'time_end': '20240102030501', 'total_fee': '888',
    'trade_state': 'SUCCESS', 'trade_type': 'NATIVE', 'transaction_id': '13539',
}
HSY_FIELDS = {
    'app_id': huishouyin_witness.APP, 'channel_type': 'WX_NATIVE', 'hy_bill_no': 'HY1',
    'mch_uid': huishouyin_witness.MERCHANT, 'out_trade_no': 'SO1-1', 'pay_option': '{"a":"1"}',
    'real_vol': '90', 'subject': 'tea', 'time_end': '20190731154138', 'total_fee': '100',
    'trade_status': 'Success', 'version': '1.0',
}


def alipay():
    """Return the gateway, the fields of a genuine notice with its signature, and how it is sent."""
    body = alipay_witness.a_notice(
        out_biz_no='R1', refund_fee='8.00', gmt_refund='2026-02-03 13:00:00.123'
    )
    return alipay_witness.make(), dict(parse_qsl(body.decode())), lambda x: urlencode(x).encode()


def huishouyin():
    fields = {**HSY_FIELDS, 'sign': huishouyin_witness.signature(HSY_FIELDS)}
    gateway = gateways.get('huishouyin')(huishouyin_witness.CREDENTIALS)
    return gateway, fields, lambda x: urlencode(x).encode()


def huishouyin_json():
    gateway, fields, _write = huishouyin()
    return gateway, fields, lambda x: json.dumps(x).encode()


def qq_wallet():
    fields = dict(QQ_FIELDS)
    fields['sign'] = qq_wallet_witness.signature(fields)
    return gateways.get('qq_wallet')(qq_wallet_witness.CREDENTIALS), fields, qq_wallet_witness.xml


@pytest.mark.parametrize('kind', [alipay, huishouyin, huishouyin_json, qq_wallet])
def test_fields_that_were_merged(kind):
    """Test that a genuine notice is refused whichever field was put into its neighbour's value."""
    gateway, fields, write = kind()
    assert gateway.parse_notice({}, write(fields))
    names = sorted(fields.keys() - {'sign', 'sign_type'})
    for first, second in itertools.pairwise(names):
        merged = {**fields, first: f'{fields[first]}&{second}={fields[second]}'}
        del merged[second]
        # What hides in the name of the character set can't even be read.
        with pytest.raises(NoticeRejected, match=r'hidden|character set'):
            gateway.parse_notice({}, write(merged))


@pytest.mark.parametrize(
    ('notice', 'fields'),
    [
        (alipay_notice, alipay()[1]), (huishouyin_notice, HSY_FIELDS),
        (qq_wallet_notice, QQ_FIELDS),
    ],
)
def test_fields_of_the_protocol_are_known(notice, fields):
    """Test that what a notice has cannot be hidden."""
    assert fields.keys() <= notice.FIELDS


def test_a_title_is_never_taken_for_a_field():
    """Test that what we send can't look like two fields, and that other texts stay as they are."""
    assert text.clean('tea&total_fee=1') == 'tea＆total_fee=1'
    assert text.clean('Q&A = R&D & b=1 &=') == 'Q&A = R&D & b=1 &='
