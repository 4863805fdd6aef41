# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: what is believed of answers, from a server that misbehaves."""

import json
from datetime import date, datetime, timedelta, timezone

import pytest
import wechat_pay_witness as witness
from gateway_loopback import answering, close, reset
from wechat_pay_shop import (
    CODE,
    NUMBER,
    a_charge,
    a_refund,
    an_order,
    gateway_fixture,  # noqa: F401
    refund_fields,
    say_fixture,  # noqa: F401
)
from wechat_pay_witness import Answers, make, merchant_key, paid

from gateways.base import CallFailed, Outcome, ReasonKind, Scene
from gateways.wechat_pay import codes

# === WHAT IS BELIEVED === #


def broken(say):
    """Answers to a query of which nothing may be believed, whatever they say."""
    content, old = paid(), int(datetime.now(timezone.utc).timestamp()) - 301
    return {
        'unsigned': answering(content), 'wrong key': say.ok(content, key=merchant_key()),
        'unknown serial': say.ok(content, serial='PUB_KEY_ID_1'),
        'merchant serial': say.ok(content, key=merchant_key(), serial=witness.SERIAL),
        'no time': say.ok(content, **{'Wechatpay-Timestamp': 'soon'}),
        'no nonce': say.ok(content, **{'Wechatpay-Nonce': None}),
        'old': say.ok(content, timestamp=old),
        'probe': say.ok(content, **{'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/AAAA'}),
        'not an object': say.ok([1]), 'other order': say.ok(paid(out_trade_no='T20200101-0002')),
        'other merchant': say.ok(paid(mchid='1')), 'other app': say.ok(paid(appid='wx1')),
        'no amount': say.ok(paid(amount={})), 'float': say.ok(paid(amount={'total': 1.0})),
        'dollars': say.ok(paid(amount={'total': 100, 'currency': 'USD'})),
        'new state': say.ok(paid(trade_state='MAYBE')), 'html': answering(b'<html>'),
        '502': answering(b'<html>', status=502), 'reset': reset, 'closed': close,
        'system error': say.error(500, 'SYSTEM_ERROR'), 'html 404': answering(b'x', status=404),
        'not found': say.error(404, 'ORDER_NOT_EXIST'), 'limit': say.error(429, 'FREQUENCY_LIMITED'),
        'sign error': say.error(401, 'SIGN_ERROR'), 'redirect': answering(b'', status=302),
        'deep': say.ok(json.loads('[' * 500 + ']' * 500)),
    }


@pytest.mark.parametrize('name', sorted(broken(Answers(None))))
def test_answer_not_believed(server, gateway, say, name):
    """Test that a doubtful answer of a query or charge is unknown, never paid and never refused."""
    # Twice: queries are repeated once when a connection broke.
    server.script = [broken(say)[name]] * 2
    result = gateway.query(NUMBER)
    assert (result.outcome, result.closed) == (Outcome.UNKNOWN, False), result
    assert result.reason
    server.script = [broken(say)[name]]
    before = len(server.requests)
    result = gateway.charge(a_charge())
    if name != 'sign error':  # certain: nothing was charged
        assert result.outcome == Outcome.UNKNOWN, result
    assert len(server.requests) == before + 1, "a charge is sent once"


@pytest.mark.parametrize(
    ('state', 'outcome', 'closed'),
    [
        ('SUCCESS', Outcome.PAID, False), ('REFUND', Outcome.PAID, False),
        ('NOTPAY', Outcome.WAITING, False), ('USERPAYING', Outcome.WAITING, False),
        ('ACCEPT', Outcome.WAITING, False), ('CLOSED', Outcome.REFUSED, True),
        ('REVOKED', Outcome.REFUSED, True), ('PAYERROR', Outcome.REFUSED, True),
    ],
)
def test_states(server, gateway, say, state, outcome, closed):
    """Test every state of an order."""
    server.script = [say.ok(paid(trade_state=state))]
    result = gateway.query(NUMBER)
    assert (result.outcome, result.closed, result.refunded) == (outcome, closed, state == 'REFUND')
    assert 'oUpF8uMuAJO' not in str(result.raw)


CHARGE_ANSWERS = [
    (403, 'AUTH_CODE_EXPIRE', Outcome.REFUSED, ReasonKind.BAD_CODE),
    (400, 'AUTH_CODE_INVALID', Outcome.REFUSED, ReasonKind.BAD_CODE),
    (403, 'NOT_ENOUGH', Outcome.REFUSED, ReasonKind.DECLINED),
    (403, 'NOTENOUGH', Outcome.REFUSED, ReasonKind.DECLINED),
    (400, 'ORDER_REVERSED', Outcome.REFUSED, ReasonKind.CANCELLED),
    (400, 'ORDER_CLOSED', Outcome.REFUSED, ReasonKind.EXPIRED),
    (403, 'TRADE_ERROR', Outcome.REFUSED, ReasonKind.DECLINED),
    (403, 'NO_AUTH', Outcome.REFUSED, ReasonKind.NOT_ENABLED),
    (400, 'PARAM_ERROR', Outcome.REFUSED, ReasonKind.PARAMETER),
    (404, 'MCH_NOT_EXISTS', Outcome.REFUSED, ReasonKind.UNKNOWN_APP),
    (401, 'SIGN_ERROR', Outcome.REFUSED, ReasonKind.BAD_KEY),
    (400, 'ORDER_PAID', Outcome.UNKNOWN, ReasonKind.DUPLICATE),
    (400, 'ORDERPAID', Outcome.UNKNOWN, ReasonKind.DUPLICATE),
    (403, 'OUT_TRADE_NO_USED', Outcome.UNKNOWN, ReasonKind.DUPLICATE),
    (429, 'RATELIMIT_EXCEEDED', Outcome.UNKNOWN, ReasonKind.SYSTEM),
    (500, 'BANK_ERROR', Outcome.UNKNOWN, ReasonKind.SYSTEM),
    (500, 'SYSTEM_ERROR', Outcome.UNKNOWN, ReasonKind.SYSTEM),
    (503, 'NOT_ENOUGH', Outcome.UNKNOWN, ReasonKind.DECLINED),
    (400, 'SOMETHING_NEW', Outcome.UNKNOWN, ReasonKind.OTHER),
]


@pytest.mark.parametrize(('status', 'code', 'outcome', 'kind'), CHARGE_ANSWERS)
def test_charge_errors(server, gateway, say, status, code, outcome, kind):
    """Test the table of error codes of a charge."""
    server.script = [say.error(status, code, detail={'value': CODE, 'field': '/payer'})]
    result = gateway.charge(a_charge())
    assert (result.outcome, result.reason.kind, result.reason.code) == (outcome, kind, code)
    assert CODE not in str(result)


def test_user_paying(server, gateway, say):
    """Test 202: waiting when it is signed, unknown when it is not."""
    server.script = [
        say.ok({'trade_state': 'USERPAYING'}, 202), answering({'trade_state': 'USERPAYING'}, status=202)
    ]
    assert gateway.charge(a_charge()).outcome == Outcome.WAITING
    assert gateway.charge(a_charge()).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    ('status', 'code', 'outcome'),
    [
        (400, 'PARAM_ERROR', Outcome.REFUSED), (400, 'APPID_MCHID_NOT_MATCH', Outcome.REFUSED),
        (403, 'NO_AUTH', Outcome.REFUSED), (429, 'FREQUENCY_LIMITED', Outcome.REFUSED),
        (400, 'ORDER_CLOSED', Outcome.REFUSED), (403, 'OUT_TRADE_NO_USED', Outcome.UNKNOWN),
        (400, 'ORDERPAID', Outcome.UNKNOWN), (500, 'SYSTEM_ERROR', Outcome.UNKNOWN),
    ],
)
def test_order_errors(server, gateway, say, status, code, outcome):
    """Test the error codes of an order."""
    server.script = [say.error(status, code)]
    assert gateway.order(an_order()).outcome == outcome


def test_order_without_anything_to_pay(server, gateway, say):
    """Test that an order answered without a code is unknown."""
    for scene in (Scene.QR, Scene.APP, Scene.H5):
        server.script = [say.ok({'other': '1', 'h5_url': 'javascript:1'})]
        result = gateway.order(an_order(scene=scene, client_ip='1.2.3.4'))
        assert (result.outcome, result.reason.code) == (Outcome.UNKNOWN, 'incomplete')


# === CLOSE AND REVERSE === #


def test_close(server, gateway, say):
    """Test what each answer to close amounts to."""
    server.script = [
        say.ok(None, 204), say.error(400, 'ORDER_CLOSED'), say.error(400, 'ORDERPAID'),
        say.ok(paid()), say.error(403, 'USER_PAYING'), answering(b'', status=204),
        say.error(404, 'ORDER_NOT_EXIST'), say.error(500, 'SYSTEM_ERROR'),
    ]
    results = [gateway.close(NUMBER) for _call in range(7)]
    assert [(result.outcome, result.closed) for result in results] == [
        (Outcome.REFUSED, True), (Outcome.REFUSED, True), (Outcome.PAID, False),
        (Outcome.WAITING, False), (Outcome.UNKNOWN, False), (Outcome.UNKNOWN, False),
        (Outcome.UNKNOWN, False),
    ]


def test_reverse(server, gateway, say):
    """Test that a reverse is confirmed by a query, and what contradicts it."""
    done = say.ok({'appid': witness.APPID, 'mchid': witness.MCHID, 'out_trade_no': NUMBER})
    server.script = [
        done, say.ok(paid(trade_state='REVOKED')), done, say.ok(paid(trade_state='REFUND')),
        done, say.ok(paid()), done, say.error(500, 'SYSTEM_ERROR'),
        say.error(500, 'SYSTEM_ERROR'), say.error(400, 'ORDER_REVERSED'), say.ok(paid(trade_state='REVOKED')),
        say.ok({'out_trade_no': 'T20200101-0002'}), say.error(403, 'REVERSE_EXPIRE'),
    ]
    results = [gateway.reverse(NUMBER) for _call in range(8)]
    assert [(result.outcome, result.closed, result.refunded) for result in results] == [
        (Outcome.REFUSED, True, False), (Outcome.REFUSED, True, True),
        (Outcome.UNKNOWN, False, False), (Outcome.REFUSED, True, False),
        (Outcome.UNKNOWN, False, False), (Outcome.REFUSED, True, False),
        (Outcome.UNKNOWN, False, False), (Outcome.UNKNOWN, False, False),
    ]


# === REFUNDS === #


@pytest.mark.parametrize(
    ('status', 'outcome'),
    [
        ('SUCCESS', Outcome.PAID), ('PROCESSING', Outcome.WAITING), ('CLOSED', Outcome.REFUSED),
        ('ABNORMAL', Outcome.WAITING), ('NEW', Outcome.UNKNOWN),
    ],
)
def test_refund_states(server, gateway, say, status, outcome):
    """Test each state of a refund, when asked for and when asked about."""
    server.script = [say.ok(refund_fields(status=status))] * 2
    assert gateway.refund(a_refund()).outcome == outcome
    assert gateway.query_refund('R1', out_trade_no=NUMBER).outcome == outcome


@pytest.mark.parametrize(
    'changes',
    [
        {'out_refund_no': 'R2'}, {'out_trade_no': 'T20200101-0002'},
        {'amount': {'refund': 61}}, {'amount': {'refund': 60, 'currency': 'USD'}},
        {'mchid': '1'},
    ],
)
def test_refund_of_something_else(server, gateway, say, changes):
    """Test that an answer about another refund counts for nothing."""
    server.script = [say.ok(refund_fields(status='SUCCESS', **changes))]
    assert gateway.refund(a_refund()).outcome == Outcome.UNKNOWN


def test_refund_refusals_are_checked(server, gateway, say):
    """Test that a refusal counts only when no earlier call with the number worked."""
    server.script = [
        say.error(403, 'NOT_ENOUGH'), say.error(404, 'RESOURCE_NOT_EXISTS'),
        say.error(400, 'INVALID_REQUEST'), say.ok(refund_fields(status='SUCCESS')),
        say.error(401, 'SIGN_ERROR'), say.error(401, 'SIGN_ERROR'),
        say.error(429, 'FREQUENCY_LIMITED'), say.error(500, 'SYSTEM_ERROR'),
    ]
    results = [gateway.refund(a_refund()) for _call in range(5)]
    assert [result.outcome for result in results] == [
        Outcome.REFUSED, Outcome.PAID, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN
    ]


# === BILLS AND PROBE === #


def test_bill_elsewhere(server, gateway, say):
    """Test that our signature is not sent to another host, and that checksums are compared."""
    answer = {'hash_type': 'SHA1', 'hash_value': 'ab', 'download_url': 'https://127.0.0.1:1/x'}
    server.script = [
        say.ok(answer), say.ok({**answer, 'download_url': f'{server.url}/v3/billdownload/file?token=a'}),
        answering(b'x'), say.error(400, 'NO_STATEMENT_EXIST'), say.error(400, 'STATEMENT_CREATING'),
        say.ok({}),
    ]
    for code in ('host', 'checksum'):
        with pytest.raises(CallFailed) as caught:
            gateway.statement(date(2026, 1, 1))
        assert caught.value.reason.code == code
    empty = gateway.statement(date(2026, 1, 1))
    assert (empty.content, empty.raw['code']) == (b'', 'NO_STATEMENT_EXIST')
    for _try in range(2):
        with pytest.raises(CallFailed):
            gateway.fund_flow(date(2026, 1, 1))


@pytest.mark.parametrize(
    ('status', 'code', 'ok', 'kind'),
    [
        (404, 'ORDER_NOT_EXIST', True, None), (401, 'SIGN_ERROR', False, ReasonKind.BAD_KEY),
        (400, 'MCH_NOT_EXISTS', False, ReasonKind.UNKNOWN_APP),
        (500, 'SYSTEM_ERROR', False, ReasonKind.SYSTEM),
    ],
)
def test_probe(server, gateway, say, status, code, ok, kind):
    """Test what a probe tells."""
    server.script = [say.error(status, code)]
    probe = gateway.probe()
    assert (probe.ok, probe.reason and probe.reason.kind) == (ok, kind)


def test_probe_of_a_wrong_clock(server, say):
    """Test that a refused signature and a wrong clock are told apart."""
    gateway = make(server.url, clock=lambda: datetime.now(timezone.utc) - timedelta(hours=1))
    body = b'{"code":"SIGN_ERROR","message":"x"}'
    date_ = datetime.now(timezone.utc).strftime('%a, %d %b %Y %H:%M:%S GMT')
    server.script = [lambda exchange: exchange.answer(body, status=401, headers={'Date': date_})]
    probe = gateway.probe()
    assert probe.reason.kind == ReasonKind.CLOCK
    assert -3610 < probe.clock_skew < -3590


def test_codes_are_spelt_alike():
    """Test that both spellings of a code mean the same."""
    for one, other in (('USERPAYING', 'USER_PAYING'), ('ORDERNOTEXIST', 'ORDER_NOT_EXIST')):
        assert codes.plain(one) == codes.plain(other)
        assert codes.kind_of(one) == codes.kind_of(other)
    assert codes.plain(None) == codes.plain(7) == ''
