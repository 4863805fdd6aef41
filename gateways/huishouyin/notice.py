# Part of payment_cn_wallets. License LGPL-3.
"""Notices of Huishouyin: verify the bytes, then read them.

The protocol does not say whether a notice is a form or JSON: both are taken. The signature is
checked over the values exactly as they arrived, before anything is converted.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import masking, money, parsing, times
from ..base import Notice, NoticeRejected, Outcome, PaymentResult, Reason, ReasonKind
from . import codes, signing

MERCHANT_FIELDS = ('app_id', 'mch_uid', 'isv_app_id', 'isv_mch_uid')
# Page of the notice, and what all messages of Huishouyin may have.
FIELDS = frozenset((
    'app_id', 'attach', 'bank_type', 'biz_content', 'channel_type', 'charset', 'coupon_amt',
    'hy_bill_no', 'isv_app_id', 'isv_mch_uid', 'mch_uid', 'meta_option', 'method', 'out_trade_no',
    'pay_option', 'real_fee', 'real_vol', 'sign', 'sign_type', 'subject', 'time_end', 'timestamp',
    'total_fee', 'trade_status', 'version',
))  # fmt: skip

_OUTCOMES = {
    'Success': Outcome.PAID,
    'Failure': Outcome.REFUSED,
    'Undeal': Outcome.WAITING,
}


def outcome_of(trade_status: str) -> Outcome:
    """Return what a `trade_status` or `refund_status` means. A word not known is unknown."""
    return _OUTCOMES.get(trade_status, Outcome.UNKNOWN)


def parse(headers: Mapping[str, str], body: bytes, key: str) -> Notice:
    """Verify and read a notice.

    :param headers: of the HTTP request, names in any case
    :param body: the raw body
    :raise NoticeRejected: 'malformed' or 'signature'
    """
    try:
        fields, candidates = _read(headers, body)
    except parsing.Malformed as error:
        raise NoticeRejected('malformed', str(error)) from None
    signature = fields.get('sign', '')
    if not signature:
        raise NoticeRejected('signature', "not signed")
    if not any(signing.verify(values, key, signature) for values in candidates):
        raise NoticeRejected('signature', "not the gateway's")
    if parsing.hides_field(fields, FIELDS):
        raise NoticeRejected('signature', "a field is hidden in another one")
    try:
        return _notice(fields)
    except ValueError as error:
        raise NoticeRejected('malformed', str(error)) from None


def _read(headers, body):
    """Return the fields as text, and the bytes that may have been signed."""
    if len(body) > parsing.MAX_NOTICE:
        raise parsing.Malformed("too large")
    lower = {name.lower(): value for name, value in headers.items()}
    if lower.get('content-encoding', 'identity').lower() not in ('', 'identity'):
        raise parsing.Malformed("compressed")
    content_type = lower.get('content-type', '')
    media, stated = content_type.partition(';')[0], parsing.stated_charset(content_type)
    body = body.removeprefix(b'\xef\xbb\xbf')
    # By what it is, not by what it is called: senders of such notices often state nothing.
    if 'json' in media.lower() or body.lstrip()[:1] == b'{':
        charset = parsing.charset_of(stated)
        items = signing.parse_object(parsing.decode(body, charset))
        if any(item.kind == 'nested' for item in items.values()):
            raise parsing.Malformed("a value is nested")
        fields = {name: item.text for name, item in items.items()}
        received = parsing.encode_all(fields, charset)
    else:
        received = parsing.read_form(body)
        charset = parsing.charset_of(stated or received.get('charset', b'').decode('latin-1'))
        fields = {name: parsing.decode(value, charset) for name, value in received.items()}
    candidates = [received]
    if charset != 'utf-8':
        # .NET, in which the gateway is written, hashes the UTF-8 bytes whatever was sent.
        candidates.append(parsing.encode_all(fields, 'utf-8'))
    return fields, candidates


def _notice(fields) -> Notice:
    if not fields.get('out_trade_no'):
        raise ValueError("no out_trade_no")
    amount = money.parse_fen(fields.get('total_fee', ''))
    # `real_vol` has what the shop is owed, or what the payer paid: only a lower one tells of a coupon.
    payer_amount = money.parse_fen(fields['real_vol']) if fields.get('real_vol') else None
    if payer_amount == amount:
        payer_amount = None
    status = fields.get('trade_status', '')
    outcome = outcome_of(status)
    raw = masking.mask(fields)
    reason = None
    if outcome == Outcome.REFUSED:
        reason = Reason(ReasonKind.DECLINED, status)
    elif outcome == Outcome.UNKNOWN:
        reason = Reason(ReasonKind.OTHER, status[:32])
    return Notice(
        kind='payment',
        notice_id='',
        payment=PaymentResult(
            outcome=outcome,
            out_trade_no=fields['out_trade_no'],
            gateway_trade_no=fields.get('hy_bill_no', ''),
            wallet=codes.wallet_of(fields.get('channel_type', '')),
            amount=amount,
            payer_amount=payer_amount if outcome == Outcome.PAID else None,
            paid_at=times.parse(fields.get('time_end')) if outcome == Outcome.PAID else None,
            reason=reason,
            raw=raw,
        ),
        merchant={name: fields.get(name, '') for name in MERCHANT_FIELDS},
        raw=raw,
    )
