# Part of payment_cn_wallets. License LGPL-3.
"""What web pages need of gateways: what is offered where, who pays, which page, which cashier."""

import re
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlsplit

import alipay_sandbox
import jd_pay_sandbox
import pytest
import qq_wallet_sandbox
import requests
from huishouyin_sandbox import an_order
from jd_pay_sandbox import jd, make_jd  # noqa: F401

from gateways.base import (
    CallFailed,
    Device,
    NoticeRejected,
    Outcome,
    ReasonKind,
    Scene,
    UnsupportedOperation,
    Wallet,
)

STATE = 'ab12' * 8
BACK = 'http://127.0.0.1:1/back'
FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')
NOWHERE = {'allow_redirects': False, 'timeout': 5}


def offered(gateway, wallet, device):
    """Return the scenes that a gateway offers on a device."""
    scenes = (Scene.IN_APP, Scene.H5, Scene.QR)
    return [scene.value for scene in scenes if gateway.offers(wallet, scene, device)]


def test_what_is_offered_where(make_wechat, make_alipay, make_qq, make_jd, make_shop):  # noqa: F811
    """Test that no scene is offered that protocol, device or credentials don't allow."""
    table = [
        (make_wechat(), Wallet.WECHAT_PAY, ['qr'], ['h5', 'qr'], ['in_app', 'qr']),
        (make_wechat(app_secret=''), Wallet.WECHAT_PAY, ['qr'], ['h5', 'qr'], ['qr']),
        (make_alipay(), Wallet.ALIPAY, ['h5', 'qr'], ['h5', 'qr'], ['in_app', 'h5', 'qr']),
        (make_alipay(web_product='page'), Wallet.ALIPAY, ['h5'], ['h5'], ['in_app', 'h5']),
        (make_qq(), Wallet.QQ_WALLET, ['qr'], ['qr'], ['in_app', 'qr']),
        (make_qq(app_id=''), Wallet.QQ_WALLET, ['qr'], ['qr'], ['qr']),
        (make_jd(), Wallet.JD_PAY, ['h5', 'qr'], ['h5', 'qr'], ['h5', 'qr']),
        (make_jd(), Wallet.WECHAT_PAY, [], [], []),
        (make_shop(), Wallet.JD_PAY, ['h5'], ['h5'], ['h5']),
    ]
    for gateway, wallet, computer, phone, inside in table:
        assert offered(gateway, wallet, Device.COMPUTER) == computer, gateway.code
        assert offered(gateway, wallet, Device.PHONE) == phone, gateway.code
        assert offered(gateway, wallet, Device.WALLET) == inside, gateway.code
    with pytest.raises(ValueError, match='web_product'):
        make_alipay(web_product='other')


# === WHO PAYS === #


def test_who_needs_a_payer(make_wechat, make_alipay, make_qq, make_jd, make_shop):  # noqa: F811
    """Test that a payer is asked for where the order names one, and nowhere else."""
    assert make_wechat().needs_payer(Wallet.WECHAT_PAY, Scene.IN_APP)
    assert make_alipay().needs_payer(Wallet.ALIPAY, Scene.IN_APP)
    assert not make_wechat().needs_payer(Wallet.WECHAT_PAY, Scene.H5)
    for gateway in (make_qq(), make_jd(), make_shop()):
        assert not gateway.needs_payer(Wallet.QQ_WALLET, Scene.IN_APP)
        with pytest.raises(UnsupportedOperation):
            gateway.authorise_url(BACK, STATE)


@pytest.mark.parametrize('wallet', ['wechat', 'alipay'])
def test_payer_comes_back_with_the_browser(request, wallet):
    """Test the way of a browser through the wallet and back, and that it works once."""
    gateway = request.getfixturevalue(wallet)
    answer = requests.get(gateway.authorise_url(BACK, STATE), **NOWHERE)
    parts = urlsplit(answer.headers['Location'])
    assert answer.headers['Location'].startswith(BACK)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query['state'] == STATE
    assert gateway.payer_of(query)
    with pytest.raises(CallFailed) as again:
        gateway.payer_of(query)
    assert again.value.reason.kind == ReasonKind.BAD_CODE
    with pytest.raises(CallFailed) as refused:
        gateway.payer_of({'state': STATE})
    assert refused.value.reason.kind == ReasonKind.CANCELLED
    for code in ('<script>', 'x' * 600, '京东'):
        with pytest.raises(CallFailed):
            gateway.payer_of({'code': code, 'auth_code': code})


# === CASHIERS === #


def test_wechat_verifies_what_its_cashier_gets(wechat, make_wechat, sandbox, control):
    """Test that the parameters open the cashier, and that nothing in them can be changed."""
    door = f'{sandbox.url}/wechat_pay/jsapi'
    for shop in (wechat, make_wechat('wechat_pay_partner')):
        order = an_order(scene=Scene.IN_APP, payer_id='oSandboxWeChatPayer000000001')
        params = dict(shop.order(order).next_step.sdk_params)
        assert requests.get(door, params=params, **NOWHERE).status_code == 302
        for name, value in params.items():
            changed = {**params, name: '1' + value}
            assert requests.get(door, params=changed, **NOWHERE).status_code == 403, name
        bare = {**params, 'package': params['package'].removeprefix('prepay_id=')}
        assert requests.get(door, params=bare, **NOWHERE).status_code == 403
        control.pay(order.out_trade_no)
        assert shop.query(order.out_trade_no).outcome == Outcome.PAID


def test_alipay_knows_what_its_cashier_gets(alipay, sandbox):
    """Test that the trade opens the cashier, and no other number does."""
    order = alipay_sandbox.an_order(scene=Scene.IN_APP, payer_id='2088000000000001')
    params = dict(alipay.order(order).next_step.sdk_params)
    door = f'{sandbox.url}/alipay/jsapi'
    assert requests.get(door, params=params, **NOWHERE).status_code == 302
    for wrong in ({'tradeNO': '1'}, {'tradeNo': params['tradeNO']}, {}):
        assert requests.get(door, params=wrong, **NOWHERE).status_code == 403


# === PAGES === #


def test_wechat_h5_wants_a_referer(wechat):
    """Test that the address works from a page of the shop's, outside of WeChat, and leads back."""
    step = wechat.order(an_order(scene=Scene.H5, return_url=BACK)).next_step
    good = {'Referer': 'http://127.0.0.1:1/'}
    assert requests.get(step.pay_url, headers=good, **NOWHERE).status_code == 302
    assert requests.get(step.pay_url, **NOWHERE).status_code == 403
    inside = {**good, 'User-Agent': 'MicroMessenger/8.0'}
    assert requests.get(step.pay_url, headers=inside, **NOWHERE).status_code == 403
    assert not step.here


def test_alipay_has_a_page_for_computers(alipay):
    """Test that the device chooses the page."""
    for device, method in (
        (Device.COMPUTER, 'alipay.trade.page.pay'), (Device.PHONE, 'alipay.trade.wap.pay'),
        (Device.WALLET, 'alipay.trade.wap.pay'),
    ):
        order = alipay_sandbox.an_order(scene=Scene.H5, device=device)
        step = alipay.order(order).next_step
        assert parse_qs(urlsplit(step.pay_url).query)['method'] == [method]
        assert step.here == (device == Device.COMPUTER)


def test_jd_has_a_page_for_computers(jd, control):  # noqa: F811
    """Test that the device chooses the cashier, and that it posts the payer back, signed."""
    for device, host in ((Device.COMPUTER, 'wepay'), (Device.PHONE, 'h5pay')):
        order = jd_pay_sandbox.an_order(
            scene=Scene.H5, device=device, client_ip='2001:db8::1', return_url=BACK
        )
        step = jd.order(order).next_step
        assert f'/{host}/' in step.pay_url
        assert step.here == (device == Device.COMPUTER)
        assert 'ip' not in step.form
        phone = requests.post(step.pay_url, data=step.form, **NOWHERE).headers['Location']
        control.pay(order.out_trade_no)
        token = phone.rpartition('/')[2]
        page = requests.get(f'{jd.endpoint}/back/{token}', timeout=5).text
        assert f'action="{BACK}"' in page
        form = {name: unescape(value) for name, value in FIELD.findall(page)}
        said = jd.parse_return(form)
        assert (said['tradeNum'], said['amount']) == (order.out_trade_no, str(order.amount))
        with pytest.raises(NoticeRejected):
            jd.parse_return({**form, 'amount': form['tradeNum']})


def test_payer_who_does_not_tell(wechat, alipay, control):
    """Test that a browser that comes back without a code is no payer."""
    control.set(payer_tells='no')
    for gateway in (wechat, alipay):
        answer = requests.get(gateway.authorise_url(BACK, STATE), **NOWHERE)
        query = dict(parse_qsl(urlsplit(answer.headers['Location']).query))
        assert query['state'] == STATE
        with pytest.raises(CallFailed) as failed:
            gateway.payer_of(query)
        assert failed.value.reason.kind == ReasonKind.CANCELLED


def test_qq_has_no_page(qq):
    """Test that a scene that the protocol lacks is not made up."""
    with pytest.raises(UnsupportedOperation):
        qq.order(qq_wallet_sandbox.an_order(scene=Scene.H5))
