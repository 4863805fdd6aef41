# Part of payment_cn_wallets. License LGPL-3.
"""What the payer's browser is, as far as it matters for paying: two tables, and what follows from them.

Wallets' apps, and what else opens pages, call themselves what vendors' pages, other projects' tests and
recorded headers say; `tests/test_devices.py` has a User-Agent of each. A browser may lie: all that follows
is what is offered, never what is believed.
"""

import re
from typing import NamedTuple
from urllib.parse import urlsplit


class App(NamedTuple):
    """A kind of browser that does not behave like the phone's own.

    :param str name: for whoever has to say where the payer is
    :param mark: what its User-Agent header has
    :param str wallet: the wallet (`gateways.enums.Wallet`) whose payments work inside of it, or ''
    :param bool shuts_out: whether the other wallets can't be opened from inside of it
    """

    name: str
    mark: re.Pattern
    wallet: str = ''
    shuts_out: bool = False


# The first mark that fits counts. An app that has the mark of another one stands before that: WeCom and
# the web-view of a mini program are in the name of WeChat, and neither can pay by it (WeChat's login is
# refused in the one, JSAPI and H5 in the other). Tencent Docs and TIM are in the name of QQ.
APPS = (
    App('wecom', re.compile(r'wxwork/', re.I), '', shuts_out=True),
    App('mini_program', re.compile(r'MicroMessenger.*\bminiProgram\b(?!Env)'), '', shuts_out=True),
    App('wechat', re.compile(r'MicroMessenger'), 'wechat_pay', shuts_out=True),
    # Taobao, DingTalk and others of the same maker say "AliApp" only.
    App('alipay', re.compile(r'AlipayClient'), 'alipay', shuts_out=True),
    App('tencent_docs', re.compile(r'TencentDocs/|TENCENT_DOCS')),
    App('tim', re.compile(r'\bTIM/')),
    App('qq', re.compile(r' QQ/'), 'qq_wallet', shuts_out=True),
    # JD's lite app begins with "jdltapp": an ordinary browser as far as is known.
    App('jd', re.compile(r'^jdapp;|\bjdapp;'), 'jd_pay', shuts_out=True),
    # 云闪付, and the apps of banks that follow UnionPay's standard: "UnionPay/<version> <mark>".
    App('unionpay', re.compile(r'\(?UnionPay/[\d.]+ \w+'), 'unionpay', shuts_out=True),
)
BROWSER = App('browser', re.compile(''))

# Form -> what says so, the first that fits; the rest are computers. HarmonyOS without Android names its
# form first, and neither Android nor, in its short form, a mobile phone. Firefox names no model.
FORMS = (
    ('computer', re.compile(r'\(PC; (?:Open)?Harmony|WindowsWechat|MacWechat|MiniProgramEnv/(?:Windows|Mac)')),
    ('tablet', re.compile(r'\(Tablet; (?:Open)?Harmony|\biPad\b')),
    ('phone', re.compile(
        r'\(Phone; (?:Open)?Harmony|\biPhone\b|\biPod\b|Android.*\bMobile\b|HarmonyOS.*Mobile'
        r'|Windows Phone|Mobile.*Firefox'
    )),
    ('tablet', re.compile(r'\bAndroid\b|Tablet.*Firefox')),
)


def app_of(user_agent):
    """Return the kind of browser.

    :param str user_agent: User-Agent header
    :rtype: App
    """
    return next((app for app in APPS if app.mark.search(user_agent or '')), BROWSER)


def form_of(user_agent):
    """Return what kind of device the browser runs on: `computer`, `tablet` or `phone`.

    A tablet that asks for pages for computers, as iPads do, is taken for one.

    :param str user_agent: User-Agent header
    :rtype: str
    """
    return next((form for form, mark in FORMS if mark.search(user_agent or '')), 'computer')


def is_phone(user_agent):
    """Tell whether a code on this screen can't be scanned by who looks at it.

    So it is on a phone, and inside a wallet's app on a tablet: there the wallet is on this very screen.

    :param str user_agent: User-Agent header
    :rtype: bool
    """
    form = form_of(user_agent)
    return form == 'phone' or (form == 'tablet' and bool(wallet_browser(user_agent)))


def wallet_browser(user_agent):
    """Return the wallet whose own app shows the page on a phone or tablet, or None.

    No app opens its cashier on a computer.
    """
    wallet = app_of(user_agent).wallet
    return wallet if wallet and form_of(user_agent) != 'computer' else None


def shuts_out(user_agent, wallet):
    """Tell whether a wallet can't be opened from inside the app that shows the page.

    A code can still be shown there, and scanned from another phone.

    :param str user_agent: User-Agent header
    :param str wallet: the wallet that is to pay
    :rtype: bool
    """
    app = app_of(user_agent)
    return app.shuts_out and app.wallet != wallet and form_of(user_agent) != 'computer'


def of_payer(user_agent, wallet):
    """Return where the payer's browser runs: a key of `const.SCENES`.

    :param str user_agent: User-Agent header
    :param str wallet: the wallet that is to pay
    :rtype: str
    """
    if form_of(user_agent) != 'computer':
        if wallet_browser(user_agent) == wallet:
            return 'wallet'
        if shuts_out(user_agent, wallet):
            return 'foreign_wallet'
    return 'phone' if is_phone(user_agent) else 'computer'


def local_path(request):
    """Return the path of the page that the request came from, if it is one of this site.

    :param odoo.http.Request request: current request
    :return: path with query, or False
    :rtype: str|bool
    """
    referrer = urlsplit(request.httprequest.referrer or '')
    if referrer.netloc != request.httprequest.host or not referrer.path.startswith('/'):
        return False
    # '//host' would lead elsewhere.
    path = '/' + referrer.path.lstrip('/')
    return f'{path}?{referrer.query}' if referrer.query else path
