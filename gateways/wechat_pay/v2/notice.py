# Part of payment_cn_wallets. License LGPL-3.
"""Notices of refunds in the XML of version 2, which may still come.

Source: official v2 page of refund notices. The platform sends them for refunds that somebody makes
in the merchant platform, and to an address that is set there. `req_info` is encrypted with the API
key (AES-256-ECB, the key being the hexadecimal MD5 of it), and that is all: nothing is signed, and
blocks of older notices could be put together anew. So such a notice is a hint. It names a refund,
and leaves its state to be asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ... import masking, money
from ...base import Notice, NoticeRejected, Outcome, Reason, ReasonKind, RefundResult
from ..parties import Parties
from . import signing


def is_one(headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether a notice is XML, and not signed as version 3 is."""
    signed = any(name.lower() == 'wechatpay-signature' for name in headers)
    return not signed and body[:64].lstrip(b'\xef\xbb\xbf \t\r\n').startswith(b'<')


def decrypt(req_info: str, api_key: str) -> bytes:
    """Return what `req_info` holds.

    :param api_key: of version 2
    :raise ValueError: when it was not encrypted with that key
    """
    key = hashlib.md5(api_key.encode(), usedforsecurity=False).hexdigest().encode()
    try:
        data = base64.b64decode(''.join(req_info.split()), validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305  the protocol's
        unpadder = padding.PKCS7(128).unpadder()
        plain = unpadder.update(decryptor.update(data) + decryptor.finalize())
        return plain + unpadder.finalize()
    except (binascii.Error, ValueError):
        raise ValueError("not encrypted with this API key") from None


def parse(body: bytes, api_key: str, parties: Parties) -> Notice:
    """Read such a notice; the refund in it is `unknown`, to be asked for.

    :raise NoticeRejected: 'malformed' when it is none, or for another API key
    """
    if not api_key:
        raise NoticeRejected('malformed', "XML of version 2, and there is no api_key to read it")
    try:
        outer = signing.parse(body)
        fields = signing.parse(decrypt(outer.get('req_info', ''), api_key), 'root')
    except ValueError as error:
        raise NoticeRejected('malformed', str(error)) from None
    number = fields.get('out_refund_no', '')
    if outer.get('return_code') != 'SUCCESS' or not number:
        raise NoticeRejected('malformed', "not a notice of a refund")
    try:
        amount = money.parse_fen(fields.get('refund_fee', ''))
    except money.MoneyError:
        raise NoticeRejected('malformed', "no amount") from None
    state, refund_id = fields.get('refund_status', '')[:32], fields.get('refund_id', '')[:64]
    raw = {'event_type': 'version 2', 'resource': masking.mask(fields)}
    reason = Reason(ReasonKind.OTHER, state, "told without a signature: to be asked for")
    return Notice(
        kind='refund',
        notice_id=f'v2 {refund_id} {state}',  # each delivery is encrypted anew
        refund=RefundResult(
            Outcome.UNKNOWN, number, gateway_refund_no=refund_id, amount=amount, reason=reason,
            raw=raw,
        ),
        merchant=parties.of({
            'appid': outer.get('appid'), 'mchid': outer.get('mch_id'),
            'sub_mchid': outer.get('sub_mch_id'),
        }),
        raw=raw,
    )
