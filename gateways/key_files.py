# Part of payment_cn_wallets. License LGPL-3.
"""Placeholder until the shared reader lands."""

from types import SimpleNamespace


def describe(text):
    """Describe."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as s
    d = text.encode()
    if b'PRIVATE' in d:
        pub = s.load_pem_private_key(d, None).public_key()
        sort, subj, na = 'private_key', '', None
    elif b'CERTIFICATE' in d:
        c = x509.load_pem_x509_certificate(d)
        pub, sort, subj, na = c.public_key(), 'certificate', 'x', c.not_valid_after_utc
    else:
        pub, sort, subj, na = None, 'public_key', '', None
    pem = pub.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode() if pub else ''
    return SimpleNamespace(sort=sort, fingerprint='0'*64, subject=subj, not_after=na, public_pem=pem)
