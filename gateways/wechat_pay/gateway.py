# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay (微信支付), directly: API v3, merchants of their own and service providers.

Source of every fact: the official merchant documentation (pay.weixin.qq.com), the official SDKs,
and their tests. What those leave open, and how it was settled here:

- **Errors are not signed** by the protocol. A 4xx is believed when it is the protocol's JSON with a
  code that the documents call final; whatever else it says is `unknown`. A 2xx is believed only with
  the platform's signature.
- **An order that is not known** (`ORDER_NOT_EXIST`) is `unknown` with the reason `not_found`, never
  `refused`: the order call may still be on its way.
- **202** of a charge counts as "the payer is typing the password" when it is signed; the documents
  don't say whether it always is. Unsigned it is `unknown`, which a query ends as well.
- **Codepay in API v3** is documented, and missing in some of the vendor's own lists. Merchants whose
  contract lacks it set the credential `codepay_api` to `v2`: payment codes then go the XML way.
- **Repeating**: queries, close, reverse, orders with the same content and refunds with the same
  number are defined to do no harm, and are repeated once when a connection broke. Charges never.
- **Notices** do not exist for payment codes, in either version: query. Notices of refunds in the XML
  of version 2, which the merchant platform may cause, are hints (`v2.notice`).
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from .. import times
from ..base import (
    CallFailed,
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
    StatementFile,
    UnsupportedOperation,
    Wallet,
)
from ..text import check_number
from . import capabilities, codes, notice, requests, results
from .client import WechatPayClient
from .credentials import Credentials, check
from .next_step import next_step
from .oauth import OAuth
from .statement import Statements
from .v2 import notice as v2_notice
from .v2.client import V2Client
from .v2.payment_codes import PaymentCodes


class WechatPay(Gateway):
    """The gateway with one merchant's credentials.

    Files (`certificate`, `private_key`, `public_key`, `platform_certificates`) are text in any of the
    forms of `key_files`. `platform_certificates` may hold several. With `sub_mchid`
    the gateway is a service provider's: `appid` and `mchid` are then the provider's own.

    :param endpoint: replaces every host: `<endpoint>/v3/…`, `<endpoint>/pay/micropay`, …; what is
        signed begins at `/v3`
    :raise ValueError: for credentials that cannot be used (`CredentialProblem` when it is a file)
    """

    code = 'wechat_pay'
    console_url = 'https://pay.weixin.qq.com/'
    credential_fields = capabilities.CREDENTIAL_FIELDS
    channels = codes.CHANNELS
    operations = capabilities.OPERATIONS
    timings = capabilities.TIMINGS
    credential_rules = Credentials()
    merchant_fields = ('appid', 'mchid', 'sub_mchid')
    order_blames = {
        ReasonKind.UNKNOWN_APP: ('appid', 'sub_mchid', 'sub_appid'),
        ReasonKind.BAD_ANSWER_SIGNATURE: ('public_key', 'public_key_id', 'platform_certificates'),
    }

    def __init__(self, credentials, **options):
        super().__init__(credentials, **options)
        check(self.credentials)
        self.client = self.make_client(WechatPayClient)
        self.parties = self.client.parties
        self._payment_codes = None
        if self.credentials.get('codepay_api') == 'v2':
            self._payment_codes = PaymentCodes(V2Client(self.client))
        self._statements = Statements(self.client)
        self._oauth = OAuth(self.client)

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: WeChat refuses its H5 page inside WeChat and on computers, and its own browser
        wants the payer's openid."""
        if scene == Scene.H5 and device != Device.PHONE:
            return False
        if scene == Scene.IN_APP and not self.credentials.get('app_secret'):
            return False
        return super().offers(wallet, scene, device)

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place an order: Native (qr), JSAPI (in_app), APP, H5.

        Pages: Native下单, JSAPI下单, APP下单, H5下单.

        `extra` may hold: `goods_tag`, `wechat_store_id`, `h5_type` (iOS, Android, Wap), `app_name`,
        `app_url`, `profit_sharing`, `support_fapiao`. For h5 `client_ip` must be the payer's own;
        `return_url` is where the payer comes back to, which proves nothing.

        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.scene == Scene.CODE:
            raise UnsupportedOperation(self.code, 'order / code')
        try:
            channel = self.channels[request.wallet, request.scene]
        except KeyError:
            self.require(wallet=request.wallet, scene=request.scene)
            raise
        body = requests.order(request, self.parties, self.clock())
        response = self.client.call(f'{self.parties.root}/{channel}', body, repeatable=True)
        step = None if response.reason else next_step(request, response.fields, self.client)
        return results.ordered(request, response, step)

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code, by API v3 or (`codepay_api`) version 2. Sent once.

        Page: 付款码支付.

        Waiting: the payer must type the password. Waiting and unknown are ended by queries, then by
        `reverse`. `extra` may hold `wechat_store_id`, `device_ip`, `goods_tag`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.wallet is not None:
            self.require(wallet=request.wallet, scene=Scene.CODE)
        if self._payment_codes:
            return self._payment_codes.charge(request)
        body = requests.charge(request, self.parties)
        response = self.client.call(f'{self.parties.root}/codepay', body)
        return results.charged(request.out_trade_no, request.amount, response, self.parties)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt, by the merchant's number, which works in every state.

        Page: 商户订单号查询订单.
        """
        number = requests.check_order_number(out_trade_no)
        result = results.queried(number, self._ask(number), self.parties)
        not_found = result.reason and result.reason.kind == ReasonKind.NOT_FOUND
        if self._payment_codes and not_found:
            return self._payment_codes.query(number)
        return result

    def _ask(self, number: str):
        return self.client.call(
            f'{self.parties.root}/out-trade-no/{number}', method='GET',
            query=self.parties.merchant(), repeatable=True,
        )  # fmt: skip

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid order. Not for payment codes: those are reversed.

        Page: 关闭订单.
        """
        number = requests.check_order_number(out_trade_no)
        response = self.client.call(
            f'{self.parties.root}/out-trade-no/{number}/close', self.parties.merchant(),
            repeatable=True,
        )  # fmt: skip
        if response.reason is None and response.status == 204:
            return results.ended(number, response.raw)
        if response.complaint and response.code in codes.ENDED:
            return results.ended(number, response.raw, response.reason)
        if response.complaint and response.code == codes.plain('ORDER_PAID'):
            return self.query(number)
        if (response.status == 202 and response.reason is None) or (
            response.complaint and response.code == codes.USERPAYING
        ):
            return results.not_told(response, number, Outcome.WAITING)
        return results.not_told(response, number)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge of a payment code: unpaid it is closed, paid it is refunded in full.

        Page: 撤销订单.

        Not within 15 seconds of the charge, not after 7 days (then: refund). When it is confirmed,
        one query looks whether it is so; a payment that won the race is unknown: reverse again.
        """
        number = requests.check_order_number(out_trade_no)
        if self._payment_codes:
            result = self._payment_codes.reverse(number)
        else:
            response = self.client.call(
                f'{self.parties.root}/out-trade-no/{number}/reverse', self.parties.identity(),
                expected={'out_trade_no': number}, repeatable=True,
            )  # fmt: skip
            result = results.reversal(number, response)
        if not result.closed:
            return result
        after = self._ask_payment_code(number)
        if after.outcome == Outcome.REFUSED or after.outcome == Outcome.UNKNOWN:
            return result
        if after.refunded:
            return results.ended(number, after.raw, result.reason, refunded=True)
        reason = Reason(ReasonKind.SYSTEM, 'recall', "reversed, and yet it is not")
        return dataclasses.replace(after, outcome=Outcome.UNKNOWN, reason=reason)

    def query_reversal(
        self, out_trade_no: str, *, reversal_number: str = '', gateway_trade_no: str = ''
    ) -> PaymentResult:
        """Ask what became of a reversal: the order's own state tells (REVOKED, or REFUND).

        Page: 商户订单号查询订单.

        REFUND is taken for the whole: a reversal always gives everything back.

        :param reversal_number: the protocol has none
        """
        number = requests.check_order_number(out_trade_no)
        found = self._ask_payment_code(number)
        if found.outcome == Outcome.PAID and found.refunded:
            reason = Reason(ReasonKind.CANCELLED, 'REFUND')
            return results.ended(number, found.raw, reason, refunded=True)
        return found

    def _ask_payment_code(self, number: str) -> PaymentResult:
        return self._payment_codes.query(number) if self._payment_codes else self.query(number)

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back. Accepted is `waiting`: query it.

        Page: 申请退款.

        The number is the same on a retry, and an earlier call with it may have worked. So a refusal
        is checked before it is reported: only when the gateway knows no such refund, it is refused.
        """
        response = self.client.call(
            '/v3/refund/domestic/refunds', requests.refund(request, self.parties), repeatable=True
        )
        result = results.refunded(request, response, self.parties)
        if result.outcome == Outcome.REFUSED and response.complaint:
            earlier = self.query_refund(request.out_refund_no, out_trade_no=request.out_trade_no)
            if earlier.outcome != Outcome.UNKNOWN:
                return earlier
            if not earlier.reason or earlier.reason.kind != ReasonKind.NOT_FOUND:
                return dataclasses.replace(result, outcome=Outcome.UNKNOWN)
        return result

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund.

        Page: 查询单笔退款（通过商户退款单号）.

        :param out_trade_no: not sent; the answer must fit it
        """
        number = check_number('out_refund_no', out_refund_no, 64)
        response = self.client.call(
            f'/v3/refund/domestic/refunds/{number}', method='GET',
            query={'sub_mchid': self.parties.sub_mchid}, repeatable=True,
        )  # fmt: skip
        return results.refund_queried(number, out_trade_no, response, self.parties)

    # === STATEMENT === #

    def statement(self, day: date) -> StatementFile:
        """Fetch the trade bill of a day (Beijing time), all kinds of rows. Page: 申请交易账单.

        A day without any trade has an empty `content` and says so in `raw`.

        :raise CallFailed: when it could not be had, is not there yet (`STATEMENT_CREATING`), or is
            not the file that its checksum belongs to
        """
        return self._statements.statement(day)

    def fund_flow(self, day: date, account: str = 'BASIC') -> StatementFile:
        """Fetch the fund-flow bill of a day: every movement of an account. Page: 申请资金账单.

        :param account: BASIC, OPERATION or FEES
        :raise CallFailed: as in `statement`
        """
        return self._statements.fund_flow(day, account)

    # === WHO PAYS === #

    def needs_payer(self, wallet: Wallet, scene: Scene) -> bool:
        """Override: an order inside WeChat names the payer's openid."""
        return scene in (Scene.IN_APP, Scene.MINI)

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Override: see `OAuth.authorise_url`. Page: 网页授权."""
        return self._oauth.authorise_url(redirect_uri, state)

    def payer_of(self, answer: Mapping[str, str]) -> str:
        """Override: the code is in `code`; without one the payer did not agree."""
        return self._oauth.payer_of(answer)

    def payer_of_login(self, code: str) -> str:
        """Override: see `OAuth.openid_of_login`. Page: 小程序登录 (code2Session)."""
        return self._oauth.openid_of_login(code)

    def openid_of(self, code: str) -> str:
        """Exchange the code of the redirect for the payer's openid: see `OAuth.openid_of`."""
        return self._oauth.openid_of(code)

    # === KEYS === #

    def renewed_credentials(self) -> dict[str, str]:
        """Fetch the platform certificates, for merchants that use them. Page: 下载平台证书.

        The documents ask for it at least every 12 hours. With the public key alone there is
        nothing to fetch.

        :raise CallFailed: when they could not be had
        """
        if not self.client.keys.has_certificates:
            return {}
        return {'platform_certificates': ''.join(self.download_certificates())}

    def download_certificates(self) -> list[str]:
        """Download the platform certificates and use them from now on.

        :return: PEM texts, for the credential `platform_certificates`
        :raise CallFailed: when they could not be had
        """
        return self.client.keys.download()

    # === NOTICES === #

    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify and read a notice of a payment or a refund.

        Pages: 支付成功回调通知, 退款结果回调通知.

        It must still be compared with its attempt: `merchant`, amount and currency.

        :param received_at: the signature must have been young then, and its certificate valid;
            a certificate that has to be downloaded for that is downloaded now
        :raise NoticeRejected: 'malformed', 'signature' or 'expired'
        """
        if v2_notice.is_one(headers, body):
            return v2_notice.parse(body, self.credentials.get('api_key', ''), self.parties)
        return notice.parse(
            headers, body, self.client.keys.find, received_at or self.clock(),
            self.credentials['api_v3_key'], self.parties,
        )

    def notice_reply(self, accepted: bool) -> Reply:
        """Return 204, or a 400 that makes it come again."""
        if accepted:
            return Reply(b'', content_type='application/json', status=204)
        return Reply(
            b'{"code":"FAIL","message":"refused"}', content_type='application/json', status=400
        )

    # === PROBE === #

    def probe(self) -> ProbeResult:
        """Query an order that cannot exist; with platform certificates, download those as well.

        It shows that merchant number, certificate, key and clock are right. Errors are not signed,
        so the platform's keys are not tried by it: an order does that (`probe_order`). The APIv3
        key is proved by the certificates, which are encrypted with it. For a merchant with the
        public key alone there are none, and the first notice will tell.
        """
        response = self._ask(f'probe{secrets.token_hex(12)}')
        skew = times.skew(response.date, self.clock())
        if response.reason is None or response.kind != ReasonKind.NOT_FOUND:
            reason = response.reason or Reason(ReasonKind.OTHER, '', "an order that cannot be")
            return ProbeResult(False, reason, clock_skew=skew, raw=response.raw)
        proven = self.proved_by('probe')
        if self.client.keys.has_certificates:
            try:
                self.download_certificates()
            except CallFailed as error:
                wrong = error.reason.kind == ReasonKind.BAD_ANSWER_SIGNATURE
                return ProbeResult(
                    False, error.reason, proven=proven,
                    blamed=('api_v3_key',) if wrong else (), clock_skew=skew, raw=response.raw,
                )  # fmt: skip
            proven |= {'api_v3_key', 'platform_certificates'}
        if self._payment_codes:
            found = self._payment_codes.query(f'probe{secrets.token_hex(12)}')
            if found.reason and found.reason.kind == ReasonKind.NOT_FOUND:
                proven |= {'api_key'}
        return ProbeResult(True, proven=proven, clock_skew=skew, raw=response.raw)
