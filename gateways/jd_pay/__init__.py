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
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from .. import times
from ..base import (
    CallFailed,
    ChargeRequest,
    CredentialField,
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
    Reply,
    Scene,
    StatementFile,
    Timings,
    UnsupportedOperation,
    Wallet,
)
from ..messages import Malformed
from ..text import check_number
from ..transport import TransportError
from . import answers, bill, codes, crypto, fields as biz_fields, messages, notice, results
from .credentials import Credentials
from .refunds import Refunds

# With an endpoint, the first label of the host becomes a folder: <endpoint>/paygate/service/query.
_HOSTS = {
    'paygate': 'https://paygate.jd.com',
    'h5pay': 'https://h5pay.jd.com',
    'wepay': 'https://wepay.jd.com',
    'bapi': 'https://bapi.jdpay.com',
}
_CASHIER = '/jdpay/saveOrder'


class JdPay(Refunds, Credentials, Gateway):
    """The gateway with one merchant's credentials.

    `private_key` and `jd_public_key` (public key or certificate) are text in any of the forms of
    `key_files`, `des_key` is the Base64 of 24 bytes. `md5_key` is needed for the app and the
    statement, `app_id` for the app, `owner` (first-level merchant number) for the statement.

    :param endpoint: replaces all hosts: `<endpoint>/paygate/service/uniorder`,
        `<endpoint>/h5pay/jdpay/saveOrder`, `<endpoint>/bapi/api/download.do`, …
    """

    code = 'jd_pay'
    credential_fields = (
        CredentialField('merchant'),
        CredentialField('des_key', secret=True),
        CredentialField('private_key', secret=True, kind='private_key'),
        CredentialField('jd_public_key', kind='file'),
        CredentialField('md5_key', required=False, secret=True),
        CredentialField('app_id', required=False),
        CredentialField('owner', required=False),
    )
    channels = {
        (Wallet.JD_PAY, Scene.QR): 'QR',
        (Wallet.JD_PAY, Scene.CODE): 'fkmPay',
        (Wallet.JD_PAY, Scene.H5): 'h5pay',
        (Wallet.JD_PAY, Scene.APP): 'GEN',
    }
    operations = frozenset({
        Operation.ORDER,
        Operation.CHARGE,
        Operation.QUERY,
        Operation.REVERSE,
        Operation.REFUND,
        Operation.QUERY_REFUND,
        Operation.NOTICE,
        Operation.STATEMENT,
    })
    # JD's sample answer has 600 s for a QR; an aggregator says two hours.
    timings = Timings(
        qr_lifetime=600,
        dead_after=7200,
        poll_schedule=(3, 3, 5, 5, 5, 5, 10, 10, 15, 30),
        poll_limit=60,
        latest_reverse=86400,
        refund_window=timedelta(days=365),
        statement_ready_hour=10,
    )
    merchant_fields = ('merchant',)

    # === KEYS === #

    @property
    def _keys(self) -> messages.Keys:
        """Return the keys.

        :raise ValueError: when one cannot be used
        """
        return messages.Keys(
            self.credentials['merchant'],
            crypto.des_key(self.credentials['des_key']),
            crypto.private_key(self.credentials['private_key']),
            crypto.public_key(self.credentials['jd_public_key']),
        )

    # === WIRE === #

    def _address(self, host: str, path: str) -> str:
        return (f'{self.endpoint}/{host}' if self.endpoint else _HOSTS[host]) + path

    def _call(
        self,
        name: str,
        values: Mapping[str, str],
        *,
        asked: tuple[str, ...] = ('tradeNum', 'oTradeNum'),
        required: tuple[str, ...] = ('tradeNum',),
        repeatable: bool = False,
    ) -> answers.Said:
        """Make one signed call and judge the answer.

        :param asked: fields that the answer must not contradict
        :param required: fields that an answer that counts must have
        """
        keys = self._keys
        try:
            answer = self.transport.post(
                self._address('paygate', f'/service/{name}'),
                messages.seal(values, keys),
                {'Content-Type': 'application/xml'},
                repeatable=repeatable,
            )
        except TransportError as error:
            return answers.from_error(error)
        said = answers.judge(answer, keys, {field: values.get(field, '') for field in asked})
        if said.reason is None:
            for field in required:
                if not said.fields.get(field):
                    return said.without_result(answers.incomplete(field))
        return said

    # === PAYMENTS === #

    def order(self, request: OrderRequest) -> PaymentResult:
        """Place a unified order (`uniorder`), or sign the form of the cashier (scene `h5`).

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
        values = biz_fields.order(request, now, life)
        if request.scene == Scene.H5:
            host = 'wepay' if desktop else 'h5pay'
            step = NextStep(
                pay_url=self._address(host, _CASHIER),
                form=messages.seal_form(values, self._keys),
                here=bool(desktop),
            )
            return self._placed(request, step)
        if request.scene == Scene.APP and not (
            self.credentials.get('md5_key') and self.credentials.get('app_id')
        ):
            said = answers.Said(
                reason=Reason(ReasonKind.NOT_ENABLED, '', "md5_key and app_id are needed")
            )
            return results.failed_payment(said, request.out_trade_no, outcome=Outcome.REFUSED)
        values['tradeType'] = self.channels[request.wallet, request.scene]
        said = self._call('uniorder', values)
        if said.reason:
            # Sent and doubtful is unknown. Refused is what nobody can have a code for.
            certain = said.kind == ReasonKind.NOT_SENT or (
                said.complained and said.kind in codes.NOT_MADE
            )
            outcome = Outcome.REFUSED if certain else Outcome.UNKNOWN
            return results.failed_payment(said, request.out_trade_no, outcome=outcome)
        return self._ordered(request, said)

    def _ordered(self, request, said) -> PaymentResult:
        answered = said.fields
        if answered.get('amount') and results.fen(answered['amount']) != request.amount:
            said = said.without_result(answers.mismatch('amount'))
            return results.failed_payment(said, request.out_trade_no)
        number = answered.get('orderId', '')
        if request.scene == Scene.QR:
            code = answered.get('qrCode', '')
            step = NextStep(code_url=code) if biz_fields.is_address(code) else None
        else:
            step = NextStep(sdk_params=biz_fields.app_params(number, self.credentials)) if number else None
        if step is None:
            said = said.without_result(answers.incomplete('qrCode or orderId'))
            return results.failed_payment(said, request.out_trade_no, gateway_trade_no=number)
        return self._placed(request, step, number, said.raw)

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

        Only a signed state ends it; everything else is unknown, and ended by `query` or `reverse`.

        :raise ValueError: for a field that the protocol cannot carry
        """
        self.require(Operation.CHARGE, request.wallet or Wallet.JD_PAY, Scene.CODE)
        said = self._call('fkmPay', biz_fields.charge(request, self.clock()))
        number = request.out_trade_no
        if said.reason:
            certain = said.kind == ReasonKind.NOT_SENT
            outcome = Outcome.REFUSED if certain else Outcome.UNKNOWN
            return results.failed_payment(said, number, outcome=outcome)
        if said.fields.get('amount') and results.fen(said.fields['amount']) != request.amount:
            return results.failed_payment(said.without_result(answers.mismatch('amount')), number)
        return results.payment(said.document, number, said.raw)

    def query(self, out_trade_no: str, *, gateway_trade_no: str = '') -> PaymentResult:
        """Ask what became of an attempt (`query`).

        :param gateway_trade_no: not sent, the protocol has no field for it
        """
        check_number('out_trade_no', out_trade_no, codes.NUMBER_LIMIT)
        said = self._call(
            'query', {'tradeNum': out_trade_no, 'tradeType': '0'}, repeatable=True,
            asked=('tradeNum', 'tradeType'),
        )  # fmt: skip
        if said.reason:
            return results.failed_payment(said, out_trade_no, gateway_trade_no=gateway_trade_no)
        return results.payment(
            said.document, out_trade_no, said.raw, gateway_trade_no=gateway_trade_no
        )

    # === STATEMENT === #

    def statement(self, day: date) -> StatementFile:
        """Fetch the bill of one day: `content` is the CSV as JD wrote it, in GBK.

        :raise CallFailed: when it could not be had
        """
        merchant, owner = self.credentials['merchant'], self.credentials.get('owner', '')
        md5_key = self.credentials.get('md5_key', '')
        if not (owner and md5_key):
            raise CallFailed(Reason(ReasonKind.NOT_ENABLED, '', "md5_key and owner are needed"))
        try:
            answer = self.transport.post(
                self._address('bapi', '/api/download.do'),
                bill.form(day, merchant, owner, md5_key),
                {'Content-Type': 'application/x-www-form-urlencoded'},
                repeatable=True,
                max_bytes=bill.MAX_ZIP,
                total_timeout=60,
            )
        except TransportError as error:
            raise CallFailed(answers.from_error(error).reason) from None
        try:
            if answer.status != 200:
                raise Malformed(f"HTTP status {answer.status}")
            name, content = bill.unpack(answer.body)
        except Malformed as error:
            # Anything but a zip is an error, in words that are documented nowhere.
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, '', str(error))) from None
        return StatementFile(day=day, content=content, raw={'name': name, 'encoding': 'gb18030'})

    # === NOTICES === #

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify and read a notice of a payment or a refund.

        It must still be compared with its attempt: `merchant`, amount and currency.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        return notice.parse(headers, body, self._keys)

    def notice_reply(self, accepted: bool) -> Reply:
        """Return the plain text that the protocol wants; anything else makes it send again."""
        if accepted:
            return Reply(b'success')
        return Reply(b'fail', status=400)

    def parse_return(self, form: Mapping[str, str]) -> dict[str, str]:
        """Decrypt and verify what JD makes the payer's browser post to the return address.

        Its `status` has a scale of its own: nothing may be delivered on it. Query `tradeNum`.

        :raise NoticeRejected: 'malformed' or 'signature'
        """
        try:
            return messages.unseal_form(form, self._keys)
        except messages.BadSignature as error:
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
            said = self._call(
                'query',
                {'tradeNum': f'probe{secrets.token_hex(12)}', 'tradeType': '0'},
                repeatable=True,
                required=(),
            )
        except ValueError as error:
            return ProbeResult(False, Reason(ReasonKind.BAD_KEY, '', str(error)))
        skew = self._skew(said.date)
        good = said.signed or (said.complained and said.kind == ReasonKind.NOT_FOUND)
        return ProbeResult(good, None if good else said.reason, clock_skew=skew, raw=said.raw)

    def _skew(self, moment: str) -> int | None:
        """Return by how many seconds we are ahead of the gateway's Date header."""
        try:
            return round((self.clock() - parsedate_to_datetime(moment)).total_seconds())
        except (TypeError, ValueError):
            return None
