# Part of payment_cn_wallets. License LGPL-3.
"""What QQ Wallet's client believes: lost, forged, foreign and refusing answers."""

import pytest
from gateway_loopback import reset
from qq_wallet_witness import (
    CALLS,
    GOOD,
    KEY,
    LOST,
    NUMBERS,
    PAID,
    REFUNDED,
    a_refund,
    an_order,
    echo,
    failed,
    make,
    saying,
    signed,
    unsigned,
)

from gateways.base import Outcome, ReasonKind

every_call = pytest.mark.parametrize('name', CALLS)
moving = pytest.mark.parametrize('name', ['charge', 'refund', 'reverse', 'close'])
asking = pytest.mark.parametrize('name', ['query', 'query_refund'])


@pytest.fixture
def qq(server):
    """QQ Wallet's gateway, with the loopback server as its endpoint."""
    return make(server)


@every_call
@pytest.mark.parametrize('number', range(len(LOST)))
def test_lost_answer_is_unknown(server, qq, name, number):
    """Test that no answer, or one that can't be read, is never a refusal."""
    server.default = LOST[number]
    result = CALLS[name](qq)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.NO_ANSWER
    if name in ('order', 'charge'):
        assert len(server.requests) == 1


@pytest.mark.parametrize('name', ['query', 'query_refund', 'close', 'reverse', 'refund'])
def test_what_may_be_repeated_is(server, qq, name):
    """Test that a call that does the same twice is made again when the connection broke."""
    server.script = [reset, echo(**GOOD[name])]
    assert CALLS[name](qq).outcome != Outcome.UNKNOWN


@pytest.mark.parametrize('name', CALLS)
def test_nothing_was_sent(server, qq, name):
    """Test that an order or charge that never left holds no money; the rest says nothing."""
    server.stop()
    result = CALLS[name](qq)
    expected = Outcome.REFUSED if name in ('order', 'charge') else Outcome.UNKNOWN
    assert (result.outcome, result.reason.kind) == (expected, ReasonKind.NOT_SENT)


def good(name, key=KEY, **fields):
    numbers = NUMBERS.get(name, {'out_trade_no': 'SO1-1'})
    return signed(key, **{**numbers, **GOOD[name], **fields})


@every_call
def test_good_answer_counts(server, qq, name):
    """Test the answers that the tests below spoil."""
    server.default = saying(good(name))
    expected = {
        'order': Outcome.WAITING, 'refund': Outcome.WAITING, 'close': Outcome.REFUSED,
        'reverse': Outcome.REFUSED,
    }.get(name, Outcome.PAID)  # fmt: skip
    result = CALLS[name](qq)
    assert result.outcome == expected, result
    assert getattr(result, 'closed', False) == (name in ('close', 'reverse'))


@every_call
def test_bad_signature_is_unknown(server, qq, name):
    """Test that a good answer with somebody else's signature counts for nothing."""
    server.default = saying(good(name, key='other'))
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.kind) == (
        Outcome.UNKNOWN, ReasonKind.BAD_ANSWER_SIGNATURE,
    )  # fmt: skip


@every_call
def test_success_without_a_signature_is_unknown(server, qq, name):
    """Test that a success nobody signed counts for nothing."""
    answer = good(name)
    del answer['sign']
    server.default = saying(answer)
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.kind) == (
        Outcome.UNKNOWN, ReasonKind.BAD_ANSWER_SIGNATURE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ('name', 'field'),
    [
        *((name, field) for name in CALLS for field in ('mch_id', 'appid')),
        *((name, 'out_trade_no') for name in CALLS if name != 'query_refund'),
        ('refund', 'out_refund_no'),
    ],
)  # fmt: skip
def test_answer_to_another_question_is_unknown(server, qq, name, field):
    """Test that a signed answer for another merchant, order or refund is not taken."""
    server.default = saying(good(name, **{field: 'OTHER'}))
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.code) == (Outcome.UNKNOWN, 'mismatch')


@pytest.mark.parametrize(
    ('name', 'field'),
    [
        ('order', 'code_url'), ('charge', 'out_trade_no'), ('charge', 'trade_state'),
        ('charge', 'total_fee'), ('query', 'out_trade_no'), ('query', 'trade_state'),
        ('query', 'total_fee'), ('refund', 'out_refund_no'), ('query_refund', 'out_refund_no_1'),
        ('query_refund', 'refund_status_1'), ('query_refund', 'refund_fee_1'),
    ],
)  # fmt: skip
def test_answer_that_lacks_something_is_unknown(server, qq, name, field):
    """Test that an answer that does not say what it is about, or how much, is not taken."""
    server.default = saying(good(name, **{field: ''}))
    assert CALLS[name](qq).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize('missing', ['return_code', 'result_code', 'trade_state'])
@pytest.mark.parametrize('name', ['charge', 'query'])
def test_paid_needs_three_words(server, qq, name, missing):
    """Test that all three codes must be SUCCESS."""
    for value in ('', 'OK', 'success', 'FAIL'):
        server.default = saying(good(name, **{missing: value}))
        assert CALLS[name](qq).outcome == Outcome.UNKNOWN


def test_other_currency_is_unknown(server, qq):
    """Test that 100 of something else are not 100 fen."""
    server.default = saying(good('query', fee_type='HKD'))
    assert qq.query('SO1-1').outcome == Outcome.UNKNOWN


def test_refund_of_another_amount_is_unknown(server, qq):
    """Test that the gateway must have understood the amount."""
    server.default = saying(good('refund', refund_fee='41'))
    result = qq.refund(a_refund())
    assert (result.outcome, result.amount) == (Outcome.UNKNOWN, 41)


# === STATES === #

STATES = [
    ('SUCCESS', Outcome.PAID, False), ('REFUND', Outcome.PAID, False),
    ('REVOKED', Outcome.REFUSED, True), ('CLOSED', Outcome.REFUSED, True),
    ('USERPAYING', Outcome.WAITING, False), ('NOTPAY', Outcome.WAITING, False),
    ('PAYERROR', Outcome.REFUSED, False), ('SOMETHING', Outcome.UNKNOWN, False),
]  # fmt: skip


@pytest.mark.parametrize(('state', 'outcome', 'closed'), STATES)
def test_states(server, qq, state, outcome, closed):
    """Test what each trade_state means."""
    server.default = saying(good('query', trade_state=state))
    result = qq.query('SO1-1')
    assert (result.outcome, result.closed) == (outcome, closed)
    assert result.refunded == (state == 'REFUND')
    assert (result.payer_amount is not None) == (outcome == Outcome.PAID)


@pytest.mark.parametrize(
    ('status', 'outcome', 'kind'),
    [
        ('SUCCESS', Outcome.PAID, None), ('PROCESSING', Outcome.WAITING, None),
        ('FAIL', Outcome.REFUSED, ReasonKind.DECLINED), ('NOTPAY', Outcome.UNKNOWN, ReasonKind.OTHER),
        ('CHANGE', Outcome.REFUSED, ReasonKind.DECLINED),
        ('NOTSURE', Outcome.UNKNOWN, ReasonKind.NOT_FOUND),
    ],
)  # fmt: skip
def test_refund_states(server, qq, status, outcome, kind):
    """Test what each refund_status means, in the item that is ours."""
    server.default = saying(good('query_refund', refund_status_1=status))
    result = qq.query_refund('R1')
    assert (result.outcome, result.reason and result.reason.kind) == (outcome, kind)
    assert (result.amount, result.gateway_refund_no) == (40, 'QR1')
    assert '6217' not in repr(result.raw)


def test_refund_query_by_the_gateways_number(server, qq):
    """Test that an answer without our number is not taken even then."""
    server.default = saying(signed(**{**REFUNDED, 'out_refund_no_1': 'OTHER'}))
    assert qq.query_refund('R1', gateway_refund_no='QR1').outcome == Outcome.UNKNOWN
    server.default = saying(signed(**{**REFUNDED, 'out_trade_no': 'OTHER'}))
    assert qq.query_refund('R1', out_trade_no='SO1-1').outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    'answer',
    [
        failed('USERPAYING', '需要用户输入支付密码'), failed('', trade_state='USERPAYING'),
        signed(out_trade_no='POS1-1', trade_state='USERPAYING'),
    ],
)  # fmt: skip
def test_user_paying_is_waiting(server, qq, answer):
    """Test that a payer who types the password is no failure, however it is put."""
    server.default = saying(answer)
    assert CALLS['charge'](qq).outcome == Outcome.WAITING


def test_unsigned_user_paying_is_unknown(server, qq):
    """Test that even this is not taken from anybody."""
    server.default = saying(unsigned('x', err_code='USERPAYING'))
    assert CALLS['charge'](qq).outcome == Outcome.UNKNOWN


# === ERRORS === #

REFUSING = {
    'AUTHCODEEXPIRE': ReasonKind.BAD_CODE, 'AUTH_CODE_ERROR': ReasonKind.BAD_CODE,
    'AUTH_CODE_INVALID': ReasonKind.BAD_CODE, 'NOTENOUGH': ReasonKind.DECLINED,
    'NOTSUPORTCARD': ReasonKind.DECLINED, 'PARAM_ERROR': ReasonKind.PARAMETER,
    'LACK_PARAMS': ReasonKind.PARAMETER, 'XML_FORMAT_ERROR': ReasonKind.PARAMETER,
    'NOT_UTF8': ReasonKind.PARAMETER, 'SIGNERROR': ReasonKind.BAD_KEY,
    'NOAUTH': ReasonKind.NOT_ENABLED, 'MCHID_NOT_EXIST': ReasonKind.UNKNOWN_APP,
    'APPID_MCHID_NOT_MATCH': ReasonKind.UNKNOWN_APP,
}  # fmt: skip
DOUBTING = {
    'SYSTEMERROR': ReasonKind.SYSTEM, 'OUT_TRADE_NO_USED': ReasonKind.DUPLICATE,
    'ORDERPAID': ReasonKind.DUPLICATE, 'ORDERNOTEXIST': ReasonKind.NOT_FOUND,
}  # fmt: skip


@pytest.mark.parametrize('code', REFUSING)
@pytest.mark.parametrize('name', ['order', 'charge'])
def test_signed_refusal_is_certain(server, qq, name, code):
    """Test that the gateway's own signed refusal with a listed code ends an attempt."""
    server.default = saying(failed(code, '失败'))
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, REFUSING[code])


@pytest.mark.parametrize('code', DOUBTING)
@pytest.mark.parametrize('name', ['order', 'charge', 'refund', 'reverse'])
def test_code_that_says_nothing_about_the_money(server, qq, name, code):
    """Test that "system error" and "that number was used" end nothing."""
    server.default = saying(failed(code, '失败'))
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, DOUBTING[code])


@pytest.mark.parametrize('code', ['ORDERCLOSED', 'ORDERREVERSED'])
@pytest.mark.parametrize('name', ['order', 'charge', 'close', 'reverse'])
def test_closed_already(server, qq, name, code):
    """Test that an attempt that is closed holds no money, whoever closed it."""
    server.default = saying(failed(code))
    result = CALLS[name](qq)
    assert (result.outcome, result.closed) == (Outcome.REFUSED, True)


@moving
@pytest.mark.parametrize('code', ['66210012', '', '0', 'BANKERROR'])
def test_code_not_listed_is_unknown(server, qq, name, code):
    """Test that a refusal with a code of no document does not end a money-moving call."""
    server.default = saying(failed(code, '通道异常'))
    assert CALLS[name](qq).outcome == Outcome.UNKNOWN


@moving
@pytest.mark.parametrize('code', ['', *REFUSING, 'ORDERCLOSED', 'ORDERREVERSED'])
def test_unsigned_refusal_is_not_believed_where_money_moves(server, qq, name, code):
    """Test that whatever stands in front of the gateway cannot turn unknown into refused."""
    server.default = saying(unsigned('签名错误', err_code=code))
    result = CALLS[name](qq)
    assert result.outcome == Outcome.UNKNOWN
    assert not getattr(result, 'closed', False)


def test_unsigned_refusal_of_an_order_is_believed(server, qq):
    """Test that a shopper need not wait when no code was handed out."""
    server.default = saying(unsigned('参数错误'))
    assert qq.order(an_order()).outcome == Outcome.REFUSED


@asking
@pytest.mark.parametrize('code', [*REFUSING, 'ORDERCLOSED', 'NONE'])
def test_refused_query_says_nothing_about_the_money(server, qq, name, code):
    """Test that a query with, say, a wrong key does not end the attempt."""
    server.default = saying(failed(code))
    assert CALLS[name](qq).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    'answer',
    [failed('ORDERNOTEXIST'), failed('66220004', '订单不存在'), unsigned('该订单不存在'),
     failed('', 'order not found'), failed('REFUNDNOTEXIST')],
)  # fmt: skip
@asking
def test_not_known_is_not_found_and_unknown(server, qq, name, answer):
    """Test that what the gateway does not know may still arrive."""
    server.default = saying(answer)
    result = CALLS[name](qq)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_close_of_a_paid_order_tells_the_amount(server, qq):
    """Test that "paid already" is followed by a query."""
    server.script = [saying(failed('ORDERPAID')), echo(**PAID)]
    result = qq.close('SO1-1')
    assert (result.outcome, result.amount) == (Outcome.PAID, 100)
    server.script = [saying(failed('ORDERPAID')), reset, reset]
    assert qq.close('SO1-1').outcome == Outcome.UNKNOWN


def test_reverse_that_wants_to_be_called_again(server, qq):
    """Test that `recall` leaves it open."""
    server.default = echo(recall='Y')
    result = qq.reverse('POS1-1')
    assert (result.outcome, result.closed, result.reason.code) == (Outcome.UNKNOWN, False, 'recall')


@pytest.mark.parametrize('name', ['reverse', 'refund'])
def test_refused_at_the_door_of_the_certificate_host(server, qq, name):
    """Test that a 403 there tells what it usually means."""
    server.default = LOST[12]
    result = CALLS[name](qq)
    assert 'client certificate' in result.reason.message


# === REFUNDS === #


def test_refused_refund_is_checked(server, qq):
    """Test that a refusal counts once the gateway says that it has no such refund."""
    server.script = [saying(failed('NOTENOUGH')), saying(failed('REFUNDNOTEXIST'))]
    result = qq.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.MERCHANT_BALANCE)


def test_refused_retry_of_a_refund_finds_the_first(server, qq):
    """Test that "nothing left to refund" on a retry shows the refund that worked."""
    server.script = [saying(failed('PARAM_ERROR')), saying(signed(**REFUNDED))]
    result = qq.refund(a_refund())
    assert (result.outcome, result.amount) == (Outcome.PAID, 40)


@pytest.mark.parametrize('second', [saying(failed('SIGNERROR')), LOST[9], saying(signed())])
def test_refusal_of_a_refund_that_cannot_be_checked_is_unknown(server, qq, second):
    """Test that without that second answer a refusal is not certain."""
    server.script = [saying(failed('PARAM_ERROR')), second]
    assert qq.refund(a_refund()).outcome == Outcome.UNKNOWN


def test_record_holds_no_secret(server, qq):
    """Test that what is kept of an answer is masked."""
    server.default = echo(**PAID)
    result = qq.query('SO1-1')
    assert result.raw['sign'] == '***'
    assert PAID['openid'] not in repr(result.raw)
