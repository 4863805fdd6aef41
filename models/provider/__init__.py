# Part of payment_cn_wallets. License LGPL-3.

from . import (
    addresses,
    alipay,
    connection_test,
    credentials,
    huishouyin,
    jd_pay,
    method,
    provider,
    qq_wallet,
    refused_scenes,
    wechat_pay,
)
