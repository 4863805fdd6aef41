# Part of payment_cn_wallets. License LGPL-3.
"""The phone page: what a payer does with a phone, in a browser.

Every page is a full page; with `?live=1` only its living part is answered, which the page's script
fetches every second and swaps in when its ETag has changed.
"""

import hashlib
import io
import mimetypes
import os
import re
import time
from urllib.parse import urlsplit

import jinja2
import qrcode
import qrcode.image.svg
from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect, safe_join
from werkzeug.wrappers import Response

from . import code128
from .network import Refused
from .texts import LANGUAGES, translator
from .wallets import WALLETS

HERE = os.path.dirname(__file__)
COUPONS = (10, 100, 500)  # fen
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def yuan(fen):
    """Return an amount for people: ¥ and two decimals, thousands apart."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def read_yuan(text):
    """Return fen from what a person typed, or None."""
    match = re.fullmatch(r'\s*([0-9]{1,7})(?:[.。]([0-9]{1,2}))?\s*', text or '', re.ASCII)
    if not match:
        return None
    return int(match[1]) * 100 + int((match[2] or '').ljust(2, '0')) or None


def qr_svg(text, label):
    """Return a QR code as an SVG element."""
    image = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    out = io.BytesIO()
    image.save(out)
    svg = out.getvalue().decode()
    svg = svg[svg.index('<svg'):]
    return svg.replace('<svg', f'<svg class="qr" role="img" aria-label="{label}"', 1)


class Phone:
    """The phone page."""

    def __init__(self, app):
        self.app = app
        self.network = app.network
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(os.path.join(HERE, 'templates')), autoescape=True,
            trim_blocks=True, lstrip_blocks=True,
        )
        self.templates.filters['yuan'] = yuan
        self.templates.filters['clock'] = lambda at: time.strftime(
            '%Y-%m-%d %H:%M:%S', time.gmtime(at + 8 * 3600)
        )

    # === ROUTING === #

    def handle(self, request):
        """Answer a page of the phone."""
        if request.method == 'POST':
            origin = request.headers.get('Origin')
            if origin and urlsplit(origin).netloc != request.host:
                return Response("foreign page", status=403)
        elif request.method not in ('GET', 'HEAD'):
            return Response("not here", status=405, headers={'Allow': 'GET, POST'})
        self.network.advance()
        head, _slash, rest = request.path.strip('/').partition('/')
        page = {
            '': self._home, 'q': self._order, 'codes': self._codes, 's': self._shop_code,
            'assets': self._asset, 'language': self._language,
        }.get(head)
        if not page:
            raise NotFound
        return page(request, rest)

    def _tongue(self, request):
        for wish in (request.args.get('lang'), request.cookies.get('sandbox_lang')):
            if wish in LANGUAGES:
                return wish
        best = request.accept_languages.best_match(['en', 'en-US', 'zh', 'zh-CN', 'zh-TW'], 'en')
        return 'zh_CN' if best.startswith('zh') else 'en_US'

    def _render(self, request, template, status=200, **values):
        language = self._tongue(request)
        live = request.args.get('live') == '1'
        translate = translator(language)
        page = self.templates.get_template(template).render(
            t=translate, language=language, languages=LANGUAGES, wallets=WALLETS, live=live,
            base='live.html' if live else 'base.html', path=request.path, qr_svg=qr_svg,
            barcode=code128.svg,
            wallet_name=lambda code: getattr(WALLETS[code], f"name_{language[:2]}"), **values,
        )
        response = Response(page, status=status, mimetype='text/html')
        response.headers['Content-Security-Policy'] = POLICY
        response.headers['Cache-Control'] = 'no-store'
        response.headers['Referrer-Policy'] = 'same-origin'  # keeps Origin on our own forms
        response.headers['Vary'] = 'Accept-Language, Cookie'
        if live:
            response.set_etag(hashlib.sha256(page.encode()).hexdigest()[:24])
            response.make_conditional(request)
        if request.args.get('lang') in LANGUAGES:
            response.set_cookie('sandbox_lang', language, samesite='Lax', max_age=86400 * 365)
        return response

    # === PAGES === #

    def _home(self, request, _rest):
        now = time.time()
        waiting = self.network.orders("state IN ('waiting', 'user_paying')")
        recent = self.network.orders("state NOT IN ('waiting', 'user_paying')")[:20]
        for order in recent:
            order['refunds'] = self.network.refunds_of(order['id'])
        # a code that nobody paid for an hour only clutters the list; its own address still works
        waiting = [order for order in waiting if order['created_at'] > now - 3600][:50]
        shop_codes = self.app.ledger.all("SELECT * FROM shop_codes ORDER BY id DESC LIMIT 10")
        return self._render(
            request, 'home.html', waiting=waiting, recent=recent, shop_codes=shop_codes,
        )

    def _order(self, request, token):
        order = self.network.order(token=token)
        if not order:
            return self._render(request, 'problem.html', status=404, message='not_found')
        if request.method == 'POST':
            return self._act(request, order)
        offered = [coupon for coupon in COUPONS if coupon < order['amount']][-2:]
        coupons = sorted({0, order['coupon'], *offered})
        return self._render(
            request, 'order.html', order=order, coupons=coupons,
            refunds=self.network.refunds_of(order['id']),
            returns=order['return_url'] and order['scene'] in ('h5', 'in_app'),
        )

    def _act(self, request, order):
        coupon = request.form.get('coupon', '')
        try:
            self.network.pay(
                order['id'], request.form.get('action', ''), int(coupon) if coupon else None
            )
        except Refused as error:
            if error.kind not in ('paid', 'expired', 'state', 'failed'):
                return self._render(request, 'problem.html', status=400, message='gone')
        except ValueError:
            return self._render(request, 'problem.html', status=400, message='gone')
        return redirect(f"/q/{order['token']}", 303)

    def _codes(self, request, rest):
        wallet, _slash, number = rest.partition('/')
        if wallet not in WALLETS:
            raise NotFound
        confirm = request.args.get('confirm') == '1'
        if not number:
            # each visit takes a fresh code; it is kept out of addresses, which end up in logs
            row = self.network.new_payment_code(wallet, confirm)
            found = self.app.ledger.one(
                "SELECT rowid AS number FROM payment_codes WHERE code = ?", row['code']
            )
            return redirect(f"/codes/{wallet}/{found['number']}", 303)
        row = number.isdigit() and self.app.ledger.one(
            "SELECT rowid AS number, * FROM payment_codes WHERE rowid = ? AND wallet = ?",
            int(number), wallet,
        )
        if not row:
            return redirect(f"/codes/{wallet}", 303)
        order = self.network.order(id=row['used_by']) if row['used_by'] else None
        return self._render(
            request, 'code.html', row=row, order=order, wallet=WALLETS[wallet],
            expired=row['expires_at'] <= time.time(),
        )

    def _shop_code(self, request, code_no):
        row = self.app.ledger.one("SELECT * FROM shop_codes WHERE code_no = ?", code_no)
        if not row:
            return self._render(request, 'problem.html', status=404, message='not_found')
        wrong = False
        if request.method == 'POST':
            amount = row['amount'] or read_yuan(request.form.get('amount'))
            wallet = request.form.get('wallet')
            if amount and wallet in WALLETS:
                gateway = self.app.gateways[row['gateway']]
                order = gateway.pay_shop_code(row, wallet, amount)
                return redirect(f"/q/{order['token']}", 303)
            wrong = True
        return self._render(
            request, 'shop.html', status=400 if wrong else 200, row=row, wrong=wrong,
            typed=request.form.get('amount', ''), chosen=request.form.get('wallet', 'wechat_pay'),
        )

    def _language(self, request, language):
        target = request.args.get('next', '/')
        if not re.fullmatch(r'/(?!/)[\w/-]*', target):
            target = '/'  # nowhere but here
        response = redirect(target, 303)
        if language in LANGUAGES:
            response.set_cookie('sandbox_lang', language, samesite='Lax', max_age=86400 * 365)
        return response

    def _asset(self, _request, name):
        path = safe_join(os.path.join(HERE, 'assets'), name)
        if not path or not os.path.isfile(path):
            raise NotFound
        with open(path, 'rb') as file:
            content = file.read()
        response = Response(content, mimetype=mimetypes.guess_type(path)[0])
        response.headers['Cache-Control'] = 'no-cache'
        return response
