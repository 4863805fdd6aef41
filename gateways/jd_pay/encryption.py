# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's 3DES (V2.0).

DESede, ECB, no padding of its own. The plain text is led by its length (four bytes, big end first,
in bytes of UTF-8) and filled with zeros to a multiple of eight. Written as lower-case hexadecimal.

Source: JD's Java demo and its library `pay-gate-signature`, checked with messages of JD.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re

from cryptography.hazmat.primitives.ciphers import Cipher, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # before 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

from ..base import CredentialProblem
from ..parsing import Malformed

MAX_TEXT = 16384  # bytes; the limit of JD's own library

_SPACE = re.compile(r'\s+')
_HEX = re.compile(r'(?:[0-9A-Fa-f]{16})+', re.ASCII)


@functools.lru_cache(maxsize=32)
def des_key(text: str) -> bytes:
    """Return the 3DES key.

    :param text: Base64 of 24 bytes, as the merchant platform shows it
    :raise CredentialProblem: 'value' when it is anything else
    """
    try:
        key = base64.b64decode(_SPACE.sub('', text), validate=True)
    except (binascii.Error, ValueError):
        key = b''
    if len(key) != 24:
        raise CredentialProblem('value', "the DES key must be the Base64 of 24 bytes")
    return key


def encrypt(text: str, key: bytes) -> str:
    """Return the lower-case hexadecimal 3DES cipher of a text.

    :param key: 24 bytes
    :raise ValueError: when the text is too long for JD's library
    """
    data = text.encode()
    if len(data) > MAX_TEXT:
        raise ValueError(f"longer than {MAX_TEXT} bytes")
    block = len(data).to_bytes(4, 'big') + data
    block += b'\0' * (-len(block) % 8)
    encryptor = Cipher(TripleDES(key), modes.ECB()).encryptor()  # noqa: S305  JD's choice
    return (encryptor.update(block) + encryptor.finalize()).hex()


def decrypt(cipher: str, key: bytes) -> str:
    """Return the text of a hexadecimal 3DES cipher.

    :param key: 24 bytes
    :raise Malformed: when it is no such cipher, or not of this key
    """
    if not _HEX.fullmatch(cipher):
        raise Malformed("not a cipher in hexadecimal")
    decryptor = Cipher(TripleDES(key), modes.ECB()).decryptor()  # noqa: S305  JD's choice
    block = decryptor.update(bytes.fromhex(cipher)) + decryptor.finalize()
    size = int.from_bytes(block[:4], 'big', signed=True)
    if not 0 <= size <= min(MAX_TEXT, len(block) - 4):
        raise Malformed("not encrypted with this DES key")
    try:
        return block[4 : 4 + size].decode()
    except UnicodeDecodeError:
        raise Malformed("not encrypted with this DES key") from None
