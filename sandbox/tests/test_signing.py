# Part of payment_cn_wallets. License LGPL-3.
"""The signature, against the vector that the vendor published on its rules page."""

import pytest

from sandbox.huishouyin import signing

KEY = 'EA9DA4530C454D009D0E1291'
FIELDS = {
    'api_from_type': 'Out_Api',
    'app_id': 'hyp170420470720000001025BCB0C31E',
    'biz_content': (
        '{"out_trade_no":"20170511000017","subject":"测试1分","total_fee":"1","client_ip":"127.0.0.1",'
        '"notify_url":"http://localhost/TestMergepay/Api/RecNotifyUrl.aspx","return_url":'
        '"http://localhost/TestMergepay/Api/RecReturnUrl.aspx","channel_type":"100"}'
    ),
    'charset': 'utf-8',
    'mch_uid': '4707201974600',
    'method': 'heemoney.pay.applypay',
    'sign_type': 'MD5',
    'timestamp': '20170511000017',
    'version': '1.0',
}
SIGN = '5799E16B62E6607704345E02C80D5ACF'


@pytest.mark.parametrize('form', signing.FORMS)
def test_published_vector(form):
    """Test that both forms give the published signature: the sample has no empty field."""
    assert signing.sign(FIELDS, KEY, form) == SIGN


def test_forms_differ_in_empty_values_only():
    """Test that the SDKs' form drops an empty value and the rules page's form keeps it."""
    fields = {**FIELDS, 'attach': ''}
    assert signing.sign(fields, KEY, 'drop_empty') == SIGN
    assert signing.sign(fields, KEY, 'keep_empty') != SIGN
    assert '&attach=&' in '&' + signing.text_to_sign(fields, KEY, 'keep_empty')


@pytest.mark.parametrize('form', signing.FORMS)
def test_both_forms_are_accepted(form):
    """Test that a request may be signed in either form."""
    fields = {**FIELDS, 'isv_app_id': ''}
    fields['sign'] = signing.sign(fields, KEY, form)
    assert signing.verify(fields, KEY)


@pytest.mark.parametrize('sign', [SIGN.lower(), SIGN[:-1], SIGN[:-1] + 'E', '', 'ü', None, 7])
def test_other_signatures_are_refused(sign):
    """Test that anything but the exact upper-case signature is refused."""
    assert not signing.verify({**FIELDS, 'sign': sign}, KEY)


def test_every_field_is_protected():
    """Test that changing, adding or removing any field breaks the signature."""
    for name in FIELDS:
        assert not signing.verify({**FIELDS, name: 'x', 'sign': SIGN}, KEY)
        less = {k: v for k, v in FIELDS.items() if k != name}
        assert not signing.verify({**less, 'sign': SIGN}, KEY)
    assert not signing.verify({**FIELDS, 'more': 'x', 'sign': SIGN}, KEY)
    assert not signing.verify({**FIELDS, 'sign': SIGN}, KEY[:-1])
