# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet (QQ 钱包), directly: XML, MD5, and a client certificate for what gives money back.

Source of every fact: the vendor's wiki (qpay.qq.com), its SDKs and demos. What those leave open,
and how it was settled here:

- **Error codes.** No table is published. The codes that are acted upon are in `codes`; any other
  one leaves a charge, a refund, a close or a reverse `unknown`.
- **An order that the gateway does not know** is `unknown` with the reason `not_found`, never
  `refused`: the order call may still be on its way.
- **Refusals.** A signed FAIL with a listed code means that nothing was done. An unsigned FAIL is
  believed for an order only, since without the gateway's answer nobody holds a code to pay.
- **Repeating.** Queries, closes, reverses and refunds may be repeated (a refund's number refunds
  once, by the documents). Orders and charges are sent once.
- **Time to answer.** The documents suggest to wait 30 seconds for a charge. The transport's usual
  limit is used instead: a lost answer is found again by a query, and nobody waits that long.
- **Client certificate.** Refund and reverse need it, and the operator's password. Without them
  nothing is sent and the outcome is `unknown`: it can be made up for, under the same number.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from .. import times
from ..base import (
    ChargeRequest,
    CredentialProblem,
    Device,
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
    StatementFile,
    UnsupportedOperation,
    Wallet,
)
from ..text import check_number
from . import capabilities, codes, notice, requests, results, signing
from .client import QqWalletClient
from .credentials import Credentials
from .statement import Statements

# Credentials that a scene needs.
_NEEDED = {Scene.APP: ('app_id', 'app_key'), Scene.IN_APP: ('app_id',)}


class QqWallet(Gateway):
    """The gateway with one merchant's credentials.

    :param endpoint: replaces both hosts: `<endpoint>/cgi-bin/pay/qpay_unified_order.cgi`, …. Where
        it is plain http (a sandbox on this machine) no client certificate is asked for
    """

    code = 'qq_wallet'
    console_url = 'https://qpay.qq.com/'
    credential_fields = capabilities.CREDENTIAL_FIELDS
    channels = codes.CHANNELS
    operations = capabilities.OPERATIONS
    timings = capabilities.TIMINGS
    credential_rules = Credentials()
    merchant_fields = ('mch_id', 'app_id', 'sub_mch_id', 'sub_app_id')

    def __init__(self, credentials: Mapping[str, str], **options):
        super().__init__(credentials, **options)
        sign_type = self.credentials.get('sign_type') or signing.MD5
        if sign_type not in signing.SIGN_TYPES:
            raise ValueError(f"sign_type must be one of {', '.join(signing.SIGN_TYPES)}")
        self._sign_type = sign_type
        self.client = self.make_client(QqWalletClient, sign_type=sign_type)
        self._statements = Statements(self.client)

    # === PAYMENTS === #

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: QQ's own browser wants an application, the shop's app its key besides."""
        if any(not self.credentials.get(name) for name in _NEEDED.get(scene, ())):
            return False
        return super().offers(wallet, scene, device)

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place a unified order: NATIVE (a code to scan), APP or JSAPI (parameters for the SDK).

        Page: 统一下单 (wiki 38/1203).

        `extra` may hold `limit_pay`, `promotion_tag` (percent-encoded) and, in the scene in_app,
        `trade_type` (MINIAPP, for a mini program).

        Refused when nothing was sent or the gateway refused; the answer being lost is unknown.

        :raise ValueError: for a field that the protocol cannot carry, or a credential that the
            scene needs and that is missing
        """
        self._check(request.wallet, request.scene, request.extra, codes.ORDER_EXTRA)
        if request.scene == Scene.CODE:
            raise UnsupportedOperation(self.code, 'order / code')
        trade_type = codes.CHANNELS[request.wallet, request.scene]
        named = request.extra.get('trade_type', '')
        if named and named != trade_type:
            if request.scene != Scene.IN_APP or named != codes.MINI_PROGRAM:
                raise UnsupportedOperation(self.code, f'{request.scene.value} / {named}')
            trade_type = named
        for name in _NEEDED.get(request.scene, ()):
            if not self.credentials.get(name):
                raise ValueError(f"{name} is needed for the scene {request.scene.value}")
        moment = self.clock()
        response = self.client.call(Operation.ORDER, requests.order(request, trade_type, moment))
        step = None
        if response.reason is None:
            step = requests.next_step(request, trade_type, response.fields, self.credentials, moment)
        return results.ordered(request, response, step)

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (micropay). Sent once.

        Page: 提交付款码支付 (wiki 1/1122).

        Paid only when `return_code`, `result_code` and `trade_state` all say so.

        :raise ValueError: for a field that the protocol cannot carry
        """
        wallet = request.wallet or Wallet.QQ_WALLET
        self._check(wallet, Scene.CODE, request.extra, codes.CHARGE_EXTRA)
        response = self.client.call(
            Operation.CHARGE, requests.charge(request), required=('out_trade_no', 'trade_state')
        )
        return results.charged(request, response)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt, by the gateway's number when it is known.

        Page: 订单查询 (wiki 38/1205, 1/1124).

        The state of a payment of which something went back does not say how much: then the list
        of its refunds is asked for as well.
        """
        response = self.client.call(
            Operation.QUERY,
            requests.trade(out_trade_no, gateway_trade_no),
            expected={'out_trade_no': out_trade_no},
            required=('out_trade_no', 'trade_state'),
            repeatable=True,
        )
        result = results.queried(out_trade_no, gateway_trade_no, response)
        if not result.refunded:
            return result
        response = self.client.call(
            Operation.QUERY_REFUND,
            requests.trade(out_trade_no, gateway_trade_no),
            expected={'out_trade_no': out_trade_no},
            repeatable=True,
        )
        return dataclasses.replace(result, refunded_amount=results.refunds_total(response))

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid order, five minutes after it was placed at the earliest.

        Page: 关闭订单 (wiki 38/1206).

        When the gateway says that it was paid, it is asked how much.
        """
        response = self.client.call(
            Operation.CLOSE,
            {'out_trade_no': check_number('out_trade_no', out_trade_no, requests.NUMBER_LIMIT)},
            repeatable=True,
        )
        if response.code == codes.PAID_ALREADY:
            return self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
        return results.ended(out_trade_no, gateway_trade_no, response)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge, five minutes after it at the earliest: close it or give it back.

        Page: 撤销订单 (wiki 1/1125).

        Needs client certificate and operator; unknown without them.
        """
        response = self.client.call_as_operator(
            Operation.REVERSE,
            {'out_trade_no': check_number('out_trade_no', out_trade_no, requests.NUMBER_LIMIT)},
        )
        return results.ended(out_trade_no, gateway_trade_no, response)

    def query_reversal(
        self, out_trade_no: str, *, reversal_number: str = '', gateway_trade_no: str = ''
    ) -> PaymentResult:
        """Ask what became of a reversal: the order's own state tells (REVOKED, or REFUND).

        Page: 订单查询 (wiki 38/1205, 1/1124).

        :param reversal_number: the protocol has none
        """
        found = self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
        if found.outcome != Outcome.PAID or not found.refunded:
            return found
        if found.refunded_amount == found.amount:
            reason = Reason(ReasonKind.CANCELLED, 'REFUND')
            return dataclasses.replace(found, outcome=Outcome.REFUSED, closed=True, reason=reason)
        return found

    def _check(self, wallet, scene, extra, allowed):
        unknown = set(extra) - allowed
        if unknown:
            raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
        if (wallet, scene) not in self.channels:
            raise UnsupportedOperation(self.code, f'{wallet.value} / {scene.value}')

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back. Accepted is not done: query it.

        Page: 申请退款 (wiki 38/1207, 1/1126).

        Needs client certificate and operator. Every doubt ends in `unknown`, for the number is the
        same on a retry and an earlier call with it may have worked. For the same reason a refusal
        is checked before it is reported: only when the gateway says that it has no such refund
        either, the result is `refused`.

        What a coupon paid is given back first: of an order of 10 with a coupon of 1 the payer gets
        nothing from a refund of 1.
        """
        response = self.client.call_as_operator(
            Operation.REFUND,
            requests.refund(request),
            expected={'out_trade_no': request.out_trade_no},
            required=('out_refund_no',),
        )
        result = results.refunded(request, response)
        if response.refused:
            earlier = self.query_refund(request.out_refund_no, out_trade_no=request.out_trade_no)
            if earlier.outcome != Outcome.UNKNOWN:
                return earlier
            if not earlier.reason or earlier.reason.kind != ReasonKind.NOT_FOUND:
                return results.doubtful(result)
        return result

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund.

        Page: 退款查询 (wiki 38/1208).

        :param out_trade_no: not sent, for the refund's number is enough; the answer must fit it
        """
        number = check_number('out_refund_no', out_refund_no, requests.NUMBER_LIMIT)
        asked = {'refund_id': gateway_refund_no} if gateway_refund_no else {'out_refund_no': number}
        response = self.client.call(
            Operation.QUERY_REFUND,
            asked,
            expected={'out_trade_no': out_trade_no},
            repeatable=True,
        )
        return results.refund_queried(out_refund_no, gateway_refund_no, response)

    # === NOTICES === #

    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify and read a notice.

        Page: 支付结果通知 (wiki 38/1204).

        It must still be compared with its attempt: `merchant`, amount and currency.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(body, self.credentials, self._sign_type)

    def notice_reply(self, accepted: bool) -> Reply:
        """Return the XML that the protocol wants; anything else makes it send again."""
        content = {'return_code': 'SUCCESS'}
        if not accepted:
            content = {'return_code': 'FAIL', 'return_msg': 'not accepted'}
        parts = ''.join(f'<{name}>{value}</{name}>' for name, value in content.items())
        return Reply(f'<xml>{parts}</xml>'.encode(), notice.REPLY_TYPE)

    # === STATEMENT === #

    def statement(self, day: date) -> StatementFile:
        """Fetch the statement of a day: CSV, all kinds of rows, amounts in yuan.

        Page: 对账单下载 (wiki 38/1209).

        Ready at 10:00 of the next day, kept for three months.

        :raise CallFailed: when there is none
        """
        return self._statements.statement(day)

    # === PROBE === #

    def probe(self) -> ProbeResult:
        """Query an order number that cannot exist, and see what is said about us.

        The credentials work when the gateway's signature can be verified and it does not complain
        about ours, our numbers or our rights. Here, and only here, an unsigned complaint is taken
        at its word: nothing depends on it, and a wrong key could not be told otherwise.

        A client certificate that is there must be readable and valid now; whether the gateway
        accepts it shows with the first refund only.
        """
        if self.credentials.get('client_certificate'):
            try:
                self.client.load_certificate().check(self.clock())
            except CredentialProblem as error:
                return ProbeResult(False, Reason(ReasonKind.PARAMETER, error.kind, str(error)))
        response = self.client.call(
            Operation.QUERY, {'out_trade_no': f'probe{secrets.token_hex(12)}'}, repeatable=True
        )
        skew, reason = times.skew(response.date, self.clock()), response.reason
        ours = (ReasonKind.BAD_KEY, ReasonKind.UNKNOWN_APP, ReasonKind.NOT_ENABLED)
        not_about_us = (*ours, ReasonKind.PARAMETER, ReasonKind.BAD_ANSWER_SIGNATURE)
        if response.signed and response.kind not in not_about_us:
            proven = self.proved_by('probe')
            return ProbeResult(True, proven=proven, clock_skew=skew, raw=response.raw)
        if reason is None or reason.kind == ReasonKind.NOT_FOUND:
            return ProbeResult(True, clock_skew=skew, raw=response.raw)
        if reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE:
            claimed = codes.kind_of(reason.code, reason.message)
            if claimed in ours:
                reason = Reason(claimed, reason.code, reason.message)
        return ProbeResult(False, reason, clock_skew=skew, raw=response.raw)
