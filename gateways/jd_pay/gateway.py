# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay (京东支付, JD Wallet), the V2.0 XML gateway.

Source of every fact: JD's Java demo and library, and messages that JD signed. What those leave
open, and how it was settled here:

- **Other generations.** JD also has, or had, an MD5 form gateway (`payscc`), a JSON interface (AP7)
  and AI付. Their hosts or contracts are not confirmed and a contract for one is none for another:
  only V2.0 is here.
- **Two sets of numbers.** JD gives the payment-code product a merchant number and keys of its own.
  One instance of this class has one set; a shop with both has two providers.
- **Complaints are not signed.** They come without `<encrypt>` and there is no table of their codes.
  They never end a charge, a reverse or a refund. An order that is complained about in words that
  mean a wrong key, merchant or field counts as refused: nobody holds a code to pay. A refund does
  when, besides, JD's signed list of the order's refunds has none with its number.
- **Payer's number.** `userId` is the shop's number of the buyer, to which JD ties bank cards. It is
  the order number unless another one is given, so that no two buyers ever share one.
- **Revoke** needs the amount, so the order is queried first. Its own number is made from the order
  number and is the same on each try. Of a paid order it starts a refund; whether a query of such an
  order says "paid" afterwards is not known: who reverses goes on reversing, and does not query.
- **Life of an order.** Ours is sent (`expireTime`), since JD's default is seven days.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from .. import times
from ..base import (
    ChargeRequest,
    Device,
    Gateway,
    NextStep,
    Notice,
    NoticeRejected,
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
from ..parsing import Malformed
from ..responses import VerifiedResponse, incomplete, mismatch
from ..text import check_number
from . import capabilities, codes, envelope, notice, requests, results
from .client import JdPayClient
from .credentials import Credentials
from .refunds import Refunds
from .statement import Statements

_CASHIER = '/jdpay/saveOrder'


class JdPay(Gateway):
    """The gateway with one merchant's credentials.

    `private_key` and `jd_public_key` (public key or certificate) are text in any of the forms of
    `key_files`, `des_key` is the Base64 of 24 bytes. `md5_key` is needed for the app and the
    statement, `app_id` for the app, `owner` (first-level merchant number) for the statement.

    :param endpoint: replaces all hosts: `<endpoint>/paygate/service/uniorder`,
        `<endpoint>/h5pay/jdpay/saveOrder`, `<endpoint>/bapi/api/download.do`, …
    """

    code = 'jd_pay'
    console_url = 'https://www.jdpay.com/'
    credential_fields = capabilities.CREDENTIAL_FIELDS
    channels = codes.CHANNELS
    operations = capabilities.OPERATIONS
    timings = capabilities.TIMINGS
    credential_rules = Credentials()
    merchant_fields = ('merchant',)
    reversal_is_certain = True  # the revoke has a number of its own, which can be asked about

    def __init__(self, credentials: Mapping[str, str], **options):
        super().__init__(credentials, **options)
        self.client = self.make_client(JdPayClient)
        self._refunds = Refunds(self.client)
        self._statements = Statements(self.client)

    # === PAYMENTS === #

    def offers(self, wallet: Wallet, scene: Scene, device: Device) -> bool:
        """Override: the shop's app wants an application and the MD5 key."""
        if scene == Scene.APP and not self._has_app():
            return False
        return super().offers(wallet, scene, device)

    def _has_app(self) -> bool:
        return bool(self.credentials.get('md5_key') and self.credentials.get('app_id'))

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place a unified order (`uniorder`), or sign the form of the cashier (scene `h5`).

        Source: JD's Java demo, uniorder; for the cashier saveOrder.

        On a computer `h5` is the cashier for desktop browsers. `extra` may hold `channel` (`PC`:
        that one, whatever the device), `user_id`, and what `codes.ORDER_EXTRA` names. The cashier
        gets to know the order only when the payer's browser posts `next_step.form` to
        `next_step.pay_url`: until then a query finds nothing.

        :raise ValueError: for a field that the protocol cannot carry
        """
        self.require(Operation.ORDER, request.wallet, request.scene)
        if request.scene == Scene.CODE:
            raise UnsupportedOperation(self.code, f'order / {request.scene.value}')
        channel = request.extra.get('channel', '')
        if channel not in ('', 'PC') or (channel and request.scene != Scene.H5):
            raise UnsupportedOperation(self.code, f'{request.scene.value} / {channel}')
        desktop = request.scene == Scene.H5 and (channel or request.device == Device.COMPUTER)
        now = self.clock()
        life = self.timings.qr_lifetime
        if request.expires_at is not None:
            life = max(60, int((request.expires_at - now).total_seconds()))
        values = requests.order(request, now, life)
        if request.scene == Scene.H5:
            host = 'wepay' if desktop else 'h5pay'
            step = NextStep(
                pay_url=self.client.address(host, _CASHIER),
                form=envelope.seal_form(values, self.client.keys),
                here=bool(desktop),
            )
            return self._placed(request, step)
        if request.scene == Scene.APP and not self._has_app():
            response = VerifiedResponse(
                reason=Reason(ReasonKind.NOT_ENABLED, '', "md5_key and app_id are needed")
            )
            return results.not_told(response, request.out_trade_no, Outcome.REFUSED)
        values['tradeType'] = self.channels[request.wallet, request.scene]
        response = self.client.call('uniorder', values, required=('tradeNum',))
        if response.reason:
            # Sent and doubtful is unknown. Refused is what nobody can have a code for.
            certain = response.kind == ReasonKind.NOT_SENT or (
                response.complaint and response.kind in codes.NOT_MADE
            )
            outcome = Outcome.REFUSED if certain else Outcome.UNKNOWN
            return results.not_told(response, request.out_trade_no, outcome)
        return self._ordered(request, response)

    def _ordered(self, request, response) -> PaymentResult:
        answered = response.fields
        if answered.get('amount') and results.fen(answered['amount']) != request.amount:
            response = response.without_result(mismatch('amount'))
            return results.not_told(response, request.out_trade_no)
        number = answered.get('orderId', '')
        if request.scene == Scene.QR:
            code = answered.get('qrCode', '')
            step = NextStep(code_url=code) if requests.is_address(code) else None
        else:
            step = NextStep(sdk_params=requests.app_params(number, self.credentials)) if number else None
        if step is None:
            response = response.without_result(incomplete('qrCode or orderId'))
            return results.not_told(response, request.out_trade_no, gateway_trade_no=number)
        return self._placed(request, step, number, response.raw)

    def _placed(self, request, step, number='', raw=None) -> PaymentResult:
        return PaymentResult(
            Outcome.WAITING,
            out_trade_no=request.out_trade_no,
            gateway_trade_no=number,
            wallet=Wallet.JD_PAY,
            amount=request.amount,
            next_step=step,
            raw=raw or {},
        )

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (`fkmPay`). Sent once.

        Source: JD's Java demo, fkmPay.

        Only a signed state ends it; everything else is unknown, and ended by `query` or `reverse`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        self.require(Operation.CHARGE, request.wallet or Wallet.JD_PAY, Scene.CODE)
        response = self.client.call(
            'fkmPay', requests.charge(request, self.clock()), required=('tradeNum',)
        )
        number = request.out_trade_no
        if response.reason:
            certain = response.kind == ReasonKind.NOT_SENT
            outcome = Outcome.REFUSED if certain else Outcome.UNKNOWN
            return results.not_told(response, number, outcome)
        if response.fields.get('amount') and results.fen(response.fields['amount']) != request.amount:
            return results.not_told(response.without_result(mismatch('amount')), number)
        return results.payment(response.fields, number, response.raw)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`query`), and of one that is paid what went back of it.

        Source: JD's Java demo, query and queryRefund.

        The state of a payment stays "paid" when it is refunded, so the list of the order's refunds
        is asked for as well (`queryRefund`). When that can't be had, nothing is said
        about refunds.

        :param gateway_trade_no: not sent, the protocol has no field for it
        """
        result = self._query_payment(out_trade_no, gateway_trade_no)
        if result.outcome == Outcome.PAID:
            return self._refunds.add_to(result)
        return result

    def _query_payment(self, out_trade_no: str, gateway_trade_no: str) -> PaymentResult:
        check_number('out_trade_no', out_trade_no, codes.NUMBER_LIMIT)
        response = self.client.call(
            'query', {'tradeNum': out_trade_no, 'tradeType': '0'}, repeatable=True,
            required=('tradeNum',),
        )  # fmt: skip
        if response.reason:
            return results.not_told(response, out_trade_no, gateway_trade_no=gateway_trade_no)
        return results.payment(
            response.fields, out_trade_no, response.raw, gateway_trade_no=gateway_trade_no
        )

    def reverse(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Undo a charge (`revoke`), whatever its state, after a query that tells its amount.

        Source: JD's Java demo, revoke.

        An order that is unpaid can't be paid any more then; of a paid one the money goes back. As
        long as JD is at it (`reversing`), or does not say, the result is unknown: reverse again.
        """
        return self._refunds.reverse(self._query_payment(out_trade_no, gateway_trade_no))

    def query_reversal(
        self, out_trade_no: str, *, reversal_number: str = '', gateway_trade_no: str = ''
    ) -> PaymentResult:
        """Ask about the order, then what became of its revoke (`query` with tradeType 1).

        Source: JD's Java demo, query.

        A revoke that failed, or that JD's signed list of the order's refunds is without, changed
        nothing: the result is then that of `query`.

        :param reversal_number: of the revoke; it follows from `out_trade_no` when it is empty
        """
        state = self.query(out_trade_no, gateway_trade_no=gateway_trade_no)
        return self._refunds.query_reversal(state, reversal_number)

    # === REFUNDS === #

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back (`refund`). Query it until it is done.

        Source: JD's Java demo, refund.

        Every doubt ends in `unknown`, for the number is the same on a retry and an earlier call
        with it may have worked.
        """
        return self._refunds.refund(request)

    def query_refund(
        self, out_refund_no: str, *, out_trade_no: str = '', gateway_refund_no: str = ''
    ) -> RefundResult:
        """Ask what became of a refund (`query` with tradeType 1, then the list of the order's).

        Source: JD's Java demo, query and queryRefund.

        :param out_trade_no: the payment; without it only the refund's own number is asked about
        """
        return self._refunds.query(out_refund_no, out_trade_no)

    # === STATEMENT === #

    def statement(self, day: date) -> StatementFile:
        """Fetch the statement of one day: `content` is the CSV as JD wrote it, in GBK.

        :raise CallFailed: when it could not be had
        """
        return self._statements.statement(day)

    # === NOTICES === #

    def parse_notice(
        self, headers: Mapping[str, str], body: bytes, *, received_at: datetime | None = None
    ) -> Notice:
        """Verify and read a notice of a payment or a refund.

        Source: JD's Java demo, asynchronous notification.

        It must still be compared with its attempt: `merchant`, amount and currency.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(headers, body, self.client.keys)

    def notice_reply(self, accepted: bool) -> Reply:
        """Return the plain text that the protocol wants; anything else makes it send again."""
        if accepted:
            return Reply(b'success')
        return Reply(b'fail', status=400)

    def parse_return(self, form: Mapping[str, str]) -> dict[str, str]:
        """Decrypt and verify what JD makes the payer's browser post to the return address.

        Source: JD's Java demo, synchronous return.

        Its `status` has a scale of its own: nothing may be delivered on it. Query `tradeNum`.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        try:
            return envelope.unseal_form(form, self.client.keys)
        except envelope.BadSignature as error:
            raise NoticeRejected('signature', str(error)) from None
        except Malformed as error:
            raise NoticeRejected('malformed', str(error)) from None

    # === PROBE === #

    def probe(self) -> ProbeResult:
        """Query an order number that cannot exist, and see what is said about us.

        "No such order" means that JD decrypted and accepted the request. Here, and only here, an
        unsigned complaint is taken at its word: nothing depends on it.
        """
        try:
            response = self.client.call(
                'query',
                {'tradeNum': f'probe{secrets.token_hex(12)}', 'tradeType': '0'},
                repeatable=True,
            )
        except ValueError as error:
            return ProbeResult(False, Reason(ReasonKind.BAD_KEY, '', str(error)))
        skew = times.skew(response.date, self.clock())
        good = response.signed or (response.complaint and response.kind == ReasonKind.NOT_FOUND)
        proven = self.proved_by('probe') if good else frozenset()
        if response.signed:
            proven |= {'jd_public_key'}
        return ProbeResult(
            good, None if good else response.reason, proven=proven, clock_skew=skew,
            raw=response.raw,
        )  # fmt: skip
