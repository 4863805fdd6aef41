# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's notices: believed when signed and well formed, refused otherwise."""

import json
from datetime import datetime, timezone
from urllib.parse import quote_from_bytes, quote_plus, urlencode

import pytest
from huishouyin_witness import APP, CREDENTIALS, KEY, MERCHANT, signature
from hypothesis import given, strategies as st

import gateways
from gateways.base import NoticeRejected, Outcome, Wallet

FORM = {'Content-Type': 'application/x-www-form-urlencoded'}
JSON = {'Content-Type': 'application/json'}


@pytest.fixture(scope='module')
def gateway():
    return gateways.get('huishouyin')(CREDENTIALS)


def fields(**changes):
    return {
        'version': '1.0', 'app_id': APP, 'mch_uid': MERCHANT, 'subject': '测试 tea&milk',
        'out_trade_no': 'SO1-1', 'hy_bill_no': 'HY1', 'channel_type': 'WX_NATIVE',
        'total_fee': '100', 'real_vol': '90', 'trade_status': 'Success',
        'time_end': '20190731154138', 'attach': '', 'meta_option': '', 'pay_option': '{"a":"1"}',
        **changes,
    }  # fmt: skip


def form(values, key=KEY, **options):
    return urlencode({**values, 'sign': signature(values, key, **options)}).encode()


def rejected(gateway, kind, headers, body):
    with pytest.raises(NoticeRejected) as caught:
        gateway.parse_notice(headers, body)
    assert caught.value.kind == kind, caught.value
    assert KEY not in str(caught.value)


# === GOOD ONES === #


def check(notice):
    payment = notice.payment
    assert notice.kind == 'payment'
    assert notice.currency == 'CNY'
    assert notice.merchant['app_id'] == APP
    assert notice.merchant['mch_uid'] == MERCHANT
    assert payment.outcome == Outcome.PAID
    assert (payment.out_trade_no, payment.gateway_trade_no) == ('SO1-1', 'HY1')
    assert (payment.amount, payment.payer_amount) == (100, 90)
    assert payment.wallet == Wallet.WECHAT_PAY
    assert payment.paid_at == datetime(2019, 7, 31, 7, 41, 38, tzinfo=timezone.utc)
    assert notice.raw['sign'] == '***'
    assert notice.raw['total_fee'] == '100'


def test_form_is_read(gateway):
    """Test that a form notice is verified and read: merchant amount, payer amount, time."""
    check(gateway.parse_notice(FORM, form(fields())))


def test_json_is_read(gateway):
    """Test that a JSON notice is verified and read."""
    values = {**fields(), 'sign': signature(fields())}
    check(gateway.parse_notice(JSON, json.dumps(values).encode()))


def test_json_numbers_are_signed_as_written(gateway):
    """Test that an amount may be a JSON number."""
    values = {**fields(), 'total_fee': 100, 'real_vol': 90, 'attach': None}
    values['sign'] = signature(fields())
    check(gateway.parse_notice(JSON, json.dumps(values, ensure_ascii=False).encode()))


@pytest.mark.parametrize('headers', [{}, {'content-type': 'text/plain'}, {'X': 'y'}])
def test_missing_or_wrong_content_type_is_seen_through(gateway, headers):
    """Test that a notice is read by what it is: the signature decides."""
    check(gateway.parse_notice(headers, form(fields())))
    values = {**fields(), 'sign': signature(fields())}
    check(gateway.parse_notice(headers, json.dumps(values).encode()))


def test_empty_fields_in_the_signature_are_accepted(gateway):
    """Test the other published form: empty values take part."""
    check(gateway.parse_notice(FORM, form(fields(), keep_empty=True)))


@pytest.mark.parametrize('signed_as', ['gbk', 'utf-8'])
@pytest.mark.parametrize('stated', ['header', 'field'])
def test_gbk_when_stated(gateway, signed_as, stated):
    """Test that a GBK form is read, whichever bytes were hashed."""
    values = fields(charset='GBK') if stated == 'field' else fields()
    values_and_sign = {**values, 'sign': signature(values, charset=signed_as)}
    body = '&'.join(
        f'{name}={quote_from_bytes(value.encode("gbk"), safe="")}'
        for name, value in values_and_sign.items()
    )
    headers = FORM if stated == 'field' else {'Content-Type': f'{FORM["Content-Type"]}; charset=gbk'}
    notice = gateway.parse_notice(headers, body.encode())
    check(notice)
    assert notice.raw['subject'] == '测试 tea&milk'


def test_gbk_that_is_not_stated_is_malformed(gateway):
    """Test that bytes of another character set are refused, not guessed at."""
    values = fields()
    body = '&'.join(
        f'{name}={quote_from_bytes(value.encode("gbk"))}'
        for name, value in {**values, 'sign': signature(values, charset='gbk')}.items()
    )
    rejected(gateway, 'malformed', FORM, body.encode())


@pytest.mark.parametrize(
    ('status', 'outcome'),
    [
        ('Success', Outcome.PAID), ('Failure', Outcome.REFUSED), ('Undeal', Outcome.WAITING),
        ('Unknow', Outcome.UNKNOWN), ('success', Outcome.UNKNOWN), ('', Outcome.UNKNOWN),
        ('1', Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_status_words(gateway, status, outcome):
    """Test that only the documented words mean something."""
    payment = gateway.parse_notice(FORM, form(fields(trade_status=status))).payment
    assert payment.outcome == outcome
    if outcome != Outcome.PAID:
        assert payment.paid_at is None
        assert payment.payer_amount is None


@given(st.integers(min_value=1, max_value=10**11))
def test_any_amount_is_read(fen):
    """Test that the merchant's amount arrives to the fen."""
    gateway = gateways.get('huishouyin')(CREDENTIALS)
    notice = gateway.parse_notice(FORM, form(fields(total_fee=str(fen))))
    assert notice.payment.amount == fen


@given(st.dictionaries(st.sampled_from(['attach', 'subject', 'meta_option']), st.text(
    st.characters(exclude_categories=['Cs']), max_size=30)))  # fmt: skip
def test_any_text_survives_the_encoding(changes):
    """Test that plus signs, percent signs and emoji verify."""
    gateway = gateways.get('huishouyin')(CREDENTIALS)
    assert gateway.parse_notice(FORM, form(fields(**changes))).payment.amount == 100


# === BAD ONES === #


def test_wrong_key_is_refused(gateway):
    """Test that a notice of somebody else is not believed."""
    rejected(gateway, 'signature', FORM, form(fields(), key='other'))


def test_unsigned_is_refused(gateway):
    """Test that a notice without a signature is not believed."""
    rejected(gateway, 'signature', FORM, urlencode(fields()).encode())
    rejected(gateway, 'signature', FORM, urlencode({**fields(), 'sign': ''}).encode())


@pytest.mark.parametrize(
    ('name', 'value'),
    [('total_fee', '1'), ('trade_status', 'Failure'), ('out_trade_no', 'SO2'), ('added', 'x')],
)
def test_changed_field_is_refused(gateway, name, value):
    """Test that nothing in a signed notice can be changed."""
    values = {**fields(), 'sign': signature(fields()), name: value}
    rejected(gateway, 'signature', FORM, urlencode(values).encode())


def test_doubled_field_is_malformed(gateway):
    """Test that a second total_fee is not a matter of which one is read."""
    body = form(fields())
    rejected(gateway, 'malformed', FORM, body + b'&total_fee=1')
    text = json.dumps({**fields(), 'sign': signature(fields())})
    rejected(gateway, 'malformed', JSON, text[:-1].encode() + b', "total_fee": "1"}')


def test_nested_value_is_malformed(gateway):
    """Test that a notice is flat."""
    for nested in ({'a': 1}, [1], [], {}):
        values = {**fields(), 'attach': nested}
        rejected(gateway, 'malformed', JSON, json.dumps(values).encode())


def test_oversized_body_is_malformed(gateway):
    """Test that a large body is refused before it is looked at."""
    rejected(gateway, 'malformed', FORM, form(fields(attach='x' * 70_000)))


@pytest.mark.parametrize('charset', ['latin-1', 'utf-16', 'x', 'utf-7', 'rot13'])
def test_other_character_set_is_malformed(gateway, charset):
    """Test that only the protocol's character sets are read."""
    headers = {'Content-Type': f'application/x-www-form-urlencoded; charset={charset}'}
    rejected(gateway, 'malformed', headers, form(fields()))


@pytest.mark.parametrize(
    'body',
    [
        b'', b'\x00\xff\xfe', b'hello', b'a', b'&', b'=', b'&&', b'a=1&&b=2', b'%zz=1', b'a=%zz',
        b'a=%', b'a=%8', b'a b=1', b'{', b'{}', b'[]', b'null', b'{"a":{}}', b'\xef\xbb\xbf',
        b'<xml></xml>', b'{"a":' + b'[' * 60_000, b'a=1&' * 200, b'sign=x', b'{"sign":1}',
        b'{"sign":"\\ud800"}', b'sign=%ff',
    ],
)  # fmt: skip
def test_garbage_is_refused(gateway, body):
    """Test that every kind of nonsense is an ordinary refusal."""
    for headers in ({}, FORM, JSON, {'Content-Type': 'application/json; charset=utf-16'}):
        with pytest.raises(NoticeRejected):
            gateway.parse_notice(headers, body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_refusal(body):
    """Test that no body makes the reader fail in another way."""
    gateway = gateways.get('huishouyin')(CREDENTIALS)
    for headers in ({}, FORM, JSON):
        with pytest.raises(NoticeRejected):
            gateway.parse_notice(headers, body)


def test_compressed_body_is_malformed(gateway):
    """Test that a body is not unpacked before it is verified."""
    rejected(gateway, 'malformed', {**FORM, 'Content-Encoding': 'gzip'}, form(fields()))


@pytest.mark.parametrize(
    'changes',
    [
        {'out_trade_no': ''}, {'total_fee': ''}, {'total_fee': '1.00'}, {'total_fee': '-1'},
        {'total_fee': '１００'}, {'total_fee': '1e2'}, {'real_vol': 'x'}, {'total_fee': '9' * 20},
    ],
)  # fmt: skip
def test_signed_notice_without_its_facts_is_malformed(gateway, changes):
    """Test that even a signed notice must say for which attempt and how much."""
    rejected(gateway, 'malformed', FORM, form(fields(**changes)))


def test_percent_encoding_is_undone_once(gateway):
    """Test that a value that looks encoded stays as it is."""
    values = fields(attach='a%2Bb+c')
    notice = gateway.parse_notice(FORM, form(values))
    assert notice.raw['attach'] == 'a%2Bb+c'
    assert quote_plus('a%2Bb+c').encode() in form(values)


def test_reply():
    """Test that the protocol's own words are answered."""
    gateway = gateways.get('huishouyin')(CREDENTIALS)
    assert gateway.notice_reply(True).body == b'success'
    assert gateway.notice_reply(True).status == 200
    assert gateway.notice_reply(False).body not in (b'ok', b'success')
