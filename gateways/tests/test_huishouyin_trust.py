# Part of payment_cn_wallets. License LGPL-3.
"""What Huishouyin's client believes: lost, forged, foreign and refusing answers."""

import pytest
from gateway_loopback import answering, reset
from huishouyin_witness import (
    CALLS,
    GOOD,
    KEY,
    LOST,
    REFUND,
    a_refund,
    an_order,
    echo,
    failed,
    signed,
    unsigned,
)

from gateways.base import Outcome, ReasonKind

every_call = pytest.mark.parametrize('name', CALLS)
moving = pytest.mark.parametrize('name', ['charge', 'refund'])


@every_call
@pytest.mark.parametrize('number', range(len(LOST)))
def test_lost_answer_is_unknown(server, gateway, name, number):
    """Test that no answer, or one that can't be read, is never a refusal."""
    server.default = LOST[number]
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.NO_ANSWER
    if name in ('order', 'charge', 'refund'):
        assert len(server.requests) == 1


@pytest.mark.parametrize('name', ['query', 'query_refund'])
def test_queries_are_repeated_once(server, gateway, name):
    """Test that a query whose connection broke is asked again at once."""
    server.script = [reset, echo(**GOOD[name])]
    assert CALLS[name](gateway).outcome == Outcome.PAID


@pytest.mark.parametrize(
    ('name', 'outcome'),
    [
        ('order', Outcome.REFUSED), ('charge', Outcome.REFUSED), ('query', Outcome.UNKNOWN),
        ('refund', Outcome.UNKNOWN), ('query_refund', Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_nothing_was_sent(server, gateway, name, outcome):
    """Test that an order or charge that never left holds no money; the rest says nothing."""
    server.stop()
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (outcome, ReasonKind.NOT_SENT)


@every_call
def test_bad_signature_is_unknown(server, gateway, name):
    """Test that a good answer with somebody else's signature counts for nothing."""
    numbers = {'out_trade_no': 'POS1-1' if name == 'charge' else 'SO1-1', 'out_refund_no': 'R1'}
    server.default = answering(signed(key='other', **numbers, **GOOD[name]))
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE
    assert not getattr(result, 'gateway_trade_no', '')


@every_call
def test_success_without_a_signature_is_unknown(server, gateway, name):
    """Test that a success nobody signed counts for nothing."""
    numbers = {'out_trade_no': 'POS1-1' if name == 'charge' else 'SO1-1', 'out_refund_no': 'R1'}
    answer = signed(**numbers, **GOOD[name])
    del answer['sign']
    server.default = answering(answer)
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE


@pytest.mark.parametrize(
    ('name', 'field'),
    [
        *((name, field) for name in CALLS for field in ('app_id', 'mch_uid')),
        *((name, 'out_trade_no') for name in CALLS if name != 'query_refund'),
        ('refund', 'out_refund_no'),
        ('query_refund', 'out_refund_no'),
    ],
)
def test_answer_to_another_question_is_unknown(server, gateway, name, field):
    """Test that a signed answer for another merchant, order or refund is not taken."""
    server.default = echo(**{**GOOD[name], field: 'OTHER'})
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert (result.reason.kind, result.reason.code) == (
        ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch',
    )  # fmt: skip


@every_call
def test_answer_without_its_number_is_unknown(server, gateway, name):
    """Test that an answer that does not say what it is about is not taken."""
    server.default = answering(signed(**GOOD[name]))
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize('name', ['order', 'refund'])
def test_answer_for_another_amount_is_unknown(server, gateway, name):
    """Test that the gateway must have understood the amount."""
    server.default = echo(**{**GOOD[name], 'total_fee': 101, 'refund_fee': 41})
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


ERRORS = [
    ('E0001', ReasonKind.PARAMETER), ('E0002', ReasonKind.PARAMETER),
    ('E0003', ReasonKind.UNKNOWN_APP), ('E0004', ReasonKind.NOT_ENABLED),
    ('E0005', ReasonKind.NOT_ENABLED), ('E0006', ReasonKind.BAD_KEY),
]  # fmt: skip


@pytest.mark.parametrize(('code', 'kind'), ERRORS)
@pytest.mark.parametrize('name', ['order', 'charge'])
def test_signed_refusal_is_certain(server, gateway, name, code, kind):
    """Test that the gateway's own signed refusal ends an attempt."""
    server.script = [answering(failed(code, '无效的参数'))]
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.REFUSED
    assert (result.reason.kind, result.reason.code) == (kind, code)


@every_call
@pytest.mark.parametrize('code', ['E0007', 'E0008'])
def test_system_error_is_unknown(server, gateway, name, code):
    """Test that the gateway's own failure says nothing about the money."""
    server.default = answering(failed(code, '系统错误'))
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.SYSTEM)


@moving
@pytest.mark.parametrize('code', ['E9999', '', 'E0000', '0'])
def test_code_not_listed_is_unknown(server, gateway, name, code):
    """Test that a refusal with a code of no document does not end a money-moving call."""
    server.default = answering(failed(code, '通道异常'))
    assert CALLS[name](gateway).outcome == Outcome.UNKNOWN


@moving
@pytest.mark.parametrize('code', ['', *(code for code, _kind in ERRORS)])
def test_unsigned_refusal_is_not_believed_where_money_moves(server, gateway, name, code):
    """Test that whatever stands in front of the gateway cannot turn unknown into refused."""
    server.default = answering(unsigned('签名错误', error_code=code))
    result = CALLS[name](gateway)
    assert result.outcome == Outcome.UNKNOWN
    assert result.reason.kind != ReasonKind.NO_ANSWER


def test_unsigned_refusal_of_an_order_is_believed(server, gateway):
    """Test that a shopper need not wait when no code was handed out."""
    server.script = [answering(unsigned('notify_url参数为空'))]
    assert gateway.order(an_order()).outcome == Outcome.REFUSED


@pytest.mark.parametrize(
    'answer',
    [
        failed('E0002', '商户单号重复'), unsigned('商户订单号已存在'),
        unsigned('系统错误', error_code='E0007'), failed('E0008', '订单已支付'),
    ],
)  # fmt: skip
def test_order_that_may_exist_is_unknown(server, gateway, answer):
    """Test that a number that was used may belong to an earlier call of ours."""
    server.script = [answering(answer)]
    assert gateway.order(an_order()).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(('code', 'kind'), ERRORS)
@pytest.mark.parametrize('name', ['query', 'query_refund'])
def test_refused_query_says_nothing_about_the_money(server, gateway, name, code, kind):
    """Test that a query with, say, a wrong key does not end the attempt."""
    server.script = [answering(failed(code, 'x'))]
    result = CALLS[name](gateway)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, kind)


@pytest.mark.parametrize(
    'answer',
    [
        failed('E0002', '订单不存在 (no such order)'), failed('E0008', '该商户订单不存在'),
        failed('E0002', '无效的参数：单据不存在'), unsigned('订单不存在'), failed('', '未找到该订单'),
        failed('E0002', 'order not found'),
    ],
)  # fmt: skip
def test_order_not_known_is_not_found_and_unknown(server, gateway, answer):
    """Test that an order that the gateway does not know may still arrive."""
    server.script = [answering(answer)]
    result = gateway.query('SO1-1')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_refund_not_known_is_not_found(server, gateway):
    """Test that a refund that the gateway does not know may still arrive."""
    server.script = [answering(failed('E0002', '退款单不存在'))]
    result = gateway.query_refund('R1')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_FOUND)


def test_refused_refund_is_checked(server, gateway):
    """Test that a refusal counts once the gateway says that it has no such refund."""
    server.script = [
        answering(failed('E0002', '退款金额超出可退金额')), answering(failed('E0002', '退款单不存在')),
    ]  # fmt: skip
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.PARAMETER)


def test_refused_retry_of_a_refund_finds_the_first(server, gateway):
    """Test that "nothing left to refund" on a retry shows the refund that worked."""
    server.script = [
        answering(failed('E0002', '退款金额超出可退金额')), echo(**REFUND, refund_status='Success'),
    ]  # fmt: skip
    result = gateway.refund(a_refund())
    assert (result.outcome, result.amount) == (Outcome.PAID, 40)


def test_refusal_of_a_refund_that_cannot_be_checked_is_unknown(server, gateway):
    """Test that without that second answer a refusal is not certain."""
    server.script = [answering(failed('E0002', '无效的参数'))]
    server.default = answering(status=502)
    assert gateway.refund(a_refund()).outcome == Outcome.UNKNOWN


def test_refund_refused_for_our_settings_is_unknown(server, gateway):
    """Test that a disabled application does not make an earlier try of the refund undone."""
    server.default = answering(failed('E0005', '应用未开启'))
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_ENABLED)


def test_refund_number_used_before_is_unknown(server, gateway):
    """Test that a duplicate is for the query to explain."""
    server.default = answering(failed('E0002', '退款单号重复'))
    result = gateway.refund(a_refund())
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)


def test_record_holds_no_secret(server, gateway):
    """Test that what is kept of an answer is masked."""
    server.script = [echo(**GOOD['order'], pay_option='{"open_id":"o2h5O5V3XZJ5ghOYokUuxfeJ"}')]
    result = gateway.order(an_order())
    kept = repr(result)
    assert result.raw['sign'] == '***'
    assert 'o2h5O5V3' not in kept
    assert KEY not in kept


def test_charge_with_a_number_used_before_is_unknown(server, gateway):
    """Test that "that number was used" does not end a charge: an earlier call may have paid."""
    server.script = [answering(failed('E0002', '商户单号重复'))]
    result = CALLS['charge'](gateway)
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.DUPLICATE)
