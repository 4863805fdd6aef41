# Part of payment_cn_wallets. License LGPL-3.
"""Alipay against the published vectors: request signatures, answers, notices, certificates, bill.

The vectors of the `/v3/` interface are left out, for this gateway does not speak it.
"""

import base64
import hashlib

import pytest
from alipay_witness import (
    DATA,
    VECTORS,
    certificate_credentials,
    credentials,
    pem,
)

from gateways import key_files, parsing
from gateways.alipay import Alipay, certificates, encryption, notice, responses, signing, statement
from gateways.base import NoticeRejected, Outcome, ReasonKind
from gateways.transport import Answer

PLATFORM_KEY = key_files.public_key(pem('alipay_test_platform_public.pem'))


def named(cases):
    return [pytest.param(case, id=case['name'][:60]) for case in cases]


# === REQUESTS === #


@pytest.mark.parametrize('case', named(VECTORS['request_sign']))
@pytest.mark.parametrize('form', ['pkcs1', 'pkcs8'])
def test_request_signature(case, form):
    """Test that the text to sign and the signature are those of the official SDK."""
    key = key_files.private_key(pem(f'alipay_test_merchant_private_{form}.pem'))
    content = signing.sign_content(case['params'])
    assert content == case['sign_content']
    assert signing.sign(content, key) == case['sign']


def test_encryption():
    """Test content encryption both ways."""
    case = VECTORS['aes']
    key = encryption.aes_key(case['key'])
    assert encryption.encrypt(case['plaintext'], key) == case['ciphertext']
    assert encryption.decrypt(case['ciphertext'], key) == case['plaintext']


# === ANSWERS === #


def judged(raw, method, public_keys, aes_key=None):
    answer = Answer(200, {'content-type': 'text/html'}, raw.encode())
    return responses.verify(answer, method, lambda _serial: public_keys, aes_key)


@pytest.mark.parametrize('case', named(VECTORS['response_verify']['cases']))
def test_answer(case):
    """Test that an answer is believed exactly when its node is signed."""
    key = encryption.aes_key(case['aes_key']) if case.get('aes_key') else None
    said = judged(case['raw'], case['method'], [PLATFORM_KEY], key)
    if case['expect'] is True:
        assert said.signed
        node = case.get('node') or case['method'].replace('.', '_') + '_response'
        assert responses.read_root(case['raw'])[node].written == case['sign_content']
        if 'plaintext' in case:
            assert said.fields == parsing.read_object(case['plaintext'])
        return
    assert not said.signed
    assert not said.fields
    assert not said.refused
    expected = {
        'bad_signature': ReasonKind.BAD_ANSWER_SIGNATURE,
        'unsigned_error': ReasonKind.UNKNOWN_APP,
    }
    if case['expect'] in expected:
        assert said.kind == expected[case['expect']]
    else:
        assert said.kind in (ReasonKind.NO_ANSWER, ReasonKind.BAD_ANSWER_SIGNATURE)


def test_real_answer():
    """Test an answer that Alipay's own sandbox signed."""
    for case in VECTORS['real']:
        said = judged(
            case['raw'], 'alipay.open.file.upload', [key_files.public_key(case['public_key_pem'])]
        )
        assert said.signed
        assert said.text('file_id') == 'CAxAToWB1JsAAAAAAAAAAAAADgSLAQBr'


# === CERTIFICATES === #


@pytest.mark.parametrize('case', VECTORS['cert_sn'])
def test_serial_of_a_certificate(case):
    """Test the serial numbers, of files where there are some."""
    if 'file' in case:
        [certificate] = certificates.certificates(pem(case['file']))
        assert certificates.serial(certificate) == case['sn']
    text = case['issuer_string'] + case['serial_decimal']
    assert hashlib.md5(text.encode()).hexdigest() == case['sn']


def test_serial_of_the_root_bundle():
    """Test that the members that are not signed with RSA are passed over."""
    case = VECTORS['root_cert_sn']
    text = pem(case['file'])
    assert hashlib.md5((DATA / case['file']).read_bytes()).hexdigest() == case['md5_of_file']
    assert certificates.root_serial(text) == case['sn']
    counted = [member['sn'] for member in case['members'] if member['counts']]
    assert [certificates.serial(one) for one in certificates.certificates(text)] == counted


# === NOTICES === #


def sorted_cases():
    return named(VECTORS['notify_verify']['cases'])


@pytest.mark.parametrize('case', sorted_cases())
@pytest.mark.parametrize('mode', ['key', 'certificate'])
def test_notice(case, mode):
    """Test that a notice is believed exactly when its values are signed, and what it says."""
    gateway = Alipay(credentials() if mode == 'key' else certificate_credentials())
    body = case['body'].encode('ascii')
    if not case['accept'] and 'wrong app_id' not in case['name']:
        with pytest.raises(NoticeRejected) as refusal:
            gateway.parse_notice({}, body)
        assert refusal.value.kind == 'signature'
        return
    if case['name'].startswith('wrong app_id'):
        parsed = gateway.parse_notice({}, body)
        assert parsed.merchant['app_id'] != gateway.credentials['app_id']
        return
    parsed = gateway.parse_notice({}, body)
    expected = VECTORS['notify_verify']['expected_order']
    assert parsed.merchant == {name: expected[name] for name in ('app_id', 'seller_id')}
    assert parsed.payment.out_trade_no == expected['out_trade_no']
    assert parsed.payment.amount == 8888
    assert parsed.notice_id == case['fields']['notify_id']
    status = case['fields']['trade_status']
    assert (parsed.payment.outcome == Outcome.PAID) == (status == 'TRADE_SUCCESS')
    received = parsing.read_form(body)
    assert case['sign_content'].encode(
        'gbk' if case['charset'] == 'gbk' else 'utf-8'
    ) in notice.candidates(received)


def test_notices_of_refunds_are_no_payments():
    """Test that a refund's notice is one of a refund, and a closed trade tells paid from unpaid."""
    cases = {case['name'].split(':')[0]: case for case in VECTORS['notify_verify']['cases']}
    gateway = Alipay(credentials())

    def read(name):
        return gateway.parse_notice({}, cases[name]['body'].encode())

    partial, full, closed = (
        read(name) for name in ('partial refund', 'full refund', 'time-out close')
    )
    assert (partial.kind, partial.refund.out_refund_no) == ('refund', 'RF20260203_0001')
    assert partial.refund.outcome == Outcome.PAID
    assert partial.refund.amount is None  # the notice tells the sum of all refunds only
    assert partial.payment.refunded
    assert (full.kind, full.refund.out_refund_no) == ('refund', 'RF20260203_0002')
    assert (full.payment.closed, full.payment.refunded) == (True, True)
    assert closed.kind == 'payment'
    assert closed.payment.outcome == Outcome.REFUSED
    assert (closed.payment.closed, closed.payment.refunded) == (True, False)


# === BILL === #


def test_bill():
    """Test that the archive opens, with Chinese names, and that the detail file is found."""
    case = VECTORS['bill']
    content = base64.b64decode(case['zip_base64'])
    assert list(statement.members(content)) == case['member_names']
    text = statement.detail(content)
    for row in case['detail_rows']:
        assert row['trade_no'] in text
        assert row['order_amount'] in text
