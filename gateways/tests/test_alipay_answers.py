# Part of payment_cn_wallets. License LGPL-3.
"""What Alipay's gateway makes of answers and bills that a server scripts."""

import pytest
from alipay_sandbox import a_charge, a_refund, an_order
from alipay_witness import credentials, failure, make, node, success
from gateway_loopback import answering
from hypothesis import given, strategies as st

from gateways import times
from gateways.alipay import Alipay, responses, statement
from gateways.base import CallFailed, Outcome, ReasonKind

PAY, QUERY = 'alipay.trade.pay', 'alipay.trade.query'
CODE = '280000000000000000'

# === ANSWERS === #

GOOD = {'out_trade_no': 'A1', 'trade_no': '2' * 28, 'total_amount': '12.34'}


def charge_with(server, body, **options):
    server.script = [answering(body, **options)]
    return make(server).charge(a_charge(CODE, out_trade_no='A1'))


@pytest.mark.parametrize(
    'body',
    [
        b'', b'{}', b'[]', b'null', b'<html>', b'\xff\xfe', b'{"alipay_trade_pay_response":1}',
        b'{"alipay_trade_pay_response":{"code":"10000"}', b'{"alipay_trade_pay_response":{}}',
        b'{"alipay_trade_pay_response":"abc","sign":"x"}', b'[' * 5000,
        b'{"alipay_trade_pay_response":' + b'{"a":' * 3000,
        success(QUERY, **GOOD),  # an answer to another method
        success(PAY, **GOOD) + b' x',
        success(PAY, **GOOD)[:-1] + b',"error_response":{"code":"40004"}}',
        success(PAY, **{**GOOD, 'out_trade_no': 'B1'}),  # another order's
        success(PAY, out_trade_no='A1', trade_no='2' * 28),  # no amount
        success(PAY, **{**GOOD, 'total_amount': '12.345'}),
        success(PAY, **{**GOOD, 'total_amount': 12.34}).replace(b'12.34', b'NaN'),
        success(PAY, trade_no='2' * 28, total_amount='12.34'),  # no number
        node(PAY, code='10000 '), node(PAY, code='99999', sub_code='ACQ.NEVER_HEARD_OF'),
        failure(PAY, 'ACQ.NEVER_HEARD_OF'), failure(PAY, 'ACQ.SYSTEM_ERROR'),
        failure(PAY, 'aop.unknow-error', code='20000'), failure(PAY, 'ACQ.TRADE_HAS_SUCCESS'),
        failure(PAY, 'ACQ.CONTEXT_INCONSISTENT'), failure(PAY, 'ACQ.PAYMENT_FAIL'),
        failure(PAY, ''), failure(PAY, 'ACQ.TRADE_STATUS_ERROR'),
    ],
)
def test_answers_that_tell_nothing(server, body):
    """Test that a charge with such an answer is unknown, never refused and never paid."""
    result = charge_with(server, body)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason
    assert len(server.requests) == 1


@given(st.binary(max_size=200))
def test_any_bytes(body):
    """Test that no answer makes the reading of it fail in another way."""
    from gateways.transport import Answer

    said = responses.verify(Answer(200, {}, body), PAY, lambda _serial: [])
    assert said.reason
    assert not said.fields


@pytest.mark.parametrize(
    ('sub_code', 'code', 'kind'),
    [
        ('ACQ.PAYMENT_AUTH_CODE_INVALID', '40004', ReasonKind.BAD_CODE),
        ('ACQ.BUYER_BALANCE_NOT_ENOUGH', '40004', ReasonKind.DECLINED),
        ('ACQ.TRADE_HAS_CLOSE', '40004', ReasonKind.EXPIRED),
        ('ACQ.MERCHANT_STATUS_NOT_NORMAL', '40004', ReasonKind.NOT_ENABLED),
        ('ACQ.INVALID_PARAMETER', '40004', ReasonKind.PARAMETER),
        ('isv.invalid-signature', '40002', ReasonKind.BAD_KEY),
        ('isv.missing-signature-key', '40001', ReasonKind.BAD_KEY),
        ('isv.invalid-timestamp', '40002', ReasonKind.CLOCK),
        ('isv.insufficient-isv-permissions', '40006', ReasonKind.NOT_ENABLED),
        ('aop.invalid-auth-token', '20001', ReasonKind.NOT_ENABLED),
        ('isv.app-call-limited', '40005', ReasonKind.SYSTEM),
    ],
)
def test_refusals(server, sub_code, code, kind):
    """Test that a signed refusal is one, with its meaning."""
    result = charge_with(server, failure(PAY, sub_code, code))
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, kind)
    assert result.reason.code == sub_code


def test_what_is_kept_of_an_answer(server):
    """Test that personal numbers are masked in what is stored."""
    body = success(PAY, **GOOD, buyer_user_id='2088000000000777', buyer_logon_id='138****1234')
    raw = charge_with(server, body).raw
    assert raw['buyer_user_id'] == '***0777'
    assert 'sign' not in raw


def test_late_close_of_a_precreate(server):
    """Test a refused close whose query fails: nothing is known."""
    server.script = [
        answering(failure('alipay.trade.close', 'ACQ.REASON_TRADE_STATUS_INVALID')),
        answering(failure(QUERY, 'ACQ.SYSTEM_ERROR')),
    ]
    assert make(server).close('A1').outcome == Outcome.UNKNOWN


def test_cancel_that_asks_for_a_repetition(server):
    """Test `retry_flag`."""
    server.script = [answering(success(
        'alipay.trade.cancel', out_trade_no='A1', retry_flag='Y', action='close'
    ))]
    assert make(server).reverse('A1').outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    'body',
    [
        node('alipay.trade.cancel'), success('alipay.trade.cancel', action='close'),
        node('alipay.trade.cancel', code='10003', out_trade_no='A1', action='close'),
        success('alipay.trade.cancel', out_trade_no='B1', action='close'),
        failure('alipay.trade.cancel', 'ACQ.SYSTEM_ERROR'),
        failure('alipay.trade.cancel', 'aop.ACQ.SYSTEM_ERROR', code='20000'),
    ],
)
def test_cancels_that_tell_nothing(server, body):
    """Test that a cancel counts only when it says so for this order."""
    server.default = answering(body)
    assert make(server).reverse('A1').outcome == Outcome.UNKNOWN


def test_unsigned_word_that_there_is_no_trade(server):
    """Test that it is not taken for one: attempts are ended by it."""
    body = b'{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}'
    server.script = [answering(body)]
    result = make(server).query('A1')
    assert (result.outcome, result.reason.kind) == (
        Outcome.UNKNOWN, ReasonKind.BAD_ANSWER_SIGNATURE
    )


@pytest.mark.parametrize(
    'fields_', [
        {}, {'refund_amount': '1.00', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R1', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R2', 'refund_amount': '1.00', 'refund_status': 'REFUND_SUCCESS'},
        {'out_request_no': 'R1', 'refund_amount': '1.00', 'refund_status': 'NEVER_HEARD_OF'},
        {'out_request_no': 'R1', 'refund_amount': '1.00'},
    ],
)
def test_refund_queries_that_tell_nothing(server, fields_):
    """Test that money went back only where all of it is said."""
    server.script = [answering(success('alipay.trade.fastpay.refund.query', **fields_))]
    assert make(server).query_refund('R1', out_trade_no='A1').outcome == Outcome.UNKNOWN


def test_refund_amount_is_not_the_sum(server):
    """Test that `refund_fee`, the sum of all refunds, is not taken for this one's amount."""
    request = a_refund(an_order(out_trade_no='A1'), amount=234)
    server.script = [answering(success(
        'alipay.trade.refund', out_trade_no='A1', fund_change='Y', refund_fee='12.34'
    ))]
    result = make(server).refund(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 234)


def test_refused_refund_whose_query_fails(server):
    """Test that an earlier call with the number is not forgotten."""
    server.script = [
        answering(failure('alipay.trade.refund', 'ACQ.SELLER_BALANCE_NOT_ENOUGH')),
        answering(b'nothing'),
    ]
    result = make(server).refund(a_refund(an_order(out_trade_no='A1')))
    assert result.outcome == Outcome.UNKNOWN


def test_refund_query_wants_the_order():
    """Test that a refund's number alone is not enough here."""
    with pytest.raises(ValueError, match='out_trade_no'):
        Alipay(credentials()).query_refund('R1')


# === BILL === #


@pytest.mark.parametrize(
    'url',
    [
        'http://evil.example/x', 'http://alipay.com.evil.example/x', 'ftp://x.alipay.com/',
        'http://user@dwbillcenter.alipay.com/x', 'http://127.0.0.1/x', '/x',
        'http://dwbillcenter.alipay.com:8080/x', 'http://evilalipay.com/x',
    ],
)
def test_bill_from_elsewhere(url):
    """Test that a bill is fetched from Alipay only."""
    with pytest.raises(ValueError, match='Alipay'):
        statement.address(url, local=False)


def test_bill_is_fetched_encrypted():
    """Test that the plain address of version 1.0 is fetched with https."""
    url = 'http://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade&token=a%2Bb'
    assert statement.address(url, local=False) == 'https' + url.removeprefix('http')


@pytest.mark.parametrize('content', [b'', b'PK', b'<html>', b'PK\x05\x06' + bytes(10)])
def test_bill_that_is_none(server, content):
    """Test that what is no ZIP is no bill."""
    method = 'alipay.data.dataservice.bill.downloadurl.query'
    server.script = [
        answering(success(method, bill_download_url=f'{server.url}/bill')), answering(content),
    ]
    with pytest.raises(CallFailed) as failed:
        make(server).statement(times.now().date())
    assert failed.value.reason.kind == ReasonKind.NO_ANSWER


def test_bill_that_is_too_large(monkeypatch):
    """Test that an archive is not unpacked beyond a limit, whatever it announces."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.csv', bytes(3_000_000))
    monkeypatch.setattr(statement, 'MAX_CONTENT', 1_000_000)
    with pytest.raises(ValueError, match='too large'):
        statement.members(out.getvalue())
