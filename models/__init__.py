# Part of payment_cn_wallets. License LGPL-3.

from . import (
    account_payment,
    cn_code_range,
    cn_incident,
    cn_notice,
    payment_provider,
    payment_provider_alipay,
    payment_provider_credentials,
    payment_provider_huishouyin,
    payment_provider_jd_pay,
    payment_provider_qq_wallet,
    payment_provider_scene,
    payment_provider_wechat_pay,
    payment_transaction,
    payment_transaction_attempt,
    payment_transaction_checkout,
    payment_transaction_follow_up,
    payment_transaction_refund,
    payment_transaction_scene,
    payment_transaction_watch,
    sale_order,
)
