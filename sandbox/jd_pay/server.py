# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's HTTP interface: XML calls, cashier forms, bills.

Each of JD's hosts is a folder here: `/jd_pay/paygate/service/query` is
`paygate.jd.com/service/query`. JD publishes no table of result codes: those below are made up, only
`000000` is known. Complaints come without `<encrypt>`, as JD's do.
"""

import hashlib
import hmac
import time

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from .. import exchange
from ..gateway import GatewayServer
from ..masks import masked, to_json
from ..network import Refused
from . import back, bill, crypto, notice, operations, states
from .merchants import Merchants

CALLS = {
    'uniorder': 'order', 'fkmPay': 'charge', 'query': 'query', 'queryRefund': 'refund_list',
    'refund': 'refund', 'revoke': 'reverse',
}
CASHIERS = ('h5pay/jdpay/saveOrder', 'wepay/jdpay/saveOrder')
ERRORS = {
    'missing_parameter': ('SBX0001', "参数不能为空 (missing parameter)"),
    'invalid_parameter': ('SBX0002', "参数格式错误 (invalid parameter)"),
    'unknown_app': ('SBX0003', "商户号不存在 (no such merchant)"),
    'not_approved': ('SBX0004', "商户未审核 (merchant not approved)"),
    'not_enabled': ('SBX0005', "商户未开通该产品 (product not enabled)"),
    'wrong_key': ('SBX0006', "验签失败 (signature)"),
    'decrypt': ('SBX0007', "报文解密失败 (can't be decrypted)"),
    'system_error': ('SBX0008', "系统异常，请稍后重试 (system error)"),
    'data_error': ('SBX0009', "数据处理失败 (data error)"),
    'not_found': ('SBX0010', "交易不存在 (no such trade)"),
    'duplicate': ('SBX0011', "商户交易号重复 (number used before with other content)"),
    'paid': ('SBX0012', "交易已支付 (paid already)"),
    'closed': ('SBX0013', "交易已关闭 (closed)"),
    'not_paid': ('SBX0014', "交易未支付，不能退款 (not paid)"),
    'too_much': ('SBX0015', "退款金额超出可退金额 (more than what can be refunded)"),
    'refused': ('SBX0016', "拒绝退款 (refund refused)"),
    'bad_code': ('SBX0017', "付款码无效 (payment code not valid)"),
}
PROBLEMS = {
    'merchant': 'unknown_app', 'sign': 'wrong_key', 'decrypt': 'decrypt',
    'format': 'invalid_parameter',
}
SIGNATURES = ('bad_signature', 'unsigned')


class JdPay(GatewayServer):
    """The gateway `jd_pay`."""

    code = 'jd_pay'

    def __init__(self, box):
        super().__init__(box)
        self.people = Merchants(box.ledger)

    def merchants(self):
        """Override to return the seeded merchants."""
        return self.people.credentials()

    def notice(self, order, forged=''):
        """Override to build the payment notification."""
        return notice.build(self.people, order, forged)

    def acknowledged(self, status, answer):
        """Override: exactly the plain text `success`."""
        return status == 200 and answer == b'success'

    def handle(self, request, path):
        """Override to answer `<host>/<path>` of JD's hosts, and to send payers back."""
        operation = scene = ''
        if path.startswith('back/') and request.method == 'GET':
            return back.page(self, path.removeprefix('back/'))
        if path == 'app' and request.method == 'GET':
            return self._app(request.args)
        if path.startswith('paygate/service/'):
            operation = CALLS.get(path.removeprefix('paygate/service/'), '')
        elif path in CASHIERS:
            operation, scene = 'order', 'h5'
        elif path == 'bapi/api/download.do':
            operation = 'statement'
        if not operation:
            return Response("no such interface", status=404)
        if request.method != 'POST':
            return Response("POST only", status=405, headers={'Allow': 'POST'})
        return Exchange(self, request, operation, scene).run()

    def _app(self, params):
        """Stand for JD's SDK in the shop's app: check what it is handed, and lead to the phone page."""
        merchant = self.people.find(params.get('merchant', ''))
        order = self.box.network.order(bill_no=f"HY{params.get('orderId', '')}", gateway=self.code)
        if not merchant or not order or (order['merchant'], order['scene']) != (merchant.number, 'app'):
            return Response("no such orderId", status=404)
        text = f"merchant={merchant.number}&orderId={params['orderId']}&key={merchant.md5_key}"
        expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        if params.get('appId') != f'jdapp{merchant.number}' or not hmac.compare_digest(
            expected.encode(), params.get('signData', '').encode('utf-8', 'replace')
        ):
            return Response("signData", status=403)
        return redirect(f"{self.box.url}/q/{order['token']}")


class Exchange:
    """One request."""

    def __init__(self, server, request, operation, scene):
        self.server = server
        self.box = server.box
        self.request = request
        self.operation = operation
        self.scene = scene
        self.merchant = None
        self.fields = {}
        self.fault = None
        self.outcome = 'no answer'

    def run(self):
        """Return the response."""
        started, problem = time.time(), None
        try:
            self._read()
        except crypto.Unreadable as error:
            problem = error
        if self.operation == 'query' and self.fields.get('tradeType') == '1':
            self.operation = 'query_refund'
        try:
            self.box.network.advance()
            if not problem:
                self._take_fault()
            return self._answer(problem)
        finally:
            self._record(started)

    def _read(self):
        if self.operation == 'statement':
            self.fields = self.request.form.to_dict()
        elif self.scene:
            form = self.request.form.to_dict()
            self.merchant = self.server.people.find(form.get('merchant', ''))
            if not self.merchant:
                raise crypto.Unreadable('merchant', '')
            self.fields = crypto.open_form(form, self.merchant)
        else:
            self.merchant, self.fields = crypto.open_request(
                self.request.get_data(), self.server.people.find
            )

    def _take_fault(self):
        number = self.fields.get('tradeNum', '')
        self.server.bind_next(self.operation, number)
        stage = 'query_refund' if self.operation == 'refund_list' else self.operation
        keys = [self.fields[name] for name in ('tradeNum', 'oTradeNum') if self.fields.get(name)]
        self.fault = self.box.faults.take_one('call', stage, keys)

    # === ANSWERING === #

    def _complain(self, name, detail=''):
        code, words = ERRORS[name]
        self.outcome = f'{code} {name} {detail}'
        number = self.merchant.number if self.merchant else ''
        body = crypto.wrap(number, code, f'{words} {detail}'.strip())
        return Response(body, content_type='application/xml; charset=utf-8')

    def _answer(self, problem):
        if problem:
            return self._complain(PROBLEMS[problem.what])
        if self.fault and self.fault['moment'] == 'before':
            struck = self._strike_before()
            if struck:
                return struck
        name = self.fault['fault'] if self.fault and self.fault['moment'] == 'after' else ''
        try:
            response = self._do(name)
        except operations.Invalid as invalid:
            response = self._complain(invalid.name, str(invalid))
        except Refused as refused:
            response = self._complain(refused.kind if refused.kind in ERRORS else 'data_error')
        if not name:
            return response
        if name in ERRORS and name != 'not_found':
            return self._complain(name, "fault")
        return exchange.strike(self.request, self.fault, response, self.box.stopping) or response

    def _strike_before(self):
        """Apply a fault before anything is booked; None when the call goes on."""
        name = self.fault['fault']
        if name == 'slow':
            self.box.stopping.wait(self.fault['options'].get('seconds', 5))
            return None
        if name == 'clock':
            return None  # V2.0 has no time window
        if name in ERRORS:
            return self._complain(name, "fault")
        response = exchange.strike(self.request, self.fault, None, self.box.stopping)
        return response or self._complain('system_error', "fault")

    def _do(self, fault):
        if self.operation == 'statement':
            return bill.answer(self.box, self.server.people, self.fields)
        if self.scene:
            order = operations.run_form(self.box, self.merchant, self.fields)
            self.outcome = f"order {order['out_trade_no']}"
            # JD leads to payCashier?…&key=… of the same host; the phone page is ours
            return redirect(f"{self.box.url}/q/{order['token']}", 302)
        content = operations.run(self.box, self.merchant, self.operation, self.fields)
        if fault == 'foreign_answer':
            content = {**content, 'tradeNum': 'OTHER0001', 'oTradeNum': 'OTHER0001'}
        elif fault == 'wrong_amount' and content.get('amount'):
            difference = self.fault['options'].get('difference', 1)
            content = {**content, 'amount': int(content['amount']) + difference}
        elif fault == 'stale':
            content = states.stale(content)
        self.outcome = f"000000 status={content.get('status', '-')}"
        body = crypto.seal(
            self.merchant, content, self.server.people.jd,
            spoil=fault if fault in SIGNATURES else '',
        )
        return Response(body, content_type='application/xml; charset=utf-8')

    def _record(self, started):
        number = self.fields.get('oTradeNum') or self.fields.get('tradeNum') or ''
        shown = {name: '***' if name in ('token', 'md5') else value
                 for name, value in self.fields.items()}
        fault = f"{self.fault['fault']} {self.fault['moment']}" if self.fault else ''
        exchange.record(
            self.box, self.server.code, self.operation, self.request.path, started, self.outcome,
            out_trade_no=number[:64], request=to_json(masked(shown)), answer=self.outcome,
            fault=fault,
        )
