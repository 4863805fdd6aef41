# Part of payment_cn_wallets. License LGPL-3.
"""Notices of WeChat Pay (API v3): verify the raw bytes, decrypt, then read.

That a notice decrypts with our key proves nothing about when it was sent: the signature and its
time window are checked always, and first.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from datetime import datetime

from .. import masking
from ..base import Notice, NoticeRejected, Outcome, PaymentResult, Reason, ReasonKind
from . import platform_keys, responses, results, signing
from .parties import Parties

_logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024  # bytes; a real notice is below 4 KiB


def parse(headers: Mapping[str, str], body: bytes, find, moment: datetime, api_v3_key: str,
          parties: Parties) -> Notice:
    """Verify and read a notice: see `opened` for the parameters.

    :raise NoticeRejected: 'malformed', 'signature' or 'expired'
    """
    envelope, resource, fields = opened(headers, body, find, moment, api_v3_key)
    return _notice(envelope, resource, fields, parties)


def opened(
    headers: Mapping[str, str], body: bytes, find, moment: datetime, api_v3_key: str
) -> tuple[dict, Mapping, dict]:
    """Verify a notice and decrypt what is in it.

    :param headers: of the HTTP request, names in any case
    :param find: callable, serial and moment -> public key or None
    :param moment: when it came, aware
    :return: the envelope, its resource, and the fields that were encrypted in that
    :raise NoticeRejected: 'malformed', 'signature' or 'expired'
    """
    if len(body) > MAX_BODY:
        raise NoticeRejected('malformed', "too large")
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        platform_keys.check_signature(lower, body, find, moment)
    except platform_keys.NotGenuine as error:
        # The platform sends wrong signatures on purpose now and then: no reason for an alarm.
        _logger.info("A notice of WeChat Pay is not believed: %s", error)
        kind = error.kind if error.kind in ('malformed', 'expired') else 'signature'
        raise NoticeRejected(kind, str(error)) from None
    envelope = responses.read_object(body)
    resource = envelope.get('resource') if envelope else None
    if not isinstance(resource, Mapping) or resource.get('algorithm') != 'AEAD_AES_256_GCM':
        raise NoticeRejected('malformed', "no encrypted resource")
    try:
        plain = signing.decrypt(
            api_v3_key, resource.get('nonce'), resource.get('associated_data'),
            resource.get('ciphertext'),
        )
    except ValueError as error:
        raise NoticeRejected('malformed', str(error)) from None
    fields = responses.read_object(plain)
    if fields is None:
        raise NoticeRejected('malformed', "what was encrypted cannot be read")
    return envelope, resource, fields


def _notice(envelope, resource, fields, parties: Parties) -> Notice:
    raw = {
        'event_type': str(envelope.get('event_type') or '')[:32],
        'create_time': str(envelope.get('create_time') or '')[:32],
        'resource': masking.mask(fields),
    }
    merchant = parties.of(fields)
    base = {
        'notice_id': str(envelope.get('id') or '')[:64],
        'merchant': merchant,
        'currency': _currency(fields),
        'raw': raw,
    }
    # Compared with whatever the notice itself names: whose it is, is for the caller to check.
    named = dataclasses.replace(parties, **merchant)
    event, original = raw['event_type'], resource.get('original_type')
    if event.startswith('REFUND.') or original == 'refund':
        found = results.refund('', fields, named, raw=raw['resource'])
        return Notice(kind='refund', refund=found, **base)
    if event.startswith('TRANSACTION.') or original == 'transaction':
        found = results.payment('', fields, named, raw=raw['resource'])
        return Notice(kind='payment', payment=found, **base)
    # Genuine, and about something else: refusing it would make it come again for a day.
    return Notice(
        kind='payment',
        payment=PaymentResult(
            Outcome.UNKNOWN, out_trade_no=str(fields.get('out_trade_no') or ''),
            reason=Reason(ReasonKind.OTHER, event, "a kind of notice that is not known"), raw=raw,
        ),
        **base,
    )


def _currency(fields) -> str:
    amount = fields.get('amount')
    currency = amount.get('currency') if isinstance(amount, Mapping) else None
    return str(currency or 'CNY')
