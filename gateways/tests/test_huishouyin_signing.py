# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's signature and JSON."""

import contextlib
import hashlib
import json

import pytest
from huishouyin_witness import KEY, signature
from hypothesis import given, strategies as st

from gateways import parsing
from gateways.huishouyin import signing

PUBLISHED = {
    'api_from_type': 'Out_Api',
    'app_id': 'hyp170420470720000001025BCB0C31E',
    'biz_content': (
        '{"out_trade_no":"20170511000017","subject":"测试1分","total_fee":"1",'
        '"client_ip":"127.0.0.1",'
        '"notify_url":"http://localhost/TestMergepay/Api/RecNotifyUrl.aspx",'
        '"return_url":"http://localhost/TestMergepay/Api/RecReturnUrl.aspx",'
        '"channel_type":"100"}'
    ),
    'charset': 'utf-8',
    'mch_uid': '4707201974600',
    'method': 'heemoney.pay.applypay',
    'sign_type': 'MD5',
    'timestamp': '20170511000017',
    'version': '1.0',
}
NAMES = st.from_regex(r'[a-z_]{1,12}', fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=['Cs']), max_size=20)


def received(fields):
    return {name: value.encode() for name, value in fields.items()}


def test_published_vector():
    """Test that the vendor's own example gives the vendor's own signature."""
    assert signing.sign(PUBLISHED, KEY) == '5799E16B62E6607704345E02C80D5ACF'
    assert signing.verify(received(PUBLISHED), KEY, '5799E16B62E6607704345E02C80D5ACF')


def test_sdk_form_of_the_older_generation():
    """Test that the flat fields of the vendor's SDKs sign the same way, empty ones left out."""
    flat = {'app_id': 'A', 'mch_id': 'M', 'subject_detail': '', 'total_amt_fen': '1'}
    assert signing.sign(flat, KEY) == signature({'app_id': 'A', 'mch_id': 'M', 'total_amt_fen': '1'})


@pytest.mark.parametrize('keep_empty', [False, True])
@pytest.mark.parametrize('case', [str.upper, str.lower])
def test_both_published_forms_are_accepted(keep_empty, case):
    """Test that answers verify with and without empty values, in capitals and in small letters."""
    fields = {'attach': '', 'out_trade_no': 'A1', 'RecordID': '1', 'total_fee': '100'}
    given_signature = case(signature(fields, keep_empty=keep_empty))
    assert signing.verify(received(fields), KEY, given_signature)


def test_sorting_regardless_of_case_is_accepted():
    """Test that the order of the Java SDK verifies too, where it differs."""
    fields = {'a': '1', 'B': '2', 'c': '3'}
    sorted_as_java = signature({'a': '1', 'b': '2', 'c': '3'}).lower()
    assert not signing.verify(received(fields), KEY, sorted_as_java)  # the name itself counts
    java = hashlib.md5(f'a=1&B=2&c=3&key={KEY}'.encode()).hexdigest()
    assert signing.verify(received(fields), KEY, java)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_signature_is_that_of_the_independent_witness(fields):
    """Test that two implementations agree on any fields."""
    fields.pop('sign', None)
    assert signing.sign(fields, KEY) == signature(fields)
    assert signing.verify(received(fields), KEY, signature(fields))
    assert signing.verify(received(fields), KEY, signature(fields, keep_empty=True))


@given(st.dictionaries(NAMES, VALUES.filter(bool), min_size=1, max_size=5), st.data())
def test_any_change_breaks_the_signature(fields, data):
    """Test that a changed, added or removed value is noticed."""
    fields.pop('sign', None)
    good = signature(fields)
    name = data.draw(st.sampled_from([*fields, 'added']))
    changed = {**fields, name: fields.get(name, '') + 'x'}
    assert not signing.verify(received(changed), KEY, good)
    assert not signing.verify(received(fields), KEY + 'x', good)


@pytest.mark.parametrize('bad', ['', 'x', '签名', '0' * 32, None])
def test_senseless_signature_is_refused(bad):
    """Test that a signature of another kind is an ordinary refusal."""
    assert not signing.verify({'a': b'1'}, KEY, bad or '')


# === JSON === #


def test_values_stay_as_written():
    """Test that what is signed is what was sent, digit by digit."""
    items = signing.parse_object(
        '{"a": 100, "b": 100.0, "c": 1e2, "d": "x\\u6d4b", "e": null, "f": true,'
        ' "g": [1, {"h": 2.50}], "i": 123456789012345678901234567890}'
    )
    written = {name: item.text for name, item in items.items()}
    assert written == {
        'a': '100', 'b': '100.0', 'c': '1e2', 'd': 'x测', 'e': '', 'f': 'true',
        'g': '[1, {"h": 2.50}]', 'i': '123456789012345678901234567890',
    }  # fmt: skip
    assert items['g'].kind == 'nested'
    assert items['a'].kind == 'number'


@given(
    st.dictionaries(
        NAMES, st.one_of(VALUES, st.integers(), st.booleans(), st.none()), max_size=8
    ),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_any_object_is_read_like_json_does(values, indent, ascii_only):
    """Test that the reader agrees with Python's on every object of plain values."""
    items = signing.parse_object(json.dumps(values, indent=indent, ensure_ascii=ascii_only))
    expected = {
        name: value if isinstance(value, str) else '' if value is None else json.dumps(value)
        for name, value in values.items()
    }
    assert {name: item.text for name, item in items.items()} == expected


@given(st.text(max_size=60))
def test_any_text_is_an_object_or_malformed(text):
    """Test that no text at all makes the reader fail in another way."""
    with contextlib.suppress(parsing.Malformed):
        signing.parse_object(text)


@pytest.mark.parametrize(
    'text',
    [
        '', '[]', '"a"', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a" 1}', '{a:1}',
        '{"a":1} x', '{"a":1}{"b":2}', '{"a":1,"a":2}', '{"g":{"a":1,"a":2}}', '{"a":NaN}',
        '{"a":Infinity}', '{"a":-Infinity}', '{"a b":1}', '{"":1}', "{'a':1}", '{"a":"\x00"}',
        '{"a":' + '[' * 100_000, '{"ä":1}', '{,"a":1}',
        '{' + ','.join(f'"f{n}":1' for n in range(101)) + '}',
    ],
)  # fmt: skip
def test_what_is_no_object_is_malformed(text):
    """Test that broken, doubled, nested and endless messages are refused."""
    with pytest.raises(parsing.Malformed):
        signing.parse_object(text)


def test_lone_surrogate_is_malformed():
    """Test that half a character cannot be signed."""
    items = signing.parse_object('{"a": "\\ud800"}')
    with pytest.raises(parsing.Malformed):
        parsing.encode_all({'a': items['a'].text}, 'utf-8')
