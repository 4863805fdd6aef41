# Part of payment_cn_wallets. License LGPL-3.
"""Keys and certificates: every form they come in, what is refused, and what can be told of them."""

import base64
import hashlib
import time
from datetime import timedelta

import key_files_witness as witness
import pytest
from alipay_witness import pem as alipay_pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given, strategies as st
from key_files_witness import DER, NOW, PKCS1, certificate, curve, forms, key, p12, pem, private

from gateways import key_files
from gateways.base import CredentialProblem

OWN = pem(key())
PKCS1_TEXT = private(key(), form=PKCS1).decode()
PUBLIC = pem(key().public_key())
LEAF = certificate('1900000109', authority=False)
CERTIFICATE = pem(LEAF)
SPKI = key().public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
ROOTS = alipay_pem('alipay_root_cert.pem')


def request():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'shop')])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key(), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def parameters():
    """Return what `openssl ecparam -genkey` writes: parameters of a curve, then the key."""
    oid = base64.b64encode(bytes.fromhex('06082a8648ce3d030107')).decode()
    return f'-----BEGIN EC PARAMETERS-----\n{oid}\n-----END EC PARAMETERS-----\n' + pem(curve())


def sm2():
    """Return a key of the curve SM2, as Alipay's key tool makes one: bare base64."""
    other, own = (bytes.fromhex(oid) for oid in ('06082a8648ce3d030107', '06082a811ccf5501822d'))
    return base64.b64encode(private(curve(), DER).replace(other, own)).decode()


# === FORMS === #


@pytest.mark.parametrize('form', forms(OWN))
def test_forms(form):
    """Test that in every form it is the same key, the same certificate."""
    numbers = key().private_numbers()
    for text in (OWN, PKCS1_TEXT):
        assert key_files.private_key(forms(text)[form]).private_numbers() == numbers
    pkcs1 = key().public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
    ).decode()
    for text in (PUBLIC, pkcs1):
        assert key_files.spki(key_files.public_key(forms(text)[form])) == SPKI
    assert key_files.certificates(forms(CERTIFICATE)[form]) == (LEAF,)


def test_frames_that_say_something_else():
    """Test that the content counts: PKCS #8 in the frame of PKCS #1 is a common mistake."""
    text = OWN.replace('PRIVATE KEY', 'RSA PRIVATE KEY')
    assert key_files.private_key(text).private_numbers() == key().private_numbers()


@pytest.mark.parametrize('password', ['1900000109', ''])
def test_pkcs12(password):
    """Test that a container opens with the password that was given, or without one."""
    box = p12(key(), LEAF, password, [certificate('CA', key('ca'), authority=True)])
    for content in (box, base64.b64encode(box).decode()):
        found = key_files.contents(content, '1900000109')
        assert found.private_keys[0].private_numbers() == key().private_numbers()
        assert [key_files.common_name(one.subject) for one in found.certificates] == ['1900000109', 'CA']
        assert len(found.members) == 2
        assert key_files.private_key(content, '1900000109').key_size == 2048


def test_several():
    """Test that all blocks of a file are found, and the leaf among certificates."""
    authority = certificate('CA', key('ca'), authority=True)
    text = pem(authority) + CERTIFICATE + PUBLIC + OWN
    found = key_files.contents(text)
    assert (found.certificates, len(found.private_keys), len(found.public_keys)) == ((authority, LEAF), 1, 1)
    assert key_files.leaf(found.certificates) == LEAF
    assert key_files.leaf((authority,)) == authority
    assert len(key_files.contents(parameters()).private_keys) == 1


def test_pem_round_trip():
    """Test that what is written is what was read, PKCS #8 and without a password."""
    assert key_files.pem(key_files.private_key(PKCS1_TEXT)) == OWN
    assert key_files.pem(key_files.public_key(PUBLIC)) == PUBLIC
    assert key_files.pem(LEAF) == CERTIFICATE
    assert key_files.pem(LEAF.public_bytes(DER)) == CERTIFICATE


def test_a_bundle_with_strangers():
    """Test that the members that the library may not know are counted and kept."""
    found = key_files.contents(ROOTS)
    assert len(found.members) == ROOTS.count('BEGIN CERTIFICATE') == 4
    assert ''.join(key_files.pem(der) for der in found.members).split() == ROOTS.split()
    rubbish = '-----BEGIN CERTIFICATE-----\nMAAwAA==\n-----END CERTIFICATE-----\n'
    assert key_files.contents(rubbish + CERTIFICATE).certificates == (LEAF,)
    with pytest.raises(CredentialProblem):
        key_files.certificates(rubbish + CERTIFICATE)


# === WHAT IS REFUSED === #

READERS = {
    'private': key_files.private_key, 'public': key_files.public_key,
    'certificates': key_files.certificates, 'describe': key_files.describe,
}
REFUSED = [
    *(('private', value, 'unreadable') for value in (
        '', ' \n', '\ufeff', 'x', 'hello', 'not a key at all!', 'MIIEvQ', b'\x30\x82\x00', b'\xff\xfe', b'\xff\xfeM',
        '0' * 300000, OWN[:400], OWN[:-10], OWN.replace('M', '!', 1), CERTIFICATE[:300], 'x' * 70000,
        '-----BEGIN PRIVATE KEY-----', '-----BEGIN private key-----\nAAAA\n-----END private key-----',
        '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----',
        '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
        '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----',
        base64.b64encode(b'nothing of the kind').decode(), private(key(), DER)[:-5],
    )),
    ('private', PUBLIC, 'wrong'), ('private', CERTIFICATE, 'wrong'), ('private', request(), 'wrong'),
    ('private', witness.bare(CERTIFICATE), 'wrong'), ('private', witness.bare(PUBLIC), 'wrong'),
    ('private', parameters(), 'not_rsa'), ('private', sm2(), 'not_rsa'), ('describe', sm2(), 'not_rsa'),
    ('private', pem(key('small', 1024)), 'short'),
    ('private', private(key(), password=b'secret'), 'password'),
    ('private', private(key(), form=PKCS1, password=b'secret'), 'password'),
    ('private', private(key(), DER, password=b'secret'), 'password'),
    ('private', p12(key(), LEAF, 'other'), 'password'),
    ('public', OWN, 'wrong'), ('public', PUBLIC + OWN, 'wrong'), ('public', CERTIFICATE, 'wrong'),
    ('public', pem(curve().public_key()), 'not_rsa'),
    ('public', pem(key('small', 1024).public_key()), 'short'), ('public', 'x', 'unreadable'),
    ('certificates', OWN, 'wrong'), ('certificates', PUBLIC, 'wrong'), ('certificates', request(), 'wrong'),
    ('certificates', CERTIFICATE[:400], 'unreadable'),
    ('describe', request(), 'wrong'), ('describe', '', 'unreadable'),
    ('describe', private(key(), password=b'secret').decode(), 'password'),
]  # fmt: skip


@pytest.mark.parametrize('number', range(len(REFUSED)))
def test_refused(number):
    """Test that each file is refused with the right reason, and that the words quote nothing."""
    reader, value, kind = REFUSED[number]
    with pytest.raises(CredentialProblem) as caught:
        READERS[reader](value)
    assert caught.value.kind == kind
    assert kind in CredentialProblem.KINDS
    assert str(caught.value)
    assert no_material(caught.value)


def no_material(problem):
    """Whether no piece of a key or certificate stands in the words of a problem."""
    words = f'{problem} {problem!r}'
    pieces = (words[at : at + 12] for at in range(len(words) - 11))
    whole = ''.join(witness.bare(text) for text in (OWN, PKCS1_TEXT, PUBLIC, CERTIFICATE))
    return problem.__cause__ is None and not any(piece in whole for piece in pieces)


def test_what_it_is_instead():
    """Test that the words say what the file is, and how to help oneself."""
    for value, word in (
        (CERTIFICATE, 'certificate'), (PUBLIC, 'public key'), (request(), 'request'),
        (private(key(), password=b'secret'), 'password'), (OWN[:-10], 'cut off'),
    ):
        with pytest.raises(CredentialProblem, match=word):
            key_files.private_key(value)


def test_representations_hide_keys():
    """Test that a file that was taken apart does not show itself in a log."""
    for content in (OWN, CERTIFICATE, p12(key(), LEAF, '')):
        shown = repr(key_files.contents(content))
        assert 'Private' not in shown
        assert '\\x' not in shown


def test_many_frames_are_quick():
    """Test that a file made of beginnings takes no time that anybody notices."""
    begin = time.monotonic()
    for frame in ('-----BEGIN A-----', '-----BEGIN A-----\n-----END B-----\n'):
        with pytest.raises(CredentialProblem):
            key_files.contents(frame * (250000 // len(frame)))
    assert time.monotonic() - begin < 2


# === VALIDITY === #


def test_time():
    """Test the edges of a validity."""
    key_files.check_time(LEAF, NOW)
    for days, kind in ((366, 'expired'), (-11, 'not_yet')):
        with pytest.raises(CredentialProblem) as caught:
            key_files.check_time(LEAF, NOW + timedelta(days=days))
        assert caught.value.kind == kind
    key_files.check_time(LEAF, key_files.valid_until(LEAF))
    key_files.check_time(LEAF, key_files.valid_from(LEAF))
    assert key_files.last_end((LEAF, certificate('x', days=20))) == NOW + timedelta(days=365)


def test_older_releases(monkeypatch):
    """Test that the naive names of releases before 42 are read as UTC."""

    class Older:
        not_valid_before = NOW.replace(tzinfo=None)
        not_valid_after = (NOW + timedelta(days=1)).replace(tzinfo=None)

    assert key_files.valid_from(Older()) == NOW
    assert key_files.valid_until(Older()) == NOW + timedelta(days=1)


# === DESCRIPTION === #


def test_descriptions_of_keys():
    """Test what is told of a private and a public key: the same, but for the sort."""
    for text, sort in ((OWN, 'private_key'), (PKCS1_TEXT, 'private_key'), (PUBLIC, 'public_key')):
        assert key_files.describe(text) == key_files.KeyDescription(
            sort=sort, bits=2048, fingerprint=hashlib.sha256(SPKI).hexdigest(), public_pem=PUBLIC
        )


def test_description_of_a_certificate():
    """Test what is told of a certificate."""
    authority = certificate('测试 CA', key('ca'), authority=True)
    one = certificate('1900000109', key(), (authority, key('ca')), serial=0xABCDE)
    assert key_files.describe(pem(authority) + pem(one)) == key_files.KeyDescription(
        sort='certificate', bits=2048, fingerprint=hashlib.sha256(SPKI).hexdigest(),
        subject='1900000109', issuer='测试 CA', serial='0ABCDE',
        not_before=NOW - timedelta(days=10), not_after=NOW + timedelta(days=365), count=2,
        public_pem=PUBLIC,
    )  # fmt: skip


def test_description_of_a_bundle():
    """Test that RSA goes before others, and a leaf before an authority."""
    strange = certificate('curve', curve(), authority=False)
    authority = certificate('CA', key('ca'), authority=True)
    for some, subject in (
        ((strange, authority, LEAF), '1900000109'), ((strange, authority), 'CA'), ((strange,), 'curve'),
    ):
        found = key_files.describe(''.join(pem(one) for one in some))
        assert (found.subject, found.count) == (subject, len(some))
    found = key_files.describe(ROOTS)
    assert (found.sort, found.count) == ('certificate', 4)
    assert found.subject.startswith('Ant Financial Certification Authority')
    assert key_files.describe(pem(curve())).bits == 256


def test_a_certificate_without_a_name():
    """Test that a certificate whose subject is empty is described all the same."""
    builder = (
        x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
        .public_key(key().public_key()).serial_number(1)
        .not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    )
    found = key_files.describe(pem(builder.sign(key(), hashes.SHA256())))
    assert (found.subject, found.issuer, found.serial) == ('', '', '01')


# === ANYTHING === #

GOOD = [
    OWN.encode(), CERTIFICATE.encode(), PUBLIC.encode(), private(key(), DER), LEAF.public_bytes(DER),
    SPKI, p12(key(), LEAF, ''), ROOTS.encode(), private(curve(), DER),
]  # fmt: skip


@st.composite
def spoilt(draw):
    """Return a good file with some bytes changed, cut out or put in."""
    content = bytearray(draw(st.sampled_from(GOOD)))
    for _change in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


def problem_of(call):
    try:
        call()
    except CredentialProblem as problem:
        return problem
    return None


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100), spoilt()))
def test_anything_is_read_or_refused(value):
    """Test that no content makes a reader fail in another way, and none shows what it read."""
    for reader in READERS.values():
        for given_value in (value, base64.b64encode(value).decode() if isinstance(value, bytes) else value):
            problem = problem_of(lambda: reader(given_value))  # noqa: B023  called at once
            assert problem is None or (problem.kind in CredentialProblem.KINDS and no_material(problem))
