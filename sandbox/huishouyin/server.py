# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's HTTP interface: transport, public fields, signatures, faults.

The real product has two hosts (`pay.` and `api.heemoney.com`); here both families answer under
`/huishouyin/v1/`. What a call does is in `operations.py`.
"""

import calendar
import json
import time

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from .. import exchange
from ..gateway import GatewayServer
from ..masks import masked, to_json
from ..network import Refused
from . import fields, merchants, notice, operations, signing, statement

MAX_BODY = 1_000_000
ENCODINGS = {'UTF-8': 'utf-8', 'GBK': 'gbk', 'GB2312': 'gb18030'}
# in these calls the vendor's page has no `app_id`
WITHOUT_APP = ('shop_code', 'settlements')
# refusal of the network -> (error code, words). `paid`, `closed` mean "look again": E0008
REFUSALS = {
    'duplicate': ('E0002', "商户单号重复 (number used before with other content)"),
    'paid': ('E0008', "订单已支付 (order is paid already)"),
    'closed': ('E0008', "订单已关闭 (order is closed)"),
    'not_paid': ('E0002', "订单未支付，不能退款 (order is not paid)"),
    'too_much': ('E0002', "退款金额超出可退金额 (more than what can be refunded)"),
    'refused': ('E0002', "通道拒绝退款 (refund refused)"),
}
FAULT_CODES = {
    'missing_parameter': 'E0001', 'invalid_parameter': 'E0002', 'unknown_app': 'E0003',
    'not_approved': 'E0004', 'not_enabled': 'E0005', 'wrong_key': 'E0006',
    'system_error': 'E0007', 'data_error': 'E0008',
}
# what a log line tells of an answer
OUTCOME = ('return_code', 'result_code', 'error_code', 'error_msg', 'trade_status', 'refund_status')


class Call:
    """One request: what was read, who sent it, how to answer."""

    def __init__(self, box, operation, method):
        self.box = box
        self.operation = operation
        self.method = method
        self.public = {}
        self.business = {}
        self.merchant = None
        self.key_of = ''  # name of the merchant (or partner) whose key signed the request
        self.encoding = 'utf-8'

    @property
    def keys(self):
        """Return the numbers by which a fault may be scoped to this call."""
        names = ('out_trade_no', 'out_refund_no', 'hy_bill_no', 'hy_refund_no')
        found = [str(self.business[name]) for name in names if self.business.get(name)]
        network = self.box.network
        order = None
        if self.business.get('hy_bill_no'):
            order = network.order(bill_no=str(self.business['hy_bill_no']))
        for name, column in (('out_refund_no', 'out_refund_no'), ('hy_refund_no', 'refund_no')):
            if self.business.get(name):
                refund = network.refund_of(**{column: str(self.business[name])})
                order = order or (refund and network.order(id=refund['order_id']))
                found += [refund['out_refund_no']] if refund else []
        return [*found, order['out_trade_no']] if order else found

    def answer(self, content, *, spoil=None):
        """Return the signed response; `spoil` may change the fields before and after signing."""
        settings = self.box.settings
        if settings['amount_type'] == 'string':
            content = {k: str(v) if type(v) is int else v for k, v in content.items()}
        values = {'return_code': 'SUCCESS', 'return_msg': 'ok', **content}
        if self.key_of:
            key = merchants.MERCHANTS[self.key_of].key
            if spoil == 'bad_signature':
                key = key[::-1]
            if spoil != 'unsigned':
                values['sign'] = signing.sign(values, key, settings['sign_form'])
        body = json.dumps(values, ensure_ascii=False)
        return Response(body.encode(), content_type='application/json; charset=utf-8')

    def failure(self, code, detail=''):
        """Return a refusal.

        Where no key is known or the request was not signed with it, nothing could be signed that
        the shop can verify: such refusals come at the level of the protocol (`return_code`).
        """
        text = f"{fields.ERRORS[code]}：{detail}" if detail else fields.ERRORS[code]
        error = {'error_code': code, 'error_msg': text[:128]}
        business = self.box.settings['refusals'] == 'business'
        if self.key_of and (code != 'E0006' or business):
            return self.answer({'result_code': 'FAIL', **error})
        if business:
            if self.merchant:
                self.key_of = self.merchant.name
            return self.answer({'result_code': 'FAIL', **error})
        values = {'return_code': 'FAIL', 'return_msg': text[:128], **error}
        body = json.dumps(values, ensure_ascii=False)
        return Response(body.encode(), content_type='application/json; charset=utf-8')


class Huishouyin(GatewayServer):
    """The gateway `huishouyin`."""

    code = 'huishouyin'

    def merchants(self):
        """Override to return the seeded merchants."""
        return {name: m.credentials() for name, m in merchants.MERCHANTS.items()}

    def notice(self, order, forged=''):
        """Override to build the payment notification."""
        return notice.build(order, self.box.settings, forged)

    def acknowledged(self, status, answer):
        """Override: exactly the plain text `ok` or `success`."""
        return status == 200 and answer in (b'ok', b'success')

    def pay_shop_code(self, shop_code, wallet, amount):
        """Override to book the order of a counter code."""
        return operations.order_of_shop_code(self.box, shop_code, wallet, amount)

    def _app(self, tn):
        """Stand for UnionPay's SDK in the shop's app: it takes a `tn`, and leads to the phone page."""
        order = self.box.network.order(bill_no=f'HY{tn}', gateway=self.code)
        if not order or order['scene'] != 'app':
            return Response("no such tn", status=404)
        return redirect(f"/q/{order['token']}")

    def handle(self, request, path):
        """Override to answer `v1/<call>` and the files that statements are."""
        if path == 'app' and request.method == 'GET':
            return self._app(request.args.get('tn', ''))
        if path.startswith('files/'):
            return statement.serve(self.box, path[len('files/'):])
        name = path[len('v1/'):].lower() if path.startswith('v1/') else ''
        if name not in fields.CALLS:
            return Response("no such interface", status=404)
        if request.method != 'POST':
            return Response("POST only", status=405, headers={'Allow': 'POST'})
        started = time.time()
        call = Call(self.box, *fields.CALLS[name])
        fault, response, error = None, None, ''
        try:
            self._read(call, request)
        except fields.Invalid as invalid:
            error = invalid
        try:
            self.box.network.advance()
            if not error:
                self.bind_next(call.operation, str(call.business.get('out_trade_no') or ''))
                fault = self.box.faults.take_one('call', call.operation, call.keys)
            response = self._answer(call, request, fault, error)
        finally:
            self._record(call, request, fault, response, started)
        return response

    # === READING === #

    def _read(self, call, request):
        """Read body and business fields without trusting them yet."""
        if request.mimetype != 'application/json':
            raise fields.Invalid('E0002', "Content-Type must be application/json")
        if (request.content_length or 0) > MAX_BODY:
            raise fields.Invalid('E0002', "body too large")
        raw = request.get_data()
        try:
            try:
                text = raw.decode('utf-8')
            except UnicodeDecodeError:
                text, call.encoding = raw.decode('gb18030'), 'gb18030'
            public = json.loads(text)
        except (ValueError, RecursionError):
            raise fields.Invalid('E0002', "body is no JSON") from None
        if not isinstance(public, dict):
            raise fields.Invalid('E0002', "body is no JSON object")
        call.public = public
        try:
            business = json.loads(public.get('biz_content') or '')
        except (ValueError, TypeError, RecursionError):
            business = {}
        call.business = business if isinstance(business, dict) else {}

    def _authenticate(self, call):
        """Find the merchant, verify the signature, check the public fields."""
        public = call.public
        app_id, mch_uid = public.get('app_id'), public.get('mch_uid')
        if app_id:
            call.merchant = merchants.find(app_id=app_id, partner=False)
        elif call.operation in WITHOUT_APP and mch_uid:
            call.merchant = merchants.find(mch_uid=mch_uid, partner=False)
        else:
            raise fields.Invalid('E0001', 'app_id')
        if not call.merchant:
            raise fields.Invalid('E0003')
        if not public.get('sign'):
            raise fields.Invalid('E0001', 'sign')
        signers = [call.merchant]
        if public.get('isv_app_id'):
            partner = merchants.find(app_id=public['isv_app_id'], partner=True)
            if not partner or partner.mch_uid != public.get('isv_mch_uid'):
                raise fields.Invalid('E0003', 'isv_app_id / isv_mch_uid')
            # whose key signs in partner mode is not documented: both are taken
            signers.append(partner)
        encodings = ('utf-8', call.encoding)
        for signer in signers:
            if signing.verify(public, signer.key, encodings):
                call.key_of = signer.name
        if not call.key_of:
            raise fields.Invalid('E0006')
        if mch_uid and call.merchant.mch_uid != mch_uid:
            raise fields.Invalid('E0002', "mch_uid does not belong to app_id")
        if call.merchant.state == 'not_approved':
            raise fields.Invalid('E0004')
        if call.merchant.state == 'not_enabled':
            raise fields.Invalid('E0005')

    def _check_public(self, call, clock_error=0):
        table = dict(fields.PUBLIC)
        if call.operation in WITHOUT_APP:
            table['app_id'] = (*table['app_id'][:2], False)
        values = fields.check(table, call.public)
        if values['method'] != call.method:
            raise fields.Invalid('E0002', f"method must be {call.method} here")
        if values['version'] != '1.0':
            raise fields.Invalid('E0002', "version must be 1.0")
        if values['sign_type'].upper() != 'MD5':
            raise fields.Invalid('E0002', "sign_type must be MD5")
        if values['charset'].upper() not in ENCODINGS:
            raise fields.Invalid('E0002', f"charset must be one of {', '.join(ENCODINGS)}")
        if call.encoding != 'utf-8' and values['charset'].upper() == 'UTF-8':
            raise fields.Invalid('E0002', "body is not UTF-8")
        now = time.time() + clock_error
        tolerance = self.box.settings['clock_tolerance']
        try:
            sent = calendar.timegm(time.strptime(values['timestamp'], '%Y%m%d%H%M%S')) - 8 * 3600
        except ValueError:
            raise fields.Invalid('E0002', "timestamp (no such time)") from None
        if abs(now - sent) > tolerance:
            raise fields.Invalid(
                'E0002',
                f"timestamp 与服务器时间相差过大 (differs by {sent - now:+.0f} s, allowed"
                f" {tolerance:.0f} s; server time {notice.compact_time(now)})",
            )
        try:
            business = json.loads(values['biz_content'])
        except ValueError:
            business = None
        if not isinstance(business, dict):
            raise fields.Invalid('E0002', "biz_content must be a JSON object in a string")

    # === ANSWERING === #

    def _answer(self, call, request, fault, error):
        if error:
            return call.failure(error.code, str(error).partition('：')[2])
        if fault and fault['moment'] == 'before':
            struck = self._strike_before(call, request, fault)
            if struck:
                return struck
        try:
            self._authenticate(call)
            clock = fault['options'].get('seconds', 3600) if _is(fault, 'clock') else 0
            self._check_public(call, clock)
            values = fields.check(fields.BUSINESS[call.operation], call.business)
            content = operations.run(self.box, call, values)
        except fields.Invalid as invalid:
            response = call.failure(invalid.code, str(invalid).partition('：')[2])
        except Refused as refused:
            response = call.failure(*REFUSALS[refused.kind])
        else:
            content = {'result_code': 'SUCCESS', **content}
            if fault and fault['moment'] == 'after':
                return self._strike_after(call, request, fault, content)
            return call.answer(content)
        if fault and fault['moment'] == 'after':
            return exchange.strike(request, fault, response, self.box.stopping) or response
        return response

    def _strike_before(self, call, request, fault):
        """Apply a fault before anything is booked; None when the call goes on."""
        name = fault['fault']
        if name in ('clock', 'slow'):
            if name == 'slow':
                self.box.stopping.wait(fault['options'].get('seconds', 5))
            return None
        if name in FAULT_CODES or name == 'not_found':
            if name not in ('unknown_app', 'wrong_key'):
                self._authenticate(call)
            if name == 'not_found':
                return call.failure('E0002', operations.NOT_FOUND)
            return call.failure(FAULT_CODES[name], "fault")
        response = exchange.strike(request, fault, None, self.box.stopping)
        if response is None:
            # a fault of the answer has nothing to spoil before booking: an empty system error
            self._authenticate(call)
            response = call.failure('E0007', "fault")
        return response

    def _strike_after(self, call, request, fault, content):
        """Apply a fault to the answer of a call that was booked."""
        name, options = fault['fault'], fault['options']
        if name in FAULT_CODES:
            return call.failure(FAULT_CODES[name], "fault")
        if name == 'foreign_answer':
            content = {**content, 'out_trade_no': 'OTHER0001', 'hy_bill_no': 'HY0000000000000001'}
        elif name == 'wrong_amount':
            difference = options.get('difference', 1)
            content = {
                k: v + difference if k in ('total_fee', 'real_fee', 'refund_fee') and v else v
                for k, v in content.items()
            }
        elif name == 'stale':
            content = operations.stale(content)
        response = call.answer(content, spoil=name)
        return exchange.strike(request, fault, response, self.box.stopping) or response

    def _record(self, call, request, fault, response, started):
        answer = outcome = 'no answer'
        if response is not None:
            answer = outcome = f'HTTP {response.status_code}'
            if response.is_sequence and response.status_code == 200:
                try:
                    content = masked(json.loads(response.get_data().decode('utf-8', 'replace')))
                except ValueError:
                    answer = outcome = 'HTTP 200, no JSON'
                else:
                    answer = to_json(content)
                    outcome = ' '.join(str(content[name]) for name in OUTCOME if content.get(name))
        number = str(call.business.get('out_trade_no') or '').encode('utf-8', 'replace').decode()
        exchange.record(
            self.box, self.code, call.operation, request.path, started, outcome,
            out_trade_no=number[:64], request=to_json(masked(call.public)), answer=answer,
            fault=f"{fault['fault']} {fault['moment']}" if fault else '',
        )


def _is(fault, name):
    return bool(fault) and fault['fault'] == name
