# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet's interface, driven by a small shop that signs and writes XML with code of its own."""

import hashlib
import itertools
import re
from xml.sax.saxutils import escape

import pytest
import requests

from sandbox.masks import masked_body
from sandbox.qq_wallet import merchants, message, operations, signing, statement
from sandbox.tests.shop import beijing, until

NOON = 1772337600  # 2026-03-01 12:00:00 in Beijing
FIELD = re.compile(r'<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>', re.DOTALL)
PATHS = {
    'order': 'pay/qpay_unified_order', 'charge': 'pay/qpay_micro_pay',
    'query': 'pay/qpay_order_query', 'close': 'pay/qpay_close_order',
    'reverse': 'pay/qpay_reverse', 'refund': 'pay/qpay_refund',
    'query_refund': 'pay/qpay_refund_query', 'statement': 'sp_download/qpay_mch_statement_down',
}


def fields_of(text):
    return {name: cdata or plain for name, cdata, plain in FIELD.findall(text)}


def digest(fields, key):
    pairs = [f'{k}={v}' for k, v in sorted(fields.items()) if k != 'sign' and v != '']
    return hashlib.md5('&'.join([*pairs, 'key=' + key]).encode()).hexdigest().upper()


class Shop:
    """A shop's side of the protocol."""

    _numbers = itertools.count(1)

    def __init__(self, url, merchant, notify_url):
        self.url, self.merchant, self.notify_url = url, merchant, notify_url

    def post(self, name, body):
        return requests.post(
            f'{self.url}/qq_wallet/cgi-bin/{PATHS[name]}.cgi', data=body, timeout=5
        )

    def call(self, name, **fields):
        """Call the gateway and return the fields of the answer, its signature verified."""
        key = fields.pop('key', self.merchant['api_key'])
        fields = {'mch_id': self.merchant['mch_id'], 'nonce_str': 'n', **fields}
        fields = {k: str(v) for k, v in fields.items() if v is not None}
        fields.setdefault('sign', digest(fields, key))
        body = ''.join(f'<{k}>{escape(v)}</{k}>' for k, v in fields.items())
        answer = self.post(name, f'<xml>{body}</xml>'.encode())
        assert answer.status_code == 200
        if not answer.text.lstrip().startswith('<'):
            return answer.text
        values = fields_of(answer.text)
        if values['return_code'] == 'SUCCESS':
            assert values['sign'] == digest(values, self.merchant['api_key'])
        return values

    def money(self, name, **fields):
        values = {
            'out_trade_no': f'Q{next(self._numbers):05d}', 'body': '龙井茶', 'fee_type': 'CNY',
            'total_fee': 1200, 'spbill_create_ip': '127.0.0.1', 'notify_url': self.notify_url,
            'trade_type': 'NATIVE',
        }
        if name == 'charge':
            values.update(trade_type='MICROPAY', device_info='POS1')
        return {**values, **fields}, self.call(name, **{**values, **fields})

    def give_back(self, name, **fields):
        password = hashlib.md5(self.merchant['op_user_passwd'].encode()).hexdigest()
        operator = {'op_user_id': self.merchant['mch_id'], 'op_user_passwd': password}
        return self.call(name, **{**operator, **fields})


@pytest.fixture
def shop(sandbox, control, listener):
    """A shop with the first merchant's credentials."""
    listener.answers = [(200, b'<xml><return_code>SUCCESS</return_code></xml>')] * 99
    control.post('settings', qq_wait=0)
    return Shop(sandbox.url, control.get('merchants')['qq_wallet'], listener.url)


# === SIGNING === #

KEY = '192006250b4c09247ec02edce69f6a2d'


def test_published_vector():
    """Test the worked example of wiki page 206/1213, in upper and lower case."""
    fields = {
        'appid': 'd930ea5d5a258f4f', 'body': 'test', 'device_info': '1000', 'mch_id': '10000100',
        'nonce_str': 'ibuaiVcKdpRxkhJA', 'attach': '',
    }
    sign = 'C16640534B737634F08566717AD030EB'
    assert signing.sign(fields, KEY) == sign
    assert signing.verify({**fields, 'sign': sign.lower()}, KEY)
    assert not signing.verify({**fields, 'sign': sign, 'more': 'x'}, KEY)
    assert not signing.verify(fields, KEY)


def test_app_vector():
    """Test the app's signature, with Tencent's demo key."""
    params = {
        'appId': '1104606907', 'bargainorId': '1900000109', 'nonce': 'ibuaiVcKdpRxkhJA',
        'tokenId': '6M0a1b2c3d4e5f60718293a4b5c6d7e8',
    }
    key = 'd139ae6fb0175e5659dce2a7c1fe84d5'
    assert signing.app_sig(params, key) == 'q/Cz4VR8cUZWbofIWJgO8UZHSr0='


# === CALLS === #


def test_merchants(control):
    """Test what a shop configures itself from."""
    found = control.get('merchants')
    assert set(found['qq_wallet']) == {
        'mch_id', 'api_key', 'app_id', 'app_key', 'op_user_id', 'op_user_passwd',
    }
    assert len(found['qq_wallet']['api_key']) == 32
    assert found['qq_wallet_other']['api_key'] != found['qq_wallet']['api_key']


def test_order_notice_and_query(shop, control, listener):
    """Test an order from the code to the notice."""
    asked, answer = shop.money('order', attach='a & <b>')
    assert answer['result_code'] == 'SUCCESS'
    number = asked['out_trade_no']
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'NOTPAY'
    control.post('pay', code_url=answer['code_url'], coupon=200)
    found = shop.call('query', out_trade_no=number)
    assert (found['trade_state'], found['total_fee'], found['cash_fee']) == ('SUCCESS', '1200', '1000')
    until(lambda: listener.received)
    notice = fields_of(listener.received[0][2].decode())
    assert notice['sign'] == digest(notice, shop.merchant['api_key'])
    assert (notice['attach'], notice['coupon_fee']) == ('a & <b>', '200')
    assert 'return_code' not in notice
    until(lambda: control.get(f'orders/{number}')['notices'][0]['state'] == 'delivered')
    shown = control.get(f'orders/{number}')['notices'][0]['fields']
    assert (shown['total_fee'], shown['sign']) == ('1200', notice['sign'][:2] + '*' * 8)


def test_charge(shop, control):
    """Test a payment code, the password, and the codes of other wallets."""
    code = control.post('payment-codes', wallet='qq_wallet')['code']
    asked, answer = shop.money('charge', auth_code=code)
    assert (answer['result_code'], answer['trade_state']) == ('SUCCESS', 'SUCCESS')
    assert shop.call('query', transaction_id=answer['transaction_id'])['trade_state'] == 'SUCCESS'
    code = control.post('payment-codes', wallet='qq_wallet', confirm=True)['code']
    asked, answer = shop.money('charge', auth_code=code)
    assert (answer['result_code'], answer['err_code']) == ('FAIL', 'USERPAYING')
    assert shop.call('query', out_trade_no=asked['out_trade_no'])['trade_state'] == 'USERPAYING'
    assert shop.money('charge', auth_code='1' * 18)[1]['err_code'] == 'AUTH_CODE_ERROR'
    assert shop.money('charge', auth_code=code, device_info=None)[1]['err_code'] == 'LACK_PARAMS'


def test_close_reverse_and_waiting(shop, control):
    """Test that both end an order for good, and not within five minutes."""
    control.post('settings', qq_wait=300)
    asked, _answer = shop.money('order')
    number = asked['out_trade_no']
    assert shop.call('close', out_trade_no=number)['err_code'] == operations.TOO_EARLY[0]
    control.post('settings', qq_wait=0)
    assert shop.call('close', out_trade_no=number)['result_code'] == 'SUCCESS'
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'CLOSED'
    control.post('pay', out_trade_no=number, expect=409)
    code = control.post('payment-codes', wallet='qq_wallet')['code']
    asked, _answer = shop.money('charge', auth_code=code)
    number = asked['out_trade_no']
    assert shop.call('close', out_trade_no=number)['err_code'] == 'ORDERPAID'
    wrong = shop.give_back('reverse', out_trade_no=number, op_user_passwd='x')
    assert wrong['err_code'] == 'NOAUTH'
    assert shop.give_back('reverse', out_trade_no=number)['recall'] == 'N'
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'REVOKED'
    [refund] = control.get(f'orders/{number}')['refunds']
    assert (refund['amount'], refund['state']) == (1200, 'success')


def test_refunds(shop, control):
    """Test refunds in parts: the coupon's share first, the same number once, items from 0."""
    asked, _answer = shop.money('order')
    number = asked['out_trade_no']
    control.post('pay', out_trade_no=number, coupon=200)
    first = shop.give_back('refund', out_trade_no=number, out_refund_no='R1', refund_fee=300)
    assert (first['coupon_refund_fee'], first['cash_refund_fee']) == ('200', '100')
    again = shop.give_back('refund', out_trade_no=number, out_refund_no='R1', refund_fee=300)
    assert again['refund_id'] == first['refund_id']
    other = shop.give_back('refund', out_trade_no=number, out_refund_no='R1', refund_fee=301)
    assert other['err_code'] == 'OUT_TRADE_NO_USED'
    shop.give_back('refund', out_trade_no=number, out_refund_no='R2', refund_fee=900)
    more = shop.give_back('refund', out_trade_no=number, out_refund_no='R3', refund_fee=1)
    assert more['err_code'] == 'PARAM_ERROR'
    until(lambda: shop.call('query_refund', out_refund_no='R2')['refund_status_0'] == 'SUCCESS')
    both = shop.call('query_refund', out_trade_no=number)
    assert (both['out_refund_no_0'], both['out_refund_no_1']) == ('R1', 'R2')
    assert shop.call('query', out_trade_no=number)['trade_state'] == 'REFUND'


def test_merchants_do_not_see_each_other(shop, control):
    """Test that another merchant's orders are not known."""
    asked, _answer = shop.money('order')
    other = Shop(shop.url, control.get('merchants')['qq_wallet_other'], shop.notify_url)
    assert other.call('query', out_trade_no=asked['out_trade_no'])['err_code'] == 'ORDERNOTEXIST'


# === REFUSALS === #


@pytest.mark.parametrize(('fields', 'words'), [
    ({'key': 'x'}, '签名错误'), ({'sign': ''}, '签名错误'), ({'mch_id': '7'}, '商户号不存在'),
    ({'sign_type': 'RSA'}, '签名类型错误'),
])
def test_unauthenticated(shop, fields, words):
    """Test that a stranger gets no signature."""
    _asked, answer = shop.money('order', **fields)
    assert (answer['return_code'], 'sign' in answer) == ('FAIL', False)
    assert words in answer['return_msg']


@pytest.mark.parametrize(('fields', 'code'), [
    ({'total_fee': '1.0'}, 'PARAM_ERROR'), ({'total_fee': '0'}, 'PARAM_ERROR'),
    ({'total_fee': None}, 'LACK_PARAMS'), ({'fee_type': 'USD'}, 'PARAM_ERROR'),
    ({'spbill_create_ip': '::1'}, 'PARAM_ERROR'), ({'trade_type': 'H5'}, 'PARAM_ERROR'),
    ({'notify_url': 'https://shop.example/n'}, 'PARAM_ERROR'), ({'limit_pay': 'x'}, 'PARAM_ERROR'),
    ({'notify_url': 'http://127.0.0.1/n?a=1'}, 'PARAM_ERROR'), ({'body': 'x' * 129}, 'PARAM_ERROR'),
    ({'time_expire': '20200101000000'}, 'PARAM_ERROR'), ({'time_start': 'x'}, 'PARAM_ERROR'),
    ({'appid': '1'}, 'APPID_MCHID_NOT_MATCH'), ({'sub_mch_id': '1'}, 'NOAUTH'),
    ({'out_trade_no': 'x' * 33}, 'PARAM_ERROR'),
])
def test_fields_are_checked(shop, fields, code):
    """Test that what does not fit is refused, signed."""
    assert shop.money('order', **fields)[1]['err_code'] == code


@pytest.mark.parametrize('body', [
    b'', b'{}', b'<xml>', b'<xml><a><b>1</b></a></xml>', b'<xml><a>1</a><a>2</a></xml>', b'\xff',
    b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><mch_id>&a;</mch_id></xml>',
    b'<html></html>', b'<xml><a x="1">1</a></xml>',
])
def test_bodies_that_are_none(shop, body):
    """Test that what is no message is refused in the protocol's own words."""
    assert fields_of(shop.post('order', body).text)['return_code'] == 'FAIL'


def test_transport(shop):
    """Test paths and methods that are none."""
    url = f'{shop.url}/qq_wallet/'
    assert requests.post(url + 'cgi-bin/pay/nothing.cgi', timeout=5).status_code == 404
    assert requests.get(f'{url}cgi-bin/{PATHS["order"]}.cgi', timeout=5).status_code == 405
    assert requests.get(url + 'app?tokenId=x', timeout=5).status_code == 404


def test_nothing_secret_is_shown(shop, control):
    """Test that the ledger's dump has neither keys nor codes nor passwords."""
    code = control.post('payment-codes', wallet='qq_wallet')['code']
    asked, _answer = shop.money('charge', auth_code=code)
    shop.give_back('reverse', out_trade_no=asked['out_trade_no'])
    dump = str(control.get('ledger'))
    password = hashlib.md5(merchants.OPERATOR_PASSWORD.encode()).hexdigest()
    for secret in (code, shop.merchant['api_key'], password):
        assert secret not in dump


def test_text_survives():
    """Test that whatever a shop sends comes back as it was, and is masked where it must be."""
    for value in (']]>', 'a]]>]]>b', '<x> & "y"', '中\n'):
        assert message.read(message.text({'a': value}).encode()) == {'a': value}
    assert masked_body(b'<xml><sign>ABCD</sign><a><![CDATA[x=1]]></a></xml>') == {
        'sign': 'AB***', 'a': 'x=1',
    }


# === STATEMENT === #


def download(shop, **fields):
    text = shop.call('statement', bill_date='20260301', **fields)
    lines = text.splitlines()
    header = lines[0].split(',')
    rows = [dict(zip(header, line[1:].split(',`'), strict=True)) for line in lines[1:-2]]
    return header, rows, dict(zip(lines[-2].split(','), lines[-1][1:].split(',`'), strict=True))


@pytest.fixture
def history(shop, control):
    """A day of two payments and a refund, and a payment of the day after."""
    for number, fee, at in (('D1', 10000, 0), ('D2', 1, 60), ('D3', 700, 86400)):
        shop.money('order', out_trade_no=number, total_fee=fee, body='a,b`c')
        control.post('pay', out_trade_no=number, paid_at=NOON + at, coupon=50 if fee > 5000 else 0)
    control.post('settings', refund_delay=1000)
    shop.give_back('refund', out_trade_no='D1', out_refund_no='R1', refund_fee=2500)
    control.post('refunds', out_refund_no='R1', outcome='success', finished_at=NOON + 200)
    return shop


def test_statement(history):
    """Test header, rows, amounts in yuan, and totals."""
    header, rows, totals = download(history)
    assert tuple(header) == statement.COLUMNS
    assert len(header) == 30
    assert [row['商户订单号'] for row in rows] == ['D1', 'D2', 'D1']
    assert [row['交易状态'] for row in rows] == ['SUCCESS', 'SUCCESS', 'REFUND']
    assert [row['手续费金额'] for row in rows] == ['0.38', '0.00', '-0.10']
    assert (rows[0]['订单金额'], rows[0]['用户支付金额']) == ('100.00', '99.50')
    assert (rows[2]['退款金额'], rows[2]['商户退款订单号']) == ('25.00', 'R1')
    assert rows[0]['交易时间'] == '2026-03-01 12:00:00'
    assert totals['总交易额'] == '100.01'
    assert len(download(history, bill_type='SUCCESS')[0]) == 22
    assert len(download(history, bill_type='REFUND')[1]) == 1
    tomorrow = beijing(NOON + 10**9, '%Y%m%d')
    assert history.call('statement', bill_date=tomorrow)['return_code'] == 'FAIL'


def test_statement_faults(history, control):
    """Test that the file can be made to disagree with the ledger."""
    for fault in ('extra_row', 'missing_row', 'moved_columns'):
        control.post('faults', fault=fault, times=1)
    control.post('faults', fault='differing_amount', times=1, difference=5)
    header, rows, _totals = download(history)
    assert header[0] == statement.COLUMNS[5]
    assert [row['商户订单号'] for row in rows] == ['D1', 'D1', 'EXTRA0001']
    assert rows[0]['订单金额'] == '100.05'
