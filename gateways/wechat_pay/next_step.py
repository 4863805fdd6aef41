# Part of payment_cn_wallets. License LGPL-3.
"""What the payer's side needs to pay an order of WeChat Pay.

Pages: Native下单, H5下单, JSAPI调起支付, 小程序调起支付, APP调起支付.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import quote

from ..base import NextStep, OrderRequest, Scene
from . import codes, signing
from .client import WechatPayClient


def next_step(
    request: OrderRequest, fields: Mapping[str, object], client: WechatPayClient
) -> NextStep | None:
    """Return what the payer's side needs, or None when the answer does not have it.

    :param fields: of the order's response
    """
    scene = request.scene
    name = codes.STEPS.get(scene, 'prepay_id')
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        return None
    if scene == Scene.QR:
        return NextStep(code_url=value)
    if scene == Scene.H5:
        if not value.startswith(('https://', 'http://')):
            return None
        # The one thing that may be added to this address.
        back = f'&redirect_url={quote(request.return_url, safe="")}' if request.return_url else ''
        return NextStep(pay_url=value + (back if '?' in value else back.replace('&', '?', 1)))
    return NextStep(sdk_params=invoke_params(scene, value, client))


def invoke_params(scene: Scene, prepay_id: str, client: WechatPayClient) -> dict[str, str]:
    """Return the signed parameters that open the cashier.

    :param scene: `in_app` (for `getBrandWCPayRequest`), `mini` (for `wx.requestPayment`, which takes
        the same without `appId`; it is signed all the same) or `app` (for the OpenSDK's `PayReq`)
    """
    appid = client.parties.invoking_appid(scene)
    timestamp, nonce = str(int(client.clock().timestamp())), secrets.token_hex(16)
    # With the prefix here, without it in an app: the other way round is refused.
    package = prepay_id if scene == Scene.APP else f'prepay_id={prepay_id}'
    signature = signing.sign(
        client.private_key, signing.lines(appid, timestamp, nonce, package)
    )
    if scene == Scene.APP:
        return {
            'appid': appid, 'partnerid': client.parties.sub_mchid or client.parties.mchid,
            'prepayid': prepay_id, 'package': 'Sign=WXPay', 'noncestr': nonce,
            'timestamp': timestamp, 'sign': signature,
        }
    params = {
        'timeStamp': timestamp, 'nonceStr': nonce, 'package': package, 'signType': 'RSA',
        'paySign': signature,
    }
    return params if scene == Scene.MINI else {'appId': appid, **params}
