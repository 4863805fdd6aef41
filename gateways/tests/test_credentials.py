# Part of payment_cn_wallets. License LGPL-3.
"""What merchants upload and enter: what must hold for every gateway, and a pair from one file."""

import base64
import contextlib
import inspect

import pytest
from credentials_witness import (
    CERTIFICATE,
    CLASSES,
    GOOD,
    NUMBER,
    OWN,
    PLATFORM,
    PUBLIC,
    STRANGER,
    THEIRS,
    kind_of,
    problems,
    upload,
)
from hypothesis import given, strategies as st
from key_files_witness import NOW, certificate, forms, key, p12, pem, private

from gateways import key_files, times
from gateways.base import CredentialProblem, UnsupportedOperation

# === ALL GATEWAYS === #


@pytest.mark.parametrize('code', CLASSES)
def test_interface(code):
    """Test that all have the same calls, which answer for nothing and for good credentials."""
    cls = CLASSES[code]
    for name in ('read_file', 'credential_problems', 'credential_expiries'):
        assert inspect.ismethod(getattr(cls, name))
    assert problems(code) == {}
    cls(GOOD[code])
    for empty in ({}, dict.fromkeys(GOOD[code], ''), dict.fromkeys(GOOD[code], False)):
        assert cls.credential_problems(empty, NOW) == {}
        assert cls.credential_expiries(empty) == {}
    with pytest.raises(UnsupportedOperation):
        cls.read_file('app_id', OWN.encode(), {})


def test_kinds():
    """Test which credentials are files."""
    found = {
        code: {field.name: field.kind for field in cls.credential_fields if field.kind != 'text'}
        for code, cls in CLASSES.items()
    }
    assert found == {
        'wechat_pay': {
            'private_key': 'private_key', 'certificate': 'certificate', 'public_key': 'file',
            'platform_certificates': 'file',
        },
        'alipay': {
            'private_key': 'private_key', 'app_cert': 'certificate', 'alipay_public_key': 'file',
            'alipay_cert': 'file', 'root_cert': 'file',
        },
        'qq_wallet': {'client_certificate': 'certificate', 'client_key': 'private_key'},
        'jd_pay': {'private_key': 'private_key', 'jd_public_key': 'file'},
        'huishouyin': {},
    }


FILES = [
    (code, field.name) for code, cls in CLASSES.items() for field in cls.credential_fields
    if field.kind != 'text'
]  # fmt: skip


@pytest.mark.parametrize(('code', 'name'), FILES)
def test_files_in_all_forms(code, name):
    """Test that every file is taken in every form and becomes the same PEM text."""
    text = GOOD[code].get(name, THEIRS)
    if not text.startswith('-----'):
        text = upload(code, name, text)[name]
    if text.count('BEGIN') > 1:  # only PEM can hold several
        assert upload(code, name, text.replace('\n', '\r\n')) == {name: text}
        assert upload(code, name, base64.b64encode(text.encode())) == {name: text}
        return
    for content in forms(text).values():
        assert upload(code, name, content) == {name: text}


@pytest.mark.parametrize(('code', 'name'), FILES)
def test_files_of_another_sort(code, name):
    """Test that a file of another sort, or none, is refused wherever it is uploaded."""
    kind = {field.name: field.kind for field in CLASSES[code].credential_fields}[name]
    wrong = {
        'private_key': (PUBLIC, CERTIFICATE), 'certificate': (PUBLIC, OWN), 'file': (OWN,),
    }[kind]
    if name.endswith('public_key') and code != 'jd_pay':
        wrong += (CERTIFICATE,)
    if 'cert' in name and kind == 'file':
        wrong += (PUBLIC,)
    for content in wrong:
        assert kind_of(lambda: upload(code, name, content)) == 'wrong'  # noqa: B023
    assert kind_of(lambda: upload(code, name, b'\x00hello')) == 'unreadable'
    assert kind_of(lambda: upload(code, name, b'')) == 'unreadable'
    assert kind_of(lambda: upload(code, name, private(key(), password=b'x'))) == 'password'


@given(st.binary(max_size=100), st.text(max_size=40), st.data())
def test_anything(content, text, data):
    """Test that nothing that is uploaded or entered makes another exception."""
    code, name = data.draw(st.sampled_from(FILES))
    with contextlib.suppress(CredentialProblem):
        upload(code, name, content)
    cls = CLASSES[code]
    names = data.draw(st.sets(st.sampled_from([field.name for field in cls.credential_fields])))
    other = data.draw(st.sampled_from([text, OWN, PUBLIC, CERTIFICATE, PLATFORM, pem(STRANGER), OWN[:300]]))
    credentials = {**GOOD[code], **dict.fromkeys(names, other)}
    found = cls.credential_problems(credentials, NOW)
    assert all(one.kind in one.KINDS for one in found.values())
    cls.credential_expiries(credentials)
    if not found and not cls.missing_credentials(credentials):
        cls(credentials)  # what a gateway refuses is found before


def test_sandbox_merchants(merchants):
    """Test that nothing is found in the credentials of any of the sandbox's merchants."""
    for name, credentials in merchants.items():
        cls = next((cls for code, cls in CLASSES.items() if name.startswith(code)), None)
        assert cls is not None, name
        assert cls.credential_problems(credentials, times.now()) == {}, name


# === A PAIR FROM ONE FILE === #

PAIRS = {
    'wechat_pay': ('certificate', 'private_key', 'mchid'),
    'qq_wallet': ('client_certificate', 'client_key', 'mch_id'),
}


@pytest.mark.parametrize('code', PAIRS)
@pytest.mark.parametrize('wanted', [0, 1])
def test_one_file_fills_both(code, wanted):
    """Test the container, and PEM with both, whichever of the two they were uploaded for."""
    names, number = PAIRS[code][:2], PAIRS[code][2]
    authority = certificate('Tenpay.com Root CA', key('ca'), authority=True)
    box = p12(key(), certificate(NUMBER), NUMBER, [authority])
    for content in (box, base64.b64encode(box), pem(authority) + CERTIFICATE + OWN):
        found = upload(code, names[wanted], content, **{number: f' {NUMBER}'})
        assert set(found) == set(names)
        assert found[names[1]] == OWN
        own, *chain = key_files.certificates(found[names[0]])
        assert key_files.common_name(own.subject) == NUMBER
        assert len(chain) == (1 if code == 'qq_wallet' else 0)
        assert problems(code, **found) == {}
    assert upload(code, names[1], OWN) == {names[1]: OWN}
    assert upload(code, names[0], CERTIFICATE) == {names[0]: CERTIFICATE}


@pytest.mark.parametrize('code', PAIRS)
def test_a_container_that_stays_closed(code):
    """Test that it is said whose number the password is, and when it is missing."""
    name, _key, number = PAIRS[code]
    box = p12(key(), certificate(NUMBER), NUMBER)
    for credentials, words in (({}, f'enter {number} first'), ({number: '1900000110'}, number)):
        with pytest.raises(CredentialProblem, match=words) as caught:
            upload(code, name, box, **credentials)
        assert caught.value.kind == 'password'
    assert len(upload(code, name, p12(key(), certificate(NUMBER), ''))) == 2
    assert kind_of(lambda: upload(code, name, pem(certificate('x', key('other'))) + OWN)) == 'mismatch'
