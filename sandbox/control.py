# Part of payment_cn_wallets. License LGPL-3.
"""The control interface under `/control/`: JSON in, JSON out. For tests, demos and the curious."""

import json
import time
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from . import __version__
from .faults import CATALOGUE, FORGERIES, HTTP_OPERATIONS
from .masks import mask, masked, masked_body
from .network import Refused
from .notices import is_loopback
from .wallets import WALLETS

HIDDEN_COLUMNS = ('fingerprint', 'headers')


def iso(seconds):
    """Return a time as ISO 8601 in Beijing time, with milliseconds."""
    if seconds is None:
        return None
    text = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds + 8 * 3600))
    return f"{text}.{int(seconds % 1 * 1000):03d}+08:00"


def readable(row):
    """Return a ledger row for people: times in ISO form, JSON unpacked, codes masked."""
    values = {}
    for name, value in row.items():
        if name in HIDDEN_COLUMNS:
            continue
        if name.endswith('_at'):
            value = iso(value)
        elif name in ('extra', 'options', 'request', 'answer'):
            value = masked(value)
        elif name == 'body':
            name, value = 'fields', masked_body(value)
        elif name in ('code', 'payer_id'):
            value = mask(value)
        values[name] = value
    return values


class Control:
    """The control interface."""

    def __init__(self, app):
        self.app = app
        self.routes = {
            ('GET', 'health'): self._health,
            ('GET', 'merchants'): self._merchants,
            ('GET', 'ledger'): self._ledger,
            ('POST', 'pay'): self._pay,
            ('GET', 'faults'): self._faults,
            ('POST', 'faults'): self._add_fault,
            ('DELETE', 'faults'): self._clear_faults,
            ('GET', 'notices'): self._list_notices,
            ('POST', 'notices'): self._send_notices,
            ('POST', 'refunds'): self._finish_refund,
            ('POST', 'console-refunds'): self._console_refund,
            ('POST', 'payment-codes'): self._payment_code,
            ('GET', 'settings'): self._settings,
            ('POST', 'settings'): self._set,
            ('POST', 'reset'): self._reset,
        }

    def handle(self, request, path):
        """Answer a request; mistakes of the caller are 400, 404 or 409 with `error`."""
        path = path.rstrip('/')
        head, _slash, rest = path.partition('/')
        if request.method == 'GET' and head == 'orders' and rest:
            route, argument = self._order, rest
        else:
            route, argument = self.routes.get((request.method, path)), request
        if not route:
            return self._json({'error': f"no {request.method} /control/{path}"}, 404)
        if request.method == 'POST' and request.get_data() and not request.is_json:
            # a form on some web page can't send this type: it can't reach us through a browser
            return self._json({'error': "Content-Type must be application/json"}, 415)
        try:
            return self._json(route(argument))
        except LookupError as error:
            return self._json({'error': str(error.args[0])}, 404)
        except Refused as error:
            return self._json({'error': str(error), 'kind': error.kind}, 409)
        except (ValueError, TypeError) as error:
            return self._json({'error': str(error)}, 400)

    @staticmethod
    def _json(values, status=200):
        text = json.dumps(values, ensure_ascii=False, indent=1)
        return Response(text, status=status, content_type='application/json; charset=utf-8')

    @staticmethod
    def _body(request, *names):
        values = request.get_json(silent=True) if request.get_data() else {}
        if not isinstance(values, dict):
            raise ValueError("a JSON object is expected")
        for name in values:
            if names and name not in names:
                raise ValueError(f"unknown field: {name}; there are {', '.join(names)}")
        return values

    @staticmethod
    def _time(values, name):
        value = values.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))
                                  or not 0 < value < 10**11):
            raise ValueError(f"{name} is a Unix time in seconds")
        return value

    # === READING === #

    def _health(self, request):
        return {
            'status': 'ok', 'sandbox': 'payment_cn_wallets', 'version': __version__,
            'url': self.app.box.url, 'gateways': sorted(self.app.gateways), 'time': iso(time.time()),
        }

    def _merchants(self, request):
        found = {}
        for gateway in self.app.gateways.values():
            found.update(gateway.merchants())
        return found

    def _full(self, order):
        ledger = self.app.ledger
        notices = ledger.all("SELECT * FROM notices WHERE order_id = ? ORDER BY id", order['id'])
        for notice in notices:
            notice['deliveries'] = [
                readable(row) for row in ledger.all(
                    "SELECT * FROM deliveries WHERE notice_id = ? ORDER BY id", notice['id']
                )
            ]
        charges = ledger.all("SELECT * FROM charges WHERE order_id = ?", order['id'])
        return {
            **readable(order),
            'code_url': f"{self.app.box.url}/q/{order['token']}",
            'charges': [readable(row) for row in charges],
            'refunds': [readable(row) for row in self.app.network.refunds_of(order['id'])],
            'notices': [readable(row) for row in notices],
        }

    def _find(self, values):
        network = self.app.network
        if values.get('code_url'):
            token = urlsplit(str(values['code_url'])).path.rpartition('/')[2]
            order = network.order(token=token)
        elif values.get('out_trade_no'):
            columns = {'out_trade_no': str(values['out_trade_no'])}
            if values.get('gateway'):
                columns['gateway'] = values['gateway']
            order = network.order(**columns)
        else:
            raise ValueError("out_trade_no or code_url is needed")
        if not order:
            raise LookupError("no such order")
        return order

    def _order(self, out_trade_no):
        self.app.network.advance()
        order = self._find({'out_trade_no': out_trade_no})
        calls = self.app.ledger.all(
            "SELECT * FROM calls WHERE out_trade_no = ? ORDER BY id", out_trade_no
        )
        return {**self._full(order), 'calls': [readable(row) for row in calls]}

    def _ledger(self, request):
        self.app.network.advance()
        ledger = self.app.ledger

        def rows(table):
            return [readable(row) for row in ledger.all(f"SELECT * FROM {table} ORDER BY rowid")]

        return {
            'orders': rows('orders'), 'charges': rows('charges'), 'refunds': rows('refunds'),
            'notices': rows('notices'), 'deliveries': rows('deliveries'), 'calls': rows('calls'),
            'shop_codes': rows('shop_codes'), 'payment_codes': rows('payment_codes'),
            'faults': self.app.faults.all(), 'settings': self.app.settings.dump(),
        }

    # === ACTING === #

    def _pay(self, request):
        values = self._body(
            request, 'out_trade_no', 'code_url', 'gateway', 'coupon', 'outcome', 'final', 'paid_at'
        )
        order = self._find(values)
        coupon = values.get('coupon')
        if coupon is not None and (isinstance(coupon, bool) or not isinstance(coupon, int)):
            raise ValueError("coupon is an integer number of fen")
        paid_at = self._time(values, 'paid_at')
        order = self.app.network.pay(
            order['id'], str(values.get('outcome') or 'pay'), coupon,
            final=bool(values.get('final')), paid_at=paid_at,
        )
        return self._full(order)

    def _faults(self, request):
        return {
            'faults': self.app.faults.all(), 'used': self.app.faults.used(),
            'catalogue': {
                name: {'stage': stage, 'operations': list(operations), 'when': moment}
                for name, (stage, operations, moment) in CATALOGUE.items()
            },
            'forgeries': list(FORGERIES), 'operations': list(HTTP_OPERATIONS),
        }

    def _add_fault(self, request):
        return self.app.faults.add(self._body(request))

    def _clear_faults(self, request):
        fault_id = request.args.get('id', type=int)
        return {'removed': self.app.faults.clear(request.args.get('scope'), fault_id)}

    def _list_notices(self, request):
        order = self._find({'out_trade_no': request.args.get('out_trade_no')})
        return {'notices': self._full(order)['notices']}

    def _send_notices(self, request):
        values = self._body(
            request, 'out_trade_no', 'gateway', 'copies', 'forged', 'delay', 'reorder', 'state',
            'notify_url',
        )
        numbers = values.get('out_trade_no')
        numbers = numbers if isinstance(numbers, list) else [numbers]
        orders = [self._find({**values, 'out_trade_no': number}) for number in numbers]
        forged = values.get('forged') or ''
        if forged and forged not in FORGERIES:
            raise ValueError(f"forged must be one of {', '.join(FORGERIES)}")
        copies = values.get('copies', 1)
        if isinstance(copies, bool) or not isinstance(copies, int) or not 1 <= copies <= 32:
            raise ValueError("copies must lie between 1 and 32")
        url = values.get('notify_url')
        if url and not (forged and is_loopback(str(url))):
            raise ValueError("notify_url is for forged notices, and on this machine")
        for order in orders:
            # a gateway tells nothing of some orders; somebody who forges does
            order['notify_url'] = order['notify_url'] or url
            if not order['notify_url']:
                raise ValueError(f"{order['out_trade_no']} has no notify_url")
        state = values.get('state')
        if state not in (None, 'waiting', 'paid', 'failed'):
            raise ValueError("state must be waiting, paid or failed")
        sender = self.app.notices
        options = {'copies': copies, 'forged': forged, 'delay': float(values.get('delay') or 0)}
        if values.get('reorder'):
            orders.reverse()
        deliveries = sender.send_now(orders, state=state, **options)
        if values.get('reorder') and len(orders) == 1:
            # one order alone: what it was before arrives after what it is now
            deliveries += sender.send_now(orders, state='waiting', forged=forged)
        return {'deliveries': deliveries}

    def _finish_refund(self, request):
        values = self._body(request, 'out_refund_no', 'outcome', 'finished_at')
        refund = self.app.network.refund_of(out_refund_no=str(values.get('out_refund_no')))
        if not refund:
            raise LookupError("no such refund")
        outcome = values.get('outcome', 'success')
        if outcome not in ('success', 'failure'):
            raise ValueError("outcome must be success or failure")
        finished_at = self._time(values, 'finished_at')
        self.app.network.finish_refund(refund['id'], outcome, finished_at)
        return readable(self.app.network.refund_of(id=refund['id']))

    def _console_refund(self, request):
        values = self._body(
            request, 'out_trade_no', 'code_url', 'gateway', 'amount', 'out_refund_no', 'processing',
            'notify_url',
        )
        order = self._find(values)
        amount = values.get('amount')
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int)):
            raise ValueError("amount is an integer number of fen")
        url = str(values.get('notify_url') or '')
        if url and not is_loopback(url):
            raise ValueError("notify_url is on this machine")
        gateway = self.app.gateways[order['gateway']]
        return readable(self.app.network.console_refund(
            order, amount, str(values.get('out_refund_no') or ''),
            processing=bool(values.get('processing')),
            tell=lambda order, refund: gateway.console_refund(order, refund, url),
        ))

    def _payment_code(self, request):
        values = self._body(request, 'wallet', 'confirm')
        wallet = values.get('wallet', 'wechat_pay')
        if wallet not in WALLETS:
            raise ValueError(f"wallet must be one of {', '.join(WALLETS)}")
        row = self.app.network.new_payment_code(wallet, bool(values.get('confirm')))
        # the one answer that has to show the code
        return {'code': row['code'], 'wallet': wallet, 'expires_at': iso(row['expires_at'])}

    def _settings(self, request):
        return self.app.settings.dump()

    def _set(self, request):
        self.app.settings.update(self._body(request))
        return self.app.settings.dump()

    def _reset(self, request):
        self.app.ledger.reset()
        return {'status': 'ok'}
