# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's signatures, written from the wiki.

Page 206/1213, for requests, answers and notices: drop `sign` and empty values, sort by name in
ASCII order, join `name=value` with `&`, append `&key=<API key>`, MD5, upper-case hex. Signatures in
lower case are accepted, as by the vendor's own SDK. HMAC-SHA256 over the same text is what one
library offers; a request that says `sign_type=HMAC-SHA256` is checked and answered so.

Page 38/1196, for the app: HMAC-SHA1 with the APP KEY and `&`, Base64 of the raw digest.
"""

import base64
import hashlib
import hmac


def text_to_sign(fields, key):
    """Return the text whose digest is the signature."""
    text = ''
    for name, value in sorted(fields.items()):
        if name != 'sign' and value:
            text += f'{name}={value}&'
    return f'{text}key={key}'


def sign(fields, key):
    """Return the signature of the fields."""
    text = text_to_sign(fields, key).encode('utf-8', 'replace')
    if fields.get('sign_type') == 'HMAC-SHA256':
        return hmac.new(key.encode(), text, 'sha256').hexdigest().upper()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


def verify(fields, key):
    """Say whether `fields['sign']` is the signature of the rest."""
    given = fields.get('sign', '').upper().encode('utf-8', 'replace')
    return hmac.compare_digest(sign(fields, key).encode(), given)


def app_sig(params, app_key):
    """Return the `sig` that belongs to the app's parameters."""
    names = ('appId', 'bargainorId', 'nonce', 'pubAcc', 'tokenId')
    text = '&'.join(f'{name}={params.get(name, "")}' for name in names)
    digest = hmac.new((app_key + '&').encode(), text.encode('utf-8', 'replace'), 'sha1').digest()
    return base64.standard_b64encode(digest).decode()
