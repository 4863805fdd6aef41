# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: what is sent, and what is believed of answers, against a server that misbehaves."""

import json
import re
from datetime import date, datetime, timedelta, timezone

import pytest
import wechat_pay_witness as witness
from gateway_loopback import answering, close, reset
from wechat_pay_witness import Answers, make, merchant_key, paid, platform_key

from gateways.base import (
    CallFailed,
    ChargeRequest,
    OrderRequest,
    Outcome,
    ReasonKind,
    RefundRequest,
    Scene,
    UnsupportedOperation,
    Wallet,
)
from gateways.transport import Transport
from gateways.wechat_pay import WechatPay, codes, keys, signing

NUMBER = 'T20200101-0001'
CODE = '134567890123456789'


@pytest.fixture
def say(server):
    return Answers(server)


@pytest.fixture
def gateway(server):
    return make(server.url)


def an_order(**changes):
    return OrderRequest(**{
        'out_trade_no': NUMBER, 'amount': 100, 'subject': '龙井茶 🍵 Tea',
        'wallet': Wallet.WECHAT_PAY, 'scene': Scene.QR,
        'notify_url': 'https://shop.example/notice', **changes,
    })


def a_charge(**changes):
    return ChargeRequest(**{
        'out_trade_no': NUMBER, 'amount': 100, 'subject': 'Tea', 'auth_code': CODE, **changes,
    })


def a_refund(**changes):
    return RefundRequest(**{
        'out_trade_no': NUMBER, 'out_refund_no': 'R1', 'amount': 60, 'total': 100, **changes,
    })


def refund_fields(**changes):
    return {
        'refund_id': '50300', 'out_refund_no': 'R1', 'out_trade_no': NUMBER, 'status': 'PROCESSING',
        'amount': {'refund': 60, 'total': 100, 'currency': 'CNY'}, **changes,
    }


# === WHAT IS SENT === #


def test_request_is_signed_as_sent(server, gateway, say):
    """Test method, path, headers, body and signature of an order as the server sees them."""
    server.script = [say.ok({'code_url': 'weixin://wxpay/bizpayurl?pr=1'})]
    result = gateway.order(an_order(expires_at=datetime(2026, 1, 1, tzinfo=timezone.utc)))
    assert result.next_step.code_url == 'weixin://wxpay/bizpayurl?pr=1'
    (seen,) = server.requests
    assert (seen.method, seen.target) == ('POST', '/v3/pay/transactions/native')
    headers = seen.headers
    assert headers['wechatpay-serial'] == witness.PUBLIC_KEY_ID
    assert headers['user-agent']
    scheme, _blank, rest = headers['authorization'].partition(' ')
    given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    assert (scheme, given['serial_no'], given['mchid']) == (
        'WECHATPAY2-SHA256-RSA2048', witness.SERIAL, witness.MCHID
    )
    message = signing.request_message(
        'POST', seen.target, given['timestamp'], given['nonce_str'], seen.body
    )
    assert signing.verify(merchant_key().public_key(), message, given['signature'])
    assert json.loads(seen.body) == {
        'appid': witness.APPID, 'mchid': witness.MCHID, 'description': '龙井茶 Tea',
        'out_trade_no': NUMBER, 'notify_url': 'https://shop.example/notice',
        'amount': {'total': 100, 'currency': 'CNY'}, 'time_expire': '2026-01-01T08:00:00+08:00',
    }


def test_partner_mode(server, say):
    """Test the paths, numbers and parameters of a service provider."""
    partner = make(server.url, sub_mchid='1900000109', sub_appid='wxsub')
    both = {'sp_mchid': witness.MCHID, 'sub_mchid': '1900000109'}
    answer = {
        **paid(), 'sp_appid': witness.APPID, 'sub_appid': 'wxsub', **both,
        'payer': {'sub_openid': 'oSubOpenid'},
    }
    del answer['appid'], answer['mchid']
    server.script = [
        say.ok({'prepay_id': 'wx1'}), say.ok(answer), say.ok(None, 204),
        say.ok(answer), say.ok({'out_trade_no': NUMBER, **both}),
        say.ok({**answer, 'trade_state': 'REVOKED'}),
        say.ok(refund_fields(**both)), say.ok(refund_fields()),
        say.ok({**answer, 'sub_mchid': '1900000999'}),
    ]
    step = partner.order(an_order(scene=Scene.IN_APP, payer_id='oSubOpenid')).next_step
    assert step.sdk_params['appId'] == 'wxsub'
    found = partner.query(NUMBER)
    assert (found.outcome, found.amount, found.payer_id) == (Outcome.PAID, 100, 'oSubOpenid')
    assert partner.close(NUMBER).closed
    assert partner.charge(a_charge()).outcome == Outcome.PAID
    assert partner.reverse(NUMBER).closed
    assert partner.refund(a_refund()).outcome == Outcome.WAITING
    assert partner.query_refund('R1').outcome == Outcome.WAITING
    other = partner.query(NUMBER)
    assert (other.outcome, other.reason.code) == (Outcome.UNKNOWN, 'mismatch')
    root, query = '/v3/pay/partner/transactions', f'?sp_mchid={witness.MCHID}&sub_mchid=1900000109'
    assert [seen.target for seen in server.requests[:8]] == [
        f'{root}/jsapi', f'{root}/out-trade-no/{NUMBER}{query}',
        f'{root}/out-trade-no/{NUMBER}/close', f'{root}/codepay',
        f'{root}/out-trade-no/{NUMBER}/reverse', f'{root}/out-trade-no/{NUMBER}{query}',
        '/v3/refund/domestic/refunds', '/v3/refund/domestic/refunds/R1?sub_mchid=1900000109',
    ]
    order, closed, undone, back = (json.loads(server.requests[at].body) for at in (0, 2, 4, 6))
    assert order['payer'] == {'sub_openid': 'oSubOpenid'}
    assert (order['sp_appid'], order['sub_appid'], closed) == (witness.APPID, 'wxsub', both)
    assert undone == {'sp_appid': witness.APPID, 'sub_appid': 'wxsub', **both}
    assert back['sub_mchid'] == '1900000109'


@pytest.mark.parametrize(
    'changes',
    [
        {'out_trade_no': 'T1'}, {'out_trade_no': 'T' * 33}, {'out_trade_no': 'T2020|0001'},
        {'amount': 0}, {'notify_url': ''}, {'notify_url': 'https://shop.example/n?x=1'},
        {'notify_url': 'http://shop.example/n'}, {'attach': 'x' * 129}, {'attach': '🍵'},
        {'scene': Scene.IN_APP}, {'scene': Scene.H5, 'client_ip': 'nobody'},
        {'extra': {'unknown': '1'}},
    ],
)
def test_what_cannot_be_carried(server, gateway, changes):
    """Test that a field that the protocol cannot carry never leaves."""
    with pytest.raises(ValueError, match=r'.'):
        gateway.order(an_order(**changes))
    assert not server.requests


def test_unsupported(gateway):
    """Test that other wallets and scenes are refused."""
    for changes in ({'wallet': Wallet.ALIPAY}, {'scene': Scene.CODE}, {'scene': Scene.SHOP_CODE}):
        with pytest.raises(UnsupportedOperation):
            gateway.order(an_order(**changes))
    with pytest.raises(UnsupportedOperation):
        gateway.charge(a_charge(wallet=Wallet.ALIPAY))
    with pytest.raises(ValueError, match='payment code'):
        gateway.charge(a_charge(auth_code='281234567890123456', wallet=Wallet.WECHAT_PAY))


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


# === HOSTS AND REPEATING === #


class TwoHosts(WechatPay):
    _hosts = ()


def test_backup_host(server, say):
    """Test that the backup host is asked when the first cannot be reached, and only then."""
    server.script = [say.ok(paid()), say.error(500, 'SYSTEM_ERROR'), close, say.ok(paid())]
    transport = Transport(connect_timeout=1, read_timeout=1, total_timeout=3)
    gateway = TwoHosts(witness.credentials(), transport=transport)
    gateway._hosts = ('http://127.0.0.1:1', server.url)
    assert gateway.charge(a_charge()).outcome == Outcome.PAID
    gateway._hosts = (server.url, 'http://127.0.0.1:1')
    assert gateway.charge(a_charge()).reason.code == 'SYSTEM_ERROR'
    assert gateway.charge(a_charge()).reason.kind == ReasonKind.NO_ANSWER
    assert len(server.requests) == 3
    gateway._hosts = ('http://127.0.0.1:1', 'http://127.0.0.1:1')
    result = gateway.charge(a_charge())
    assert (result.outcome, result.reason.kind) == (Outcome.REFUSED, ReasonKind.NOT_SENT)


def test_repeated_with_another_signature(server, gateway, say):
    """Test that a broken query is repeated once, signed anew."""
    server.script = [close, say.ok(paid())]
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    first, second = (seen.headers['authorization'] for seen in server.requests)
    assert first != second


# === CERTIFICATES === #


@pytest.fixture
def platform(server, say, monkeypatch):
    """A merchant with platform certificates, and what the gateway downloads."""
    monkeypatch.setattr(keys, '_downloaded', {})
    serial, other = '5A' * 20, '1' * 40
    certificate = witness.certificate(platform_key(1), 'Tenpay.com sign', serial)
    box = witness.encrypted(witness.pem(certificate).encode(), 'certificate')
    rows = {'data': [{'serial_no': serial, 'encrypt_certificate': box}]}
    gateway = make(server.url, public_key='', public_key_id='')
    return gateway, serial, other, rows


def test_certificates_are_downloaded_once(server, say, platform):
    """Test that an answer signed with an unknown certificate makes us look for it, once."""
    gateway, serial, other, rows = platform
    signed = {'key': platform_key(1), 'serial': serial}
    server.script = [
        say.ok(paid(), **signed), say.ok(rows, **signed), say.ok(paid(), **signed),
        say.ok(paid(), key=platform_key(1), serial=other),
    ]
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    assert gateway.query(NUMBER).outcome == Outcome.PAID
    assert gateway.query(NUMBER).reason.code == 'unknown_serial'
    assert [seen.target for seen in server.requests].count('/v3/certificates') == 1
    assert 'wechatpay-serial' not in server.requests[0].headers


def test_certificates_that_are_not_genuine(server, say, platform):
    """Test that downloaded certificates are refused with another APIv3 key or signature."""
    gateway, serial, other, rows = platform
    bad_box = witness.encrypted(b'x', 'certificate', key='b' * 32)
    bad = {'data': [{'serial_no': serial, 'encrypt_certificate': bad_box}]}
    server.script = [
        say.ok(bad, key=platform_key(1), serial=serial), say.ok(rows, serial=serial),
        say.ok({'data': []}), say.ok(rows, serial=other), say.error(404, 'RESOURCE_NOT_EXISTS'),
        answering(b'', status=502), close, close,
    ]
    for _try in range(7):
        with pytest.raises(CallFailed):
            gateway.download_certificates()


def test_both_kinds_of_keys(server, say, platform):
    """Test a switch: answers signed with either are believed, and the public key is asked for."""
    _gateway, serial, _other, _rows = platform
    certificate = witness.pem(witness.certificate(platform_key(1), 'Tenpay.com sign', serial))
    gateway = make(server.url, platform_certificates=certificate)
    keys.downloaded(
        gateway.endpoint, witness.MCHID, witness.API_V3_KEY
    ).tried = keys.time.monotonic()  # no download now
    server.script = [
        say.ok(paid()), say.ok(paid(), key=platform_key(1), serial=serial),
        say.ok(paid(), key=platform_key(), serial=serial),
    ]
    outcomes = [gateway.query(NUMBER).outcome for _call in range(3)]
    assert outcomes == [Outcome.PAID, Outcome.PAID, Outcome.UNKNOWN]
    assert server.requests[0].headers['wechatpay-serial'] == witness.PUBLIC_KEY_ID


def test_public_key_mode_never_downloads(server, gateway, say):
    """Test that a merchant with the public key alone does not ask for certificates."""
    server.script = [say.ok(paid(), serial='B' * 40)]
    assert gateway.query(NUMBER).reason.code == 'unknown_serial'
    assert len(server.requests) == 1


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
