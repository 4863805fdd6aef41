# Part of payment_cn_wallets. License LGPL-3.
"""Payment codes by version 2 (XML), for merchants whose contract has no codepay in API v3.

Source: official v2 pages of micropay, orderquery and reverse. An answer has three levels, judged in
this order: `return_code` (a FAIL is not signed), `result_code`, `trade_state`. Reverse wants the
merchant's certificate in the TLS handshake.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from .. import masking, money, times
from ..base import ChargeRequest, Outcome, PaymentResult, Reason, ReasonKind, Wallet
from ..connections import ClientCertificate
from ..messages import Malformed
from ..transport import NotSent, TransportError
from . import answers, certificates, codes, fields as bodies, results, xml2
from .answers import Said

_SIGN_TYPE = 'HMAC-SHA256'


class Micropay:
    """The part of the gateway that speaks version 2."""

    def _call_v2(
        self, path: str, values: Mapping[str, str], *, certificate: bool = False
    ) -> Said:
        """Make one call of version 2. Sent once; the backup host only when there is no connection.

        :return: with `fields` when `return_code` and `result_code` are SUCCESS and the signature
            holds; `complaint` when a signed answer has an error code
        """
        parties, key = self.parties, self.credentials['api_key']
        content = {
            'appid': parties.appid, 'mch_id': parties.mchid,
            'sub_appid': parties.sub_appid, 'sub_mch_id': parties.sub_mchid,
            'nonce_str': secrets.token_hex(16), 'sign_type': _SIGN_TYPE, **values,
        }
        content = {name: value for name, value in content.items() if value}
        content['sign'] = xml2.sign(content, key, _SIGN_TYPE)
        options = {'certificate': self._client_certificate()} if certificate else {}
        error = None
        for host in self._hosts:
            try:
                answer = self.transport.post(
                    host + path, xml2.build(content), {'Content-Type': 'text/xml; charset=utf-8'},
                    **options,
                )
            except NotSent as not_sent:
                error = not_sent
                continue
            except TransportError as other:
                error = other
                break
            return _judge(answer, key)
        return answers.from_error(error, self.clock())

    def _client_certificate(self) -> ClientCertificate | None:
        if self.endpoint.startswith('http:'):
            return None  # nothing to show it in: the sandbox
        certificate = certificates.load_certificate(self.credentials['certificate'])
        return ClientCertificate(
            certificates.pem(certificate).encode(),
            certificates.pem(self._private_key).encode(),
        )

    def _charge_v2(self, request: ChargeRequest) -> PaymentResult:
        extra = request.extra
        unknown = set(extra) - codes.EXTRA
        if unknown:
            raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
        number = bodies.check_order_number(request.out_trade_no)
        said = self._call_v2('/pay/micropay', {
            'device_info': bodies.cut(request.terminal_id, 32),
            'body': bodies.text(request.subject, bodies.SUBJECT_LIMIT) or number,
            'attach': bodies.check_length('attach', request.attach, 127),
            'out_trade_no': number,
            'total_fee': str(money.check_fen(request.amount, zero=False)),
            'fee_type': money.CURRENCY,
            'spbill_create_ip': bodies.ip(extra.get('device_ip', '') or request.client_ip),
            'goods_tag': bodies.check_length('goods_tag', extra.get('goods_tag', ''), 32),
            'auth_code': bodies.auth_code(request),
        })
        if said.complaint and said.code == codes.USERPAYING:
            return replace(results.failed(number, said, Outcome.WAITING), amount=request.amount)
        if said.reason:
            refused = said.kind == ReasonKind.NOT_SENT or said.refused(codes.CHARGE_REFUSALS)
            return results.failed(number, said, Outcome.REFUSED if refused else Outcome.UNKNOWN)
        # Both SUCCESS: paid. Its other fields are those of a query.
        fields = {**said.fields, 'trade_state': 'SUCCESS'}
        return _payment(number, fields, self.parties, said.raw)

    def _query_v2(self, out_trade_no: str) -> PaymentResult:
        said = self._call_v2('/pay/orderquery', {'out_trade_no': out_trade_no})
        if said.reason:
            return results.failed(out_trade_no, said)
        return _payment(out_trade_no, said.fields, self.parties, said.raw)

    def _reverse_v2(self, out_trade_no: str) -> PaymentResult:
        said = self._call_v2(
            '/secapi/pay/reverse', {'out_trade_no': out_trade_no}, certificate=True
        )
        if said.complaint and said.code in codes.ENDED:
            return results.ended(out_trade_no, said.raw, said.reason)
        if said.reason:
            waiting = said.complaint and said.code == codes.USERPAYING
            return results.failed(
                out_trade_no, said, Outcome.WAITING if waiting else Outcome.UNKNOWN
            )
        if said.fields.get('out_trade_no', out_trade_no) != out_trade_no:
            reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', "for another order")
            return results.failed(out_trade_no, replace(said, reason=reason))
        if said.fields.get('recall') == 'Y':
            reason = Reason(ReasonKind.SYSTEM, 'recall', "the gateway wants to be asked again")
            return results.failed(out_trade_no, replace(said, reason=reason))
        return results.ended(out_trade_no, said.raw)


def _judge(answer, key: str) -> Said:
    """Judge an answer of version 2. It has status 200 whatever happened."""
    raw = {'http_status': answer.status}
    nothing = Said(status=answer.status, raw=raw)
    if answer.status != 200:
        return nothing.without_result(
            ReasonKind.NO_ANSWER, str(answer.status), f"HTTP status {answer.status}"
        )
    try:
        fields = xml2.parse(answer.body)
    except Malformed as error:
        return nothing.without_result(ReasonKind.NO_ANSWER, 'xml', str(error))
    said = Said(status=200, raw={**raw, **masking.mask(fields)})
    if fields.get('return_code') != 'SUCCESS':
        # Not signed, and without a code. For money that may move it proves nothing.
        message = masking.mask_text(fields.get('return_msg', ''))[:200]
        kind = ReasonKind.BAD_KEY if '签名' in message else ReasonKind.OTHER
        return said.without_result(kind, fields.get('return_code', '')[:32], message)
    if not xml2.verify(fields, key, _SIGN_TYPE):
        return said.without_result(
            ReasonKind.BAD_ANSWER_SIGNATURE, 'signature', "not the gateway's signature"
        )
    if fields.get('result_code') == 'SUCCESS':
        return replace(said, fields=fields)
    code = fields.get('err_code', '')[:48]
    message = masking.mask_text(fields.get('err_code_des', ''))[:200]
    return replace(
        said, reason=Reason(codes.kind_of(code), code, message), code=codes.plain(code),
        complaint=True,
    )


def _payment(out_trade_no: str, fields: Mapping[str, str], parties, raw) -> PaymentResult:
    """Return the result of the fields of micropay or orderquery, in the words of version 3."""
    amount = money.fen_or_none(fields.get('total_fee', ''))
    coupon = money.fen_or_none(fields.get('coupon_fee', '')) or 0
    result = results.payment(
        out_trade_no,
        {
            'out_trade_no': fields.get('out_trade_no') or out_trade_no,
            # Of a payment that was not made, nothing but the order number is certain to be there.
            'appid': fields.get('appid') or parties.appid,
            'mchid': fields.get('mch_id') or parties.mchid,
            'sub_mchid': fields.get('sub_mch_id') or parties.sub_mchid,
            'trade_state': fields.get('trade_state'),
            'trade_state_desc': fields.get('trade_state_desc'),
            'transaction_id': fields.get('transaction_id'),
            'amount': {
                'total': amount,
                'payer_total': None if amount is None else max(amount - coupon, 0),
                'currency': fields.get('fee_type') or money.CURRENCY,
            },
            'payer': {'openid': fields.get('openid') or fields.get('sub_openid')},
        },
        parties,
    )
    paid_at = times.parse(fields.get('time_end')) if result.outcome == Outcome.PAID else None
    return replace(result, paid_at=paid_at, raw=raw, wallet=Wallet.WECHAT_PAY)
