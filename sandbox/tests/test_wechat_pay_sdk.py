# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay in the sandbox, driven by somebody else's client: `wechatpayv3` from PyPI, unchanged.

Only its host is replaced, after it was made. A merchant with platform certificates downloads them
while being made, so for that one the method that goes there first is told the host.
"""

import datetime
import gzip
import hashlib
import itertools
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from sandbox.tests.shop import until

MODES = ['wechat_pay', 'wechat_pay_certificate', 'wechat_pay_switching', 'wechat_pay_partner']
_numbers = itertools.count(1)


class Shop:
    """The SDK with one merchant's credentials."""

    def __init__(self, sandbox, merchant, listener, monkeypatch):
        host = f'{sandbox.url}/wechat_pay'
        init = Core._init_certificates

        def at_home(core):
            core._gate_way = host
            init(core)

        monkeypatch.setattr(Core, '_init_certificates', at_home)
        self.merchant = merchant
        certificate = load_pem_x509_certificate(merchant['certificate'].encode())
        self.sdk = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE, mchid=merchant['mchid'],
            private_key=merchant['private_key'], appid=merchant['appid'],
            cert_serial_no=f'{certificate.serial_number:040X}', apiv3_key=merchant['api_v3_key'],
            notify_url=listener.url, partner_mode='sub_mchid' in merchant,
            public_key=merchant.get('public_key'), public_key_id=merchant.get('public_key_id'),
            timeout=(3, 5),
        )
        self.sdk._core._gate_way = host
        self.sub = {'sub_mchid': merchant['sub_mchid']} if 'sub_mchid' in merchant else {}

    def call(self, name, *args, expect=200, sub=True, **values):
        """Call the SDK and return what it read. It raises when the signature is wrong."""
        status, text = getattr(self.sdk, name)(*args, **values, **(self.sub if sub else {}))
        assert status == expect, text
        return json.loads(text) if text and not isinstance(text, bytes) else text

    def order(self, **changes):
        """Place an order and return its number and the answer."""
        number = f'SDK{next(_numbers):06d}'
        answer = self.call('pay', '龙井茶', number, {'total': 1234, 'currency': 'CNY'}, **changes)
        return number, answer


@pytest.fixture(params=MODES)
def merchant(request):
    """The name of a merchant."""
    return request.param


@pytest.fixture
def shop(sandbox, control, listener, monkeypatch, merchant):
    """A shop that uses the SDK."""
    return Shop(sandbox, control.get('merchants')[merchant], listener, monkeypatch)


def test_order_query_refund_and_notices(shop, control, listener):
    """Test an order from code to refund; the SDK verifies every answer and both notices."""
    number, answer = shop.order()
    assert answer['code_url'].startswith('http')
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'NOTPAY'
    control.post('pay', out_trade_no=number, coupon=34)
    paid = shop.call('query', out_trade_no=number)
    assert (paid['trade_state'], paid['amount']['total'], paid['amount']['payer_total']) == (
        'SUCCESS', 1234, 1200
    )
    assert shop.call('query', transaction_id=paid['transaction_id'])['out_trade_no'] == number
    listener.wait(1)
    _at, headers, body = listener.received[0]
    notice = shop.sdk.callback(headers, body)
    assert notice['event_type'] == 'TRANSACTION.SUCCESS'
    assert notice['resource']['transaction_id'] == paid['transaction_id']
    refund = {'refund': 200, 'total': 1234, 'currency': 'CNY'}
    accepted = shop.call('refund', f'R{number}', refund, out_trade_no=number)
    assert accepted['status'] in ('PROCESSING', 'SUCCESS')
    done = until(lambda: (
        answer := shop.call('query_refund', f'R{number}')
    )['status'] == 'SUCCESS' and answer)
    assert done['amount']['refund'] == 200
    listener.wait(2)
    _at, headers, body = listener.received[1]
    notice = shop.sdk.callback(headers, body)
    assert (notice['event_type'], notice['resource']['refund_status']) == (
        'REFUND.SUCCESS', 'SUCCESS'
    )
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'REFUND'


def test_close(shop):
    """Test that an order is closed, and that a closed one cannot be placed again."""
    number, _answer = shop.order()
    assert not shop.call('close', number, expect=204)
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'CLOSED'
    assert shop.call('query', out_trade_no='NOBODY1', expect=404)['code'] == 'ORDER_NOT_EXIST'


def test_payment_codes(shop, control):
    """Test codepay: at once, with a password, and reverse."""
    control.post('settings', earliest_reverse=0)
    scene = {'store_info': {'out_id': '1'}}
    for confirm, status in ((False, 200), (True, 202)):
        number = f'SDK{next(_numbers):06d}'
        code = control.post('payment-codes', wallet='wechat_pay', confirm=confirm)['code']
        answer = shop.call(
            'pay', 'Tea', number, {'total': 100, 'currency': 'CNY'}, payer={'auth_code': code},
            scene_info=scene, pay_type=WeChatPayType.CODEPAY, expect=status,
        )
        assert answer['trade_state'] == ('USERPAYING' if confirm else 'SUCCESS')
        assert shop.call('codepay_reverse', number)['out_trade_no'] == number
        assert shop.call('query', out_trade_no=number)['trade_state'] == 'REVOKED'


@pytest.mark.parametrize('merchant', ['wechat_pay'], indirect=True)
def test_forged_notices_and_answers(shop, control, listener):
    """Test that the SDK, too, refuses what is not the platform's."""
    number, _answer = shop.order()
    control.post('notices', out_trade_no=number, forged='wrong_key')
    _at, headers, body = listener.received[-1]
    assert not shop.sdk.callback(headers, body)
    control.post('faults', fault='bad_signature', scope=number, times=1)
    with pytest.raises(Exception, match='verify'):
        shop.call('query', out_trade_no=number)
    other = control.get('merchants')['wechat_pay_other']['private_key']
    shop.sdk._core._private_key = load_pem_private_key(other.encode(), None)
    assert shop.call('query', out_trade_no=number, expect=401)['code'] == 'SIGN_ERROR'


@pytest.mark.parametrize('merchant', ['wechat_pay'], indirect=True)
def test_bill(shop, control):
    """Test that the SDK fetches a bill, packed, whose checksum is that of the unpacked file."""
    number, _answer = shop.order()
    control.post('pay', out_trade_no=number)
    beijing = datetime.timezone(datetime.timedelta(hours=8))
    day = datetime.datetime.now(beijing).date().isoformat()
    answer = shop.call('trade_bill', day)
    packed = shop.call('download_bill', answer['download_url'], sub=False)
    content = gzip.decompress(packed)
    assert hashlib.sha1(content).hexdigest() == answer['hash_value']
    assert number in content.decode('utf-8-sig')
