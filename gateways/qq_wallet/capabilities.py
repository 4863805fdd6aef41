# Part of payment_cn_wallets. License LGPL-3.
"""What QQ Wallet offers and wants: credentials, operations, times."""

from __future__ import annotations

from datetime import timedelta

from ..base import CredentialField, Operation, Timings

CREDENTIAL_FIELDS = (
    CredentialField('mch_id', proved_by='probe'),
    # API密钥, 32 characters
    CredentialField('api_key', secret=True, proved_by='probe'),
    # of the open platform or QQ Connect; needed for the scenes app and in_app
    CredentialField('app_id', required=False, proved_by='order'),
    # of the open platform; signs the app's parameters and nothing else
    CredentialField('app_key', required=False, secret=True),
    # who refunds and reverses; the merchant number when empty
    CredentialField('op_user_id', required=False),
    # that operator's login password, or its MD5
    CredentialField('op_user_passwd', required=False, secret=True),
    # see `certificates` for the forms
    CredentialField('client_certificate', required=False, secret=True, kind='certificate'),
    CredentialField('client_key', required=False, secret=True, kind='private_key'),
    # service provider: mch_id and keys are the provider's, these the merchant's
    CredentialField('sub_mch_id', required=False, proved_by='order'),
    CredentialField('sub_app_id', required=False, proved_by='order'),
    # MD5 (default) or HMAC-SHA256, which no official page confirms
    CredentialField('sign_type', required=False, proved_by='choice'),
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

# The documents poll a charge for some 30 seconds, then reverse, which they allow after five
# minutes only. So the payer gets longer to type: giving up earlier gains nothing.
TIMINGS = Timings(
    qr_lifetime=900,
    dead_after=7200,  # of a prepay_id; the default life of an order is not stated
    poll_schedule=(3, 5, 5, 5, 5, 10, 10, 10, 15, 30),
    poll_limit=90,
    earliest_close=300,
    earliest_reverse=300,
    latest_reverse=7 * 86400,  # a remark of one aggregator; not confirmed
    refund_window=timedelta(days=365),
    # To the balance within 20 minutes, to a card within three working days.
    refund_poll_schedule=(10, 60, 300, 1200, 3600, 21600),
    statement_ready_hour=10,
)
