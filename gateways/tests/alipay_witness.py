# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's side for the gateway tests: test keys, and answers and notices signed with them."""

import base64
import json
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from gateways.alipay import Alipay
from gateways.transport import Transport

DATA = Path(__file__).resolve().parent / 'data'
VECTORS = json.loads((DATA / 'alipay_vectors.json').read_text(encoding='utf-8'))
APP_ID = '2021000000000001'
SELLER = '2088000000000001'


def pem(name):
    """Return the text of a test key or certificate."""
    return (DATA / name).read_text(encoding='ascii')


PLATFORM = serialization.load_pem_private_key(
    pem('alipay_test_platform_private_pkcs8.pem').encode(), None
)


def rsa_sign(text, key=PLATFORM):
    """Return the base64 of an RSA2 signature."""
    content = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def credentials(**changes):
    """Return the credentials of the test merchant, public-key mode."""
    return {
        'app_id': APP_ID,
        'seller_id': SELLER,
        'private_key': pem('alipay_test_merchant_private_pkcs8.pem'),
        'alipay_public_key': pem('alipay_test_platform_public.pem'),
        **changes,
    }


def certificate_credentials(**changes):
    """Return the same in certificate mode."""
    return credentials(
        alipay_public_key='',
        app_cert=pem('alipay_test_merchant_cert.pem'),
        alipay_cert=pem('alipay_test_platform_cert.pem'),
        root_cert=pem('alipay_root_cert.pem'),
        **changes,
    )


def make(server=None, clock=None, **changes):
    """Return the gateway, in front of a test server when there is one."""
    return Alipay(
        credentials(**changes),
        endpoint=server.url if server else '',
        transport=Transport(connect_timeout=1, read_timeout=0.5, total_timeout=1.5),
        clock=clock,
    )


def node(method, **fields):
    """Return a signed answer."""
    written = json.dumps(fields, ensure_ascii=False)
    name = method.replace('.', '_') + '_response'
    return f'{{"{name}":{written},"sign":"{rsa_sign(written)}"}}'.encode()


def success(method, **fields):
    """Return a signed success."""
    return node(method, code='10000', msg='Success', **fields)


def failure(method, sub_code, code='40004', sub_msg='失败'):
    """Return a signed failure."""
    return node(method, code=code, msg='Business Failed', sub_code=sub_code, sub_msg=sub_msg)


def a_notice(key=PLATFORM, drop=(), **changes):
    """Return the body of a signed notice; a field of None is left out."""
    fields = {
        'notify_id': '2026020300222120525000000000000001', 'app_id': APP_ID, 'charset': 'utf-8',
        'version': '1.0', 'seller_id': SELLER, 'trade_no': '2026020322001400000000000001',
        'out_trade_no': 'PO1', 'trade_status': 'TRADE_SUCCESS', 'total_amount': '88.88',
        'buyer_pay_amount': '80.00', 'gmt_payment': '2026-02-03 12:05:25', **changes,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    text = '&'.join(f'{name}={fields[name]}' for name in sorted(fields))
    signed = {**fields, 'sign_type': 'RSA2', 'sign': rsa_sign(text, key)}
    return urlencode({name: value for name, value in signed.items() if name not in drop}).encode()
