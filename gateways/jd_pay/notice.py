# Part of payment_cn_wallets. License LGPL-3.
"""Notices of JD Pay: the same encrypted document as an answer, posted to the shop.

The signature is over the literal decrypted text. A payment and a refund come to the same kind of
address and differ in `tradeType`, which also decides what `status` means; a notice without it
cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..base import Notice, NoticeRejected, Outcome, PaymentResult, Reason, RefundResult, Wallet
from ..parsing import Malformed
from . import codes, envelope, responses, results
from .envelope import BadSignature, Document, Keys


def parse(headers: Mapping[str, str], body: bytes, keys: Keys) -> Notice:
    """Verify and read a notice.

    :param body: the raw body
    :raise NoticeRejected: 'malformed' or 'signature'
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if lower.get('content-encoding', 'identity').lower() not in ('', 'identity'):
        raise NoticeRejected('malformed', "compressed")
    try:
        encrypted = envelope.outer(body).fields.get('encrypt', '')
        if not encrypted:
            raise NoticeRejected('signature', "not signed")
        document = envelope.unseal(encrypted, keys)
    except BadSignature as error:
        raise NoticeRejected('signature', str(error)) from None
    except Malformed as error:
        raise NoticeRejected('malformed', str(error)) from None
    return _notice(document)


def _notice(document: Document) -> Notice:
    fields, raw = document.fields, responses.raw_of(document)
    number, kind = fields.get('tradeNum', ''), fields.get('tradeType', '')
    if not number:
        raise NoticeRejected('malformed', "no tradeNum")
    if kind not in ('0', '1'):
        raise NoticeRejected('malformed', "neither a payment nor a refund")
    if results.fen(fields.get('amount', '')) is None:
        raise NoticeRejected('malformed', "no amount")
    failed = document.code != envelope.SUCCESS
    reason = Reason(
        codes.kind_of(document.code, document.message), document.code[:32], document.message[:200]
    )
    payment = refund = None
    if kind == '0' and failed:
        payment = PaymentResult(
            Outcome.UNKNOWN, number, wallet=Wallet.JD_PAY, reason=reason, raw=raw
        )
    elif kind == '0':
        payment = results.payment(fields, number, raw)
    elif failed:
        refund = RefundResult(Outcome.UNKNOWN, number, reason=reason, raw=raw)
    else:
        refund = results.refund(fields, number, raw)
    return Notice(
        kind='payment' if kind == '0' else 'refund',
        notice_id='',
        payment=payment,
        refund=refund,
        merchant={'merchant': fields.get('merchant', '')},
        currency=fields.get('currency') or 'CNY',
        raw=raw,
    )
