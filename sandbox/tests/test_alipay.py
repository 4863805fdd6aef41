# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's server: what is refused at the door, keys that last, and its own files."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from sandbox.server import Sandbox
from sandbox.tests.conftest import ROOT
from sandbox.tests.shop import Control, beijing


@pytest.fixture
def merchant(control):
    return control.get('merchants')['alipay']


def signed(merchant, method_, business, **changes):
    """Return the signed parameters of a call; a value of None is left out."""
    params = {
        'app_id': merchant['app_id'], 'method': method_, 'format': 'JSON', 'charset': 'utf-8',
        'sign_type': 'RSA2', 'timestamp': beijing(None, '%Y-%m-%d %H:%M:%S'), 'version': '1.0',
        'biz_content': json.dumps(business, ensure_ascii=False), **changes,
    }
    params = {name: value for name, value in params.items() if value is not None}
    text = '&'.join(f'{k}={params[k]}' for k in sorted(params) if k != 'sign' and params[k])
    key = serialization.load_pem_private_key(merchant['private_key'].encode(), None)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    params.setdefault('sign', base64.b64encode(signature).decode())
    return params


def call(sandbox, values, **options):
    """Send a call and return (node, root)."""
    answer = requests.post(f'{sandbox.url}/alipay/gateway.do', data=values, timeout=5, **options)
    assert answer.status_code == 200
    assert answer.headers['Content-Type'].startswith('text/html')
    root = json.loads(answer.content)
    return next(value for name, value in root.items() if name.endswith('_response')), root


QUERY = 'alipay.trade.query'


@pytest.mark.parametrize(('changes', 'sub_code'), [
    ({'app_id': '1'}, 'isv.invalid-app-id'), ({'app_id': None}, 'isv.missing-app-id'),
    ({'sign': 'x'}, 'isv.invalid-signature'), ({'sign': ''}, 'isv.missing-signature'),
    ({'sign_type': 'RSA'}, 'isv.invalid-signature-type'), ({'version': '2'}, 'isv.invalid-version'),
    ({'charset': 'gbk'}, 'isv.invalid-charset'), ({'method': 'x.y'}, 'isv.invalid-method'),
    ({'timestamp': '2020-01-01 00:00:00'}, 'isv.invalid-timestamp'),
    ({'timestamp': 'now'}, 'isv.invalid-timestamp'), ({'biz_content': '{'}, 'isv.illegal-json'),
    ({'biz_content': '[]'}, 'isv.illegal-json'),
])
def test_door(sandbox, merchant, changes, sub_code):
    """Test what is refused before a method runs, and that an unknown application gets no signature."""
    node, root = call(sandbox, signed(merchant, QUERY, {'out_trade_no': 'A1'}, **changes))
    assert node['sub_code'] == sub_code
    assert ('sign' in root) == (not sub_code.endswith('app-id'))


@pytest.mark.parametrize('business', [
    {}, {'out_trade_no': 'A-1'}, {'total_amount': '1.001'}, {'total_amount': '1e2'},
    {'total_amount': 1}, {'total_amount': '0.00'}, {'total_amount': '100000000.01'},
    {'subject': 'a/b'}, {'goods_detail': '[]'}, {'time_expire': '2020-01-01 00:00:00'},
    {'extend_params': 'x'}, {'timeout_express': '1.5h'}, {'seller_id': '2088000000000000'},
])
def test_fields_of_an_order(sandbox, merchant, business):
    """Test that the fields are checked as the pages describe them."""
    good = {'out_trade_no': 'A1', 'total_amount': '1.00', 'subject': 'tea'}
    values = {**good, **business} if business else {}
    node, _root = call(sandbox, signed(merchant, 'alipay.trade.precreate', values))
    assert node['code'] == '40004'


def test_notices_go_to_this_machine_only(sandbox, merchant):
    """Test that an order with another address for notices is refused."""
    good = {'out_trade_no': 'A1', 'total_amount': '1.00', 'subject': 'tea'}
    params = signed(merchant, 'alipay.trade.precreate', good, notify_url='http://shop.example/n')
    node, _root = call(sandbox, params)
    assert 'loopback' in node['sub_msg']


def test_parameter_twice(sandbox, merchant):
    """Test that a parameter in address and body is not taken."""
    params = signed(merchant, QUERY, {'out_trade_no': 'A1'})
    node, _root = call(sandbox, params, params={'app_id': merchant['app_id']})
    assert node['sub_code'] == 'isv.invalid-parameter'


def test_certificate_mode_wants_its_serial_numbers(sandbox, control):
    """Test that an application in certificate mode must name its certificate and the root."""
    merchant = control.get('merchants')['alipay_certificate']
    node, _root = call(sandbox, signed(merchant, QUERY, {'out_trade_no': 'A1'}))
    assert node['sub_code'] == 'isv.app-cert-not-exist'


def test_keys_last(tmp_path):
    """Test that keys are made once for a folder, and that only their owner can read them."""
    found = []
    for _start in range(2):
        sandbox = Sandbox(str(tmp_path / 'data'), port=0).start()
        found.append(Control(sandbox.url).get('merchants'))
        sandbox.stop()
    assert found[0] == found[1]
    assert os.stat(tmp_path / 'data' / 'alipay.json').st_mode & 0o777 == 0o600


def test_keys_of_another_folder_are_others(tmp_path):
    """Test that two processes with folders of their own have different keys."""
    digests = set()
    for name in ('a', 'b'):
        (tmp_path / name).mkdir()
        code = (
            "import sys; from sandbox.alipay.merchants import load;"
            " print(load(sys.argv[1])[0]['alipay'].public_key)"
        )
        text = subprocess.run(
            [sys.executable, '-c', code, str(tmp_path / name)], cwd=ROOT, check=True,
            capture_output=True,
        ).stdout
        digests.add(hashlib.sha256(text).hexdigest())
    assert len(digests) == 2


@pytest.mark.parametrize(('fault', 'seen'), [
    ('extra_row', 'EXTRA0001'), ('missing_row', None), ('differing_amount', '1.01'),
    ('differing_fee', None), ('moved_columns', '订单金额（元）,'),
])
def test_bill_with_faults(sandbox, control, merchant, listener, fault, seen):
    """Test that the day's bill can be had as a ZIP of GBK files, and be made wrong."""
    good = {'out_trade_no': 'B1', 'total_amount': '1.00', 'subject': '茶, tea'}
    call(sandbox, signed(merchant, 'alipay.trade.precreate', good))
    control.post('pay', out_trade_no='B1')
    control.post('faults', fault=fault, times=1)
    method = 'alipay.data.dataservice.bill.downloadurl.query'
    day = beijing(None, '%Y-%m-%d')
    node, _root = call(sandbox, signed(merchant, method, {'bill_type': 'trade', 'bill_date': day}))
    if fault == 'missing_row':
        assert node['sub_code'] == 'isp.bill_not_exist'
        return
    content = requests.get(node['bill_download_url'], timeout=5).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name.encode('cp437').decode('gbk') for name in archive.namelist()]
        text = archive.read(archive.namelist()[0]).decode('gb18030')
    assert names[0].endswith('_业务明细.csv')
    assert text.startswith('#支付宝业务明细查询\r\n')
    assert 'B1\t' in text
    if seen:
        assert seen in text


def test_nothing_secret_in_the_ledger(sandbox, control, merchant, listener):
    """Test that payment codes, signatures and payers are masked in what the ledger shows."""
    code = control.post('payment-codes', wallet='alipay')['code']
    values = {'out_trade_no': 'S1', 'total_amount': '1.00', 'subject': 'tea', 'auth_code': code}
    params = signed(merchant, 'alipay.trade.pay', values)
    node, root = call(sandbox, params)
    assert node['code'] == '10000'
    dump = json.dumps([control.get('ledger'), control.get('orders/S1')])
    for secret in (code, params['sign'], root['sign'], node['buyer_user_id']):
        assert secret not in dump
