# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's doors for the payer's side: the web authorisation, the H5 page, and the cashiers.

`GET jsapi` stands for `getBrandWCPayRequest` of WeChat's own browser, `GET mini` for
`wx.requestPayment` of a mini program, `GET app` for `PayReq` of the OpenSDK: each takes the parameters
that a shop's server signed, checks them as WeChat would, and leads to the phone page. `GET login` stands
for `wx.login`.
"""

import json
import time
from urllib.parse import quote

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from ..notices import is_loopback
from . import crypto, merchants

H5_LIFE = 300  # seconds
NAMES = {'appId', 'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'}
APP_NAMES = {'appid', 'partnerid', 'prepayid', 'package', 'noncestr', 'timestamp', 'sign'}


def answer(server, request, path):
    """Return the response of a door, or None when the path is none."""
    door = {
        'connect/oauth2/authorize': _authorise, 'sns/oauth2/access_token': _token,
        'h5': _h5, 'jsapi': _jsapi, 'mini': _mini, 'app': _app, 'login': _login,
        'sns/jscode2session': _session,
    }.get(path)
    return door and door(server, request)


def _say(words, status=403):
    return Response(words, status=status, content_type='text/plain; charset=utf-8')


def _authorise(server, request):
    args = request.args
    back = args.get('redirect_uri', '')
    if args.get('response_type') != 'code' or not args.get('state') or not is_loopback(back):
        return Response("redirect_uri 参数错误 (10003)", status=400)
    code = ''
    if server.box.settings['payer_tells'] == 'yes':
        code = f"code={server.oauth.new_code(args.get('appid', ''))}&"
    join = '&' if '?' in back else '?'
    return redirect(f"{back}{join}{code}state={quote(args['state'])}", 302)


def _token(server, request):
    appid, secret = request.args.get('appid', ''), request.args.get('secret', '')
    owners = [m for m in merchants.MERCHANTS.values() if appid in (m.appid, m.sub_appid)]
    if not owners:
        content = {'errcode': 40013, 'errmsg': 'invalid appid'}
    elif secret != owners[0].secret('app'):
        content = {'errcode': 40125, 'errmsg': 'invalid appsecret'}
    else:
        content = server.oauth.exchange(appid, request.args.get('code', ''))
    return Response(json.dumps(content), content_type='text/plain')


def _order(server, prepay_id, scene):
    order = server.box.network.order(token=prepay_id.removeprefix('wx'), gateway=server.code)
    if order and prepay_id.startswith('wx') and order['scene'] == scene:
        return order
    return None


def _h5(server, request):
    """The page that an h5_url leads to: it wants to know which site sent the payer."""
    order = _order(server, request.args.get('prepay_id', ''), 'h5')
    if not order or not is_loopback(request.headers.get('Referer', '')):
        return _say("商家参数格式有误，请联系商家解决 (address changed, or no Referer)")
    if 'MicroMessenger' in request.headers.get('User-Agent', ''):
        return _say("请在微信外打开订单，进行支付 (inside WeChat)")
    if time.time() - order['created_at'] > H5_LIFE:
        return _say("支付请求已失效，请重新发起支付 (older than five minutes)")
    back = request.args.get('redirect_url', '')
    if back and is_loopback(back):
        server.box.ledger.run("UPDATE orders SET return_url = ? WHERE id = ?", back, order['id'])
    return redirect(f"/q/{order['token']}")


def _login(server, request):
    """A mini program asks for a code that says who uses it."""
    return Response(server.oauth.new_code(request.args.get('appid', '')), content_type='text/plain')


def _session(server, request):
    args = request.args
    owner = next((m for m in merchants.MERCHANTS.values() if args.get('appid') == m.mini_appid), None)
    if not owner:
        content = {'errcode': 40013, 'errmsg': 'invalid appid'}
    elif args.get('secret') != owner.secret('mini'):
        content = {'errcode': 40125, 'errmsg': 'invalid appsecret'}
    elif args.get('grant_type') != 'authorization_code':
        content = {'errcode': 40002, 'errmsg': 'invalid grant_type'}
    else:
        content = server.oauth.session(args['appid'], args.get('js_code', ''))
    return Response(json.dumps(content), content_type='text/plain')


# === CASHIERS === #


def _jsapi(server, request):
    params = request.args
    package = params.get('package', '')
    order = _order(server, package.removeprefix('prepay_id='), 'in_app')
    if set(params) != NAMES or not package.startswith('prepay_id=') or not order:
        return _say("get_brand_wcpay_request:fail 参数错误 (parameters)")
    if params['signType'] != 'RSA' or not _signed(
        server, order, params['appId'], params['timeStamp'], params['nonceStr'], package,
        params['paySign'],
    ) or params['appId'] == _merchant(order).mini_appid:
        return _say("get_brand_wcpay_request:fail 支付验证签名失败 (signature)")
    return redirect(f"/q/{order['token']}")


def _mini(server, request):
    params = request.args
    package = params.get('package', '')
    order = _order(server, package.removeprefix('prepay_id='), 'in_app')
    if set(params) != NAMES - {'appId'} or not package.startswith('prepay_id=') or not order:
        return _say("requestPayment:fail 参数错误 (parameters)")
    # WeChat knows which mini program calls: its appid is signed and not sent.
    if params['signType'] != 'RSA' or not _signed(
        server, order, _merchant(order).mini_appid, params['timeStamp'], params['nonceStr'], package,
        params['paySign'],
    ):
        return _say("requestPayment:fail 支付验证签名失败 (signature)")
    return redirect(f"/q/{order['token']}")


def _app(server, request):
    params = request.args
    order = _order(server, params.get('prepayid', ''), 'app')
    if set(params) != APP_NAMES or params['package'] != 'Sign=WXPay' or not order:
        return _say("errCode -1 (parameters)")
    number, _slash, sub = order['merchant'].partition('/')
    if params['partnerid'] != (sub or number) or len(params['timestamp']) != 10 or not _signed(
        server, order, params['appid'], params['timestamp'], params['noncestr'], params['prepayid'],
        params['sign'],
    ):
        return _say("errCode -1 (signature)")
    return redirect(f"/q/{order['token']}")


def _merchant(order):
    return merchants.find(order['merchant'].partition('/')[0])


def _signed(server, order, appid, timestamp, nonce, last, signature):
    """Tell whether the merchant signed for the application for which the order was placed."""
    return (
        appid == order['extra'].get('appid')
        and timestamp.isdigit()
        and abs(time.time() - int(timestamp)) < 7200
        and crypto.rsa_verify(
            server.keys.key(_merchant(order).name).public_key(),
            crypto.message(appid, timestamp, nonce, last), signature,
        )
    )
