# Part of payment_cn_wallets. License LGPL-3.
"""Times, text, masking, payment codes, registry."""

import ast
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

import gateways
from gateways import masking, payment_codes, text, times
from gateways.base import (
    Gateway,
    Operation,
    Outcome,
    Reason,
    ReasonKind,
    Scene,
    UnsupportedOperation,
    Wallet,
)
from gateways.payment_codes import CodeRow, recognise
from gateways.responses import VerifiedResponse

# === TIMES === #


@pytest.mark.parametrize(
    'written',
    [
        '20190731154138', '2019-07-31 154138', '2019-07-31 15:41:38', '2019-07-31 15：41：38',
        '2019/7/31 15:41:38', '2019-07-31T15:41:38', ' 2019-07-31 15:41:38 ',
        '２０１９-07-31 15:41:38', '2019-07-31 15:41:38.123',
    ],
)  # fmt: skip
def test_every_way_to_write_a_time_is_read(written):
    """Test that all forms that occur in the documents mean the same moment, in Beijing time."""
    assert times.parse(written) == datetime(2019, 7, 31, 7, 41, 38, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    'written', ['', None, '20190231000000', '2019-07-31', '20190731 15:41', '0', 'x' * 99, '1' * 13]
)
def test_what_is_no_time_is_none(written):
    """Test that a time that can't be read is left out rather than guessed."""
    assert times.parse(written) is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)))
def test_stamp_is_read_back(moment):
    """Test that a time survives being written and read."""
    assert times.parse(times.stamp(moment)) == moment.replace(microsecond=0)


def test_stamp_is_beijing_time():
    """Test that midnight in London is eight o'clock for the gateway."""
    assert times.stamp(datetime(2024, 1, 1, tzinfo=timezone.utc)) == '20240101080000'
    assert times.now().utcoffset() == timedelta(hours=8)
    with pytest.raises(ValueError, match='time zone'):
        times.stamp(datetime(2024, 1, 1))


# === TEXT === #


@given(st.text(), st.integers(min_value=0, max_value=60))
def test_cut_text_fits_and_is_whole(value, limit):
    """Test that a cut text fits in bytes, has no control character, and can be encoded."""
    result = text.cut(value, limit)
    assert len(result.encode()) <= limit
    assert not any(ord(char) < 32 or ord(char) == 127 for char in result)
    assert text.clean(value).startswith(result)


def test_cut_breaks_no_character():
    """Test that a cut falls between characters that a person sees."""
    assert text.cut("测试", 5) == "测"
    assert text.cut("cafe\u0301s", 5) == "caf"  # e with an accent drawn onto it
    family = "👩\u200d👧"
    assert text.cut(f"ab{family}", 8) == "ab"


@given(st.text(max_size=300), st.text(max_size=40), st.integers(min_value=64, max_value=256))
def test_title_fits_and_keeps_the_number(name, number, limit):
    """Test that a bill's title ends with the whole number of the document, however long the name."""
    result = text.title(name, number, limit)
    assert len(result.encode('utf-8', 'replace')) <= limit
    whole = text.clean(number)
    if len(whole.encode()) <= limit:
        assert result.endswith(whole)


def test_title_of_a_long_name():
    """Test a company of forty letters, and names of emoji, new ones too."""
    name = '上海市浦东新区陆家嘴金融贸易区世纪大道一百号环球金融中心龙井茶叶有限责任公司零售部'
    assert len(name) >= 40
    assert text.title(name, 'S00012', 128).endswith(' S00012')
    assert text.title(name, 'S00012', 128).startswith('上海市浦东新区')
    assert text.title('🫨🍵', 'S1', 128) == '🫨🍵 S1'  # the first one is newer than Python 3.11
    assert text.title('🍵', 'S1', 128, lambda value: value.replace('🍵', '')) == '＊ S1'
    assert text.title('', 'S1', 128) == 'S1'
    assert text.title('Tea', '', 128) == 'Tea'


def test_clean_replaces_control_characters():
    """Test that line ends and direction overrides don't reach the payer's phone."""
    assert text.clean("Tea\r\nset \x00\u202e1\ud800") == "Tea set 1"
    assert text.clean("  Tea \u3000 set\u00a0") == text.clean(" Tea  set ") == "Tea set"


@given(st.text(st.characters(categories=('L', 'N', 'P', 'S', 'M', 'Zs', 'Co', 'Cn', 'Cc'))))
def test_clean_text_stays_as_it_is(value):
    """Test that cleaning changes nothing that is clean, and leaves no run of blanks."""
    result = text.clean(value)
    assert text.clean(result) == result
    assert '  ' not in result
    assert result == result.strip()


@given(st.text(st.characters(exclude_categories=('Cs',))))
def test_percent_encoding(value):
    """Test that it is the one that everybody has."""
    assert text.percent(value) == quote(value, safe='')


@pytest.mark.parametrize('number', ['', 'a b', 'ä', 'x' * 65, 'a\n', '订单1'])
def test_bad_order_number_is_refused(number):
    """Test that an order number that a gateway would choke on is an error here."""
    with pytest.raises(ValueError, match='out_trade_no'):
        text.check_number('out_trade_no', number, 64)


# === MASKING === #


def test_secrets_are_masked_everywhere():
    """Test that no secret survives, however deep and in JSON inside JSON."""
    secret = 'ABCDEFGH12345678'
    masked = masking.mask({
        'sign': secret,
        'auth_bar_code': secret,
        'rows': [{'key': secret, 'fee': 1}],
        'biz_content': json.dumps({'authCode': secret, 'pay_option': json.dumps({'key': secret})}),
        'total_fee': '100',
    })
    assert secret not in json.dumps(masked)
    assert masked['total_fee'] == '100'
    assert masked['rows'][0]['fee'] == 1


def test_personal_numbers_keep_their_end():
    """Test that support can compare a payer without the record telling who it is."""
    assert masking.mask({'open_id': 'o2h5O5V3XZJ5ghOYokUuxfeJJr8s'}) == {'open_id': '***Jr8s'}
    assert masking.mask({'openid': 'short'}) == {'openid': '***'}


def test_names_are_recognised_however_they_are_written():
    """Test separators and case, and that a name too long to be remembered is still looked at."""
    for name in ('sign', 'SIGN', '_si-gn_', '_' * 100 + 'sign'):
        assert masking.mask({name: 'x'}) == {name: '***'}
    assert masking.mask({'s' * 100: 'x', 'signs': 1, 'sign': 5}) == {'s' * 100: 'x', 'signs': 1, 'sign': '***'}


def test_text_that_is_no_json_is_masked():
    """Test that pairs in a broken message are masked too."""
    masked = masking.mask_text('{"sign": "ABC123", "x": 1&auth_code=134500000000000000&a=b')
    assert 'ABC123' not in masked
    assert '1345' not in masked
    assert 'a=b' in masked


def test_deep_nesting_ends():
    """Test that a nested bomb neither recurses for ever nor is kept."""
    deep = value = {}
    for _level in range(50):
        value['a'] = value = {}
    assert '***' in json.dumps(masking.mask(deep))
    assert masking.mask({'x': '[' * 10_000})


# === PAYMENT CODES === #


@pytest.mark.parametrize(
    ('code', 'wallet'),
    [
        ('134567890123456789', Wallet.WECHAT_PAY),
        ('100000000000000000', Wallet.WECHAT_PAY),
        ('159999999999999999', Wallet.WECHAT_PAY),
        ('2512345678901234', Wallet.ALIPAY),
        ('281234567890123456', Wallet.ALIPAY),
        ('301234567890123456789012', Wallet.ALIPAY),
        ('910783818928826810', Wallet.QQ_WALLET),
        ('910695025068954030', Wallet.QQ_WALLET),
        ('910029319873192312', Wallet.QQ_WALLET),
        ('181234567890123456', Wallet.JD_PAY),
        ('6212345678901234567', Wallet.UNIONPAY),
        (' 134567890123456789\r\n', Wallet.WECHAT_PAY),
        ('1345 6789 0123 4567 89', Wallet.WECHAT_PAY),
    ],
)
def test_code_is_recognised(code, wallet):
    """Test that each wallet's codes are told apart, also as a scanner sends them."""
    assert recognise(code) == wallet


@pytest.mark.parametrize(
    'code',
    [
        '', '13456789012345678', '1345678901234567890', '160000000000000000', '311234567890123456',
        '13456789012345678x', '１３４５６７８９０１２３４５６７８９', '1345678901234567-8', 'fp' + '0' * 33, None,
        '6901234567892', '62123456789012345', '1' * 100,
    ],
)  # fmt: skip
def test_what_is_no_payment_code_is_refused(code):
    """Test that goods, other numbers and other writings of digits belong to no wallet."""
    assert recognise(code) is None


def test_unionpay_form_goes_to_jd_only_without_unionpay():
    """Test that 62 codes are UnionPay's unless the shop takes JD Pay and no UnionPay."""
    code = '6212345678901234567'
    assert recognise(code, wallets={Wallet.JD_PAY, Wallet.UNIONPAY}) == Wallet.UNIONPAY
    assert recognise(code, wallets={Wallet.JD_PAY}) == Wallet.JD_PAY
    assert recognise(code, wallets={Wallet.WECHAT_PAY}) is None


def test_longer_prefix_wins():
    """Test that a row for part of a range beats the row for the range."""
    rows = [*payment_codes.SHIPPED, CodeRow(Wallet.QQ_WALLET, '1399', '1399', 18, 18)]
    assert recognise('139912345678901234', rows) == Wallet.QQ_WALLET
    assert recognise('139812345678901234', rows) == Wallet.WECHAT_PAY


@pytest.mark.parametrize(
    'row', [('1', '22', 18, 18), ('15', '10', 18, 18), ('a', 'b', 18, 18), ('10', '15', 18, 16)]
)
def test_senseless_row_is_refused(row):
    """Test that an administrator's row is checked."""
    with pytest.raises(ValueError):  # noqa: PT011
        CodeRow(Wallet.ALIPAY, *row)


def test_every_shipped_row_has_evidence():
    """Test that nobody ships a range without saying where it comes from."""
    assert all(row.evidence for row in payment_codes.SHIPPED)


# === REGISTRY === #


def test_registry_knows_its_gateways():
    """Test that each code leads to a class that says what it is."""
    assert 'huishouyin' in gateways.codes()
    for code in gateways.codes():
        gateway = gateways.get(code)
        assert issubclass(gateway, Gateway)
        assert gateway.code == code
        assert gateway.credential_fields
        assert gateway.channels
    with pytest.raises(KeyError):
        gateways.get('paypal')


def test_missing_credentials_are_named():
    """Test that a gateway without its credentials cannot be made."""
    gateway = gateways.get('huishouyin')
    assert gateway.missing_credentials({'app_id': 'a', 'key': ' '}) == ['mch_uid', 'key']
    with pytest.raises(ValueError, match='mch_uid, key'):
        gateway({'app_id': 'a'})


def test_unsupported_things_are_clear_errors():
    """Test that asking for what a gateway lacks is never a silent no-op."""
    gateway = gateways.get('huishouyin')({'app_id': 'a', 'mch_uid': 'm', 'key': 'k'})
    with pytest.raises(UnsupportedOperation, match='close'):
        gateway.close('X1')
    with pytest.raises(UnsupportedOperation, match='reverse'):
        gateway.reverse('X1')
    assert not gateway.supports(Operation.CLOSE)
    assert gateway.supports(Operation.CHARGE, Wallet.ALIPAY, Scene.CODE)
    assert not gateway.supports(wallet=Wallet.QQ_WALLET, scene=Scene.CODE)
    with pytest.raises(UnsupportedOperation, match='qq_wallet / code'):
        gateway.require(wallet=Wallet.QQ_WALLET, scene=Scene.CODE)


def test_package_imports_nothing_of_odoo_or_the_sandbox():
    """Test that the arrows between the rooms run one way."""
    root = Path(gateways.__file__).parent
    for path in root.rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                assert name.split('.')[0] not in ('odoo', 'sandbox', 'models'), path
                if 'tests' not in path.parts:
                    assert name.split('.')[0] != 'gateways', f"{path}: absolute import"


# === WHAT IS PASTED === #


@pytest.mark.parametrize(
    'written',
    [
        'wx1234', ' wx1234\n', '"wx1234"', "'wx1234' ", '“wx1234”', '`wx1234`', '\u200bwx1234',
        'wx12\u200b34', '\ufeffwx1234\u00a0', 'wx1234\u3000', '\u202awx1234\u202c', '"\u2060wx1234 "',
    ],
)
def test_pasted_credentials(written):
    """Test that what nobody sees, and quotes around it, are no part of a credential."""
    assert text.pasted(written) == 'wx1234'
    gateway = gateways.get('huishouyin')({'app_id': written, 'mch_uid': 'm', 'key': 'k'})
    assert gateway.credentials['app_id'] == 'wx1234'


def test_what_was_meant_stays():
    """Test that quotes inside, or on one side only, are somebody's own."""
    for meant in ('a"b', '"a', "a'", '“a', 'a b', '测试', '"', '""'[:1]):
        assert text.pasted(meant) == meant


def test_blank_inside_is_named():
    """Test that a blank in a number that has none is told, with the field that has it."""
    gateway = gateways.get('huishouyin')
    found = gateway.credential_problems(
        {'app_id': 'hyp 12', 'mch_uid': '47072\n01974600', 'key': 'k'}, datetime.now(times.BEIJING)
    )
    assert {name: problem.kind for name, problem in found.items()} == {
        'app_id': 'value', 'mch_uid': 'value',
    }


# === REFUNDS === #


@pytest.mark.parametrize(
    ('code', 'message'),
    [
        ('NOT_ENOUGH', '基本账户余额不足，请充值后重新发起'), ('NOTENOUGH', ''),
        ('ACQ.SELLER_BALANCE_NOT_ENOUGH', '卖家余额不足'), ('ACCOUNT_BALANCE_NOT_ENOUGH', ''),
        ('E0002', '商户余额不足'), ('E0002', 'insufficient balance'),
    ],
)
def test_refund_for_which_the_merchant_lacks_money(code, message):
    """Test that the words for a payer's empty wallet mean the merchant's account in a refund."""
    declined = Reason(ReasonKind.DECLINED, code, message)
    result = VerifiedResponse(reason=declined).as_refund('R1', Outcome.REFUSED)
    assert result.reason.kind == ReasonKind.MERCHANT_BALANCE
    assert (result.reason.code, result.reason.message) == (code, message)
    assert VerifiedResponse(reason=declined).as_payment('T1').reason.kind == ReasonKind.DECLINED
    other = Reason(ReasonKind.DECLINED, 'TRADE_NOT_ALLOW_REFUND', '')
    assert VerifiedResponse(reason=other).as_refund('R1').reason == other
