# Part of payment_cn_wallets. License LGPL-3.
"""The client certificate in every form in which a merchant has it, and shown in a handshake."""

import base64
import ssl
from datetime import datetime, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from gateway_loopback import Loopback
from qq_wallet_witness import GOOD, MERCHANT, a_refund, echo, make

from gateways.base import CredentialProblem, Outcome
from gateways.qq_wallet import QqWallet, certificates
from gateways.transport import Transport

NOW = datetime.now(timezone.utc)


def der(pem):
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)


def key_of(pem):
    return serialization.load_pem_private_key(pem.encode(), None)


def b64(octets):
    return base64.b64encode(octets).decode()


def p12(certificate, key, password=MERCHANT):
    return pkcs12.serialize_key_and_certificates(
        b'x', key_of(key), x509.load_pem_x509_certificate(certificate.encode()), None,
        serialization.BestAvailableEncryption(password.encode()),
    )  # fmt: skip


def der_key(key):
    return key_of(key).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_forms(client_files):
    """Test that all forms of one pair of files are the same certificate."""
    certificate, key = client_files()
    other, _key = client_files()
    expected = certificates.load(certificate, key)
    for files in (
        (b64(certificate.encode()), b64(key.encode())),
        (b64(der(certificate)), b64(der_key(key))),
        (certificate, b64(der_key(key))),
        (certificate + key, ''), (key + certificate, ''), (b64((certificate + key).encode()), ''),
        (b64(p12(certificate, key)), ''),
        (certificate.replace('\n', '\r\n'), key),
        (f'Bag Attributes\n{certificate}', key),
        ('\n'.join(b64(der(certificate))[i:i + 76] for i in range(0, 4000, 76)), key),
    ):  # fmt: skip
        loaded = certificates.load(*files, MERCHANT)
        assert loaded.client == expected.client
    chain = certificates.load(other + certificate, key)  # the own one goes first
    assert chain.client.certificate.startswith(expected.client.certificate)
    expected.check(NOW)


@pytest.mark.parametrize(
    ('make_files', 'kind'),
    [
        (lambda c, k: ('', k), 'unreadable'), (lambda c, k: (c, ''), 'wrong'),
        (lambda c, k: ('x', k), 'unreadable'), (lambda c, k: (b64(b'rubbish'), k), 'unreadable'),
        (lambda c, k: (c.replace('\nM', '\n!', 1), k), 'unreadable'),
        (lambda c, k: (b64(p12(c, k, 'other')), ''), 'password'),
        (lambda c, k: (c, encrypted(k)), 'password'), (lambda c, k: (k, k), 'wrong'),
        (lambda c, k: (b64(b'\x30' * 300000), k), 'unreadable'),
    ],
)  # fmt: skip
def test_files_that_are_none(client_files, make_files, kind):
    """Test that each wrong file is told by its reason."""
    with pytest.raises(CredentialProblem) as caught:
        certificates.load(*make_files(*client_files()), MERCHANT)
    assert caught.value.kind == kind


def encrypted(key):
    return key_of(key).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b'x'),
    ).decode()  # fmt: skip


def test_key_of_another_certificate(client_files):
    """Test that a pair that does not belong together is refused."""
    with pytest.raises(CredentialProblem, match='not that of'):
        certificates.load(client_files()[0], client_files()[1])


def test_validity(client_files):
    """Test that an expired certificate, and one of tomorrow, is told."""
    for days, start, kind in ((-5, -30, 'expired'), (30, 5, 'not_yet')):
        loaded = certificates.load(*client_files(days=days, start=start))
        with pytest.raises(CredentialProblem) as caught:
            loaded.check(NOW)
        assert caught.value.kind == kind


def test_handshake(client_files, tmp_path):
    """Test that a refund shows the certificate, and an order does not."""
    server_certificate, server_key = client_files(name='localhost')
    certificate, key = client_files()
    (tmp_path / 'server.pem').write_text(server_certificate + server_key)
    (tmp_path / 'client.pem').write_text(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / 'server.pem')
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / 'client.pem')
    server = Loopback(context=context)
    try:
        transport = Transport(
            ca_bundle=str(tmp_path / 'server.pem'), connect_timeout=2, read_timeout=2
        )
        credentials = {**make(server).credentials, 'client_certificate': certificate}
        qq = QqWallet({**credentials, 'client_key': key}, endpoint=server.url, transport=transport)
        server.default = echo(**GOOD['refund'])
        assert qq.refund(a_refund()).outcome == Outcome.WAITING
        assert qq.query('SO1-1').outcome == Outcome.UNKNOWN
        assert len(server.requests) == 1
        # https and no certificate: nothing is sent
        assert QqWallet(
            {**credentials, 'client_certificate': ''}, endpoint=server.url, transport=transport
        ).refund(a_refund()).outcome == Outcome.UNKNOWN  # fmt: skip
        assert len(server.requests) == 1
    finally:
        server.stop()
