# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet: what the protocol's documents state and no other test of this folder holds us to."""

import base64
import hashlib
import hmac
from datetime import date

import pytest
from gateway_loopback import answering
from qq_wallet_witness import APP_KEY, CREDENTIALS, KEY, MERCHANT, parsed, saying, signed
from test_qq_wallet_requests import Recorder
from test_qq_wallet_signing import VECTORS, vector

from gateways.base import CallFailed, ChargeRequest, Outcome, ReasonKind, RefundRequest, Wallet
from gateways.payment_codes import recognise
from gateways.qq_wallet import QqWallet, signing
from gateways.transport import Answer, Transport

NONCE = '3e5a036cb4bc3a677a38ad9d69eb3feb'


class Recording(Recorder):
    """A transport that sends nothing, and keeps what would have been sent."""

    def post(self, url, body, headers, **options):
        super().post(url, body, headers, **options)
        return Answer(200, {}, b'<xml><retcode>1</retcode><retmsg>x</retmsg></xml>')


def make(endpoint='', **changes):
    """Return a gateway without an application, as in the vectors, and what it sends."""
    recorder = Recording()
    credentials = {**CREDENTIALS, 'app_id': '', 'app_key': '', **changes}
    return QqWallet(credentials, endpoint=endpoint, transport=recorder), recorder


# === VECTORS, AS THEY ARE SENT === #


def test_v4_as_it_is_sent(monkeypatch):
    """Test V4: a charge, to the last field and its signature."""
    monkeypatch.setattr('secrets.token_hex', lambda _size: NONCE)
    gateway, recorder = make()
    gateway.charge(ChargeRequest(
        'M20240102030405', 1, 'coffee', '910000000000000001', client_ip='203.0.113.7',
        terminal_id='POS1',
    ))
    [(url, sent, _headers, _options)] = recorder.calls
    values, sign = vector('V4')
    assert sent == {**values, 'sign': sign}
    assert url == 'https://qpay.qq.com/cgi-bin/pay/qpay_micro_pay.cgi'


def test_v6_as_it_is_sent(monkeypatch):
    """Test V6: a refund, with the operator's password as its MD5."""
    monkeypatch.setattr('secrets.token_hex', lambda _size: NONCE)
    gateway, recorder = make('http://127.0.0.1:9')  # no TLS, so no client certificate
    gateway.refund(RefundRequest('T20240102030405', 'R20240102030405', 100, 888))
    values, sign = vector('V6')
    assert recorder.calls[0][1] == {**values, 'sign': sign}


def test_v7_is_none_of_the_known_mistakes():
    """Test that the app's signature is the Base64 of the raw digest, not of its digits."""
    values = {
        'appId': '1104606907', 'bargainorId': MERCHANT, 'nonce': 'ibuaiVcKdpRxkhJA', 'pubAcc': '',
        'tokenId': '6M0a1b2c3d4e5f60718293a4b5c6d7e8',
    }  # fmt: skip
    text = '&'.join(f'{name}={value}' for name, value in values.items())
    digits = hmac.new(f'{APP_KEY}&'.encode(), text.encode(), hashlib.sha1).hexdigest()
    wrong = 'YWJmMGIzZTE1NDdjNzE0NjU2NmU4N2M4NTg5ODBlZjE0NjQ3NGFiZA=='
    assert base64.b64encode(digits.encode()).decode() == wrong
    assert signing.app_signature(values, APP_KEY) == base64.b64encode(bytes.fromhex(digits)).decode()


@pytest.mark.parametrize('name', VECTORS)
def test_vectors_through_xml(name):
    """Test that the vectors' texts survive the way over the wire, Chinese ones too."""
    values, sign = vector(name)
    received = signing.read(signing.write({**values, 'sign': sign}))
    assert signing.verify(received, KEY)
    assert parsed(signing.write({**values, 'sign': sign}))['sign'] == sign


# === ADDRESSES === #


def test_statement_is_asked_of_its_own_folder():
    """Test the address and the fields of a statement."""
    gateway, recorder = make()
    with pytest.raises(CallFailed):
        gateway.statement(date(2024, 1, 2))
    [(url, sent, _headers, options)] = recorder.calls
    assert url == 'https://qpay.qq.com/cgi-bin/sp_download/qpay_mch_statement_down.cgi'
    assert set(sent) == {'mch_id', 'nonce_str', 'bill_date', 'bill_type', 'sign'}
    assert (sent['bill_date'], sent['bill_type']) == ('20240102', 'ALL')
    assert options['repeatable']
    assert 'certificate' not in options


# === ANSWERS === #


@pytest.fixture
def qq(server):
    transport = Transport(connect_timeout=1, read_timeout=0.4, total_timeout=2)
    return QqWallet(CREDENTIALS, endpoint=server.url, transport=transport)


@pytest.mark.parametrize('name', ['err_code_des', 'err_code_desc'])
def test_both_spellings_of_a_message(server, qq, name):
    """Test that a complaint is understood in either spelling."""
    server.default = saying(signed(result_code='FAIL', err_code='66', **{name: '订单不存在'}))
    result = qq.query('SO1-1')
    assert (result.reason.kind, result.reason.message) == (ReasonKind.NOT_FOUND, '订单不存在')


@pytest.mark.parametrize('retcode', ['0', '66227005', '-1'])
def test_raw_codes_decide_nothing(server, qq, retcode):
    """Test that `retcode` and `retmsg`, which come from mobile QQ, are logged and not acted upon."""
    fields = {'out_trade_no': 'SO1-1', 'trade_state': 'SUCCESS', 'total_fee': '100', 'fee_type': 'CNY'}
    server.default = saying(signed(**fields, retcode=retcode, retmsg='系统错误'))
    assert qq.query('SO1-1').outcome == Outcome.PAID
    server.default = saying(signed(result_code='FAIL', err_code='NOTENOUGH', retcode=retcode))
    charge = ChargeRequest('POS1-1', 100, 'Tea', '910000000000000001')
    assert qq.charge(charge).outcome == Outcome.REFUSED


@pytest.mark.parametrize(
    ('cash', 'coupon', 'paid'),
    [('88', '12', 88), ('88', None, 88), (None, '12', 88), (None, None, None), (None, '101', None)],
)
def test_what_the_payer_paid(server, qq, cash, coupon, paid):
    """Test that the shop is owed `total_fee`, however its parts are told."""
    fields = {'cash_fee': cash, 'coupon_fee': coupon}
    server.default = saying(signed(
        out_trade_no='SO1-1', trade_state='SUCCESS', total_fee='100', fee_type='CNY',
        **{name: value for name, value in fields.items() if value},
    ))
    result = qq.query('SO1-1')
    assert (result.outcome, result.amount, result.payer_amount) == (Outcome.PAID, 100, paid)


def test_refund_is_found_among_many(server, qq):
    """Test a list of refunds whose numbers go past nine, the spelling `accout` included."""
    items = {}
    for at in range(12):
        items.update({
            f'out_refund_no_{at}': f'R{at}', f'refund_id_{at}': f'Q{at}', f'refund_fee_{at}': str(at + 1),
            f'refund_status_{at}': 'SUCCESS' if at == 11 else 'PROCESSING',
            f'refund_recv_accout_{at}': '招商银行6225',
        })
    server.default = saying(signed(out_trade_no='SO1-1', refund_count='12', **items))
    found = qq.query_refund('R11')
    assert (found.outcome, found.amount, found.gateway_refund_no) == (Outcome.PAID, 12, 'Q11')
    assert qq.query_refund('R1').outcome == Outcome.WAITING
    assert qq.query_refund('R12').outcome == Outcome.UNKNOWN


def test_error_page_in_place_of_xml(server, qq):
    """Test that the page of something in front of the gateway says nothing about money."""
    server.default = answering(
        b'<!DOCTYPE html><html><body>error</body></html>', headers={'Content-Type': 'text/html'}
    )
    result = qq.charge(ChargeRequest('POS1-1', 100, 'Tea', '910000000000000001'))
    assert (result.outcome, result.reason.kind) == (Outcome.UNKNOWN, ReasonKind.NO_ANSWER)


# === PAYMENT CODES === #


@pytest.mark.parametrize(
    ('code', 'wallet'),
    [
        ('910783818928826810', Wallet.QQ_WALLET), ('910695025068954030', Wallet.QQ_WALLET),
        ('910029319873192312', Wallet.QQ_WALLET), ('91078381892882681', None),
        ('9107838189288268100', None), ('100000000000000000', Wallet.WECHAT_PAY),
        ('159999999999999999', Wallet.WECHAT_PAY), ('160000000000000000', None),
        ('2500000000000000', Wallet.ALIPAY), ('309999999999999999999999', Wallet.ALIPAY),
        ('180000000000000000', Wallet.JD_PAY), ('6200000000000000000', Wallet.UNIONPAY),
        ('6220105000000000000', Wallet.UNIONPAY), ('510000000000000000', None),
        ('0100000000000000000', None), (' 9107 8381 8928 8268 10\r', Wallet.QQ_WALLET),
    ],
)  # fmt: skip
def test_payment_codes_of_the_table(code, wallet):
    """Test the table of payment codes, with the samples that were seen in production."""
    assert recognise(code) == wallet
