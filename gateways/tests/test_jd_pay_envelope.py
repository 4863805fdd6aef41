# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's messages that are wrong: hostile XML, answers and notices that do not fit."""

import base64
import time

import jd_pay_vectors as v
import pytest
from hypothesis import given, strategies as st

from gateways.base import NoticeRejected, Outcome, ReasonKind
from gateways.jd_pay import JdPay, codes, encryption, envelope, refunds, signing
from gateways.transport import Transport

DES = encryption.des_key(v.DES_KEY)
PRIVATE = signing.private_key(v.TEST_PRIVATE)  # plays JD
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
FRAME = '<version>V2.0</version><merchant>22294531</merchant>'
OK = '<result><code>000000</code><desc>ok</desc></result>'
PAID = '<tradeNum>T1</tradeNum><tradeType>0</tradeType><amount>100</amount><status>2</status>'
BOMB = (
    '<!DOCTYPE jdpay [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL = '<!DOCTYPE jdpay [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE jdpay SYSTEM "http://127.0.0.1:1/evil.dtd">'


def gateway(endpoint=''):
    return JdPay(
        {
            'merchant': '22294531', 'des_key': v.DES_KEY, 'private_key': v.TEST_PRIVATE,
            'jd_public_key': v.TEST_PUBLIC,
        },
        endpoint=endpoint,
        transport=Transport(connect_timeout=1, read_timeout=0.5, total_timeout=2),
    )  # fmt: skip


def wrap(inner):
    cipher = base64.b64encode(encryption.encrypt(inner, DES).encode()).decode()
    return f'{HEAD}<jdpay>{FRAME}{OK}<encrypt>{cipher}</encrypt></jdpay>'.encode()


def signed(content, frame=FRAME + OK, prefix=HEAD):
    """Return a body whose inner document JD (the test key) signed."""
    text = f'{prefix}<jdpay>{frame}{content}</jdpay>'
    sign = signing.sign(text, PRIVATE)
    return wrap(text.replace('</jdpay>', f'<sign>{sign}</sign></jdpay>'))


def refused(body, headers=None):
    with pytest.raises(NoticeRejected) as caught:
        gateway().parse_notice(headers or {}, body)
    return caught.value.kind


@pytest.mark.parametrize('doctype', [BOMB, EXTERNAL, REMOTE, '<!doctype jdpay>'])
@pytest.mark.parametrize('place', ['outer', 'inner'])
def test_document_types_are_refused(doctype, place):
    """Test that a bomb and an external entity are refused at once, even rightly signed."""
    started = time.monotonic()
    if place == 'outer':
        body = f'{HEAD}{doctype}<jdpay>&c;&x;<encrypt>aa</encrypt></jdpay>'.encode()
    else:
        body = signed('<note>&c;&x;</note>' + PAID, prefix=HEAD + doctype)
    assert refused(body) == 'malformed'
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    'body',
    [
        b'', b'success', b'{"a": 1}', b'<jdpay>', b'<jdpay></jdpay', b'\xff\xfe<jdpay/>',
        b'<other><encrypt>aa</encrypt></other>', b'<jdpay>&amp;&nbsp;</jdpay>', b'<jdpay>\0</jdpay>',
        b'<jdpay><encrypt>*</encrypt></jdpay>', b'<jdpay><encrypt>YWJj</encrypt></jdpay>',
        b'<jdpay><encrypt>aa</encrypt><encrypt>bb</encrypt></jdpay>', b'x' * (envelope.MAX_BODY + 1),
        b'<jdpay>' + b'<a>' * 3000 + b'</a>' * 3000 + b'</jdpay>',
        b'<jdpay>' + b'<a/>' * 3000 + b'</jdpay>',
        HEAD.replace('UTF-8', 'UTF-7').encode() + b'<jdpay>+ADw-</jdpay',
    ],
    ids=range(16),
)  # fmt: skip
def test_malformed_notices(body):
    """Test that rubbish is refused as such."""
    assert refused(body) == 'malformed'


@given(st.binary(max_size=200))
def test_rubbish_never_gets_further(body):
    """Test that no bytes lead to another exception."""
    with pytest.raises(NoticeRejected):
        gateway().parse_notice({}, body)


def test_signatures_of_notices():
    """Test that a signature must be there, once, and be the one that a parser sees."""
    good = f'{HEAD}<jdpay>{FRAME}{OK}{PAID}</jdpay>'
    sign = f'<sign>{signing.sign(good, PRIVATE)}</sign>'
    tail = '</jdpay>'
    assert gateway().parse_notice({}, wrap(good.replace(tail, sign + tail))).payment
    for inner in (
        good,
        good.replace(tail, sign + sign + tail),
        good.replace(tail, f'<!-- {sign} -->{tail}'),
        good.replace(tail, f'<note><![CDATA[{sign}]]></note>{tail}'),
        good.replace(tail, f'<a>{sign}</a>{tail}'),
        good.replace(tail, f'<sign a="1">{sign[6:]}{tail}'),
        good.replace('>100<', '>101<').replace(tail, sign + tail),
        good.replace(tail, ' ' + sign + tail).replace('>T1<', '> T1<'),
    ):
        assert refused(wrap(inner)) == 'signature', inner
    plain = f'{HEAD}<jdpay>{FRAME}{OK}{PAID}</jdpay>'.encode()
    assert refused(plain) == 'signature'
    assert refused(wrap(good), {'Content-Encoding': 'gzip'}) == 'malformed'


def test_signature_over_trimmed_lines():
    """Test that what JD's library trims before it signs is accepted."""
    sign = signing.sign(f'{HEAD}<jdpay>{FRAME}{OK}{PAID}</jdpay>', PRIVATE)
    inner = f'{HEAD}\r\n<jdpay>\n  {FRAME}{OK}\n\t{PAID}\n<sign>{sign}</sign>\n</jdpay>\n'
    assert gateway().parse_notice({}, wrap(inner)).payment.outcome == Outcome.PAID


def test_what_is_read_is_what_was_signed():
    """Test that a line break put into a value afterwards is not read as part of it."""
    good = PAID + '<note>a b</note>'
    sign = signing.sign(f'{HEAD}<jdpay>{FRAME}{OK}{good}</jdpay>', PRIVATE)
    broken = good.replace('>T1<', '>T\n1<').replace('>100<', '>10\t0<')
    inner = f'{HEAD}<jdpay>{FRAME}{OK}{broken}<sign>{sign}</sign></jdpay>'
    payment = gateway().parse_notice({}, wrap(inner)).payment
    assert (payment.out_trade_no, payment.amount) == ('T1', 100)


@pytest.mark.parametrize(
    ('content', 'kind', 'outcome'),
    [
        (PAID, 'payment', Outcome.PAID),
        (PAID.replace('<status>2', '<status>0'), 'payment', Outcome.WAITING),
        (PAID.replace('<status>2', '<status>3'), 'payment', Outcome.REFUSED),
        (PAID.replace('<status>2', '<status>4'), 'payment', Outcome.REFUSED),
        (PAID.replace('<status>2', '<status>9'), 'payment', Outcome.UNKNOWN),
        (PAID.replace('<status>2</status>', ''), 'payment', Outcome.UNKNOWN),
        (PAID + '<oTradeNum>X</oTradeNum>', 'payment', Outcome.UNKNOWN),
        (PAID.replace('Type>0', 'Type>1'), 'refund', Outcome.REFUSED),
        (PAID.replace('Type>0', 'Type>1').replace('<status>2', '<status>1'), 'refund', Outcome.PAID),
    ],
)  # fmt: skip
def test_states_of_notices(content, kind, outcome):
    """Test both scales: 2 is paid for a payment, failed for a refund."""
    notice = gateway().parse_notice({}, signed(content))
    result = notice.payment or notice.refund
    assert (notice.kind, result.outcome) == (kind, outcome)
    assert (outcome in (Outcome.PAID, Outcome.WAITING)) == (result.reason is None)


@pytest.mark.parametrize(
    'content',
    [
        PAID.replace('<tradeType>0</tradeType>', ''), PAID.replace('Type>0', 'Type>5'),
        PAID.replace('<tradeNum>T1</tradeNum>', ''), PAID.replace('>100<', '>1.00<'),
        PAID + '<status>2</status>',
    ],
)  # fmt: skip
def test_notices_that_cannot_be_read(content):
    """Test that a rightly signed notice without what decides is refused."""
    assert refused(signed(content)) == 'malformed'


def test_notice_of_an_error_is_no_payment():
    """Test that `status` counts only with result 000000."""
    frame = FRAME + '<result><code>1</code><desc>x</desc></result>'
    assert gateway().parse_notice({}, signed(PAID, frame)).payment.outcome == Outcome.UNKNOWN


# === ANSWERS === #


def complaint(message, code='E1'):
    return (
        f'{HEAD}<jdpay>{FRAME}<result><code>{code}</code><desc>{message}</desc></result></jdpay>'
    ).encode()


@pytest.mark.parametrize(
    ('body', 'kind'),
    [
        (b'<html>', ReasonKind.NO_ANSWER),
        (complaint('ok', '000000'), ReasonKind.BAD_ANSWER_SIGNATURE),
        (complaint('交易不存在'), ReasonKind.NOT_FOUND),
        (signed(PAID.replace('T1', 'T2')), ReasonKind.BAD_ANSWER_SIGNATURE),
        (signed(PAID.replace('Type>0', 'Type>1')), ReasonKind.BAD_ANSWER_SIGNATURE),
        (signed(PAID, '<merchant>1</merchant>' + OK), ReasonKind.BAD_ANSWER_SIGNATURE),
        (signed(PAID.replace('<tradeNum>T1</tradeNum>', '')), ReasonKind.NO_ANSWER),
        (signed(PAID.replace('<amount>100</amount>', '')), ReasonKind.NO_ANSWER),
        (signed(PAID + '<currency>USD</currency>'), ReasonKind.BAD_ANSWER_SIGNATURE),
        (signed(PAID, FRAME + '<result><code>9</code><desc>系统异常</desc></result>'),
         ReasonKind.SYSTEM),
    ],
    ids=range(10),
)  # fmt: skip
def test_answers_to_a_query_that_end_nothing(server, body, kind):
    """Test that only a signed answer to this very question is believed."""
    server.script.append(lambda exchange: exchange.answer(body))
    result = gateway(server.url).query('T1')
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, kind)


def test_request_on_the_wire(server):
    """Test address, type and contents of a call."""
    server.script.append(lambda exchange: exchange.answer(signed(PAID)))
    assert gateway(server.url).query('T1').outcome == Outcome.PAID
    asked = server.requests[0]
    assert (asked.method, asked.target) == ('POST', '/paygate/service/query')
    assert asked.headers['content-type'] == 'application/xml'
    keys = envelope.Keys('22294531', DES, PRIVATE, PRIVATE.public_key())
    document = envelope.unseal(envelope.outer(asked.body).fields['encrypt'], keys)
    assert document.fields['tradeNum'] == 'T1'


@pytest.mark.parametrize(
    ('message', 'kind'),
    [
        ('商户号不存在', ReasonKind.UNKNOWN_APP), ('订单不存在', ReasonKind.NOT_FOUND),
        ('验签失败', ReasonKind.BAD_KEY), ('系统繁忙，请稍后', ReasonKind.SYSTEM),
        ('商户未开通该产品', ReasonKind.NOT_ENABLED), ('订单号重复', ReasonKind.DUPLICATE),
        ('余额不足', ReasonKind.DECLINED), ('参数格式错误', ReasonKind.PARAMETER),
        ('whatever', ReasonKind.OTHER), ('', ReasonKind.OTHER),
    ],
)  # fmt: skip
def test_words_of_complaints(message, kind):
    """Test that words are told apart."""
    assert codes.kind_of('X', message) == kind


def test_revoke_numbers():
    """Test that they are the same on each try and never too long."""
    assert refunds.revoke_number('20240101' * 3 + '1234') == 'V' + '20240101' * 3 + '1234'
    assert len(refunds.revoke_number('x' * 30)) == 30
    assert refunds.revoke_number('x' * 30) == refunds.revoke_number('x' * 30)
