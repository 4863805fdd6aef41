# Part of payment_cn_wallets. License LGPL-3.
"""A small shop for the tests. It signs and verifies with code of its own."""

import hashlib
import http.server
import itertools
import json
import threading
import time
from urllib.parse import parse_qsl

import requests

METHODS = {
    'ApplyPay': 'heemoney.pay.applypay',
    'DirectPay': 'heemoney.pay.dirctpay',
    'payquery': 'heemoney.pay.query',
    'refund': 'heemoney.pay.refund',
    'refundquery': 'heemoney.pay.refund.query',
    'MerchQRCode': 'heemoney.merch.qrcode.create',
    'MerchOutAmtQuery': 'heemoney.outamt.query',
    'MerchBillReport': 'heemoney.bill.download',
}


def beijing(seconds=None, pattern='%Y%m%d%H%M%S'):
    """Return a time in Beijing."""
    return time.strftime(pattern, time.gmtime((seconds or time.time()) + 8 * 3600))


def digest(values, key, empty=False):
    """Return the signature, from the vendor's rules page."""
    names = [name for name in values if name != 'sign' and (empty or values[name] not in ('', None))]
    text = ''.join(f'{name}={values[name]}&' for name in sorted(names)) + 'key=' + key
    return hashlib.md5(text.encode()).hexdigest().upper()


def until(condition, seconds=5.0):
    """Wait for a condition and return its value."""
    end = time.time() + seconds
    while time.time() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Control:
    """The control interface, where every mistake is an assertion."""

    def __init__(self, url):
        self.url = url

    def get(self, path):
        """GET and return the JSON."""
        answer = requests.get(f'{self.url}/control/{path}', timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, expect=200, **values):
        """POST and return the JSON."""
        answer = requests.post(f'{self.url}/control/{path}', json=values, timeout=60)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def delete(self, path):
        """DELETE and return the JSON."""
        answer = requests.delete(f'{self.url}/control/{path}', timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Client:
    """A shop's side of the protocol."""

    _numbers = itertools.count(1)

    def __init__(self, url, merchant, notify_url):
        self.url = url
        self.merchant = merchant
        self.notify_url = notify_url
        self.http = requests.Session()

    def envelope(self, path, business, key=None, empty=False, **public):
        """Return the signed body of a request; a public field of None is left out."""
        values = {
            'method': METHODS[path], 'version': '1.0', 'app_id': self.merchant['app_id'],
            'mch_uid': self.merchant['mch_uid'], 'charset': 'UTF-8', 'timestamp': beijing(),
            'biz_content': json.dumps(business, ensure_ascii=False), 'sign_type': 'MD5', **public,
        }
        values = {name: value for name, value in values.items() if value is not None}
        values.setdefault('sign', digest(values, key or self.merchant['key'], empty))
        return values

    def send(self, path, body, timeout=10):
        """Post a body to the gateway."""
        return self.http.post(f'{self.url}/huishouyin/v1/{path}', json=body, timeout=timeout)

    def call(self, path, business=None, timeout=10, **public):
        """Call the gateway and return the fields of the answer, its signature verified."""
        answer = self.send(path, self.envelope(path, business or {}, **public), timeout)
        assert answer.status_code == 200
        assert answer.headers['X-Sandbox'] == 'payment_cn_wallets'
        values = answer.json()
        if values['return_code'] == 'SUCCESS':
            key = public.get('key') or self.merchant['key']
            assert values['sign'] == digest(values, key)
        return values

    def number(self):
        """Return a fresh order number."""
        return f'T{next(self._numbers):06d}'

    def order(self, out_trade_no=None, channel='WX_NATIVE', fee=1200, **more):
        """Place an order."""
        business = {
            'out_trade_no': out_trade_no or self.number(), 'subject': '龙井茶', 'total_fee': fee,
            'channel_type': channel, 'client_ip': '127.0.0.1', 'notify_url': self.notify_url,
        }
        public = {name: more.pop(name) for name in ('timeout', 'key') if name in more}
        business.update(more)
        return self.call('ApplyPay', business, **public)

    def charge(self, code, out_trade_no=None, fee=500, **more):
        """Charge a payment code."""
        business = {
            'out_trade_no': out_trade_no or self.number(), 'subject': '收银台', 'total_fee': fee,
            'client_ip': '127.0.0.1', 'auth_bar_code': code, **more,
        }
        return self.call('DirectPay', business)

    def query(self, out_trade_no):
        """Query an order."""
        return self.call('payquery', {'out_trade_no': out_trade_no})

    def refund(self, out_trade_no, out_refund_no, fee):
        """Refund a part of an order."""
        return self.call('refund', {
            'out_trade_no': out_trade_no, 'out_refund_no': out_refund_no, 'refund_fee': fee,
        })

    def refund_status(self, out_refund_no):
        """Return the state of a refund."""
        return self.call('refundquery', {'out_refund_no': out_refund_no})['refund_status']


class Listener:
    """A shop's notice address."""

    def __init__(self, port=0):
        self.answers = []  # (status, body) for the next notices; afterwards 200 ok
        self.received = []  # (time, headers, raw body)
        self.delay = 0.0
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                listener.received.append((time.time(), dict(self.headers), body))
                time.sleep(listener.delay)
                status, text = listener.answers.pop(0) if listener.answers else (200, b'ok')
                self.send_response(status)
                self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64

        self._server = Server(('127.0.0.1', port), Handler)
        self.port = self._server.server_port
        self.url = f'http://127.0.0.1:{self.port}/notice'
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def notices(self):
        """Return the fields of what was received, form and JSON alike."""
        found = []
        for _at, headers, body in list(self.received):
            if 'json' in headers['Content-Type']:
                found.append(json.loads(body))
            else:
                found.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        return found

    def wait(self, count, seconds=5.0):
        """Wait for so many notices and return their fields."""
        until(lambda: len(self.received) >= count, seconds)
        return self.notices()
