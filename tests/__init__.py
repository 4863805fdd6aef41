# Part of payment_cn_wallets. License LGPL-3.

from . import (
    test_attempt,
    test_checkout,
    test_code_range,
    test_credentials,
    test_every_gateway,
    test_follow_up,
    test_kiosk,
    test_late_money,
    test_notice,
    test_payer,
    test_provider,
    test_race,
    test_refund,
    test_scenes,
    test_throttle,
    test_till,
    test_till_race,
    test_till_sale,
    test_translations,
    test_watch,
)
