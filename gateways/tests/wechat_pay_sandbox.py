# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's gateway in front of the sandbox: fixtures and helpers."""

import pytest
from sandbox_shop import Requests, making

from gateways.wechat_pay import WechatPay

make_wechat = making(WechatPay)
_requests = Requests()
an_order = _requests.an_order
a_refund, paid_order = _requests.a_refund, _requests.paid_order


@pytest.fixture(scope='session')
def wechat(make_wechat):
    """The gateway of the sandbox's first merchant: public key, API v3."""
    return make_wechat()


@pytest.fixture
def early(control):
    """Let charges be reversed at once."""
    control.set(earliest_reverse=0, refund_delay=0.05, notice_backoff=[0, 0.1, 0.1])
    return control


def a_charge(control, confirm=False, **changes):
    """Return a charge of a fresh payment code."""
    return _requests.a_charge(control.code('wechat_pay', confirm=confirm), **changes)
