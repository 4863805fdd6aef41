# Part of payment_cn_wallets. License LGPL-3.
"""Good credentials of a merchant at every gateway, and helpers to spoil them."""

import jd_pay_vectors
import pytest
from key_files_witness import NOW, certificate, curve, key, pem

from gateways.alipay import Alipay
from gateways.base import CredentialProblem
from gateways.huishouyin import Huishouyin
from gateways.jd_pay import JdPay
from gateways.qq_wallet import QqWallet
from gateways.wechat_pay import WechatPay

CLASSES = {cls.code: cls for cls in (WechatPay, Alipay, QqWallet, JdPay, Huishouyin)}
NUMBER = '1900000109'
OWN, PUBLIC = pem(key()), pem(key().public_key())
CERTIFICATE = pem(certificate(NUMBER))
PLATFORM = pem(certificate('Tenpay.com sign', key('platform')))
THEIRS = pem(key('platform').public_key())

APP_ID, PID = '2021000000000001', '2088000000000001'
ROOT = certificate('Root R1', key('root'), authority=True)
CLASS_2 = certificate('Class 2 R1', key('ca'), (ROOT, key('root')), authority=True)
APP = certificate(f'{PID}-{APP_ID}', key(), (CLASS_2, key('ca')))
ALIPAYS = certificate(f'支付宝(中国)网络技术有限公司-{PID}', key('platform'), (CLASS_2, key('ca')))
STRANGER = certificate('ECC Root', curve(), authority=True)

GOOD = {
    'wechat_pay': {
        'appid': 'wx0000000000000001', 'mchid': NUMBER, 'api_v3_key': 'k' * 32,
        'private_key': OWN, 'certificate': CERTIFICATE, 'public_key': THEIRS,
        'public_key_id': 'PUB_KEY_ID_0119000001092026010100000001',
        'platform_certificates': PLATFORM,
    },
    'alipay': {
        'app_id': APP_ID, 'seller_id': PID, 'private_key': OWN, 'app_cert': pem(APP),
        'alipay_cert': pem(ALIPAYS) + pem(CLASS_2), 'root_cert': pem(STRANGER) + pem(ROOT),
    },
    'qq_wallet': {
        'mch_id': NUMBER, 'api_key': 'k' * 32, 'client_certificate': CERTIFICATE,
        'client_key': OWN, 'op_user_passwd': 'sesame',
    },
    'jd_pay': {
        'merchant': '22294531', 'des_key': jd_pay_vectors.DES_KEY,
        'private_key': jd_pay_vectors.TEST_PRIVATE, 'jd_public_key': jd_pay_vectors.JD_PUBLIC,
    },
    'huishouyin': {'app_id': '1', 'mch_uid': '2', 'key': 'k'},
}  # fmt: skip


def problems(code, moment=NOW, /, **changes):
    """Return the kinds of problems of good credentials with some changes."""
    found = CLASSES[code].credential_problems({**GOOD[code], **changes}, moment)
    assert all(isinstance(one, CredentialProblem) and one.kind in one.KINDS for one in found.values())
    return {name: one.kind for name, one in found.items()}


def upload(code, name, content, **credentials):
    content = content.encode() if isinstance(content, str) else content
    return CLASSES[code].read_file(name, content, credentials)


def kind_of(call):
    with pytest.raises(CredentialProblem) as caught:
        call()
    return caught.value.kind
