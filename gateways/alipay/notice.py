# Part of payment_cn_wallets. License LGPL-3.
"""Notices of Alipay: a form, verified over the bytes of its values, then read.

Signed are all parameters but `sign` and `sign_type`, decoded once, in the notice's own character
set, sorted, joined as `name=value` with `&`. Whether blank values take part differs between
Alipay's own SDKs: both are accepted, since a blank value says nothing. The other rule of the SDKs
(`rsaCheckV2`, with `sign_type`) belongs to other families of messages and is not accepted.

Source: opendocs.alipay.com, page on asynchronous notifications.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .. import masking, parsing, times
from ..base import (
    Notice,
    NoticeRejected,
    Outcome,
    PaymentResult,
    Reason,
    ReasonKind,
    RefundResult,
    Wallet,
)
from . import codes, results, signing

# Page of asynchronous notifications, and what all messages of Alipay may have.
FIELDS = frozenset((
    'alipay_cert_sn', 'app_id', 'auth_app_id', 'body', 'buyer_id', 'buyer_logon_id',
    'buyer_open_id', 'buyer_pay_amount', 'charset', 'fund_bill_list', 'gmt_close', 'gmt_create',
    'gmt_payment', 'gmt_refund', 'invoice_amount', 'notify_id', 'notify_time', 'notify_type',
    'out_biz_no', 'out_trade_no', 'passback_params', 'point_amount', 'receipt_amount',
    'refund_fee', 'seller_email', 'seller_id', 'send_back_fee', 'sign', 'sign_type', 'subject',
    'total_amount', 'trade_no', 'trade_status', 'version', 'voucher_detail_list',
))  # fmt: skip


def parse(body: bytes, public_keys: Iterable) -> Notice:
    """Verify and read a notice.

    :param body: the raw body; what the framework made of it has more or fewer fields
    :raise NoticeRejected: 'malformed' or 'signature'
    """
    try:
        received = parsing.read_form(body)
        charset = parsing.charset_of(received.get('charset', b'').decode('latin-1'))
        fields = {name: parsing.decode(value, charset) for name, value in received.items()}
    except parsing.Malformed as error:
        raise NoticeRejected('malformed', str(error)) from None
    if not fields.get('sign'):
        raise NoticeRejected('signature', "not signed")
    if fields.get('sign_type', 'RSA2') != 'RSA2':
        raise NoticeRejected('signature', "signed in another way than RSA2")
    keys = tuple(public_keys)
    if not any(signing.verify(text, fields['sign'], keys) for text in candidates(received)):
        raise NoticeRejected('signature', "not Alipay's")
    if parsing.hides_field(fields, FIELDS):
        raise NoticeRejected('signature', "a field is hidden in another one")
    try:
        return _notice(fields)
    except ValueError as error:
        raise NoticeRejected('malformed', str(error)) from None


def candidates(received: Mapping[str, bytes]) -> Iterator[bytes]:
    """Give the texts that may have been signed, the likeliest first, each once."""
    found = []
    for dropped in (('sign', 'sign_type'), ('sign', 'sign_type', 'alipay_cert_sn')):
        for blanks in (True, False):
            text = b'&'.join(
                name.encode() + b'=' + received[name]
                for name in sorted(received)
                if name not in dropped and (blanks or received[name])
            )
            if text not in found:
                found.append(text)
                yield text


def _notice(fields) -> Notice:
    if not fields.get('out_trade_no'):
        raise ValueError("no out_trade_no")
    total = results.fen(fields.get('total_amount', ''))
    if not total:
        raise ValueError("no total_amount")
    raw = masking.mask(fields)
    base = {
        'notice_id': fields.get('notify_id', ''),
        'merchant': {name: fields.get(name, '') for name in ('app_id', 'seller_id')},
        'raw': raw,
    }
    payment = _payment(fields, total, raw)
    back = bool(fields.get('gmt_refund') or results.fen(fields.get('refund_fee', '')))
    if back and fields.get('out_biz_no'):
        # A refund reports itself with the payment's own state: no second payment, and
        # `refund_fee` is the sum of all refunds, so the amount of this one is not told.
        refund = RefundResult(
            Outcome.PAID,
            out_refund_no=fields['out_biz_no'],
            finished_at=times.parse(fields.get('gmt_refund')),
            raw=raw,
        )
        return Notice('refund', payment=payment, refund=refund, **base)
    return Notice('payment', payment=payment, **base)


def _payment(fields, total, raw) -> PaymentResult:
    status = fields.get('trade_status', '')
    outcome = codes.OUTCOMES.get(status, Outcome.UNKNOWN)
    back = bool(fields.get('gmt_refund') or results.fen(fields.get('refund_fee', '')))
    paid = outcome == Outcome.PAID
    result = PaymentResult(
        outcome,
        out_trade_no=fields['out_trade_no'],
        gateway_trade_no=fields.get('trade_no', ''),
        wallet_trade_no=fields.get('trade_no', ''),
        wallet=Wallet.ALIPAY,
        amount=total,
        payer_amount=results.fen(fields.get('buyer_pay_amount', '')) if paid else None,
        payer_id=fields.get('buyer_id', '') or fields.get('buyer_open_id', ''),
        paid_at=times.parse(fields.get('gmt_payment')) if paid else None,
        refunded=paid and back,
        # the sum of all refunds of the trade
        refunded_amount=results.fen(fields.get('refund_fee', '')) if paid and back else None,
        reason=None if outcome != Outcome.UNKNOWN else Reason(ReasonKind.OTHER, status[:32]),
        raw=raw,
    )
    if outcome == Outcome.REFUSED:
        before = back or bool(fields.get('gmt_payment'))
        return results.closed(result, status, paid_before=before)
    return result
