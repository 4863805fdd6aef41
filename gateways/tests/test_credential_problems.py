# Part of payment_cn_wallets. License LGPL-3.
"""What is found in the credentials of each gateway, and what is told apart among its files."""

import base64
from datetime import timedelta

import alipay_witness
import jd_pay_vectors
import pytest
from credentials_witness import (
    ALIPAYS,
    APP,
    APP_ID,
    CERTIFICATE,
    CLASS_2,
    GOOD,
    NUMBER,
    OWN,
    PID,
    PLATFORM,
    PUBLIC,
    STRANGER,
    THEIRS,
    kind_of,
    problems,
    upload,
)
from key_files_witness import DER, NOW, certificate, curve, key, p12, pem

from gateways.alipay import Alipay, certificates as alipay_keys
from gateways.jd_pay import JdPay
from gateways.qq_wallet import QqWallet
from gateways.wechat_pay import WechatPay

# === WECHAT PAY === #


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({'certificate': pem(certificate(NUMBER, days=-1))}, {'certificate': 'expired'}),
        ({'certificate': pem(certificate(NUMBER, start=5))}, {'certificate': 'not_yet'}),
        ({'certificate': PLATFORM}, {'certificate': 'wrong', 'platform_certificates': 'own_key',
                                     'public_key': 'own_key'}),
        ({'certificate': pem(certificate('1900000110'))}, {'certificate': 'mismatch'}),
        ({'certificate': pem(certificate(NUMBER, key('other')))}, {'certificate': 'mismatch'}),
        ({'certificate': pem(certificate(NUMBER, curve()))}, {'certificate': 'not_rsa'}),
        ({'certificate': OWN}, {'certificate': 'wrong'}),
        ({'private_key': CERTIFICATE}, {'private_key': 'wrong'}),
        ({'private_key': pem(key('small', 1024))}, {'private_key': 'short'}),
        ({'public_key': PUBLIC}, {'public_key': 'own_key'}),
        ({'public_key': PUBLIC, 'private_key': ''}, {'public_key': 'own_key'}),
        ({'public_key': ''}, {'public_key': 'value'}),
        ({'public_key_id': ''}, {'public_key_id': 'value'}),
        ({'public_key_id': '', 'public_key': ''}, {}),
        ({'public_key_id': '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB'}, {'public_key_id': 'value'}),
        ({'platform_certificates': CERTIFICATE}, {'platform_certificates': 'own_key'}),
        ({'platform_certificates': pem(certificate('1900000110', key('other')))},
         {'platform_certificates': 'wrong'}),
        ({'platform_certificates': pem(certificate('Tenpay.com sign', key('platform'), days=-1))},
         {'platform_certificates': 'expired'}),
        ({'platform_certificates':
          pem(certificate('Tenpay.com sign', key('other'), days=-1)) + PLATFORM}, {}),
        ({'platform_certificates': 'x'}, {'platform_certificates': 'unreadable'}),
        ({'api_v3_key': 'k' * 31}, {'api_v3_key': 'value'}),
        ({'api_v3_key': 'é' * 32}, {'api_v3_key': 'value'}),
        ({'codepay_api': 'v1'}, {'codepay_api': 'value'}), ({'codepay_api': 'v3'}, {}),
        ({'codepay_api': 'v2'}, {'api_key': 'value'}),
        ({'codepay_api': 'v2', 'api_key': 'k' * 32}, {}), ({'api_key': 'short'}, {}),
        ({'sub_appid': 'wx1'}, {'sub_mchid': 'value'}),
        ({'mchid': '19x'}, {'mchid': 'value', 'certificate': 'mismatch'}),
    ],
)  # fmt: skip
def test_wechat_pay(changes, expected):
    """Test what is found, and at which credential."""
    assert problems('wechat_pay', **changes) == expected


def test_wechat_pay_files():
    """Test that the platform's certificate and the merchant's are not taken for each other."""
    assert kind_of(lambda: upload('wechat_pay', 'certificate', PLATFORM)) == 'wrong'
    assert kind_of(lambda: upload('wechat_pay', 'platform_certificates', CERTIFICATE)) == 'wrong'
    assert kind_of(lambda: upload('wechat_pay', 'private_key', pem(key('small', 1024)))) == 'short'
    two = PLATFORM + pem(certificate('Tenpay.com sign', key('other'), days=900))
    assert upload('wechat_pay', 'platform_certificates', two) == {'platform_certificates': two}
    ends = WechatPay.credential_expiries({**GOOD['wechat_pay'], 'platform_certificates': two})
    assert ends == {
        'certificate': NOW + timedelta(days=365), 'platform_certificates': NOW + timedelta(days=900),
    }
    assert WechatPay.credential_expiries({'certificate': 'x', 'platform_certificates': OWN}) == {}


# === ALIPAY === #

KEY_MODE = {'app_cert': '', 'alipay_cert': '', 'root_cert': '', 'alipay_public_key': THEIRS}


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        (KEY_MODE, {}),
        ({**KEY_MODE, 'alipay_public_key': ''}, {'alipay_public_key': 'value'}),
        ({**KEY_MODE, 'alipay_public_key': '', 'private_key': ''}, {}),
        ({**KEY_MODE, 'alipay_public_key': PUBLIC}, {'alipay_public_key': 'own_key'}),
        ({**KEY_MODE, 'alipay_public_key': pem(APP)}, {'alipay_public_key': 'wrong'}),
        ({'app_cert': ''}, {'app_cert': 'value'}),
        ({'app_cert': '', 'root_cert': ''}, {'app_cert': 'value'}),
        ({'alipay_cert': '', 'root_cert': ''}, {'alipay_cert': 'value'}),
        ({'root_cert': '', 'alipay_public_key': THEIRS}, {'root_cert': 'value'}),
        ({'app_cert': pem(ALIPAYS)}, {'app_cert': 'wrong', 'alipay_cert': 'own_key'}),
        ({'app_cert': pem(certificate(f'{PID}-{APP_ID}', key('other')))}, {'app_cert': 'mismatch'}),
        ({'app_cert': pem(certificate(f'{PID}-2021000000000002'))}, {'app_cert': 'mismatch'}),
        ({'app_cert': pem(certificate('x', days=-1))}, {'app_cert': 'expired'}),
        ({'app_cert': pem(certificate('x', start=1))}, {'app_cert': 'not_yet'}),
        ({'app_cert': pem(CLASS_2)}, {'app_cert': 'wrong'}),
        ({'alipay_cert': pem(APP)}, {'alipay_cert': 'own_key'}),
        ({'alipay_cert': pem(certificate('2088000000000002-2021000000000002', key('other')))},
         {'alipay_cert': 'wrong'}),
        ({'alipay_cert': pem(certificate('支付宝-2088000000000002', key('other')))},
         {'alipay_cert': 'mismatch'}),
        ({'alipay_cert': pem(certificate('支付宝', key('other'), days=-1))}, {'alipay_cert': 'expired'}),
        ({'alipay_cert': pem(certificate('支付宝', key('other'), days=-1)) + pem(ALIPAYS)}, {}),
        ({'root_cert': pem(certificate('Test Root', key('root'), authority=True))},
         {'alipay_cert': 'chain'}),
        ({'root_cert': pem(APP)}, {'root_cert': 'wrong'}),
        ({'root_cert': pem(STRANGER)}, {'root_cert': 'not_rsa'}),
        ({'private_key': PUBLIC}, {'private_key': 'wrong'}),
        ({'seller_id': '208800000000000'}, {'seller_id': 'value'}),
        ({'seller_id': '2089000000000001'}, {'seller_id': 'value'}),
        ({'provider_id': '1'}, {'provider_id': 'value'}),
        ({'app_id': 'wx1'}, {'app_id': 'value', 'app_cert': 'mismatch'}),
        ({'aes_key': 'x'}, {'aes_key': 'value'}), ({'aes_key': 'AAECAwQFBgcICQoLDA0ODw=='}, {}),
    ],
)  # fmt: skip
def test_alipay(changes, expected):
    """Test what is found, and at which credential."""
    assert problems('alipay', **changes) == expected


def test_alipay_files():
    """Test that the two certificates are told apart, and that bundles keep all members."""
    assert kind_of(lambda: upload('alipay', 'app_cert', pem(ALIPAYS))) == 'wrong'
    assert kind_of(lambda: upload('alipay', 'alipay_cert', pem(APP))) == 'wrong'
    assert kind_of(lambda: upload('alipay', 'alipay_cert', pem(CLASS_2))) == 'wrong'
    assert kind_of(lambda: upload('alipay', 'root_cert', pem(APP))) == 'wrong'
    bundle = alipay_witness.pem('alipay_root_cert.pem')
    kept = upload('alipay', 'root_cert', bundle)['root_cert']
    assert kept.split() == bundle.split()
    assert alipay_keys.root_serial(kept) == alipay_keys.root_serial(bundle)
    assert 'PRIVATE' not in upload('alipay', 'root_cert', bundle + OWN)['root_cert']
    assert upload('alipay', 'alipay_cert', GOOD['alipay']['alipay_cert']) == {
        'alipay_cert': pem(ALIPAYS) + pem(CLASS_2)
    }
    assert Alipay.credential_expiries(GOOD['alipay']) == dict.fromkeys(
        ('app_cert', 'alipay_cert'), NOW + timedelta(days=365)
    )


# === QQ WALLET AND JD PAY === #


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({'client_key': ''}, {'client_key': 'value'}),
        ({'client_certificate': ''}, {'client_certificate': 'value'}),
        ({'client_certificate': '', 'client_key': '', 'op_user_passwd': ''}, {}),
        ({'client_key': pem(key('other'))}, {'client_certificate': 'mismatch'}),
        ({'client_key': 'x'}, {'client_key': 'unreadable'}),
        ({'client_certificate': CERTIFICATE + OWN, 'client_key': ''}, {}),
        ({'client_certificate': base64.b64encode(p12(key(), certificate(NUMBER), NUMBER)).decode(),
          'client_key': ''}, {}),
        ({'client_certificate': pem(certificate(NUMBER, days=-1))}, {'client_certificate': 'expired'}),
        ({'client_certificate': pem(certificate('x', curve())), 'client_key': pem(curve())}, {}),
        ({'op_user_passwd': ''}, {'op_user_passwd': 'value'}),
        ({'op_user_passwd': 'k' * 32}, {'op_user_passwd': 'value'}), ({'app_key': 'k' * 32}, {'app_key': 'value'}),
        ({'sign_type': 'SHA1'}, {'sign_type': 'value'}), ({'sign_type': 'HMAC-SHA256'}, {}),
        ({'mch_id': 'x'}, {'mch_id': 'value'}), ({'api_key': 'k'}, {'api_key': 'value'}),
        ({'sub_app_id': '1'}, {'sub_mch_id': 'value'}),
    ],
)  # fmt: skip
def test_qq_wallet(changes, expected):
    """Test what is found, and at which credential."""
    assert problems('qq_wallet', **changes) == expected


def test_qq_wallet_expiry():
    """Test the end of the client certificate, with its key and before it is there."""
    for changes in ({}, {'client_key': ''}, {'client_key': 'x'}):
        found = QqWallet.credential_expiries({**GOOD['qq_wallet'], **changes})
        assert found == {'client_certificate': NOW + timedelta(days=365)}


JDS = certificate('JD', key('platform'), days=90)


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({'des_key': 'x'}, {'des_key': 'value'}), ({'merchant': '12a'}, {'merchant': 'value'}),
        ({'owner': '１２', 'md5_key': 'm'}, {'owner': 'value'}),
        ({'owner': '12'}, {'md5_key': 'value'}), ({'app_id': 'jd'}, {'md5_key': 'value'}),
        ({'jd_public_key': jd_pay_vectors.TEST_PUBLIC}, {'jd_public_key': 'own_key'}),
        ({'jd_public_key': jd_pay_vectors.TEST_PRIVATE}, {'jd_public_key': 'wrong'}),
        ({'jd_public_key': pem(JDS)}, {}), ({'private_key': OWN}, {}),
        ({'jd_public_key': pem(certificate('JD', key('platform'), days=-1))}, {'jd_public_key': 'expired'}),
        ({'jd_public_key': pem(curve().public_key())}, {'jd_public_key': 'not_rsa'}),
        ({'private_key': jd_pay_vectors.TEST_PUBLIC}, {'private_key': 'wrong'}),
        ({'private_key': pem(curve())}, {'private_key': 'not_rsa'}),
    ],
)  # fmt: skip
def test_jd_pay(changes, expected):
    """Test what is found, and at which credential."""
    assert problems('jd_pay', **changes) == expected


def test_jd_pay_certificate():
    """Test that JD's key may come as a certificate, which stays one and has an end."""
    found = upload('jd_pay', 'jd_public_key', JDS.public_bytes(DER))
    assert found == {'jd_public_key': pem(JDS)}
    assert JdPay.credential_expiries(found) == {'jd_public_key': NOW + timedelta(days=90)}
    assert JdPay.credential_expiries(GOOD['jd_pay']) == {}
