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
  of version 2, which the merchant platform may cause, are hints (`notice2`).
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

from ..base import (
    CallFailed,
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
from ..text import check_number
from . import answers, certificates, codes, fields as bodies, notice, notice2, results, signing
from .bills import Bills
from .credentials import CODEPAY_APIS, Credentials
from .fields import Parties
from .micropay import Micropay
from .oauth import OAuth
from .wire import Wire


class WechatPay(Wire, Micropay, Bills, OAuth, Credentials, Gateway):
    """The gateway with one merchant's credentials.

    Files (`certificate`, `private_key`, `public_key`, `platform_certificates`) are text in any of the
    forms of `key_files`. `platform_certificates` may hold several. With `sub_mchid`
    the gateway is a service provider's: `appid` and `mchid` are then the provider's own.

    :param endpoint: replaces every host: `<endpoint>/v3/…`, `<endpoint>/pay/micropay`, …; what is
        signed begins at `/v3`
    :raise ValueError: for credentials that cannot be used (`CredentialProblem` when it is a file)
    """

    code = 'wechat_pay'
    credential_fields = (
        CredentialField('appid'),
        CredentialField('mchid'),
        CredentialField('api_v3_key', secret=True),
        CredentialField('private_key', secret=True, kind='private_key'),
        CredentialField('certificate', kind='certificate'),
        CredentialField('public_key', required=False, kind='file'),
        CredentialField('public_key_id', required=False),
        CredentialField('platform_certificates', required=False, kind='file'),
        CredentialField('app_secret', required=False, secret=True),
        CredentialField('app_appid', required=False),
        CredentialField('sub_mchid', required=False),
        CredentialField('sub_appid', required=False),
        CredentialField('codepay_api', required=False),
        CredentialField('api_key', required=False, secret=True),
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
    # A code or prepay_id dies after two hours. Close "5 minutes after the order" is in older pages
    # only; kept, since nothing is lost by it. Polling a charge: every 5 seconds, 45 in all, then
    # reverse, which must be 15 seconds after the charge.
    timings = Timings(
        qr_lifetime=900,
        dead_after=7200,
        page_lifetime=285,  # an h5_url is good for five minutes
        poll_schedule=(5, 5, 5, 5, 5, 10, 10, 15, 30),
        poll_limit=45,
        earliest_close=300,
        earliest_reverse=15,
        latest_reverse=7 * 86400,
        refund_window=timedelta(days=365),
        refund_poll_schedule=(10, 60, 60, 60, 60, 300, 600, 1200, 1800, 3600),
        statement_ready_hour=10,
    )
    merchant_fields = ('appid', 'mchid', 'sub_mchid')

    def __init__(self, credentials, **options):
        super().__init__(credentials, **options)
        own = self.credentials
        key = own['api_v3_key']
        if len(key) != 32 or not key.isascii():
            raise ValueError("api_v3_key must have 32 characters")
        if bool(own.get('public_key')) != bool(own.get('public_key_id')):
            raise ValueError("public_key and public_key_id belong together")
        if own.get('codepay_api', '') not in CODEPAY_APIS:
            raise ValueError("codepay_api must be v3 or v2")
        if own.get('codepay_api') == 'v2' and len(own.get('api_key', '')) != 32:
            raise ValueError("api_key (of version 2) must have 32 characters")
        if own.get('sub_appid') and not own.get('sub_mchid'):
            raise ValueError("sub_appid needs sub_mchid")
        self.parties = Parties(
            appid=own['appid'], mchid=own['mchid'], sub_appid=own.get('sub_appid', ''),
            sub_mchid=own.get('sub_mchid', ''), app_appid=own.get('app_appid', ''),
        )
        # Read now, so that a wrong file is a mistake of configuration and not of some later call.
        self._serial = certificates.info(own['certificate']).serial
        certificates.load_private_key(own['private_key'])
        if own.get('public_key'):
            certificates.load_public_key(own['public_key'])
        certificates.load_certificates(own.get('platform_certificates', ''))

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: WeChat refuses its H5 page inside WeChat and on computers, and its own browser
        wants the payer's openid."""
        if scene == Scene.H5 and device != Device.PHONE:
            return False
        if scene == Scene.IN_APP and not self.credentials.get('app_secret'):
            return False
        return super().offers(wallet, scene, device)

    @property
    def _codepay_v2(self) -> bool:
        return self.credentials.get('codepay_api') == 'v2'

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place an order: Native (qr), JSAPI (in_app), APP, H5.

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
        body = bodies.order(request, self.parties, self.clock())
        said = self._call('POST', f'{self.parties.root}/{channel}', body, repeatable=True)
        step = None if said.reason else self._next_step(request, said.fields)
        return results.ordered(request, said, step)

    def _next_step(self, request: OrderRequest, fields) -> NextStep | None:
        scene = request.scene
        name = codes.STEPS.get(scene, 'prepay_id')
        value = fields.get(name)
        if not isinstance(value, str) or not value:
            return None
        if scene == Scene.QR:
            return NextStep(code_url=value)
        if scene == Scene.H5:
            if not value.startswith(('https://', 'http://')):
                return None
            # The one thing that may be added to this address.
            back = f'&redirect_url={quote(request.return_url, safe="")}' if request.return_url else ''
            return NextStep(pay_url=value + (back if '?' in value else back.replace('&', '?', 1)))
        return NextStep(sdk_params=self.invoke_params(scene, value))

    def invoke_params(self, scene: Scene, prepay_id: str) -> dict[str, str]:
        """Return the signed parameters that open the cashier.

        :param scene: `in_app` (for `getBrandWCPayRequest`; a mini program's `wx.requestPayment`
            takes the same without `appId`) or `app` (for the OpenSDK's `PayReq`)
        """
        appid = self.parties.invoking_appid(scene)
        timestamp, nonce = str(int(self.clock().timestamp())), secrets.token_hex(16)
        # With the prefix here, without it in an app: the other way round is refused.
        package = prepay_id if scene == Scene.APP else f'prepay_id={prepay_id}'
        signature = signing.sign(
            self._private_key, signing.lines(appid, timestamp, nonce, package)
        )
        if scene == Scene.APP:
            return {
                'appid': appid, 'partnerid': self.parties.sub_mchid or self.parties.mchid,
                'prepayid': prepay_id, 'package': 'Sign=WXPay', 'noncestr': nonce,
                'timestamp': timestamp, 'sign': signature,
            }
        return {
            'appId': appid, 'timeStamp': timestamp, 'nonceStr': nonce, 'package': package,
            'signType': 'RSA', 'paySign': signature,
        }

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code, by API v3 or (`codepay_api`) version 2. Sent once.

        Waiting: the payer must type the password. Waiting and unknown are ended by queries, then by
        `reverse`. `extra` may hold `wechat_store_id`, `device_ip`, `goods_tag`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.wallet is not None:
            self.require(wallet=request.wallet, scene=Scene.CODE)
        if self._codepay_v2:
            return self._charge_v2(request)
        body = bodies.charge(request, self.parties)
        said = self._call('POST', f'{self.parties.root}/codepay', body)
        return results.charged(request.out_trade_no, request.amount, said, self.parties)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt, by the merchant's number, which works in every state."""
        number = bodies.check_order_number(out_trade_no)
        result = results.queried(number, self._ask(number), self.parties)
        if self._codepay_v2 and result.reason and result.reason.kind == ReasonKind.NOT_FOUND:
            return self._query_v2(number)
        return result

    def _ask(self, number: str) -> answers.Said:
        return self._call(
            'GET', f'{self.parties.root}/out-trade-no/{number}', query=self.parties.merchant(),
            repeatable=True,
        )

    def close(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Close an unpaid order. Not for payment codes: those are reversed."""
        number = bodies.check_order_number(out_trade_no)
        said = self._call(
            'POST', f'{self.parties.root}/out-trade-no/{number}/close', self.parties.merchant(),
            repeatable=True,
        )
        if said.reason is None and said.status == 204:
            return results.ended(number, said.raw)
        if said.complaint and said.code in codes.ENDED:
            return results.ended(number, said.raw, said.reason)
        if said.complaint and said.code == codes.plain('ORDER_PAID'):
            return self.query(number)
        if (said.status == 202 and said.reason is None) or (
            said.complaint and said.code == codes.USERPAYING
        ):
            return results.failed(number, said, Outcome.WAITING)
        return results.failed(number, said)

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge of a payment code: unpaid it is closed, paid it is refunded in full.

        Not within 15 seconds of the charge, not after 7 days (then: refund). When it is confirmed,
        one query looks whether it is so; a payment that won the race is unknown: reverse again.
        """
        number = bodies.check_order_number(out_trade_no)
        if self._codepay_v2:
            result = self._reverse_v2(number)
        else:
            said = self._call(
                'POST', f'{self.parties.root}/out-trade-no/{number}/reverse',
                self.parties.identity(), repeatable=True,
            )
            result = self._reversed(number, said)
        if not result.closed:
            return result
        after = self._query_v2(number) if self._codepay_v2 else self.query(number)
        if after.outcome == Outcome.REFUSED or after.outcome == Outcome.UNKNOWN:
            return result
        if after.refunded:
            return results.ended(number, after.raw, result.reason, refunded=True)
        reason = Reason(ReasonKind.SYSTEM, 'recall', "reversed, and yet it is not")
        return dataclasses.replace(after, outcome=Outcome.UNKNOWN, reason=reason)

    @staticmethod
    def _reversed(number: str, said: answers.Said) -> PaymentResult:
        if said.complaint and said.code in codes.ENDED:
            return results.ended(number, said.raw, said.reason)
        if said.reason:
            waiting = said.complaint and said.code == codes.USERPAYING
            return results.failed(number, said, Outcome.WAITING if waiting else Outcome.UNKNOWN)
        if said.status != 200 or said.fields.get('out_trade_no') not in (None, number):
            return results.failed(number, said.without_result(
                ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', "the answer is for another order"
            ))
        return results.ended(number, said.raw)

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back. Accepted is `waiting`: query it.

        The number is the same on a retry, and an earlier call with it may have worked. So a refusal
        is checked before it is reported: only when the gateway knows no such refund, it is refused.
        """
        said = self._call(
            'POST', '/v3/refund/domestic/refunds', bodies.refund(request, self.parties),
            repeatable=True,
        )
        result = results.refunded(request, said, self.parties)
        if result.outcome == Outcome.REFUSED and said.complaint:
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

        :param out_trade_no: not sent; the answer must fit it
        """
        number = check_number('out_refund_no', out_refund_no, 64)
        said = self._call(
            'GET', f'/v3/refund/domestic/refunds/{number}',
            query={'sub_mchid': self.parties.sub_mchid}, repeatable=True,
        )
        return results.refund_queried(number, out_trade_no, said, self.parties)

    # === NOTICES === #

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify and read a notice of a payment or a refund.

        It must still be compared with its attempt: `merchant`, amount and currency.

        :raise NoticeRejected: 'malformed', 'signature' or 'expired'
        """
        if notice2.is_one(headers, body):
            return notice2.parse(body, self.credentials.get('api_key', ''), self.parties)
        return notice.parse(
            headers, body, self._key_of, self.clock().timestamp(),
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
        so for a merchant with the public key alone that key and the APIv3 key are not tried: the
        first real answer and the first notice will tell.
        """
        said = self._ask(f'probe{secrets.token_hex(12)}')
        if said.reason is None or said.kind != ReasonKind.NOT_FOUND:
            reason = said.reason or Reason(ReasonKind.OTHER, '', "an order that cannot be")
            return ProbeResult(False, reason, clock_skew=said.skew, raw=said.raw)
        if self._has_certificates:
            try:
                self.download_certificates()
            except CallFailed as error:
                return ProbeResult(False, error.reason, clock_skew=said.skew, raw=said.raw)
        return ProbeResult(True, clock_skew=said.skew, raw=said.raw)
