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

import dataclasses
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from .. import times
from ..base import (
    ChargeRequest,
    Device,
    Gateway,
    Notice,
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
    Settlement,
    ShopCode,
    ShopCodeRequest,
    StatementFile,
    UnsupportedOperation,
    Wallet,
)
from ..text import check_number
from . import capabilities, codes, notice, requests, results
from .client import HuishouyinClient
from .statement import Statements

_CLOCK_TOLERANCE = 300  # seconds


class Huishouyin(Gateway):
    """The gateway with one merchant's credentials.

    :param endpoint: replaces both hosts: `<endpoint>/v1/ApplyPay`, `<endpoint>/v1/MerchQRCode`, …
    """

    code = 'huishouyin'
    console_url = 'https://www.heemoney.com/'
    credential_fields = capabilities.CREDENTIAL_FIELDS
    channels = codes.CHANNELS
    query_tells_more = True
    operations = capabilities.OPERATIONS
    timings = capabilities.TIMINGS
    merchant_fields = ('app_id', 'mch_uid')

    def __init__(self, credentials: Mapping[str, str], **options):
        super().__init__(credentials, **options)
        self.client = self.make_client(HuishouyinClient)
        self._statements = Statements(self.client)

    # === PAYMENTS === #

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: a mini program is named in its orders."""
        if scene == Scene.MINI and not self.credentials.get('mini_appid'):
            return False
        return super().offers(wallet, scene, device)

    def needs_payer(self, wallet: Wallet, scene: Scene) -> bool:
        """Override: an order of a mini program names the payer's openid."""
        return scene == Scene.MINI

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place a unified order (`heemoney.pay.applypay`).

        Page: "API", ApplyPay.

        `extra` may hold: `channel` (a channel_type of its own, for instance WX_APPLET,
        Quick_Pass_H5 or BANK_CYBER), `wx_js_code` or `open_id` with `wx_app_id` (mini program),
        `huabei_instalments` (3, 6, 12) with `huabei_seller_percent` (0, 100), `contract_no`,
        `pay_option`, `meta_option` (JSON objects as text).

        Refused when nothing was sent or the gateway refused; the answer being lost is unknown.

        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.scene in (Scene.CODE, Scene.SHOP_CODE):
            raise UnsupportedOperation(self.code, f'order / {request.scene.value}')
        if request.scene == Scene.MINI and request.payer_id:
            request = dataclasses.replace(request, extra={
                'open_id': request.payer_id, 'wx_app_id': self.credentials.get('mini_appid', ''),
                **request.extra,
            })
        channel = self._channel(request.wallet, request.scene, request.extra)
        content = requests.order(request, channel)
        response = self.client.call('ApplyPay', content, required=('out_trade_no',))
        return results.ordered(request, response)

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (`heemoney.pay.dirctpay`, spelt so). Sent once.

        Page: "API", DirectPay.

        There is no notice for it: waiting and unknown are ended by queries.

        :raise ValueError: for a field that the protocol cannot carry
        """
        channel = ''
        if request.wallet is not None:
            channel = self._channel(request.wallet, Scene.CODE, request.extra)
        elif request.extra.get('channel') or request.extra.get('huabei_instalments'):
            raise ValueError("a channel of its own needs the wallet to be known")
        response = self.client.call(
            'DirectPay',
            requests.charge(request, channel),
            required=('out_trade_no', 'trade_status'),
        )
        return results.charged(request, response)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`heemoney.pay.query`).

        Page: "API", payquery.

        The gateway's own number is faster, and wins when both are sent.
        """
        response = self.client.call(
            'payquery',
            {
                'hy_bill_no': gateway_trade_no,
                'out_trade_no': check_number('out_trade_no', out_trade_no, 64),
            },
            repeatable=True,
            required=('out_trade_no', 'trade_status'),
        )
        return results.queried(out_trade_no, gateway_trade_no, response)

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

        Page: "API", refund.

        Every doubt ends in `unknown`, for the number is the same on a retry and an earlier call
        with it may have worked. For the same reason a refusal is checked before it is reported:
        only when the gateway says that it has no such refund either, the result is `refused`.
        """
        response = self.client.call(
            'refund',
            requests.refund(request),
            required=('out_refund_no',),
        )
        result = results.refunded(request, response)
        if response.refused:
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

        Page: "API", refundquery.

        :param out_trade_no: not sent, the protocol has no field for it; the answer must fit it
        """
        response = self.client.call(
            'refundquery',
            {
                'out_refund_no': check_number('out_refund_no', out_refund_no, 64),
                'hy_refund_no': gateway_refund_no,
            },
            repeatable=True,
            required=('out_refund_no', 'refund_status'),
            expected={'out_trade_no': out_trade_no},
        )
        return results.refund_queried(out_refund_no, gateway_refund_no, response)

    # === SERVICES === #

    def create_shop_code(self, request: ShopCodeRequest) -> ShopCode:
        """Have a printed code made (`heemoney.merch.qrcode.create`). Sent once.

        :raise CallFailed: when there is no code; when the answer was lost, one may exist
        :raise ValueError: for a field that the protocol cannot carry
        """
        response = self.client.call(
            'MerchQRCode', requests.shop_code(request), required=('qr_url',)
        ).succeeded()
        return ShopCode(
            shop_code_id=response.text('qrurl_uid'),
            url=response.text('qr_url'),
            store_id=response.text('store_uid'),
            amount=request.amount,
            raw=response.raw,
        )

    def settlements(self, begin: datetime, end: datetime) -> list[Settlement]:
        """List the pay-outs between two moments (`heemoney.outamt.query`).

        :param begin: aware datetime
        :param end: aware datetime
        :raise CallFailed: when a page could not be had
        """
        return self._statements.settlements(begin, end)

    def statement(self, day: date) -> StatementFile:
        """Return where the statement of a day is (`heemoney.bill.download`).

        Documented for one product family only, and without the layout of the file.

        :raise CallFailed: when there is none
        """
        return self._statements.statement(day)

    # === NOTICES === #

    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify and read a notice, a form or JSON.

        Page: "API", payment notification.

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
        response = self.client.call(
            'payquery',
            {'out_trade_no': f'probe-{secrets.token_hex(12)}'},
            repeatable=True,
        )
        skew = times.skew(response.date, self.clock())
        reason = response.reason
        if reason is None or reason.kind == ReasonKind.NOT_FOUND:
            return self._proved(skew, response)
        if response.signed and reason.code == 'E0008':
            # "Data processing error", signed both ways: the answer to an unknown order.
            return self._proved(skew, response)
        if reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE and reason.code == 'E0006':
            reason = Reason(ReasonKind.BAD_KEY, reason.code, reason.message)
        elif reason.kind in (ReasonKind.PARAMETER, ReasonKind.OTHER, ReasonKind.EXPIRED):
            if skew is not None and abs(skew) > _CLOCK_TOLERANCE:
                reason = Reason(ReasonKind.CLOCK, reason.code, reason.message)
        return ProbeResult(False, reason, clock_skew=skew, raw=response.raw)

    def _proved(self, skew, response) -> ProbeResult:
        return ProbeResult(
            True, proven=self.proved_by('probe'), clock_skew=skew, raw=response.raw
        )
