# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's MD5 signature, written from the vendor's rules page (JKGZ).

The vendor published two forms that differ in empty values only:

- the rules page: *all* fields but `sign` take part (`keep_empty`)
- both SDKs: fields with an empty value are left out (`drop_empty`)

Sort by name, join `name=value` with `&`, append `&key=<KEY>`, MD5 of the UTF-8 bytes, upper-case
hex. Requests are accepted in either form; what the sandbox signs follows the setting `sign_form`.
"""

import hashlib
import hmac

FORMS = ('drop_empty', 'keep_empty')


def text_to_sign(fields, key, form='drop_empty'):
    """Return the text whose digest is the signature."""
    parts = []
    for name in sorted(fields):
        value = '' if fields[name] is None else str(fields[name])
        if name == 'sign' or (form == 'drop_empty' and value == ''):
            continue
        parts.append(f'{name}={value}')
    return '&'.join([*parts, f'key={key}'])


def sign(fields, key, form='drop_empty', encoding='utf-8'):
    """Return the signature of the fields."""
    text = text_to_sign(fields, key, form)
    return hashlib.md5(text.encode(encoding, 'replace'), usedforsecurity=False).hexdigest().upper()


def verify(fields, key, encodings=('utf-8',)):
    """Say whether `fields['sign']` is the signature of the rest, in one of the published forms."""
    given = str(fields.get('sign') or '').encode('utf-8', 'replace')
    valid = False
    for form in FORMS:
        for encoding in encodings:
            expected = sign(fields, key, form, encoding).encode()
            valid |= hmac.compare_digest(expected, given)
    return valid
