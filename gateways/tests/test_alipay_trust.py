# Part of payment_cn_wallets. License LGPL-3.
"""Keys and certificates of Alipay: every form they come in, what is refused, and notices."""

import base64
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode

import pytest
from alipay_witness import PLATFORM, a_notice, certificate_credentials, credentials, make, pem
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, strategies as st

from gateways import key_files
from gateways.alipay import Alipay, certificates
from gateways.base import CredentialProblem, NoticeRejected, Outcome

PRIVATE = pem('alipay_test_merchant_private_pkcs8.pem')
PUBLIC = pem('alipay_test_platform_public.pem')
CERTIFICATE = pem('alipay_test_merchant_cert.pem')
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


def bare(text):
    return ''.join(line for line in text.splitlines() if not line.startswith('-----'))


def forms(text):
    """Return a key or certificate in all forms in which a merchant may have it."""
    der = base64.b64decode(bare(text))
    return {
        'pem': text,
        'crlf': text.replace('\n', '\r\n'),
        'bare': bare(text),
        'pem file in base64': base64.b64encode(text.encode()).decode(),
        'der file in base64': base64.b64encode(der).decode(),
        'bare file in base64': base64.b64encode(bare(text).encode()).decode(),
        'pem file': text.encode(),
        'der file': der,
    }


@pytest.mark.parametrize('form', forms(PRIVATE))
@pytest.mark.parametrize('kind', ['pkcs1', 'pkcs8'])
def test_forms_of_a_private_key(form, kind):
    """Test that each is the same key."""
    text = forms(pem(f'alipay_test_merchant_private_{kind}.pem'))[form]
    public = key_files.private_key(text).public_key()
    assert key_files.same_key(public, key_files.public_key(pem('alipay_test_merchant_public.pem')))


@pytest.mark.parametrize('form', forms(PUBLIC))
def test_forms_of_a_public_key_and_certificate(form):
    """Test that each is the same key, the same certificate."""
    assert key_files.same_key(key_files.public_key(forms(PUBLIC)[form]), PLATFORM.public_key())
    [certificate] = certificates.certificates(forms(CERTIFICATE)[form])
    assert certificates.serial(certificate) == '00d3a9f41f3e1a6c112c964858bf251a'


def private(key, password=None):
    encryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


@pytest.mark.parametrize(
    ('reader', 'text', 'kind'),
    [
        (key_files.private_key, '', 'unreadable'),
        (key_files.private_key, 'x' * 70000, 'unreadable'),
        (key_files.private_key, 'not a key at all!', 'unreadable'),
        (key_files.private_key, base64.b64encode(b'nothing of the kind').decode(), 'unreadable'),
        (key_files.private_key, PUBLIC, 'wrong'),
        (key_files.private_key, CERTIFICATE, 'wrong'),
        (key_files.private_key, private(ec.generate_private_key(ec.SECP256R1())), 'not_rsa'),
        (key_files.private_key, private(rsa.generate_private_key(65537, 1024)), 'short'),
        (key_files.private_key, private(PLATFORM, b'secret'), 'password'),
        (key_files.public_key, PRIVATE, 'wrong'),
        (key_files.public_key, CERTIFICATE, 'wrong'),
        (key_files.public_key, bare(CERTIFICATE), 'wrong'),
        (certificates.certificates, PUBLIC, 'wrong'),
        (certificates.certificates, PRIVATE, 'wrong'),
        (certificates.root_serial, PUBLIC, 'wrong'),
        (certificates.root_serial, CERTIFICATE, 'wrong'),
    ],
)
def test_files_that_are_refused(reader, text, kind):
    """Test that each says what is wrong with it, and quotes nothing."""
    with pytest.raises(CredentialProblem) as problem:
        reader(text)
    assert problem.value.kind == kind
    assert 'MII' not in str(problem.value)


def test_problems_of_a_good_set():
    """Test that good keys and certificates have none."""
    assert Alipay.credential_problems(credentials(), NOW) == {}
    assert Alipay.credential_problems(certificate_credentials(), NOW) == {}


@pytest.mark.parametrize(
    ('changes', 'name', 'kind'),
    [
        ({'app_cert': pem('alipay_test_platform_cert.pem')}, 'app_cert', 'mismatch'),
        ({'alipay_cert': CERTIFICATE}, 'alipay_cert', 'own_key'),
        ({'alipay_cert': PUBLIC}, 'alipay_cert', 'wrong'),
        ({'root_cert': 'x'}, 'root_cert', 'unreadable'),
        ({'private_key': PUBLIC}, 'private_key', 'wrong'),
    ],
)
def test_problems(changes, name, kind):
    """Test that what does not fit together is told of the right one."""
    found = Alipay.credential_problems({**certificate_credentials(), **changes}, NOW)
    assert found[name].kind == kind


def test_certificates_out_of_their_time():
    """Test that they are refused before and after, and that the end can be told in advance."""
    ends = Alipay.credential_expiries(certificate_credentials())
    assert set(ends) == {'app_cert', 'alipay_cert'}
    late, early = max(ends.values()) + timedelta(days=1), datetime(2000, 1, 1, tzinfo=timezone.utc)
    for moment, kind in ((late, 'expired'), (early, 'not_yet')):
        found = Alipay.credential_problems(certificate_credentials(), moment)
        assert {name: problem.kind for name, problem in found.items()} == {
            'app_cert': kind, 'alipay_cert': kind,
        }


@pytest.mark.parametrize('lacking', ['app_cert', 'alipay_cert', 'root_cert'])
def test_incomplete_modes(lacking):
    """Test that a gateway is not made of half a mode."""
    with pytest.raises(ValueError, match=lacking):
        Alipay({**certificate_credentials(), lacking: ''})
    with pytest.raises(ValueError, match='public key'):
        Alipay(credentials(alipay_public_key=''))


def test_secrets_are_declared():
    """Test that what must not be shown is marked so."""
    secret = {field.name for field in Alipay.credential_fields if field.secret}
    assert secret == {'private_key', 'aes_key', 'app_auth_token'}


# === NOTICES === #


def changed(body, **changes):
    return urlencode({**dict(parse_qsl(body.decode(), keep_blank_values=True)), **changes}).encode()


@pytest.mark.parametrize(
    ('body', 'kind'),
    [
        (b'', 'malformed'), (b'x', 'malformed'), (b'\x00\xff=1', 'malformed'),
        (b'{"a": 1}', 'malformed'), (b'a=%zz', 'malformed'), (b'a=1&a=2', 'malformed'),
        (b'a=' + b'x' * 70000, 'malformed'), (b'&'.join(b'a%d=1' % i for i in range(200)), 'malformed'),
        (b'charset=utf-8&a=%ff', 'malformed'), (b'charset=koi8-r&a=1', 'malformed'),
        (b'a=1', 'signature'),
        (a_notice(drop=('sign',)), 'signature'),
        (changed(a_notice(), total_amount='0.01'), 'signature'),
        (changed(a_notice(), sign_type='RSA'), 'signature'),
        (changed(a_notice(), more='1'), 'signature'),
        (a_notice() + b'&total_amount=0.01', 'malformed'),
        (a_notice(key_files.private_key(PRIVATE)), 'signature'),  # signed by the merchant itself
        (a_notice(out_trade_no=''), 'malformed'), (a_notice(total_amount='x'), 'malformed'),
        (a_notice(total_amount=None), 'malformed'), (a_notice(total_amount='88.885'), 'malformed'),
    ],
)
def test_notices_that_are_refused(body, kind):
    """Test that they are refused for the right reason."""
    with pytest.raises(NoticeRejected) as refusal:
        make().parse_notice({}, body)
    assert refusal.value.kind == kind


@pytest.mark.parametrize(
    ('changes', 'outcome', 'refunded'),
    [
        ({}, Outcome.PAID, False),
        ({'trade_status': 'TRADE_FINISHED'}, Outcome.PAID, False),
        ({'trade_status': 'WAIT_BUYER_PAY'}, Outcome.WAITING, False),
        ({'trade_status': 'TRADE_CLOSED', 'gmt_payment': None}, Outcome.REFUSED, False),
        ({'trade_status': 'TRADE_CLOSED'}, Outcome.REFUSED, True),
        ({'trade_status': 'NEVER_HEARD_OF'}, Outcome.UNKNOWN, False),
        # a refund without its number, as a cancel makes one
        ({'refund_fee': '8.00', 'gmt_refund': '2026-02-03 13:00:00.123'}, Outcome.PAID, True),
        ({'refund_fee': '0.00'}, Outcome.PAID, False),
    ],
)
def test_states_of_a_notice(changes, outcome, refunded):
    """Test what each state means."""
    notice = make().parse_notice({}, a_notice(**changes))
    assert notice.kind == 'payment'
    assert (notice.payment.outcome, notice.payment.refunded) == (outcome, refunded)
    assert notice.payment.amount == 8888
    assert notice.payment.payer_amount == (8000 if outcome == Outcome.PAID else None)
    assert notice.payment.closed == (outcome == Outcome.REFUSED)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(body):
    """Test that no body makes the reading of it fail in another way."""
    with pytest.raises(NoticeRejected):
        make().parse_notice({}, body)


def test_replies():
    """Test the seven letters."""
    gateway = make()
    assert gateway.notice_reply(True).body == b'success'
    assert gateway.notice_reply(False).body != b'success'
