# Part of payment_cn_wallets. License LGPL-3.
"""Keys and certificates in every form in which merchants have them, for all gateways.

A value is text or bytes:

- PEM with its frame, one block or several, with or without text around them;
- the bare base64 between the frames, as the key tools of Alipay and JD write it;
- DER, or PKCS #12 (`apiclient_cert.p12`);
- base64 of any of these files, which is what a binary field of a database holds;

with or without a byte order mark, with any line ends. Private keys may be PKCS #1 or PKCS #8. What
a block is decides its content, not its label: PKCS #8 in a frame of PKCS #1 is a common mistake.

Everything that is wrong is a `CredentialProblem`, whose text never quotes the file. What is read
once is kept, so that no call parses a key again.
"""

from .certificates import (
    belongs,
    check_any_time,
    check_time,
    common_name,
    is_authority,
    last_end,
    leaf,
    public_key_of,
    rsa_key,
    serial,
    valid_from,
    valid_until,
)
from .contents import (
    MIN_BITS,
    Contents,
    certificates,
    check_rsa,
    contents,
    pem,
    private_key,
    public_key,
    same_key,
    spki,
)
from .description import KeyDescription, describe, describe_certificate
from .forms import Review, read_pair

__all__ = [
    'MIN_BITS',
    'Contents',
    'KeyDescription',
    'Review',
    'belongs',
    'certificates',
    'check_any_time',
    'check_rsa',
    'check_time',
    'common_name',
    'contents',
    'describe',
    'describe_certificate',
    'is_authority',
    'last_end',
    'leaf',
    'pem',
    'private_key',
    'public_key',
    'public_key_of',
    'read_pair',
    'rsa_key',
    'same_key',
    'serial',
    'spki',
    'valid_from',
    'valid_until',
]
