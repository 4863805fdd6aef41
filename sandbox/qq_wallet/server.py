# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's HTTP interface: transport, signatures, faults.

The real product has two hosts (`qpay.qq.com`, and `api.qpay.qq.com` for what gives money back and
wants a client certificate); here both families answer under `/qq_wallet/cgi-bin/`. The sandbox
speaks plain HTTP, so it asks for no client certificate; the operator's password it does check.

Beside the vendor's calls there are two doors that stand for the wallet's SDK and its browser:
`GET app` and `GET jsapi` take the parameters that a shop's server made, check them as the wallet
would, and lead to the phone page.
"""

import hmac
import secrets
import time

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from .. import exchange
from ..gateway import GatewayServer
from ..masks import masked, to_json
from ..network import Refused
from . import merchants, message, notice, operations, signing, statement
from .message import Invalid

CALLS = {
    'cgi-bin/pay/qpay_unified_order.cgi': 'order',
    'cgi-bin/pay/qpay_micro_pay.cgi': 'charge',
    'cgi-bin/pay/qpay_order_query.cgi': 'query',
    'cgi-bin/pay/qpay_close_order.cgi': 'close',
    'cgi-bin/pay/qpay_reverse.cgi': 'reverse',
    'cgi-bin/pay/qpay_refund.cgi': 'refund',
    'cgi-bin/pay/qpay_refund_query.cgi': 'query_refund',
    'cgi-bin/sp_download/qpay_mch_statement_down.cgi': 'statement',
}
# refusal of the network -> (error code, words)
REFUSALS = {
    'duplicate': ('OUT_TRADE_NO_USED', "商户订单号重复 (number used before with other content)"),
    'paid': ('ORDERPAID', "订单已支付 (order is paid already)"),
    'closed': ('ORDERCLOSED', "订单已关闭 (order is closed)"),
    'not_paid': ('PARAM_ERROR', "订单未支付，不能退款 (order is not paid)"),
    'too_much': ('PARAM_ERROR', "退款金额超出可退金额 (more than what can be refunded)"),
    'refused': ('NOTENOUGH', "商户余额不足 (refund refused)"),
}
FAULT_CODES = {
    'missing_parameter': ('LACK_PARAMS', "缺少参数"),
    'invalid_parameter': ('PARAM_ERROR', "参数错误"),
    'unknown_app': ('MCHID_NOT_EXIST', "商户号不存在"),
    'not_approved': ('NOAUTH', "商户无此接口权限"),
    'not_enabled': ('NOAUTH', "商户无此接口权限"),
    'wrong_key': ('SIGNERROR', "签名错误"),
    'system_error': ('SYSTEMERROR', "系统错误"),
    'data_error': ('66210035', "数据处理失败"),  # a code of no document
    'not_found': operations.NOT_FOUND,
}
# refused before the sender is known: nothing to sign with that the shop could verify
UNSIGNED = ('SIGNERROR', 'MCHID_NOT_EXIST', 'XML_FORMAT_ERROR', 'NOT_UTF8')
OUTCOME = ('return_code', 'return_msg', 'result_code', 'err_code', 'trade_state', 'refund_status_0')


class Call:
    """One request: what was read, who sent it, how to answer."""

    def __init__(self, box, operation):
        self.box = box
        self.operation = operation
        self.fields = {}
        self.merchant = None

    @property
    def keys(self):
        """Return the numbers by which a fault may be scoped to this call."""
        names = ('out_trade_no', 'out_refund_no', 'transaction_id', 'refund_id')
        found = [self.fields[name] for name in names if self.fields.get(name)]
        network, order = self.box.network, None
        if self.fields.get('transaction_id'):
            order = network.order(wallet_trade_no=self.fields['transaction_id'])
        for name, column in (('out_refund_no', 'out_refund_no'), ('refund_id', 'wallet_refund_no')):
            if self.fields.get(name):
                refund = network.refund_of(**{column: self.fields[name]})
                order = order or (refund and network.order(id=refund['order_id']))
                found += [refund['out_refund_no']] if refund else []
        return [*found, order['out_trade_no']] if order else found

    def answer(self, content, *, spoil=''):
        """Return the signed fields; `spoil` is the fault that changes them."""
        values = {
            'return_code': 'SUCCESS', 'return_msg': 'OK', 'retcode': '0', 'retmsg': 'ok',
            'result_code': 'SUCCESS', 'mch_id': self.merchant.mch_id,
            'nonce_str': secrets.token_hex(16), 'appid': self.fields.get('appid', ''), **content,
        }
        if self.fields.get('sign_type') == 'HMAC-SHA256':
            values['sign_type'] = 'HMAC-SHA256'
        values = {name: str(value) for name, value in values.items()}
        key = self.merchant.api_key
        if spoil != 'unsigned':
            values['sign'] = signing.sign(values, key[::-1] if spoil == 'bad_signature' else key)
        return message.respond(values)

    def failure(self, code, words):
        """Return a refusal: signed, where the sender is known and its signature was good."""
        if self.operation == 'statement':
            return message.respond({'retcode': code, 'retmsg': words, 'return_code': 'FAIL',
                                    'return_msg': words})
        if code in UNSIGNED or not self.merchant:
            return message.respond({'return_code': 'FAIL', 'return_msg': words, 'retcode': '1',
                                    'retmsg': words})
        return self.answer({'result_code': 'FAIL', 'err_code': code, 'err_code_des': words})


class QqWallet(GatewayServer):
    """The gateway `qq_wallet`."""

    code = 'qq_wallet'

    def merchants(self):
        """Override to return the seeded merchants."""
        return {name: m.credentials() for name, m in merchants.MERCHANTS.items()}

    def notice(self, order, forged=''):
        """Override to build the payment notice."""
        return notice.build(order, forged)

    def acknowledged(self, status, answer):
        """Override: XML with a `return_code` of SUCCESS."""
        try:
            return status == 200 and message.read(answer).get('return_code') == 'SUCCESS'
        except Invalid:
            return False

    def handle(self, request, path):
        """Override to answer the vendor's calls, and the SDK's and browser's doors."""
        if path in ('app', 'jsapi') and request.method == 'GET':
            return self._door(request, path)
        if path not in CALLS:
            return Response("no such interface", status=404)
        if request.method != 'POST':
            return Response("POST only", status=405, headers={'Allow': 'POST'})
        started = time.time()
        call = Call(self.box, CALLS[path])
        fault, response, error = None, None, None
        try:
            call.fields = message.read(request.get_data())
        except Invalid as invalid:
            error = invalid
        try:
            self.box.network.advance()
            if not error:
                self.bind_next(call.operation, call.fields.get('out_trade_no'))
                fault = self.box.faults.take_one('call', call.operation, call.keys)
            response = self._answer(call, request, fault, error)
        finally:
            self._record(call, request, fault, response, started)
        return response

    def _authenticate(self, call):
        """Find the merchant and verify the signature."""
        merchant = merchants.find(call.fields.get('mch_id'))
        if not merchant:
            raise Invalid('MCHID_NOT_EXIST', "商户号不存在 (mch_id)")
        if call.fields.get('sign_type', 'MD5') not in ('MD5', 'HMAC-SHA256'):
            raise Invalid('SIGNERROR', "签名类型错误 (sign_type)")
        if not signing.verify(call.fields, merchant.api_key):
            raise Invalid('SIGNERROR', "签名错误 (sign)")
        call.merchant = merchant
        if call.fields.get('appid') not in (None, '', merchant.app_id):
            raise Invalid('APPID_MCHID_NOT_MATCH', "appid和mch_id不匹配")
        if call.fields.get('sub_mch_id'):
            raise Invalid('NOAUTH', "不是服务商 (no service provider in this sandbox)")

    # === ANSWERING === #

    def _answer(self, call, request, fault, error):
        if error:
            return call.failure(error.code, str(error))
        before = bool(fault) and fault['moment'] == 'before'
        try:
            if before and fault['fault'] not in ('unknown_app', 'wrong_key'):
                self._authenticate(call)
            struck = self._strike_before(call, request, fault) if before else None
            if struck is not None:
                return struck
            self._authenticate(call)
            message.check(call.operation, call.fields)
            if call.operation == 'statement':
                response = statement.build(self.box, call.merchant, call.fields)
                return self._strike_after(call, request, fault, None, response)
            content = operations.run(self.box, call)
        except Invalid as invalid:
            response, content = call.failure(invalid.code, str(invalid)), None
        except Refused as refused:
            response, content = call.failure(*REFUSALS[refused.kind]), None
        else:
            response = call.answer(content)
        return self._strike_after(call, request, fault, content, response)

    def _strike_before(self, call, request, fault):
        """Apply a fault before anything is booked; None when the call goes on."""
        name = fault['fault']
        if name == 'clock':
            return None  # no request of this protocol has a timestamp
        if name == 'slow':
            self.box.stopping.wait(fault['options'].get('seconds', 5))
            return None
        if name in FAULT_CODES:
            return call.failure(*FAULT_CODES[name])
        response = exchange.strike(request, fault, None, self.box.stopping)
        # a fault of the answer has nothing to spoil before booking: a system error
        return call.failure(*FAULT_CODES['system_error']) if response is None else response

    def _strike_after(self, call, request, fault, content, response):
        """Apply a fault to the answer of a call that was made."""
        if not fault or fault['moment'] != 'after':
            return response
        name, options = fault['fault'], fault['options']
        if name in FAULT_CODES:
            return call.failure(*FAULT_CODES[name])
        if content is not None:
            if name == 'foreign_answer':
                # some answers have no number but the merchant's
                content = {**content, 'mch_id': merchants.MERCHANTS['qq_wallet_other'].mch_id,
                           'out_trade_no': 'OTHER0001'}
            elif name == 'wrong_amount':
                difference = options.get('difference', 1)
                content = {
                    k: v + difference if k.startswith(('total_fee', 'refund_fee')) else v
                    for k, v in content.items()
                }
            elif name == 'stale':
                content = operations.stale(content)
            response = call.answer(content, spoil=name)
        elif name in ('bad_signature', 'unsigned', 'foreign_answer') and call.operation == 'statement':
            return response  # the file is not signed: nothing to spoil
        return exchange.strike(request, fault, response, self.box.stopping) or response

    def _record(self, call, request, fault, response, started):
        answer = outcome = 'no answer'
        if response is not None:
            answer = outcome = f'HTTP {response.status_code}'
            if response.is_sequence and response.status_code == 200 and call.operation != 'statement':
                try:
                    content = masked(message.read(response.get_data()))
                except Invalid:
                    answer = outcome = 'HTTP 200, no message'
                else:
                    answer = to_json(content)
                    outcome = ' '.join(content[name] for name in OUTCOME if content.get(name))
        number = call.fields.get('out_trade_no', '').encode('utf-8', 'replace').decode()
        exchange.record(
            self.box, self.code, call.operation, request.path, started, outcome,
            out_trade_no=number[:64], request=to_json(masked(call.fields)), answer=answer,
            fault=f"{fault['fault']} {fault['moment']}" if fault else '',
        )

    # === THE WALLET'S SIDE === #

    def _door(self, request, path):
        """Check the parameters of the SDK or of `mqq.tenpay.pay`, and lead to the phone page."""
        params = request.args
        order = self.box.network.order(token=params.get('tokenId', ''), gateway=self.code)
        if not order or order['scene'] != {'app': 'app', 'jsapi': 'in_app'}[path]:
            return Response("no such tokenId", status=404)
        merchant = merchants.find(order['merchant'])
        if path == 'app':
            good = (params.get('appId'), params.get('bargainorId')) == (
                merchant.app_id, merchant.mch_id,
            ) and hmac.compare_digest(
                signing.app_sig(params, merchant.app_key).encode(),
                params.get('sig', '').encode('utf-8', 'replace'),
            )
        else:
            expected = f'appid#{merchant.app_id}|bargainor_id#{merchant.mch_id}|channel#wallet'
            good = params.get('appInfo') == expected
        if not good:
            return Response("Permission denied", status=403)
        return redirect(f"/q/{order['token']}")
