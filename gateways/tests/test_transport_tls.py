# Part of payment_cn_wallets. License LGPL-3.
"""TLS: what is not trusted gets nothing."""

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gateway_loopback import Loopback, answering, reset

from gateways.connections import ClientCertificate
from gateways.transport import NoAnswer, NotSent, Transport


def make_certificate(name):
    """Return a self-signed certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope='module')
def localhost(tmp_path_factory):
    """Paths of a certificate for localhost and of its key."""
    folder = tmp_path_factory.mktemp('tls')
    certificate, key = make_certificate('localhost')
    (folder / 'cert.pem').write_bytes(certificate)
    (folder / 'key.pem').write_bytes(key)
    return folder / 'cert.pem', folder / 'key.pem'


@pytest.fixture
def secure(localhost):
    """An https server, and its context for changes before the first connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*localhost)
    loopback = Loopback(context=context)
    yield loopback
    loopback.stop()


def test_untrusted_certificate_gets_nothing(secure):
    """Test that a server with a certificate of its own making sees no request."""
    with pytest.raises(NotSent, match='not trusted'):
        Transport().post(f'{secure.url}/', b'secret', {})
    assert not secure.requests


def test_certificate_for_another_name_gets_nothing(secure, localhost):
    """Test that a trusted certificate must also be for the host that was asked."""
    transport = Transport(ca_bundle=str(localhost[0]))
    with pytest.raises(NotSent):
        transport.post(f'https://127.0.0.2:{secure.port}/', b'secret', {})
    assert not secure.requests


def test_trusted_certificate_is_called(secure, localhost):
    """Test that another CA bundle can be named, and connections are kept alive."""
    transport = Transport(ca_bundle=str(localhost[0]))
    secure.default = answering(b'ok')
    assert transport.post(f'{secure.url}/', b'', {}).body == b'ok'
    assert transport.post(f'{secure.url}/', b'', {}).body == b'ok'
    assert secure.connections == 1


def test_reset_after_sending_over_tls_is_no_answer(secure, localhost):
    """Test that an error of the TLS layer after the handshake is not taken for "not sent"."""
    transport = Transport(ca_bundle=str(localhost[0]))
    secure.script = [reset, answering(), reset]
    for _call in range(2):
        with pytest.raises(NoAnswer):
            transport.post(f'{secure.url}/', b'', {})
        if _call == 0:
            transport.post(f'{secure.url}/', b'', {})
    assert len(secure.requests) == 3


def test_handshake_with_a_server_that_speaks_no_tls_is_not_sent(server):
    """Test that a handshake that fails sent nothing."""
    with pytest.raises(NotSent):
        Transport().post(f'https://127.0.0.1:{server.port}/', b'secret', {})


def test_missing_ca_bundle_is_not_sent(secure):
    """Test that a bundle that is not there stops the call before it leaves."""
    with pytest.raises(NotSent):
        Transport(ca_bundle='/nowhere/ca.pem').post(f'{secure.url}/', b'', {})


def test_client_certificate_is_shown(secure, localhost):
    """Test that a server that wants a certificate gets it, and without it no answer."""
    certificate, key = make_certificate('merchant')
    secure.context.verify_mode = ssl.CERT_REQUIRED
    secure.context.load_verify_locations(cadata=certificate.decode())
    transport = Transport(ca_bundle=str(localhost[0]))
    mine = ClientCertificate(certificate, key)
    secure.default = answering(b'ok')
    assert transport.post(f'{secure.url}/', b'', {}, certificate=mine).body == b'ok'
    with pytest.raises((NotSent, NoAnswer)):
        transport.post(f'{secure.url}/', b'', {})
    assert len(secure.requests) == 1
    assert key.decode() not in repr(mine)


def test_client_certificate_and_key_must_belong_together():
    """Test that a mix-up is an error before any call."""
    certificate, _key = make_certificate('merchant')
    _other, key = make_certificate('other')
    with pytest.raises(ValueError, match='together'):
        ClientCertificate(certificate, key).context()
    with pytest.raises(ValueError, match='together'):
        ClientCertificate(b'not a certificate', key).context()
