# Part of payment_cn_wallets. License LGPL-3.
"""What can be tuned while the sandbox runs (`GET`/`POST /control/settings`)."""

import re

# name -> (default, allowed values or type, meaning)
SETTINGS = {
    'order_lifetime': (7200, float, "seconds until an unpaid order can't be paid any more"),
    'code_lifetime': (300, float, "seconds until a payment code can't be charged any more"),
    'refund_delay': (1.0, float, "seconds until a refund leaves processing"),
    'notice_backoff': (
        [0, 1, 3, 10, 30, 60, 300, 900, 1800, 3600, 7200, 21600],
        list,
        "waits in seconds before each attempt of a notice; given up after the last",
    ),
    'notice_timeout': (10.0, float, "seconds a notice waits for its answer"),
    'notice_encoding': ('form', ('form', 'json'), "how a notice's body is written"),
    'clock_tolerance': (600, float, "seconds a request's timestamp may differ from our clock"),
    'sign_form': (
        'drop_empty',
        ('drop_empty', 'keep_empty'),
        "Huishouyin: do empty fields take part in the signatures that we make",
    ),
    'refusals': (
        'protocol',
        ('protocol', 'business'),
        "Huishouyin: level at which E0003, E0006 and unreadable requests are refused",
    ),
    'time_format': (
        'documented',
        ('documented', 'dashes', 'compact', 'fullwidth', 'mixed'),
        "Huishouyin: how `time_end` is written in answers",
    ),
    'amount_type': ('int', ('int', 'string'), "Huishouyin: JSON type of amounts in answers"),
    'real_vol': (
        'merchant',
        ('merchant', 'payer'),
        "Huishouyin: does a notice's `real_vol` contain the coupon",
    ),
    'expired_status': (
        'Undeal',
        ('Undeal', 'Failure'),
        "Huishouyin: `trade_status` of an order that expired unpaid",
    ),
    'earliest_reverse': (15.0, float, "WeChat Pay: seconds from a charge until it may be reversed"),
    'alipay_certificate': (
        'old', ('old', 'new'), "Alipay: the key and certificate with which answers are signed",
    ),
    'qq_wait': (
        300, float, "QQ Wallet: seconds before an order may be closed or a charge reversed",
    ),
    'payer_tells': (
        'yes', ('yes', 'no'), "WeChat Pay, Alipay: does the payer let the shop learn who pays",
    ),
    'fee_rate': ('0.0038', str, "share of the amount that the gateway keeps, in statements"),
}


def check(name, value):
    """Return the value in its proper type.

    :raise ValueError: when there is no such setting or the value does not fit
    """
    if name not in SETTINGS:
        raise ValueError(f"no such setting: {name}; there are {', '.join(SETTINGS)}")
    allowed = SETTINGS[name][1]
    if value is None:
        return None
    if isinstance(allowed, tuple):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        return value
    if allowed is float:
        value = float(value)
        if not 0 <= value < 10**9:
            raise ValueError(f"{name} must be a number of seconds")
        return value
    if allowed is list:
        if not isinstance(value, list) or not value:
            raise ValueError(f"{name} must be a list of seconds")
        return [max(float(wait), 0.0) for wait in value]
    if not isinstance(value, str) or not re.fullmatch(r'0(\.[0-9]{1,6})?', value):
        raise ValueError(f"{name} must be a string like '0.0038', below 1")
    return value


class Settings:
    """Stored settings over defaults."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getitem__(self, name):
        row = self._ledger.settings()
        return row.get(name, SETTINGS[name][0])

    def update(self, values):
        """Store several settings, all or none."""
        values = {name: check(name, value) for name, value in values.items()}
        with self._ledger.transaction():
            for name, value in values.items():
                self._ledger.set_setting(name, value)

    def dump(self):
        """Return every setting with its value."""
        stored = self._ledger.settings()
        return {name: stored.get(name, SETTINGS[name][0]) for name in SETTINGS}
