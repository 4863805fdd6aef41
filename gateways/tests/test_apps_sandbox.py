# Part of payment_cn_wallets. License LGPL-3.
"""The shop's app and mini program: what SDKs are handed opens the wallet, and nothing else does."""

import alipay_sandbox
import jd_pay_sandbox
import pytest
import qq_wallet_sandbox
import requests
from huishouyin_sandbox import an_order
from jd_pay_sandbox import jd, make_jd  # noqa: F401

from gateways.base import CallFailed, Device, Outcome, ReasonKind, Scene, UnsupportedOperation, Wallet

NOWHERE = {'allow_redirects': False, 'timeout': 5}
MINI_APPID = 'wxmini0000000001'
IN_PROGRAM = 'oSandboxMiniProgram00000001'


def opens(sandbox, door, params):
    """Return the status with which a wallet meets what it is handed: 302 leads to its cashier."""
    return requests.get(f'{sandbox.url}/{door}', params=params, **NOWHERE).status_code


def cannot_be_changed(sandbox, door, params, names=None):
    """Assert that a wallet opens for these parameters, and for no other ones."""
    assert opens(sandbox, door, params) == 302
    for name in names or params:
        assert opens(sandbox, door, {**params, name: '1' + params[name]}) in (403, 404), name
        missing = {key: value for key, value in params.items() if key != name}
        assert opens(sandbox, door, missing) in (403, 404), name


def is_paid(control, gateway, order):
    control.pay(order.out_trade_no)
    result = gateway.query(order.out_trade_no)
    assert (result.outcome, result.amount) == (Outcome.PAID, order.amount)


def test_what_is_offered_to_apps(make_wechat, make_alipay, make_qq, make_jd, make_shop):  # noqa: F811
    """Test that a scene is offered where the credentials suffice for it."""
    table = [
        (make_wechat(), Wallet.WECHAT_PAY, [True, True]),
        (make_alipay(), Wallet.ALIPAY, [True, True]),
        (make_qq(), Wallet.QQ_WALLET, [True, False]),
        (make_qq(app_key=''), Wallet.QQ_WALLET, [False, False]),
        (make_jd(), Wallet.JD_PAY, [True, False]),
        (make_jd(md5_key=''), Wallet.JD_PAY, [False, False]),
        (make_shop(), Wallet.UNIONPAY, [True, False]),
        (make_shop(mini_appid=MINI_APPID), Wallet.WECHAT_PAY, [False, True]),
        (make_shop(), Wallet.WECHAT_PAY, [False, False]),
    ]
    for gateway, wallet, offered in table:
        found = [gateway.offers(wallet, scene, Device.PHONE) for scene in (Scene.APP, Scene.MINI)]
        assert found == offered, gateway.code


# === WECHAT PAY === #


@pytest.mark.parametrize('merchant', ['wechat_pay', 'wechat_pay_partner'])
def test_wechat_app(make_wechat, sandbox, control, merchant):
    """Test that `PayReq` is signed for the app's own appid."""
    shop = make_wechat(merchant)
    order = an_order(scene=Scene.APP)
    params = dict(shop.order(order).next_step.sdk_params)
    assert params['appid'].startswith('wxapp')
    cannot_be_changed(sandbox, 'wechat_pay/app', params)
    is_paid(control, shop, order)


@pytest.mark.parametrize('merchant', ['wechat_pay', 'wechat_pay_partner'])
def test_wechat_mini_program(make_wechat, sandbox, control, merchant):
    """Test that `wx.requestPayment` is signed for the mini program, whose appid is not in it."""
    shop = make_wechat(merchant)
    order = an_order(scene=Scene.MINI, payer_id=IN_PROGRAM)
    params = dict(shop.order(order).next_step.sdk_params)
    assert set(params) == {'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'}
    cannot_be_changed(sandbox, 'wechat_pay/mini', params)
    is_paid(control, shop, order)


def test_wechat_scenes_are_not_mixed_up(wechat, make_wechat, sandbox):
    """Test that neither openids nor parameters of one application open the other one."""
    for scene, payer in ((Scene.MINI, 'oSandboxWeChatPayer000000001'), (Scene.IN_APP, IN_PROGRAM)):
        assert wechat.order(an_order(scene=scene, payer_id=payer)).outcome == Outcome.REFUSED
    with pytest.raises(ValueError, match='openid'):
        wechat.order(an_order(scene=Scene.MINI))
    inside = wechat.order(an_order(scene=Scene.IN_APP, payer_id='oSandboxWeChatPayer000000001'))
    bare = {name: value for name, value in inside.next_step.sdk_params.items() if name != 'appId'}
    assert opens(sandbox, 'wechat_pay/mini', bare) == 403
    # Without appids of their own, the one there is stands for all.
    alone = make_wechat(app_appid='', mini_appid='')
    step = alone.order(an_order(scene=Scene.APP)).next_step
    assert step.sdk_params['appid'] == alone.credentials['appid']


def test_wechat_login(wechat, make_wechat, sandbox):
    """Test that the code of `wx.login` tells who uses the mini program, once."""
    def login(appid):
        return requests.get(f'{sandbox.url}/wechat_pay/login', params={'appid': appid}, **NOWHERE).text
    code = login(wechat.credentials['mini_appid'])
    assert wechat.payer_of_login(code) == IN_PROGRAM
    for wrong in (code, login(wechat.credentials['appid'])):
        with pytest.raises(CallFailed) as failed:
            wechat.payer_of_login(wrong)
        assert failed.value.reason.kind == ReasonKind.BAD_CODE
    with pytest.raises(CallFailed) as failed:
        make_wechat(mini_app_secret='x' * 32).payer_of_login(login(wechat.credentials['mini_appid']))
    assert failed.value.reason.kind == ReasonKind.BAD_KEY
    for code, shop in (('<script>', wechat), ('good', make_wechat(mini_app_secret=''))):
        with pytest.raises(ValueError, match=r'code|mini_app_secret'):
            shop.payer_of_login(code)


# === ALIPAY === #


def test_alipay_app(alipay, sandbox, control):
    """Test that the order string is placed as it is, and that nothing in it can be changed."""
    order = alipay_sandbox.an_order(scene=Scene.APP)
    text = alipay.order(order).next_step.sdk_params['order_string']

    def wallet(body):
        answer = requests.post(
            f'{sandbox.url}/alipay/gateway.do', data=body.encode(), timeout=5,
            headers={'Content-Type': 'application/x-www-form-urlencoded'},
        ).json()
        return next(value for name, value in answer.items() if 'response' in name)['code']
    assert wallet(text.replace('2021', '2022', 1)) != '10000'
    assert wallet(text.replace('QUICK', 'QUACK')) != '10000'
    assert wallet(text) == '10000'
    is_paid(control, alipay, order)


def test_alipay_mini_program(alipay, make_alipay, sandbox, control):
    """Test that the trade is the mini program's, whoever names the payer in whatever way."""
    for gateway, payer in (
        (alipay, '2088000000000001'), (alipay, '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5'),
        (make_alipay(mini_app_id=''), '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5'),
    ):
        order = alipay_sandbox.an_order(scene=Scene.MINI, payer_id=payer)
        params = dict(gateway.order(order).next_step.sdk_params)
        cannot_be_changed(sandbox, 'alipay/mini', params)
        assert opens(sandbox, 'alipay/jsapi', params) == 403
        is_paid(control, gateway, order)
    inside = alipay.order(alipay_sandbox.an_order(scene=Scene.IN_APP, payer_id='2088000000000001'))
    assert opens(sandbox, 'alipay/mini', dict(inside.next_step.sdk_params)) == 403
    foreign = make_alipay(mini_app_id='2021009999999999')
    order = alipay_sandbox.an_order(scene=Scene.MINI, payer_id='2088000000000001')
    assert foreign.order(order).reason.kind == ReasonKind.NOT_ENABLED
    with pytest.raises(ValueError, match='payer_id'):
        alipay.order(alipay_sandbox.an_order(scene=Scene.MINI))


def test_alipay_login(alipay, make_alipay, sandbox):
    """Test that the keys tell who uses the application that they belong to, and no other one."""
    address = make_alipay(mini_app_id='').authorise_url('http://127.0.0.1:1/back', 'ab12' * 8)
    back = requests.get(address, **NOWHERE).headers['Location']
    code = dict(part.split('=') for part in back.partition('?')[2].split('&'))['auth_code']
    assert make_alipay(mini_app_id='').payer_of_login(code) == '2088000000000001'
    with pytest.raises(ValueError, match='mini program'):
        alipay.payer_of_login(code)


# === THE OTHERS === #


def test_qq_app(qq, sandbox, control):
    """Test that the SDK's parameters are signed with the key of the open platform."""
    order = qq_wallet_sandbox.an_order(scene=Scene.APP)
    params = dict(qq.order(order).next_step.sdk_params)
    cannot_be_changed(sandbox, 'qq_wallet/app', params, ('appId', 'bargainorId', 'tokenId', 'nonce', 'sig'))
    is_paid(control, qq, order)


def test_jd_app(jd, sandbox, control):  # noqa: F811
    """Test that the order is signed with the MD5 key."""
    order = jd_pay_sandbox.an_order(scene=Scene.APP)
    params = dict(jd.order(order).next_step.sdk_params)
    cannot_be_changed(sandbox, 'jd_pay/app', params, ('orderId', 'merchant', 'appId', 'signData'))
    is_paid(control, jd, order)


def test_quickpass_and_mini_program_through_huishouyin(make_shop, sandbox, control):
    """Test what comes from behind the aggregator, which signs for the wallet itself."""
    shop = make_shop(mini_appid=MINI_APPID)
    order = an_order(wallet=Wallet.UNIONPAY, scene=Scene.APP)
    params = dict(shop.order(order).next_step.sdk_params)
    cannot_be_changed(sandbox, 'huishouyin/app', params)
    is_paid(control, shop, order)
    order = an_order(scene=Scene.MINI, payer_id=IN_PROGRAM)
    params = shop.order(order).next_step.sdk_params
    assert {'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'} <= set(params)
    is_paid(control, shop, order)


def test_no_login_where_there_is_none(qq, jd, shop):  # noqa: F811
    """Test that what a protocol lacks is not made up."""
    for gateway in (qq, jd, shop):
        with pytest.raises(UnsupportedOperation):
            gateway.payer_of_login('code')
