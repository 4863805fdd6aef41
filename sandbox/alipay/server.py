# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's HTTP interface: parameters, signatures, answers, faults. What a call does is in
`operations.py`.

Like the real one it says 200 whatever happened, labels JSON as `text/html`, looks at `app_id`
before it looks at the signature (and can't sign what it answers to an unknown one), and shows
browsers that come with a bad order a page in GBK.
"""

import calendar
import contextlib
import json
import secrets
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from .. import exchange
from ..gateway import GatewayServer
from ..masks import masked, to_json
from . import bill, fields, merchants, notice, operations, signing
from .fields import Invalid

MESSAGES = {
    '10000': 'Success', '20000': 'Service Currently Unavailable', '40001': 'Missing Required Arguments',
    '40002': 'Invalid Arguments', '40004': 'Business Failed', '40006': 'Insufficient Permissions',
}
FAULT_CODES = {
    'missing_parameter': ('40001', 'isv.missing-version'),
    'invalid_parameter': ('40004', 'ACQ.INVALID_PARAMETER'),
    'unknown_app': ('40002', 'isv.invalid-app-id'),
    'not_approved': ('40002', 'isv.not-online-app'),
    'not_enabled': ('40004', 'ACQ.ACCESS_FORBIDDEN'),
    'wrong_key': ('40002', 'isv.invalid-signature'),
    'system_error': ('40004', 'ACQ.SYSTEM_ERROR'),
    'data_error': ('20000', 'isp.unknow-error'),
    'not_found': ('40004', 'ACQ.TRADE_NOT_EXIST'),
}
AMOUNTS = ('total_amount', 'receipt_amount', 'buyer_pay_amount', 'refund_fee', 'refund_amount')


class Call:
    """One request: what was read, and who sent it."""

    def __init__(self, params):
        self.params = params
        self.method = params.get('method', '')
        self.operation = fields.METHODS.get(self.method, 'unknown')
        self.merchant = None
        try:
            business = json.loads(params.get('biz_content') or '{}')
        except (ValueError, RecursionError):
            business = None
        self.business = business if isinstance(business, dict) else {}
        self.malformed = not isinstance(business, dict)


class Alipay(GatewayServer):
    """The gateway `alipay`."""

    code = 'alipay'

    def __init__(self, box):
        super().__init__(box)
        self._loaded = None
        self.bills = {}  # token -> (until, content)
        self._payers = {}  # auth_code -> user id

    # === WHO === #

    @property
    def seeded(self):
        """Return the merchants by name. Read on first use: their keys take a moment to make."""
        self._loaded = self._loaded or merchants.load(self.box.ledger.folder)
        return self._loaded[0]

    @property
    def platform(self):
        """Return Alipay's own keys and certificates."""
        return self.seeded and self._loaded[1]

    def merchant(self, **columns):
        """Return the merchant with these attributes, or None."""
        for one in self.seeded.values():
            if all(getattr(one, name) == value for name, value in columns.items()):
                return one
        return None

    def platform_key(self):
        """Return the key and certificate that Alipay signs with at present."""
        return self.platform[self.box.settings['alipay_certificate']]

    def merchants(self):
        """Override to return the seeded merchants."""
        return {name: one.credentials(self.platform) for name, one in self.seeded.items()}

    def console_refund(self, order, refund, notify_url=''):
        """Override: to the payment's own address, as of every refund."""
        if refund['state'] == 'success':
            self.box.network.plan_notice({**order, 'refund': refund})

    def notice(self, order, forged=''):
        """Override to build the payment notification."""
        return notice.build(self, order, forged)

    def acknowledged(self, status, answer):
        """Override: exactly the seven letters."""
        return status == 200 and answer == b'success'

    # === ROUTING === #

    def handle(self, request, path):
        """Override to answer `gateway.do`, OAuth, and the files that bills are."""
        if path.startswith('bills/'):
            return bill.serve(self, request.args.get('token', ''))
        if path == 'oauth2/publicAppAuthorize.htm':
            return self._authorize(request)
        if path in ('jsapi', 'mini') and request.method == 'GET':
            return self._jsapi(request, program=path == 'mini')
        if path != 'gateway.do':
            return Response("no such interface", status=404)
        if request.method not in ('GET', 'POST'):
            return Response("GET or POST", status=405, headers={'Allow': 'GET, POST'})
        started = time.time()
        fault, response = None, None
        try:
            call, problem = Call(self._read(request)), None
        except ValueError as error:
            call, problem = Call({}), Invalid('40002', 'isv.invalid-parameter', str(error))
        try:
            self.box.network.advance()
            self.bind_next(call.operation, str(call.business.get('out_trade_no') or ''))
            if not problem:
                fault = self.box.faults.take_one('call', call.operation, self._keys(call))
            response = self._answer(call, request, fault, problem)
        finally:
            self._record(call, request, fault, response, started)
        return response

    @staticmethod
    def _read(request):
        """Return the parameters of address and body, each once, decoded once."""
        pairs = parse_qsl(
            request.query_string.decode('ascii', 'replace'), keep_blank_values=True, errors='strict'
        )
        if request.mimetype == 'multipart/form-data':
            pairs += list(request.form.items(multi=True))
        else:
            body = request.get_data().decode('ascii')
            pairs += parse_qsl(body, keep_blank_values=True, errors='strict')
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a parameter occurs twice")
        return dict(pairs)

    def _authorize(self, request):
        """Send the browser back with a code, as a payer does who opens a page in the wallet."""
        back, state = request.args.get('redirect_uri', ''), request.args.get('state', '')
        app_id, scope = request.args.get('app_id', ''), request.args.get('scope', '')
        if not self.merchant(app_id=app_id) or urlsplit(back).scheme not in ('http', 'https'):
            return self._page(Invalid('40002', 'isv.invalid-app-id'))
        brought = {'app_id': app_id, 'scope': scope, 'state': state}
        if self.box.settings['payer_tells'] == 'yes':
            brought['auth_code'] = secrets.token_hex(16)
            self._payers[brought['auth_code']] = '2088000000000001'
        query = urlencode(brought)
        return redirect(f"{back}{'&' if '?' in back else '?'}{query}", 302)

    def _jsapi(self, request, program=False):
        """Stand for `tradePay` of the bridge inside the wallet or of a mini program.

        It leads to the phone page. An order of one is none of the other.
        """
        number = request.args.get('tradeNO', '')
        order = self.box.network.order(bill_no=number, gateway=self.code) if number else None
        if set(request.args) != {'tradeNO'} or not order or order['scene'] != 'in_app' or (
            bool(order['extra'].get('op_app_id')) != program
        ):
            return Response('{"resultCode": "4000"}', status=403, content_type='application/json')
        return redirect(f"/q/{order['token']}")

    def payer_of(self, code):
        """Return whose code this is, once."""
        return self._payers.pop(code, '')

    def _keys(self, call):
        """Return the numbers by which a fault may be scoped to this call."""
        names = ('out_trade_no', 'out_request_no')
        found = [str(call.business[name]) for name in names if call.business.get(name)]
        if call.business.get('trade_no'):
            order = self.box.network.order(bill_no=str(call.business['trade_no']))
            found += [order['out_trade_no']] if order else []
        return found

    # === CHECKING === #

    def _authenticate(self, call):
        params = call.params
        if not params.get('app_id'):
            raise Invalid('40001', 'isv.missing-app-id')
        merchant = self.merchant(app_id=params['app_id'])
        if not merchant:
            raise Invalid('40002', 'isv.invalid-app-id', "无效的AppID参数")
        call.merchant = merchant
        if params.get('sign_type') != 'RSA2':
            raise Invalid('40002', 'isv.invalid-signature-type')
        if not params.get('sign'):
            raise Invalid('40001', 'isv.missing-signature')
        if merchant.mode == 'certificate':
            if params.get('app_cert_sn') != signing.serial(merchant.app_cert):
                raise Invalid('40002', 'isv.app-cert-not-exist')
            if params.get('alipay_root_cert_sn') != self.platform['root_sn']:
                raise Invalid('40002', 'isv.invalid-alipay-root-cert-sn')
        text = signing.request_text(params)
        if not signing.verify(text, params['sign'], merchant.public_key):
            raise Invalid('40002', 'isv.invalid-signature', f"验签出错，待验签字符串: {text[:40]}…")
        if merchant.state == 'not_online':
            raise Invalid('40002', 'isv.not-online-app', "应用未上线")

    def _check_public(self, call, clock_error=0):
        params = call.params
        if call.operation == 'unknown':
            raise Invalid('40002', 'isv.invalid-method')
        for name, allowed in (('version', '1.0'), ('charset', 'utf-8')):
            if params.get(name, '').lower() != allowed:
                raise Invalid('40002', f'isv.invalid-{name}')
        if params.get('format', 'json').upper() != 'JSON':
            raise Invalid('40002', 'isv.invalid-format')
        try:
            sent = self.read_time(params.get('timestamp', ''))
        except ValueError:
            raise Invalid('40002', 'isv.invalid-timestamp') from None
        if abs(time.time() + clock_error - sent) > self.box.settings['clock_tolerance']:
            raise Invalid('40002', 'isv.invalid-timestamp', "非法的时间戳参数")
        if call.malformed:
            raise Invalid('40002', 'isv.illegal-json')
        for name in ('notify_url', 'return_url'):
            value = params.get(name, '')
            if len(value) > 256 or (value and urlsplit(value).scheme not in ('http', 'https')):
                raise Invalid('40002', f'isv.invalid-{name.replace("_", "-")}')
        fields.check_address('notify_url', params.get('notify_url', ''))

    @staticmethod
    def read_time(text):
        """Return the Unix time of `yyyy-MM-dd HH:mm:ss` in Beijing."""
        return calendar.timegm(time.strptime(text, '%Y-%m-%d %H:%M:%S')) - 8 * 3600

    # === ANSWERING === #

    def _answer(self, call, request, fault, problem):
        if problem:
            return self._refuse(call, problem)
        moment = fault['moment'] if fault else ''
        name = fault['fault'] if fault else ''
        if moment == 'before' and name != 'clock':
            struck = self._strike_before(call, request, fault)
            if struck:
                return struck
        try:
            self._authenticate(call)
            self._check_public(call, fault['options'].get('seconds', 3600) if name == 'clock' else 0)
            values = fields.check(call.method, call.business)
            if call.method in fields.PAGES:
                order = operations.place(self, call, values)
                return redirect(f"{self.box.url}/q/{order['token']}", 302)
            content = operations.run(self, call, values)
        except Invalid as invalid:
            response = self._refuse(call, invalid, spoil=name)
            if moment == 'after':
                return exchange.strike(request, fault, response, self.box.stopping) or response
            return response
        if moment == 'after':
            return self._strike_after(call, request, fault, content)
        return self._say(call, content)

    def _strike_before(self, call, request, fault):
        """Apply a fault before anything is booked; None when the call goes on."""
        name = fault['fault']
        if name == 'slow':
            self.box.stopping.wait(fault['options'].get('seconds', 5))
            return None
        with contextlib.suppress(Invalid):
            self._authenticate(call)
        if name in FAULT_CODES:
            if name == 'unknown_app':
                call.merchant = None
            return self._refuse(call, Invalid(*FAULT_CODES[name], "fault"))
        struck = exchange.strike(request, fault, None, self.box.stopping)
        return struck or self._refuse(call, Invalid('20000', 'isp.unknow-error', "fault"))

    def _strike_after(self, call, request, fault, content):
        """Apply a fault to the answer of a call that was booked."""
        name, options = fault['fault'], fault['options']
        if name in FAULT_CODES:
            return self._refuse(call, Invalid(*FAULT_CODES[name], "fault"))
        if name == 'foreign_answer':
            content = {**content, 'out_trade_no': 'OTHER0001', 'trade_no': '2' * 28}
            if 'out_request_no' in content:
                content['out_request_no'] = 'OTHER0001'
        elif name == 'wrong_amount':
            for amount in AMOUNTS:
                if content.get(amount):
                    fen = fields.read_yuan(content[amount]) + options.get('difference', 1)
                    content = {**content, amount: notice.yuan(fen)}
        elif name == 'stale':
            gone = ('send_pay_date', 'refund_status', 'refund_amount')
            content = {k: v for k, v in content.items() if k not in gone}
            if 'trade_status' in content:
                content['trade_status'] = 'WAIT_BUYER_PAY'
        response = self._say(call, content, spoil=name)
        return exchange.strike(request, fault, response, self.box.stopping) or response

    def _say(self, call, content, *, spoil='', node=''):
        """Return a signed answer; `spoil` names what is wrong with its signature."""
        content = {'code': '10000', 'msg': 'Success', **content}
        content = {name: value for name, value in content.items() if value is not None}
        # slashes escaped, as the real gateway writes them: who parses and dumps fails here
        written = json.dumps(content, ensure_ascii=False, separators=(',', ':')).replace('/', '\\/')
        name = node or f"{call.method.replace('.', '_')}_response"
        parts = [f'"{name}":{written}']
        if call.merchant and spoil != 'unsigned':
            key = self.platform_key()
            signature = signing.sign(written, key['private_key'])
            if spoil == 'bad_signature':
                signature = signing.sign(written + ' ', key['private_key'])
            if call.merchant.mode == 'certificate':
                parts.append(f'"alipay_cert_sn":"{key["sn"]}"')
            parts.append(f'"sign":"{signature}"')
        body = '{' + ','.join(parts) + '}'
        return Response(body.encode(), content_type='text/html;charset=utf-8')

    def _refuse(self, call, invalid, spoil=''):
        if call.method in fields.PAGES:
            return self._page(invalid)
        node = 'error_response' if call.operation in ('oauth', 'unknown') else ''
        return self._say(call, {
            'code': invalid.code, 'msg': MESSAGES.get(invalid.code, 'Error'),
            'sub_code': invalid.sub_code, 'sub_msg': str(invalid)[:200],
        }, node=node, spoil=spoil)

    @staticmethod
    def _page(invalid):
        text = (
            '<html><meta charset="gbk"><title>支付宝</title><h1>抱歉，订单无法支付</h1>'
            f'<p>错误代码 {invalid.sub_code}</p></html>'
        )
        return Response(text.encode('gbk', 'replace'), content_type='text/html;charset=GBK')

    def _record(self, call, request, fault, response, started):
        answer = outcome = 'no answer'
        if response is not None:
            answer = outcome = f'HTTP {response.status_code}'
            with contextlib.suppress(ValueError):
                if not response.is_sequence:
                    raise ValueError("a stream")
                root = json.loads(response.get_data().decode())
                answer = to_json(masked(root))
                content = next(iter(root.values()))
                if isinstance(content, dict):
                    outcome = ' '.join(
                        str(content[name]) for name in ('code', 'sub_code', 'trade_status')
                        if content.get(name)
                    )
        number = str(call.business.get('out_trade_no') or '').encode('utf-8', 'replace').decode()
        exchange.record(
            self.box, self.code, call.operation, request.path, started, outcome,
            out_trade_no=number[:64], request=to_json(masked(call.params)), answer=answer,
            fault=f"{fault['fault']} {fault['moment']}" if fault else '',
        )
