# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's signatures and XML: the protocol page's vectors, and messages that are none."""

import base64
import contextlib
import hashlib
import hmac

import pytest
from hypothesis import given, strategies as st
from qq_wallet_witness import APP_KEY, KEY, MOMENT, parsed, signature, xml

from gateways.parsing import Malformed
from gateways.qq_wallet import requests, signing

# === VECTORS === #

VECTORS = {
    # V1 is the worked example of wiki page 206/1213.
    'V1': (
        'appid=d930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100'
        '&nonce_str=ibuaiVcKdpRxkhJA',
        'C16640534B737634F08566717AD030EB',
    ),
    'V2': (
        'body=测试商品&fee_type=CNY&mch_id=1900000109&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb'
        '&notify_url=https://example.com/qq/notify&out_trade_no=T20240102030405'
        '&spbill_create_ip=203.0.113.7&time_expire=20240102033405&total_fee=888&trade_type=NATIVE',
        '84FE06C83591F3B3C5A64F994692CD14',
    ),
    'V4': (
        'auth_code=910000000000000001&body=coffee&device_info=POS1&fee_type=CNY&mch_id=1900000109'
        '&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb&out_trade_no=M20240102030405'
        '&spbill_create_ip=203.0.113.7&total_fee=1&trade_type=MICROPAY',
        'DB889A5262693A96D7A7098971E0B1D8',
    ),
    'V5': (
        'appid=1007033799&bank_type=BALANCE&cash_fee=800&coupon_fee=88&fee_type=CNY'
        '&mch_id=1900000109&nonce_str=6c1f3d4b5a697887&openid=0123456789ABCDEF'
        '&out_trade_no=T20240102030405&time_end=20240102030501&total_fee=888&trade_state=SUCCESS'
        '&trade_type=NATIVE&transaction_id=1353933301461607211903715555',
        '16ED7FF489A7974F4E376ABE04DA6EA0',
    ),
    'V6': (
        'mch_id=1900000109&nonce_str=3e5a036cb4bc3a677a38ad9d69eb3feb&op_user_id=1900000109'
        '&op_user_passwd=e10adc3949ba59abbe56e057f20f883e&out_refund_no=R20240102030405'
        '&out_trade_no=T20240102030405&refund_fee=100',
        '1DBB417B4F18ACE9158E6D8E0405A3C1',
    ),
}
EMPTY = {'V2': ('appid', 'attach'), 'V5': ('device_info', 'attach')}


def vector(name):
    text, result = VECTORS[name]
    pairs = dict(part.split('=', 1) for part in text.split('&'))
    return {**dict.fromkeys(EMPTY.get(name, ()), ''), **pairs}, result


@pytest.mark.parametrize('name', VECTORS)
def test_md5_vector(name):
    """Test the published signature and those of the protocol page."""
    values, result = vector(name)
    assert signing.joined(values, KEY) == f'{VECTORS[name][0]}&key={KEY}'
    assert signing.sign(values, KEY) == result
    for sign in (result, result.lower()):
        assert signing.verify({**values, 'sign': sign}, KEY)


def test_hmac_vector():
    """Test V3: the variant behind the switch, which accepts MD5 as well."""
    values, md5 = vector('V2')
    result = 'F12BA56AAE22DD347E3C34F521B4938A08C7A0242D86277CFD83D9EFE594E8C0'
    assert signing.sign(values, KEY, signing.HMAC_SHA256) == result
    assert signing.verify({**values, 'sign': result}, KEY, signing.HMAC_SHA256)
    assert signing.verify({**values, 'sign': md5}, KEY, signing.HMAC_SHA256)
    assert not signing.verify({**values, 'sign': result}, KEY)


def test_app_vector():
    """Test V7, and that none of the known mistakes gives the same."""
    values = {
        'appId': '1104606907', 'bargainorId': '1900000109', 'nonce': 'ibuaiVcKdpRxkhJA',
        'pubAcc': '', 'tokenId': '6M0a1b2c3d4e5f60718293a4b5c6d7e8',
    }  # fmt: skip
    assert signing.app_signature(values, APP_KEY) == 'q/Cz4VR8cUZWbofIWJgO8UZHSr0='
    text = '&'.join(f'{name}={value}' for name, value in values.items()).encode()
    bare = base64.b64encode(hmac.new(APP_KEY.encode(), text, hashlib.sha1).digest()).decode()
    assert bare == 'Maix/BWIyE++cCIl+MuV2mWvHQc='
    del values['pubAcc']
    assert signing.app_signature(values, APP_KEY) == '5Gac1vXYUmgZ83lIzz1tjradXrI='


def test_app_params_vector():
    """Test V7 through the parameters that the app gets."""
    credentials = {'app_id': '1104606907', 'app_key': APP_KEY, 'mch_id': '1900000109'}
    params = requests.app_params(
        '6M0a1b2c3d4e5f60718293a4b5c6d7e8', 'SO1', credentials, MOMENT, 'ibuaiVcKdpRxkhJA'
    )
    assert params['sig'] == 'q/Cz4VR8cUZWbofIWJgO8UZHSr0='
    assert params['pubAcc'] == ''
    assert APP_KEY not in repr(params)


def test_operator_vector():
    """Test V8, and that the MD5 itself is taken as it is."""
    digest = 'e10adc3949ba59abbe56e057f20f883e'
    for given_as in ('123456', digest, digest.upper()):
        assert requests.operator_password(given_as) == digest


def test_every_field_is_protected():
    """Test that changing, adding or removing any field breaks the signature."""
    values, result = vector('V5')
    for name in values:
        if values[name]:
            less = {k: v for k, v in values.items() if k != name}
            assert not signing.verify({**less, 'sign': result}, KEY)
        assert not signing.verify({**values, name: 'x', 'sign': result}, KEY)
    assert not signing.verify({**values, 'added_later': 'x', 'sign': result}, KEY)
    for sign in ('', result[:-1], 'ü' * 32):
        assert not signing.verify({**values, 'sign': sign}, KEY)


values_st = st.dictionaries(
    st.from_regex(r'[A-Za-z][A-Za-z0-9_]{0,15}', fullmatch=True).filter(lambda name: name != 'sign'),
    st.text(
        st.characters(exclude_categories=('Cs', 'Cc'), exclude_characters='\ufffe\uffff'),
        max_size=20,
    ),
    max_size=8,
)


@given(values_st)
def test_round_trip(values):
    """Test that any text survives, and that both signatures agree on it."""
    assert signing.read(signing.write(values)) == values
    assert signing.read(xml(values)) == values
    assert parsed(signing.write(values)) == values
    assert signing.sign(values, KEY) == signature(values)


# === XML === #


def test_cdata_white_space_and_declaration():
    """Test the harmless liberties that samples take."""
    body = (
        '\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<xml>\n  <a><![CDATA[1 & <2>'
        ' 中]]></a>\n\t<b> x </b><c/><d></d><e>&#x4e2d;&lt;</e></xml>\n'
    ).encode()
    assert signing.read(body) == {'a': '1 & <2> 中', 'b': ' x ', 'c': '', 'd': '', 'e': '中<'}


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><a>&c;</a></xml>'
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><a>&f;</a></xml>'
)


@pytest.mark.parametrize(
    'body',
    [
        BOMB, EXTERNAL,
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><a>1</a></xml>',
        b'<!-- <xml> --><!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        b'<?x <xml> ?><!DOCTYPE x [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        BOMB.decode().encode('utf-16'), BOMB.decode().encode('utf-16-le'),
        BOMB.decode().encode('utf-32'), b'+ADw-xml+AD4-',
        b'<?xml version="1.0" encoding="UTF-7"?><xml/>',
        b'<?xml version="1.0" encoding="UTF-16"?><xml/>',
        b'<?xml version="1.0" encoding="GBK"?><xml><a>\xd6\xd0</a></xml>',
        b'<xml><a>&unknown;</a></xml>', b'<xml><a>&c</a></xml>',
        b'<xml xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></xml>',
        b'<?xml-stylesheet href="file:///etc/passwd"?><xml/>',
        b'<xml><a>1</a><a>2</a></xml>', b'<xml><a><b>1</b></a></xml>', b'<xml><a x="1">1</a></xml>',
        b'<xml a="1"><a>1</a></xml>', b'<xml>text<a>1</a></xml>', b'<xml><a>1</a>text</xml>',
        b'<xml><a>1<!-- x -->2</a></xml>', b'<xml><!-- x --><a>1</a></xml>',
        b'<xml><a>1<?x y?></a></xml>', b'<xml><1a>1</1a></xml>', b'<xml><a-b>1</a-b></xml>',
        '<xml><中>1</中></xml>'.encode(), b'<xml><n:a xmlns:n="u">1</n:a></xml>',
        b'<xml><a>1</a>', b'<xml><a>1</a></xml><xml/>', b'<xml><a>1</a></xml>x',
        b'<xml><a>1</a></xml><!-- x -->', b'<XML><a>1</a></XML>', b'<root><a>1</a></root>',
        b'<xml><a>\x00</a></xml>', b'<xml><a>\x01</a></xml>', b'<xml><a>&#0;</a></xml>',
        b'<xml><a>\xff</a></xml>', b'<xml>' + b'<a>' * 5000 + b'</a>' * 5000 + b'</xml>',
        b'<xml>' + b''.join(b'<a%d/>' % n for n in range(signing.MAX_FIELDS + 1)) + b'</xml>',
        b'<xml><a>' + b'x' * signing.MAX_BODY + b'</a></xml>', b'', b' ', b'{}', b'a=1&b=2',
        b'<html><body>502</body></html>', b'\x1f\x8b\x08',
    ],
)  # fmt: skip
def test_malformed(body):
    """Test that a bomb, an external entity, and anything that is no flat message is refused."""
    with pytest.raises(Malformed):
        signing.read(body)


@given(st.binary(max_size=200))
def test_any_bytes(body):
    """Test that nothing but `Malformed` is ever raised."""
    for candidate in (body, b'<xml>' + body + b'</xml>', b'<xml><a>' + body + b'</a></xml>'):
        with contextlib.suppress(Malformed):
            assert isinstance(signing.read(candidate), dict)


@pytest.mark.parametrize('value', ['\x00', 'a\x1b', 'a\rb', '\ufffe', '\ud800'])
def test_not_carried(value):
    """Test that what XML would lose or change is not sent."""
    with pytest.raises(ValueError, match='cannot be sent'):
        signing.write({'attach': value})


def test_names_are_checked():
    """Test that no name can break out of its tag."""
    with pytest.raises(ValueError, match='field name'):
        signing.write({'a><b': '1'})
