# Part of payment_cn_wallets. License LGPL-3.
"""Keys, certificates and the files in which merchants have them, made on the spot."""

import base64
import functools
import json
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8


@functools.cache
def key(name='own', bits=2048):
    """Return an RSA key, the same for the same name."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def curve(name='curve'):
    return ec.generate_private_key(ec.SECP256R1())


def certificate(name, private=None, issuer=None, *, start=-10, days=365, authority=None, serial=None):
    """Return a certificate.

    :param issuer: (certificate, key) of an authority; None: it signs itself
    :param start: first day, from now
    :param days: last day, from now
    :param authority: whether it may issue others; None: it does not say
    """
    private = private or key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject).public_key(private.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=start)).not_valid_after(NOW + timedelta(days=days))
    )
    if authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    return builder.sign(issuer[1] if issuer else private, hashes.SHA256())


def pem(thing):
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(PEM).decode()
    if hasattr(thing, 'private_bytes'):
        return private(thing).decode()
    return thing.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def private(thing, encoding=PEM, form=PKCS8, password=None):
    """Return the bytes of a file of a private key."""
    how = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password)
    return thing.private_bytes(encoding, form, how)


def p12(thing, one, password, chain=None):
    """Return the bytes of a PKCS #12 file."""
    how = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b'x', thing, one, chain, how)


def bare(text):
    """Return what is between the frames, on one line."""
    return ''.join(line for line in text.splitlines() if not line.startswith('-----'))


def forms(text):
    """Return all the forms in which the content of a PEM text comes, as text or bytes."""
    der = base64.b64decode(bare(text))
    lines = base64.encodebytes(der)
    return {
        'pem': text,
        'pem, one line': text.replace('\n', ''),
        'pem, CRLF': text.replace('\n', '\r\n'),
        'pem, CR': text.replace('\n', '\r'),
        'pem, indented': text.replace('\n', '\n    '),
        'pem, byte order mark': b'\xef\xbb\xbf' + text.encode(),
        'pem, byte order mark as text': '\ufeff' + text,
        'pem, UTF-16': text.encode('utf-16'),
        'pem, words around it': f'Bag Attributes\n  friendlyName: 商户\n{text}\nend',
        'pem file in base64': base64.b64encode(text.encode()).decode(),
        'pem file in base64, lines': base64.encodebytes(text.encode()).decode(),
        'pem, line breaks as letters': text.replace('\n', '\\n'),
        'pem, line breaks as letters, CRLF': text.replace('\n', '\\r\\n'),
        'pem, of JSON': json.dumps(text),
        'pem, of JSON in JSON': json.dumps(json.dumps(text)),
        'pem, blanks that nobody sees': '\u200b' + text.replace('\n', '\u00a0\n\u2060') + '\u3000',
        'bare, in quotes': f' “{bare(text)}”',
        'bare, blanks that nobody sees': '\u200e' + '\u200b'.join(
            bare(text)[at : at + 76] for at in range(0, len(bare(text)), 76)
        ),
        'bare': bare(text),
        'bare, lines': lines.decode(),
        'bare, CRLF and byte order mark': b'\xef\xbb\xbf' + lines.replace(b'\n', b'\r\n'),
        'bare file in base64': base64.b64encode(lines).decode(),
        'der': der,
        'der in base64 in base64': base64.b64encode(base64.b64encode(der)).decode(),
    }
