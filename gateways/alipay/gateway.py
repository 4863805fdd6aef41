# Part of payment_cn_wallets. License LGPL-3.
"""Alipay (支付宝), directly: `gateway.do`, version 1.0, RSA2.

Source of every fact: opendocs.alipay.com and Alipay's own SDKs. What those leave open, and how it
was settled here:

- **No such trade.** A precreate makes no trade until the code is scanned, and a charge may not
  have arrived yet: a query then ends in `unknown` with the reason `not_found`.
- **Refusals** count when they are signed and their code is in the tables. An undocumented code
  is `unknown`. An unsigned complaint is believed for a precreate only, after which there is
  nothing to pay with.
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
from datetime import date, datetime

from .. import times
from ..base import (
    CallFailed,
    ChargeRequest,
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
    StatementFile,
    Wallet,
)
from ..text import check_length, check_number, percent
from . import capabilities, codes, notice, requests, results
from .client import AlipayClient
from .credentials import WEB_PRODUCTS, Credentials
from .oauth import OAuth, Payer
from .statement import Statements

ALIPAY_SANDBOX = 'https://openapi-sandbox.dl.alipaydev.com'

_CLOCK_TOLERANCE = 300  # seconds


class Alipay(Gateway):
    """The gateway with one merchant's credentials.

    Public-key mode needs `alipay_public_key`; certificate mode `app_cert`, `alipay_cert` and
    `root_cert`. Files are text in any of the forms of `key_files`.

    :param endpoint: '' for production, `ALIPAY_SANDBOX`, or the address of another sandbox; the
        call goes to `<endpoint>/gateway.do`
    :raise ValueError: when a key or certificate can't be read, or a mode is incomplete
    """

    code = 'alipay'
    console_url = 'https://open.alipay.com/'
    credential_fields = capabilities.CREDENTIAL_FIELDS
    channels = codes.CHANNELS
    operations = capabilities.OPERATIONS
    timings = capabilities.TIMINGS
    credential_rules = Credentials()
    merchant_fields = ('app_id', 'seller_id')

    def __init__(self, credentials, *, endpoint='', transport=None, clock=None):
        endpoint = endpoint.rstrip('/').removesuffix('/gateway.do')
        super().__init__(credentials, endpoint=endpoint, transport=transport, clock=clock)
        self.client = self.make_client(AlipayClient)
        self._statements = Statements(self.client)
        self._oauth = OAuth(self.client)
        if self.credentials.get('web_product', '') not in WEB_PRODUCTS:
            raise ValueError("web_product must be qr or page")

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: no codes for a merchant whose contract has web pages only."""
        if scene == Scene.QR and self.credentials.get('web_product') == 'page':
            return False
        return super().offers(wallet, scene, device)

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place an order: precreate (qr), create (in_app, mini); app and h5 are only signed here.

        Pages: 统一收单线下交易预创建 (precreate), 统一收单交易创建接口 (create), app支付接口2.0,
        手机网站支付接口2.0, 统一收单下单并支付页面接口.

        `next_step`: qr `code_url`; h5 `pay_url`; app `sdk_params['order_string']`; in_app
        and mini `sdk_params['tradeNO']` for `AlipayJSBridge.call('tradePay', …)` and `my.tradePay`.
        On a computer the scene h5 is Alipay's checkout for computers (`page.pay`).

        `extra` may hold: `channel` ('alipay.trade.page.pay': checkout for computers, with
        `qr_pay_mode` and `qrcode_width`; scene h5), `product_code`, `quit_url`, `body`,
        `goods_detail` (JSON array as text), `op_app_id` and `op_buyer_open_id` (mini program),
        `hb_fq_num` with `hb_fq_seller_percent` (instalments), `enable_pay_channels`,
        `disable_pay_channels`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        method = requests.order_method(request)
        if not request.notify_url:
            raise ValueError("notify_url is required")
        product = {
            Scene.QR: self.credentials.get('qr_product', ''), Scene.MINI: codes.MINI_PRODUCT,
        }.get(request.scene, '')
        content = requests.order(
            request, method, product, self.credentials.get('provider_id', ''), self.clock()
        )
        if request.scene == Scene.MINI:
            content |= requests.mini_program(
                request, self.credentials['app_id'], self.credentials.get('mini_app_id', '')
            )
        urls = {
            'notify_url': check_length('notify_url', request.notify_url, 256),
            'return_url': check_length('return_url', request.return_url, 256),
        }
        if method in ('alipay.trade.precreate', 'alipay.trade.create'):
            response = self.client.call(
                method,
                content,
                required=('out_trade_no',),
                expected={'out_trade_no': request.out_trade_no},
                notify_url=urls['notify_url'],
            )
            return results.ordered(request, method, response)
        if method == 'alipay.trade.app.pay':
            urls['return_url'] = ''  # there is no browser to send back
        params = self.client.params(method, content, **urls)
        text = '&'.join(f'{name}={percent(value)}' for name, value in params.items())
        if method == 'alipay.trade.app.pay':
            return results.prepared(request, NextStep(sdk_params={'order_string': text}))
        return results.prepared(request, NextStep(
            pay_url=f'{self.client.url}?{text}', here=method == codes.PAGE
        ))

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (`alipay.trade.pay`). Sent once.

        Page: 统一收单交易支付接口.

        :raise ValueError: for a field that the protocol cannot carry
        """
        self.require(Operation.CHARGE, request.wallet, Scene.CODE)
        content = requests.charge(request, '', self.credentials.get('provider_id', ''))
        response = self.client.call(
            'alipay.trade.pay',
            content,
            required=('out_trade_no',),
            expected={'out_trade_no': request.out_trade_no},
        )
        return results.charged(request, response)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`alipay.trade.query`).

        Page: 统一收单交易查询.
        """
        response = self.client.call(
            'alipay.trade.query',
            requests.numbers(out_trade_no, gateway_trade_no),
            repeatable=True,
            required=('out_trade_no', 'trade_status'),
            expected=requests.numbers(out_trade_no, gateway_trade_no),
        )
        return results.queried(out_trade_no, gateway_trade_no, response)

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid trade (`alipay.trade.close`).

        Page: 统一收单交易关闭接口.

        A code that was not scanned has no trade yet and can't be closed: unknown, `not_found`; it
        ends by itself at the time that the order named.
        """
        response = self._end(
            'alipay.trade.close', out_trade_no, gateway_trade_no, required=('out_trade_no',)
        )
        if response.reason is None:
            done = PaymentResult(
                Outcome.REFUSED,
                out_trade_no=out_trade_no,
                gateway_trade_no=response.text('trade_no'),
                raw=response.raw,
            )
            return results.closed(done, 'closed', paid_before=False)
        return self._not_ended(response, out_trade_no, gateway_trade_no)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge whatever its state (`alipay.trade.cancel`): a paid one is refunded.

        Page: 统一收单交易撤销接口.

        `refunded` of the result tells whether the payer had paid. When it is too late for it, or
        a part was refunded before, the result is what a query says: paid, to be refunded.
        """
        response = self._end('alipay.trade.cancel', out_trade_no, gateway_trade_no)
        if response.reason is None:
            return results.cancelled(out_trade_no, response)
        return self._not_ended(response, out_trade_no, gateway_trade_no)

    def query_reversal(
        self, out_trade_no: str, *, reversal_number: str = '', gateway_trade_no: str = ''
    ) -> PaymentResult:
        """Ask what became of a cancel: it ends a paid trade as a full refund does, at once.

        Page: 统一收单交易查询.

        :param reversal_number: the protocol has none
        """
        return self.query(out_trade_no, gateway_trade_no=gateway_trade_no)

    def _end(self, method, out_trade_no, gateway_trade_no, required=()):
        return self.client.call(
            method,
            requests.numbers(out_trade_no, gateway_trade_no),
            repeatable=True,
            required=required,
            expected=requests.numbers(out_trade_no, gateway_trade_no),
        )

    def _not_ended(self, response, out_trade_no, gateway_trade_no) -> PaymentResult:
        """Return what a query says after a business refusal, else that nothing is known."""
        if response.code == codes.BUSINESS and response.kind not in (
            ReasonKind.SYSTEM, ReasonKind.NOT_FOUND
        ):
            result = self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
            if result.outcome in (Outcome.PAID, Outcome.REFUSED):
                return result
        return results.not_ended(out_trade_no, gateway_trade_no, response)

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back (`alipay.trade.refund`). Sent once; the number makes it safe to repeat.

        Page: 统一收单交易退款接口.

        The number is the same on a retry and an earlier call with it may have worked. So whatever
        did not move money in this call is checked with the refund query: `refused` is said only
        when the gateway refused, signed, and knows of no such refund.
        """
        response = self.client.call(
            'alipay.trade.refund',
            requests.refund(request),
            required=('out_trade_no',),
            expected={'out_trade_no': request.out_trade_no},
        )
        result = results.refunded(request, response)
        if response.kind == ReasonKind.SYSTEM:
            return results.doubtful(result)
        if result.outcome == Outcome.PAID or not response.signed:
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

        Page: 统一收单交易退款查询.

        :param out_trade_no: required here, a refund's number is unique within its trade only
        :raise ValueError: without it
        """
        content = {
            'out_trade_no': requests.out_trade_no(out_trade_no),
            'out_request_no': check_number('out_refund_no', out_refund_no, 64),
        }
        response = self.client.call(
            'alipay.trade.fastpay.refund.query',
            {**content, 'query_options': ['gmt_refund_pay']},
            repeatable=True,
            expected=content,
        )
        return results.refund_queried(out_refund_no, response)

    # === STATEMENT === #

    def statement(self, day: date, kind: str = 'trade') -> StatementFile:
        """Fetch the statement of one day: its ZIP, to be read with `statement.members` or `.detail`.

        Page: alipay.data.dataservice.bill.downloadurl.query (查询对账单下载地址).

        :param kind: 'trade' (payments and refunds) or 'signcustomer' (movements of the account)
        :raise CallFailed: when there is none; `not_found`: not made yet, or no business that day
        """
        return self._statements.statement(day, kind)

    # === WHO PAYS === #

    def needs_payer(self, wallet: Wallet, scene: Scene) -> bool:
        """Override: who pays inside Alipay must be named."""
        return scene in (Scene.IN_APP, Scene.MINI)

    def payer_of_login(self, code: str) -> str:
        """Override: of a mini program that is the application itself. Page: 换取授权访问令牌.

        :raise ValueError: for another application's: its own server has to ask
        """
        if self.credentials.get('mini_app_id') not in ('', None, self.credentials['app_id']):
            raise ValueError("only the mini program's own keys can tell who uses it")
        return self.payer(code).payer_id

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Override to ask silently."""
        return self.authorize_url(redirect_uri, state)

    def authorize_url(self, redirect_uri: str, state: str, scope: str = 'auth_base') -> str:
        """Return where a browser inside the Alipay app goes to learn who pays."""
        return self._oauth.authorize_url(redirect_uri, state, scope)

    def payer_of(self, answer: Mapping[str, str]) -> str:
        """Override: the code is in `auth_code`; without one the payer did not agree."""
        code = answer.get('auth_code', '')
        if not code or len(code) > 256:
            raise CallFailed(Reason(ReasonKind.CANCELLED, 'no_code', "no auth_code came back"))
        return self.payer(code).payer_id

    def payer(self, auth_code: str) -> Payer:
        """Exchange the code that the browser brought back: see `OAuth.payer`."""
        return self._oauth.payer(auth_code)

    # === NOTICES === #

    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify and read a notice.

        Page: 异步通知说明.

        It must still be compared with its attempt: `merchant` (app_id, seller_id) and amount. A
        refund comes as `kind` 'refund', without the amount of that one refund.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(body, self.client.keys.public_keys())

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
        response = self.client.call(
            'alipay.trade.query',
            {'out_trade_no': f'probe_{secrets.token_hex(12)}'},
            repeatable=True,
        )
        skew = times.skew(response.date, self.clock())
        reason = response.reason
        if reason is None or (response.signed and reason.kind == ReasonKind.NOT_FOUND):
            return self._proved(skew, response)
        if reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE and reason.code:
            claimed = codes.kind_of('', reason.code)
            if claimed in (ReasonKind.BAD_KEY, ReasonKind.UNKNOWN_APP, ReasonKind.CLOCK):
                reason = Reason(claimed, reason.code, reason.message)
        elif reason.kind in (ReasonKind.PARAMETER, ReasonKind.OTHER):
            if skew is not None and abs(skew) > _CLOCK_TOLERANCE:
                reason = Reason(ReasonKind.CLOCK, reason.code, reason.message)
        return ProbeResult(False, reason, clock_skew=skew, raw=response.raw)

    def _proved(self, skew, response) -> ProbeResult:
        return ProbeResult(
            True, proven=self.proved_by('probe'), clock_skew=skew, raw=response.raw
        )
