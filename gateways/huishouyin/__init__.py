# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin (汇收银, HeeMoney): one contract for several wallets.

Source of every fact: the vendor's public documentation and SDKs. What those leave open, and how it
was settled here:

- **An order that the gateway does not know.** No code is published for it. It is recognised by the
  message ("…订单…不存在" and the like) of a FAIL answer. Its result is `unknown` with the reason
  `not_found`, never `refused`: the order call may still be on its way.
- **Refusals.** A signed FAIL with E0001 to E0006 means that nothing was done. An unsigned FAIL is
  believed for an order only, since without the gateway's answer nobody holds a code to pay. For a
  charge or a refund it is `unknown`.
- **Repeating.** Queries may be repeated. Orders, charges and refunds are sent once: what a second
  one with the same number does is not documented.
- **No close, no reverse.** An order that was given up stays payable until the wallet's own code
  dies, two hours after the order.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta

from .. import times
from ..base import (
    ChargeRequest,
    CredentialField,
    Gateway,
    Notice,
    Operation,
    OrderRequest,
    Outcome,
    PaymentResult,
    ProbeResult,
    Reason,
    ReasonKind,
    RefundRequest,
    RefundResult,
    Reply,
    Scene,
    Timings,
    UnsupportedOperation,
)
from ..text import check_number
from ..transport import TransportError
from . import answers, codes, fields as biz_fields, notice, results, wire
from .services import MerchantServices

_HOSTS = {'pay': 'https://pay.heemoney.com/v1', 'api': 'https://api.heemoney.com/v1'}
_CLOCK_TOLERANCE = 300  # seconds
# What an answer must not contradict: it may be an old one, or one to another question.
_COMPARED = (
    'app_id',
    'mch_uid',
    'isv_app_id',
    'isv_mch_uid',
    'out_trade_no',
    'hy_bill_no',
    'out_refund_no',
    'hy_refund_no',
)


class Huishouyin(MerchantServices, Gateway):
    """The gateway with one merchant's credentials.

    :param endpoint: replaces both hosts: `<endpoint>/v1/ApplyPay`, `<endpoint>/v1/MerchQRCode`, …
    """

    code = 'huishouyin'
    credential_fields = (
        CredentialField('app_id'),
        CredentialField('mch_uid'),
        CredentialField('key', secret=True),
        CredentialField('isv_app_id', required=False),
        CredentialField('isv_mch_uid', required=False),
    )
    channels = codes.CHANNELS
    query_tells_more = True
    operations = frozenset({
        Operation.ORDER,
        Operation.CHARGE,
        Operation.QUERY,
        Operation.REFUND,
        Operation.QUERY_REFUND,
        Operation.NOTICE,
        Operation.STATEMENT,
        Operation.SETTLEMENTS,
        Operation.SHOP_CODE,
    })
    # The order call has no field for an expiry, so the code outlives what we offer: 15 minutes on
    # the page, two hours (WeChat's and Alipay's own limit) until nobody can pay.
    timings = Timings(
        qr_lifetime=900,
        dead_after=7200,
        poll_schedule=(3, 3, 3, 3, 5, 5, 5, 10, 10, 15, 30),
        poll_limit=90,
        refund_window=timedelta(days=365),
        statement_ready_hour=10,
    )
    merchant_fields = ('app_id', 'mch_uid')

    # === WIRE === #

    def _call(
        self,
        path: str,
        method: str,
        biz: Mapping[str, object],
        *,
        host: str = 'pay',
        repeatable: bool = False,
        required: tuple[str, ...] = (),
        expected: Mapping[str, str] | None = None,
    ) -> answers.Said:
        """Make one signed call and judge the answer.

        :param biz: the business fields; empty ones are left out
        :param required: fields that a successful answer must have
        :param expected: numbers that the answer must not contradict, beside those that are sent
        """
        content = {name: value for name, value in biz.items() if value not in ('', None)}
        fields = {
            'method': method,
            'version': '1.0',
            'app_id': self.credentials['app_id'],
            'mch_uid': self.credentials['mch_uid'],
            'isv_app_id': self.credentials.get('isv_app_id', ''),
            'isv_mch_uid': self.credentials.get('isv_mch_uid', ''),
            'charset': 'UTF-8',
            'timestamp': times.stamp(self.clock()),
            # Serialised once: this very string is signed and sent.
            'biz_content': json.dumps(content, ensure_ascii=False, separators=(',', ':')),
            'sign_type': 'MD5',
        }
        fields = {name: value for name, value in fields.items() if value}
        fields['sign'] = wire.sign(fields, self.credentials['key'])
        base = f'{self.endpoint}/v1' if self.endpoint else _HOSTS[host]
        try:
            answer = self.transport.post(
                f'{base}/{path}',
                json.dumps(fields, ensure_ascii=False).encode(),
                {'Content-Type': 'application/json; charset=utf-8'},
                repeatable=repeatable,
            )
        except TransportError as error:
            return answers.Said.from_error(error)
        said = answers.judge(answer, self.credentials['key'])
        if said.reason is None:
            sent = {**fields, **content}
            asked = {name: sent.get(name, '') for name in _COMPARED}
            mismatch = said.differ({**asked, **(expected or {})}, required)
            if mismatch:
                return said.without_result(mismatch)
        return said

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place a unified order (`heemoney.pay.applypay`).

        `extra` may hold: `channel` (a channel_type of its own, for instance WX_APPLET,
        Quick_Pass_H5 or BANK_CYBER), `wx_js_code` or `open_id` with `wx_app_id` (mini program),
        `huabei_instalments` (3, 6, 12) with `huabei_seller_percent` (0, 100), `contract_no`,
        `pay_option`, `meta_option` (JSON objects as text).

        Refused when nothing was sent or the gateway refused; the answer being lost is unknown.

        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.scene in (Scene.CODE, Scene.SHOP_CODE):
            raise UnsupportedOperation(self.code, f'order / {request.scene.value}')
        biz = biz_fields.order(request, self._channel(request.wallet, request.scene, request.extra))
        said = self._call(
            'ApplyPay', 'heemoney.pay.applypay', biz, required=('out_trade_no',)
        )
        return results.ordered(request, said)

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (`heemoney.pay.dirctpay`, spelt so). Sent once.

        There is no notice for it: waiting and unknown are ended by queries.

        :raise ValueError: for a field that the protocol cannot carry
        """
        channel = ''
        if request.wallet is not None:
            channel = self._channel(request.wallet, Scene.CODE, request.extra)
        elif request.extra.get('channel') or request.extra.get('huabei_instalments'):
            raise ValueError("a channel of its own needs the wallet to be known")
        said = self._call(
            'DirectPay',
            'heemoney.pay.dirctpay',
            biz_fields.charge(request, channel),
            required=('out_trade_no', 'trade_status'),
        )
        return results.charged(request, said)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`heemoney.pay.query`).

        The gateway's own number is faster, and wins when both are sent.
        """
        said = self._call(
            'payquery',
            'heemoney.pay.query',
            {
                'hy_bill_no': gateway_trade_no,
                'out_trade_no': check_number('out_trade_no', out_trade_no, 64),
            },
            repeatable=True,
            required=('out_trade_no', 'trade_status'),
        )
        return results.queried(out_trade_no, gateway_trade_no, said)

    def _channel(self, wallet, scene, extra) -> str:
        unknown = set(extra) - codes.EXTRA
        if unknown:
            raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
        channel = codes.channel_of(wallet, scene, extra)
        if not channel:
            asked = [wallet.value, scene.value, extra.get('channel', '')]
            raise UnsupportedOperation(self.code, ' / '.join(part for part in asked if part))
        return channel

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back (`heemoney.pay.refund`). It is done later: query it.

        Every doubt ends in `unknown`, for the number is the same on a retry and an earlier call
        with it may have worked. For the same reason a refusal is checked before it is reported:
        only when the gateway says that it has no such refund either, the result is `refused`.
        """
        said = self._call(
            'refund',
            'heemoney.pay.refund',
            biz_fields.refund(request),
            required=('out_refund_no',),
        )
        result = results.refunded(request, said)
        if said.refused:
            earlier = self.query_refund(
                request.out_refund_no, out_trade_no=request.out_trade_no
            )
            if earlier.outcome != Outcome.UNKNOWN:
                return earlier
            if not earlier.reason or earlier.reason.kind != ReasonKind.NOT_FOUND:
                return results.doubtful(result)
        return result

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund (`heemoney.pay.refund.query`).

        :param out_trade_no: not sent, the protocol has no field for it; the answer must fit it
        """
        said = self._call(
            'refundquery',
            'heemoney.pay.refund.query',
            {
                'out_refund_no': check_number('out_refund_no', out_refund_no, 64),
                'hy_refund_no': gateway_refund_no,
            },
            repeatable=True,
            required=('out_refund_no', 'refund_status'),
            expected={'out_trade_no': out_trade_no},
        )
        return results.refund_queried(out_refund_no, gateway_refund_no, said)

    # === NOTICES === #

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify and read a notice, a form or JSON.

        It must still be compared with its attempt: `merchant`, amount and currency.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(headers, body, self.credentials['key'])

    def notice_reply(self, accepted: bool) -> Reply:
        """Return the plain text that the protocol wants; anything else makes it send again."""
        if accepted:
            return Reply(b'success')
        return Reply(b'fail', status=400)

    # === PROBE === #

    def probe(self) -> ProbeResult:
        """Query an order number that cannot exist, and see what is said about us.

        The credentials work when the gateway accepted our signature and its own can be verified.
        Here, and only here, an unsigned complaint is taken at its word: nothing depends on it, and
        a wrong key could not be told otherwise.
        """
        said = self._call(
            'payquery',
            'heemoney.pay.query',
            {'out_trade_no': f'probe-{secrets.token_hex(12)}'},
            repeatable=True,
        )
        skew = times.skew(said.date, self.clock())
        reason = said.reason
        if reason is None or reason.kind == ReasonKind.NOT_FOUND:
            return ProbeResult(True, clock_skew=skew, raw=said.raw)
        if said.signed and reason.code == 'E0008':
            # "Data processing error", signed both ways: the answer to an unknown order.
            return ProbeResult(True, clock_skew=skew, raw=said.raw)
        if reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE and reason.code == 'E0006':
            reason = Reason(ReasonKind.BAD_KEY, reason.code, reason.message)
        elif reason.kind in (ReasonKind.PARAMETER, ReasonKind.OTHER, ReasonKind.EXPIRED):
            if skew is not None and abs(skew) > _CLOCK_TOLERANCE:
                reason = Reason(ReasonKind.CLOCK, reason.code, reason.message)
        return ProbeResult(False, reason, clock_skew=skew, raw=said.raw)
