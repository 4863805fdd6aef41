# Part of payment_cn_wallets. License LGPL-3.
"""XML that attacks its reader, and messages without end, at every place that reads them."""

import io
import time
import zipfile
from datetime import date

import hostile
import jd_pay_vectors as v
import pytest
import qq_wallet_witness as qq
import test_jd_pay_envelope as jd
import wechat_pay_witness as wechat
from gateway_loopback import Loopback, answering
from test_wechat_pay_v2 import charge as charge_v2

from gateways.base import CallFailed, NoticeRejected, Outcome, ReasonKind
from gateways.jd_pay import encryption, signing, statement as jd_bill
from gateways.parsing import Malformed
from gateways.qq_wallet import statement as qq_statement
from gateways.wechat_pay import statement

every_document = pytest.mark.parametrize('name', hostile.NAMES)
DAY = date(2024, 1, 1)


@pytest.fixture(scope='module')
def bait():
    """A server that nobody may call."""
    server = Loopback()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _untouched(bait):
    """Look whether anything was called, and whether anybody was kept busy."""
    started = time.monotonic()
    yield
    assert not bait.requests
    assert time.monotonic() - started < 5


def flat(name, bait, **fields):
    """Return a hostile message of WeChat Pay's version 2 or QQ Wallet."""
    values = {'return_code': 'SUCCESS', 'result_code': 'SUCCESS', 'trade_state': 'SUCCESS', **fields}
    inside = ''.join(f'<{field}>{value}</{field}>' for field, value in values.items())
    return hostile.documents('xml', bait.url, f'{inside}<attach>&x;</attach>')[name].encode()


def unread(result):
    """Whether nothing of an answer was believed, or kept."""
    return (
        (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NO_ANSWER)
        and 'root:' not in repr(result)
    )


# === WECHAT PAY, VERSION 2 === #


@every_document
@pytest.mark.parametrize('call', ['charge', 'query', 'reverse'])
def test_wechat_pay_answers(server, bait, call, name):
    """Test that no answer of version 2 is read when it declares anything."""
    gateway = wechat.make(server.url, codepay_api='v2', api_key=wechat.API_KEY)
    body = answering(flat(name, bait, out_trade_no='T20200101-0001', total_fee='100'))
    if call == 'charge':
        server.script = [body]
        assert unread(charge_v2(gateway))
    elif call == 'query':
        server.script = [wechat.Answers(server).error(404, 'ORDER_NOT_EXIST'), body]
        assert unread(gateway.query('T20200101-0001'))
    else:
        server.script = [body]
        assert unread(gateway.reverse('T20200101-0001'))


# === QQ WALLET === #


@every_document
def test_qq_wallet_answers(server, bait, name):
    """Test that no answer to any call is read when it declares anything."""
    server.default = answering(flat(name, bait, **qq.PAID))
    for call in qq.CALLS.values():
        assert unread(call(qq.make(server)))


@every_document
def test_qq_wallet_notices_and_statement(server, bait, name):
    """Test the same of a notice, and of the error that comes in place of a statement."""
    body = flat(name, bait, mch_id=qq.MERCHANT, retcode='1', retmsg='x')
    with pytest.raises(NoticeRejected) as caught:
        qq.make(server).parse_notice({}, body)
    assert caught.value.kind == 'malformed'
    server.default = answering(body)
    with pytest.raises(CallFailed) as failed:
        qq.make(server).statement(DAY)
    assert failed.value.reason.kind == ReasonKind.NO_ANSWER


# === JD PAY === #


def jd_documents(bait, inside):
    frame = jd.FRAME + jd.OK
    return hostile.documents('jdpay', bait.url, f'{frame}{inside}<note>&x;</note>')


@every_document
def test_jd_pay_outer_documents(server, bait, name):
    """Test that no outer document is read when it declares anything: answers and notices."""
    body = jd_documents(bait, '<encrypt>YWE=</encrypt>')[name].encode()
    assert jd.refused(body) == 'malformed'
    server.default = answering(body)
    result = jd.gateway(server.url).query('T1')
    assert result.outcome == Outcome.UNKNOWN
    assert 'root:' not in repr(result)


@every_document
def test_jd_pay_inner_documents(server, bait, name):
    """Test that a document is refused though JD itself encrypted and signed it."""
    text = jd_documents(bait, jd.PAID)[name]
    sign = signing.sign(text, jd.PRIVATE)
    try:
        body = jd.wrap(text.replace('</jdpay>', f'<sign>{sign}</sign></jdpay>'))
    except ValueError:
        assert len(text) > encryption.MAX_TEXT  # JD's library cannot have written it
        return
    if name == 'inclusion':  # an element like any other: nothing is included
        assert jd.gateway().parse_notice({}, body).payment.outcome == Outcome.PAID
        return
    assert jd.refused(body) == 'malformed'
    server.default = answering(body)
    result = jd.gateway(server.url).query('T1')
    assert (result.outcome, result.reason.kind) == (
        Outcome.UNKNOWN, ReasonKind.BAD_ANSWER_SIGNATURE
    )
    assert 'root:' not in repr(result)


# === WITHOUT END === #


@pytest.mark.parametrize('body', [b' ' * 1_100_000, b'<xml>' + b'<a>' * 400_000, b'[' * 1_100_000])
def test_answers_without_end(server, body):
    """Test that an answer beyond the limit is none, whatever it began with."""
    server.default = answering(body)
    results = [
        wechat.make(server.url).query('T20200101-0001'), qq.make(server).query('SO1-1'),
        jd.gateway(server.url).query('T1'),
        charge_v2(wechat.make(server.url, codepay_api='v2', api_key=wechat.API_KEY)),
    ]
    assert all(unread(result) for result in results)


@pytest.mark.parametrize(
    'read',
    [
        lambda body: wechat.make().parse_notice(wechat.signed(body), body),
        lambda body: qq.QqWallet(qq.CREDENTIALS).parse_notice({}, body),
        lambda body: jd.gateway().parse_notice({}, body),
    ],
    ids=['wechat_pay', 'qq_wallet', 'jd_pay'],
)
def test_notices_without_end(read):
    """Test that a notice is not read beyond a limit."""
    for body in (b'<xml>' + b'<a>1</a>' * 40_000 + b'</xml>', b'{"a":' * 30_000, b' ' * 200_000):
        with pytest.raises(NoticeRejected) as caught:
            read(body)
        assert caught.value.kind == 'malformed'


def test_statements_without_end(server, monkeypatch):
    """Test that a file is not fetched beyond its limit."""
    monkeypatch.setattr(statement, 'MAX_BYTES', 1000)
    monkeypatch.setattr(qq_statement, 'MAX_BYTES', 1000)
    monkeypatch.setattr(jd_bill, 'MAX_ZIP', 1000)
    link = {
        'hash_type': 'SHA1', 'hash_value': '0' * 40, 'download_url': f'{server.url}/v3/file?token=a'
    }
    file = answering(b'x' * 1001)
    server.script = [wechat.Answers(server).ok(link), file, file, file]
    gateways = [wechat.make(server.url), qq.make(server)]
    gateways.append(jd.JdPay(
        {'merchant': '22294531', 'des_key': v.DES_KEY, 'private_key': v.TEST_PRIVATE,
         'jd_public_key': v.TEST_PUBLIC, 'md5_key': v.MD5_KEY, 'owner': '22294531'},
        endpoint=server.url,
    ))  # fmt: skip
    for gateway in gateways:
        with pytest.raises(CallFailed) as caught:
            gateway.statement(DAY)
        assert 'too large' in caught.value.reason.message


def test_packed_statement_without_end(monkeypatch):
    """Test that JD's archive is not unpacked beyond a limit, whatever its directory says."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.csv', b'0' * 2001)
    assert len(out.getvalue()) < 200
    monkeypatch.setattr(jd_bill, 'MAX_FILE', 2001)
    assert jd_bill.unpack(out.getvalue())[0] == 'a.csv'
    monkeypatch.setattr(jd_bill, 'MAX_FILE', 2000)
    with pytest.raises(Malformed, match='too large'):
        jd_bill.unpack(out.getvalue())
