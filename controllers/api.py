# Part of payment_cn_wallets. License LGPL-3.
"""The HTTP interface for the merchant's app and mini program.

One route takes all that is below its prefix: what is not there, what may not be done and what went
wrong is answered as RFC 9457 wants it, never by a page. What can be asked is in `OPERATIONS`, and told
to others by `api_description`.
"""

import hashlib
import ipaddress
import json
import re
import secrets

import psycopg2
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from odoo import http
from odoo.http import request

from .. import const
from ..models.api import callers
from ..tools import problems, throttle
from ..tools.problems import Problem
from . import api_description, shared
from .api_description import PREFIX, SCENES, WALLETS
from .dispatchers import RawBodyDispatcher

_NUMBER = r'(?P<number>[0-9]{28})'
_KEY = re.compile(r'[!-~]{1,255}')
_BEARER = re.compile(r'bearer +([!-~]+)', re.IGNORECASE)
_CHALLENGE = {'WWW-Authenticate': 'Bearer realm="payment_cn_wallets"'}
_HEADERS = {'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff'}


def answer(status, body, headers=None, media_type='application/json'):
    """Return an answer of the interface.

    :param body: an object, or JSON that was made before
    """
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return request.make_response(
        text, headers=[('Content-Type', media_type), *{**_HEADERS, **(headers or {})}.items()],
        status=status,
    )


def refusal(problem):
    """Return the answer that tells of a problem."""
    return answer(problem.status, problem.body(), problem.headers, problems.MEDIA_TYPE)


class ApiDispatcher(RawBodyDispatcher):
    """Tells of what goes wrong in the words of RFC 9457. The route reads the body: it is JSON."""

    routing_type = 'cn_api'

    def handle_error(self, exc):
        """Override of `http` to answer no page, and no traceback."""
        if isinstance(exc, Problem):
            return refusal(exc)
        if isinstance(exc, RequestEntityTooLarge):
            return refusal(Problem('too-large'))
        if isinstance(exc, HTTPException) and exc.response is not None:
            return exc
        return refusal(Problem('internal'))


class CnApiController(http.Controller):

    @http.route(
        [PREFIX, f'{PREFIX}/<path:rest>'], type=ApiDispatcher.routing_type, auth='public', csrf=False, sitemap=False,
        save_session=False, max_content_length=const.APP_MAX_BYTES,
        methods=['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    )
    def cn_api(self, rest=''):
        """Do what is asked, or say why not."""
        operation, values = self._find(rest)
        try:
            return operation(self, **values)
        except Problem as problem:
            request.env.cr.rollback()
            return refusal(problem)

    @staticmethod
    def _find(rest):
        """Return the operation of a path and the request's method, and what the path names.

        :raise Problem: when there is none
        """
        allowed = []
        for method, pattern, operation in OPERATIONS:
            found = pattern.fullmatch(rest)
            if found and request.httprequest.method == method:
                return operation, found.groupdict()
            if found:
                allowed.append(method)
        if allowed:
            raise Problem('method-not-allowed', headers={'Allow': ', '.join(allowed)})
        raise Problem('not-found')

    # === OPERATIONS === #

    def describe(self):
        """Return the description of the interface, for everybody."""
        return answer(200, api_description.document(), {'Cache-Control': 'max-age=300'})

    def create_payment(self):
        """Create the payment of a document, and return what the wallet's SDK takes."""
        caller = self._caller('pay')
        asked = self._read_payment(self._json(), caller)
        return self._once(caller, asked, self._create)

    def show_payment(self, number):
        """Ask what became of a payment."""
        caller = self._caller('ask')
        attempt = caller.attempt(number)
        attempt._cn_app_ask()
        return answer(200, attempt._cn_app_view())

    def cancel_payment(self, number):
        """Have nobody pay a payment any more."""
        caller = self._caller('pay')
        self._json(empty=True)
        caller.attempt(number)
        return self._once(caller, {'number': number}, self._cancel)

    def _create(self, caller, call, asked):
        attempt = call.transaction_id
        if not attempt:
            document = caller.document(asked['kind'], asked['id'], asked['name'])
            attempt = request.env['payment.transaction'].sudo()._cn_app_begin(
                caller, asked['kind'], document, asked['wallet'], asked['scene'], asked['gateway'],
                deposit=asked['deposit'],
            )
            call.transaction_id = attempt
        attempt._cn_app_payer(asked['payer_id'], asked['login_code'])
        attempt = attempt._cn_app_order(asked['client_ip'])
        location = f'{PREFIX}/payments/{attempt.cn_out_trade_no}'
        return 201, attempt._cn_app_view(), {'Location': location}

    @staticmethod
    def _cancel(caller, call, asked):
        attempt = caller.attempt(asked['number'])
        attempt._cn_app_cancel()
        return 200, attempt._cn_app_view(), {}

    # === WHO ASKS === #

    def _caller(self, use):
        """Return who calls: the merchant's server with its key, or a shopper with a session.

        :param str use: `pay` or `ask`
        :rtype: Caller
        :raise Problem: when it is neither, or may not
        """
        dbname, given = request.env.cr.dbname, request.httprequest.headers.get('Authorization')
        refused = shared.visitor_key('app refused')
        if throttle.is_spent(dbname, refused, *const.APP_LIMITS['refused']):
            raise Problem('too-often', headers={'Retry-After': str(const.APP_LIMITS['refused'][1])})
        if given is not None:
            bearer = _BEARER.fullmatch(given.strip())
            key = request.env['payment.cn.app.key'].sudo()._cn_of(bearer[1]) if bearer else None
            if not key:
                throttle.spend(dbname, refused, *const.APP_LIMITS['refused'])
                raise Problem('unauthorised', headers=_CHALLENGE)
            key._cn_note_use()
            caller = callers.Server(request.env, key)
        elif not request.env.user or request.env.user._is_public():
            raise Problem('unauthorised', headers=_CHALLENGE)
        else:
            # A page of another site can't send JSON here without asking first, and is never told that
            # it may; browsers also say where a request comes from.
            if request.httprequest.headers.get('Sec-Fetch-Site') in ('cross-site', 'same-site'):
                raise Problem('cross-site')
            caller = callers.Shopper(request.env)
        kind = 'key' if caller.is_server else 'user'
        if not throttle.spend(dbname, f'app-{caller.name.replace(":", "-")}', *const.APP_LIMITS[kind]):
            raise Problem('too-often', headers={'Retry-After': str(const.APP_LIMITS[kind][1])})
        caller.need(use)
        return caller

    # === WHAT IS ASKED === #

    @staticmethod
    def _json(empty=False):
        """Return the request's body.

        :param bool empty: there need not be one
        :rtype: dict
        :raise Problem: when it is not a JSON object
        """
        body = request.httprequest.get_data(cache=True)
        if empty and not body:
            return {}
        if request.httprequest.mimetype != 'application/json':
            raise Problem('media-type')
        try:
            values = json.loads(body)
        except (ValueError, RecursionError):
            raise Problem('malformed', "The body is not JSON.") from None
        if not isinstance(values, dict):
            raise Problem('malformed', "The body is not a JSON object.")
        return values

    def _read_payment(self, values, caller):
        """Return what is asked for, checked; ids and names are looked up later.

        :rtype: dict
        :raise Problem: when a value is missing, wrong or not known
        """
        known = {'document', 'wallet', 'scene', 'gateway', 'pay', 'payer_id', 'login_code', 'client_ip'}
        if unknown := values.keys() - known:
            raise Problem('invalid', f"Not known: {', '.join(sorted(unknown))[:200]}.")
        document = values.get('document')
        if not isinstance(document, dict) or document.keys() - {'kind', 'id', 'name'} or (
            ('id' in document) == ('name' in document)
        ):
            raise Problem('invalid', "document has a kind, and either an id or a name.")
        record_id = document.get('id')
        if 'id' in document and not (
            isinstance(record_id, int) and not isinstance(record_id, bool) and 0 < record_id < 2 ** 31
        ):
            raise Problem('invalid', "document.id is a positive number.")
        asked = {
            'kind': self._word(document, 'kind', tuple(callers.MODELS)),
            'id': record_id,
            'name': self._text(document, 'name', 64) if 'name' in document else None,
            'wallet': self._word(values, 'wallet', WALLETS),
            'scene': self._word(values, 'scene', SCENES),
            'gateway': self._text(values, 'gateway', 32),
            'deposit': self._word(values, 'pay', ('due', 'deposit'), 'due') == 'deposit',
            'payer_id': self._text(values, 'payer_id', 128),
            'login_code': self._text(values, 'login_code', 512),
            'client_ip': self._text(values, 'client_ip', 45),
        }
        if not caller.is_server and (asked['payer_id'] or asked['client_ip']):
            raise Problem('not-allowed', "payer_id and client_ip are taken from the shop's server only.")
        try:
            asked['client_ip'] = str(ipaddress.ip_address(asked['client_ip'] or '127.0.0.1'))
        except ValueError:
            raise Problem('invalid', "client_ip is not an address.") from None
        if not caller.is_server:
            asked['client_ip'] = shared.client_ip()
        return asked

    @staticmethod
    def _word(values, name, words, default=None):
        value = values.get(name, default)
        if not isinstance(value, str) or value not in words:
            raise Problem('invalid', f"{name} is one of {', '.join(words)}.")
        return value

    @staticmethod
    def _text(values, name, longest):
        value = values.get(name, '')
        if not isinstance(value, str) or (name in values and not value) or len(value) > longest or (
            not value.isprintable()
        ):
            raise Problem('invalid', f"{name} is a text of 1 to {longest} characters.")
        return value

    # === ONCE === #

    def _once(self, caller, asked, do):
        """Do something once for its `Idempotency-Key`, and answer all who ask it again.

        :param Caller caller: who asks
        :param dict asked: what
        :param callable do: takes both, and the record of the request; returns status, body, headers
        """
        key = self._idempotency_key()
        path, cr = request.httprequest.path, request.env.cr
        text = json.dumps([path, asked], sort_keys=True, ensure_ascii=False)
        runner = getattr(request, 'cn_runner', None)
        if not runner:  # Odoo begins anew with a request that collided in the database
            runner = request.cn_runner = secrets.token_hex(8)
        call = request.env['payment.cn.app.call'].sudo()._cn_begin(
            caller.name, key, hashlib.sha256(text.encode()).hexdigest(), runner
        )
        if call.state == 'done':
            media_type = problems.MEDIA_TYPE if call.status >= 400 else 'application/json'
            return answer(
                call.status, call.answer, {**(call.headers or {}), 'Idempotent-Replayed': 'true'}, media_type
            )
        cr.commit()  # pylint: disable=invalid-commit
        try:
            status, body, headers = do(caller, call, asked)
        except Problem as problem:
            cr.rollback()
            if problem.status >= 500:
                call._cn_leave_open()
            else:
                text = json.dumps(problem.body(), ensure_ascii=False)
                call._cn_end(problem.status, text, problem.headers)
            return refusal(problem)
        except psycopg2.Error:
            raise  # begun anew, or left to whoever repeats it
        except Exception:
            cr.rollback()
            call._cn_leave_open()
            cr.commit()  # pylint: disable=invalid-commit
            raise
        text = json.dumps(body, ensure_ascii=False)
        call._cn_end(status, text, headers)
        return answer(status, text, headers)

    @staticmethod
    def _idempotency_key():
        key = request.httprequest.headers.get('Idempotency-Key', '').strip()
        if len(key) > 1 and key[0] == key[-1] == '"':
            key = key[1:-1]  # as the draft has it: a string of RFC 8941
        if not key:
            raise Problem('idempotency-key-missing')
        if not _KEY.fullmatch(key):
            raise Problem('malformed', "Idempotency-Key has 1 to 255 visible characters.")
        return key


OPERATIONS = [
    (method, re.compile(pattern), operation) for method, pattern, operation in (
        ('GET', r'openapi\.json', CnApiController.describe),
        ('POST', r'payments', CnApiController.create_payment),
        ('GET', rf'payments/{_NUMBER}', CnApiController.show_payment),
        ('POST', rf'payments/{_NUMBER}/cancel', CnApiController.cancel_payment),
    )
]
