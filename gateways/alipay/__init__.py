# Part of payment_cn_wallets. License LGPL-3.
"""Alipay (支付宝), directly: `gateway.do`, version 1.0, RSA2.

Source of every fact: opendocs.alipay.com and Alipay's own SDKs. What those leave open, and how it
was settled here:

- **No such trade.** A precreate makes no trade until the code is scanned, and a charge may not
  have arrived yet: a query then ends in `unknown` with the reason `not_found`.
- **Refusals** count when they are signed and their code is in the tables. A code nobody documented
  is `unknown`. An unsigned complaint is believed for a precreate only, after which nobody holds
  anything to pay with.
- **Cancel** (`reverse`) gives the money back when the trade was paid, **close** never does.
  A refused cancel or close is followed by a query, whose answer is the result.
- **Refunds**: `fund_change` decides; where it does not say `Y`, the refund query does.
- **A trade closed after it was paid** (refunded in full) is `refused`, closed, and `refunded`.
- **Repeating.** Queries, cancel and close may be repeated; nothing else is.
- The `/v3/` interface is not used: notices and the checkout pages have none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from .. import times
from ..base import (
    ChargeRequest,
    CredentialField,
    Device,
    Gateway,
    NextStep,
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
    Wallet,
)
from ..text import check_length, check_number, percent
from . import codes, fields as biz_fields, notice, results
from .connection import Connection
from .credentials import WEB_PRODUCTS, Credentials
from .services import MerchantServices

ALIPAY_SANDBOX = 'https://openapi-sandbox.dl.alipaydev.com'

_CLOCK_TOLERANCE = 300  # seconds


class Alipay(Connection, MerchantServices, Credentials, Gateway):
    """The gateway with one merchant's credentials.

    Public-key mode needs `alipay_public_key`; certificate mode `app_cert`, `alipay_cert` and
    `root_cert`. Files are text in any of the forms of `key_files`.

    :param endpoint: '' for production, `ALIPAY_SANDBOX`, or the address of another sandbox; the
        call goes to `<endpoint>/gateway.do`
    :raise ValueError: when a key or certificate can't be read, or a mode is incomplete
    """

    code = 'alipay'
    credential_fields = (
        CredentialField('app_id'),
        CredentialField('seller_id'),  # PID, 16 digits: whose money it is
        CredentialField('private_key', secret=True, kind='private_key'),
        CredentialField('alipay_public_key', required=False, kind='file'),
        CredentialField('app_cert', required=False, kind='certificate'),
        CredentialField('alipay_cert', required=False, kind='file'),
        CredentialField('root_cert', required=False, kind='file'),
        CredentialField('aes_key', required=False, secret=True),
        CredentialField('app_auth_token', required=False, secret=True),
        CredentialField('provider_id', required=False),  # PID of the software vendor
        CredentialField('qr_product', required=False),  # QR_CODE_OFFLINE in newer contracts
        # 'page': the contract has 电脑/手机网站支付 and no 当面付, so no codes; 'qr' (default)
        CredentialField('web_product', required=False),
    )
    channels = codes.CHANNELS
    operations = frozenset({
        Operation.ORDER,
        Operation.CHARGE,
        Operation.QUERY,
        Operation.CLOSE,
        Operation.REVERSE,
        Operation.REFUND,
        Operation.QUERY_REFUND,
        Operation.NOTICE,
        Operation.STATEMENT,
    })
    timings = Timings(
        qr_lifetime=900,
        # Every order says when it ends: at `expires_at`, at the latest after two hours. The rest
        # is for clocks that differ.
        dead_after=7500,
        poll_schedule=(3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 10),
        poll_limit=60,
        earliest_close=0,
        earliest_reverse=0,
        # The pages have an error code for "too late", but no number.
        latest_reverse=86400,
        refund_window=timedelta(days=365),
        refund_poll_schedule=(10, 30, 60, 300, 900, 3600),
        statement_ready_hour=9,
    )
    merchant_fields = ('app_id', 'seller_id')

    def __init__(self, credentials, *, endpoint='', transport=None, clock=None):
        endpoint = endpoint.rstrip('/').removesuffix('/gateway.do')
        super().__init__(credentials, endpoint=endpoint, transport=transport, clock=clock)
        self._set_up_keys()
        if self.credentials.get('web_product', '') not in WEB_PRODUCTS:
            raise ValueError("web_product must be qr or page")

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: no codes for a merchant whose contract has web pages only."""
        if scene == Scene.QR and self.credentials.get('web_product') == 'page':
            return False
        return super().offers(wallet, scene, device)

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place an order: precreate (qr), create (in_app); app and h5 are only signed here.

        `next_step`: qr `code_url`; h5 `pay_url`; app `sdk_params['order_string']`; in_app
        `sdk_params['tradeNO']` for `AlipayJSBridge.call('tradePay', …)`. On a computer the scene
        h5 is Alipay's checkout for computers (`page.pay`).

        `extra` may hold: `channel` ('alipay.trade.page.pay': checkout for computers, with
        `qr_pay_mode` and `qrcode_width`; scene h5), `product_code`, `quit_url`, `body`,
        `goods_detail` (JSON array as text), `op_app_id` and `op_buyer_open_id` (mini program),
        `hb_fq_num` with `hb_fq_seller_percent` (instalments), `enable_pay_channels`,
        `disable_pay_channels`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        method = self._method(request)
        if not request.notify_url:
            raise ValueError("notify_url is required")
        product = self.credentials.get('qr_product', '') if request.scene == Scene.QR else ''
        biz = biz_fields.order(
            request, method, product, self.credentials.get('provider_id', ''), self.clock()
        )
        urls = {
            'notify_url': check_length('notify_url', request.notify_url, 256),
            'return_url': check_length('return_url', request.return_url, 256),
        }
        if method in ('alipay.trade.precreate', 'alipay.trade.create'):
            said = self._call(
                method,
                biz,
                required=('out_trade_no',),
                expected={'out_trade_no': request.out_trade_no},
                notify_url=urls['notify_url'],
            )
            return results.ordered(request, method, said)
        if method == 'alipay.trade.app.pay':
            urls['return_url'] = ''  # there is no browser to send back
        params = self._params(method, biz, **urls)
        text = '&'.join(f'{name}={percent(value)}' for name, value in params.items())
        if method == 'alipay.trade.app.pay':
            return results.prepared(request, NextStep(sdk_params={'order_string': text}))
        return results.prepared(request, NextStep(
            pay_url=f'{self._gateway_url}?{text}', here=method == codes.PAGE
        ))

    def _method(self, request: OrderRequest) -> str:
        if request.scene not in (Scene.CODE, Scene.SHOP_CODE):
            method = self.channels.get((request.wallet, request.scene), '')
            named = request.extra.get('channel', '')
            if method and not named and request.scene == Scene.H5:
                return codes.PAGE if request.device == Device.COMPUTER else method
            if method and named in ('', method):
                return method
            if method and named == codes.PAGE and request.scene == Scene.H5:
                return named
        asked = ['order', request.wallet.value, request.scene.value, request.extra.get('channel')]
        raise UnsupportedOperation(self.code, ' / '.join(part for part in asked if part))

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (`alipay.trade.pay`). Sent once.

        :raise ValueError: for a field that the protocol cannot carry
        """
        self.require(Operation.CHARGE, request.wallet, Scene.CODE)
        biz = biz_fields.charge(request, '', self.credentials.get('provider_id', ''))
        said = self._call(
            'alipay.trade.pay',
            biz,
            required=('out_trade_no',),
            expected={'out_trade_no': request.out_trade_no},
        )
        return results.charged(request, said)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`alipay.trade.query`)."""
        said = self._call(
            'alipay.trade.query',
            self._numbers(out_trade_no, gateway_trade_no),
            repeatable=True,
            required=('out_trade_no', 'trade_status'),
            expected=self._numbers(out_trade_no, gateway_trade_no),
        )
        return results.queried(out_trade_no, gateway_trade_no, said)

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid trade (`alipay.trade.close`).

        A code that was not scanned has no trade yet and can't be closed: unknown, `not_found`; it
        ends by itself at the time that the order named.
        """
        said = self._end(
            'alipay.trade.close', out_trade_no, gateway_trade_no, required=('out_trade_no',)
        )
        if said.reason is None:
            done = PaymentResult(
                Outcome.REFUSED,
                out_trade_no=out_trade_no,
                gateway_trade_no=said.text('trade_no'),
                raw=said.raw,
            )
            return results.closed(done, 'closed', paid_before=False)
        return self._unended(said, out_trade_no, gateway_trade_no)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge whatever its state (`alipay.trade.cancel`): a paid one is refunded.

        `refunded` of the result tells whether the payer had paid. When it is too late for it, or
        a part was refunded before, the result is what a query says: paid, to be refunded.
        """
        said = self._end('alipay.trade.cancel', out_trade_no, gateway_trade_no)
        if said.reason is None:
            return results.cancelled(out_trade_no, said)
        return self._unended(said, out_trade_no, gateway_trade_no)

    def _end(self, method, out_trade_no, gateway_trade_no, required=()):
        return self._call(
            method,
            self._numbers(out_trade_no, gateway_trade_no),
            repeatable=True,
            required=required,
            expected=self._numbers(out_trade_no, gateway_trade_no),
        )

    def _unended(self, said, out_trade_no, gateway_trade_no) -> PaymentResult:
        """Return what a query says after a business refusal, else that nothing is known."""
        if said.code == codes.BUSINESS and said.kind not in (
            ReasonKind.SYSTEM, ReasonKind.NOT_FOUND
        ):
            result = self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
            if result.outcome in (Outcome.PAID, Outcome.REFUSED):
                return result
        return results.unended(out_trade_no, gateway_trade_no, said)

    @staticmethod
    def _numbers(out_trade_no, gateway_trade_no):
        return {
            'out_trade_no': biz_fields.out_trade_no(out_trade_no),
            'trade_no': gateway_trade_no,
        }

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back (`alipay.trade.refund`). Sent once; the number makes it safe to repeat.

        The number is the same on a retry and an earlier call with it may have worked. So whatever
        did not move money in this call is checked with the refund query: `refused` is said only
        when the gateway refused, signed, and knows of no such refund.
        """
        said = self._call(
            'alipay.trade.refund',
            biz_fields.refund(request),
            required=('out_trade_no',),
            expected={'out_trade_no': request.out_trade_no},
        )
        result = results.refunded(request, said)
        if said.kind == ReasonKind.SYSTEM:
            return results.doubtful(result)
        if result.outcome == Outcome.PAID or not said.signed:
            return result
        earlier = self.query_refund(request.out_refund_no, out_trade_no=request.out_trade_no)
        if earlier.outcome != Outcome.UNKNOWN:
            return earlier
        if result.outcome == Outcome.REFUSED and (
            not earlier.reason or earlier.reason.kind != ReasonKind.NOT_FOUND
        ):
            return results.doubtful(result)
        return result

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund (`alipay.trade.fastpay.refund.query`).

        :param out_trade_no: required here, a refund's number is unique within its trade only
        :raise ValueError: without it
        """
        biz = {
            'out_trade_no': biz_fields.out_trade_no(out_trade_no),
            'out_request_no': check_number('out_refund_no', out_refund_no, 64),
        }
        said = self._call(
            'alipay.trade.fastpay.refund.query',
            {**biz, 'query_options': ['gmt_refund_pay']},
            repeatable=True,
            expected=biz,
        )
        return results.refund_queried(out_refund_no, said)

    # === NOTICES === #

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify and read a notice.

        It must still be compared with its attempt: `merchant` (app_id, seller_id) and amount. A
        refund comes as `kind` 'refund', without the amount of that one refund.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(body, self._trust.public_keys())

    def notice_reply(self, accepted: bool) -> Reply:
        """Return the seven letters that the protocol wants; anything else makes it send again."""
        if accepted:
            return Reply(b'success')
        return Reply(b'fail', status=400)

    # === PROBE === #

    def probe(self) -> ProbeResult:
        """Query an order number that cannot exist, and see what is said about us.

        Here, and only here, a complaint whose signature is missing or wrong is taken at its word:
        nothing depends on it, and a wrong app id could not be told otherwise.
        """
        said = self._call(
            'alipay.trade.query',
            {'out_trade_no': f'probe_{secrets.token_hex(12)}'},
            repeatable=True,
        )
        skew = times.skew(said.date, self.clock())
        reason = said.reason
        if reason is None or (said.signed and reason.kind == ReasonKind.NOT_FOUND):
            return ProbeResult(True, clock_skew=skew, raw=said.raw)
        if reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE and reason.code:
            claimed = codes.kind_of('', reason.code)
            if claimed in (ReasonKind.BAD_KEY, ReasonKind.UNKNOWN_APP, ReasonKind.CLOCK):
                reason = Reason(claimed, reason.code, reason.message)
        elif reason.kind in (ReasonKind.PARAMETER, ReasonKind.OTHER):
            if skew is not None and abs(skew) > _CLOCK_TOLERANCE:
                reason = Reason(ReasonKind.CLOCK, reason.code, reason.message)
        return ProbeResult(False, reason, clock_skew=skew, raw=said.raw)
