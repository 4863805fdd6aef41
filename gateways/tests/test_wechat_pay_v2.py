# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay, version 2: XML that is safe, and what its answers amount to."""

import ssl

import pytest
import wechat_pay_witness as witness
from gateway_loopback import Loopback, answering, close, reset
from hypothesis import given, strategies as st
from test_transport_tls import make_certificate
from wechat_pay_witness import Answers, make

from gateways.base import ChargeRequest, Outcome, ReasonKind
from gateways.parsing import Malformed
from gateways.transport import Transport
from gateways.wechat_pay import WechatPay
from gateways.wechat_pay.v2 import signing as v2_signing
from gateways.wechat_pay.v2.client import V2Client

NUMBER, CODE = 'T20200101-0001', '134567890123456789'
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b''.join(
    b'<!ENTITY %c "%s">' % (98 + at, b'&%c;' % (97 + at) * 10) for at in range(9)
) + b']><xml><return_code>&j;</return_code></xml>'


@pytest.fixture
def gateway(server):
    return make(server.url, codepay_api='v2', api_key=witness.API_KEY)


def v2(key=witness.API_KEY, sign_type='HMAC-SHA256', **fields):
    """Return an action that answers in version 2, signed."""
    content = {
        'return_code': 'SUCCESS', 'return_msg': 'OK', 'result_code': 'SUCCESS',
        'appid': witness.APPID, 'mch_id': witness.MCHID, 'nonce_str': 'n', **fields,
    }
    content = {name: value for name, value in content.items() if value is not None}
    if key:
        content['sign'] = v2_signing.sign(content, key, sign_type)
    return answering(v2_signing.build(content))


def failing(code, **fields):
    return v2(result_code='FAIL', err_code=code, err_code_des='说明', **fields)


def v2_paid(**changes):
    return {
        'out_trade_no': NUMBER, 'total_fee': '100', 'cash_fee': '90', 'coupon_fee': '10',
        'fee_type': 'CNY', 'transaction_id': '42001', 'time_end': '20200101080000',
        'openid': 'oUpF8uMuAJO_M2pxb1Q9zN', 'trade_type': 'MICROPAY', **changes,
    }


def charge(gateway, **changes):
    return gateway.charge(ChargeRequest(**{
        'out_trade_no': NUMBER, 'amount': 100, 'subject': '茶 <&> 🍵', 'auth_code': CODE, **changes,
    }))


# === XML === #


@pytest.mark.parametrize(
    'body',
    [
        BOMB,
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><a>1</a></xml>',
        b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><a>&e;</a></xml>',
        b'<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p">%p;]><xml><a>1</a></xml>',
        '<!DOCTYPE xml [<!ENTITY e "x">]><xml><a>&e;</a></xml>'.encode('utf-16'),
        b'<xml><a>&e;</a></xml>', b'<xml><a><b>1</b></a></xml>', b'<xml><a>1</a><a>2</a></xml>',
        b'<xml><a>1</a>', b'', b'{}', b'<xml><a>\xff</a></xml>', b'<xml>' + b' ' * 70000 + b'</xml>',
        b'<xml>' + b''.join(b'<a%d>1</a%d>' % (at, at) for at in range(200)) + b'</xml>',
        b'<?xml version="1.0" encoding="nonsense"?><xml/>',
    ],
)
def test_bad_xml(body):
    """Test that bombs, external entities and everything that is not flat are refused."""
    with pytest.raises(Malformed):
        v2_signing.parse(body)


def test_good_xml():
    """Test the form of the documents: CDATA, white space, empty elements."""
    body = '<xml>\n<a><![CDATA[<茶&>]]></a>\n <b> 1 </b><c/><d>&lt;&#33;</d></xml>'.encode()
    assert v2_signing.parse(body) == {'a': '<茶&>', 'b': '1', 'c': '', 'd': '<!'}


_text = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=('Cs', 'Cc')),
    max_size=20,
).map(str.strip)


@given(st.dictionaries(st.sampled_from('abcdefgh'), _text, max_size=6))
def test_there_and_back(fields):
    """Test that every text survives the way through XML."""
    assert v2_signing.parse(v2_signing.build(fields)) == fields


# === CHARGES === #


def test_charge(server, gateway):
    """Test a charge: what is sent, and the result."""
    server.script = [v2(**v2_paid())]
    result = charge(gateway)
    assert (result.outcome, result.amount, result.payer_amount) == (Outcome.PAID, 100, 90)
    assert (result.gateway_trade_no, result.paid_at.hour) == ('42001', 8)
    (seen,) = server.requests
    fields = v2_signing.parse(seen.body)
    assert seen.target == '/pay/micropay'
    assert v2_signing.verify(fields, witness.API_KEY)
    assert (fields['auth_code'], fields['total_fee'], fields['body']) == (CODE, '100', '茶 <&>')
    assert fields['sign_type'] == 'HMAC-SHA256'
    assert 'oUpF8uMuAJO' not in str(result.raw)


@pytest.mark.parametrize(
    ('code', 'outcome', 'kind'),
    [
        ('SYSTEMERROR', Outcome.UNKNOWN, ReasonKind.SYSTEM),
        ('BANKERROR', Outcome.UNKNOWN, ReasonKind.SYSTEM),
        ('USERPAYING', Outcome.WAITING, ReasonKind.OTHER),
        ('AUTHCODEEXPIRE', Outcome.REFUSED, ReasonKind.BAD_CODE),
        ('AUTH_CODE_ERROR', Outcome.REFUSED, ReasonKind.BAD_CODE),
        ('AUTH_CODE_INVALID', Outcome.REFUSED, ReasonKind.BAD_CODE),
        ('NOTENOUGH', Outcome.REFUSED, ReasonKind.DECLINED),
        ('NOTSUPORTCARD', Outcome.REFUSED, ReasonKind.DECLINED),
        ('ORDERREVERSED', Outcome.REFUSED, ReasonKind.CANCELLED),
        ('ORDERCLOSED', Outcome.REFUSED, ReasonKind.EXPIRED),
        ('ORDERPAID', Outcome.UNKNOWN, ReasonKind.DUPLICATE),
        ('OUT_TRADE_NO_USED', Outcome.UNKNOWN, ReasonKind.DUPLICATE),
        ('BUYER_MISMATCH', Outcome.REFUSED, ReasonKind.DUPLICATE),
        ('TRADE_ERROR', Outcome.REFUSED, ReasonKind.DECLINED),
        ('NOAUTH', Outcome.REFUSED, ReasonKind.NOT_ENABLED),
        ('APPID_NOT_EXIST', Outcome.REFUSED, ReasonKind.UNKNOWN_APP),
        ('PARAM_ERROR', Outcome.REFUSED, ReasonKind.PARAMETER),
        ('SIGNERROR', Outcome.REFUSED, ReasonKind.BAD_KEY),
        ('SOMETHING_NEW', Outcome.UNKNOWN, ReasonKind.OTHER),
    ],
)
def test_charge_errors(server, gateway, code, outcome, kind):
    """Test the table of error codes."""
    server.script = [failing(code)]
    result = charge(gateway)
    assert (result.outcome, result.reason.kind) == (outcome, kind)


@pytest.mark.parametrize(
    'action',
    [
        v2(key='x' * 32, **v2_paid()), v2(key=None, **v2_paid()), v2(sign_type='MD5', **v2_paid()),
        v2(**v2_paid(out_trade_no='T20200101-0002')), v2(**v2_paid(mch_id='1')),
        v2(**v2_paid(total_fee=None)), v2(**v2_paid(total_fee='1.00')),
        v2(**v2_paid(fee_type='USD')), v2(key=None, return_code='FAIL', return_msg='签名错误'),
        answering(BOMB), answering(b'{}'), answering(b'x', status=502),
        answering(b'x', status=404), reset, close,
    ],
)
def test_charge_not_believed(server, gateway, action):
    """Test that a doubtful answer is unknown, and that the charge is not sent again."""
    server.script = [action]
    result = charge(gateway)
    assert (result.outcome, result.closed) == (Outcome.UNKNOWN, False), result
    assert len(server.requests) == 1


def test_query_falls_back(server, gateway):
    """Test that version 2 is asked when version 3 does not know the order."""
    say = Answers(server)
    server.script = [
        say.ok(witness.paid()), say.error(404, 'ORDER_NOT_EXIST'),
        v2(trade_state='SUCCESS', **v2_paid()), say.error(404, 'ORDER_NOT_EXIST'),
        failing('ORDERNOTEXIST'), say.error(404, 'ORDER_NOT_EXIST'),
        v2(out_trade_no=NUMBER, trade_state='USERPAYING', appid=None),
    ]
    results = [gateway.query(NUMBER) for _call in range(4)]
    assert [result.outcome for result in results] == [
        Outcome.PAID, Outcome.PAID, Outcome.UNKNOWN, Outcome.WAITING
    ]
    assert results[2].reason.kind == ReasonKind.NOT_FOUND


def test_reverse(server, gateway):
    """Test each answer to a reverse."""
    revoked = v2(out_trade_no=NUMBER, trade_state='REVOKED')
    server.script = [
        v2(recall='N'), revoked, v2(recall='Y'), failing('SYSTEMERROR', recall='Y'),
        failing('USERPAYING'), failing('ORDERREVERSED'), revoked,
        v2(recall='N'), v2(trade_state='SUCCESS', **v2_paid()), failing('REVERSE_EXPIRE'), close,
        v2(recall='N', key='x' * 32),
    ]
    results = [gateway.reverse(NUMBER) for _call in range(9)]
    assert [(result.outcome, result.closed) for result in results] == [
        (Outcome.REFUSED, True), (Outcome.UNKNOWN, False), (Outcome.UNKNOWN, False),
        (Outcome.WAITING, False), (Outcome.REFUSED, True), (Outcome.UNKNOWN, False),
        (Outcome.UNKNOWN, False), (Outcome.UNKNOWN, False), (Outcome.UNKNOWN, False),
    ]
    assert server.requests[0].target == '/secapi/pay/reverse'


def test_certificate_in_the_handshake(tmp_path):
    """Test that a reverse shows the merchant's certificate, and that a charge does without."""
    certificate, key = make_certificate('localhost')
    for name, content in (('cert.pem', certificate), ('key.pem', key)):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / 'cert.pem', tmp_path / 'key.pem')
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=witness.credentials()['certificate'])
    server, shown = Loopback(context=context), []

    def note(action):
        def act(exchange):
            shown.append(exchange.connection.getpeercert())
            action(exchange)
        return act

    gateway = WechatPay(
        witness.credentials(codepay_api='v2', api_key=witness.API_KEY), endpoint=server.url,
        transport=Transport(ca_bundle=str(tmp_path / 'cert.pem')),
    )
    revoked = v2(out_trade_no=NUMBER, trade_state='REVOKED')
    server.script = [note(v2(recall='N')), note(revoked)]
    try:
        assert gateway.reverse(NUMBER).closed
    finally:
        server.stop()
    assert shown[0]['subject'] == ((('commonName', witness.MCHID),),)
    assert not shown[1]
    assert V2Client(make().client).client_certificate() is None
