# Part of payment_cn_wallets. License LGPL-3.
"""What Alipay offers and wants: credentials, operations, times."""

from __future__ import annotations

from datetime import timedelta

from ..base import CredentialField, Operation, Timings

CREDENTIAL_FIELDS = (
    CredentialField('app_id', proved_by='probe'),
    CredentialField('mini_app_id', required=False),  # of the mini program, where it is not app_id
    CredentialField('seller_id'),  # PID, 16 digits: whose money it is
    CredentialField('private_key', secret=True, kind='private_key', proved_by='probe'),
    CredentialField('alipay_public_key', required=False, kind='file', proved_by='probe'),
    CredentialField('app_cert', required=False, kind='certificate', proved_by='probe'),
    CredentialField('alipay_cert', required=False, kind='file', proved_by='probe'),
    CredentialField('root_cert', required=False, kind='file', proved_by='probe'),
    CredentialField('aes_key', required=False, secret=True, proved_by='probe'),
    CredentialField('app_auth_token', required=False, secret=True, proved_by='probe'),
    CredentialField('provider_id', required=False),  # PID of the software vendor
    CredentialField('qr_product', required=False, proved_by='choice'),  # QR_CODE_OFFLINE in newer contracts
    # 'page': the contract has 电脑/手机网站支付 and no 当面付, so no codes; 'qr' (default)
    CredentialField('web_product', required=False, proved_by='choice'),
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

TIMINGS = Timings(
    qr_lifetime=900,
    # Every order says when it ends: at `expires_at`, at the latest after two hours. The rest
    # is for clocks that differ.
    dead_after=7500,
    poll_schedule=(3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 10),
    poll_limit=60,
    earliest_close=0,
    earliest_reverse=0,
    # The pages have an error code for "too late", but no number.
    latest_reverse=86400,
    refund_window=timedelta(days=365),
    refund_poll_schedule=(10, 30, 60, 300, 900, 3600),
    statement_ready_hour=9,
)
