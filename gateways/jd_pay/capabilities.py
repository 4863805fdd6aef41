# Part of payment_cn_wallets. License LGPL-3.
"""What JD Pay offers and wants: credentials, operations, times."""

from __future__ import annotations

from datetime import timedelta

from ..base import CredentialField, Operation, Timings

CREDENTIAL_FIELDS = (
    CredentialField('merchant', proved_by='probe'),
    CredentialField('des_key', secret=True, proved_by='probe'),
    CredentialField('private_key', secret=True, kind='private_key', proved_by='probe'),
    CredentialField('jd_public_key', kind='file', proved_by='order'),
    CredentialField('md5_key', required=False, secret=True),
    CredentialField('app_id', required=False),
    CredentialField('owner', required=False),
)

OPERATIONS = frozenset({
    Operation.ORDER,
    Operation.CHARGE,
    Operation.QUERY,
    Operation.REVERSE,
    Operation.QUERY_REVERSAL,
    Operation.REFUND,
    Operation.QUERY_REFUND,
    Operation.NOTICE,
    Operation.STATEMENT,
})

# JD's sample answer has 600 s for a QR; an aggregator says two hours.
TIMINGS = Timings(
    qr_lifetime=600,
    dead_after=7200,
    poll_schedule=(3, 3, 5, 5, 5, 5, 10, 10, 15, 30),
    poll_limit=60,
    latest_reverse=86400,
    refund_window=timedelta(days=365),
    statement_ready_hour=10,
)
