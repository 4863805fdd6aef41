# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay: what the protocol's documents state and no other test of this folder holds us to."""

import base64
import re
from datetime import date

import jd_pay_vectors as v
import pytest
import test_jd_pay_envelope as jd
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from gateway_loopback import answering

from gateways.base import (
    CallFailed,
    ChargeRequest,
    NoticeRejected,
    OrderRequest,
    Outcome,
    ReasonKind,
    RefundRequest,
    Scene,
    Wallet,
)
from gateways.jd_pay import JdPay, codes, encryption, signing
from gateways.parsing import Malformed
from gateways.payment_codes import recognise
from gateways.transport import Answer, Transport

CREDENTIALS = {
    'merchant': '22294531', 'des_key': v.DES_KEY, 'private_key': v.TEST_PRIVATE,
    'jd_public_key': v.TEST_PUBLIC, 'md5_key': v.MD5_KEY, 'app_id': 'jdapp1', 'owner': '22294531',
}  # fmt: skip


def an_order(**changes):
    return OrderRequest(**{
        'out_trade_no': 'T1', 'amount': 100, 'subject': 'Tea', 'wallet': Wallet.JD_PAY,
        'scene': Scene.QR, 'notify_url': 'https://shop.example/n',
        'return_url': 'https://shop.example/back', **changes,
    })


def a_charge():
    return ChargeRequest('T1', 100, 'Tea', '180000000000000000')


def a_refund():
    return RefundRequest('T1', 'R1', 40, 100)


def make(server):
    return JdPay(
        CREDENTIALS, endpoint=server.url,
        transport=Transport(connect_timeout=1, read_timeout=0.5, total_timeout=2),
    )


# === CRYPTOGRAPHY === #


@pytest.mark.parametrize(
    ('block', 'cipher', 'text'),
    [
        ('00000003434e5900', 'ac7132c57f10d3ce', 'CNY'), ('0000000131000000', 'e5a6c3761ab9ddaf', '1'),
        ('0000000ce6b58be8af95e59586e59381', '25fc4ff3e72f364fc1d80691e88fd7df', '测试商品'),
        ('0000000461626364', '89aaf9aa886e1aee', 'abcd'),
    ],
)
def test_blocks(block, cipher, text):
    """Test the block that is encrypted: length in bytes, text, zeros, and none when it is full."""
    encryptor = Cipher(encryption.TripleDES(jd.DES), modes.ECB()).encryptor()
    assert (encryptor.update(bytes.fromhex(block)) + encryptor.finalize()).hex() == cipher
    assert encryption.encrypt(text, jd.DES) == cipher


@pytest.mark.parametrize('length', [-1, 5, 12, 16385, 2**31 - 1])
def test_lengths_that_do_not_fit(length):
    """Test that a length that is negative, or more than there is, is refused."""
    block = (length & 0xFFFFFFFF).to_bytes(4, 'big') + b'abcd'
    encryptor = Cipher(encryption.TripleDES(jd.DES), modes.ECB()).encryptor()
    cipher = (encryptor.update(block) + encryptor.finalize()).hex()
    with pytest.raises(Malformed):
        encryption.decrypt(cipher, jd.DES)


def test_longest_text():
    """Test the limit of JD's own library."""
    longest = 'x' * 16384
    assert encryption.decrypt(encryption.encrypt(longest, jd.DES), jd.DES) == longest
    with pytest.raises(ValueError, match='longer'):
        encryption.encrypt(longest + 'x', jd.DES)


def test_beginnings_and_lengths_of_the_messages():
    """Test how X1, X3 and X4 are written: Base64 of lower-case digits, on one line."""
    x1 = f'{v.X1_HEAD}<sign>{v.X1_SIGN}</sign>{v.X1_TAIL}'
    x3 = v.X3_TEXT.replace('</jdpay>', f'<sign>{v.X3_SIGN}</sign></jdpay>')
    x4 = f'{v.X4_HEAD}<sign>{v.X4_SIGN}</sign>{v.X4_TAIL}'
    for text, length, start, end in (
        (x1, 1432, 'ZDg2ZmU3YTk5YmM2MGQxYzhjNjc0YmY1', ''),
        (x3, 1516, 'MDBlYjgyNzFkNjZmYWQ2MDhjNjc0YmY1ZWJlY2QyODU0YTc5', 'ZmZlNWY2ZmNmMDUzMzQzNDg='),
        (x4, 1560, '', ''),
    ):
        written = base64.b64encode(encryption.encrypt(text, jd.DES).encode()).decode()
        assert len(written) == length
        assert written.startswith(start)
        assert written.endswith(end)
        assert re.fullmatch('[0-9a-f]+', base64.b64decode(written).decode())


# === ADDRESSES === #


class Recorder:
    """A transport that sends nothing."""

    def __init__(self):
        self.calls = []

    def post(self, url, _body, headers, **_options):
        self.calls.append((url, headers['Content-Type']))
        return Answer(200, {}, jd.complaint('x'))


def test_production():
    """Test the address of every call, and of both cashiers."""
    recorder = Recorder()
    gateway = JdPay(CREDENTIALS, transport=recorder)
    gateway.order(an_order())
    gateway.charge(a_charge())
    gateway.query('T1')
    gateway.refund(a_refund())  # … and the questions after its refusal
    with pytest.raises(CallFailed):
        gateway.statement(date(2024, 1, 2))
    xml = [url for url, kind in recorder.calls if kind == 'application/xml']
    assert xml == [
        f'https://paygate.jd.com/service/{name}'
        for name in ('uniorder', 'fkmPay', 'query', 'refund', 'query', 'queryRefund')
    ]
    assert recorder.calls[-1] == (
        'https://bapi.jdpay.com/api/download.do', 'application/x-www-form-urlencoded'
    )
    for extra, url in (({}, 'https://h5pay.jd.com/jdpay/saveOrder'),
                       ({'channel': 'PC'}, 'https://wepay.jd.com/jdpay/saveOrder')):
        assert gateway.order(an_order(scene=Scene.H5, extra=extra)).next_step.pay_url == url


def test_revoke_in_production():
    """Test the address of a revoke, which follows a query."""
    answers = [jd.signed(jd.PAID.replace('<status>2', '<status>1')), jd.complaint('x')]

    class Typing(Recorder):
        def post(self, url, body, headers, **options):
            super().post(url, body, headers, **options)
            return Answer(200, {}, answers[min(len(self.calls), 2) - 1])

    recorder = Typing()
    JdPay(CREDENTIALS, transport=recorder).reverse('T1')
    assert [url.rpartition('/')[2] for url, _kind in recorder.calls] == [
        'query', 'revoke', 'query', 'queryRefund'
    ]


# === CALLS === #

ORDERED = (
    '<tradeNum>T1</tradeNum><orderId>100012018071800000001</orderId><amount>100</amount>'
    '<qrCode>https://h5pay.jd.com/code?c=616zlks7djfb1z</qrCode><expireTime>600</expireTime>'
)


def test_app_parameters(server):
    """Test what the shop's app hands to JD's SDK: in this order, signed with the MD5 key."""
    server.script = [answering(jd.signed(ORDERED))]
    params = make(server).order(an_order(scene=Scene.APP)).next_step.sdk_params
    text = f'merchant=22294531&orderId=100012018071800000001&key={v.MD5_KEY}'
    assert params == {
        'orderId': '100012018071800000001', 'merchant': '22294531', 'appId': 'jdapp1',
        'signData': signing.md5(text), 'extraInfo': '',
    }
    assert re.fullmatch('[0-9a-f]{32}', params['signData'])


def test_synchronous_return():
    """Test F1 as the page of the shop gets it: JD's word, on which nothing is delivered."""
    gateway = JdPay({**CREDENTIALS, 'jd_public_key': v.JD_PUBLIC})
    form = {
        'amount': 'e5a6c3761ab9ddaf', 'currency': 'ac7132c57f10d3ce', 'note': '',
        'status': 'e00c693e6c5b8a60',
        'tradeNum': '38442bada8fcc81581d733ff756dc840272bf690d6b0c0e4',
        'tradeTime': 'c33390d9b3d6d6699706ea1467616603a2a1506bbaaf0f59', 'sign': v.F1_SIGN,
    }
    found = gateway.parse_return(form)
    assert (found['tradeNum'], found['status']) == ('dev-1531882041-111', '0')
    for changes in ({'amount': 'e00c693e6c5b8a60'}, {'sign': ''}, {'amount': 'zz'},
                    {'note': 'ac7132c57f10d3ce'}):
        with pytest.raises(NoticeRejected):
            gateway.parse_return({**form, **changes})


FKM = '<tradeNum>T1</tradeNum><amount>100</amount><currency>CNY</currency>'


@pytest.mark.parametrize(
    ('status', 'outcome'),
    [('0', Outcome.WAITING), ('1', Outcome.WAITING), ('2', Outcome.PAID), ('3', Outcome.REFUSED),
     ('4', Outcome.REFUSED), ('', Outcome.UNKNOWN), ('5', Outcome.UNKNOWN)],
)  # fmt: skip
def test_states_of_a_charge(server, status, outcome):
    """Test each state that a charge may answer, which names no kind of trade."""
    told = f'<status>{status}</status>' if status else ''
    server.script = [answering(jd.signed(FKM + told))]
    assert make(server).charge(a_charge()).outcome == outcome


@pytest.mark.parametrize(
    ('status', 'outcome'),
    [('0', Outcome.WAITING), ('1', Outcome.PAID), ('2', Outcome.REFUSED), ('3', Outcome.UNKNOWN)],
)
def test_states_of_a_refund(server, status, outcome):
    """Test the other scale, in the answer to a refund, its query and the list."""
    row = (
        '<tradeNum>R1</tradeNum><tradeType>1</tradeType><oTradeNum>T1</oTradeNum><amount>40</amount>'
        f'<currency>CNY</currency><status>{status}</status>'
    )
    body = answering(jd.signed(row))
    listed = answering(jd.signed(f'<oTradeNum>T1</oTradeNum><refList><refund>{row}</refund></refList>'))
    server.script = [body, body, answering(jd.complaint('x')), listed]
    gateway = make(server)
    results = [
        gateway.refund(a_refund()), gateway.query_refund('R1', out_trade_no='T1'),
        gateway.query_refund('R1', out_trade_no='T1'),
    ]
    assert [result.outcome for result in results] == [outcome] * 3


def test_order_is_not_a_payment(server):
    """Test that a result of 000000 to an order means that there is something to pay, and no more."""
    server.script = [answering(jd.signed(ORDERED + '<status>2</status>'))]
    result = make(server).order(an_order())
    assert (result.outcome, result.gateway_trade_no) == (Outcome.WAITING, '100012018071800000001')
    assert result.next_step.code_url == 'https://h5pay.jd.com/code?c=616zlks7djfb1z'


# === COMPLAINTS === #

KINDS = {
    'ILLEGAL_SIGN': ReasonKind.BAD_KEY, 'ILLEGAL_ARGUMENT': ReasonKind.PARAMETER,
    'EXPARTNER_INFO_UNCORRECT': ReasonKind.UNKNOWN_APP, 'ILLEGAL_AUTHORITY': ReasonKind.NOT_ENABLED,
    'ILLEGAL_CLIENT_IP': ReasonKind.NOT_ENABLED, 'OUT_TRADE_NO_EXIST': ReasonKind.DUPLICATE,
    'TRADE_NOT_EXIST': ReasonKind.NOT_FOUND, 'ACCOUNT_BALANCE_NOT_ENOUGH': ReasonKind.DECLINED,
    'PAYMENT_LIMITED': ReasonKind.DECLINED, 'SYSTEM_ERROR': ReasonKind.SYSTEM,
    'RETURN_PARAM_NULL': ReasonKind.SYSTEM, 'REFUND_FAILED': ReasonKind.DECLINED,
    'CURRENT_PAY_CANNOT_REVOKE': ReasonKind.DECLINED,
}  # fmt: skip


@pytest.mark.parametrize(('code', 'kind'), KINDS.items())
def test_complaints_end_nothing_that_moves_money(server, code, kind):
    """Test that an unsigned complaint, whatever its code, leaves charge, query and reverse open."""
    assert codes.kind_of(code, '') == kind
    server.default = answering(jd.complaint('', code))
    gateway = make(server)
    for result in (gateway.charge(a_charge()), gateway.query('T1'), gateway.reverse('T1'),
                   gateway.refund(a_refund()), gateway.query_refund('R1', out_trade_no='T1')):
        assert result.outcome == Outcome.UNKNOWN
        assert not getattr(result, 'closed', False)
    certain = kind in (
        ReasonKind.BAD_KEY, ReasonKind.PARAMETER, ReasonKind.UNKNOWN_APP, ReasonKind.NOT_ENABLED
    )
    outcome = Outcome.REFUSED if certain else Outcome.UNKNOWN
    assert gateway.order(an_order()).outcome == outcome, "nobody has a code to pay"


# === PAYMENT CODES === #


@pytest.mark.parametrize(
    ('code', 'wallet'),
    [('180000000000000000', Wallet.JD_PAY), ('18000000000000000', None),
     ('1800000000000000000', None), ('6200000000000000000', Wallet.UNIONPAY)],
)  # fmt: skip
def test_payment_codes(code, wallet):
    """Test both forms; the second goes to UnionPay wherever that is taken, to JD where it is not."""
    assert recognise(code) == wallet
    assert recognise('6200000000000000000', wallets={Wallet.JD_PAY}) == Wallet.JD_PAY
