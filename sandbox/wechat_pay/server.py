# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's HTTP interface: routes, who signed, signed answers, faults.

The real product has several hosts; here everything answers under `/wechat_pay/`. What requests sign
is the path after that prefix (`/v3/…`), as on the real hosts.
"""

import json
import re
import secrets
import time
from urllib.parse import parse_qsl

from werkzeug.wrappers import Response

from .. import exchange
from ..gateway import GatewayServer
from ..masks import masked, to_json
from . import crypto, doors, fields, merchants, notice, operations, statement, version2
from .fields import Invalid

WINDOW = 300  # seconds
_ROOT = r'v3/pay/(?P<partner>partner/)?transactions'
ROUTES = [
    (method, re.compile(pattern), operation) for method, pattern, operation in (
        ('POST', rf'{_ROOT}/(?P<channel>native|jsapi|app|h5)', 'order'),
        ('POST', rf'{_ROOT}/codepay', 'charge'),
        ('GET', rf'{_ROOT}/out-trade-no/(?P<number>[^/]+)', 'query'),
        ('GET', rf'{_ROOT}/id/(?P<transaction_id>[^/]+)', 'query'),
        ('POST', rf'{_ROOT}/out-trade-no/(?P<number>[^/]+)/close', 'close'),
        ('POST', rf'{_ROOT}/out-trade-no/(?P<number>[^/]+)/reverse', 'reverse'),
        ('POST', r'v3/refund/domestic/refunds', 'refund'),
        ('GET', r'v3/refund/domestic/refunds/(?P<refund>[^/]+)', 'query_refund'),
        ('GET', r'v3/certificates', 'certificates'),
        ('GET', r'v3/bill/(?P<bill>tradebill|fundflowbill)', 'statement'),
        ('GET', r'v3/billdownload/file', 'file'),
    )
]
FAULT_CODES = {
    'system_error': 'SYSTEM_ERROR', 'data_error': 'BANK_ERROR', 'missing_parameter': 'PARAM_ERROR',
    'invalid_parameter': 'PARAM_ERROR', 'unknown_app': 'MCH_NOT_EXISTS', 'not_approved': 'NO_AUTH',
    'not_enabled': 'NO_AUTH', 'wrong_key': 'SIGN_ERROR',
}
NOT_FOUND = {'query': 'ORDER_NOT_EXIST', 'query_refund': 'RESOURCE_NOT_EXISTS'}


class Call:
    """One request: what it asks for and who asks."""

    def __init__(self, operation, parts, request):
        self.operation = operation
        self.parts = parts
        self.body = request.get_data()
        self.wanted = request.headers.get('Wechatpay-Serial', '')
        self.query = dict(parse_qsl(request.query_string.decode('ascii', 'replace')))
        self.merchant = None
        try:
            values = json.loads(self.body) if self.body else {}
        except (ValueError, RecursionError):
            values = None
        self.values = values if isinstance(values, dict) else {}
        self.readable = values is not None

    @property
    def number(self):
        """Return the order number that it is about, or ''."""
        return str(self.parts.get('number') or self.values.get('out_trade_no') or '')

    @property
    def keys(self):
        """Return the numbers by which a fault may be scoped to it."""
        refund = self.parts.get('refund') or self.values.get('out_refund_no') or ''
        return [str(name) for name in (self.number, refund) if name]


class WechatPay(GatewayServer):
    """The gateway `wechat_pay`."""

    code = 'wechat_pay'

    def __init__(self, box):
        super().__init__(box)
        self.keys = merchants.Keys(box.folder)
        self.files = statement.Files()
        self.oauth = operations.OAuth()

    def merchants(self):
        """Override to return the seeded merchants."""
        return {name: self.keys.credentials(m) for name, m in merchants.MERCHANTS.items()}

    def notice(self, order, forged=''):
        """Override to build a payment notice."""
        return notice.payment(self.box, self.keys, order, forged)

    def refund_notice(self, order, refund):
        """Override to build a refund notice, when the shop gave an address for it."""
        url = order['extra'].get('refund_notices', {}).get(refund['out_refund_no'])
        return url and (url, *notice.refund(self.box, self.keys, order, refund))

    def console_refund(self, order, refund, notify_url=''):
        """Override: to the address that was entered in the console, if any."""
        if notify_url:
            operations.note_refund_address(self.box, order, refund['out_refund_no'], notify_url)
            if refund['state'] != 'processing':
                self.box.network.plan_refund_notice(refund)

    def acknowledged(self, status, answer):
        """Override: 200 or 204, whatever the body."""
        return status in (200, 204)

    # === ROUTES === #

    def handle(self, request, path):
        """Override to answer version 3, version 2 and browsers."""
        if request.method == 'GET' and (opened := doors.answer(self, request, path)):
            return opened
        if path in version2.PATHS:
            return self._version2(request, path)
        for method, pattern, operation in ROUTES:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return self._version3(request, Call(operation, match.groupdict(), request))
        return Response(status=404)

    # === VERSION 3 === #

    def _version3(self, request, call):
        started = time.time()
        fault, response = None, None
        try:
            self.box.network.advance()
            self.bind_next(call.operation, call.number)
            fault = self.box.faults.take_one('call', call.operation, call.keys)
            response = self._answer(call, request, fault)
        finally:
            self._record(call, request, fault, response, started)
        return response

    def _answer(self, call, request, fault):
        name = fault['fault'] if fault else ''
        before = fault and fault['moment'] == 'before'
        try:
            self._authenticate(call, request, 3600 if name == 'clock' else 0)
            if before and name == 'slow':
                self.box.stopping.wait(fault['options'].get('seconds', 5))
            elif before and name != 'clock':
                return self._strike(call, request, fault, None)
            status, content = self._run(call)
        except Invalid as invalid:
            response = self._failure(invalid.code, str(invalid))
            status = None
        if status is not None:
            if fault and not before:
                content = self._spoil(call, fault, content)
            response = self._sign(call, status, content, name if fault and not before else '')
        if fault and not before:
            return self._strike(call, request, fault, response)
        return response

    def _strike(self, call, request, fault, response):
        """Apply a fault: the protocol's own errors, or one of the connection."""
        name = fault['fault']
        if name == 'not_found':
            return self._failure(NOT_FOUND[call.operation], "fault")
        if name in FAULT_CODES:
            return self._failure(FAULT_CODES[name], "fault")
        struck = exchange.strike(request, fault, response, self.box.stopping)
        # a fault of the answer has nothing to spoil before booking
        return struck or response or self._failure('SYSTEM_ERROR', "fault")

    def _spoil(self, call, fault, content):
        """Return another content than the true one, which is then rightly signed."""
        name = fault['fault']
        if not isinstance(content, dict):
            return content
        if name == 'foreign_answer':
            names = {'out_trade_no': 'OTHER0001', 'out_refund_no': 'OTHER0001'}
            return {k: names.get(k, v) for k, v in content.items()}
        if name == 'wrong_amount' and 'amount' in content:
            more = fault['options'].get('difference', 1)
            return {**content, 'amount': {
                k: v + more if isinstance(v, int) else v for k, v in content['amount'].items()
            }}
        if name == 'stale' and 'trade_state' in content:
            kept = ('appid', 'mchid', 'sp_appid', 'sp_mchid', 'sub_appid', 'sub_mchid',
                    'out_trade_no')
            return {**{k: content[k] for k in kept if k in content}, 'trade_state': 'NOTPAY',
                    'trade_state_desc': "订单未支付"}
        if name == 'stale' and 'status' in content:
            return {**{k: v for k, v in content.items() if k != 'success_time'},
                    'status': 'PROCESSING'}
        return content

    def _authenticate(self, call, request, clock_error):
        """Find who signed, and verify it over the bytes that came."""
        given = crypto.read_authorization(request.headers.get('Authorization'))
        if not given:
            raise Invalid('SIGN_ERROR', "Authorization 不合法")
        merchant = merchants.find(given['mchid'])
        if not merchant:
            raise Invalid('SIGN_ERROR', "商户号与证书不匹配")
        timestamp = given['timestamp']
        if not timestamp.isdigit() or abs(time.time() + clock_error - int(timestamp)) > WINDOW:
            raise Invalid('SIGN_ERROR', "timestamp 相差过大 (more than 5 minutes)")
        if given['serial_no'] != self.keys.serial(merchant.name):
            raise Invalid('SIGN_ERROR', "商户证书序列号有误")
        raw = request.environ.get('REQUEST_URI') or request.environ.get('RAW_URI') or ''
        target = raw.partition('/wechat_pay')[2]
        text = crypto.message(
            request.method, target, timestamp, given['nonce_str'], call.body
        )
        key = self.keys.key(merchant.name).public_key()
        if not crypto.rsa_verify(key, text, given['signature']):
            raise Invalid('SIGN_ERROR', "签名错误")
        call.merchant = merchant
        if call.operation in ('certificates', 'refund') and not request.headers.get('User-Agent'):
            raise Invalid('INVALID_REQUEST', "User-Agent is missing")
        if 'application/json' not in request.headers.get('Accept', '') and '*/*' not in (
            request.headers.get('Accept', '')
        ):
            raise Invalid('PARAM_ERROR', "Accept must be application/json")
        if call.body and request.mimetype != 'application/json':
            raise Invalid('PARAM_ERROR', "Content-Type must be application/json")
        if not call.readable:
            raise Invalid('PARAM_ERROR', "the body is no JSON")
        fields.no_null(call.values)
        if 'partner' in call.parts and bool(call.parts['partner']) != bool(merchant.sub_mchid):
            raise Invalid('NO_AUTH', "service providers have paths of their own")

    def _run(self, call):
        box, parts = self.box, call.parts
        if call.operation == 'order':
            return operations.order(box, call, parts['channel'])
        if call.operation in ('charge', 'refund'):
            return getattr(operations, call.operation)(box, call)
        if call.operation == 'query' and 'transaction_id' in parts:
            return operations.query_id(box, call, parts['transaction_id'])
        if call.operation in ('query', 'close', 'reverse'):
            return getattr(operations, call.operation)(box, call, parts['number'])
        if call.operation == 'query_refund':
            return operations.query_refund(box, call, parts['refund'])
        return getattr(self, f'_{call.operation}')(call)

    def _certificates(self, call):
        if call.merchant.mode == 'public_key':
            raise Invalid('RESOURCE_NOT_EXISTS', "无可用的平台证书")
        pem = self.keys.certificate('certificate')
        now = time.time()
        return 200, {'data': [{
            'serial_no': self.keys.serial('certificate'),
            'effective_time': fields.rfc3339(now - 86400),
            'expire_time': fields.rfc3339(now + 4 * 365 * 86400),
            'encrypt_certificate': crypto.seal(
                call.merchant.secret('v3'), pem.encode(), 'certificate'
            ),
        }]}

    def _statement(self, call):
        day = call.query.get('bill_date', '')
        if call.parts['bill'] == 'fundflowbill':
            content = statement.flow(self.box, call.merchant, day)
        else:
            kind = call.query.get('bill_type', 'ALL')
            if kind not in ('ALL', 'SUCCESS', 'REFUND'):
                raise fields.wrong('bill_type', "ALL, SUCCESS or REFUND")
            faults = self.box.faults.take_all('statement', 'statement', ())
            content = statement.trade(self.box, call.merchant, day, kind, faults)
        return 200, self.files.publish(
            self.box, call.merchant, content, call.query.get('tar_type', '')
        )

    def _file(self, call):
        return 200, self.files.fetch(call.merchant, call.query.get('token', ''))

    # === ANSWERS === #

    def _sign(self, call, status, content, spoil=''):
        if isinstance(content, bytes):  # a bill: the one answer that is not signed
            return Response(content, content_type='application/octet-stream')
        body = b'' if content is None else json.dumps(content, ensure_ascii=False).encode()
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        number, key = self.keys.signer(call.merchant, call.wanted)
        if spoil == 'bad_signature':
            key = self.keys.key(call.merchant.name)
        response = Response(body, status=status, content_type='application/json; charset=utf-8')
        if spoil != 'unsigned':
            response.headers.update({
                'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': nonce,
                'Wechatpay-Serial': number,
                'Wechatpay-Signature': crypto.rsa_sign(key, crypto.message(timestamp, nonce, body)),
                'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
            })
        response.headers['Request-ID'] = f'{nonce}-0'
        return response

    @staticmethod
    def _failure(code, message):
        """Return an error: never signed, as the real ones are not."""
        body = json.dumps({'code': code, 'message': message}, ensure_ascii=False)
        return Response(
            body.encode(), status=fields.ERRORS[code][0],
            content_type='application/json; charset=utf-8',
        )

    # === VERSION 2 === #

    def _version2(self, request, path):
        started, operation = time.time(), version2.PATHS[path]
        call = Call(operation, {}, request)
        fault, response = None, None
        try:
            try:
                values = version2.read(call.body)
            except ValueError:
                response = version2.refuse("XML格式错误")
                return response
            call.values = values
            self.box.network.advance()
            self.bind_next(call.operation, call.number)
            fault = self.box.faults.take_one('call', operation, call.keys)
            response = self._answer2(request, call, fault)
        finally:
            self._record(call, request, fault, response, started)
        return response

    def _answer2(self, request, call, fault):
        name = fault['fault'] if fault else ''
        try:
            merchant = version2.authenticate(call.values)
        except ValueError as error:
            return version2.refuse(str(error))
        own = FAULT_CODES.get(name) or (name == 'not_found' and NOT_FOUND.get(call.operation))
        if fault and fault['moment'] == 'before':
            if not own:
                struck = exchange.strike(request, fault, None, self.box.stopping)
                own = 'SYSTEM_ERROR'
                if struck:
                    return struck
            return version2.answer(merchant, call.values, version2.failure(own, "fault"))
        content = version2.run(self.box, merchant, call.operation, call.values)
        if own:
            content = version2.failure(own, "fault")
        elif name == 'foreign_answer':
            content = {**content, 'out_trade_no': 'OTHER0001'}
        elif name == 'wrong_amount' and 'total_fee' in content:
            difference = fault['options'].get('difference', 1)
            content = {**content, 'total_fee': content['total_fee'] + difference}
        response = version2.answer(merchant, call.values, content, name)
        if fault:
            return exchange.strike(request, fault, response, self.box.stopping) or response
        return response

    # === RECORD === #

    def _record(self, call, request, fault, response, started):
        answer = 'no answer'
        if response is not None:
            answer = f'HTTP {response.status_code}'
            if response.is_sequence and response.mimetype == 'application/json':
                try:
                    content = json.loads(response.get_data() or b'{}')
                except ValueError:
                    content = {}
                said = str(content.get('code') or content.get('trade_state') or '')
                answer = f'{answer} {said}'.strip()
        exchange.record(
            self.box, self.code, call.operation, request.path, started, answer,
            out_trade_no=call.number[:64].encode('utf-8', 'replace').decode(),
            request=to_json(masked(call.values)), answer=answer,
            fault=f"{fault['fault']} {fault['moment']}" if fault else '',
        )
