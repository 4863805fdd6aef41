# Part of payment_cn_wallets. License LGPL-3.
"""What WeChat Pay offers and wants: credentials, operations, times."""

from __future__ import annotations

from datetime import timedelta

from ..base import CredentialField, Operation, Timings

CREDENTIAL_FIELDS = (
    CredentialField('appid', proved_by='order'),
    CredentialField('mchid', proved_by='probe'),
    CredentialField('api_v3_key', secret=True),
    CredentialField('private_key', secret=True, kind='private_key', proved_by='probe'),
    CredentialField('certificate', kind='certificate', proved_by='probe'),
    CredentialField('public_key', required=False, kind='file', proved_by='order'),
    CredentialField('public_key_id', required=False, proved_by='order'),
    CredentialField('platform_certificates', required=False, kind='file', proved_by='order'),
    CredentialField('app_secret', required=False, secret=True),
    CredentialField('app_appid', required=False),
    CredentialField('mini_appid', required=False),
    CredentialField('mini_app_secret', required=False, secret=True),
    CredentialField('sub_mchid', required=False, proved_by='order'),
    CredentialField('sub_appid', required=False, proved_by='order'),
    CredentialField('codepay_api', required=False, proved_by='choice'),
    CredentialField('api_key', required=False, secret=True),
)

OPERATIONS = frozenset({
    Operation.ORDER,
    Operation.CHARGE,
    Operation.QUERY,
    Operation.CLOSE,
    Operation.REVERSE,
    Operation.QUERY_REVERSAL,
    Operation.REFUND,
    Operation.QUERY_REFUND,
    Operation.NOTICE,
    Operation.STATEMENT,
})

# A code or prepay_id dies after two hours. Close "5 minutes after the order" is in older pages
# only; kept, since nothing is lost by it. Polling a charge: every 5 seconds, 45 in all, then
# reverse, which must be 15 seconds after the charge.
TIMINGS = Timings(
    qr_lifetime=900,
    dead_after=7200,
    page_lifetime=285,  # an h5_url is good for five minutes
    poll_schedule=(5, 5, 5, 5, 5, 10, 10, 15, 30),
    poll_limit=45,
    earliest_close=300,
    earliest_reverse=15,
    latest_reverse=7 * 86400,
    refund_window=timedelta(days=365),
    refund_poll_schedule=(10, 60, 60, 60, 60, 300, 600, 1200, 1800, 3600),
    statement_ready_hour=10,
)
