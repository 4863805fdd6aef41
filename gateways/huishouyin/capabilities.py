# Part of payment_cn_wallets. License LGPL-3.
"""What Huishouyin offers and wants: credentials, operations, times."""

from __future__ import annotations

from datetime import timedelta

from ..base import CredentialField, Operation, Timings

CREDENTIAL_FIELDS = (
    CredentialField('app_id', proved_by='probe'),
    CredentialField('mch_uid', proved_by='probe'),
    CredentialField('key', secret=True, proved_by='probe'),
    CredentialField('mini_appid', required=False),  # of the shop's mini program in WeChat
    CredentialField('isv_app_id', required=False, proved_by='probe'),
    CredentialField('isv_mch_uid', required=False, proved_by='probe'),
)

OPERATIONS = frozenset({
    Operation.ORDER,
    Operation.CHARGE,
    Operation.QUERY,
    Operation.REFUND,
    Operation.QUERY_REFUND,
    Operation.NOTICE,
    Operation.STATEMENT,
    Operation.SETTLEMENTS,
    Operation.SHOP_CODE,
})

# The order call has no field for an expiry, so the code outlives what we offer: 15 minutes on
# the page, two hours (WeChat's and Alipay's own limit) until nobody can pay.
TIMINGS = Timings(
    qr_lifetime=900,
    dead_after=7200,
    poll_schedule=(3, 3, 3, 3, 5, 5, 5, 10, 10, 15, 30),
    poll_limit=90,
    refund_window=timedelta(days=365),
    statement_ready_hour=10,
)
