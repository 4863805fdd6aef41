# Part of payment_cn_wallets. License LGPL-3.
"""Payment codes by version 2 (XML), for merchants whose contract has no codepay in API v3.

Pages (version 2): 付款码支付 (micropay), 查询订单 (orderquery), 撤销订单 (reverse).
"""

from __future__ import annotations

from ... import money
from ...base import ChargeRequest, Outcome, PaymentResult, Reason, ReasonKind
from .. import codes, requests, results as v3_results
from ..results import not_told
from . import results
from .client import V2Client


class PaymentCodes:
    """Charges payment codes, asks about charges, and undoes them.

    :param client: of version 2
    """

    def __init__(self, client: V2Client):
        self._client = client

    def charge(self, request: ChargeRequest) -> PaymentResult:
        """Charge a scanned payment code (付款码支付). Sent once."""
        extra = request.extra
        unknown = set(extra) - codes.EXTRA
        if unknown:
            raise ValueError(f"options not known: {', '.join(sorted(unknown))}")
        number = requests.check_order_number(request.out_trade_no)
        response = self._client.call('/pay/micropay', {
            'device_info': requests.cut(request.terminal_id, 32),
            'body': requests.bill_title(request) or number,
            'attach': requests.check_length('attach', request.attach, 127),
            'out_trade_no': number,
            'total_fee': str(money.check_fen(request.amount, zero=False)),
            'fee_type': money.CURRENCY,
            'spbill_create_ip': requests.ip(extra.get('device_ip', '') or request.client_ip),
            'goods_tag': requests.check_length('goods_tag', extra.get('goods_tag', ''), 32),
            'auth_code': requests.auth_code(request),
        })
        if response.complaint and response.code == codes.USERPAYING:
            return not_told(response, number, Outcome.WAITING, amount=request.amount)
        if response.reason:
            refused = response.kind == ReasonKind.NOT_SENT
            refused = refused or response.complains_with(codes.CHARGE_REFUSALS)
            return not_told(response, number, Outcome.REFUSED if refused else Outcome.UNKNOWN)
        # Both SUCCESS: paid. Its other fields are those of a query.
        fields = {**response.fields, 'trade_state': 'SUCCESS'}
        return results.payment(number, fields, self._client.parties, response.raw)

    def query(self, out_trade_no: str) -> PaymentResult:
        """Ask what became of a charge (查询订单)."""
        response = self._client.call('/pay/orderquery', {'out_trade_no': out_trade_no})
        if response.reason:
            return not_told(response, out_trade_no)
        return results.payment(out_trade_no, response.fields, self._client.parties, response.raw)

    def reverse(self, out_trade_no: str) -> PaymentResult:
        """Undo a charge (撤销订单). `recall` of the answer asks for another try."""
        response = self._client.call(
            '/secapi/pay/reverse',
            {'out_trade_no': out_trade_no},
            expected={'out_trade_no': out_trade_no},
            certificate=True,
        )
        if response.fields.get('recall') == 'Y':
            reason = Reason(ReasonKind.SYSTEM, 'recall', "the gateway wants to be asked again")
            response = response.without_result(reason)
        return v3_results.reversal(out_trade_no, response)
