# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay in the sandbox: what it refuses, what it keeps. Requests are signed here by hand."""

import base64
import hashlib
import json
import os
import time

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.server import Sandbox

NATIVE = '/v3/pay/transactions/native'


class Hand:
    """A merchant that signs by hand."""

    def __init__(self, sandbox, merchant):
        self.url = f'{sandbox.url}/wechat_pay'
        self.merchant = merchant
        self.key = load_pem_private_key(merchant['private_key'].encode(), None)
        certificate = load_pem_x509_certificate(merchant['certificate'].encode())
        self.serial = f'{certificate.serial_number:040X}'

    def call(self, method, target, body=b'', *, signed=None, pairs=None, **headers):
        """Send a request; `signed` and `pairs` replace what is signed, and the pairs."""
        stamp = (pairs or {}).get('timestamp', str(int(time.time())))
        signed = target if signed is None else signed
        text = b'\n'.join([
            method.encode(), signed.encode(), stamp.encode(), b'n0nce', body, b''
        ])
        signature = base64.b64encode(self.key.sign(text, PKCS1v15(), hashes.SHA256())).decode()
        values = {
            'mchid': self.merchant['mchid'], 'nonce_str': 'n0nce', 'signature': signature,
            'timestamp': stamp, 'serial_no': self.serial, **(pairs or {}),
        }
        line = ','.join(f'{name}="{value}"' for name, value in values.items())
        sent = {
            'Authorization': f'WECHATPAY2-SHA256-RSA2048 {line}', 'Accept': 'application/json',
            **({'Content-Type': 'application/json'} if body else {}), **headers,
        }
        return requests.request(method, self.url + target, data=body, headers=sent, timeout=10)

    def order(self, listener, number='HAND01', **changes):
        """Return the body of an order."""
        return json.dumps({
            'appid': self.merchant['appid'], 'mchid': self.merchant['mchid'], 'description': '茶',
            'out_trade_no': number, 'notify_url': listener.url, 'amount': {'total': 100}, **changes,
        }).encode()


@pytest.fixture
def hand(sandbox, control):
    """The first merchant."""
    return Hand(sandbox, control.get('merchants')['wechat_pay'])


def test_signed_answer(hand, listener):
    """Test that a right request is answered with the five headers."""
    answer = hand.call('POST', NATIVE, hand.order(listener))
    assert answer.status_code == 200
    key = hand.merchant['public_key_id']
    assert answer.headers['Wechatpay-Serial'] == key
    assert answer.headers['Wechatpay-Signature-Type'] == 'WECHATPAY2-SHA256-RSA2048'


@pytest.mark.parametrize(
    'changes',
    [
        {'pairs': {'signature': 'AAAA'}}, {'pairs': {'serial_no': '1' * 40}},
        {'pairs': {'mchid': '1'}}, {'pairs': {'mchid': '9990000102'}}, {'pairs': {'timestamp': '1'}},
        {'pairs': {'timestamp': 'now'}}, {'pairs': {'extra': '1'}}, {'signed': '/v3/other'},
        {'Authorization': ''}, {'Authorization': 'Bearer x'},
    ],
)
def test_refused_signature(hand, listener, control, changes):
    """Test that what is not rightly signed is refused, unsigned, and books nothing."""
    answer = hand.call('POST', NATIVE, hand.order(listener), **changes)
    assert (answer.status_code, answer.json()['code']) == (401, 'SIGN_ERROR')
    assert 'Wechatpay-Signature' not in answer.headers
    assert control.get('ledger')['orders'] == []


@pytest.mark.parametrize(
    ('changes', 'code'),
    [
        ({'mchid': '9990000102'}, 'PARAM_ERROR'), ({'appid': 'wx1'}, 'APPID_MCHID_NOT_MATCH'),
        ({'description': ''}, 'PARAM_ERROR'), ({'description': 'x' * 128}, 'PARAM_ERROR'),
        ({'description': '🍵'}, 'PARAM_ERROR'), ({'out_trade_no': 'x'}, 'PARAM_ERROR'),
        ({'out_trade_no': 'x y z 1'}, 'PARAM_ERROR'), ({'amount': {'total': 0}}, 'PARAM_ERROR'),
        ({'amount': {'total': '1'}}, 'PARAM_ERROR'), ({'amount': {'total': True}}, 'PARAM_ERROR'),
        ({'amount': {'total': 1, 'currency': 'USD'}}, 'PARAM_ERROR'), ({'attach': None}, 'PARAM_ERROR'),
        ({'notify_url': 'http://127.0.0.1/?a=1'}, 'PARAM_ERROR'),
        ({'notify_url': 'https://shop.example/n'}, 'PARAM_ERROR'),
        ({'time_expire': 'soon'}, 'PARAM_ERROR'), ({'scene_info': {}}, None),
        ({'scene_info': {'payer_client_ip': 'x'}}, 'PARAM_ERROR'),
    ],
)
def test_refused_order(hand, listener, changes, code):
    """Test the checks of an order's fields."""
    answer = hand.call('POST', NATIVE, hand.order(listener, **changes))
    assert answer.json().get('code') == code
    assert answer.status_code == (400 if code else 200)


def test_other_refusals(hand, listener, control, sandbox):
    """Test paths, bodies and headers that the real gateway refuses."""
    assert hand.call('GET', NATIVE).status_code == 404
    assert hand.call('POST', NATIVE, b'{').json()['code'] == 'PARAM_ERROR'
    assert hand.call('POST', NATIVE, b'[]').json()['code'] == 'PARAM_ERROR'
    assert hand.call('POST', NATIVE, hand.order(listener), Accept='text/html').status_code == 400
    assert hand.call('GET', '/v3/certificates').json()['code'] == 'RESOURCE_NOT_EXISTS'
    assert hand.call(
        'POST', '/v3/pay/partner/transactions/native', hand.order(listener)
    ).json()['code'] == 'NO_AUTH'
    hand.call('POST', NATIVE, hand.order(listener))
    query = '/v3/pay/transactions/out-trade-no/HAND01'
    assert hand.call('GET', query).json()['code'] == 'PARAM_ERROR'
    mine = f"{query}?mchid={hand.merchant['mchid']}"
    assert hand.call('GET', mine, signed=query).json()['code'] == 'SIGN_ERROR'
    assert hand.call('GET', mine).json()['trade_state'] == 'NOTPAY'
    other = Hand(sandbox, control.get('merchants')['wechat_pay_other'])
    answer = other.call('GET', f"{query}?mchid={other.merchant['mchid']}")
    assert answer.json()['code'] == 'ORDER_NOT_EXIST'


def test_keys_are_kept(tmp_path):
    """Test that keys survive a restart, in a file that only its owner reads."""
    folder, found = str(tmp_path / 'data'), []
    for _start in range(2):
        running = Sandbox(folder, port=0).start()
        found.append(requests.get(f'{running.url}/control/merchants', timeout=20).json())
        running.stop()
    assert found[0] == found[1]
    assert os.stat(os.path.join(folder, 'wechat_pay.json')).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    'body',
    [
        b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><mch_id>&e;</mch_id></xml>',
        b'<xml>', b'', b'\xff', b'<xml><mch_id>1</mch_id></xml>',
        b'<xml><mch_id>9990000101</mch_id><sign>AA</sign></xml>',
    ],
)
def test_version_2_refusals(sandbox, body):
    """Test that version 2 refuses at its first level, without a signature."""
    answer = requests.post(f'{sandbox.url}/wechat_pay/pay/micropay', data=body, timeout=10)
    assert answer.status_code == 200
    assert b'<return_code><![CDATA[FAIL]]>' in answer.content
    assert b'<sign>' not in answer.content


def test_version_2_md5(hand, control):
    """Test the older signature of version 2, by hand."""
    code = control.post('payment-codes', wallet='wechat_pay')['code']
    fields = {
        'appid': hand.merchant['appid'], 'mch_id': hand.merchant['mchid'], 'nonce_str': 'n',
        'body': '茶', 'out_trade_no': 'HAND02', 'total_fee': '100', 'auth_code': code,
        'spbill_create_ip': '127.0.0.1',
    }
    text = '&'.join(f'{name}={fields[name]}' for name in sorted(fields))
    text += f"&key={hand.merchant['api_key']}"
    fields['sign'] = hashlib.md5(text.encode()).hexdigest().upper()
    inner = ''.join(f'<{name}>{value}</{name}>' for name, value in fields.items())
    answer = requests.post(
        f'{hand.url}/pay/micropay', data=f'<xml>{inner}</xml>'.encode(), timeout=10
    )
    assert '<result_code><![CDATA[SUCCESS]]>' in answer.text
    assert '<total_fee><![CDATA[100]]>' in answer.text
