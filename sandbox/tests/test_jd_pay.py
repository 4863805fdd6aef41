# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's server, with a client that signs by the rules on its own."""

import base64
import hashlib
import json
import os
import re
import stat
import zipfile
from io import BytesIO

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from sandbox.jd_pay import crypto
from sandbox.tests.shop import beijing, until

# JD's demo keys, a form that JD signed with them (vector F1), and a block of 3DES
DES_KEY = 'ta4E/aspLA3lgFGKmNDNRYU92RkZ4w2t'
JD_PUBLIC = (
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCKE5N2xm3NIrXON8Zj19GNtLZ8xwEQ6uDIyrS3S03UhgBJMkGl4m'
    'sfq4Xuxv6XUAN7oU1XhV3/xtabr9rXto4Ke3d6WwNbxwXnK5LSgsQc1BhT5NcXHXpGBdt7P8NMez5qGieOKqHGvT0q'
    'vjyYnYA29a8Z4wzNR7vAVHp36uD5RwIDAQAB'
)
F1_SIGN = (
    'hO5dwBI6P9jpcPComYNzXct5P5Y2yHI4awojnp1xh1AaJseqegga5VsTV9GMlypXio8wK4PztvvPU4z14YMka0PDVk'
    'zuaA9LV7nPwbQQPj+0tT1F7kiVLIhk//Er2XtzNH93CwReKY9YZEP9NIsgaLTbdK6JAdQiOQyz6CN7dDY='
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class Shop:
    """A shop's side of the protocol."""

    def __init__(self, url, merchant, notify_url):
        self.url, self.merchant, self.notify_url = url, merchant, notify_url
        self.des = base64.b64decode(merchant['des_key'])
        self.private = serialization.load_der_private_key(
            base64.b64decode(merchant['private_key']), None
        )
        self.public = serialization.load_der_public_key(base64.b64decode(merchant['jd_public_key']))

    def body(self, key=None, des=None, **fields):
        number = self.merchant['merchant']
        text = f'{HEAD}<jdpay><version>V2.0</version><merchant>{number}</merchant>'
        text += ''.join(f'<{name}>{value}</{name}>' for name, value in fields.items()) + '</jdpay>'
        sign = crypto.sign(text, key or self.private)
        text = text.replace('</jdpay>', f'<sign>{sign}</sign></jdpay>')
        cipher = base64.b64encode(crypto.des(text, des or self.des).encode()).decode()
        return (
            f'{HEAD}<jdpay><version>V2.0</version><merchant>{number}</merchant>'
            f'<encrypt>{cipher}</encrypt></jdpay>'
        )

    def send(self, name, body):
        return requests.post(
            f'{self.url}/jd_pay/paygate/service/{name}', data=body.encode(), timeout=10,
            headers={'Content-Type': 'application/xml'},
        ).text

    def call(self, name, **fields):
        """Return the inner text of the answer, verified, or its unsigned code."""
        answer = self.send(name, self.body(**fields))
        if '<encrypt>' not in answer:
            return re.search('<code>(.*)</code>', answer)[1]
        return self.open(answer)

    def open(self, answer):
        cipher = re.search('<encrypt>(.*)</encrypt>', answer, re.DOTALL)[1]
        text = crypto.undes(base64.b64decode(cipher).decode(), self.des)
        sign = re.search('<sign>(.*)</sign>', text, re.DOTALL)
        signed = text.replace(sign[0], '')
        assert crypto.verify(signed, sign[1].replace('\n', ''), self.public)
        return text

    def order(self, number, **more):
        return self.call('uniorder', **{
            'tradeNum': number, 'tradeName': 'tea', 'tradeTime': beijing(), 'amount': '100',
            'orderType': '0', 'currency': 'CNY', 'notifyUrl': self.notify_url, 'userId': 'u',
            'tradeType': 'QR', **more,
        })


@pytest.fixture
def shop(sandbox, control, listener):
    return Shop(sandbox.url, control.get('merchants')['jd_pay'], listener.url)


def test_crypto_agrees_with_jd():
    """Test the sandbox's own code against what JD's code made."""
    key = base64.b64decode(DES_KEY)
    for text, cipher in (
        ('CNY', 'ac7132c57f10d3ce'), ('测试商品', '25fc4ff3e72f364fc1d80691e88fd7df'),
        ('abcd', '89aaf9aa886e1aee'),
    ):
        assert crypto.des(text, key) == cipher
        assert crypto.undes(cipher, key) == text
    public = serialization.load_der_public_key(base64.b64decode(JD_PUBLIC))
    text = 'amount=1&currency=CNY&status=0&tradeNum=dev-1531882041-111&tradeTime=20180718104826'
    assert crypto.verify(text, F1_SIGN, public)
    assert not crypto.verify(text + ' ', F1_SIGN, public)


def test_order_is_paid_and_told(shop, control, listener):
    """Test an order, its payment, its notice and its query."""
    listener.answers.append((200, b'success'))
    assert '<qrCode>http' in shop.order('T1')
    assert '<status>0</status>' in shop.call('query', tradeNum='T1', tradeType='0')
    control.post('pay', out_trade_no='T1')
    until(lambda: listener.received)
    text = shop.open(listener.received[0][2].decode())
    assert '<status>2</status>' in text
    assert 'encoding="UTF-8" ?>' in text
    assert '<status>2</status>' in shop.call('query', tradeNum='T1', tradeType='0')
    until(lambda: control.get('orders/T1')['notices'][0]['state'] == 'delivered')


def test_only_the_exact_word_acknowledges(shop, control, listener):
    """Test that `ok` is not what JD wants."""
    listener.answers += [(200, b'ok'), (500, b'success'), (200, b'success')]
    shop.order('T1')
    control.post('pay', out_trade_no='T1')
    until(lambda: len(listener.received) == 3)


def test_wrong_keys_are_told(shop, control):
    """Test that every signature is checked."""
    other = Shop(shop.url, control.get('merchants')['jd_pay_other'], '')
    for changes, code in (
        ({'key': other.private}, 'SBX0006'), ({'des': other.des}, 'SBX0007'),
    ):
        answer = shop.send('query', shop.body(tradeNum='T1', tradeType='0', **changes))
        assert code in answer
        assert '<encrypt>' not in answer
    assert 'SBX0002' in shop.send('query', '<!DOCTYPE a [<!ENTITY b "c">]><jdpay>&b;</jdpay>')
    assert 'SBX0002' in shop.send('query', 'nothing')
    assert 'SBX0003' in shop.send('query', '<jdpay><merchant>1</merchant></jdpay>')


def test_merchants_see_their_own_orders_only(shop, control):
    """Test isolation."""
    shop.order('T1')
    other = Shop(shop.url, control.get('merchants')['jd_pay_other'], '')
    assert other.call('query', tradeNum='T1', tradeType='0') == 'SBX0010'


@pytest.mark.parametrize(
    ('change', 'code'),
    [
        ({'amount': '1.00'}, 'SBX0002'), ({'amount': ''}, 'SBX0001'), ({'userId': ''}, 'SBX0001'),
        ({'currency': 'USD'}, 'SBX0002'), ({'notifyUrl': 'http://example.com/'}, 'SBX0002'),
        ({'tradeType': 'CUST'}, 'SBX0002'),
    ],
)  # fmt: skip
def test_fields_are_checked(shop, change, code):
    """Test that an order with a wrong field is refused."""
    assert shop.order('T1', **change) == code


def test_revoke_of_an_unpaid_order(shop, control):
    """Test that it can't be paid any more, and that the revoke is found."""
    shop.order('T1')
    revoke = {'oTradeNum': 'T1', 'amount': '100', 'currency': 'CNY', 'tradeTime': beijing()}
    assert '<status>1</status>' in shop.call('revoke', tradeNum='V1', **revoke)
    control.post('pay', expect=409, out_trade_no='T1')
    assert '<status>4</status>' in shop.call('query', tradeNum='T1', tradeType='0')
    found = shop.call('query', tradeNum='V1', tradeType='1', oTradeNum='T1')
    assert '<status>1</status>' in found


def test_revoke_of_a_paid_order_is_a_refund(shop, control):
    """Test that it is listed, once."""
    shop.order('T1')
    control.post('pay', out_trade_no='T1')
    revoke = {'oTradeNum': 'T1', 'amount': '100', 'currency': 'CNY', 'tradeTime': beijing()}
    for _again in range(2):
        shop.call('revoke', tradeNum='V1', **revoke)
    until(lambda: '<status>1</status>' in shop.call('queryRefund', oTradeNum='T1', tradeType='1'))
    assert shop.call('queryRefund', oTradeNum='T1', tradeType='1').count('<refund>') == 1
    assert shop.call('refund', tradeNum='R2', **revoke) == 'SBX0015'


def test_keys_outlive_a_reset_and_belong_to_their_owner(sandbox, control):
    """Test that a configured shop keeps working."""
    before = control.get('merchants')['jd_pay']
    control.post('reset')
    assert control.get('merchants')['jd_pay'] == before
    folder = os.path.dirname(sandbox.app.ledger.one("PRAGMA database_list")['file'])
    mode = os.stat(os.path.join(folder, 'jd_pay_keys.json')).st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_payment_codes_are_kept_out_of_the_ledger(shop, control):
    """Test that nobody finds a code in the dump."""
    code = control.post('payment-codes', wallet='jd_pay')['code']
    text = shop.call('fkmPay', token=code, device='1', tradeNum='P1', tradeName='tea',
                     tradeTime=beijing(), amount='100', currency='CNY')
    assert '<status>2</status>' in text
    assert code not in json.dumps(control.get('ledger'))


def test_bill(shop, control):
    """Test the zip and its rows, and a fault in it."""
    shop.order('T1')
    control.post('pay', out_trade_no='T1')
    name = f"{beijing(pattern='%Y%m%d')}ordercreate_{shop.merchant['merchant']}.zip"
    data = base64.b64encode(json.dumps({'name': name, 'path': '0001/0001'}).encode()).decode()
    form = {
        'data': data, 'owner': shop.merchant['owner'],
        'md5': hashlib.md5((data + shop.merchant['md5_key']).encode()).hexdigest(),
    }

    def lines():
        answer = requests.post(f'{shop.url}/jd_pay/bapi/api/download.do', data=form, timeout=10)
        with zipfile.ZipFile(BytesIO(answer.content)) as archive:
            return archive.read(archive.namelist()[0]).decode('gbk').splitlines()

    assert [line.split(',')[0] for line in lines()] == ['商户订单号', 'T1']
    control.post('faults', fault='extra_row', times=1)
    assert lines()[-1].startswith('EXTRA0001,')
    form['md5'] = '0' * 32
    with pytest.raises(zipfile.BadZipFile):
        lines()
