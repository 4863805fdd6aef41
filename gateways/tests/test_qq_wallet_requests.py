# Part of payment_cn_wallets. License LGPL-3.
"""What QQ Wallet's client sends, and what it makes of good answers."""

from datetime import date, timedelta

import pytest
from gateway_loopback import answering
from qq_wallet_witness import (
    CALLS,
    CREDENTIALS,
    GOOD,
    KEY,
    MERCHANT,
    MOMENT,
    PAID,
    a_charge,
    a_refund,
    an_order,
    echo,
    make,
    parsed,
    saying,
    signature,
    signed,
    unsigned,
)

from gateways.base import (
    CallFailed,
    Operation,
    Outcome,
    ReasonKind,
    Scene,
    UnsupportedOperation,
    Wallet,
)
from gateways.qq_wallet import QqWallet
from gateways.transport import Answer


@pytest.fixture
def qq(server):
    """QQ Wallet's gateway, with the loopback server as its endpoint."""
    return make(server)


class Recorder:
    """A transport that sends nothing."""

    total_timeout = 20

    def __init__(self):
        self.calls = []

    def post(self, url, body, headers, **options):
        self.calls.append((url, parsed(body), headers, options))
        return Answer(200, {}, b'')


PATHS = {
    'order': 'https://qpay.qq.com/cgi-bin/pay/qpay_unified_order.cgi',
    'charge': 'https://qpay.qq.com/cgi-bin/pay/qpay_micro_pay.cgi',
    'query': 'https://qpay.qq.com/cgi-bin/pay/qpay_order_query.cgi',
    'close': 'https://qpay.qq.com/cgi-bin/pay/qpay_close_order.cgi',
    'reverse': 'https://api.qpay.qq.com/cgi-bin/pay/qpay_reverse.cgi',
    'refund': 'https://api.qpay.qq.com/cgi-bin/pay/qpay_refund.cgi',
    'query_refund': 'https://qpay.qq.com/cgi-bin/pay/qpay_refund_query.cgi',
}


@pytest.mark.parametrize('name', CALLS)
def test_addresses_and_signatures(name, client_files):
    """Test the production address, the signature and the certificate of every call."""
    recorder = Recorder()
    certificate, key = client_files()
    gateway = QqWallet(
        {**CREDENTIALS, 'client_certificate': certificate, 'client_key': key}, transport=recorder
    )
    CALLS[name](gateway)
    [(url, sent, headers, options)] = recorder.calls
    assert url == PATHS[name]
    assert sent['sign'] == signature(sent)
    assert sent['mch_id'] == MERCHANT
    assert len(sent['nonce_str']) == 32
    assert headers['Content-Type'] == 'text/xml; charset=utf-8'
    assert (options.get('certificate') is not None) == (name in ('reverse', 'refund'))
    assert bool(options.get('repeatable')) == (name not in ('order', 'charge'))
    assert '' not in sent.values()


@pytest.mark.parametrize('name', ['reverse', 'refund'])
@pytest.mark.parametrize('missing', ['client_certificate', 'op_user_passwd', 'broken'])
def test_money_back_without_credentials(name, missing, client_files):
    """Test that nothing is sent, and that this is not taken for a refusal."""
    recorder = Recorder()
    certificate, key = client_files()
    credentials = {**CREDENTIALS, 'client_certificate': certificate, 'client_key': key}
    credentials['client_certificate' if missing == 'broken' else missing] = (
        'xx' if missing == 'broken' else ''
    )
    result = CALLS[name](QqWallet(credentials, transport=recorder))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NOT_SENT)
    assert not recorder.calls


def test_order_fields(server, qq):
    """Test every field of a unified order."""
    server.default = echo(**GOOD['order'])
    result = qq.order(
        an_order(
            attach='a&b', expires_at=MOMENT + timedelta(minutes=15), client_ip='::ffff:203.0.113.7',
            terminal_id='T 1', extra={'limit_pay': 'no_credit', 'promotion_tag': 'level_tag%3d1'},
        )
    )  # fmt: skip
    sent = parsed(server.requests[0].body)
    for name in ('nonce_str', 'sign'):
        del sent[name]
    assert sent == {
        'appid': '1104606907', 'mch_id': MERCHANT, 'body': '测试 & <tea>', 'attach': 'a&b',
        'out_trade_no': 'SO1-1', 'fee_type': 'CNY', 'total_fee': '100',
        'spbill_create_ip': '203.0.113.7', 'time_start': '20240102003005',
        'time_expire': '20240102004505', 'trade_type': 'NATIVE', 'device_info': 'T 1',
        'notify_url': 'https://shop.example/notice', 'limit_pay': 'no_credit',
        'promotion_tag': 'level_tag%3d1',
    }  # fmt: skip
    assert result.outcome == Outcome.WAITING
    assert result.next_step.code_url == 'https://qpay.qq.com/qr/5de35af0'


def test_charge_fields(server, qq):
    """Test that a charge always names a terminal, and hands its notice address on."""
    server.default = echo(**PAID)
    qq.charge(a_charge(auth_code='9100 0000 0000 000001\r\n', notify_url='https://shop.example/n'))
    sent = parsed(server.requests[0].body)
    assert (sent['device_info'], sent['trade_type']) == ('POS', 'MICROPAY')
    assert sent['auth_code'] == '910000000000000001'
    assert sent['notify_url'] == 'https://shop.example/n'


def test_paid_charge(server, qq):
    """Test what is read of a paid charge."""
    server.default = echo(**PAID)
    result = qq.charge(a_charge())
    assert (result.outcome, result.amount, result.payer_amount) == (Outcome.PAID, 100, 88)
    assert result.gateway_trade_no == result.wallet_trade_no == PAID['transaction_id']
    assert result.paid_at.isoformat() == '2024-01-02T03:05:01+08:00'
    assert result.raw['openid'] == '***CDEF'
    assert result.wallet == Wallet.QQ_WALLET


def test_app(server, qq):
    """Test the parameters that the shop's app gets."""
    server.default = echo(prepay_id='6V1', trade_type='APP')
    step = qq.order(an_order(scene=Scene.APP)).next_step
    assert step.sdk_params['tokenId'] == '6V1'
    assert step.sdk_params['callbackScheme'] == 'qwallet1104606907'
    assert step.sdk_params['timeStamp'] == str(int(MOMENT.timestamp()))
    assert not step.code_url


def test_jsapi(server, qq):
    """Test the parameters that the page inside mobile QQ gets."""
    server.default = echo(prepay_id='6V1', trade_type='JSAPI')
    step = qq.order(an_order(scene=Scene.IN_APP)).next_step
    assert step.sdk_params == {
        'tokenId': '6V1',
        'appInfo': 'appid#1104606907|bargainor_id#1900000109|channel#wallet',
    }


def test_mini_program(server, qq):
    """Test the other trade type for mini programs."""
    server.default = echo(prepay_id='6V1', trade_type='MINIAPP')
    order = an_order(scene=Scene.IN_APP, extra={'trade_type': 'MINIAPP'})
    assert qq.order(order).next_step.sdk_params == {
        'package': 'prepay_id=6V1', 'bargainor_id': MERCHANT,
    }  # fmt: skip


def test_refund_fields(server, qq):
    """Test that a refund names the gateway's number when it is known, and the operator."""
    server.default = echo(**GOOD['refund'])
    assert qq.refund(a_refund(gateway_trade_no='1353')).outcome == Outcome.WAITING
    sent = parsed(server.requests[0].body)
    assert sent['transaction_id'] == '1353'
    assert 'out_trade_no' not in sent
    assert (sent['op_user_id'], sent['refund_fee']) == (MERCHANT, '40')
    assert sent['op_user_passwd'] == 'e10adc3949ba59abbe56e057f20f883e'
    make(server, op_user_id='op1').refund(a_refund())
    sent = parsed(server.requests[1].body)
    assert (sent['op_user_id'], sent['out_trade_no']) == ('op1', 'SO1-1')


def test_service_provider(server):
    """Test that a service provider's merchant is named."""
    server.default = echo(**PAID)
    qq = make(server, sub_mch_id='1900000999', sub_app_id='77')
    qq.query('SO1-1', gateway_trade_no=PAID['transaction_id'])
    sent = parsed(server.requests[0].body)
    assert (sent['sub_mch_id'], sent['sub_appid']) == ('1900000999', '77')
    assert sent['transaction_id'] == PAID['transaction_id']


def test_hmac_switch(server):
    """Test that the other signature is stated and made, and MD5 answers are still taken."""
    server.default = echo(**PAID)
    assert make(server, sign_type='HMAC-SHA256').query('SO1-1').outcome == Outcome.PAID
    sent = parsed(server.requests[0].body)
    assert (sent['sign_type'], len(sent['sign'])) == ('HMAC-SHA256', 64)
    with pytest.raises(ValueError, match='sign_type'):
        make(server, sign_type='SHA1')


@pytest.mark.parametrize(
    'changes',
    [
        {'out_trade_no': 'x' * 33}, {'out_trade_no': 'a b'}, {'amount': 0}, {'amount': 1.0},
        {'notify_url': ''}, {'notify_url': 'https://a.example/?a=1'}, {'attach': 'x' * 129},
        {'notify_url': 'https://a.example/' + 'x' * 256}, {'extra': {'limit_pay': 'cash'}},
        {'extra': {'channel': 'x'}}, {'expires_at': MOMENT}, {'attach': 'a\x00b'},
    ],
)  # fmt: skip
def test_order_that_cannot_be_carried(server, qq, changes):
    """Test that a value that does not fit is a mistake of ours, and nothing is sent."""
    with pytest.raises(ValueError):  # noqa: PT011
        qq.order(an_order(**changes))
    assert not server.requests


@pytest.mark.parametrize('code', ['', 'abc', '91', '9' * 40])
def test_charge_that_cannot_be_carried(server, qq, code):
    """Test that what is no payment code is not sent."""
    with pytest.raises(ValueError, match='payment code'):
        qq.charge(a_charge(auth_code=code))
    assert not server.requests


@pytest.mark.parametrize('scene', [Scene.APP, Scene.IN_APP])
def test_scene_without_its_credentials(server, scene):
    """Test that an app's parameters are not made without what signs them."""
    with pytest.raises(ValueError, match='app_'):
        make(server, app_id='', app_key='').order(an_order(scene=scene))


def test_unsupported(qq):
    """Test that other wallets and scenes are refused by name."""
    for changes in (
        {'wallet': Wallet.WECHAT_PAY}, {'scene': Scene.H5}, {'scene': Scene.CODE},
        {'scene': Scene.QR, 'extra': {'trade_type': 'APP'}},
    ):  # fmt: skip
        with pytest.raises(UnsupportedOperation):
            qq.order(an_order(**changes))
    with pytest.raises(UnsupportedOperation):
        qq.charge(a_charge(wallet=Wallet.ALIPAY))
    assert not QqWallet.supports(Operation.SETTLEMENTS)
    assert QqWallet.supports(Operation.REVERSE, Wallet.QQ_WALLET, Scene.CODE)


def test_timings():
    """Test what the till and the crons are told."""
    timings = QqWallet.timings
    assert (timings.earliest_close, timings.earliest_reverse) == (300, 300)
    assert timings.statement_ready_hour == 10
    assert QqWallet.missing_credentials({}) == ['mch_id', 'api_key']


# === STATEMENT === #

HEADER = '交易时间,商户号,商户APPID,子商户号,商户订单号,QQ钱包订单号,订单金额'


@pytest.mark.parametrize('charset', ['utf-8', 'utf-8-sig', 'gb18030'])
def test_statement(server, qq, charset):
    """Test that the file is handed on as it came."""
    file = f'{HEADER}\r\n`2024-01-01 10:00:00,`1900000109\r\n'.encode(charset)
    server.default = answering(file, headers={'Content-Type': 'text/plain'})
    statement = qq.statement(date(2024, 1, 1))
    assert (statement.content, statement.day) == (file, date(2024, 1, 1))
    sent = parsed(server.requests[0].body)
    assert (sent['bill_date'], sent['bill_type']) == ('20240101', 'ALL')
    assert sent['sign'] == signature(sent)


@pytest.mark.parametrize(
    ('action', 'kind'),
    [
        (saying({'retcode': '66227005', 'retmsg': '账单不存在'}), ReasonKind.NOT_FOUND),
        (saying(unsigned('签名错误')), ReasonKind.BAD_KEY),
        (answering(b'<xml><retcode>'), ReasonKind.NO_ANSWER),
        (answering(b'<html></html>'), ReasonKind.NO_ANSWER),
        (answering('日期,金额\r\n'.encode()), ReasonKind.NO_ANSWER),
        (answering(b''), ReasonKind.NO_ANSWER),
        (answering(status=502), ReasonKind.NO_ANSWER),
        (answering(status=404), ReasonKind.NO_ANSWER),
    ],
)
def test_no_statement(server, qq, action, kind):
    """Test that an error is told, and that what is no statement is not taken for an empty one."""
    server.default = action
    with pytest.raises(CallFailed) as caught:
        qq.statement(date(2024, 1, 1))
    assert caught.value.reason.kind == kind


# === PROBE === #


@pytest.mark.parametrize(
    ('answer', 'kind'),
    [
        (signed(result_code='FAIL', err_code='ORDERNOTEXIST'), None),
        (signed(result_code='FAIL', err_code='66210035', err_code_des='查询失败'), None),
        (unsigned('订单不存在'), None),
        (unsigned('签名错误'), ReasonKind.BAD_KEY),
        (signed('other', result_code='FAIL', err_code='SIGNERROR'), ReasonKind.BAD_KEY),
        (signed('other', result_code='FAIL', err_code='ORDERNOTEXIST'),
         ReasonKind.BAD_ANSWER_SIGNATURE),
        (signed(return_code='FAIL', result_code='FAIL', err_code='MCHID_NOT_EXIST'),
         ReasonKind.UNKNOWN_APP),
        (signed(result_code='FAIL', err_code='NOAUTH'), ReasonKind.NOT_ENABLED),
        (signed(result_code='FAIL', err_code='ORDERNOTEXIST', mch_id='1'),
         ReasonKind.BAD_ANSWER_SIGNATURE),
    ],
)  # fmt: skip
def test_probe(server, qq, answer, kind):
    """Test that wrong credentials are told apart."""
    server.default = saying(answer, headers={'Date': 'Mon, 01 Jan 2024 16:30:00 GMT'})
    probe = qq.probe()
    assert (probe.ok, probe.reason and probe.reason.kind) == (kind is None, kind)
    assert probe.clock_skew == 5


def test_probe_without_answer(server, qq):
    """Test that a silent gateway is no good credential."""
    server.default = answering(b'<html>')
    assert qq.probe().reason.kind == ReasonKind.NO_ANSWER


def test_probe_looks_at_the_certificate(server, client_files):
    """Test that a certificate that cannot be used is told before the first refund needs it."""
    server.default = saying(signed(result_code='FAIL', err_code='ORDERNOTEXIST'))
    certificate, key = client_files(start=-2000)  # the tests' clock stands in 2024
    assert make(server, client_certificate=certificate, client_key=key).probe().ok
    for files, code in (
        ((certificate, ''), 'wrong'), (client_files(days=-1500, start=-2000), 'expired'), (('x', key), 'unreadable'),
    ):  # fmt: skip
        probe = make(server, client_certificate=files[0], client_key=files[1]).probe()
        assert (probe.ok, probe.reason.code) == (False, code)


def test_secrets_are_not_shown(qq):
    """Test that what a result keeps or a mistake says has no key in it."""
    assert KEY not in repr(qq.query('SO1-1'))
